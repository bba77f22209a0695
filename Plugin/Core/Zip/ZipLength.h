// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include <cstdint>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>

namespace OrthancPlugins
{
  /**
   * Exact length of what ZipWriter makes of stored entries, before its first byte: encodes the same
   * records and counts them. Plain value, not thread-safe.
   **/
  class ZipLength
  {
  public:
    // In the order of the archive
    void AddStoredEntry(std::string_view path,
                        std::uint64_t sizeBytes,
                        std::optional<std::time_t> modifiedUtc);

    // Of the archive with the entries so far
    std::uint64_t GetTotalBytes() const;

  private:
    std::uint64_t entriesCount_ = 0;
    std::uint64_t offset_ = 0; // of the next local header
    std::uint64_t directoryBytes_ = 0;
    std::string scratch_;
  };
} // namespace OrthancPlugins
