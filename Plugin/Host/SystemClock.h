// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "../Core/IClock.h"

namespace OrthancPlugins
{
  // The time of this machine. Thread-safe
  class SystemClock final : public IClock
  {
  public:
    std::int64_t GetNowMicroseconds() const override;
  };
} // namespace OrthancPlugins
