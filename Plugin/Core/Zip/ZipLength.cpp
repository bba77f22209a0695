// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "ZipLength.h"

#include "ZipFormat.h"

namespace OrthancPlugins
{
  void ZipLength::AddStoredEntry(std::string_view path,
                                 std::uint64_t sizeBytes,
                                 std::optional<std::time_t> modifiedUtc)
  {
    ZipRecord record;
    record.path = path;
    record.modifiedUtc = modifiedUtc;
    record.compressedBytes = sizeBytes;
    record.uncompressedBytes = sizeBytes;
    record.localHeaderOffset = offset_;
    record.isZip64 = sizeBytes >= ZIP64_LIMIT_BYTES;

    scratch_.clear();
    AppendLocalHeader(scratch_, record);
    offset_ += scratch_.size() + sizeBytes;

    scratch_.clear();
    AppendCentralHeader(scratch_, record);
    directoryBytes_ += scratch_.size();
    entriesCount_++;
  }

  std::uint64_t ZipLength::GetTotalBytes() const
  {
    std::string records;
    AppendEnd(records, ZipEnd{entriesCount_, offset_, directoryBytes_});
    return offset_ + directoryBytes_ + records.size();
  }
} // namespace OrthancPlugins
