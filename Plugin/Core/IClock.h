// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include <cstdint>

namespace OrthancPlugins
{
  // What time it is. Thread-safe
  class IClock
  {
  public:
    virtual ~IClock() = default;

    // Microseconds since 1970-01-01 UTC
    virtual std::int64_t GetNowMicroseconds() const = 0;
  };
} // namespace OrthancPlugins
