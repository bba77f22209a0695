// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../Plugin/Http/HttpDate.h"

#include <gtest/gtest.h>

#include <ctime>
#include <limits>

namespace OrthancPlugins
{
  TEST(HttpDate, RefusesWhatIsNoDate)
  {
    const char* const ROWS[] = {
      "",
      "0",
      "784111777",
      "Sun",
      "Sun, 06 Nov 1994",
      "Sun, 06 Nov 1994 08:49:37",
      "Sun, 06 Nov 1994 08:49:37 UTC",
      "Sun, 06 Nov 1994 08:49:37 +0000",
      "Sun, 06 Nov 1994 08:49:37 GMT+1",
      "Sun, 06 Nov 1994 08:49:37 GMT ",
      " Sun, 06 Nov 1994 08:49:37 GMT",
      "Sun, 06 Nov 1994 08:49:37 gmt",
      "sun, 06 Nov 1994 08:49:37 GMT",
      "Mon, 06 Nov 1994 08:49:37 GMT",
      "Sun,06 Nov 1994 08:49:37 GMT",
      "Sun, 6 Nov 1994 08:49:37 GMT",
      "Sun, 06 nov 1994 08:49:37 GMT",
      "Sun, 06 November 1994 08:49:37 GMT",
      "Sun, 06 11 1994 08:49:37 GMT",
      "Sun, 06 Nov 94 08:49:37 GMT",
      "Sun, 06 Nov 1994 8:49:37 GMT",
      "Sun, 06 Nov 1994 24:00:00 GMT",
      "Sun, 06 Nov 1994 08:60:37 GMT",
      "Sun, 06 Nov 1994 08:49:61 GMT",
      "Sun, 06 Nov 1994 08:49 GMT",
      "Sun, 00 Nov 1994 08:49:37 GMT",
      "Thu, 31 Nov 1994 08:49:37 GMT",
      "Wed, 29 Feb 1995 08:49:37 GMT",
      "Thu, 29 Feb 1900 08:49:37 GMT",
      "Sat, 01 Jan 0000 00:00:00 GMT",
      "Sun, -6 Nov 1994 08:49:37 GMT",
      "Sunday, 06-Nov-1994 08:49:37 GMT",
      "Sun, 06-Nov-94 08:49:37 GMT",
      "Sunday, 06-Nov-94 08:49:37",
      "Sun Nov 06 08:49:37 94",
      "Sun Nov 6 08:49:37 1994",
      "Sun Nov  6 08:49:37 1994 GMT",
      "1994-11-06T08:49:37Z",
    };

    for (const char* row : ROWS)
    {
      EXPECT_FALSE(ParseHttpDate(row).has_value()) << row;
    }
    EXPECT_FALSE(
      ParseHttpDate(std::string_view("Sun, 06 Nov 1994 08:49:37 GMT\0", 30)).has_value());
  }

  TEST(HttpDate, ReadsAllThreeForms)
  {
    EXPECT_EQ(784111777, ParseHttpDate("Sun, 06 Nov 1994 08:49:37 GMT"));
    EXPECT_EQ(784111777, ParseHttpDate("Sunday, 06-Nov-94 08:49:37 GMT"));
    EXPECT_EQ(784111777, ParseHttpDate("Sun Nov  6 08:49:37 1994"));
    EXPECT_EQ(784975777, ParseHttpDate("Wed Nov 16 08:49:37 1994"));
    EXPECT_EQ(0, ParseHttpDate("Thursday, 01-Jan-70 00:00:00 GMT"));
    EXPECT_EQ(3124224000, ParseHttpDate("Tuesday, 01-Jan-69 00:00:00 GMT"));
    EXPECT_EQ(951782400, ParseHttpDate("Tue, 29 Feb 2000 00:00:00 GMT"));
  }

  TEST(HttpDate, LeapSecondIsTheSecondAfter)
  {
    EXPECT_EQ(ParseHttpDate("Sun, 01 Jan 2017 00:00:00 GMT"),
              ParseHttpDate("Sat, 31 Dec 2016 23:59:60 GMT"));
  }

  TEST(HttpDate, Formats)
  {
    EXPECT_EQ("Thu, 01 Jan 1970 00:00:00 GMT", FormatHttpDate(0));
    EXPECT_EQ("Wed, 31 Dec 1969 23:59:59 GMT", FormatHttpDate(-1));
    EXPECT_EQ("Sun, 06 Nov 1994 08:49:37 GMT", FormatHttpDate(784111777));
    EXPECT_EQ("Tue, 29 Feb 2000 23:59:59 GMT", FormatHttpDate(951868799));
    EXPECT_EQ("Wed, 01 Mar 2000 00:00:00 GMT", FormatHttpDate(951868800));
    EXPECT_EQ("Mon, 01 Jan 0001 00:00:00 GMT",
              FormatHttpDate(std::numeric_limits<std::int64_t>::min()));
    EXPECT_EQ("Fri, 31 Dec 9999 23:59:59 GMT",
              FormatHttpDate(std::numeric_limits<std::int64_t>::max()));
  }

  TEST(HttpDate, AgreesWithTheLibraryAndWithItself)
  {
    for (std::int64_t seconds = -62135596800; seconds < 253402300800; seconds += 86400 * 13 + 4321)
    {
      const std::time_t time = static_cast<std::time_t>(seconds);
      std::tm fields = {};
      ASSERT_NE(nullptr, gmtime_r(&time, &fields));
      const std::string text = FormatHttpDate(seconds);
      ASSERT_EQ(fields.tm_mday, std::stoi(text.substr(5, 2))) << text;
      ASSERT_EQ(fields.tm_year + 1900, std::stoi(text.substr(12, 4))) << text;
      ASSERT_EQ(fields.tm_sec, std::stoi(text.substr(23, 2))) << text;
      ASSERT_EQ(seconds, ParseHttpDate(text)) << text;
    }
  }
} // namespace OrthancPlugins
