// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "../IDicomStore.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace OrthancPlugins
{
  /**
   * Reads a DICOM file forwards. What ends too early fails with Failure(SourceMissing). One thread.
   **/
  class ByteSource
  {
  public:
    // More than this in one piece is no header
    static constexpr std::size_t MAX_PIECE_BYTES = 64 * 1024;

    virtual ~ByteSource() = default;

    // Whether so many bytes are left
    bool Has(std::size_t sizeBytes);

    // Valid until the next call
    const unsigned char* Peek(std::size_t sizeBytes);
    const unsigned char* Take(std::size_t sizeBytes);

    void Skip(std::uint64_t sizeBytes);

    std::uint64_t GetPosition() const { return position_; }

  protected:
    // Makes at least "sizeBytes" available at current_, or as many as are left
    virtual void Refill(std::size_t sizeBytes) = 0;

    // Goes ahead, with nothing available. False if there are not so many bytes
    virtual bool SkipUnread(std::uint64_t sizeBytes) = 0;

    const unsigned char* current_ = nullptr;
    std::size_t available_ = 0;

  private:
    std::uint64_t position_ = 0;
  };

  // The bytes of the file, in ranges that grow while nothing is skipped
  std::unique_ptr<ByteSource> MakeFileSource(const IInstanceData& data, std::uint64_t offset);

  // What a raw deflate stream (RFC 1951) at this offset of the file inflates to
  std::unique_ptr<ByteSource> MakeInflatedSource(const IInstanceData& data, std::uint64_t offset);
} // namespace OrthancPlugins
