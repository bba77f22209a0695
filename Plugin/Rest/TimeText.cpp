// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "TimeText.h"

#include <array>
#include <cstdio>
#include <ctime>

namespace OrthancPlugins
{
  namespace
  {
    constexpr std::int64_t MICROSECONDS_PER_SECOND = 1'000'000;

    // Takes what it recognizes from the front of a text
    class TimeReader
    {
    public:
      explicit TimeReader(std::string_view text)
        : rest_(text)
      {
      }

      bool IsAtEnd() const { return rest_.empty(); }

      bool Take(char expected)
      {
        if (rest_.empty() || rest_.front() != expected)
        {
          return false;
        }
        rest_.remove_prefix(1);
        return true;
      }

      // Exactly that many digits; absent if there are fewer
      std::optional<int> TakeNumber(std::size_t digits)
      {
        if (rest_.size() < digits)
        {
          return std::nullopt;
        }
        int value = 0;
        for (const char c : rest_.substr(0, digits))
        {
          if (!IsDigit(c))
          {
            return std::nullopt;
          }
          value = value * 10 + (c - '0');
        }
        rest_.remove_prefix(digits);
        return value;
      }

      // One digit or more, of which six count
      std::optional<int> TakeFraction()
      {
        int value = 0;
        int scale = 100'000;
        bool hasDigits = false;
        while (!rest_.empty() && IsDigit(rest_.front()))
        {
          value += (rest_.front() - '0') * scale;
          scale /= 10;
          hasDigits = true;
          rest_.remove_prefix(1);
        }
        return hasDigits ? std::make_optional(value) : std::nullopt;
      }

    private:
      static bool IsDigit(char c) { return c >= '0' && c <= '9'; }

      std::string_view rest_;
    };

    // Of the calendar; absent if there is no such day or time
    std::optional<std::int64_t> ToSeconds(const std::tm& parts)
    {
      std::tm normalized = parts;
      const std::time_t seconds = timegm(&normalized);
      const bool isValid =
        normalized.tm_year == parts.tm_year && normalized.tm_mon == parts.tm_mon &&
        normalized.tm_mday == parts.tm_mday && normalized.tm_hour == parts.tm_hour &&
        normalized.tm_min == parts.tm_min && normalized.tm_sec == parts.tm_sec;
      return isValid ? std::make_optional<std::int64_t>(seconds) : std::nullopt;
    }

    // "hh", "mm", "ss", the last one only with a separator before it
    bool ReadClock(TimeReader& reader, std::tm& parts, bool isIso)
    {
      const std::optional<int> hours = reader.TakeNumber(2);
      const bool isSeparated = !isIso || reader.Take(':');
      const std::optional<int> minutes = reader.TakeNumber(2);
      if (!hours.has_value() || !isSeparated || !minutes.has_value())
      {
        return false;
      }
      parts.tm_hour = *hours;
      parts.tm_min = *minutes;
      if (isIso && !reader.Take(':'))
      {
        return true;
      }
      const std::optional<int> seconds = reader.TakeNumber(2);
      parts.tm_sec = seconds.value_or(0);
      return seconds.has_value();
    }

    // Seconds east of UTC. A '+' that was taken for an encoded space is one
    std::optional<std::int64_t> ReadOffset(TimeReader& reader)
    {
      if (reader.IsAtEnd() || reader.Take('Z'))
      {
        return 0;
      }
      const int sign = reader.Take('-') ? -1 : reader.Take('+') || reader.Take(' ') ? 1 : 0;
      const std::optional<int> hours = reader.TakeNumber(2);
      reader.Take(':');
      const std::optional<int> minutes = reader.TakeNumber(2);
      if (sign == 0 || !hours.has_value() || !minutes.has_value() || *hours > 23 || *minutes > 59)
      {
        return std::nullopt;
      }
      return sign * (*hours * 3600 + *minutes * 60);
    }
  } // namespace

  std::string FormatTime(std::int64_t microseconds)
  {
    const std::time_t seconds = static_cast<std::time_t>(microseconds / MICROSECONDS_PER_SECOND);
    std::tm parts = {};
    gmtime_r(&seconds, &parts);
    std::array<char, 128> text = {};
    std::snprintf(text.data(), text.size(), "%04d%02d%02dT%02d%02d%02d.%06d", parts.tm_year + 1900,
                  parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                  static_cast<int>(microseconds % MICROSECONDS_PER_SECOND));
    return text.data();
  }

  std::optional<std::int64_t> ParseTime(std::string_view text)
  {
    TimeReader reader(text);
    const std::optional<int> year = reader.TakeNumber(4);
    const bool isIso = reader.Take('-');
    const std::optional<int> month = reader.TakeNumber(2);
    const bool isSeparated = !isIso || reader.Take('-');
    const std::optional<int> day = reader.TakeNumber(2);
    if (!year.has_value() || !month.has_value() || !isSeparated || !day.has_value())
    {
      return std::nullopt;
    }
    std::tm parts = {};
    parts.tm_year = *year - 1900;
    parts.tm_mon = *month - 1;
    parts.tm_mday = *day;

    int fraction = 0;
    std::optional<std::int64_t> offset = 0;
    if (!reader.IsAtEnd())
    {
      if (!reader.Take('T') || !ReadClock(reader, parts, isIso))
      {
        return std::nullopt;
      }
      if (reader.Take('.'))
      {
        const std::optional<int> digits = reader.TakeFraction();
        if (!digits.has_value())
        {
          return std::nullopt;
        }
        fraction = *digits;
      }
      offset = ReadOffset(reader);
    }
    const std::optional<std::int64_t> seconds = ToSeconds(parts);
    if (!reader.IsAtEnd() || !offset.has_value() || !seconds.has_value())
    {
      return std::nullopt;
    }
    return (*seconds - *offset) * MICROSECONDS_PER_SECOND + fraction;
  }
} // namespace OrthancPlugins
