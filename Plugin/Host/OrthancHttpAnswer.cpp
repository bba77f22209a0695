// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "OrthancHttpAnswer.h"

#include "../Core/Failure.h"
#include "../Http/RangeRequest.h"

#include <algorithm>
#include <charconv>
#include <limits>

namespace OrthancPlugins
{
  namespace
  {
    constexpr std::size_t BLOCK_BYTES = 1u << 20;

    // The first blocks are small so that the client sees something at once, then they double
    constexpr std::size_t FIRST_BLOCK_BYTES = 4096;

    // RFC 9112 7.1: chunk-size and CRLF before the data. Six digits are enough for a block
    constexpr std::size_t HEAD_BYTES = 8;

    const char* const CHUNK_TRAILER = "\r\n";
    const char* const LAST_CHUNK = "0\r\n\r\n";

    bool EndsHeader(const std::string& text)
    {
      return text.find_first_of(std::string("\r\n\0", 3)) != std::string::npos;
    }

    Failure MakeTooLarge(std::uint64_t sizeBytes)
    {
      return Failure(FailureKind::TooLarge, "This version of Orthanc cannot send " +
                                              std::to_string(sizeBytes) + " bytes in one answer");
    }
  } // namespace

  OrthancHttpAnswer::OrthancHttpAnswer(OrthancPluginContext* context,
                                       OrthancPluginRestOutput* output,
                                       const HostVersion& version)
    : context_(context),
      output_(output),
      version_(version),
      sink_(*this)
  {
  }

  void OrthancHttpAnswer::SetHeader(const std::string& name, const std::string& value)
  {
    if (EndsHeader(name) || EndsHeader(value))
    {
      // The host writes headers as they are
      throw Failure(FailureKind::Internal, "A header would be split");
    }
    headers_.emplace_back(name, value);
  }

  void OrthancHttpAnswer::SendBuffer(std::string_view body, const std::string& mime)
  {
    if (body.size() > std::numeric_limits<std::uint32_t>::max())
    {
      throw Failure(FailureKind::TooLarge, "The answer is too large for one buffer");
    }
    Start();
    FlushHeaders();
    _OrthancPluginAnswerBuffer parameters = {};
    parameters.output = output_;
    parameters.answer = body.data();
    parameters.answerSize = static_cast<std::uint32_t>(body.size());
    parameters.mimeType = mime.c_str();
    Invoke(_OrthancPluginService_AnswerBuffer, &parameters);
  }

  void OrthancHttpAnswer::SendJson(const std::string& json)
  {
    SendBuffer(json, "application/json; charset=utf-8");
  }

  void OrthancHttpAnswer::SendEmptyStatus(unsigned status)
  {
    Start();
    FlushHeaders();
    _OrthancPluginSendHttpStatusCode parameters = {};
    parameters.output = output_;
    parameters.status = static_cast<std::uint16_t>(status);
    Invoke(_OrthancPluginService_SendHttpStatusCode, &parameters);
  }

  void OrthancHttpAnswer::SendNotAllowed(const std::string& allowed)
  {
    Start();
    _OrthancPluginOutputPlusArgument parameters = {};
    parameters.output = output_;
    parameters.argument = allowed.c_str();
    Invoke(_OrthancPluginService_SendMethodNotAllowed, &parameters);
  }

  void OrthancHttpAnswer::SendFile(const unsigned char* data,
                                   std::uint64_t sizeBytes,
                                   const std::string& mime)
  {
    if (CanStream())
    {
      // Not as one buffer: the host would have to send all of it within one HttpRequestTimeout (30
      // seconds), and 4 GiB would be the end
      IByteSink& sink = BeginStream(mime, sizeBytes, StreamFraming::Plain);
      for (std::uint64_t done = 0; done < sizeBytes;)
      {
        const std::size_t size =
          static_cast<std::size_t>(std::min<std::uint64_t>(sizeBytes - done, BLOCK_BYTES));
        sink.Write(data + done, size);
        done += size;
      }
      EndStream();
      return;
    }

    if (sizeBytes > *GetMaxFileBytes())
    {
      throw MakeTooLarge(sizeBytes);
    }
    if (sizeBytes == 0 || version_.IsAtLeast(1, 12, 0))
    {
      SendBuffer(
        std::string_view(reinterpret_cast<const char*>(data), static_cast<std::size_t>(sizeBytes)),
        mime);
      return;
    }

    // Unlike a buffer, a status is not compressed by a host that has HttpCompressionEnabled, which is
    // the default of 1.10.1. Newer hosts would add a second Content-Type
    SetHeader("Content-Type", mime);
    SendStatus(200, data, sizeBytes);
  }

  void OrthancHttpAnswer::SendPartial(const unsigned char* data,
                                      std::uint64_t sizeBytes,
                                      std::uint64_t offset,
                                      std::uint64_t totalBytes)
  {
    if (sizeBytes == 0 || sizeBytes > totalBytes || offset > totalBytes - sizeBytes)
    {
      throw Failure(FailureKind::Internal, "There is no such part");
    }
    if (sizeBytes > GetMaxPartialBytes())
    {
      throw MakeTooLarge(sizeBytes);
    }
    SetHeader("Content-Range", FormatContentRange({offset, sizeBytes}, totalBytes));
    SendStatus(206, data, sizeBytes);
  }

  std::uint64_t OrthancHttpAnswer::GetMaxPartialBytes() const
  {
    // Before 1.11.3 the host hands the size to its HTTP server as an "int"
    return version_.IsAtLeast(1, 11, 3) ? std::numeric_limits<std::uint32_t>::max()
                                        : std::numeric_limits<std::int32_t>::max();
  }

  std::optional<std::uint64_t> OrthancHttpAnswer::GetMaxFileBytes() const
  {
    if (CanStream())
    {
      return std::nullopt;
    }
    return GetMaxPartialBytes();
  }

  bool CanHostStream(const HostVersion& version)
  {
    return HOST_HAS_STREAM_ANSWER != 0 && version.IsAtLeast(1, 12, 6);
  }

  bool OrthancHttpAnswer::CanStream() const
  {
    return CanHostStream(version_);
  }

  IByteSink& OrthancHttpAnswer::BeginStream([[maybe_unused]] const std::string& mime,
                                            std::optional<std::uint64_t> lengthBytes,
                                            StreamFraming framing)
  {
    if (!CanStream())
    {
      throw Failure(FailureKind::Internal, "This version of Orthanc cannot stream");
    }
    Start();
    sink_.Begin(lengthBytes, framing);
    FlushHeaders();
    if (lengthBytes.has_value())
    {
      OrthancPluginSetHttpHeader(context_, output_, "Content-Length",
                                 std::to_string(*lengthBytes).c_str());
    }
    else if (framing == StreamFraming::Chunked)
    {
      OrthancPluginSetHttpHeader(context_, output_, "Transfer-Encoding", "chunked");
    }
#if HOST_HAS_STREAM_ANSWER
    _OrthancPluginStartStreamAnswer parameters = {};
    parameters.output = output_;
    parameters.contentType = mime.c_str();
    Invoke(_OrthancPluginService_StartStreamAnswer, &parameters);
#endif
    return sink_;
  }

  void OrthancHttpAnswer::FlushStream()
  {
    sink_.Flush();
  }

  void OrthancHttpAnswer::EndStream()
  {
    sink_.End();
  }

  void OrthancHttpAnswer::StreamSink::Begin(std::optional<std::uint64_t> lengthBytes,
                                            StreamFraming framing)
  {
    lengthBytes_ = lengthBytes;
    framing_ = lengthBytes.has_value() ? StreamFraming::Plain : framing;
    thresholdBytes_ = FIRST_BLOCK_BYTES;
    block_.reserve(HEAD_BYTES + BLOCK_BYTES + HEAD_BYTES);
    block_.resize(HEAD_BYTES);
    isOpen_ = true;
  }

  void OrthancHttpAnswer::StreamSink::Write(const void* data, std::size_t sizeBytes)
  {
    if (!isOpen_)
    {
      throw Failure(FailureKind::Internal, "The stream of the answer is closed");
    }
    if (lengthBytes_.has_value() && sizeBytes > *lengthBytes_ - bytesWritten_)
    {
      isOpen_ = false;
      throw Failure(FailureKind::Internal, "The answer is longer than announced");
    }
    bytesWritten_ += sizeBytes;

    const char* next = static_cast<const char*>(data);
    std::size_t remaining = sizeBytes;
    while (remaining > 0)
    {
      const std::size_t waiting = block_.size() - HEAD_BYTES;
      const std::size_t size = std::min(remaining, BLOCK_BYTES - waiting);
      if (framing_ == StreamFraming::Plain && waiting == 0 && size >= thresholdBytes_)
      {
        Send(next, size);
      }
      else
      {
        block_.insert(block_.end(), next, next + size);
        if (waiting + size >= thresholdBytes_)
        {
          Flush("");
        }
      }
      next += size;
      remaining -= size;
    }
  }

  void OrthancHttpAnswer::StreamSink::Flush()
  {
    if (!isOpen_)
    {
      throw Failure(FailureKind::Internal, "The stream of the answer is closed");
    }
    Flush("");
  }

  void OrthancHttpAnswer::StreamSink::End()
  {
    if (!isOpen_)
    {
      throw Failure(FailureKind::Internal, "The stream of the answer is closed");
    }
    if (lengthBytes_.has_value() && bytesWritten_ != *lengthBytes_)
    {
      isOpen_ = false;
      throw Failure(FailureKind::Internal, "The answer is shorter than announced");
    }
    Flush(framing_ == StreamFraming::Chunked ? LAST_CHUNK : "");
    isOpen_ = false;
  }

  // "trailer" follows the waiting bytes and their frame
  void OrthancHttpAnswer::StreamSink::Flush(const char* trailer)
  {
    const std::size_t waiting = block_.size() - HEAD_BYTES;
    std::size_t begin = HEAD_BYTES;
    std::string end = trailer;
    if (framing_ == StreamFraming::Chunked && waiting > 0)
    {
      char digits[HEAD_BYTES];
      char* const last = std::to_chars(digits, digits + sizeof(digits), waiting, 16).ptr;
      const std::string head = std::string(digits, last) + "\r\n";
      begin -= head.size();
      std::copy(head.begin(), head.end(), block_.begin() + static_cast<std::ptrdiff_t>(begin));
      end = CHUNK_TRAILER + end;
    }
    block_.insert(block_.end(), end.begin(), end.end());
    if (block_.size() > begin)
    {
      Send(block_.data() + begin, block_.size() - begin);
    }
    block_.resize(HEAD_BYTES);
  }

  void OrthancHttpAnswer::StreamSink::Send([[maybe_unused]] const void* data,
                                           [[maybe_unused]] std::size_t sizeBytes)
  {
#if HOST_HAS_STREAM_ANSWER
    _OrthancPluginAnswerBuffer parameters = {};
    parameters.output = answer_.output_;
    parameters.answer = data;
    parameters.answerSize = static_cast<std::uint32_t>(sizeBytes);
    // Closed for good if this throws
    isOpen_ = false;
    answer_.Invoke(_OrthancPluginService_SendStreamChunk, &parameters);
    isOpen_ = true;
    thresholdBytes_ = std::min(thresholdBytes_ * 2, BLOCK_BYTES);
#endif
  }

  void OrthancHttpAnswer::Start()
  {
    if (isStarted_)
    {
      throw Failure(FailureKind::Internal, "The request was already answered");
    }
    isStarted_ = true;
  }

  void
  OrthancHttpAnswer::SendStatus(unsigned status, const unsigned char* data, std::uint64_t sizeBytes)
  {
    Start();
    FlushHeaders();
    _OrthancPluginSendHttpStatus parameters = {};
    parameters.output = output_;
    parameters.status = static_cast<std::uint16_t>(status);
    parameters.body = reinterpret_cast<const char*>(data);
    parameters.bodySize = static_cast<std::uint32_t>(sizeBytes);
    Invoke(_OrthancPluginService_SendHttpStatus, &parameters);
  }

  void OrthancHttpAnswer::FlushHeaders()
  {
    for (const auto& [name, value] : headers_)
    {
      OrthancPluginSetHttpHeader(context_, output_, name.c_str(), value.c_str());
    }
  }

  // Most functions of the SDK that answer return nothing, although the service has a code
  void OrthancHttpAnswer::Invoke(_OrthancPluginService service, const void* parameters) const
  {
    const OrthancPluginErrorCode code = context_->InvokeService(context_, service, parameters);
    if (code == OrthancPluginErrorCode_NetworkProtocol)
    {
      throw Failure(FailureKind::ClientGone, "The client has closed the connection");
    }
    if (code != OrthancPluginErrorCode_Success)
    {
      throw Failure(FailureKind::Internal, "Orthanc cannot send the answer: error " +
                                             std::to_string(static_cast<int>(code)));
    }
  }
} // namespace OrthancPlugins
