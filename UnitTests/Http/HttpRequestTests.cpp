// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../Plugin/Http/HttpRequest.h"

#include "../../Plugin/Core/Failure.h"

#include <gtest/gtest.h>

namespace OrthancPlugins
{
  TEST(HttpRequest, AbsentArgumentIsAbsent)
  {
    HttpRequest request;
    request.arguments = {{"a", ""}};

    EXPECT_TRUE(request.HasArgument("a"));
    EXPECT_EQ("", request.FindArgument("a"));
    EXPECT_FALSE(request.HasArgument("A"));
    EXPECT_EQ(std::nullopt, request.FindArgument("b"));
  }

  TEST(HttpRequest, LastOfTwoArgumentsCounts)
  {
    HttpRequest request;
    request.arguments = {{"a", "1"}, {"b", "2"}, {"a", "3"}};

    EXPECT_EQ("3", request.FindArgument("a"));
    EXPECT_EQ("2", request.FindArgument("b"));
  }

  TEST(HttpRequest, HeadersAreFoundInLowerCase)
  {
    HttpRequest request;
    request.headers = {{"te", "identity"}};

    EXPECT_EQ("identity", request.FindHeader("te"));
    EXPECT_EQ(std::nullopt, request.FindHeader("TE"));
  }

  TEST(HttpRequest, UnsignedArguments)
  {
    const struct
    {
      const char* text;
      std::uint64_t value;
    } ROWS[] = {{"0", 0}, {"7", 7}, {"0042", 42}, {"18446744073709551615", ~std::uint64_t(0)}};

    for (const auto& row : ROWS)
    {
      HttpRequest request;
      request.arguments = {{"n", row.text}};
      EXPECT_EQ(row.value, request.GetUnsignedArgument("n", 5)) << row.text;
    }
    EXPECT_EQ(5u, HttpRequest().GetUnsignedArgument("n", 5));
  }

  TEST(HttpRequest, WhatIsNoUnsignedNumberNamesTheArgument)
  {
    for (const char* text : {"", "-1", "+1", " 1", "1 ", "1.0", "0x10", "1e3", "abc", "1\n",
                             "18446744073709551616", "99999999999999999999999"})
    {
      HttpRequest request;
      request.arguments = {{"length", text}};
      try
      {
        request.GetUnsignedArgument("length", 0);
        ADD_FAILURE() << text;
      }
      catch (const Failure& failure)
      {
        EXPECT_EQ(FailureKind::OutOfRange, failure.GetKind()) << text;
        EXPECT_NE(std::string::npos, std::string(failure.what()).find("\"length\"")) << text;
      }
    }
  }
} // namespace OrthancPlugins
