// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../Plugin/Http/RangeRequest.h"

#include <gtest/gtest.h>

#include <limits>

namespace OrthancPlugins
{
  namespace
  {
    constexpr const char* TAG = "\"abc\"";
    constexpr const char* DATE = "Sun, 06 Nov 1994 08:49:37 GMT";
    constexpr const char* EARLIER = "Sun, 06 Nov 1994 08:49:36 GMT";
    constexpr const char* LATER = "Sun, 06 Nov 1994 08:49:38 GMT";
    constexpr std::int64_t DATE_SECONDS = 784111777;

    using Headers = std::map<std::string, std::string>;

    RangeDecision Decide(const Headers& headers, const Validators& validators)
    {
      HttpRequest request;
      request.headers = headers;
      return DecideRange(request, validators, 100);
    }

    RangeVerdict Judge(const Headers& headers)
    {
      return Decide(headers, Validators{TAG, DATE_SECONDS}).verdict;
    }
  } // namespace

  TEST(RangeRequest, WhatIsNoSingleRangeOfBytesIsIgnored)
  {
    const char* const ROWS[] = {
      "",
      " ",
      "bytes",
      "bytes=",
      "bytes=-",
      "bytes=,",
      "bytes=,,  ,",
      "bytes 0-9",
      "bytes =0-9",
      "bytes:0-9",
      "byte=0-9",
      "octets=0-9",
      "seconds=1-2",
      "=0-9",
      "0-9",
      "bytes=0",
      "bytes=a-b",
      "bytes=0-b",
      "bytes=a-9",
      "bytes=0x0-9",
      "bytes=+0-9",
      "bytes=0-+9",
      "bytes=0--9",
      "bytes=--9",
      "bytes=-+9",
      "bytes=-9-",
      "bytes=0-9-",
      "bytes=0 -9",
      "bytes=0- 9",
      "bytes=9-8",
      "bytes=0-9;x",
      "bytes=0-9 x",
      "bytes=0-9/100",
      "bytes=0-9,20-29",
      "bytes=0-9, 20-29",
      "bytes=0-0,-1",
      "bytes=0-9,x",
      "bytes=200-300,400-500",
      "bytes=1.0-9",
      "bytes==0-9",
    };

    for (const char* row : ROWS)
    {
      EXPECT_EQ(RangeVerdict::Whole, ParseRange(row, 100).verdict) << row;
    }
    EXPECT_EQ(RangeVerdict::Whole, ParseRange(std::string_view("bytes=0\0-9", 10), 100).verdict);
  }

  TEST(RangeRequest, WhatLiesOutsideCannotBeSatisfied)
  {
    for (const char* row :
         {"bytes=100-", "bytes=100-100", "bytes=101-200", "bytes=-0", "bytes=-000",
          "bytes=18446744073709551615-", "bytes=18446744073709551616-",
          "bytes=99999999999999999999999-99999999999999999999999"})
    {
      EXPECT_EQ(RangeVerdict::Unsatisfiable, ParseRange(row, 100).verdict) << row;
    }
    EXPECT_EQ(RangeVerdict::Unsatisfiable, ParseRange("bytes=0-", 0).verdict);
    EXPECT_EQ(RangeVerdict::Unsatisfiable, ParseRange("bytes=-0", 0).verdict);
    EXPECT_EQ(RangeVerdict::Whole, ParseRange("bytes=-5", 0).verdict);
  }

  TEST(RangeRequest, PartsAreCutToWhatThereIs)
  {
    const struct
    {
      const char* header;
      std::uint64_t offset;
      std::uint64_t sizeBytes;
    } ROWS[] = {
      {"bytes=0-0", 0, 1},
      {"bytes=0-9", 0, 10},
      {"bytes=10-19", 10, 10},
      {"bytes=99-99", 99, 1},
      {"bytes=0-", 0, 100},
      {"bytes=40-", 40, 60},
      {"bytes=99-", 99, 1},
      {"bytes=90-1000", 90, 10},
      {"bytes=90-18446744073709551615", 90, 10},
      {"bytes=90-99999999999999999999999", 90, 10},
      {"bytes=-1", 99, 1},
      {"bytes=-100", 0, 100},
      {"bytes=-101", 0, 100},
      {"bytes=-99999999999999999999999", 0, 100},
      {"bytes=007-008", 7, 2},
      {"BYTES=5-6", 5, 2},
      {" bytes=5-6\t", 5, 2},
      {"bytes= 5-6", 5, 2},
      {"bytes=,5-6", 5, 2},
      {"bytes=5-6, ,", 5, 2},
    };

    for (const auto& row : ROWS)
    {
      const RangeDecision decision = ParseRange(row.header, 100);
      EXPECT_EQ(RangeVerdict::Part, decision.verdict) << row.header;
      EXPECT_EQ(row.offset, decision.range.offset) << row.header;
      EXPECT_EQ(row.sizeBytes, decision.range.sizeBytes) << row.header;
    }
  }

  TEST(RangeRequest, LargestFiles)
  {
    constexpr std::uint64_t TOTAL = std::numeric_limits<std::uint64_t>::max();

    const RangeDecision all = ParseRange("bytes=0-", TOTAL);
    EXPECT_EQ(TOTAL, all.range.sizeBytes);
    const RangeDecision last = ParseRange("bytes=18446744073709551614-", TOTAL);
    EXPECT_EQ(1u, last.range.sizeBytes);
    EXPECT_EQ(RangeVerdict::Unsatisfiable,
              ParseRange("bytes=18446744073709551615-", TOTAL).verdict);
  }

  TEST(RangeRequest, NothingIsResumedWithoutValidators)
  {
    EXPECT_EQ(RangeVerdict::Whole, Decide({{"range", "bytes=0-9"}}, Validators()).verdict);
    EXPECT_EQ(RangeVerdict::Whole, Decide({{"range", "bytes=100-"}}, Validators()).verdict);
    EXPECT_EQ(RangeVerdict::Whole, Decide({{"if-none-match", "*"}}, Validators()).verdict);
  }

  TEST(RangeRequest, OnlyGetHasRanges)
  {
    for (const HttpMethod method : {HttpMethod::Post, HttpMethod::Put, HttpMethod::Delete})
    {
      HttpRequest request;
      request.method = method;
      request.headers = {{"range", "bytes=0-9"}, {"if-none-match", TAG}};
      EXPECT_EQ(RangeVerdict::Whole,
                DecideRange(request, Validators{TAG, DATE_SECONDS}, 100).verdict);
    }
  }

  TEST(RangeRequest, PartNeedsItsIfRange)
  {
    const std::pair<const char*, RangeVerdict> ROWS[] = {
      {"", RangeVerdict::Whole},          {"abc", RangeVerdict::Whole},
      {"*", RangeVerdict::Whole},         {"\"abcd\"", RangeVerdict::Whole},
      {"\"ABC\"", RangeVerdict::Whole},   {"\"abc", RangeVerdict::Whole},
      {"W/\"abc\"", RangeVerdict::Whole}, {"\"abc\", \"abc\"", RangeVerdict::Whole},
      {"\"abc\"x", RangeVerdict::Whole},  {EARLIER, RangeVerdict::Whole},
      {LATER, RangeVerdict::Whole},       {"06 Nov 1994", RangeVerdict::Whole},
      {TAG, RangeVerdict::Part},          {" \"abc\" ", RangeVerdict::Part},
      {DATE, RangeVerdict::Part},         {"Sunday, 06-Nov-94 08:49:37 GMT", RangeVerdict::Part},
    };

    for (const auto& [condition, verdict] : ROWS)
    {
      EXPECT_EQ(verdict, Judge({{"range", "bytes=5-"}, {"if-range", condition}})) << condition;
    }
    EXPECT_EQ(RangeVerdict::Whole, Judge({{"if-range", TAG}}));
    EXPECT_EQ(RangeVerdict::Part, Judge({{"range", "bytes=5-"}}));
    // Nobody may take a range of something else for one that cannot be satisfied
    EXPECT_EQ(RangeVerdict::Whole, Judge({{"range", "bytes=100-"}, {"if-range", "\"old\""}}));
    EXPECT_EQ(RangeVerdict::Unsatisfiable, Judge({{"range", "bytes=100-"}, {"if-range", TAG}}));
  }

  TEST(RangeRequest, IfRangeWithOneValidatorOnly)
  {
    const Headers byDate = {{"range", "bytes=5-"}, {"if-range", DATE}};
    const Headers byTag = {{"range", "bytes=5-"}, {"if-range", TAG}};

    EXPECT_EQ(RangeVerdict::Whole, Decide(byDate, Validators{TAG, std::nullopt}).verdict);
    EXPECT_EQ(RangeVerdict::Part, Decide(byTag, Validators{TAG, std::nullopt}).verdict);
    EXPECT_EQ(RangeVerdict::Part, Decide(byDate, Validators{"", DATE_SECONDS}).verdict);
    EXPECT_EQ(RangeVerdict::Whole, Decide(byTag, Validators{"", DATE_SECONDS}).verdict);
    EXPECT_EQ(
      RangeVerdict::Whole,
      Decide({{"range", "bytes=5-"}, {"if-range", ""}}, Validators{"", DATE_SECONDS}).verdict);
  }

  TEST(RangeRequest, IfNoneMatch)
  {
    const std::pair<const char*, RangeVerdict> ROWS[] = {
      {"", RangeVerdict::Whole},
      {"abc", RangeVerdict::Whole},
      {"\"abc", RangeVerdict::Whole},
      {"abc\"", RangeVerdict::Whole},
      {"\"\"", RangeVerdict::Whole},
      {"\"abcd\"", RangeVerdict::Whole},
      {"w/\"abc\"", RangeVerdict::Whole},
      {"W/ \"abc\"", RangeVerdict::Whole},
      {"W/abc", RangeVerdict::Whole},
      {"\"abc\"x", RangeVerdict::Whole},
      {"\"x\"\"abc\"", RangeVerdict::Whole},
      {"x, \"abc\"", RangeVerdict::Whole},
      {"\"a bc\", \"abc\"", RangeVerdict::Whole},
      {"\"*\"", RangeVerdict::Whole},
      {"**", RangeVerdict::Whole},
      {"*, \"x\"", RangeVerdict::Whole},
      {"*", RangeVerdict::NotModified},
      {" * ", RangeVerdict::NotModified},
      {TAG, RangeVerdict::NotModified},
      {"W/\"abc\"", RangeVerdict::NotModified},
      {"\"x\", \"abc\"", RangeVerdict::NotModified},
      {"\"x\",W/\"y\",,\t\"abc\" ,", RangeVerdict::NotModified},
      {"\"x,y\", \"abc\"", RangeVerdict::NotModified},
      {"\"\xC3\xA9\", \"abc\"", RangeVerdict::NotModified},
    };

    for (const auto& [condition, verdict] : ROWS)
    {
      EXPECT_EQ(verdict, Judge({{"if-none-match", condition}})) << condition;
    }
    EXPECT_EQ(RangeVerdict::NotModified, Judge({{"if-none-match", TAG}, {"range", "bytes=100-"}}));
    EXPECT_EQ(RangeVerdict::Part, Judge({{"if-none-match", "\"x\""}, {"range", "bytes=1-"}}));
  }

  TEST(RangeRequest, IfModifiedSince)
  {
    EXPECT_EQ(RangeVerdict::Whole, Judge({{"if-modified-since", EARLIER}}));
    EXPECT_EQ(RangeVerdict::Whole, Judge({{"if-modified-since", "yesterday"}}));
    EXPECT_EQ(RangeVerdict::Whole, Judge({{"if-modified-since", ""}}));
    EXPECT_EQ(RangeVerdict::NotModified, Judge({{"if-modified-since", DATE}}));
    EXPECT_EQ(RangeVerdict::NotModified, Judge({{"if-modified-since", LATER}}));
    EXPECT_EQ(RangeVerdict::Whole,
              Decide({{"if-modified-since", LATER}}, Validators{TAG, std::nullopt}).verdict);
    // If-None-Match counts alone, whatever it says
    EXPECT_EQ(RangeVerdict::Whole,
              Judge({{"if-modified-since", LATER}, {"if-none-match", "\"x\""}}));
    EXPECT_EQ(RangeVerdict::NotModified,
              Judge({{"if-modified-since", EARLIER}, {"if-none-match", TAG}}));
  }

  TEST(RangeRequest, Preconditions)
  {
    EXPECT_EQ(RangeVerdict::PreconditionFailed, Judge({{"if-match", "\"x\""}}));
    EXPECT_EQ(RangeVerdict::PreconditionFailed, Judge({{"if-match", "W/\"abc\""}}));
    EXPECT_EQ(RangeVerdict::PreconditionFailed, Judge({{"if-match", "abc"}}));
    EXPECT_EQ(RangeVerdict::PreconditionFailed,
              Judge({{"if-match", "\"x\""}, {"if-none-match", TAG}, {"range", "bytes=100-"}}));
    EXPECT_EQ(RangeVerdict::PreconditionFailed, Judge({{"if-unmodified-since", EARLIER}}));
    EXPECT_EQ(RangeVerdict::Whole, Judge({{"if-match", "*"}}));
    EXPECT_EQ(RangeVerdict::Whole, Judge({{"if-match", "\"x\", \"abc\""}}));
    EXPECT_EQ(RangeVerdict::Whole, Judge({{"if-match", TAG}, {"if-unmodified-since", EARLIER}}));
    EXPECT_EQ(RangeVerdict::Whole, Judge({{"if-unmodified-since", DATE}}));
    EXPECT_EQ(RangeVerdict::Whole, Judge({{"if-unmodified-since", "yesterday"}}));
    EXPECT_EQ(RangeVerdict::Part, Judge({{"if-match", TAG}, {"range", "bytes=1-"}}));
  }

  TEST(RangeRequest, ContentRanges)
  {
    EXPECT_EQ("bytes 0-0/1", FormatContentRange({0, 1}, 1));
    EXPECT_EQ("bytes 10-19/100", FormatContentRange({10, 10}, 100));
    EXPECT_EQ("bytes 0-18446744073709551614/18446744073709551615",
              FormatContentRange({0, std::numeric_limits<std::uint64_t>::max()},
                                 std::numeric_limits<std::uint64_t>::max()));
    EXPECT_EQ("bytes */100", FormatUnsatisfiedRange(100));
  }
} // namespace OrthancPlugins
