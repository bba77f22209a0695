// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "HostMetricsText.h"

#include "ExpositionText.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <set>

namespace OrthancPlugins
{
  namespace
  {
    constexpr std::size_t MAX_LINE_LENGTH = 1024;
    constexpr std::size_t MAX_LABELS = 16;

    // Well-formed, without control characters: what comes from others goes into every answer. No
    // overlong forms, surrogates, or beyond U+10FFFF (RFC 3629 4)
    std::size_t GetSequenceLength(std::string_view text)
    {
      const auto at = [&](std::size_t i) -> unsigned
      { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0; };
      const auto isTail = [&](std::size_t i) { return at(i) >= 0x80 && at(i) <= 0xBF; };
      const unsigned first = at(0);
      if (first < 0x80)
      {
        return first >= 0x20 && first != 0x7F ? 1 : 0;
      }
      if (first >= 0xC2 && first <= 0xDF)
      {
        return isTail(1) && !(first == 0xC2 && at(1) < 0xA0) ? 2 : 0;
      }
      if (first >= 0xE0 && first <= 0xEF)
      {
        const bool isBad = (first == 0xE0 && at(1) < 0xA0) || (first == 0xED && at(1) > 0x9F);
        return isTail(1) && isTail(2) && !isBad ? 3 : 0;
      }
      if (first >= 0xF0 && first <= 0xF4)
      {
        const bool isBad = (first == 0xF0 && at(1) < 0x90) || (first == 0xF4 && at(1) > 0x8F);
        return isTail(1) && isTail(2) && isTail(3) && !isBad ? 4 : 0;
      }
      return 0;
    }

    bool IsCleanText(std::string_view text)
    {
      while (!text.empty())
      {
        const std::size_t length = GetSequenceLength(text);
        if (length == 0)
        {
          return false;
        }
        text.remove_prefix(length);
      }
      return true;
    }

    template <typename T>
    std::optional<T> ParseNumber(std::string_view text)
    {
      T number = 0;
      const char* const last = text.data() + text.size();
      const auto [end, error] = std::from_chars(text.data(), last, number);
      return error == std::errc() && end == last ? std::make_optional(number) : std::nullopt;
    }

    std::optional<MetricNumber> ParseValue(std::string_view text)
    {
      if (const std::optional<std::int64_t> integer = ParseNumber<std::int64_t>(text))
      {
        return *integer;
      }
      const std::string_view digits = text.substr(!text.empty() && text[0] == '-' ? 1 : 0);
      const bool isFinite =
        !digits.empty() && (digits[0] == '.' || (digits[0] >= '0' && digits[0] <= '9'));
      if (isFinite)
      {
        const std::optional<double> real = ParseNumber<double>(text);
        return real.has_value() ? std::make_optional(MetricNumber(*real)) : std::nullopt;
      }
      if (text == "nan" || text == "-nan" || text == "NaN")
      {
        return std::numeric_limits<double>::quiet_NaN();
      }
      if (text == "inf" || text == "+Inf" || text == "Inf")
      {
        return std::numeric_limits<double>::infinity();
      }
      if (text == "-inf" || text == "-Inf")
      {
        return -std::numeric_limits<double>::infinity();
      }
      return std::nullopt;
    }

    // Reads a sample from its front; what is false stays false
    class Scanner
    {
    public:
      explicit Scanner(std::string_view text)
        : text_(text)
      {
      }

      bool Take(char c)
      {
        if (text_.empty() || text_[0] != c)
        {
          return false;
        }
        text_.remove_prefix(1);
        return true;
      }

      void SkipSpaces()
      {
        while (Take(' '))
        {
        }
      }

      std::string_view TakeUntil(std::string_view ends)
      {
        const std::size_t end = std::min(text_.find_first_of(ends), text_.size());
        const std::string_view taken = text_.substr(0, end);
        text_.remove_prefix(end);
        return taken;
      }

      // Behind the opening quote. Absent if there is no closing one, or an unknown escape
      std::optional<std::string> TakeQuoted()
      {
        std::string value;
        while (!text_.empty() && !Take('"'))
        {
          const bool isEscaped = Take('\\');
          const char c = text_.empty() ? '\0' : text_[0];
          if (isEscaped && c != 'n' && c != '\\' && c != '"')
          {
            return std::nullopt;
          }
          value += isEscaped && c == 'n' ? '\n' : c;
          text_.remove_prefix(1);
          if (text_.empty())
          {
            return std::nullopt;
          }
        }
        return value;
      }

      std::string_view GetRest() const { return text_; }

    private:
      std::string_view text_;
    };

    // Behind the opening brace
    std::optional<MetricLabels> TakeLabels(Scanner& scanner)
    {
      MetricLabels labels;
      while (!scanner.Take('}'))
      {
        scanner.SkipSpaces();
        const std::string_view name = scanner.TakeUntil("=,} ");
        if (!IsLabelName(name) || name == "le" || name == "quantile" || !scanner.Take('=') ||
            !scanner.Take('"') || labels.size() == MAX_LABELS)
        {
          return std::nullopt;
        }
        const std::optional<std::string> value = scanner.TakeQuoted();
        if (!value.has_value())
        {
          return std::nullopt;
        }
        labels.emplace_back(name, *value);
        scanner.SkipSpaces();
        if (!scanner.Take(',') && scanner.GetRest().substr(0, 1) != "}")
        {
          return std::nullopt;
        }
        scanner.SkipSpaces();
      }
      std::sort(labels.begin(), labels.end());
      const bool isRepeated = std::adjacent_find(labels.begin(), labels.end(),
                                                 [](const auto& a, const auto& b)
                                                 { return a.first == b.first; }) != labels.end();
      return isRepeated ? std::nullopt : std::make_optional(labels);
    }

    std::optional<HostMetric> ParseLine(std::string_view line)
    {
      if (line.size() > MAX_LINE_LENGTH || !IsCleanText(line))
      {
        return std::nullopt;
      }
      Scanner scanner(line);
      HostMetric metric;
      metric.name = scanner.TakeUntil("{ ");
      if (!IsMetricName(metric.name))
      {
        return std::nullopt;
      }
      if (scanner.Take('{'))
      {
        const std::optional<MetricLabels> labels = TakeLabels(scanner);
        if (!labels.has_value())
        {
          return std::nullopt;
        }
        metric.labels = *labels;
      }
      if (!scanner.Take(' '))
      {
        return std::nullopt;
      }
      const std::optional<MetricNumber> value = ParseValue(scanner.TakeUntil(" "));
      if (!value.has_value())
      {
        return std::nullopt;
      }
      metric.value = *value;
      if (scanner.Take(' '))
      {
        metric.timestampMilliseconds = ParseNumber<std::int64_t>(scanner.GetRest());
        return metric.timestampMilliseconds.has_value() ? std::make_optional(metric) : std::nullopt;
      }
      return scanner.GetRest().empty() ? std::make_optional(metric) : std::nullopt;
    }
  } // namespace

  std::vector<HostMetric> ParseHostMetrics(std::string_view text)
  {
    std::vector<HostMetric> metrics;
    std::set<std::pair<std::string, MetricLabels>> seen;
    while (!text.empty() && metrics.size() < MAX_HOST_METRICS)
    {
      const std::size_t end = std::min(text.find('\n'), text.size());
      std::optional<HostMetric> metric = ParseLine(text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
      if (metric.has_value() && seen.emplace(metric->name, metric->labels).second)
      {
        metrics.push_back(std::move(*metric));
      }
    }
    return metrics;
  }
} // namespace OrthancPlugins
