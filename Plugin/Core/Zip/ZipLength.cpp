// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "ZipLength.h"

#include "ZipCipher.h"

namespace OrthancPlugins
{
  void ZipLength::AddStoredEntry(std::string_view path,
                                 std::uint64_t sizeBytes,
                                 std::optional<std::time_t> modifiedUtc)
  {
    AddEntry(MakeStoredRecord(path, sizeBytes, modifiedUtc, end_.directoryOffset));
  }

  void ZipLength::AddEncryptedEntry(std::string_view path,
                                    std::uint64_t sizeBytes,
                                    std::optional<std::time_t> modifiedUtc)
  {
    ZipRecord record = MakeStoredRecord(path, sizeBytes + ZIP_CIPHER_EXTRA_BYTES, modifiedUtc, 0);
    record.uncompressedBytes = sizeBytes;
    record.isEncrypted = true;
    AddEntry(record);
  }

  void ZipLength::AddEntry(ZipRecord record)
  {
    record.localHeaderOffset = end_.directoryOffset;
    end_.directoryOffset += GetEntryBytes(record);

    scratch_.clear();
    AppendCentralHeader(scratch_, record);
    end_.directoryBytes += scratch_.size();
    end_.entriesCount++;
  }

  std::uint64_t ZipLength::GetTotalBytes() const
  {
    std::string records;
    AppendEnd(records, end_);
    return end_.directoryOffset + end_.directoryBytes + records.size();
  }
} // namespace OrthancPlugins
