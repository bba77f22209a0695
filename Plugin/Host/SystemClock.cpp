// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "SystemClock.h"

#include <chrono>

namespace OrthancPlugins
{
  std::int64_t SystemClock::GetNowMicroseconds() const
  {
    return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
  }
} // namespace OrthancPlugins
