// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "FuzzTarget.h"

#include "../../Plugin/Core/Archive/Utf8Text.h"
#include "../../Plugin/Core/Metrics/ExpositionText.h"
#include "../../Plugin/Core/Metrics/HostFamilies.h"
#include "../../Plugin/Core/Metrics/HostMetricsText.h"

#include <set>

namespace OrthancPlugins
{
  namespace
  {
    constexpr std::int64_t NOW = 1'790'000'000'000;

    std::vector<MetricFamily> MakeFamilies(const std::vector<HostMetric>& metrics)
    {
      HostFacts facts;
      facts.metrics = metrics;
      std::vector<MetricFamily> families = MakeHostFamilies(facts);
      for (const MetricFamily& family : MakeLegacyFamilies(facts))
      {
        families.push_back(family);
      }
      for (const MetricFamily& family : MakeForeignFamilies(metrics, families))
      {
        families.push_back(family);
      }
      return families;
    }

    // Behind the labels of a sample
    std::size_t FindValue(const std::string& line)
    {
      const std::size_t name = line.find_first_of("{ ");
      if (name == std::string::npos || line[name] == ' ')
      {
        return name;
      }
      bool isQuoted = false;
      for (std::size_t i = name; i < line.size(); i++)
      {
        if (isQuoted && line[i] == '\\')
        {
          i++;
        }
        else if (line[i] == '"')
        {
          isQuoted = !isQuoted;
        }
        else if (line[i] == '}' && !isQuoted)
        {
          return i + 1;
        }
      }
      return std::string::npos;
    }

    // Any scraper must be able to read it, whatever other plugins have registered
    void CheckText(const std::string& text, ExpositionFormat format)
    {
      Require(IsValidUtf8(text), "an exposition is UTF-8");
      std::set<std::string> heads;
      std::set<std::string> series;
      FuzzInput lines(text);
      std::string last;
      while (!lines.IsEmpty())
      {
        last = lines.TakeLine();
        if (last.compare(0, 2, "# ") == 0)
        {
          const bool isType = last.compare(2, 5, "TYPE ") == 0;
          Require(!isType || heads.insert(last.substr(0, last.rfind(' '))).second,
                  "a family has one type");
          continue;
        }
        const std::size_t value = FindValue(last);
        Require(value != std::string::npos && value + 1 < last.size() && last[value] == ' ',
                "a sample has a value");
        Require(IsMetricName(last.substr(0, last.find_first_of("{ "))), "a sample has a name");
        Require(series.insert(last.substr(0, value)).second, "a series occurs once");
      }
      Require(text.empty() || text.back() == '\n', "the last line ends");
      Require((last == "# EOF") == (format == ExpositionFormat::OpenMetrics),
              "the end is that of the format");
    }
  } // namespace

  void FuzzHostMetrics(std::string_view bytes)
  {
    const std::vector<HostMetric> metrics = ParseHostMetrics(bytes);
    Require(metrics.size() <= MAX_HOST_METRICS, "not too many metrics");
    const std::vector<MetricFamily> families = MakeFamilies(metrics);
    for (const ExpositionFormat format :
         {ExpositionFormat::HostLines, ExpositionFormat::PlainText, ExpositionFormat::OpenMetrics})
    {
      CheckText(FormatExposition(families, format, NOW), format);
    }

    // What we write as the host does, we can read
    const std::string text =
      FormatExposition(MakeForeignFamilies(metrics, {}), ExpositionFormat::HostLines, NOW);
    const std::string again = FormatExposition(MakeForeignFamilies(ParseHostMetrics(text), {}),
                                               ExpositionFormat::HostLines, NOW);
    Require(text == again, "the text has one form");
  }
} // namespace OrthancPlugins
