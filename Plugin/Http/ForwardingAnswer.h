// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "IHttpAnswer.h"

namespace OrthancPlugins
{
  // Hands everything on: for who changes or watches a part of it. Used by one thread
  class ForwardingAnswer : public IHttpAnswer
  {
  public:
    // The target must outlive this one
    explicit ForwardingAnswer(IHttpAnswer& target)
      : target_(target)
    {
    }

    void SetHeader(const std::string& name, const std::string& value) override
    {
      target_.SetHeader(name, value);
    }

    void SendBuffer(std::string_view body, const std::string& mime) override
    {
      target_.SendBuffer(body, mime);
    }

    void SendJson(const std::string& json) override { target_.SendJson(json); }

    void SendEmptyStatus(unsigned status) override { target_.SendEmptyStatus(status); }

    void SendNotAllowed(const std::string& allowed) override { target_.SendNotAllowed(allowed); }

    void
    SendFile(const unsigned char* data, std::uint64_t sizeBytes, const std::string& mime) override
    {
      target_.SendFile(data, sizeBytes, mime);
    }

    void SendPartial(const unsigned char* data,
                     std::uint64_t sizeBytes,
                     std::uint64_t offset,
                     std::uint64_t totalBytes) override
    {
      target_.SendPartial(data, sizeBytes, offset, totalBytes);
    }

    std::uint64_t GetMaxPartialBytes() const override { return target_.GetMaxPartialBytes(); }

    std::optional<std::uint64_t> GetMaxFileBytes() const override
    {
      return target_.GetMaxFileBytes();
    }

    bool CanStream() const override { return target_.CanStream(); }

    IByteSink& BeginStream(const std::string& mime,
                           std::optional<std::uint64_t> lengthBytes,
                           StreamFraming framing) override
    {
      return target_.BeginStream(mime, lengthBytes, framing);
    }

    void FlushStream() override { target_.FlushStream(); }

    void EndStream() override { target_.EndStream(); }

  private:
    IHttpAnswer& target_;
  };
} // namespace OrthancPlugins
