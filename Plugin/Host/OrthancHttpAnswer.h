// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "SdkFeatures.h"

#include "../Core/HostVersion.h"
#include "../Http/IHttpAnswer.h"

#include <string>
#include <utility>
#include <vector>

namespace OrthancPlugins
{
  // Whether the host, and the SDK that we are built with, let a plugin stream an answer
  bool CanHostStream(const HostVersion& version);

  /**
   * The answer to one request of the host. Headers are kept here until the last moment: what the host
   * has been told once would also go out with an error answer.
   * The output must be alive as long as something is sent, that is until the REST callback returns.
   **/
  class OrthancHttpAnswer final : public IHttpAnswer
  {
  public:
    OrthancHttpAnswer(OrthancPluginContext* context,
                      OrthancPluginRestOutput* output,
                      const HostVersion& version);

    // Throws Failure(Internal) for a name or a value that would end the header (CR, LF, NUL)
    void SetHeader(const std::string& name, const std::string& value) override;
    void SendBuffer(std::string_view body, const std::string& mime) override;
    void SendJson(const std::string& json) override;
    void SendEmptyStatus(unsigned status) override;
    void SendNotAllowed(const std::string& allowed) override;
    void
    SendFile(const unsigned char* data, std::uint64_t sizeBytes, const std::string& mime) override;
    void SendPartial(const unsigned char* data,
                     std::uint64_t sizeBytes,
                     std::uint64_t offset,
                     std::uint64_t totalBytes) override;
    std::uint64_t GetMaxPartialBytes() const override;
    std::optional<std::uint64_t> GetMaxFileBytes() const override;
    bool CanStream() const override;
    IByteSink& BeginStream(const std::string& mime,
                           std::optional<std::uint64_t> lengthBytes,
                           StreamFraming framing) override;
    void FlushStream() override;
    void EndStream() override;

  private:
    // Collects small writes, frames them where asked for, and sends blocks of at most 1 MiB: the host
    // gives each block its own timeout, and has 32 bits for its size
    class StreamSink final : public IByteSink
    {
    public:
      explicit StreamSink(OrthancHttpAnswer& answer)
        : answer_(answer)
      {
      }

      void Begin(std::optional<std::uint64_t> lengthBytes, StreamFraming framing);
      void Write(const void* data, std::size_t sizeBytes) override;
      void Flush();
      void End();

    private:
      void Flush(const char* trailer);
      void Send(const void* data, std::size_t sizeBytes);

      OrthancHttpAnswer& answer_;
      std::optional<std::uint64_t> lengthBytes_;
      StreamFraming framing_ = StreamFraming::Plain;
      bool isOpen_ = false;
      std::uint64_t bytesWritten_ = 0;
      std::size_t thresholdBytes_ = 0;
      std::vector<char> block_; // room for the frame's head, then the bytes that wait
    };

    void Start();
    void SendStatus(unsigned status, const unsigned char* data, std::uint64_t sizeBytes);
    void FlushHeaders();
    void Invoke(_OrthancPluginService service, const void* parameters) const;

    OrthancPluginContext* context_;
    OrthancPluginRestOutput* output_;
    HostVersion version_;
    bool isStarted_ = false;
    std::vector<std::pair<std::string, std::string>> headers_;
    StreamSink sink_;
  };
} // namespace OrthancPlugins
