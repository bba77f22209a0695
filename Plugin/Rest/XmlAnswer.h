// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "../Http/ForwardingAnswer.h"
#include "../Http/HttpRequest.h"

#include <string>
#include <string_view>

namespace OrthancPlugins
{
  // Whether the host answers this request with XML where it would have answered with JSON: it takes the
  // last part of the Accept header, as separated by semicolons, that is one of the two types alone
  bool IsXmlWanted(const HttpRequest& request);

  // The XML of the host: an element per member, "item" per element of an array, "root" around it. What
  // cannot be in the name of an element becomes "_". Throws Failure(Internal) if it is no JSON
  std::string JsonToXml(std::string_view json);

  /**
   * Turns JSON into XML on its way to the client, and lets everything else pass. The host does this to
   * its own answers only. Used by one thread.
   **/
  class XmlAnswer final : public ForwardingAnswer
  {
  public:
    // The answer must outlive this one
    explicit XmlAnswer(IHttpAnswer& answer);

    void SendBuffer(std::string_view body, const std::string& mime) override;
    void SendJson(const std::string& json) override;
    IByteSink& BeginStream(const std::string& mime,
                           std::optional<std::uint64_t> lengthBytes,
                           StreamFraming framing) override;
    void FlushStream() override;
    void EndStream() override;

  private:
    class TextSink final : public IByteSink
    {
    public:
      void Write(const void* data, std::size_t sizeBytes) override;

      std::string text;
    };

    TextSink json_; // a stream of JSON is converted at its end
    bool isCollecting_ = false;
  };
} // namespace OrthancPlugins
