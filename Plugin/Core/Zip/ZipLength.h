// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "ZipFormat.h"

#include <cstdint>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>

namespace OrthancPlugins
{
  /**
   * Where everything stands in what ZipWriter makes, before its first byte: encodes the same records
   * and counts them. Exact for stored entries, whose sizes are known. Plain value, not thread-safe.
   **/
  class ZipLength
  {
  public:
    // In the order of the archive
    void AddStoredEntry(std::string_view path,
                        std::uint64_t sizeBytes,
                        std::optional<std::time_t> modifiedUtc);

    // As ZipWriter with a cipher writes it; the size is the one before encryption
    void AddEncryptedEntry(std::string_view path,
                           std::uint64_t sizeBytes,
                           std::optional<std::time_t> modifiedUtc);

    // The offset in the record is set here
    void AddEntry(ZipRecord record);

    // Number of entries, end of the last one, length of the central directory, so far
    const ZipEnd& GetEnd() const { return end_; }

    // Of the archive with the entries so far
    std::uint64_t GetTotalBytes() const;

  private:
    ZipEnd end_;
    std::string scratch_;
  };
} // namespace OrthancPlugins
