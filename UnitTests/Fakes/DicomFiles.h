// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "../../Plugin/Core/Failure.h"
#include "../../Plugin/Core/IDicomStore.h"

#include <algorithm>
#include <string>
#include <utility>

class DcmFileFormat;

namespace OrthancPlugins
{
  // The file as DCMTK writes it. Throws std::runtime_error
  std::string WriteDicomFile(DcmFileFormat& file, const std::string& transferSyntaxUid);

  // Preamble and meta header as the standard wants them, then these bytes
  std::string MakeRawDicomFile(const std::string& transferSyntaxUid, const std::string& dataset);

  // A file in memory
  class MemoryFile final : public IInstanceData
  {
  public:
    explicit MemoryFile(std::string content)
      : content_(std::move(content))
    {
    }

    std::uint64_t GetSizeBytes() const override { return content_.size(); }
    std::uint64_t GetMemoryBytes() const override { return content_.size(); }

    const void*
    Read(std::uint64_t offset, std::size_t size, std::vector<unsigned char>&) const override
    {
      if (offset > content_.size() || size > content_.size() - offset)
      {
        throw Failure(FailureKind::Internal, "Read beyond the end of the file");
      }
      return content_.data() + offset;
    }

  private:
    std::string content_;
  };

  // A file that is read in ranges: these bytes, and zeros between them and the tail. One thread
  class RangedFile final : public IInstanceData
  {
  public:
    RangedFile(std::string content, std::uint64_t zerosCount, std::string tail)
      : content_(std::move(content)),
        zerosCount_(zerosCount),
        tail_(std::move(tail))
    {
    }

    mutable std::uint64_t readBytes = 0;
    mutable unsigned readsCount = 0;
    mutable std::size_t largestRead = 0;

    std::uint64_t GetSizeBytes() const override
    {
      return content_.size() + zerosCount_ + tail_.size();
    }
    std::uint64_t GetMemoryBytes() const override { return 0; }

    const void*
    Read(std::uint64_t offset, std::size_t size, std::vector<unsigned char>& scratch) const override
    {
      if (offset > GetSizeBytes() || size > GetSizeBytes() - offset)
      {
        throw Failure(FailureKind::Internal, "Read beyond the end of the file");
      }
      readBytes += size;
      readsCount++;
      largestRead = std::max(largestRead, size);
      scratch.assign(size, 0);
      for (std::size_t i = 0; i < size; i++)
      {
        scratch[i] = GetByte(offset + i);
      }
      return scratch.data();
    }

  private:
    unsigned char GetByte(std::uint64_t offset) const
    {
      if (offset < content_.size())
      {
        return static_cast<unsigned char>(content_[static_cast<std::size_t>(offset)]);
      }
      const std::uint64_t behind = offset - content_.size();
      return behind < zerosCount_
               ? 0
               : static_cast<unsigned char>(tail_[static_cast<std::size_t>(behind - zerosCount_)]);
    }

    std::string content_;
    std::uint64_t zerosCount_;
    std::string tail_;
  };
} // namespace OrthancPlugins
