// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "ExpositionText.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace OrthancPlugins
{
  namespace
  {
    constexpr std::string_view TOTAL = "_total";
    constexpr const char* UNITS[] = {"_seconds", "_bytes"};

    bool EndsWith(std::string_view text, std::string_view end)
    {
      return text.size() > end.size() && text.substr(text.size() - end.size()) == end;
    }

    bool IsLetter(char c)
    {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    }

    bool IsName(std::string_view name, bool hasColons)
    {
      const auto isAllowed = [=](char c)
      { return IsLetter(c) || (c >= '0' && c <= '9') || (hasColons && c == ':'); };
      return !name.empty() && !(name[0] >= '0' && name[0] <= '9') &&
             std::all_of(name.begin(), name.end(), isAllowed);
    }

    // "isLabel": quotes too. OpenMetrics escapes quotes also in a help text
    std::string Escape(std::string_view text, bool escapesQuotes)
    {
      std::string escaped;
      for (const char c : text)
      {
        if (c == '\n')
        {
          escaped += "\\n";
          continue;
        }
        if (c == '\\' || (c == '"' && escapesQuotes))
        {
          escaped += '\\';
        }
        escaped += c;
      }
      return escaped;
    }

    std::string FormatDouble(double number)
    {
      if (std::isnan(number))
      {
        return "NaN";
      }
      if (std::isinf(number))
      {
        return number > 0 ? "+Inf" : "-Inf";
      }
      char buffer[32];
      const auto [end, error] = std::to_chars(buffer, buffer + sizeof(buffer), number);
      return error == std::errc() ? std::string(buffer, end) : "NaN";
    }

    // With a fraction, so that both formats give the same series: OpenMetrics 1.0 asks for "1.0"
    std::string FormatBound(double bound)
    {
      const std::string text = FormatDouble(bound);
      return text.find_first_of(".eIN") == std::string::npos ? text + ".0" : text;
    }

    /**
     * One answer while it is written.
     **/
    class Writer
    {
    public:
      Writer(ExpositionFormat format, std::int64_t nowMilliseconds)
        : format_(format),
          nowMilliseconds_(nowMilliseconds)
      {
      }

      void WriteFamily(const MetricFamily& family)
      {
        if (family.samples.empty())
        {
          return;
        }
        WriteHead(family);
        for (const MetricSample& sample : family.samples)
        {
          if (family.type == MetricType::Histogram)
          {
            WriteHistogram(family.name, sample);
          }
          else
          {
            WriteLine(family.name, sample.labels, FormatMetricNumber(sample.value), sample);
          }
        }
      }

      std::string Finish()
      {
        if (IsOpenMetrics())
        {
          text_ += "# EOF\n";
        }
        return std::move(text_);
      }

    private:
      bool IsOpenMetrics() const { return format_ == ExpositionFormat::OpenMetrics; }

      // OpenMetrics: a counter's family has no "_total"
      std::string GetFamilyName(const MetricFamily& family) const
      {
        const bool isCut =
          IsOpenMetrics() && family.type == MetricType::Counter && EndsWith(family.name, TOTAL);
        return isCut ? family.name.substr(0, family.name.size() - TOTAL.size()) : family.name;
      }

      const char* GetTypeName(MetricType type) const
      {
        switch (type)
        {
        case MetricType::Counter:
          return "counter";
        case MetricType::Gauge:
          return "gauge";
        case MetricType::Histogram:
          return "histogram";
        case MetricType::Unknown:
          break;
        }
        return IsOpenMetrics() ? "unknown" : "untyped";
      }

      void WriteHead(const MetricFamily& family)
      {
        const std::string name = GetFamilyName(family);
        text_ += "# HELP " + name + " " + Escape(family.help, IsOpenMetrics()) + "\n";
        text_ += "# TYPE " + name + " " + GetTypeName(family.type) + "\n";
        for (const char* unit : UNITS)
        {
          if (IsOpenMetrics() && EndsWith(name, unit))
          {
            text_ += "# UNIT " + name + " " + (unit + 1) + "\n";
          }
        }
      }

      void WriteHistogram(const std::string& name, const MetricSample& sample)
      {
        MetricLabels labels = sample.labels;
        labels.emplace_back("le", "");
        for (const MetricBucket& bucket : sample.buckets)
        {
          labels.back().second = FormatBound(bucket.upperBound);
          WriteLine(name + "_bucket", labels, std::to_string(bucket.count), sample);
        }
        labels.back().second = "+Inf";
        WriteLine(name + "_bucket", labels, std::to_string(sample.count), sample);
        WriteLine(name + "_sum", sample.labels, FormatMetricNumber(sample.value), sample);
        WriteLine(name + "_count", sample.labels, std::to_string(sample.count), sample);
      }

      void WriteLine(const std::string& name,
                     const MetricLabels& labels,
                     const std::string& value,
                     const MetricSample& sample)
      {
        text_ += name;
        char separator = '{';
        for (const auto& [label, content] : labels)
        {
          text_ += separator + label + "=\"" + Escape(content, true) + "\"";
          separator = ',';
        }
        text_ += labels.empty() ? " " : "} ";
        text_ += value;
        if (format_ == ExpositionFormat::HostLines)
        {
          text_ += ' ' + std::to_string(sample.timestampMilliseconds.value_or(nowMilliseconds_));
        }
        text_ += '\n';
      }

      const ExpositionFormat format_;
      const std::int64_t nowMilliseconds_;
      std::string text_;
    };
  } // namespace

  const char* GetExpositionMime(ExpositionFormat format)
  {
    switch (format)
    {
    case ExpositionFormat::OpenMetrics:
      return "application/openmetrics-text; version=1.0.0; charset=utf-8";
    case ExpositionFormat::PlainText:
      return "text/plain; version=0.0.4; charset=utf-8";
    case ExpositionFormat::HostLines:
      break;
    }
    return "text/plain; version=0.0.4";
  }

  std::string FormatExposition(const std::vector<MetricFamily>& families,
                               ExpositionFormat format,
                               std::int64_t nowMilliseconds)
  {
    Writer writer(format, nowMilliseconds);
    for (const MetricFamily& family : families)
    {
      writer.WriteFamily(family);
    }
    return writer.Finish();
  }

  std::string FormatMetricNumber(const MetricNumber& number)
  {
    if (const std::int64_t* integer = std::get_if<std::int64_t>(&number))
    {
      return std::to_string(*integer);
    }
    return FormatDouble(std::get<double>(number));
  }

  bool IsMetricName(std::string_view name)
  {
    return IsName(name, true);
  }

  bool IsLabelName(std::string_view name)
  {
    return IsName(name, false) && name.substr(0, 2) != "__";
  }
} // namespace OrthancPlugins
