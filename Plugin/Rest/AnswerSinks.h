// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "../Core/IByteSink.h"
#include "../Http/IHttpAnswer.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace OrthancPlugins
{
  // What is sent before the first byte of a stream
  struct StreamHead
  {
    std::string mime;
    std::string contentDisposition;
    std::optional<std::uint64_t> lengthBytes;
    StreamFraming framing = StreamFraming::Plain;
  };

  /**
   * The stream of an answer that begins late: only once the first kilobytes are there, or at Begin().
   * What fails before that is still a proper error answer.
   *
   * Order of calls: Write*, Begin(), then IHttpAnswer::EndStream(). Not thread-safe.
   **/
  class DeferredSink final : public IByteSink
  {
  public:
    static constexpr std::size_t HELD_BYTES = 64 << 10;

    // The answer must outlive the sink
    DeferredSink(IHttpAnswer& answer, const StreamHead& head);

    void Write(const void* data, std::size_t sizeBytes) override;

    // Sends the head and what was held back; nothing happens if that was done
    void Begin();

  private:
    IHttpAnswer& answer_;
    StreamHead head_;
    std::string held_;
    IByteSink* stream_ = nullptr; // null until begun
  };

  /**
   * Passes bytes on up to a limit. The write that would exceed it throws Failure(TooLarge) with the
   * given message, and nothing of it is passed on. Not thread-safe.
   **/
  class LimitingSink final : public IByteSink
  {
  public:
    // The target must outlive the sink; without a limit, everything passes
    LimitingSink(IByteSink& target,
                 std::optional<std::uint64_t> limitBytes,
                 const std::string& message);

    void Write(const void* data, std::size_t sizeBytes) override;

  private:
    IByteSink& target_;
    std::optional<std::uint64_t> limitBytes_;
    std::string message_;
    std::uint64_t writtenBytes_ = 0;
  };
} // namespace OrthancPlugins
