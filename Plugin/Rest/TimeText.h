// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// Points in time as text. As numbers: microseconds since 1970-01-01 UTC
namespace OrthancPlugins
{
  // As the host writes it: "20261231T235959.000123", UTC
  std::string FormatTime(std::int64_t microseconds);

  // The host's form, or ISO 8601: "2026-12-31", "2026-12-31T23:59", with seconds, with a fraction, with
  // "Z" or an offset like "+01:00"; without one, it is UTC. Absent for anything else
  std::optional<std::int64_t> ParseTime(std::string_view text);
} // namespace OrthancPlugins
