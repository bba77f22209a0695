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
  // The records of a ZIP archive (PKWARE APPNOTE 6.3.x) as bytes; Resources/Formats/Zip.md lists every
  // field. Nothing here knows about the order of records

  constexpr std::uint32_t ZIP_LOCAL_SIGNATURE = 0x04034b50;         // 4.3.7
  constexpr std::uint32_t ZIP_DESCRIPTOR_SIGNATURE = 0x08074b50;    // 4.3.9
  constexpr std::uint32_t ZIP_CENTRAL_SIGNATURE = 0x02014b50;       // 4.3.12
  constexpr std::uint32_t ZIP_ZIP64_END_SIGNATURE = 0x06064b50;     // 4.3.14
  constexpr std::uint32_t ZIP_ZIP64_LOCATOR_SIGNATURE = 0x07064b50; // 4.3.15
  constexpr std::uint32_t ZIP_END_SIGNATURE = 0x06054b50;           // 4.3.16

  constexpr std::uint16_t ZIP_VERSION_DEFLATE = 20; // 4.4.3.2
  constexpr std::uint16_t ZIP_VERSION_ZIP64 = 45;
  constexpr std::uint16_t ZIP_VERSION_AES = 51;
  constexpr std::uint16_t ZIP_FLAG_ENCRYPTED = 1u << 0; // 4.4.4
  constexpr std::uint16_t ZIP_FLAG_DESCRIPTOR = 1u << 3;
  constexpr std::uint16_t ZIP_FLAG_UTF8 = 1u << 11;
  constexpr std::uint16_t ZIP_EXTRA_ZIP64 = 0x0001;     // 4.5.3
  constexpr std::uint16_t ZIP_EXTRA_TIMESTAMP = 0x5455; // 4.6.1, "UT"
  constexpr std::uint16_t ZIP_EXTRA_AES = 0x9901;       // WinZip
  constexpr std::uint16_t ZIP_METHOD_AES = 99; // WinZip; the real method is in the extra field

  // From these values on a field says 0xFFFFFFFF or 0xFFFF, and ZIP64 holds the value (4.4.1.4)
  constexpr std::uint64_t ZIP64_LIMIT_BYTES = 0xFFFFFFFF;
  constexpr std::uint64_t ZIP64_LIMIT_ENTRIES = 0xFFFF;

  constexpr std::size_t ZIP_MAX_PATH_BYTES = 0xFFFF;

  enum class ZipMethod : std::uint16_t // 4.4.5
  {
    Stored = 0,
    Deflated = 8
  };

  // What the headers of one entry say
  struct ZipRecord
  {
    std::string_view path;
    ZipMethod method = ZipMethod::Stored;
    std::optional<std::time_t> modifiedUtc; // absent: 1980-01-01, without a time stamp field
    std::uint32_t crc32 = 0;
    std::uint64_t compressedBytes = 0;
    std::uint64_t uncompressedBytes = 0;
    std::uint64_t localHeaderOffset = 0;
    bool hasDescriptor = false; // CRC and sizes follow the data
    bool isZip64 = false;       // sizes have 64 bits, in all records of this entry
    bool isEncrypted =
      false; // AE-2: the compressed size has ZIP_CIPHER_EXTRA_BYTES, no CRC is written
  };

  struct ZipEnd
  {
    std::uint64_t entriesCount = 0;
    std::uint64_t directoryOffset = 0;
    std::uint64_t directoryBytes = 0;
  };

  void AppendLocalHeader(std::string& target, const ZipRecord& record);

  void AppendDataDescriptor(std::string& target, const ZipRecord& record);

  void AppendCentralHeader(std::string& target, const ZipRecord& record);

  // End of central directory, preceded by the two ZIP64 records where a value needs them
  void AppendEnd(std::string& target, const ZipEnd& end);

  // Length of an entry in the archive: local header, data, data descriptor
  std::uint64_t GetEntryBytes(const ZipRecord& record);

  // A stored entry whose sizes stand in its local header; its CRC is 0 and to be filled in
  ZipRecord MakeStoredRecord(std::string_view path,
                             std::uint64_t sizeBytes,
                             std::optional<std::time_t> modifiedUtc,
                             std::uint64_t localHeaderOffset);

  // Path in a record of AppendCentralHeader()
  std::string_view GetCentralHeaderPath(const char* header);

  // Whether a path may be written: relative, no empty, "." or ".." component, no backslash, no control
  // character, no drive, valid UTF-8, not too long
  bool IsSafeZipPath(std::string_view path);

  bool IsPureAscii(std::string_view text);
} // namespace OrthancPlugins
