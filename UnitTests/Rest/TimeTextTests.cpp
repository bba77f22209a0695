// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../Plugin/Rest/TimeText.h"

#include <gtest/gtest.h>

namespace OrthancPlugins
{
  namespace
  {
    // 2023-11-14T22:13:20Z
    constexpr std::int64_t MOMENT = 1'700'000'000'000'000;
    constexpr std::int64_t MINUTE = 60'000'000;
  } // namespace

  TEST(TimeText, WritesAsTheHost)
  {
    EXPECT_EQ("20231114T221320.000042", FormatTime(MOMENT + 42));
    EXPECT_EQ("19700101T000000.000000", FormatTime(0));
  }

  TEST(TimeText, Reads)
  {
    const struct
    {
      const char* text;
      std::int64_t expected;
    } ROWS[] = {
      {"20231114T221320.000042", MOMENT + 42},
      {"20231114T221320", MOMENT},
      {"20231114T221320Z", MOMENT},
      {"20231114", MOMENT - 80'000'000'000},
      {"2023-11-14", MOMENT - 80'000'000'000},
      {"2023-11-14T22:13", MOMENT - 20'000'000},
      {"2023-11-14T22:13:20", MOMENT},
      {"2023-11-14T22:13:20Z", MOMENT},
      {"2023-11-14T22:13:20.5Z", MOMENT + 500'000},
      {"2023-11-14T22:13:20.123456789Z", MOMENT + 123'456},
      {"2023-11-14T22:13:20+01:30", MOMENT - 90 * MINUTE},
      {"2023-11-14T22:13:20 01:30", MOMENT - 90 * MINUTE}, // '+' in a query
      {"2023-11-14T22:13:20-0100", MOMENT + 60 * MINUTE},
      {"2023-11-14T22:13Z", MOMENT - 20'000'000},
      {"2024-02-29", 1'709'164'800'000'000},
      {"1969-12-31T23:59:59Z", -1'000'000},
    };

    for (const auto& row : ROWS)
    {
      EXPECT_EQ(row.expected, ParseTime(row.text)) << row.text;
    }
    EXPECT_EQ(MOMENT + 42, ParseTime(FormatTime(MOMENT + 42)));
  }

  TEST(TimeText, RefusesTheRest)
  {
    for (const char* text : {"",
                             "now",
                             "2023",
                             "202311",
                             "2023-11",
                             "2023-1114",
                             "202311-14",
                             "2023-13-01",
                             "2023-02-29",
                             "2023-04-31",
                             "2023-11-14T",
                             "2023-11-14T22",
                             "2023-11-14T2213",
                             "20231114T22:13:20",
                             "2023-11-14T24:00:01",
                             "2023-11-14T22:60",
                             "2023-11-14T22:13:61",
                             "2023-11-14T22:13:20.",
                             "2023-11-14T22:13:20.Z",
                             "2023-11-14T22:13:20X",
                             "2023-11-14T22:13:20Zx",
                             "2023-11-14T22:13:20+1",
                             "2023-11-14T22:13:20+24:00",
                             "2023-11-14T22:13:20+00:60",
                             "2023-11-14 22:13:20",
                             " 2023-11-14",
                             "2023-11-14 ",
                             "1700000000",
                             "-023-11-14",
                             "2023-00-10",
                             "2023-11-00",
                             "+2023-11-14"})
    {
      EXPECT_FALSE(ParseTime(text).has_value()) << text;
    }
  }
} // namespace OrthancPlugins
