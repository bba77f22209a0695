// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "Deflater.h"

#include "../Failure.h"

#include <isa-l/crc.h>
#include <isa-l/igzip_lib.h>
#include <libdeflate.h>
#include <zlib.h>

#include <algorithm>
#include <bitset>
#include <cstring>
#include <limits>
#include <memory>
#include <new>

namespace OrthancPlugins
{
  namespace
  {
    // RFC 1951 3.2.4: LEN has 16 bits; header bits padded to a byte, LEN, NLEN
    constexpr std::size_t STORED_BLOCK_BYTES = 65535;
    constexpr std::size_t STORED_HEADER_BYTES = 5;

    // The level buffer of ISA-L sets the length of a deflate block: shorter ones follow the statistics
    // of small files better, longer ones cost less on large files
    constexpr std::size_t LONG_TOKENS = 12 * 1024;
    constexpr std::size_t SHORT_TOKENS = 5 * 1024;
    constexpr std::size_t SHORT_INPUT_BYTES = 64 * 1024;
    constexpr std::uint32_t FAST_LEVEL = 3;
    // Levels of libdeflate: the lowest that makes images no larger than level 6 of zlib, which is the
    // host's; and one for content of few distinct bytes, in which the other ignores short matches
    constexpr int DENSE_LEVEL = 3;
    constexpr int FLAT_LEVEL = 2;
    constexpr std::size_t FLAT_DISTINCT_BYTES = 32;
    constexpr std::size_t SAMPLE_BYTES = 4096;

    // By the middle of the data
    bool IsFlat(const void* data, std::size_t sizeBytes)
    {
      const std::size_t length = std::min(sizeBytes, SAMPLE_BYTES);
      const unsigned char* const begin =
        static_cast<const unsigned char*>(data) + (sizeBytes - length) / 2;
      std::bitset<256> distinct;
      for (std::size_t i = 0; i < length; i++)
      {
        distinct.set(begin[i]);
      }
      return distinct.count() < FLAT_DISTINCT_BYTES;
    }

    constexpr std::size_t GetLevelBufferBytes(std::size_t tokens)
    {
      return (ISAL_DEF_LVL3_REQ) + ISAL_DEF_LVL3_TOKEN_SIZE * tokens;
    }

    // The bytes are only read: ISA-L and zlib lack a "const"
    unsigned char* AsInput(const void* data)
    {
      return const_cast<unsigned char*>(static_cast<const unsigned char*>(data));
    }

    unsigned char* PutStoredHeader(unsigned char* target, std::size_t sizeBytes, bool isFinal)
    {
      const unsigned complement = ~static_cast<unsigned>(sizeBytes);
      target[0] = isFinal ? 1 : 0;
      target[1] = static_cast<unsigned char>(sizeBytes & 0xFF);
      target[2] = static_cast<unsigned char>((sizeBytes >> 8) & 0xFF);
      target[3] = static_cast<unsigned char>(complement & 0xFF);
      target[4] = static_cast<unsigned char>((complement >> 8) & 0xFF);
      return target + STORED_HEADER_BYTES;
    }

    // Incompressible data: stored blocks, as many as needed
    std::size_t
    PutStoredBlocks(const void* data, std::size_t sizeBytes, DeflateEnd end, unsigned char* target)
    {
      const unsigned char* source = static_cast<const unsigned char*>(data);
      unsigned char* position = target;
      std::size_t left = sizeBytes;
      while (left > 0)
      {
        const std::size_t size = std::min(left, STORED_BLOCK_BYTES);
        position = PutStoredHeader(position, size, end == DeflateEnd::Final && size == left);
        std::memcpy(position, source, size);
        position += size;
        source += size;
        left -= size;
      }
      if (sizeBytes == 0 || end == DeflateEnd::Continued)
      {
        position = PutStoredHeader(position, 0, end == DeflateEnd::Final);
      }
      return static_cast<std::size_t>(position - target);
    }

    struct LibdeflateDeleter
    {
      void operator()(libdeflate_compressor* compressor) const
      {
        libdeflate_free_compressor(compressor);
      }
    };

    // Finds where the last deflate block of a stream begins and ends, in bits
    class BlockWalker
    {
    public:
      BlockWalker()
      {
        if (inflateInit2(&stream_, -MAX_WBITS) != Z_OK)
        {
          throw Failure(FailureKind::Internal, "Cannot initialize the inflater");
        }
      }

      ~BlockWalker() { inflateEnd(&stream_); }

      BlockWalker(const BlockWalker&) = delete;
      BlockWalker& operator=(const BlockWalker&) = delete;

      void Walk(const unsigned char* deflated, std::size_t sizeBytes, std::size_t inflatedBytes)
      {
        Reserve(inflatedBytes + 1);
        inflateReset(&stream_);
        stream_.next_in = AsInput(deflated);
        stream_.avail_in = static_cast<uInt>(sizeBytes);
        stream_.next_out = inflated_.get();
        stream_.avail_out = static_cast<uInt>(inflatedBytes + 1);
        beginBit = 0;
        for (;;)
        {
          // zlib.h: Z_BLOCK stops at the boundaries of blocks; data_type then holds the number of
          // unused bits in the last byte taken, +64 in the last block, +128 right after a block
          if (inflate(&stream_, Z_BLOCK) != Z_OK || (stream_.data_type & 128) == 0)
          {
            throw Failure(FailureKind::Internal, "The deflated block cannot be read back");
          }
          const std::size_t bit =
            (sizeBytes - stream_.avail_in) * 8 - static_cast<std::size_t>(stream_.data_type & 7);
          if ((stream_.data_type & 64) != 0)
          {
            endBit = bit;
            return;
          }
          beginBit = bit;
        }
      }

      std::size_t beginBit = 0;
      std::size_t endBit = 0;

    private:
      void Reserve(std::size_t sizeBytes)
      {
        if (sizeBytes > capacity_)
        {
          inflated_.reset(new unsigned char[sizeBytes]);
          capacity_ = sizeBytes;
        }
      }

      z_stream stream_ = {};
      std::unique_ptr<unsigned char[]> inflated_;
      std::size_t capacity_ = 0;
    };
  } // namespace

  struct Deflater::Codec
  {
    virtual ~Codec() = default;

    // 0 if the result does not fit into "capacity"
    virtual std::size_t Deflate(const void* data,
                                std::size_t sizeBytes,
                                DeflateEnd end,
                                unsigned char* target,
                                std::size_t capacity) = 0;
  };

  struct Deflater::FastCodec final : Deflater::Codec
  {
    FastCodec()
      : stream(std::make_unique<isal_zstream>()),
        levelBuffer(new unsigned char[GetLevelBufferBytes(LONG_TOKENS)])
    {
    }

    std::size_t Deflate(const void* data,
                        std::size_t sizeBytes,
                        DeflateEnd end,
                        unsigned char* target,
                        std::size_t capacity) override
    {
      const std::size_t tokens = sizeBytes < SHORT_INPUT_BYTES ? SHORT_TOKENS : LONG_TOKENS;
      isal_deflate_init(stream.get());
      stream->level = FAST_LEVEL;
      stream->level_buf = levelBuffer.get();
      stream->level_buf_size = static_cast<std::uint32_t>(GetLevelBufferBytes(tokens));
      stream->next_in = AsInput(data);
      stream->avail_in = static_cast<std::uint32_t>(sizeBytes);
      stream->next_out = target;
      stream->avail_out = static_cast<std::uint32_t>(capacity);
      stream->end_of_stream = end == DeflateEnd::Final ? 1 : 0;
      stream->flush = end == DeflateEnd::Final ? NO_FLUSH : SYNC_FLUSH;
      if (isal_deflate(stream.get()) != COMP_OK)
      {
        throw Failure(FailureKind::Internal, "The compression has failed");
      }
      // A full target may hide bytes that are still inside of the stream
      return stream->avail_out == 0 ? 0 : capacity - stream->avail_out;
    }

    std::unique_ptr<isal_zstream> stream;
    std::unique_ptr<unsigned char[]> levelBuffer;
  };

  struct Deflater::DenseCodec final : Deflater::Codec
  {
    using Compressor = std::unique_ptr<libdeflate_compressor, LibdeflateDeleter>;

    static Compressor MakeCompressor(int level)
    {
      Compressor compressor(libdeflate_alloc_compressor(level));
      if (!compressor)
      {
        throw std::bad_alloc();
      }
      return compressor;
    }

    std::size_t Deflate(const void* data,
                        std::size_t sizeBytes,
                        DeflateEnd end,
                        unsigned char* target,
                        std::size_t capacity) override
    {
      const std::size_t room =
        end == DeflateEnd::Continued ? capacity - STORED_HEADER_BYTES : capacity;
      const std::size_t size = libdeflate_deflate_compress(
        (IsFlat(data, sizeBytes) ? flat : dense).get(), data, sizeBytes, target, room);
      return size == 0 || end == DeflateEnd::Final ? size : Continue(target, size, sizeBytes);
    }

    // libdeflate only makes whole streams: takes the final mark (BFINAL, RFC 1951 3.2.3) off the last
    // block and appends an empty stored block, as a sync flush does
    std::size_t Continue(unsigned char* stream, std::size_t sizeBytes, std::size_t inflatedBytes)
    {
      walker.Walk(stream, sizeBytes, inflatedBytes);
      stream[walker.beginBit / 8] &= static_cast<unsigned char>(~(1u << (walker.beginBit % 8)));

      const std::size_t headerByte = walker.endBit / 8;
      const std::size_t usedBits = walker.endBit % 8;
      if (usedBits == 0)
      {
        stream[headerByte] = 0;
      }
      else
      {
        stream[headerByte] &= static_cast<unsigned char>((1u << usedBits) - 1);
      }
      if (usedBits > 5)
      {
        stream[headerByte + 1] = 0; // the three bits of the header do not fit into the last byte
      }
      static const unsigned char EMPTY[] = {0x00, 0x00, 0xFF, 0xFF};
      const std::size_t position = (walker.endBit + 3 + 7) / 8;
      std::memcpy(stream + position, EMPTY, sizeof(EMPTY));
      return position + sizeof(EMPTY);
    }

    const Compressor dense = MakeCompressor(DENSE_LEVEL);
    const Compressor flat = MakeCompressor(FLAT_LEVEL);
    BlockWalker walker;
  };

  Deflater::Deflater(ArchiveDensity density)
  {
    if (density == ArchiveDensity::Dense)
    {
      codec_ = std::make_unique<DenseCodec>();
    }
    else
    {
      codec_ = std::make_unique<FastCodec>();
    }
  }

  Deflater::~Deflater() = default;

  std::uint64_t Deflater::GetBound(std::uint64_t sizeBytes)
  {
    const std::uint64_t blocks = sizeBytes / STORED_BLOCK_BYTES + 2;
    return sizeBytes + blocks * STORED_HEADER_BYTES;
  }

  std::size_t
  Deflater::Deflate(const void* data, std::size_t sizeBytes, DeflateEnd end, unsigned char* target)
  {
    if (sizeBytes > MAX_BLOCK_BYTES)
    {
      throw Failure(FailureKind::Internal, "The block is too large to be deflated at once");
    }
    const std::size_t capacity = static_cast<std::size_t>(GetBound(sizeBytes));
    const std::size_t size =
      sizeBytes == 0 ? 0 : codec_->Deflate(data, sizeBytes, end, target, capacity);
    return size == 0 ? PutStoredBlocks(data, sizeBytes, end, target) : size;
  }

  std::uint32_t UpdateCrc32(std::uint32_t crc, const void* data, std::size_t sizeBytes)
  {
    return sizeBytes == 0 ? crc : crc32_gzip_refl(crc, AsInput(data), sizeBytes);
  }

  std::uint32_t CombineCrc32(std::uint32_t first, std::uint32_t second, std::size_t secondBytes)
  {
    return static_cast<std::uint32_t>(
      crc32_combine(first, second, static_cast<z_off_t>(secondBytes)));
  }
} // namespace OrthancPlugins
