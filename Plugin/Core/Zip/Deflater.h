// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "../ArchivePolicies.h"

#include <cstddef>
#include <cstdint>
#include <memory>

namespace OrthancPlugins
{
  enum class DeflateEnd
  {
    Continued, // other blocks follow: ends byte-aligned with an empty stored block (00 00 FF FF)
    Final      // the last block of its stream
  };

  /**
   * Raw deflate (RFC 1951) of one block of bytes that refers to no other block: blocks may be made in
   * any order by several deflaters; concatenated they are one stream.
   *
   * Reusable, allocates nothing per block once it has seen the largest one. The result depends on
   * nothing but the input. Not thread-safe: one object per thread.
   **/
  class Deflater
  {
  public:
    // A block may not be larger
    static constexpr std::size_t MAX_BLOCK_BYTES = std::size_t(1) << 30;

    // Fast or Dense
    explicit Deflater(ArchiveDensity density);
    ~Deflater();
    Deflater(const Deflater&) = delete;
    Deflater& operator=(const Deflater&) = delete;

    // What one block can become at worst (incompressible data: stored blocks)
    static std::uint64_t GetBound(std::uint64_t sizeBytes);

    // Writes at most GetBound(sizeBytes) bytes to "target" and returns their number.
    // Throws Failure(Internal)
    std::size_t
    Deflate(const void* data, std::size_t sizeBytes, DeflateEnd end, unsigned char* target);

  private:
    struct Codec;
    struct FastCodec;
    struct DenseCodec;
    std::unique_ptr<Codec> codec_;
  };

  // CRC-32 of ZIP (APPNOTE 4.4.7), continued from "crc" (0 for the first bytes)
  std::uint32_t UpdateCrc32(std::uint32_t crc, const void* data, std::size_t sizeBytes);

  // CRC-32 of two adjacent parts from theirs
  std::uint32_t CombineCrc32(std::uint32_t first, std::uint32_t second, std::size_t secondBytes);
} // namespace OrthancPlugins
