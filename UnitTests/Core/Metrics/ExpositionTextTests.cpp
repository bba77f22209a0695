// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../../Plugin/Core/Metrics/ExpositionText.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <limits>
#include <string>

namespace OrthancPlugins
{
  namespace
  {
    constexpr std::int64_t NOW = 1700000000123;

    MetricFamily MakeCounter()
    {
      MetricSample sample;
      sample.labels = {{"code", "2xx"}, {"route", "/a"}};
      sample.value = std::int64_t{3};
      return {"orthanc_received_bytes_total", "Bytes.", MetricType::Counter, {sample}};
    }

    MetricFamily MakeHistogram()
    {
      MetricSample sample;
      sample.labels = {{"type", "Archive"}};
      sample.buckets = {{0.005, 1}, {1, 2}, {60, 2}};
      sample.count = 3;
      sample.value = 100.25;
      return {"orthanc_job_wait_seconds", "Waits.", MetricType::Histogram, {sample}};
    }

    std::string Format(const MetricFamily& family, ExpositionFormat format)
    {
      return FormatExposition({family}, format, NOW);
    }
  } // namespace

  TEST(ExpositionText, CounterAsText)
  {
    EXPECT_EQ("# HELP orthanc_received_bytes_total Bytes.\n"
              "# TYPE orthanc_received_bytes_total counter\n"
              "orthanc_received_bytes_total{code=\"2xx\",route=\"/a\"} 3\n",
              Format(MakeCounter(), ExpositionFormat::PlainText));
  }

  TEST(ExpositionText, CounterAsOpenMetrics)
  {
    EXPECT_EQ("# HELP orthanc_received_bytes Bytes.\n"
              "# TYPE orthanc_received_bytes counter\n"
              "# UNIT orthanc_received_bytes bytes\n"
              "orthanc_received_bytes_total{code=\"2xx\",route=\"/a\"} 3\n"
              "# EOF\n",
              Format(MakeCounter(), ExpositionFormat::OpenMetrics));
  }

  TEST(ExpositionText, LinesOfTheHostHaveThreeCells)
  {
    MetricFamily family{"orthanc_up_time_s", "Seconds since the start.", MetricType::Gauge, {}};
    MetricSample sample;
    sample.value = std::int64_t{7};
    family.samples.push_back(sample);
    sample.timestampMilliseconds = 5;
    family.samples.push_back(sample);

    EXPECT_EQ("# HELP orthanc_up_time_s Seconds since the start.\n"
              "# TYPE orthanc_up_time_s gauge\n"
              "orthanc_up_time_s 7 1700000000123\n"
              "orthanc_up_time_s 7 5\n",
              Format(family, ExpositionFormat::HostLines));
  }

  TEST(ExpositionText, HistogramHasTheSameBoundsInBothFormats)
  {
    const std::string lines = "orthanc_job_wait_seconds_bucket{type=\"Archive\",le=\"0.005\"} 1\n"
                              "orthanc_job_wait_seconds_bucket{type=\"Archive\",le=\"1.0\"} 2\n"
                              "orthanc_job_wait_seconds_bucket{type=\"Archive\",le=\"60.0\"} 2\n"
                              "orthanc_job_wait_seconds_bucket{type=\"Archive\",le=\"+Inf\"} 3\n"
                              "orthanc_job_wait_seconds_sum{type=\"Archive\"} 100.25\n"
                              "orthanc_job_wait_seconds_count{type=\"Archive\"} 3\n";

    EXPECT_EQ("# HELP orthanc_job_wait_seconds Waits.\n"
              "# TYPE orthanc_job_wait_seconds histogram\n" +
                lines,
              Format(MakeHistogram(), ExpositionFormat::PlainText));
    EXPECT_EQ("# HELP orthanc_job_wait_seconds Waits.\n"
              "# TYPE orthanc_job_wait_seconds histogram\n"
              "# UNIT orthanc_job_wait_seconds seconds\n" +
                lines + "# EOF\n",
              Format(MakeHistogram(), ExpositionFormat::OpenMetrics));
  }

  TEST(ExpositionText, NameOfAnUnknownType)
  {
    MetricFamily family{"foreign", "Text.", MetricType::Unknown, {MetricSample()}};

    EXPECT_NE(std::string::npos,
              Format(family, ExpositionFormat::PlainText).find("# TYPE foreign untyped\n"));
    EXPECT_NE(std::string::npos,
              Format(family, ExpositionFormat::OpenMetrics).find("# TYPE foreign unknown\n"));
  }

  TEST(ExpositionText, EscapesValuesAndHelp)
  {
    MetricSample sample;
    sample.labels = {{"x", "a\"b\\c\nd"}};
    MetricFamily family{"name", "q\" b\\ n\n.", MetricType::Gauge, {sample}};

    EXPECT_EQ("# HELP name q\" b\\\\ n\\n.\n# TYPE name gauge\nname{x=\"a\\\"b\\\\c\\nd\"} 0\n",
              Format(family, ExpositionFormat::PlainText));
    EXPECT_EQ(
      "# HELP name q\\\" b\\\\ n\\n.\n# TYPE name gauge\nname{x=\"a\\\"b\\\\c\\nd\"} 0\n# EOF\n",
      Format(family, ExpositionFormat::OpenMetrics));
  }

  TEST(ExpositionText, FamilyWithoutSampleIsNotThere)
  {
    MetricFamily family{"name", "Help.", MetricType::Gauge, {}};

    EXPECT_EQ("", Format(family, ExpositionFormat::PlainText));
    EXPECT_EQ("# EOF\n", Format(family, ExpositionFormat::OpenMetrics));
  }

  TEST(ExpositionText, NumbersReadBackAsTheSame)
  {
    EXPECT_EQ("0.1", FormatMetricNumber(0.1));
    EXPECT_EQ("NaN", FormatMetricNumber(std::numeric_limits<double>::quiet_NaN()));
    EXPECT_EQ("+Inf", FormatMetricNumber(std::numeric_limits<double>::infinity()));
    EXPECT_EQ("-Inf", FormatMetricNumber(-std::numeric_limits<double>::infinity()));
    EXPECT_EQ("9223372036854775807", FormatMetricNumber(std::numeric_limits<std::int64_t>::max()));
    for (const double number : {1.0 / 3, 1e300, 5e-324, 123456789.123456789, -0.0, 16777217.0})
    {
      EXPECT_EQ(number, std::strtod(FormatMetricNumber(number).c_str(), nullptr));
    }
  }

  TEST(ExpositionText, NamesOfMetricsAndLabels)
  {
    EXPECT_TRUE(IsMetricName("a_B:9"));
    EXPECT_TRUE(IsMetricName("_"));
    EXPECT_TRUE(IsLabelName("a_B9"));
    for (const char* name : {"", "9a", "a-b", "a b", "a{", "\xC3\xA4"})
    {
      EXPECT_FALSE(IsMetricName(name)) << name;
      EXPECT_FALSE(IsLabelName(name)) << name;
    }
    EXPECT_FALSE(IsLabelName("a:b"));
    EXPECT_FALSE(IsLabelName("__name__"));
  }

  TEST(ExpositionText, MimeOfEachFormat)
  {
    EXPECT_STREQ("application/openmetrics-text; version=1.0.0; charset=utf-8",
                 GetExpositionMime(ExpositionFormat::OpenMetrics));
    EXPECT_STREQ("text/plain; version=0.0.4; charset=utf-8",
                 GetExpositionMime(ExpositionFormat::PlainText));
    EXPECT_STREQ("text/plain; version=0.0.4", GetExpositionMime(ExpositionFormat::HostLines));
  }
} // namespace OrthancPlugins
