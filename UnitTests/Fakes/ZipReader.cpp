// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "ZipReader.h"

#include "ZipDecryptor.h"

#include <stdexcept>

#include <zlib.h>

namespace OrthancPlugins
{
  namespace
  {
    void Require(bool condition, const std::string& what)
    {
      if (!condition)
      {
        throw std::runtime_error(what);
      }
    }

    std::uint64_t Get(const std::string& bytes, std::uint64_t offset, unsigned sizeBytes)
    {
      return ReadLittleEndian(bytes, offset, sizeBytes);
    }

    std::string Slice(const std::string& bytes, std::uint64_t offset, std::uint64_t sizeBytes)
    {
      Require(offset <= bytes.size() && sizeBytes <= bytes.size() - offset, "out of the archive");
      return bytes.substr(static_cast<std::size_t>(offset), static_cast<std::size_t>(sizeBytes));
    }

    std::optional<std::string> FindExtra(const std::string& extra, unsigned id)
    {
      std::optional<std::string> found;
      std::uint64_t position = 0;
      while (position < extra.size())
      {
        const std::uint64_t size = Get(extra, position + 2, 2);
        const std::string value = Slice(extra, position + 4, size);
        if (Get(extra, position, 2) == id)
        {
          Require(!found.has_value(), "extra field twice");
          found = value;
        }
        position += 4 + size;
      }
      return found;
    }

    struct Directory
    {
      std::uint64_t offset;
      std::uint64_t sizeBytes;
      std::uint64_t entriesCount;
    };

    Directory FindDirectory(const std::string& archive)
    {
      const std::size_t end = archive.rfind("PK\x05\x06");
      Require(end != std::string::npos, "no end of central directory");
      Require(end + 22 + Get(archive, end + 20, 2) == archive.size(),
              "wrong length of the comment");
      Require(Get(archive, end + 4, 4) == 0, "several disks");
      Require(Get(archive, end + 8, 2) == Get(archive, end + 10, 2), "numbers of entries differ");
      Directory directory{Get(archive, end + 16, 4), Get(archive, end + 12, 4),
                          Get(archive, end + 10, 2)};
      std::uint64_t directoryEnd = end;
      if (directory.offset == 0xFFFFFFFF || directory.sizeBytes == 0xFFFFFFFF ||
          directory.entriesCount == 0xFFFF)
      {
        const std::uint64_t locator = end - 20;
        Require(Slice(archive, locator, 4) == "PK\x06\x07", "no ZIP64 locator");
        const std::uint64_t record = Get(archive, locator + 8, 8);
        Require(Slice(archive, record, 4) == "PK\x06\x06", "no ZIP64 end record");
        Require(record + 12 + Get(archive, record + 4, 8) == locator, "gap before the locator");
        directory = {Get(archive, record + 48, 8), Get(archive, record + 40, 8),
                     Get(archive, record + 32, 8)};
        directoryEnd = record;
      }
      Require(directory.offset + directory.sizeBytes == directoryEnd, "gap after the directory");
      return directory;
    }

    void ReadCentralExtra(const std::string& extra, ReadZipEntry& entry)
    {
      const std::optional<std::string> zip64 = FindExtra(extra, 1);
      std::uint64_t position = 0;
      for (std::uint64_t* const value :
           {&entry.uncompressedBytes, &entry.compressedBytes, &entry.offset})
      {
        if (*value == 0xFFFFFFFF)
        {
          Require(zip64.has_value(), "no ZIP64 field");
          *value = Get(*zip64, position, 8);
          position += 8;
        }
      }
      Require(!zip64.has_value() || (position > 0 && position == zip64->size()),
              "needless bytes in the ZIP64 field");
      const std::optional<std::string> timestamp = FindExtra(extra, 0x5455);
      if (timestamp.has_value())
      {
        Require(timestamp->size() == 5 && (*timestamp)[0] == 1, "strange time stamp");
        entry.modifiedUtc = static_cast<std::int32_t>(Get(*timestamp, 1, 4));
      }
    }

    void ReadEncryption(const std::string& extra, ReadZipEntry& entry)
    {
      const std::optional<std::string> field = FindExtra(extra, 0x9901);
      const bool isEncrypted = (entry.flags & 1) != 0;
      Require(isEncrypted == (entry.method == 99), "flag and method of the encryption differ");
      Require(isEncrypted == field.has_value(), "the encryption has a field, and only that");
      entry.dataMethod = entry.method;
      if (isEncrypted)
      {
        Require(field->size() == 7 && field->compare(0, 5, std::string("\2\0AE\3", 5)) == 0,
                "neither AE-2 nor AES-256");
        Require(entry.versionNeeded == 51, "version of the encryption");
        Require(entry.crc32 == 0, "AE-2 has no CRC");
        entry.dataMethod = static_cast<unsigned>(Get(*field, 5, 2));
      }
    }

    void ReadContent(const std::string& stored, const std::string& password, ReadZipEntry& entry)
    {
      const bool isEncrypted = entry.method == 99;
      const std::string data = isEncrypted ? DecryptZipData(stored, password) : stored;
      entry.content = entry.dataMethod == 8 ? InflateRaw(data) : data;
      Require(entry.content.size() == entry.uncompressedBytes, "size of the content");
      const uLong crc =
        crc32_z(0, reinterpret_cast<const Bytef*>(entry.content.data()), entry.content.size());
      Require(isEncrypted || crc == entry.crc32, "CRC of the content");
    }

    // Returns the offset after the entry
    std::uint64_t
    ReadLocal(const std::string& archive, const std::string& password, ReadZipEntry& entry)
    {
      const std::uint64_t at = entry.offset;
      Require(Slice(archive, at, 4) == "PK\x03\x04", "no local header");
      Require(Get(archive, at + 6, 2) == entry.flags, "flags differ");
      Require(Get(archive, at + 8, 2) == entry.method, "methods differ");
      const std::uint64_t pathBytes = Get(archive, at + 26, 2);
      const std::uint64_t extraBytes = Get(archive, at + 28, 2);
      Require(Slice(archive, at + 30, pathBytes) == entry.path, "paths differ");
      const std::string extra = Slice(archive, at + 30 + pathBytes, extraBytes);
      ReadEncryption(extra, entry);
      const std::optional<std::string> zip64 = FindExtra(extra, 1);
      const bool hasDescriptor = (entry.flags & 8) != 0;
      Require(!hasDescriptor || entry.dataMethod == 8, "stored with a descriptor");

      std::uint64_t compressed = Get(archive, at + 18, 4);
      std::uint64_t uncompressed = Get(archive, at + 22, 4);
      if (zip64.has_value())
      {
        Require(zip64->size() == 16, "both sizes belong into a local ZIP64 field");
        Require(compressed == 0xFFFFFFFF && uncompressed == 0xFFFFFFFF, "needless ZIP64 field");
        Require(Get(archive, at + 4, 2) == (entry.method == 99 ? 51 : 45), "version of ZIP64");
        uncompressed = Get(*zip64, 0, 8);
        compressed = Get(*zip64, 8, 8);
      }
      std::uint64_t next = at + 30 + pathBytes + extraBytes + entry.compressedBytes;
      if (hasDescriptor)
      {
        Require(compressed == 0 && uncompressed == 0 && Get(archive, at + 14, 4) == 0,
                "sizes before a descriptor");
        const unsigned size = zip64.has_value() ? 8 : 4;
        Require(Slice(archive, next, 4) == "PK\x07\x08", "no descriptor");
        Require(Get(archive, next + 4, 4) == entry.crc32, "CRC of the descriptor");
        compressed = Get(archive, next + 8, size);
        uncompressed = Get(archive, next + 8 + size, size);
        next += 8 + 2 * size;
      }
      else
      {
        Require(Get(archive, at + 14, 4) == entry.crc32, "CRC of the local header");
      }
      Require(compressed == entry.compressedBytes, "compressed sizes differ");
      Require(uncompressed == entry.uncompressedBytes, "uncompressed sizes differ");

      ReadContent(Slice(archive, at + 30 + pathBytes + extraBytes, entry.compressedBytes), password,
                  entry);
      return next;
    }
  } // namespace

  std::uint64_t ReadLittleEndian(const std::string& bytes, std::uint64_t offset, unsigned sizeBytes)
  {
    const std::string field = Slice(bytes, offset, sizeBytes);
    std::uint64_t value = 0;
    for (unsigned i = 0; i < sizeBytes; i++)
    {
      value |= std::uint64_t(static_cast<unsigned char>(field[i])) << (8 * i);
    }
    return value;
  }

  std::string InflateRaw(const std::string& deflated)
  {
    z_stream stream = {};
    Require(inflateInit2(&stream, -MAX_WBITS) == Z_OK, "zlib");
    std::string input = deflated;
    std::string result;
    std::string buffer(1 << 18, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(&input[0]);
    stream.avail_in = static_cast<uInt>(input.size());
    int code = Z_OK;
    while (code == Z_OK)
    {
      stream.next_out = reinterpret_cast<Bytef*>(&buffer[0]);
      stream.avail_out = static_cast<uInt>(buffer.size());
      code = inflate(&stream, Z_NO_FLUSH);
      result.append(buffer, 0, buffer.size() - stream.avail_out);
    }
    const bool isWhole = code == Z_STREAM_END && stream.avail_in == 0;
    inflateEnd(&stream);
    Require(isWhole, "not exactly one deflate stream");
    return result;
  }

  std::vector<ReadZipEntry> ReadZip(const std::string& archive)
  {
    const std::vector<ReadZipEntry> entries = ReadZip(archive, "");
    for (const ReadZipEntry& entry : entries)
    {
      Require(entry.method != 99, "encrypted");
    }
    return entries;
  }

  std::vector<ReadZipEntry> ReadZip(const std::string& archive, const std::string& password)
  {
    const Directory directory = FindDirectory(archive);
    std::vector<ReadZipEntry> entries;
    std::uint64_t at = directory.offset;
    std::uint64_t expectedOffset = 0;
    for (std::uint64_t i = 0; i < directory.entriesCount; i++)
    {
      Require(Slice(archive, at, 4) == "PK\x01\x02", "no central header");
      ReadZipEntry entry;
      entry.versionNeeded = static_cast<unsigned>(Get(archive, at + 6, 2));
      entry.flags = static_cast<unsigned>(Get(archive, at + 8, 2));
      entry.method = static_cast<unsigned>(Get(archive, at + 10, 2));
      entry.crc32 = static_cast<std::uint32_t>(Get(archive, at + 16, 4));
      entry.compressedBytes = Get(archive, at + 20, 4);
      entry.uncompressedBytes = Get(archive, at + 24, 4);
      entry.offset = Get(archive, at + 42, 4);
      const std::uint64_t pathBytes = Get(archive, at + 28, 2);
      const std::uint64_t extraBytes = Get(archive, at + 30, 2);
      entry.path = Slice(archive, at + 46, pathBytes);
      const std::string extra = Slice(archive, at + 46 + pathBytes, extraBytes);
      ReadCentralExtra(extra, entry);
      ReadEncryption(extra, entry);
      Require(entry.offset == expectedOffset, "gap before an entry");
      expectedOffset = ReadLocal(archive, password, entry);
      at += 46 + pathBytes + extraBytes + Get(archive, at + 32, 2);
      entries.push_back(std::move(entry));
    }
    Require(expectedOffset == directory.offset, "gap before the directory");
    Require(at == directory.offset + directory.sizeBytes, "size of the directory");
    return entries;
  }
} // namespace OrthancPlugins
