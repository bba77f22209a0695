// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include <cstddef>
#include <functional>

namespace OrthancPlugins
{
  // Calls run(0), run(1)... run(count - 1), begun in this order, at most two at a time: one on a thread
  // of its own, or all on this one if there is none. Throws what a failing call has thrown; after it no
  // other one begins
  void RunTwoAtATime(std::size_t count, const std::function<void(std::size_t)>& run);
} // namespace OrthancPlugins
