// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../Plugin/Core/Failure.h"
#include "../../Plugin/Host/HostConfiguration.h"
#include "../../Plugin/Host/OrthancRestApi.h"
#include "../../Plugin/Host/SystemClock.h"
#include "../Fakes/FakeOrthanc.h"

#include <gtest/gtest.h>
#include <json/value.h>

namespace OrthancPlugins
{
  namespace
  {
    HostAnswer
    CallFailing(const std::string& version, HttpMethod method, OrthancPluginErrorCode code)
    {
      FakeOrthanc host(version);
      host.onRest = [code](const std::string&, const std::string&)
      {
        FakeOrthanc::RestAnswer answer;
        answer.code = code;
        return answer;
      };
      return OrthancRestApi(host.GetContext(), host.GetVersion()).Call(method, "/jobs/x", "");
    }
  } // namespace

  TEST(OrthancRestApi, AnswersComeWithStatusBodyAndHeaders)
  {
    FakeOrthanc host("1.12.7");
    host.onRest = [](const std::string& call, const std::string& body)
    {
      EXPECT_EQ("POST /jobs/x/pause", call);
      EXPECT_EQ("{\"a\":1}", body);
      FakeOrthanc::RestAnswer answer;
      answer.status = 404;
      answer.body = std::string("a\0b", 3);
      answer.headers = "{\"Content-Type\" : \"application/zip\"}";
      return answer;
    };
    OrthancRestApi api(host.GetContext(), host.GetVersion());

    const HostAnswer answer = api.Call(HttpMethod::Post, "/jobs/x/pause", "{\"a\":1}");

    EXPECT_EQ(404u, answer.status);
    EXPECT_EQ(std::string("a\0b", 3), answer.body);
    EXPECT_EQ("application/zip", answer.headers.at("content-type"));
    EXPECT_EQ(0, answer.errorCode);
  }

  TEST(OrthancRestApi, CodesOfTheHostBecomeItsStatus)
  {
    const HostAnswer answer =
      CallFailing("1.12.7", HttpMethod::Get, OrthancPluginErrorCode_InexistentItem);
    EXPECT_EQ(404u, answer.status);
    EXPECT_EQ(7, answer.errorCode);
    EXPECT_EQ("", answer.body);
    EXPECT_EQ(
      500u,
      CallFailing("1.12.7", HttpMethod::Post, OrthancPluginErrorCode_BadSequenceOfCalls).status);
    EXPECT_EQ(400u,
              CallFailing("1.10.1", HttpMethod::Put, OrthancPluginErrorCode_BadRequest).status);
  }

  TEST(OrthancRestApi, EmptyAnswersThatTheHostHidesComeBack)
  {
    struct Row
    {
      const char* version;
      HttpMethod method;
      unsigned status;
      int errorCode;
    };
    for (const Row& row :
         {Row{"1.10.1", HttpMethod::Get, 404, 0}, Row{"1.10.1", HttpMethod::Post, 400, 0},
          Row{"1.12.7", HttpMethod::Get, 404, 0}, Row{"1.12.7", HttpMethod::Post, 400, 0},
          Row{"1.12.7", HttpMethod::Delete, 404, 0}, Row{"1.13.0", HttpMethod::Post, 400, 0},
          Row{"1.13.0", HttpMethod::Get, 404, 17}})
    {
      const HostAnswer answer =
        CallFailing(row.version, row.method, OrthancPluginErrorCode_UnknownResource);
      EXPECT_EQ(row.status, answer.status) << row.version;
      EXPECT_EQ(row.errorCode, answer.errorCode) << row.version;
    }
  }

  TEST(OrthancRestApi, BuffersOfAFailedCallAreNotFreedTwice)
  {
    const HostAnswer answer =
      CallFailing("1.12.7", HttpMethod::Get, OrthancPluginErrorCode_NotEnoughMemory);

    EXPECT_EQ(500u, answer.status);
    EXPECT_EQ(4, answer.errorCode);
  }

  TEST(OrthancRestApi, JsonInAndOut)
  {
    FakeOrthanc host("1.10.1");
    host.uris["GET /a"] = "{\"x\": [1, 2]}";
    host.uris["POST /b"] = "[]";
    OrthancRestApi api(host.GetContext(), host.GetVersion());

    EXPECT_EQ(2, api.GetJson("/a")["x"][1].asInt());
    EXPECT_EQ("{\"x\": [1, 2]}", api.GetText("/a"));
    Json::Value body = Json::objectValue;
    body["k"] = "v";
    EXPECT_TRUE(api.PostJson("/b", body).isArray());
    EXPECT_EQ("{\"k\":\"v\"}", host.posts.back());
  }

  TEST(OrthancRestApi, RepresentationsAreAskedForByMediaType)
  {
    FakeOrthanc host("1.12.7");
    host.onRest = [](const std::string& call, const std::string& headers)
    {
      EXPECT_EQ("Accept: image/jpeg\n", headers);
      FakeOrthanc::RestAnswer answer;
      answer.code = call == "GET /instances/a/rendered" ? OrthancPluginErrorCode_Success
                                                        : OrthancPluginErrorCode_BadFileFormat;
      answer.body = std::string("\xff\xd8\0x", 4);
      return answer;
    };
    OrthancRestApi api(host.GetContext(), host.GetVersion());

    EXPECT_EQ(std::string("\xff\xd8\0x", 4),
              api.FindRepresentation("/instances/a/rendered", "image/jpeg"));
    EXPECT_FALSE(api.FindRepresentation("/instances/b/rendered", "image/jpeg").has_value());
  }

  TEST(OrthancRestApi, HelpersThrow)
  {
    FakeOrthanc host("1.10.1");
    host.uris["GET /text"] = "no JSON";
    host.uris["GET /empty"] = "";
    host.uris["GET /deep"] = std::string(5000, '[');
    OrthancRestApi api(host.GetContext(), host.GetVersion());

    for (const auto& [path, kind] : {std::make_pair("/unknown", FailureKind::UnknownResource),
                                     std::make_pair("/text", FailureKind::Internal),
                                     std::make_pair("/empty", FailureKind::Internal),
                                     std::make_pair("/deep", FailureKind::Internal)})
    {
      try
      {
        api.GetJson(path);
        ADD_FAILURE() << path;
      }
      catch (const Failure& failure)
      {
        EXPECT_EQ(kind, failure.GetKind()) << path;
      }
    }
    EXPECT_THROW(api.GetText("/unknown"), Failure);
    EXPECT_THROW(api.PostJson("/unknown", Json::objectValue), Failure);
  }

  TEST(HostConfiguration, IsTheTextOfTheHost)
  {
    FakeOrthanc host("1.10.1");
    host.configuration = "{\"Name\": \"x\"}";

    EXPECT_EQ("{\"Name\": \"x\"}", GetHostConfiguration(host.GetContext()));
    host.failing[_OrthancPluginService_GetConfiguration] = OrthancPluginErrorCode_Plugin;
    EXPECT_THROW(GetHostConfiguration(host.GetContext()), Failure);
  }

  TEST(SystemClock, IsInThisCentury)
  {
    const SystemClock clock;

    EXPECT_GT(clock.GetNowMicroseconds(), 1'600'000'000'000'000);
    EXPECT_LT(clock.GetNowMicroseconds(), 4'100'000'000'000'000);
  }
} // namespace OrthancPlugins
