// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "HttpDate.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace OrthancPlugins
{
  namespace
  {
    constexpr std::int64_t DAY_SECONDS = 86400;
    constexpr std::int64_t MINIMUM_SECONDS = -62135596800; // 0001-01-01 00:00:00
    constexpr std::int64_t MAXIMUM_SECONDS = 253402300799; // 9999-12-31 23:59:59

    // 1970-01-01 was a Thursday
    constexpr std::int64_t FIRST_DAY_OF_WEEK = 4;

    constexpr std::array<std::string_view, 7> DAYS = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                      "Thursday", "Friday", "Saturday"};

    constexpr std::array<std::string_view, 12> MONTHS = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

    constexpr std::size_t SHORT_DAY_CHARACTERS = 3;

    struct CivilDate
    {
      std::int64_t year = 0;
      int month = 0; // 1 to 12
      int day = 0;   // 1 to 31
    };

    std::int64_t DivideDown(std::int64_t value, std::int64_t divisor)
    {
      return value / divisor - (value % divisor < 0 ? 1 : 0);
    }

    bool IsLeapYear(std::int64_t year)
    {
      return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    }

    int GetDaysInMonth(std::int64_t year, int month)
    {
      constexpr std::array<int, 12> DAYS_IN_MONTH = {31, 28, 31, 30, 31, 30,
                                                     31, 31, 30, 31, 30, 31};
      return month == 2 && IsLeapYear(year) ? 29
                                            : DAYS_IN_MONTH[static_cast<std::size_t>(month - 1)];
    }

    // From 0001-01-01 to the first day of the year
    std::int64_t CountDaysBefore(std::int64_t year)
    {
      const std::int64_t past = year - 1;
      return past * 365 + past / 4 - past / 100 + past / 400;
    }

    std::int64_t CountDaysSince1970(const CivilDate& date)
    {
      std::int64_t days = CountDaysBefore(date.year) - CountDaysBefore(1970) + date.day - 1;
      for (int month = 1; month < date.month; month++)
      {
        days += GetDaysInMonth(date.year, month);
      }
      return days;
    }

    CivilDate ToCivilDate(std::int64_t daysSince1970)
    {
      CivilDate date;
      // Never too late, but some years too early
      date.year = (daysSince1970 + CountDaysBefore(1970)) / 366 + 1;
      while (CountDaysBefore(date.year + 1) - CountDaysBefore(1970) <= daysSince1970)
      {
        date.year++;
      }
      std::int64_t rest = daysSince1970 + CountDaysBefore(1970) - CountDaysBefore(date.year);
      date.month = 1;
      while (rest >= GetDaysInMonth(date.year, date.month))
      {
        rest -= GetDaysInMonth(date.year, date.month);
        date.month++;
      }
      date.day = static_cast<int>(rest) + 1;
      return date;
    }

    std::size_t GetDayOfWeek(std::int64_t daysSince1970)
    {
      const std::int64_t day = (daysSince1970 + FIRST_DAY_OF_WEEK) % 7;
      return static_cast<std::size_t>(day < 0 ? day + 7 : day);
    }

    std::string Pad(std::int64_t value, std::size_t digits)
    {
      const std::string text = std::to_string(value);
      return std::string(digits - std::min(digits, text.size()), '0') + text;
    }

    /**
     * Takes a date apart from left to right; once something does not fit, everything after fails.
     **/
    class Reader
    {
    public:
      explicit Reader(std::string_view text)
        : rest_(text)
      {
      }

      void Expect(std::string_view literal)
      {
        if (rest_.substr(0, literal.size()) == literal)
        {
          rest_.remove_prefix(literal.size());
        }
        else
        {
          isGood_ = false;
        }
      }

      // Exactly so many digits
      int TakeNumber(std::size_t digits)
      {
        int value = 0;
        for (std::size_t i = 0; i < digits; i++)
        {
          if (rest_.empty() || rest_[0] < '0' || rest_[0] > '9')
          {
            isGood_ = false;
            return 0;
          }
          value = value * 10 + (rest_[0] - '0');
          rest_.remove_prefix(1);
        }
        return value;
      }

      // A day of asctime(): two characters, the first may be a space
      int TakePaddedDay()
      {
        if (rest_.substr(0, 1) == " ")
        {
          rest_.remove_prefix(1);
          return TakeNumber(1);
        }
        return TakeNumber(2);
      }

      // The index of the name that comes next, cut to so many characters
      template <std::size_t N>
      int TakeName(const std::array<std::string_view, N>& names, std::size_t characters)
      {
        for (std::size_t i = 0; i < N; i++)
        {
          const std::string_view name = names[i].substr(0, characters);
          if (rest_.substr(0, name.size()) == name)
          {
            rest_.remove_prefix(name.size());
            return static_cast<int>(i);
          }
        }
        isGood_ = false;
        return 0;
      }

      int TakeTime()
      {
        const int hour = TakeNumber(2);
        Expect(":");
        const int minute = TakeNumber(2);
        Expect(":");
        // 60 is a leap second (RFC 9110 5.6.7): counted as the second after
        const int second = TakeNumber(2);
        isGood_ = isGood_ && hour < 24 && minute < 60 && second <= 60;
        return (hour * 60 + minute) * 60 + second;
      }

      bool IsFinished() const { return isGood_ && rest_.empty(); }

    private:
      std::string_view rest_;
      bool isGood_ = true;
    };

    std::optional<std::int64_t>
    Combine(const Reader& reader, int dayOfWeek, const CivilDate& date, int secondsOfDay)
    {
      if (!reader.IsFinished() || date.year < 1 || date.day < 1 ||
          date.day > GetDaysInMonth(date.year, date.month))
      {
        return std::nullopt;
      }
      const std::int64_t days = CountDaysSince1970(date);
      if (GetDayOfWeek(days) != static_cast<std::size_t>(dayOfWeek))
      {
        return std::nullopt;
      }
      return days * DAY_SECONDS + secondsOfDay;
    }

    // "Sun, 06 Nov 1994 08:49:37 GMT"
    std::optional<std::int64_t> ParseFixedDate(std::string_view text)
    {
      Reader reader(text);
      CivilDate date;
      const int dayOfWeek = reader.TakeName(DAYS, SHORT_DAY_CHARACTERS);
      reader.Expect(", ");
      date.day = reader.TakeNumber(2);
      reader.Expect(" ");
      date.month = reader.TakeName(MONTHS, std::string_view::npos) + 1;
      reader.Expect(" ");
      date.year = reader.TakeNumber(4);
      reader.Expect(" ");
      const int secondsOfDay = reader.TakeTime();
      reader.Expect(" GMT");
      return Combine(reader, dayOfWeek, date, secondsOfDay);
    }

    // "Sunday, 06-Nov-94 08:49:37 GMT" (RFC 850)
    std::optional<std::int64_t> ParseLongDayDate(std::string_view text)
    {
      Reader reader(text);
      CivilDate date;
      const int dayOfWeek = reader.TakeName(DAYS, std::string_view::npos);
      reader.Expect(", ");
      date.day = reader.TakeNumber(2);
      reader.Expect("-");
      date.month = reader.TakeName(MONTHS, std::string_view::npos) + 1;
      reader.Expect("-");
      const int year = reader.TakeNumber(2);
      date.year = year < 70 ? 2000 + year : 1900 + year;
      reader.Expect(" ");
      const int secondsOfDay = reader.TakeTime();
      reader.Expect(" GMT");
      return Combine(reader, dayOfWeek, date, secondsOfDay);
    }

    // "Sun Nov  6 08:49:37 1994" (asctime of C)
    std::optional<std::int64_t> ParseAsctimeDate(std::string_view text)
    {
      Reader reader(text);
      CivilDate date;
      const int dayOfWeek = reader.TakeName(DAYS, SHORT_DAY_CHARACTERS);
      reader.Expect(" ");
      date.month = reader.TakeName(MONTHS, std::string_view::npos) + 1;
      reader.Expect(" ");
      date.day = reader.TakePaddedDay();
      reader.Expect(" ");
      const int secondsOfDay = reader.TakeTime();
      reader.Expect(" ");
      date.year = reader.TakeNumber(4);
      return Combine(reader, dayOfWeek, date, secondsOfDay);
    }
  } // namespace

  std::string FormatHttpDate(std::int64_t secondsUtc)
  {
    const std::int64_t seconds = std::clamp(secondsUtc, MINIMUM_SECONDS, MAXIMUM_SECONDS);
    const std::int64_t days = DivideDown(seconds, DAY_SECONDS);
    const std::int64_t time = seconds - days * DAY_SECONDS;
    const CivilDate date = ToCivilDate(days);
    std::string text(DAYS[GetDayOfWeek(days)].substr(0, SHORT_DAY_CHARACTERS));
    text += ", " + Pad(date.day, 2) + " ";
    text += MONTHS[static_cast<std::size_t>(date.month - 1)];
    text += " " + Pad(date.year, 4) + " " + Pad(time / 3600, 2) + ":" + Pad(time / 60 % 60, 2) +
            ":" + Pad(time % 60, 2) + " GMT";
    return text;
  }

  std::optional<std::int64_t> ParseHttpDate(std::string_view text)
  {
    if (const auto seconds = ParseFixedDate(text))
    {
      return seconds;
    }
    if (const auto seconds = ParseLongDayDate(text))
    {
      return seconds;
    }
    return ParseAsctimeDate(text);
  }
} // namespace OrthancPlugins
