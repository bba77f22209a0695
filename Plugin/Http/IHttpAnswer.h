// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "../Core/IByteSink.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace OrthancPlugins
{
  enum class StreamFraming
  {
    Plain,  // the end is the end of the connection, or of the announced length
    Chunked // RFC 9112 7.1: a cut transfer is an error for the client
  };

  /**
   * The answer to one request. Exactly one of the Send functions or one BeginStream/EndStream pair.
   * An error is thrown as Failure, before anything was sent. Used by one thread.
   **/
  class IHttpAnswer
  {
  public:
    virtual ~IHttpAnswer() = default;

    // Headers go out with the Send or BeginStream that follows; never after an error answer
    virtual void SetHeader(const std::string& name, const std::string& value) = 0;

    // Status 200
    virtual void SendBuffer(std::string_view body, const std::string& mime) = 0;

    // Status 200 with the JSON look of the host: "application/json; charset=utf-8"
    virtual void SendJson(const std::string& json) = 0;

    // Any status with an empty body. Hosts add "Content-Length: 0", to a 304 too: caches do not take that
    // for the length of what they keep (RFC 9111 3.2)
    virtual void SendEmptyStatus(unsigned status) = 0;

    // 405 with the Allow header, "GET,POST" in the host's order GET, POST, PUT, DELETE
    virtual void SendNotAllowed(const std::string& allowed) = 0;

    // Status 200, memory that outlives the call (a mapped file). Never compressed by the host.
    // Throws Failure(TooLarge) above GetMaxFileBytes()
    virtual void
    SendFile(const unsigned char* data, std::uint64_t sizeBytes, const std::string& mime) = 0;

    // Status 206 with bytes [offset, offset + size) of a representation of "totalBytes" bytes, memory that
    // outlives the call; sets Content-Range (RFC 9110 14.4). No Content-Type: some hosts add one
    // themselves. Throws Failure(TooLarge) above GetMaxPartialBytes()
    virtual void SendPartial(const unsigned char* data,
                             std::uint64_t sizeBytes,
                             std::uint64_t offset,
                             std::uint64_t totalBytes) = 0;

    virtual std::uint64_t GetMaxPartialBytes() const = 0;

    // The most that SendFile can deliver on this host; absent: no limit
    virtual std::optional<std::uint64_t> GetMaxFileBytes() const = 0;

    // Whether BeginStream sends while the bytes are made. If not, an archive is made as a temporary
    // file first and sent by SendFile
    virtual bool CanStream() const = 0;

    // Status 200; last point where a failure becomes an error answer. With a length, exactly that many
    // bytes must follow and the framing is Plain. The sink belongs to the answer; its Write throws
    // Failure(ClientGone) once the client has left
    virtual IByteSink& BeginStream(const std::string& mime,
                                   std::optional<std::uint64_t> lengthBytes,
                                   StreamFraming framing) = 0;

    // Between two writes of a stream: what was written so far leaves now, however little it is
    virtual void FlushStream() = 0;

    // Not called after a failure: the client must see a broken transfer
    virtual void EndStream() = 0;
  };
} // namespace OrthancPlugins
