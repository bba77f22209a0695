// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "ChunkingSink.h"

#include <algorithm>
#include <utility>

namespace OrthancPlugins
{
  namespace
  {
    constexpr std::size_t DIRECT_BYTES = 512 * 1024; // from here on a copy costs more than a chunk
  }

  ChunkingSink::ChunkingSink(IByteSink& target, std::uint64_t bytesPassed)
    : target_(target),
      pending_(new unsigned char[MAX_CHUNK_BYTES]),
      bytesPassed_(bytesPassed)
  {
  }

  void ChunkingSink::Write(const void* data, std::size_t sizeBytes)
  {
    const unsigned char* bytes = static_cast<const unsigned char*>(data);
    if (pendingBytes_ + sizeBytes > MAX_CHUNK_BYTES && sizeBytes < DIRECT_BYTES)
    {
      Flush();
    }
    if (sizeBytes < DIRECT_BYTES)
    {
      Append(bytes, sizeBytes);
      return;
    }
    // A header that waits takes some of the data along: no chunk of a few bytes
    const std::size_t topUp =
      pendingBytes_ == 0 ? 0 : GOOD_CHUNK_BYTES - std::min(pendingBytes_, GOOD_CHUNK_BYTES);
    Append(bytes, topUp);
    Flush();
    Pass(bytes + topUp, sizeBytes - topUp);
  }

  void ChunkingSink::Flush()
  {
    const std::size_t sizeBytes = std::exchange(pendingBytes_, 0);
    if (sizeBytes > 0)
    {
      Pass(pending_.get(), sizeBytes);
    }
  }

  void ChunkingSink::Append(const unsigned char* bytes, std::size_t sizeBytes)
  {
    std::copy_n(bytes, sizeBytes, pending_.get() + pendingBytes_);
    pendingBytes_ += sizeBytes;
  }

  void ChunkingSink::Pass(const void* data, std::size_t sizeBytes)
  {
    target_.Write(data, sizeBytes);
    bytesPassed_ += sizeBytes;
  }
} // namespace OrthancPlugins
