// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "../../Plugin/Core/Failure.h"
#include "../../Plugin/Http/IHttpAnswer.h"
#include "../../Plugin/Http/RangeRequest.h"

#include <functional>
#include <map>
#include <stdexcept>

namespace OrthancPlugins
{
  /**
   * Keeps what a client would see. A wrong order of calls is a logic_error.
   **/
  class RecordingAnswer final : public IHttpAnswer
  {
  public:
    enum class Kind
    {
      None,
      Buffer,
      Json,
      EmptyStatus,
      NotAllowed,
      File,
      Partial,
      Stream
    };

    // How this client and its host behave
    bool canStream = true;
    std::optional<std::uint64_t> maxFileBytes;
    std::uint64_t maxPartialBytes = 0x7FFFFFFF;
    std::optional<std::uint64_t> leavesAfterBytes; // of a stream
    std::function<void()> onWrite;                 // before each write into a stream

    // What was answered
    Kind kind = Kind::None;
    unsigned status = 0;
    std::map<std::string, std::string> headers;
    std::string mime;
    std::string body;
    std::string allowed;
    std::optional<std::uint64_t> lengthBytes;
    StreamFraming framing = StreamFraming::Plain;
    std::size_t flushedBytes = 0; // of a stream: what the client has for sure
    bool hasEnded = false;        // false: the client sees a broken transfer

    void SetHeader(const std::string& name, const std::string& value) override
    {
      if (kind != Kind::None)
      {
        throw std::logic_error("A header after the answer has begun");
      }
      headers[name] = value;
    }

    void SendBuffer(std::string_view content, const std::string& contentMime) override
    {
      Answer(Kind::Buffer, 200, content, contentMime);
    }

    void SendJson(const std::string& json) override
    {
      Answer(Kind::Json, 200, json, "application/json; charset=utf-8");
    }

    void SendEmptyStatus(unsigned value) override { Answer(Kind::EmptyStatus, value, "", ""); }

    void SendNotAllowed(const std::string& methods) override
    {
      Answer(Kind::NotAllowed, 405, "", "");
      allowed = methods;
    }

    void SendFile(const unsigned char* data,
                  std::uint64_t sizeBytes,
                  const std::string& contentMime) override
    {
      if (maxFileBytes.has_value() && sizeBytes > *maxFileBytes)
      {
        throw Failure(FailureKind::TooLarge, "The host refuses the file");
      }
      Answer(
        Kind::File, 200,
        std::string_view(reinterpret_cast<const char*>(data), static_cast<std::size_t>(sizeBytes)),
        contentMime);
    }

    std::optional<std::uint64_t> GetMaxFileBytes() const override { return maxFileBytes; }

    void SendPartial(const unsigned char* data,
                     std::uint64_t sizeBytes,
                     std::uint64_t offset,
                     std::uint64_t totalBytes) override
    {
      if (sizeBytes > maxPartialBytes)
      {
        throw Failure(FailureKind::TooLarge, "The host refuses the part");
      }
      SetHeader("Content-Range", FormatContentRange({offset, sizeBytes}, totalBytes));
      Answer(
        Kind::Partial, 206,
        std::string_view(reinterpret_cast<const char*>(data), static_cast<std::size_t>(sizeBytes)),
        "");
    }

    std::uint64_t GetMaxPartialBytes() const override { return maxPartialBytes; }

    bool CanStream() const override { return canStream; }

    IByteSink& BeginStream(const std::string& contentMime,
                           std::optional<std::uint64_t> length,
                           StreamFraming contentFraming) override
    {
      if (!canStream)
      {
        throw std::logic_error("This host cannot stream");
      }
      Answer(Kind::Stream, 200, "", contentMime);
      hasEnded = false;
      lengthBytes = length;
      framing = contentFraming;
      return sink_;
    }

    void FlushStream() override
    {
      if (kind != Kind::Stream || hasEnded)
      {
        throw std::logic_error("There is no stream to flush");
      }
      flushedBytes = body.size();
    }

    void EndStream() override
    {
      if (kind != Kind::Stream || hasEnded)
      {
        throw std::logic_error("There is no stream to end");
      }
      if (lengthBytes.has_value() && *lengthBytes != body.size())
      {
        throw std::logic_error("The stream has not the length that was announced");
      }
      hasEnded = true;
    }

  private:
    class Sink final : public IByteSink
    {
    public:
      explicit Sink(RecordingAnswer& answer)
        : answer_(answer)
      {
      }

      void Write(const void* data, std::size_t sizeBytes) override
      {
        if (answer_.onWrite)
        {
          answer_.onWrite();
        }
        answer_.body.append(static_cast<const char*>(data), sizeBytes);
        if (answer_.leavesAfterBytes.has_value() && answer_.body.size() > *answer_.leavesAfterBytes)
        {
          throw Failure(FailureKind::ClientGone, "The client has left");
        }
      }

    private:
      RecordingAnswer& answer_;
    };

    void Answer(Kind answerKind,
                unsigned answerStatus,
                std::string_view content,
                const std::string& contentMime)
    {
      if (kind != Kind::None)
      {
        throw std::logic_error("A second answer");
      }
      kind = answerKind;
      status = answerStatus;
      body = content;
      mime = contentMime;
      hasEnded = true;
    }

    Sink sink_{*this};
  };
} // namespace OrthancPlugins
