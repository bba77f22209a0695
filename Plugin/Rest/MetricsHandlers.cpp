// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "MetricsHandlers.h"

#include "HostCompression.h"
#include "HostJobs.h"

#include "../Core/EmbeddedFiles.h"
#include "../Core/Failure.h"
#include "../Core/Zip/Gzip.h"
#include "../Http/AcceptHeader.h"

#include <json/value.h>
#include <json/writer.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>

namespace OrthancPlugins
{
  namespace
  {
    constexpr const char* SWITCH_URI = "/tools/metrics";
    constexpr const char* SWITCHED_OFF = "The metrics of Orthanc are switched off: set "
                                         "\"MetricsEnabled\" to true in its configuration, "
                                         "or PUT 1 to /tools/metrics";

    constexpr std::int64_t USUAL_WAIT_MILLISECONDS = 5000;
    constexpr double MAX_WAIT_SECONDS = 60;

    // Of the time that a scraper allows, what is left for the way back
    constexpr double WAIT_SHARE = 0.8;

    // What the first answer after a pause may wait for
    std::int64_t GetWaitMilliseconds(const HttpRequest& request)
    {
      const std::string text =
        request.FindHeader("x-prometheus-scrape-timeout-seconds").value_or("");
      double seconds = 0;
      const char* const last = text.data() + text.size();
      const auto [end, error] =
        std::from_chars(text.data(), last, seconds, std::chars_format::fixed);
      // Not a number compares as false
      if (error != std::errc() || end != last || !(seconds > 0))
      {
        return USUAL_WAIT_MILLISECONDS;
      }
      return static_cast<std::int64_t>(std::min(seconds, MAX_WAIT_SECONDS) * WAIT_SHARE * 1000);
    }

    // Others may have switched it on without us
    bool IsEnabled(const Services& services)
    {
      if (services.exporter.IsEnabled())
      {
        return true;
      }
      const HostAnswer host = services.host.Call(HttpMethod::Get, SWITCH_URI, "");
      const bool isEnabled = IsSuccess(host) && host.body.substr(0, 1) == "1";
      if (isEnabled)
      {
        services.exporter.NoteSwitch(true);
      }
      return isEnabled;
    }

    void SendText(const Services& services,
                  const HttpRequest& request,
                  const std::string& text,
                  const char* mime,
                  IHttpAnswer& answer)
    {
      answer.SetHeader("Vary", "Accept, Accept-Encoding");
      if (!IsHostCompressing(services.settings.host, services.version) &&
          AcceptsGzip(request.FindHeader("accept-encoding").value_or("")))
      {
        const std::string compressed = CompressGzip(text);
        answer.SetHeader("Content-Encoding", "gzip");
        answer.SendBuffer(compressed, mime);
        return;
      }
      answer.SendBuffer(text, mime);
    }

    std::optional<ExpositionFormat> ToFormat(const AcceptedItem& item)
    {
      const auto version = item.parameters.find("version");
      const bool hasVersion = version != item.parameters.end();
      if (item.name == "application/openmetrics-text" &&
          (!hasVersion || version->second == "1.0.0"))
      {
        return ExpositionFormat::OpenMetrics;
      }
      if (item.name == "text/plain" && hasVersion && version->second == "0.0.4")
      {
        return ExpositionFormat::PlainText;
      }
      return std::nullopt;
    }

    const char* GetMonitoringMime(const std::string& name)
    {
      const bool isJson = name.size() > 5 && name.substr(name.size() - 5) == ".json";
      return isJson ? "application/json; charset=utf-8" : "text/plain; charset=utf-8";
    }
  } // namespace

  ExpositionFormat ChooseExposition(std::string_view accept)
  {
    ExpositionFormat chosen = ExpositionFormat::HostLines;
    double weight = 0;
    for (const AcceptedItem& item : ParseAccept(accept))
    {
      const std::optional<ExpositionFormat> format = ToFormat(item);
      const bool isBetter = item.weight > weight || (item.weight == weight && weight > 0 &&
                                                     format == ExpositionFormat::OpenMetrics);
      if (format.has_value() && isBetter)
      {
        chosen = *format;
        weight = item.weight;
      }
    }
    return chosen;
  }

  void GetMetrics(const Services& services, const HttpRequest& request, IHttpAnswer& answer)
  {
    const ExpositionFormat format = ChooseExposition(request.FindHeader("accept").value_or(""));
    if (!IsEnabled(services))
    {
      if (!services.settings.metrics.isEmptyWhenDisabled)
      {
        throw Failure(FailureKind::Unavailable, SWITCHED_OFF);
      }
      SendText(services, request, "", GetExpositionMime(ExpositionFormat::HostLines), answer);
      return;
    }

    services.metrics.ScrapeAnswered();
    const std::string text =
      FormatExposition(services.exporter.Collect(GetWaitMilliseconds(request)), format,
                       services.clock.GetNowMicroseconds() / 1000);
    SendText(services, request, text, GetExpositionMime(format), answer);
  }

  void GetMetricsSwitch(const Services& services, const HttpRequest&, IHttpAnswer& answer)
  {
    Forward(services.host.Call(HttpMethod::Get, SWITCH_URI, ""), "text/plain", answer);
  }

  void PutMetricsSwitch(const Services& services, const HttpRequest& request, IHttpAnswer& answer)
  {
    const HostAnswer host =
      services.host.Call(HttpMethod::Put, SWITCH_URI, std::string(request.body));
    if (IsSuccess(host))
    {
      // What the body meant is for the host to say
      const HostAnswer state = services.host.Call(HttpMethod::Get, SWITCH_URI, "");
      services.exporter.NoteSwitch(IsSuccess(state) && state.body.substr(0, 1) == "1");
    }
    Forward(host, "text/plain", answer);
  }

  void ListMonitoring(const Services&, const HttpRequest&, IHttpAnswer& answer)
  {
    Json::Value names(Json::arrayValue);
    for (const EmbeddedFile& file : GetMonitoringFiles())
    {
      names.append(std::string(file.name));
    }
    answer.SendJson(Json::writeString(Json::StreamWriterBuilder(), names));
  }

  void GetMonitoring(const Services&, const HttpRequest& request, IHttpAnswer& answer)
  {
    const std::string& name = request.groups.at(0);
    for (const EmbeddedFile& file : GetMonitoringFiles())
    {
      if (file.name == name)
      {
        answer.SendBuffer(file.content, GetMonitoringMime(name));
        return;
      }
    }
    throw Failure(FailureKind::NotFound,
                  "There is no such file; /advanced-rest/monitoring lists them");
  }
} // namespace OrthancPlugins
