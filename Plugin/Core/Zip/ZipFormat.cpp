// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "ZipFormat.h"

#include <algorithm>
#include <limits>

namespace OrthancPlugins
{
  namespace
  {
    // The same text as in Orthanc's own archives
    constexpr std::string_view ARCHIVE_COMMENT = "Created by Orthanc";

    constexpr std::uint16_t TIMESTAMP_FIELD_BYTES = 5;
    constexpr std::uint8_t TIMESTAMP_HAS_MODIFICATION = 1;
    constexpr std::uint64_t ZIP64_END_REMAINING_BYTES = 44; // 4.3.14.1: without its first 12 bytes
    // WinZip, "AES Encryption Information": the extra field
    constexpr std::uint16_t AES_FIELD_BYTES = 7;
    constexpr std::uint16_t AES_VENDOR_VERSION =
      2; // AE-2: without a CRC, which would tell of the content
    constexpr std::string_view AES_VENDOR = "AE";
    constexpr std::uint8_t AES_256_BITS = 3;
    constexpr std::size_t CENTRAL_PATH_LENGTH_OFFSET = 28;
    constexpr std::size_t CENTRAL_PATH_OFFSET = 46;

    void Put(std::string& target, std::uint64_t value, unsigned sizeBytes)
    {
      for (unsigned i = 0; i < sizeBytes; i++)
      {
        target.push_back(static_cast<char>(static_cast<unsigned char>((value >> (8 * i)) & 0xFF)));
      }
    }

    void Put16(std::string& target, std::uint64_t value)
    {
      Put(target, value, 2);
    }

    void Put32(std::string& target, std::uint64_t value)
    {
      Put(target, value, 4);
    }

    void Put64(std::string& target, std::uint64_t value)
    {
      Put(target, value, 8);
    }

    struct DosDateTime
    {
      std::uint16_t date;
      std::uint16_t time;
    };

    // 4.4.6: MS-DOS date and time, here in UTC. The civil date comes from the number of days by
    // arithmetic: gmtime() is neither thread-safe nor total
    DosDateTime ToDosDateTime(std::optional<std::time_t> modifiedUtc)
    {
      constexpr std::int64_t SECONDS_PER_DAY = 86400;
      constexpr std::int64_t FIRST_SECOND = 315532800; // 1980-01-01T00:00:00Z
      constexpr std::int64_t LAST_SECOND = 4354819199; // 2107-12-31T23:59:59Z
      const std::int64_t seconds = std::clamp<std::int64_t>(
        modifiedUtc.has_value() ? static_cast<std::int64_t>(*modifiedUtc) : FIRST_SECOND,
        FIRST_SECOND, LAST_SECOND);

      // Days since 0000-03-01 in the proleptic Gregorian calendar, then eras of 400 years
      const std::int64_t days = seconds / SECONDS_PER_DAY + 719468;
      const std::int64_t era = days / 146097;
      const std::int64_t dayOfEra = days % 146097;
      const std::int64_t yearOfEra =
        (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146096) / 365;
      const std::int64_t dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
      const std::int64_t shiftedMonth = (5 * dayOfYear + 2) / 153; // 0 is March
      const std::int64_t day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1;
      const std::int64_t month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
      const std::int64_t year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);

      const std::int64_t inDay = seconds % SECONDS_PER_DAY;
      return {static_cast<std::uint16_t>(((year - 1980) << 9) | (month << 5) | day),
              static_cast<std::uint16_t>(((inDay / 3600) << 11) | ((inDay / 60 % 60) << 5) |
                                         (inDay % 60 / 2))};
    }

    // The field holds 32 signed bits: no time stamp rather than a wrong one
    bool HasTimestamp(const ZipRecord& record)
    {
      return record.modifiedUtc.has_value() &&
             *record.modifiedUtc >= std::numeric_limits<std::int32_t>::min() &&
             *record.modifiedUtc <= std::numeric_limits<std::int32_t>::max();
    }

    // 4.6.1: "UT", modification time only. The same bytes in both headers
    void AppendTimestamp(std::string& extra, const ZipRecord& record)
    {
      if (HasTimestamp(record))
      {
        Put16(extra, ZIP_EXTRA_TIMESTAMP);
        Put16(extra, TIMESTAMP_FIELD_BYTES);
        Put(extra, TIMESTAMP_HAS_MODIFICATION, 1);
        Put32(extra, static_cast<std::uint32_t>(static_cast<std::int32_t>(*record.modifiedUtc)));
      }
    }

    // The same bytes in both headers
    void AppendEncryption(std::string& extra, const ZipRecord& record)
    {
      if (record.isEncrypted)
      {
        Put16(extra, ZIP_EXTRA_AES);
        Put16(extra, AES_FIELD_BYTES);
        Put16(extra, AES_VENDOR_VERSION);
        extra.append(AES_VENDOR);
        Put(extra, AES_256_BITS, 1);
        Put16(extra, static_cast<std::uint16_t>(record.method));
      }
    }

    std::uint16_t GetVersion(const ZipRecord& record, bool isZip64)
    {
      if (record.isEncrypted)
      {
        return ZIP_VERSION_AES; // knows ZIP64 as well
      }
      return isZip64 ? ZIP_VERSION_ZIP64 : ZIP_VERSION_DEFLATE;
    }

    std::uint32_t GetWrittenCrc32(const ZipRecord& record)
    {
      return record.isEncrypted ? 0 : record.crc32;
    }

    // From "version needed to extract" to "last mod file date", common to both headers
    void AppendCommonBegin(std::string& target, const ZipRecord& record, bool isZip64)
    {
      const DosDateTime modified = ToDosDateTime(record.modifiedUtc);
      Put16(target, GetVersion(record, isZip64));
      Put16(target, (record.isEncrypted ? ZIP_FLAG_ENCRYPTED : 0u) |
                      (record.hasDescriptor ? ZIP_FLAG_DESCRIPTOR : 0u) |
                      (IsPureAscii(record.path) ? 0u : ZIP_FLAG_UTF8));
      Put16(target,
            record.isEncrypted ? ZIP_METHOD_AES : static_cast<std::uint16_t>(record.method));
      Put16(target, modified.time);
      Put16(target, modified.date);
    }

    bool IsContinuation(char c)
    {
      return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
    }

    // Length of the well-formed sequence at the beginning of "text" (RFC 3629), 0 if it is none or
    // a control character
    std::size_t GetCharacterBytes(std::string_view text)
    {
      const unsigned char first = static_cast<unsigned char>(text[0]);
      if (first < 0x80)
      {
        return first >= 0x20 && first != 0x7F ? 1 : 0;
      }
      const std::size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
      if (first < 0xC2 || first > 0xF4 || text.size() < size ||
          !std::all_of(text.begin() + 1, text.begin() + static_cast<std::ptrdiff_t>(size),
                       IsContinuation))
      {
        return 0;
      }
      const unsigned char second = static_cast<unsigned char>(text[1]);
      const bool isControl = first == 0xC2 && second < 0xA0;
      const bool isOverlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
      const bool isSurrogate = first == 0xED && second > 0x9F;
      const bool isBeyond = first == 0xF4 && second > 0x8F;
      return isControl || isOverlong || isSurrogate || isBeyond ? 0 : size;
    }

    bool HasSafeCharacters(std::string_view path)
    {
      while (!path.empty())
      {
        const std::size_t size = path[0] == '\\' ? 0 : GetCharacterBytes(path);
        if (size == 0)
        {
          return false;
        }
        path.remove_prefix(size);
      }
      return true;
    }

    bool HasSafeComponents(std::string_view path)
    {
      for (;;)
      {
        const std::size_t slash = path.find('/');
        const std::string_view component = path.substr(0, slash);
        if (component.empty() || component == "." || component == "..")
        {
          return false;
        }
        if (slash == std::string_view::npos)
        {
          return true;
        }
        path.remove_prefix(slash + 1);
      }
    }
  } // namespace

  void AppendLocalHeader(std::string& target, const ZipRecord& record)
  {
    // 4.4.4 bit 3: these are zero here, the descriptor has them
    const std::uint64_t compressed = record.hasDescriptor ? 0 : record.compressedBytes;
    const std::uint64_t uncompressed = record.hasDescriptor ? 0 : record.uncompressedBytes;

    std::string extra;
    if (record.isZip64)
    {
      Put16(extra, ZIP_EXTRA_ZIP64); // 4.5.3: in the local header both sizes
      Put16(extra, 16);
      Put64(extra, uncompressed);
      Put64(extra, compressed);
    }
    AppendEncryption(extra, record);
    AppendTimestamp(extra, record);

    Put32(target, ZIP_LOCAL_SIGNATURE);
    AppendCommonBegin(target, record, record.isZip64);
    Put32(target, record.hasDescriptor ? 0 : GetWrittenCrc32(record));
    Put32(target, record.isZip64 ? ZIP64_LIMIT_BYTES : compressed);
    Put32(target, record.isZip64 ? ZIP64_LIMIT_BYTES : uncompressed);
    Put16(target, record.path.size());
    Put16(target, extra.size());
    target.append(record.path);
    target.append(extra);
  }

  void AppendDataDescriptor(std::string& target, const ZipRecord& record)
  {
    const unsigned sizeOfSize = record.isZip64 ? 8 : 4; // 4.3.9.2
    Put32(target, ZIP_DESCRIPTOR_SIGNATURE);
    Put32(target, GetWrittenCrc32(record));
    Put(target, record.compressedBytes, sizeOfSize);
    Put(target, record.uncompressedBytes, sizeOfSize);
  }

  void AppendCentralHeader(std::string& target, const ZipRecord& record)
  {
    const bool isFar = record.localHeaderOffset >= ZIP64_LIMIT_BYTES;
    const bool isZip64 = record.isZip64 || isFar;

    std::string extra;
    if (isZip64)
    {
      Put16(extra, ZIP_EXTRA_ZIP64); // 4.5.3: only the fields whose place says 0xFFFFFFFF
      Put16(extra, (record.isZip64 ? 16u : 0u) + (isFar ? 8u : 0u));
      if (record.isZip64)
      {
        Put64(extra, record.uncompressedBytes);
        Put64(extra, record.compressedBytes);
      }
      if (isFar)
      {
        Put64(extra, record.localHeaderOffset);
      }
    }
    AppendEncryption(extra, record);
    AppendTimestamp(extra, record);

    Put32(target, ZIP_CENTRAL_SIGNATURE);
    Put16(target, GetVersion(record, isZip64)); // 4.4.2: made by, MS-DOS
    AppendCommonBegin(target, record, isZip64);
    Put32(target, GetWrittenCrc32(record));
    Put32(target, record.isZip64 ? ZIP64_LIMIT_BYTES : record.compressedBytes);
    Put32(target, record.isZip64 ? ZIP64_LIMIT_BYTES : record.uncompressedBytes);
    Put16(target, record.path.size());
    Put16(target, extra.size());
    Put16(target, 0); // length of the comment
    Put16(target, 0); // number of the disk
    Put16(target, 0); // internal attributes
    Put32(target, 0); // external attributes
    Put32(target, isFar ? ZIP64_LIMIT_BYTES : record.localHeaderOffset);
    target.append(record.path);
    target.append(extra);
  }

  void AppendEnd(std::string& target, const ZipEnd& end)
  {
    if (end.entriesCount >= ZIP64_LIMIT_ENTRIES || end.directoryOffset >= ZIP64_LIMIT_BYTES ||
        end.directoryBytes >= ZIP64_LIMIT_BYTES)
    {
      Put32(target, ZIP_ZIP64_END_SIGNATURE);
      Put64(target, ZIP64_END_REMAINING_BYTES);
      Put16(target, ZIP_VERSION_ZIP64); // made by
      Put16(target, ZIP_VERSION_ZIP64); // needed
      Put32(target, 0);                 // this disk
      Put32(target, 0);                 // disk of the directory
      Put64(target, end.entriesCount);  // on this disk
      Put64(target, end.entriesCount);
      Put64(target, end.directoryBytes);
      Put64(target, end.directoryOffset);

      Put32(target, ZIP_ZIP64_LOCATOR_SIGNATURE);
      Put32(target, 0); // disk of the ZIP64 end record
      Put64(target, end.directoryOffset + end.directoryBytes);
      Put32(target, 1); // number of disks
    }
    Put32(target, ZIP_END_SIGNATURE);
    Put16(target, 0);                                               // this disk
    Put16(target, 0);                                               // disk of the directory
    Put16(target, std::min(end.entriesCount, ZIP64_LIMIT_ENTRIES)); // on this disk
    Put16(target, std::min(end.entriesCount, ZIP64_LIMIT_ENTRIES));
    Put32(target, std::min(end.directoryBytes, ZIP64_LIMIT_BYTES));
    Put32(target, std::min(end.directoryOffset, ZIP64_LIMIT_BYTES));
    Put16(target, ARCHIVE_COMMENT.size());
    target.append(ARCHIVE_COMMENT);
  }

  std::uint64_t GetEntryBytes(const ZipRecord& record)
  {
    std::string records;
    AppendLocalHeader(records, record);
    if (record.hasDescriptor)
    {
      AppendDataDescriptor(records, record);
    }
    return records.size() + record.compressedBytes;
  }

  ZipRecord MakeStoredRecord(std::string_view path,
                             std::uint64_t sizeBytes,
                             std::optional<std::time_t> modifiedUtc,
                             std::uint64_t localHeaderOffset)
  {
    ZipRecord record;
    record.path = path;
    record.modifiedUtc = modifiedUtc;
    record.compressedBytes = sizeBytes;
    record.uncompressedBytes = sizeBytes;
    record.localHeaderOffset = localHeaderOffset;
    record.isZip64 = sizeBytes >= ZIP64_LIMIT_BYTES;
    return record;
  }

  std::string_view GetCentralHeaderPath(const char* header)
  {
    const unsigned low = static_cast<unsigned char>(header[CENTRAL_PATH_LENGTH_OFFSET]);
    const unsigned high = static_cast<unsigned char>(header[CENTRAL_PATH_LENGTH_OFFSET + 1]);
    return std::string_view(header + CENTRAL_PATH_OFFSET, (high << 8) | low);
  }

  bool IsSafeZipPath(std::string_view path)
  {
    const bool hasDrive = path.size() >= 2 && path[1] == ':';
    return !path.empty() && path.size() <= ZIP_MAX_PATH_BYTES && !hasDrive &&
           HasSafeCharacters(path) && HasSafeComponents(path);
  }

  bool IsPureAscii(std::string_view text)
  {
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  }
} // namespace OrthancPlugins
