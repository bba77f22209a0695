// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "../Core/Failure.h"
#include "../Core/IClock.h"
#include "../Core/Metrics/PluginMetrics.h"
#include "../Http/ForwardingAnswer.h"
#include "../Http/HttpRequest.h"

#include <cstdint>
#include <string>

namespace OrthancPlugins
{
  /**
   * Counts one request, from its begin to its end, whatever way it ends: hands the answer on, and looks
   * at what becomes of it. Used by one thread.
   **/
  class RequestMeter
  {
  public:
    // "route" is the template of the URI. All references must outlive the meter
    RequestMeter(PluginMetrics& metrics,
                 IClock& clock,
                 const std::string& route,
                 HttpMethod method,
                 IHttpAnswer& answer);
    ~RequestMeter();
    RequestMeter(const RequestMeter&) = delete;
    RequestMeter& operator=(const RequestMeter&) = delete;

    // To be used instead of the answer
    IHttpAnswer& GetAnswer() { return answer_; }

    // What the host makes of the failure, or the broken transfer, is what the client gets
    void NoteFailure(FailureKind kind);

  private:
    class Answer final : public ForwardingAnswer
    {
    public:
      explicit Answer(IHttpAnswer& target)
        : ForwardingAnswer(target),
          sink_(*this)
      {
      }

      void SendBuffer(std::string_view body, const std::string& mime) override;
      void SendJson(const std::string& json) override;
      void SendEmptyStatus(unsigned status) override;
      void SendNotAllowed(const std::string& allowed) override;
      void SendFile(const unsigned char* data,
                    std::uint64_t sizeBytes,
                    const std::string& mime) override;
      void SendPartial(const unsigned char* data,
                       std::uint64_t sizeBytes,
                       std::uint64_t offset,
                       std::uint64_t totalBytes) override;
      IByteSink& BeginStream(const std::string& mime,
                             std::optional<std::uint64_t> lengthBytes,
                             StreamFraming framing) override;
      void EndStream() override;

      unsigned status = 500; // until something was sent
      std::uint64_t answeredBytes = 0;

    private:
      class Sink final : public IByteSink
      {
      public:
        explicit Sink(Answer& answer)
          : answer_(answer)
        {
        }

        void Write(const void* data, std::size_t sizeBytes) override;

        IByteSink* target = nullptr;

      private:
        Answer& answer_;
      };

      void Note(unsigned newStatus, std::uint64_t moreBytes);

      Sink sink_;
    };

    PluginMetrics& metrics_;
    IClock& clock_;
    const std::string route_;
    const HttpMethod method_;
    const std::int64_t beginMicroseconds_;
    Answer answer_;
  };

  // "/jobs/([^/]+)/(archive)" -> "/jobs/{id}/archive": the regular expression of a route for people
  std::string MakeRouteTemplate(const std::string& expression);
} // namespace OrthancPlugins
