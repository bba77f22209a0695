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
      return ToHttpRequest("/p", request, parsed, false);
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

    const HttpRequest converted =
      ToHttpRequest("/studies/id/archive", request, HostVersion(), false);

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

    const HttpRequest converted = ToHttpRequest("/", request, HostVersion(), false);

    EXPECT_TRUE(converted.body.empty());
    ASSERT_EQ(2u, converted.arguments.size());
    EXPECT_EQ("1", converted.arguments[0].second);
    EXPECT_EQ("2", converted.arguments[1].second);
  }

  TEST(OrthancHttpRequest, UnknownMethodIsABadRequest)
  {
    OrthancPluginHttpRequest request = {};
    request.method = static_cast<OrthancPluginHttpMethod>(99);

    EXPECT_THROW(ToHttpRequest("/", request, HostVersion(), false), Failure);
  }

  TEST(OrthancHttpRequest, UserOfTheBasicHeader)
  {
    const std::pair<const char*, const char*> ROWS[] = {
      {"Basic YWxpY2U6c2VjcmV0", "alice"},
      {"basic YWxpY2U6c2VjcmV0", "alice"},
      {"Basic  YWxpY2U6c2VjcmV0", "alice"},
      {"Basic YWxpY2U6", "alice"},     // no password
      {"Basic YWxpY2U6YTpi", "alice"}, // "a:b": colons belong to the password
      {"Basic YTpi", "a"},
      {"Basic YWI6Yw==", "ab"},
      {"Basic w6kgeDp5", "\xC3\xA9 x"},
    };

    for (const auto& [header, user] : ROWS)
    {
      EXPECT_EQ(user, ParseBasicUser(header).value_or("none")) << header;
    }
  }

  TEST(OrthancHttpRequest, MalformedCredentialsAreNobody)
  {
    const char* const ROWS[] = {
      "",
      "Basic",
      "Basic ",
      "BasicYWxpY2U6c2VjcmV0",
      "Bearer YWxpY2U6c2VjcmV0",
      "Digest username=\"alice\"",
      "YWxpY2U6c2VjcmV0",
      "Basic YWxpY2U", // cut
      "Basic YWxpY2U6c2VjcmV0x",
      "Basic YWxpY2U6c2Vjcm=0", // padding within
      "Basic YWxpY2U6c2VjcmV0====",
      "Basic ====",
      "Basic =",
      "Basic YWI6Yx==", // bits after the end
      "Basic YWxp Y2U6c2VjcmV0",
      "Basic YWxpY2U6c2VjcmV0 ",
      "Basic alice:secret",
      "Basic YWxpY2U-c2VjcmV0", // alphabet of URLs
      "Basic YWxpY2U=",         // no colon
      "Basic OnNlY3JldA==",     // no user
      "Basic YQphOmI=",         // line feed
      "Basic YQBhOmI=",         // NUL
      "Basic YX86Yg==",         // DEL
      "Basic 6WE6Yg==",         // Latin-1
    };

    for (const char* row : ROWS)
    {
      EXPECT_FALSE(ParseBasicUser(row).has_value()) << row;
    }
  }

  TEST(OrthancHttpRequest, BasicHeaderCountsOnlyIfTheHostChecksIt)
  {
    const char* const names[] = {"authorization"};
    const char* const values[] = {"Basic YWxpY2U6c2VjcmV0"};
    OrthancPluginHttpRequest request = {};
    request.method = OrthancPluginHttpMethod_Get;
    request.headersCount = 1;
    request.headersKeys = names;
    request.headersValues = values;
    const HostVersion version = HostVersion::Parse("1.12.7");

    EXPECT_EQ("alice", ToHttpRequest("/", request, version, true).user.value_or("none"));
    EXPECT_FALSE(ToHttpRequest("/", request, version, false).user.has_value());
    request.headersCount = 0;
    EXPECT_FALSE(ToHttpRequest("/", request, version, true).user.has_value());
  }

  TEST(OrthancHttpRequest, PayloadsBecomeNames)
  {
    EXPECT_FALSE(ToUserName("").has_value());
    EXPECT_EQ("alice", ToUserName("alice"));
    EXPECT_EQ("{\"user\": \"\xC3\xA9\"}", ToUserName("{\"user\": \"\xC3\xA9\"}"));
    EXPECT_EQ(std::string(256, 'a'), ToUserName(std::string(256, 'a')));

    const std::string ODD[] = {std::string(257, 'a'), std::string("a\0b", 3), "\xFF", "a\nb",
                               "\xE9"};
    for (const std::string& payload : ODD)
    {
      const std::string name = ToUserName(payload).value_or("none");
      EXPECT_EQ(7u + 64u, name.size());
      EXPECT_EQ("sha256:", name.substr(0, 7));
    }
    EXPECT_NE(ToUserName("\xFF"), ToUserName("\xFE"));
    EXPECT_EQ("sha256:a8100ae6aa1940d0b663bb31cd466142ebbdbd5187131b92d93818987832eb89",
              ToUserName("\xFF"));
  }

#if HOST_HAS_AUTHENTICATION_PAYLOAD
  TEST(OrthancHttpRequest, PayloadIsReadWhereTheHostKnowsIt)
  {
    const char* const names[] = {"authorization"};
    const char* const values[] = {"Basic YWxpY2U6c2VjcmV0"};
    OrthancPluginHttpRequest request = {};
    request.method = OrthancPluginHttpMethod_Get;
    request.headersCount = 1;
    request.headersKeys = names;
    request.headersValues = values;
    request.authenticationPayload = "bob\0x";
    request.authenticationPayloadSize = 3;
    const HostVersion newer = HostVersion::Parse("1.12.9");

    EXPECT_EQ("bob", ToHttpRequest("/", request, newer, false).user.value_or("none"));
    EXPECT_EQ("bob", ToHttpRequest("/", request, newer, true).user.value_or("none"));

    // There the pointer is not part of the structure
    request.authenticationPayload = reinterpret_cast<const void*>(1);
    request.authenticationPayloadSize = UINT32_MAX;
    const HostVersion older = HostVersion::Parse("1.12.8");
    EXPECT_FALSE(ToHttpRequest("/", request, older, false).user.has_value());
    EXPECT_EQ("alice", ToHttpRequest("/", request, older, true).user.value_or("none"));

    request.authenticationPayload = nullptr;
    request.authenticationPayloadSize = 0;
    EXPECT_EQ("alice", ToHttpRequest("/", request, newer, true).user.value_or("none"));
  }
#endif
} // namespace OrthancPlugins
