// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "ByteSource.h"

#include "../Failure.h"

#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <vector>

namespace OrthancPlugins
{
  namespace
  {
    constexpr std::size_t MIN_RANGE_BYTES = 64 * 1024;
    constexpr std::size_t MAX_RANGE_BYTES = 1024 * 1024;

    // Deflate can make a thousand bytes of one. What comes after so many is no header
    constexpr std::uint64_t MAX_INFLATED_BYTES = std::uint64_t(1) << 30;

    [[noreturn]] void ThrowTruncated()
    {
      throw Failure(FailureKind::SourceMissing, "The DICOM file ends within its header");
    }

    class FileSource final : public ByteSource
    {
    public:
      FileSource(const IInstanceData& data, std::uint64_t offset)
        : data_(data),
          sizeBytes_(data.GetSizeBytes()),
          next_(std::min(offset, sizeBytes_))
      {
      }

    protected:
      void Refill(std::size_t sizeBytes) override
      {
        // The range begins with what is available, so it is in one piece
        const std::uint64_t begin = next_ - available_;
        const std::size_t wanted = std::max(sizeBytes, rangeBytes_);
        const std::size_t size =
          static_cast<std::size_t>(std::min<std::uint64_t>(wanted, sizeBytes_ - begin));
        if (size > available_)
        {
          current_ = static_cast<const unsigned char*>(data_.Read(begin, size, scratch_));
          available_ = size;
          next_ = begin + size;
          rangeBytes_ = std::min(rangeBytes_ * 2, MAX_RANGE_BYTES);
        }
      }

      bool SkipUnread(std::uint64_t sizeBytes) override
      {
        if (sizeBytes > sizeBytes_ - next_)
        {
          return false;
        }
        next_ += sizeBytes;
        rangeBytes_ = MIN_RANGE_BYTES;
        return true;
      }

    private:
      const IInstanceData& data_;
      std::uint64_t sizeBytes_;
      std::uint64_t next_; // of the file, behind what is available
      std::size_t rangeBytes_ = MIN_RANGE_BYTES;
      std::vector<unsigned char> scratch_;
    };

    class InflatedSource final : public ByteSource
    {
    public:
      InflatedSource(const IInstanceData& data, std::uint64_t offset)
        : input_(data, offset)
      {
        if (inflateInit2(&stream_, -MAX_WBITS) != Z_OK)
        {
          throw Failure(FailureKind::Internal, "Cannot prepare to inflate a DICOM file");
        }
      }

      InflatedSource(const InflatedSource&) = delete;
      InflatedSource& operator=(const InflatedSource&) = delete;

      ~InflatedSource() override { inflateEnd(&stream_); }

    protected:
      void Refill(std::size_t sizeBytes) override
      {
        if (buffer_.empty())
        {
          buffer_.resize(2 * MAX_PIECE_BYTES);
        }
        if (available_ != 0)
        {
          std::memmove(buffer_.data(), current_, available_);
        }
        current_ = buffer_.data();
        while (available_ < sizeBytes && !isAtEnd_)
        {
          available_ += Inflate(buffer_.data() + available_, MIN_PIECE_BYTES);
        }
      }

      bool SkipUnread(std::uint64_t sizeBytes) override
      {
        while (sizeBytes != 0)
        {
          Refill(1);
          if (available_ == 0)
          {
            return false;
          }
          const std::size_t skipped =
            static_cast<std::size_t>(std::min<std::uint64_t>(available_, sizeBytes));
          current_ += skipped;
          available_ -= skipped;
          sizeBytes -= skipped;
        }
        return true;
      }

    private:
      static constexpr std::size_t MIN_PIECE_BYTES = 16 * 1024;

      std::size_t Inflate(unsigned char* target, std::size_t sizeBytes)
      {
        const std::size_t inputBytes = input_.Has(INPUT_BYTES) ? INPUT_BYTES
                                       : input_.Has(1)         ? 1
                                                               : 0;
        // zlib's interface is older than const
        stream_.next_in =
          inputBytes == 0 ? nullptr : const_cast<unsigned char*>(input_.Peek(inputBytes));
        stream_.avail_in = static_cast<uInt>(inputBytes);
        stream_.next_out = target;
        stream_.avail_out = static_cast<uInt>(sizeBytes);
        const int code = inflate(&stream_, Z_NO_FLUSH);
        input_.Skip(inputBytes - stream_.avail_in);
        const std::size_t written = sizeBytes - stream_.avail_out;
        isAtEnd_ = code == Z_STREAM_END || (code == Z_BUF_ERROR && inputBytes == 0);
        if (code != Z_OK && !isAtEnd_)
        {
          throw Failure(FailureKind::SourceMissing, "The deflated DICOM file is damaged");
        }
        inflatedBytes_ += written;
        if (inflatedBytes_ > MAX_INFLATED_BYTES)
        {
          throw Failure(FailureKind::SourceMissing, "The deflated DICOM file has no end");
        }
        return written;
      }

      static constexpr std::size_t INPUT_BYTES = 512;

      FileSource input_;
      z_stream stream_ = {};
      std::vector<unsigned char> buffer_;
      std::uint64_t inflatedBytes_ = 0;
      bool isAtEnd_ = false;
    };
  } // namespace

  bool ByteSource::Has(std::size_t sizeBytes)
  {
    if (available_ < sizeBytes)
    {
      Refill(sizeBytes);
    }
    return available_ >= sizeBytes;
  }

  const unsigned char* ByteSource::Peek(std::size_t sizeBytes)
  {
    if (sizeBytes > MAX_PIECE_BYTES || !Has(sizeBytes))
    {
      ThrowTruncated();
    }
    return current_;
  }

  const unsigned char* ByteSource::Take(std::size_t sizeBytes)
  {
    const unsigned char* const bytes = Peek(sizeBytes);
    current_ += sizeBytes;
    available_ -= sizeBytes;
    position_ += sizeBytes;
    return bytes;
  }

  void ByteSource::Skip(std::uint64_t sizeBytes)
  {
    const std::size_t known =
      static_cast<std::size_t>(std::min<std::uint64_t>(available_, sizeBytes));
    current_ += known;
    available_ -= known;
    if (sizeBytes != known && !SkipUnread(sizeBytes - known))
    {
      ThrowTruncated();
    }
    position_ += sizeBytes;
  }

  std::unique_ptr<ByteSource> MakeFileSource(const IInstanceData& data, std::uint64_t offset)
  {
    return std::make_unique<FileSource>(data, offset);
  }

  std::unique_ptr<ByteSource> MakeInflatedSource(const IInstanceData& data, std::uint64_t offset)
  {
    return std::make_unique<InflatedSource>(data, offset);
  }
} // namespace OrthancPlugins
