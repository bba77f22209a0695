// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace OrthancPlugins
{
  // The preferred form of RFC 9110 5.6.7, "Sun, 06 Nov 1994 08:49:37 GMT", whatever the locale. Seconds
  // since 1970-01-01 UTC, from the year 1 to the year 9999; what lies outside is clamped
  std::string FormatHttpDate(std::int64_t secondsUtc);

  // All three forms of RFC 9110 5.6.7. Absent for everything else: other zones, impossible dates, a wrong
  // day of the week, anything before or behind. Two digits of a year mean 1970 to 2069
  std::optional<std::int64_t> ParseHttpDate(std::string_view text);
} // namespace OrthancPlugins
