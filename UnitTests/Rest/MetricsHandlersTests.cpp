// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "JobsFixture.h"

#include "../../Plugin/Rest/MetricsHandlers.h"

#include <string>

namespace OrthancPlugins
{
  namespace
  {
    constexpr const char* PROMETHEUS = "application/openmetrics-text;version=1.0.0,application/"
                                       "openmetrics-text;version=0.0.1;q=0.75,"
                                       "text/plain;version=0.0.4;q=0.5,*/*;q=0.1";

    HttpRequest MakeScrape(const std::string& accept)
    {
      HttpRequest request = MakeGet({});
      request.headers["accept"] = accept;
      return request;
    }

    void Prepare(RestFixture& fixture)
    {
      fixture.hostMetrics.text = "orthanc_rest_api_duration_ms 5 1700000000000\nforeign 1 1700\n";
      fixture.hostMetrics.statistics.instances = 12;
      fixture.exporter.Start();
    }

    bool HasLine(const std::string& text, const std::string& line)
    {
      return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
    }
  } // namespace

  TEST(MetricsHandlers, FormatByAccept)
  {
    EXPECT_EQ(ExpositionFormat::OpenMetrics, ChooseExposition(PROMETHEUS));
    EXPECT_EQ(ExpositionFormat::OpenMetrics, ChooseExposition("application/openmetrics-text"));
    EXPECT_EQ(
      ExpositionFormat::OpenMetrics,
      ChooseExposition("text/plain;version=0.0.4, application/openmetrics-text; version=1.0.0"));
    EXPECT_EQ(
      ExpositionFormat::OpenMetrics,
      ChooseExposition("application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,"
                       "text/plain;version=0.0.4;q=0.3,*/*;q=0.1"));
    for (const char* text :
         {"text/plain;version=0.0.4", "Text/Plain; Version=\"0.0.4\"",
          "application/openmetrics-text;q=0.4, text/plain;version=0.0.4;q=0.5",
          "application/openmetrics-text;q=0, text/plain;version=0.0.4;q=0.1",
          "application/openmetrics-text;version=0.0.1,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"})
    {
      EXPECT_EQ(ExpositionFormat::PlainText, ChooseExposition(text)) << text;
    }
    for (const char* text :
         {"", "*/*", "text/plain", "application/json, text/plain, */*", "text/plain;version=1.0.0",
          "text/html,application/xml;q=0.9,*/*;q=0.8", "text/plain;version=0.0.4;q=0",
          "application/openmetrics-text;version=2.0.0", ",;,"})
    {
      EXPECT_EQ(ExpositionFormat::HostLines, ChooseExposition(text)) << text;
    }
  }

  TEST(MetricsHandlers, AnswersInEachFormat)
  {
    for (const HostVersion& version : VERSIONS)
    {
      RestFixture fixture(version);
      Prepare(fixture);

      RecordingAnswer open;
      GetMetrics(fixture.services, MakeScrape(PROMETHEUS), open);
      EXPECT_EQ("application/openmetrics-text; version=1.0.0; charset=utf-8", open.mime);
      EXPECT_EQ("Accept, Accept-Encoding", open.headers["Vary"]);
      EXPECT_TRUE(HasLine(open.body, "orthanc_count_instances 12"));
      EXPECT_TRUE(HasLine(open.body, "foreign 1"));
      EXPECT_EQ("# EOF\n", open.body.substr(open.body.size() - 6));

      RecordingAnswer plain;
      GetMetrics(fixture.services, MakeScrape("text/plain;version=0.0.4"), plain);
      EXPECT_TRUE(HasLine(plain.body, "orthanc_rest_api_duration_ms 5"));
      EXPECT_TRUE(HasLine(plain.body, "orthanc_exporter_scrapes_total 2"));
      EXPECT_TRUE(HasLine(plain.body, "orthanc_exporter_collector_success{collector=\"host\"} 1"));

      RecordingAnswer lines;
      GetMetrics(fixture.services, MakeScrape("*/*"), lines);
      EXPECT_TRUE(HasLine(lines.body, "orthanc_rest_api_duration_ms 5 1700000000000"));
      EXPECT_TRUE(HasLine(lines.body, "orthanc_up_time_s 0 1700000000000"));
      EXPECT_EQ(1u, fixture.hostMetrics.textsCount) << "one snapshot for all";
    }
  }

  TEST(MetricsHandlers, AFailingDatabaseDoesNotFailTheScrape)
  {
    RestFixture fixture(HOST_C);
    fixture.hostMetrics.failsStatistics = true;
    Prepare(fixture);
    RecordingAnswer answer;

    GetMetrics(fixture.services, MakeScrape("text/plain;version=0.0.4"), answer);

    EXPECT_TRUE(
      HasLine(answer.body, "orthanc_exporter_collector_success{collector=\"statistics\"} 0"));
    EXPECT_TRUE(HasLine(answer.body, "orthanc_exporter_collector_success{collector=\"host\"} 1"));
    EXPECT_TRUE(HasLine(answer.body, "foreign 1"));
  }

  TEST(MetricsHandlers, WithoutOldNames)
  {
    Settings settings;
    settings.metrics.hasHostNames = false;
    RestFixture fixture(HOST_C, settings);
    Prepare(fixture);
    RecordingAnswer answer;

    GetMetrics(fixture.services, MakeScrape("text/plain;version=0.0.4"), answer);

    EXPECT_EQ(std::string::npos, answer.body.find("orthanc_count_instances"));
    EXPECT_TRUE(HasLine(answer.body, "orthanc_resources{level=\"instance\"} 12"));
    EXPECT_TRUE(HasLine(answer.body, "foreign 1"));
  }

  TEST(MetricsHandlers, WhatIsNotThereInTimeIsLeftOut)
  {
    RestFixture fixture(HOST_C); // the exporter is not started: nothing ever comes
    HttpRequest request = MakeScrape("text/plain;version=0.0.4");
    request.headers["x-prometheus-scrape-timeout-seconds"] = "0.01";
    RecordingAnswer answer;

    GetMetrics(fixture.services, request, answer);

    EXPECT_TRUE(HasLine(answer.body, "orthanc_exporter_collector_success{collector=\"host\"} 0"));
    EXPECT_TRUE(HasLine(answer.body, "orthanc_exporter_scrapes_total 1"));
  }

  TEST(MetricsHandlers, CompressesWhereTheHostDoesNot)
  {
    HttpRequest request = MakeScrape(PROMETHEUS);
    request.headers["accept-encoding"] = "gzip";
    for (const bool isCompressing : {false, true})
    {
      Settings settings;
      settings.host.isCompressing = isCompressing;
      RestFixture fixture(HOST_C, settings);
      Prepare(fixture);
      RecordingAnswer answer;

      GetMetrics(fixture.services, request, answer);

      EXPECT_EQ(isCompressing ? 0u : 1u, answer.headers.count("Content-Encoding"));
      EXPECT_EQ(!isCompressing, answer.body.substr(0, 2) == "\x1F\x8B");
    }
    for (const HostVersion& version : VERSIONS)
    {
      RestFixture fixture(version);
      Prepare(fixture);
      RecordingAnswer answer;

      GetMetrics(fixture.services, request, answer);

      EXPECT_EQ(version.IsAtLeast(1, 12, 7), answer.headers.count("Content-Encoding") != 0);
    }
  }

  TEST(MetricsHandlers, SwitchedOff)
  {
    Settings settings;
    settings.host.areMetricsEnabled = false;
    RestFixture fixture(HOST_C, settings);
    Prepare(fixture);
    fixture.host.routes["GET /tools/metrics"] = FakeHostRest::MakeJson("0");
    RecordingAnswer answer;
    std::string message;

    EXPECT_EQ(FailureKind::Unavailable,
              CatchFailure([&] { GetMetrics(fixture.services, MakeScrape(PROMETHEUS), answer); },
                           &message));

    EXPECT_NE(std::string::npos, message.find("MetricsEnabled"));
    EXPECT_EQ(RecordingAnswer::Kind::None, answer.kind);

    // By somebody else's call of the host
    fixture.host.routes["GET /tools/metrics"] = FakeHostRest::MakeJson("1");
    GetMetrics(fixture.services, MakeScrape(PROMETHEUS), answer);
    EXPECT_EQ(RecordingAnswer::Kind::Buffer, answer.kind);
  }

  TEST(MetricsHandlers, SwitchedOffAsTheHost)
  {
    Settings settings;
    settings.host.areMetricsEnabled = false;
    settings.metrics.isEmptyWhenDisabled = true;
    RestFixture fixture(HOST_C, settings);
    RecordingAnswer answer;

    GetMetrics(fixture.services, MakeScrape(PROMETHEUS), answer);

    EXPECT_EQ(RecordingAnswer::Kind::Buffer, answer.kind);
    EXPECT_EQ("", answer.body);
    EXPECT_EQ("text/plain; version=0.0.4", answer.mime);
  }

  TEST(MetricsHandlers, TheSwitchIsTheOneOfTheHost)
  {
    RestFixture fixture(HOST_C);
    HostAnswer done;
    done.status = 200;
    fixture.host.routes["PUT /tools/metrics"] = done;
    fixture.host.routes["GET /tools/metrics"] = FakeHostRest::MakeJson("0");
    HttpRequest put = MakeGet({});
    put.method = HttpMethod::Put;
    put.body = " false ";
    RecordingAnswer answer;

    PutMetricsSwitch(fixture.services, put, answer);
    EXPECT_EQ(RecordingAnswer::Kind::Buffer, answer.kind);
    EXPECT_EQ("", answer.body);
    EXPECT_FALSE(fixture.exporter.IsEnabled());

    RecordingAnswer shown;
    GetMetricsSwitch(fixture.services, MakeGet({}), shown);
    EXPECT_EQ("0", shown.body);

    fixture.host.routes["PUT /tools/metrics"] = FakeHostRest::MakeError(15, 400);
    RecordingAnswer refused;
    EXPECT_EQ(FailureKind::BadFormat,
              CatchFailure([&] { PutMetricsSwitch(fixture.services, put, refused); }));
  }

  TEST(MetricsHandlers, FilesForMonitoring)
  {
    RestFixture fixture(HOST_C);
    RecordingAnswer list;
    ListMonitoring(fixture.services, MakeGet({}), list);
    const Json::Value names = Parse(list.body);

    ASSERT_GT(names.size(), 3u);
    for (const Json::Value& name : names)
    {
      RecordingAnswer answer;
      GetMonitoring(fixture.services, MakeGet({name.asString()}), answer);
      EXPECT_FALSE(answer.body.empty()) << name.asString();
    }
    RecordingAnswer none;
    EXPECT_EQ(
      FailureKind::NotFound,
      CatchFailure([&] { GetMonitoring(fixture.services, MakeGet({"../Settings.h"}), none); }));
  }
} // namespace OrthancPlugins
