// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "RestFixture.h"

#include "../../Plugin/Rest/AppHandlers.h"

#include <json/reader.h>
#include <json/value.h>

#include <memory>
#include <string>

namespace OrthancPlugins
{
  namespace
  {
    Json::Value Parse(const std::string& text)
    {
      Json::Value value;
      const std::unique_ptr<Json::CharReader> reader(Json::CharReaderBuilder().newCharReader());
      EXPECT_TRUE(reader->parse(text.data(), text.data() + text.size(), &value, nullptr));
      return value;
    }

    Json::Value ReadFeatures(RestFixture& fixture,
                             bool canStream,
                             const std::optional<std::string>& user = std::nullopt)
    {
      HttpRequest request = MakeGet({});
      request.user = user;
      RecordingAnswer answer;
      answer.canStream = canStream;
      GetFeatures(fixture.services, request, answer);
      EXPECT_EQ("no-store", answer.headers["Cache-Control"]);
      return Parse(answer.body);
    }
  } // namespace

  TEST(AppHandlers, ThePageHasAStrictPolicy)
  {
    RestFixture fixture(HOST_B);
    RecordingAnswer answer;

    GetAppPage(fixture.services, MakeGet({}), answer);

    EXPECT_EQ("<!doctype html><title>page</title>", answer.body);
    EXPECT_EQ("text/html; charset=utf-8", answer.mime);
    const std::string policy = answer.headers["Content-Security-Policy"];
    EXPECT_EQ(0u, policy.find("default-src 'none'; script-src 'self'; style-src 'self'; "));
    EXPECT_EQ(std::string::npos, policy.find("unsafe"));
    EXPECT_NE(std::string::npos, policy.find("require-trusted-types-for 'script'"));
    EXPECT_EQ("no-referrer", answer.headers["Referrer-Policy"]);
    EXPECT_EQ("no-cache", answer.headers["Cache-Control"]);
  }

  TEST(AppHandlers, NobodyGuessesTypes)
  {
    // Newer hosts add the header themselves: twice would be wrong, too
    for (const auto& [version, count] : {std::make_pair(HOST_A, 1u), std::make_pair(HOST_B, 0u)})
    {
      RestFixture fixture(version);
      RecordingAnswer answer;

      GetAppFile(fixture.services, MakeGet({"main.js"}), answer);

      EXPECT_EQ("text/javascript; charset=utf-8", answer.mime);
      EXPECT_EQ(count, answer.headers.count("X-Content-Type-Options"));
    }
  }

  TEST(AppHandlers, TheSameFilesBelowThePageWithAndWithoutSlash)
  {
    RestFixture fixture(HOST_B);
    for (const char* const name : {"messages/en.json", "app/messages/en.json"})
    {
      RecordingAnswer answer;
      GetAppFile(fixture.services, MakeGet({name}), answer);
      EXPECT_EQ("{}", answer.body) << name;
      EXPECT_EQ("application/json; charset=utf-8", answer.mime);
    }
  }

  TEST(AppHandlers, OnlyWhatIsInTheListExists)
  {
    RestFixture fixture(HOST_B);
    for (const char* const name :
         {"", "app", "app/", "/index.html", "Index.html", "index.html/", "../main.js", "./main.js",
          "app/app/main.js", "messages", "messages/", "messages/../main.js", "messages//en.json",
          "/etc/passwd", "../../../../etc/passwd", "..\\main.js", "main.js%00", "main.j"})
    {
      RecordingAnswer answer;
      EXPECT_EQ(FailureKind::NotFound,
                CatchFailure([&] { GetAppFile(fixture.services, MakeGet({name}), answer); }))
        << name;
    }
  }

  TEST(AppHandlers, AKnownFileIsNotSentAgain)
  {
    RestFixture fixture(HOST_C);
    RecordingAnswer first;
    GetAppPage(fixture.services, MakeGet({}), first);
    const std::string tag = first.headers["ETag"];
    ASSERT_EQ("W/\"", tag.substr(0, 3));

    for (const std::string& known : {tag, "\"x\", " + tag, tag.substr(2), std::string("*")})
    {
      HttpRequest request = MakeGet({});
      request.headers["if-none-match"] = known;
      RecordingAnswer answer;
      GetAppPage(fixture.services, request, answer);
      EXPECT_EQ(304u, answer.status) << known;
      EXPECT_EQ(tag, answer.headers["ETag"]);
      EXPECT_TRUE(answer.body.empty());
    }
    for (const char* const other : {"W/\"x\"", "x", ""})
    {
      HttpRequest request = MakeGet({});
      request.headers["if-none-match"] = other;
      RecordingAnswer answer;
      GetAppPage(fixture.services, request, answer);
      EXPECT_EQ(200u, answer.status) << other;
    }
  }

  TEST(AppHandlers, ARangeGetsTheWholeFile)
  {
    RestFixture fixture(HOST_C);
    HttpRequest request = MakeGet({"main.js"});
    request.headers["range"] = "bytes=0-2";
    RecordingAnswer answer;

    GetAppFile(fixture.services, request, answer);

    EXPECT_EQ(200u, answer.status);
    EXPECT_EQ("// script", answer.body);
  }

  TEST(AppHandlers, CompressesWhereTheHostDoesNot)
  {
    for (const bool isHostCompressing : {false, true})
    {
      for (const char* const accepted : {"gzip, br", "br"})
      {
        Settings settings;
        settings.host.isCompressing = isHostCompressing;
        RestFixture fixture(HOST_B, settings);
        HttpRequest request = MakeGet({"main.js"});
        request.headers["accept-encoding"] = accepted;
        RecordingAnswer answer;

        GetAppFile(fixture.services, request, answer);

        const bool isCompressed = !isHostCompressing && accepted == std::string("gzip, br");
        EXPECT_EQ(isCompressed ? 1u : 0u, answer.headers.count("Content-Encoding"));
        EXPECT_EQ(isCompressed, answer.body.substr(0, 2) == "\x1F\x8B");
        EXPECT_EQ("Accept-Encoding", answer.headers["Vary"]);
      }
    }
  }

  TEST(AppHandlers, FeaturesTellWhatIsOn)
  {
    Settings settings;
    settings.documents.isEnabled = false;
    settings.spool.maxBytes = 1u << 30;
    settings.spool.maxAgeHours.reset();
    settings.jobs.maxWaiters = 7;
    RestFixture fixture(HOST_B, settings);

    const Json::Value features = ReadFeatures(fixture, true);

    EXPECT_EQ("1.12.7", features["HostVersion"].asString());
    EXPECT_FALSE(features["Version"].asString().empty());
    EXPECT_TRUE(features["Archive"].asBool());
    EXPECT_FALSE(features["Documents"].asBool());
    EXPECT_TRUE(features["CanStream"].asBool());
    EXPECT_FALSE(features["IsReadOnly"].asBool());
    EXPECT_TRUE(features["SeesAllJobs"].asBool());
    EXPECT_TRUE(features["User"].isNull());
    EXPECT_EQ(7u, features["Limits"]["MaxWaiters"].asUInt());
    EXPECT_EQ(1u << 30, features["Spool"]["QuotaBytes"].asUInt64());
    EXPECT_TRUE(features["Spool"]["MaxAgeHours"].isNull());
    EXPECT_LT(0u, features["Spool"]["FreeBytes"].asUInt64());
    EXPECT_FALSE(features["Webhooks"]["IsUsed"].asBool());
  }

  TEST(AppHandlers, FeaturesTellWhoAsks)
  {
    Settings settings;
    settings.jobs.isOwnOnly = true;
    settings.jobs.administrators = {"boss"};
    settings.host.hasAuthentication = true;
    settings.host.isReadOnly = true;
    RestFixture fixture(HOST_C, settings);

    const Json::Value boss = ReadFeatures(fixture, false, "boss");
    const Json::Value other = ReadFeatures(fixture, false, "other");

    EXPECT_TRUE(boss["SeesAllJobs"].asBool());
    EXPECT_FALSE(other["SeesAllJobs"].asBool());
    EXPECT_EQ("other", other["User"].asString());
    EXPECT_TRUE(other["OwnJobsOnly"].asBool());
    EXPECT_TRUE(other["HasUsers"].asBool());
    EXPECT_TRUE(other["IsReadOnly"].asBool());
    EXPECT_FALSE(other["CanStream"].asBool());
  }

  TEST(AppHandlers, OldHostsAreNeverReadOnly)
  {
    Settings settings;
    settings.host.isReadOnly = true;
    RestFixture fixture(HOST_A, settings);

    EXPECT_FALSE(ReadFeatures(fixture, false)["IsReadOnly"].asBool());
  }
} // namespace OrthancPlugins
