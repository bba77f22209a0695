// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "RestFixture.h"

#include "../../Plugin/Core/Metrics/ExpositionText.h"
#include "../../Plugin/Rest/RequestMeter.h"

#include <string>

namespace OrthancPlugins
{
  namespace
  {
    void ExpectLine(const PluginMetrics& metrics, const std::string& line)
    {
      const std::string text = FormatExposition(metrics.Collect(), ExpositionFormat::PlainText, 0);
      EXPECT_NE(std::string::npos, text.find("\n" + line + "\n")) << line;
    }
  } // namespace

  TEST(RequestMeter, TemplatesOfRoutes)
  {
    EXPECT_EQ("/jobs", MakeRouteTemplate("/jobs"));
    EXPECT_EQ("/jobs/{id}", MakeRouteTemplate("/jobs/([^/]+)"));
    EXPECT_EQ("/jobs/{id}/{verb}", MakeRouteTemplate("/jobs/([^/]+)/(cancel|pause)"));
    EXPECT_EQ("/jobs/{id}/archive", MakeRouteTemplate("/jobs/([^/]+)/(archive)"));
    EXPECT_EQ("/app/{path}", MakeRouteTemplate("/app/(.*)"));
    EXPECT_EQ("/jobs/{id}/{name}", MakeRouteTemplate("/jobs/([^/]+)/([^/]+)"));
  }

  TEST(RequestMeter, CountsWhatWasSent)
  {
    PluginMetrics metrics;
    ManualClock clock;
    RecordingAnswer answer;
    {
      RequestMeter meter(metrics, clock, "/a", HttpMethod::Put, answer);
      clock.Advance(20'000);
      meter.GetAnswer().SetHeader("X", "Y");
      meter.GetAnswer().SendBuffer("12345", "text/plain");
    }

    EXPECT_EQ("12345", answer.body);
    EXPECT_EQ("Y", answer.headers["X"]);
    ExpectLine(metrics, "orthanc_http_requests_total{code=\"2xx\",method=\"PUT\",route=\"/a\"} 1");
    ExpectLine(metrics, "orthanc_http_response_bytes_total{route=\"/a\"} 5");
    ExpectLine(metrics, "orthanc_http_request_duration_seconds_sum{route=\"/a\"} 0.02");
    ExpectLine(metrics, "orthanc_http_requests_in_flight 0");
  }

  TEST(RequestMeter, StreamsCountOnceTheyHaveEnded)
  {
    PluginMetrics metrics;
    ManualClock clock;
    {
      RecordingAnswer answer;
      RequestMeter meter(metrics, clock, "/a", HttpMethod::Get, answer);
      IByteSink& sink =
        meter.GetAnswer().BeginStream("application/zip", std::nullopt, StreamFraming::Chunked);
      sink.Write("1234", 4);
      meter.GetAnswer().FlushStream();
      meter.GetAnswer().EndStream();
      EXPECT_EQ("1234", answer.body);
    }
    {
      RecordingAnswer answer;
      RequestMeter meter(metrics, clock, "/a", HttpMethod::Get, answer);
      meter.GetAnswer()
        .BeginStream("application/zip", std::nullopt, StreamFraming::Plain)
        .Write("12", 2);
      meter.NoteFailure(FailureKind::SourceMissing);
    }

    ExpectLine(metrics, "orthanc_http_requests_total{code=\"2xx\",method=\"GET\",route=\"/a\"} 1");
    ExpectLine(metrics, "orthanc_http_requests_total{code=\"5xx\",method=\"GET\",route=\"/a\"} 1");
    ExpectLine(metrics, "orthanc_http_response_bytes_total{route=\"/a\"} 6");
  }

  TEST(RequestMeter, StatusOfFailuresAndOtherAnswers)
  {
    PluginMetrics metrics;
    ManualClock clock;
    const auto count = [&](const std::function<void(RequestMeter&)>& body)
    {
      RecordingAnswer answer;
      RequestMeter meter(metrics, clock, "/a", HttpMethod::Get, answer);
      body(meter);
    };

    count([](RequestMeter& meter) { meter.NoteFailure(FailureKind::NotFound); });
    count([](RequestMeter& meter) { meter.NoteFailure(FailureKind::ClientGone); });
    count([](RequestMeter& meter) { meter.GetAnswer().SendNotAllowed("PUT"); });
    count([](RequestMeter& meter) { meter.GetAnswer().SendEmptyStatus(304); });
    count([](RequestMeter& meter) { meter.NoteFailure(FailureKind::Unavailable); });
    count([](RequestMeter&) {}); // something else was thrown

    ExpectLine(metrics, "orthanc_http_requests_total{code=\"4xx\",method=\"GET\",route=\"/a\"} 3");
    ExpectLine(metrics, "orthanc_http_requests_total{code=\"3xx\",method=\"GET\",route=\"/a\"} 1");
    ExpectLine(metrics, "orthanc_http_requests_total{code=\"5xx\",method=\"GET\",route=\"/a\"} 2");
  }
} // namespace OrthancPlugins
