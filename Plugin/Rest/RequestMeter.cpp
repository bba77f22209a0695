// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "RequestMeter.h"

#include <cstddef>

namespace OrthancPlugins
{
  namespace
  {
    constexpr double MICROSECONDS_PER_SECOND = 1e6;

    const char* GetName(HttpMethod method)
    {
      switch (method)
      {
      case HttpMethod::Get:
        return "GET";
      case HttpMethod::Post:
        return "POST";
      case HttpMethod::Put:
        return "PUT";
      case HttpMethod::Delete:
        break;
      }
      return "DELETE";
    }

    // The statuses beside FailureKind. Who leaves is not our error: nginx's 499 for it
    unsigned GetStatus(FailureKind kind)
    {
      switch (kind)
      {
      case FailureKind::BadRequest:
      case FailureKind::BadFormat:
      case FailureKind::BadType:
      case FailureKind::OutOfRange:
        return 400;
      case FailureKind::NotFound:
      case FailureKind::UnknownResource:
        return 404;
      case FailureKind::NotAllowed:
        return 405;
      case FailureKind::Conflict:
        return 409;
      case FailureKind::TooLarge:
        return 413;
      case FailureKind::RangeInvalid:
        return 416;
      case FailureKind::ClientGone:
        return 499;
      case FailureKind::NotImplemented:
        return 501;
      case FailureKind::Unavailable:
        return 503;
      case FailureKind::Canceled:
      case FailureKind::CannotWrite:
      case FailureKind::StorageFull:
      case FailureKind::SourceMissing:
      case FailureKind::NotTranscodable:
      case FailureKind::Internal:
        break;
      }
      return 500;
    }

    // What stands for a group of the expression
    std::string NameGroup(const std::string& group, std::size_t number)
    {
      if (group.find('[') != std::string::npos)
      {
        return number == 0 ? "{id}" : "{name}";
      }
      if (group == ".*")
      {
        return "{path}";
      }
      return group.find('|') == std::string::npos ? group : "{verb}";
    }
  } // namespace

  RequestMeter::RequestMeter(PluginMetrics& metrics,
                             IClock& clock,
                             const std::string& route,
                             HttpMethod method,
                             IHttpAnswer& answer)
    : metrics_(metrics),
      clock_(clock),
      route_(route),
      method_(method),
      beginMicroseconds_(clock.GetNowMicroseconds()),
      answer_(answer)
  {
    metrics_.RequestBegun();
  }

  RequestMeter::~RequestMeter()
  {
    AnsweredRequest request;
    request.route = route_;
    request.method = GetName(method_);
    request.status = answer_.status;
    request.responseBytes = answer_.answeredBytes;
    request.durationSeconds =
      static_cast<double>(clock_.GetNowMicroseconds() - beginMicroseconds_) /
      MICROSECONDS_PER_SECOND;
    metrics_.RequestEnded(request);
  }

  void RequestMeter::NoteFailure(FailureKind kind)
  {
    answer_.status = GetStatus(kind);
  }

  std::string MakeRouteTemplate(const std::string& expression)
  {
    std::string text;
    std::size_t groups = 0;
    for (std::size_t i = 0; i < expression.size(); i++)
    {
      const std::size_t end = expression[i] == '(' ? expression.find(')', i) : std::string::npos;
      if (end == std::string::npos)
      {
        text += expression[i];
        continue;
      }
      text += NameGroup(expression.substr(i + 1, end - i - 1), groups++);
      i = end;
    }
    return text;
  }

  // ---- The answer

  void RequestMeter::Answer::Note(unsigned newStatus, std::uint64_t moreBytes)
  {
    status = newStatus;
    answeredBytes += moreBytes;
  }

  void RequestMeter::Answer::SendBuffer(std::string_view body, const std::string& mime)
  {
    ForwardingAnswer::SendBuffer(body, mime);
    Note(200, body.size());
  }

  void RequestMeter::Answer::SendJson(const std::string& json)
  {
    ForwardingAnswer::SendJson(json);
    Note(200, json.size());
  }

  void RequestMeter::Answer::SendEmptyStatus(unsigned newStatus)
  {
    ForwardingAnswer::SendEmptyStatus(newStatus);
    Note(newStatus, 0);
  }

  void RequestMeter::Answer::SendNotAllowed(const std::string& allowed)
  {
    ForwardingAnswer::SendNotAllowed(allowed);
    Note(405, 0);
  }

  void RequestMeter::Answer::SendFile(const unsigned char* data,
                                      std::uint64_t fileBytes,
                                      const std::string& mime)
  {
    ForwardingAnswer::SendFile(data, fileBytes, mime);
    Note(200, fileBytes);
  }

  void RequestMeter::Answer::SendPartial(const unsigned char* data,
                                         std::uint64_t partBytes,
                                         std::uint64_t offset,
                                         std::uint64_t totalBytes)
  {
    ForwardingAnswer::SendPartial(data, partBytes, offset, totalBytes);
    Note(206, partBytes);
  }

  IByteSink& RequestMeter::Answer::BeginStream(const std::string& mime,
                                               std::optional<std::uint64_t> lengthBytes,
                                               StreamFraming framing)
  {
    sink_.target = &ForwardingAnswer::BeginStream(mime, lengthBytes, framing);
    return sink_;
  }

  void RequestMeter::Answer::EndStream()
  {
    // Not before: a stream that does not get here is broken
    ForwardingAnswer::EndStream();
    Note(200, 0);
  }

  void RequestMeter::Answer::Sink::Write(const void* data, std::size_t sizeBytes)
  {
    target->Write(data, sizeBytes);
    answer_.answeredBytes += sizeBytes;
  }
} // namespace OrthancPlugins
