// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "../IByteSink.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace OrthancPlugins
{
  /**
   * Collects small writes, passes large ones on as they are: chunks of 256 KiB to 1 MiB where possible.
   * One thread writes, any may ask what was passed. What waits is lost without Flush().
   **/
  class ChunkingSink final : public IByteSink
  {
  public:
    static constexpr std::size_t MAX_CHUNK_BYTES = std::size_t(1) << 20;
    static constexpr std::size_t GOOD_CHUNK_BYTES = 256 * 1024;

    // The target must outlive it, and has the first bytes already
    ChunkingSink(IByteSink& target, std::uint64_t bytesPassed);

    void Write(const void* data, std::size_t sizeBytes) override;

    void Flush();

    std::size_t GetPendingBytes() const { return pendingBytes_; }

    std::uint64_t GetBytesPassed() const { return bytesPassed_; } // by any thread

  private:
    void Append(const unsigned char* bytes, std::size_t sizeBytes);
    void Pass(const void* data, std::size_t sizeBytes);

    IByteSink& target_;
    std::unique_ptr<unsigned char[]> pending_;
    std::size_t pendingBytes_ = 0;
    std::atomic<std::uint64_t> bytesPassed_;
  };
} // namespace OrthancPlugins
