// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../Plugin/Host/JsonCursor.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace OrthancPlugins
{
  namespace
  {
    // Everything in an array of objects with texts, as "key=value;"
    std::string Walk(std::string_view json, bool& isGood)
    {
      std::string result;
      JsonCursor cursor(json);
      cursor.ForEachElement(
        [&]
        {
          cursor.ForEachMember(
            [&](std::string_view key)
            {
              result += std::string(key) + "=";
              result += std::string(cursor.TakeText()) + ";";
            });
        });
      isGood = cursor.IsAtEnd();
      return result;
    }

    std::string SkipElements(std::string_view json, bool& isGood)
    {
      std::string result;
      JsonCursor cursor(json);
      cursor.ForEachElement([&] { result += std::string(cursor.TakeRaw()) + "|"; });
      isGood = cursor.IsAtEnd();
      return result;
    }
  } // namespace

  TEST(JsonCursor, WalksThroughArraysAndObjects)
  {
    for (const auto& [json, expected] : std::vector<std::pair<std::string, std::string>>{
           {"[]", ""},
           {" [ ] \n", ""},
           {"[{}]", ""},
           {R"([{"a":"b"}])", "a=b;"},
           {"\n[\n {\n\t\"a\" : \"b\",\r\n \"c\" : \"\"\n }, { \"d\":\"]}\" } ]", "a=b;c=;d=]};"},
           {R"([{"\"":"x"}])", "\\\"=x;"},
           {"[{\"a\":\"\xC3\xA9\"}]", "a=\xC3\xA9;"}})
    {
      bool isGood = false;
      EXPECT_EQ(expected, Walk(json, isGood)) << json;
      EXPECT_TRUE(isGood) << json;
    }
  }

  TEST(JsonCursor, SkipsAnyValue)
  {
    bool isGood = false;

    EXPECT_EQ(
      R"({"a":["]\"",{"b":[]}],"c":1}|-1.5e3|"\\"|true|null|[[],[[]]]|)",
      SkipElements(R"([{"a":["]\"",{"b":[]}],"c":1}, -1.5e3 ,"\\",true,null,[[],[[]]]])", isGood));
    EXPECT_TRUE(isGood);
  }

  TEST(JsonCursor, DeepNestingNeedsNoStack)
  {
    const std::size_t depth = 1000000;
    bool isGood = false;

    SkipElements("[" + std::string(depth, '[') + std::string(depth, ']') + "]", isGood);

    EXPECT_TRUE(isGood);
  }

  TEST(JsonCursor, NumbersAreUnsigned)
  {
    JsonCursor cursor("[0, 18446744073709551615]");
    std::vector<std::uint64_t> numbers;

    cursor.ForEachElement([&] { numbers.push_back(cursor.TakeUnsigned()); });

    EXPECT_TRUE(cursor.IsAtEnd());
    EXPECT_EQ((std::vector<std::uint64_t>{0, 18446744073709551615u}), numbers);
    for (const char* bad : {"[-1]", "[1.0]", "[1e3]", "[18446744073709551616]", "[\"1\"]", "[]]",
                            "[true]", "[ ]x", "[+1]", "[1", "[,1]", "[1,]", "[1 2]"})
    {
      JsonCursor other(bad);
      other.ForEachElement([&] { other.TakeUnsigned(); });
      EXPECT_FALSE(other.IsAtEnd()) << bad;
    }
  }

  TEST(JsonCursor, WhatIsUnexpectedMakesItBad)
  {
    for (const char* bad : {"",
                            " ",
                            "{",
                            "[",
                            "[{",
                            "[{]",
                            "[}",
                            "{}",
                            "[{\"a\"}]",
                            "[{\"a\":}]",
                            "[{\"a\":\"b\"]",
                            "[{\"a\":\"b\",}]",
                            "[{,\"a\":\"b\"}]",
                            "[{\"a\":\"b\"},]",
                            "[{\"a\":\"b\" \"c\":\"d\"}]",
                            "[{\"a\":\"b\"} {}]",
                            "[{\"a\":\"b}]",
                            "[{\"a",
                            "[{\"a\\",
                            "[{\"a\":\"\\",
                            "[{a:\"b\"}]",
                            "[{\"a\":\"b\\n\"}]",
                            "[{\"a\":\"b\\u0041\"}]",
                            "[{\"a\":1}]",
                            "[{\"a\":null}]",
                            "[{\"a\":{}}]",
                            "[{\"a\":[]}]",
                            "[{}]]",
                            "[{}]{}",
                            "[[]]",
                            "null"})
    {
      bool isGood = true;
      Walk(bad, isGood);
      EXPECT_FALSE(isGood) << bad;
    }
  }

  TEST(JsonCursor, EveryCutIsBad)
  {
    const std::string json = R"([{"a":["x",{"b":[1]}],"c":1},"d",true,[[]] ])";
    for (std::size_t size = 0; size < json.size(); size++)
    {
      bool isGood = true;
      SkipElements(json.substr(0, size), isGood);
      EXPECT_FALSE(isGood) << size;
    }
  }

  TEST(JsonCursor, BadCursorsTakeNothing)
  {
    JsonCursor cursor("{\"a\":1}");
    EXPECT_EQ("", cursor.TakeText());

    EXPECT_FALSE(cursor.IsGood());
    EXPECT_EQ("", cursor.TakeRaw());
    EXPECT_EQ("", cursor.TakeText());
    EXPECT_EQ(0u, cursor.TakeUnsigned());
    cursor.ForEachMember([](std::string_view) { ADD_FAILURE(); });
    cursor.ForEachElement([] { ADD_FAILURE(); });
  }
} // namespace OrthancPlugins
