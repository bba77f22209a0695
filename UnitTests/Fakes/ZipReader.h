// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace OrthancPlugins
{
  // What a reader finds in the central directory and in the local header of one entry
  struct ReadZipEntry
  {
    std::string path;
    unsigned method = 0;     // 99 if it is encrypted
    unsigned dataMethod = 0; // of the data, once they are decrypted
    unsigned flags = 0;
    unsigned versionNeeded = 0;
    std::uint32_t crc32 = 0;
    std::uint64_t compressedBytes = 0;
    std::uint64_t uncompressedBytes = 0;
    std::uint64_t offset = 0;
    std::optional<std::int32_t> modifiedUtc;
    std::string content; // decrypted, inflated, its CRC checked (none if it is encrypted)
  };

  /**
   * A small, strict reader of whole ZIP archives, written from APPNOTE and independent of the writer.
   * Checks that local headers and descriptors agree with the central directory, that records follow each
   * other without gaps, and every CRC. Throws std::runtime_error at the first disagreement.
   **/
  std::vector<ReadZipEntry> ReadZip(const std::string& archive);

  // Whose entries are all encrypted in the form AE-2, with AES-256
  std::vector<ReadZipEntry> ReadZip(const std::string& archive, const std::string& password);

  // Raw deflate of zlib, the whole input; throws std::runtime_error
  std::string InflateRaw(const std::string& deflated);

  std::uint64_t
  ReadLittleEndian(const std::string& bytes, std::uint64_t offset, unsigned sizeBytes);
} // namespace OrthancPlugins
