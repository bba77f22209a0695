// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../../Plugin/Core/Metrics/ExpositionText.h"
#include "../../../Plugin/Core/Metrics/HostMetricsText.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

namespace OrthancPlugins
{
  namespace
  {
    constexpr MetricType UNKNOWN = MetricType::Unknown;

    // What is left of one line, as the exposition shows it again; empty: nothing
    std::string Roundtrip(const std::string& line)
    {
      std::string text;
      for (const HostMetric& metric : ParseHostMetrics(line))
      {
        MetricSample sample;
        sample.labels = metric.labels;
        sample.value = metric.value;
        sample.timestampMilliseconds = metric.timestampMilliseconds;
        const std::string all = FormatExposition({{metric.name, "Help.", UNKNOWN, {sample}}},
                                                 ExpositionFormat::HostLines, 99);
        text += all.substr(all.rfind('\n', all.size() - 2) + 1);
      }
      return text;
    }
  } // namespace

  TEST(HostMetricsText, ReadsTheLinesOfTheHost)
  {
    EXPECT_EQ("orthanc_count_instances 12 1700000000123\n",
              Roundtrip("orthanc_count_instances 12 1700000000123\n"));
    EXPECT_EQ("orthanc_disk_size_mb 0.136167526245 1\n",
              Roundtrip("orthanc_disk_size_mb 0.136167526245 1"));
    EXPECT_EQ("a 16777216 5\n", Roundtrip("a 1.6777216e+07 5\n"));
    EXPECT_EQ("a 9223372036854775807 5\n", Roundtrip("a 9223372036854775807 5\n"));
    EXPECT_EQ("a -3 99\n", Roundtrip("a -3\n"));
    EXPECT_EQ("a 1 1\nb 2 2\n", Roundtrip("a 1 1\nb 2 2\n"));
  }

  TEST(HostMetricsText, ReadsWhatIsNoFiniteNumber)
  {
    EXPECT_EQ("a NaN 1\nb NaN 1\nc +Inf 1\nd -Inf 1\n",
              Roundtrip("a nan 1\nb -nan 1\nc inf 1\nd -inf 1\n"));
  }

  TEST(HostMetricsText, ReadsLabelsThatPluginsPutIntoTheName)
  {
    EXPECT_EQ("a{x=\"1\",y=\"2\"} 3 4\n", Roundtrip("a{y=\"2\",x=\"1\"} 3 4"));
    EXPECT_EQ("a{x=\"1\"} 3 4\n", Roundtrip("a{ x=\"1\", } 3 4"));
    EXPECT_EQ("a 3 4\n", Roundtrip("a{} 3 4"));
    EXPECT_EQ("a{x=\"q\\\" b\\\\ n\\n } = ,\"} 3 4\n",
              Roundtrip("a{x=\"q\\\" b\\\\ n\\n } = ,\"} 3 4"));
    EXPECT_EQ("a{x=\"\"} 3 4\n", Roundtrip("a{x=\"\"} 3 4"));
    EXPECT_EQ("a{x=\"\xC3\xA4\"} 3 4\n", Roundtrip("a{x=\"\xC3\xA4\"} 3 4"));
  }

  TEST(HostMetricsText, LeavesOutWhatIsNoSample)
  {
    const std::string lines[] = {
      "",
      " ",
      "a",
      "a ",
      "a b 1",
      "a 1 b",
      "a 1 2 3",
      "a  1 2",
      "a 1  2",
      "a 0x10 2",
      "a 1.5.2 2",
      "a infinity 2",
      "a 1 2\r",
      "a\t1 2",
      "1a 1 2",
      "-a 1 2",
      "a-b 1 2",
      "h\xC3\xA4ufig 1 2",
      "a\x01 1 2",
      std::string("a\0b 1 2", 7),
      "# TYPE a counter",
      "#a 1 2",
      "{x=\"1\"} 1 2",
      "a{x=1} 1 2",
      "a{x=\"1} 1 2",
      "a{x=\"1\" 1 2",
      "a{x=\"1\\\"} 1 2",
      "a{x=\"1\\",
      "a{x=\"\\q\"} 1 2",
      "a{x=\"1\"y=\"2\"} 1 2",
      "a{x=\"1\",x=\"2\"} 1 2",
      "a{1x=\"1\"} 1 2",
      "a{__name__=\"b\"} 1 2",
      "a{le=\"5\"} 1 2",
      "a{quantile=\"0.5\"} 1 2",
      "a{=\"5\"} 1 2",
      "a{,} 1 2",
      "a{x=\"1\"}1 2",
      "a{x=\"1\"}} 1 2",
      "a{x=\"\xFF\"} 1 2",
      "a{x=\"\xC0\x80\"} 1 2",
      "a{x=\"\xED\xA0\x80\"} 1 2",
      "a{x=\"\x7F\"} 1 2",
      "a 1 99999999999999999999",
      "a 1e999 2",
      std::string(5000, 'a') + " 1 2",
    };
    for (const std::string& line : lines)
    {
      EXPECT_EQ("good 1 2\n", Roundtrip(line + "\ngood 1 2\n")) << line;
    }
  }

  TEST(HostMetricsText, KeepsTheFirstOfASeries)
  {
    EXPECT_EQ("a 1 1\na{x=\"1\"} 2 2\n",
              Roundtrip("a 1 1\na{x=\"1\"} 2 2\na 3 3\na{x=\"1\",} 4 4\n"));
  }

  TEST(HostMetricsText, IsBounded)
  {
    std::string text;
    for (int i = 0; i < 5000; i++)
    {
      text += "a" + std::to_string(i) + " 1 2\n";
    }

    EXPECT_EQ(MAX_HOST_METRICS, ParseHostMetrics(text).size());
  }

  TEST(HostMetricsText, SurvivesEveryPrefixAndEveryByte)
  {
    const std::string line = "abc{x=\"1\\\"\\n\",y=\"\xE2\x82\xAC\"} -1.5e-3 1700000000000";

    for (std::size_t i = 0; i < line.size(); i++)
    {
      ParseHostMetrics(line.substr(0, i));
      for (int byte = 0; byte < 256; byte++)
      {
        std::string damaged = line;
        damaged[i] = static_cast<char>(byte);
        for (const HostMetric& metric : ParseHostMetrics(damaged))
        {
          EXPECT_TRUE(IsMetricName(metric.name));
        }
      }
    }
  }
} // namespace OrthancPlugins
