// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../Plugin/Core/Failure.h"
#include "../../Plugin/Host/OrthancHttpRequest.h"

#include <gtest/gtest.h>

namespace OrthancPlugins
{
  namespace
  {
    HttpRequest Convert(const char* value, const char* version)
    {
      static const char* const NAMES[] = {"a%62"};
      const char* const values[] = {value};
      OrthancPluginHttpRequest request = {};
      request.method = OrthancPluginHttpMethod_Get;
      request.getCount = 1;
      request.getKeys = NAMES;
      request.getValues = values;
      HostVersion parsed;
      parsed.major = 1;
      parsed.minor = std::string(version) == "1.13.0"   ? 13
                     : std::string(version) == "1.10.1" ? 10
                                                        : 12;
      parsed.revision = std::string(version) == "1.13.0" ? 0 : 1;
      return ToHttpRequest("/p", request, parsed);
    }
  } // namespace

  TEST(OrthancHttpRequest, QueriesAreDecodedOnceOnEveryHost)
  {
    for (const char* version : {"1.10.1", "1.12.7"})
    {
      const HttpRequest request = Convert("x%20y%2525+z", version);
      EXPECT_EQ("ab", request.arguments.at(0).first);
      EXPECT_EQ("x y%25+z", request.arguments.at(0).second);
    }
    const HttpRequest request = Convert("x y%25", "1.13.0");
    EXPECT_EQ("a%62", request.arguments.at(0).first);
    EXPECT_EQ("x y%25", request.arguments.at(0).second);
  }

  TEST(OrthancHttpRequest, PercentDecoding)
  {
    EXPECT_EQ("", DecodePercent(""));
    EXPECT_EQ("\xC3\xA9", DecodePercent("%c3%A9"));
    EXPECT_EQ(std::string("\0", 1), DecodePercent("%00"));
    EXPECT_EQ("a b", DecodePercent("a%20b"));
    EXPECT_EQ("%", DecodePercent("%"));
    EXPECT_EQ("%2", DecodePercent("%2"));
    EXPECT_EQ("%zz", DecodePercent("%zz"));
    EXPECT_EQ("%2g", DecodePercent("%2g"));
    EXPECT_EQ("%A", DecodePercent("%%41"));
    EXPECT_EQ("a+b", DecodePercent("a+b"));
  }

  TEST(OrthancHttpRequest, AllPartsAreTaken)
  {
    const char* const groups[] = {"id", ""};
    const char* const names[] = {"accept", "te"};
    const char* const values[] = {"*/*", "identity"};
    OrthancPluginHttpRequest request = {};
    request.method = OrthancPluginHttpMethod_Post;
    request.groupsCount = 2;
    request.groups = groups;
    request.headersCount = 2;
    request.headersKeys = names;
    request.headersValues = values;
    request.body = "{}\0x";
    request.bodySize = 4;

    const HttpRequest converted = ToHttpRequest("/studies/id/archive", request, HostVersion());

    EXPECT_EQ(HttpMethod::Post, converted.method);
    EXPECT_EQ("/studies/id/archive", converted.path);
    EXPECT_EQ((std::vector<std::string>{"id", ""}), converted.groups);
    EXPECT_EQ("identity", converted.headers.at("te"));
    EXPECT_EQ(std::string_view("{}\0x", 4), converted.body);
    EXPECT_TRUE(converted.arguments.empty());
  }

  TEST(OrthancHttpRequest, EmptyBodyAndDuplicateArguments)
  {
    const char* const names[] = {"a", "a"};
    const char* const values[] = {"1", "2"};
    OrthancPluginHttpRequest request = {};
    request.method = OrthancPluginHttpMethod_Get;
    request.getCount = 2;
    request.getKeys = names;
    request.getValues = values;

    const HttpRequest converted = ToHttpRequest("/", request, HostVersion());

    EXPECT_TRUE(converted.body.empty());
    ASSERT_EQ(2u, converted.arguments.size());
    EXPECT_EQ("1", converted.arguments[0].second);
    EXPECT_EQ("2", converted.arguments[1].second);
  }

  TEST(OrthancHttpRequest, UnknownMethodIsABadRequest)
  {
    OrthancPluginHttpRequest request = {};
    request.method = static_cast<OrthancPluginHttpMethod>(99);

    EXPECT_THROW(ToHttpRequest("/", request, HostVersion()), Failure);
  }
} // namespace OrthancPlugins
