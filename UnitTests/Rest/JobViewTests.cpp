// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../Plugin/Rest/JobView.h"

#include "RestFixture.h"

#include <gtest/gtest.h>
#include <json/reader.h>
#include <json/value.h>

#include <sstream>

namespace OrthancPlugins
{
  namespace
  {
    // 2023-11-14T22:13:20Z
    constexpr std::int64_t START = 1'700'000'000'000'000;
    constexpr std::int64_t SECOND = 1'000'000;

    Json::Value Parse(const std::string& text)
    {
      Json::Value value;
      std::istringstream(text) >> value;
      return value;
    }

    StreamSnapshot MakeStream(StreamState state)
    {
      StreamSnapshot stream;
      stream.id = "b0000000-0000-4000-8000-000000000000";
      stream.state = state;
      stream.request.filename = "a.zip";
      stream.request.priority = 3;
      stream.instancesCount = 7;
      stream.uncompressedBytes = 1000;
      stream.createdMicroseconds = START;
      stream.startedMicroseconds = START + SECOND;
      return stream;
    }

    bool IsNever(const std::string&)
    {
      return false;
    }
  } // namespace

  TEST(JobView, SubmissionHasTheLookOfTheHost)
  {
    EXPECT_EQ("{\n   \"ID\" : \"x\",\n   \"Path\" : \"/jobs/x\"\n}", FormatSubmission("x"));
  }

  TEST(JobView, PendingStream)
  {
    StreamSnapshot stream = MakeStream(StreamState::Pending);
    stream.startedMicroseconds = 0;

    const Json::Value job = Parse(FormatStream(stream, START + 5 * SECOND + 42));

    EXPECT_EQ(stream.id, job["ID"].asString());
    EXPECT_EQ("Archive", job["Type"].asString());
    EXPECT_EQ("Pending", job["State"].asString());
    EXPECT_EQ(3, job["Priority"].asInt());
    EXPECT_EQ(0, job["Progress"].asInt());
    EXPECT_EQ(0, job["ErrorCode"].asInt());
    EXPECT_EQ("Success", job["ErrorDescription"].asString());
    EXPECT_EQ("", job["ErrorDetails"].asString());
    EXPECT_EQ("20231114T221320.000000", job["CreationTime"].asString());
    EXPECT_EQ("20231114T221325.000042", job["Timestamp"].asString());
    EXPECT_EQ(0.0, job["EffectiveRuntime"].asDouble());
    EXPECT_EQ(7, job["Content"]["InstancesCount"].asInt());
    EXPECT_EQ("1000", job["Content"]["UncompressedSize"].asString());
    EXPECT_FALSE(job.isMember("CompletionTime"));
    EXPECT_FALSE(job.isMember("EstimatedTimeOfArrival"));
    EXPECT_FALSE(job.isMember("UserData"));
  }

  TEST(JobView, RunningStreamEstimatesItsEnd)
  {
    StreamSnapshot stream = MakeStream(StreamState::Running);
    stream.inputBytesDone = 250;

    const Json::Value job = Parse(FormatStream(stream, START + 3 * SECOND));

    EXPECT_EQ("Running", job["State"].asString());
    EXPECT_EQ(25, job["Progress"].asInt());
    EXPECT_EQ(2.0, job["EffectiveRuntime"].asDouble());
    EXPECT_EQ("20231114T221329.000000", job["EstimatedTimeOfArrival"].asString());
    EXPECT_FALSE(job.isMember("CompletionTime"));
  }

  TEST(JobView, NoEstimateFromAlmostNothing)
  {
    StreamSnapshot stream = MakeStream(StreamState::Running);
    stream.inputBytesDone = 10;
    EXPECT_FALSE(
      Parse(FormatStream(stream, START + 3 * SECOND)).isMember("EstimatedTimeOfArrival"));

    stream.inputBytesDone = 500;
    EXPECT_FALSE(Parse(FormatStream(stream, START + SECOND)).isMember("EstimatedTimeOfArrival"));

    stream.uncompressedBytes = 0;
    EXPECT_EQ(0, Parse(FormatStream(stream, START + 3 * SECOND))["Progress"].asInt());
  }

  TEST(JobView, StreamThatOutgrewItsPlanStaysBelowTheEnd)
  {
    StreamSnapshot stream = MakeStream(StreamState::Running);
    stream.inputBytesDone = 5000;

    EXPECT_EQ(100, Parse(FormatStream(stream, START + 2 * SECOND))["Progress"].asInt());
  }

  TEST(JobView, FinishedStream)
  {
    StreamSnapshot stream = MakeStream(StreamState::Success);
    stream.inputBytesDone = 1000;
    stream.archiveBytes = 600;
    stream.completedMicroseconds = START + SECOND + 1'234'567;
    stream.request.userDataJson = "{\"a\":[1]}";

    const Json::Value job = Parse(FormatStream(stream, START + 100 * SECOND));

    EXPECT_EQ("Success", job["State"].asString());
    EXPECT_EQ(100, job["Progress"].asInt());
    EXPECT_EQ(1.234, job["EffectiveRuntime"].asDouble());
    EXPECT_EQ("20231114T221322.234567", job["CompletionTime"].asString());
    EXPECT_EQ("600", job["Content"]["ArchiveSize"].asString());
    EXPECT_EQ(1, job["UserData"]["a"][0].asInt());
    EXPECT_FALSE(job.isMember("EstimatedTimeOfArrival"));
  }

  TEST(JobView, FailedStreamTellsWhy)
  {
    StreamSnapshot stream = MakeStream(StreamState::Failure);
    stream.startedMicroseconds = 0;
    stream.completedMicroseconds = START + SECOND;
    stream.failureKind = FailureKind::Canceled;
    stream.failureText = "the reason";

    const Json::Value job = Parse(FormatStream(stream, START + 100 * SECOND));

    EXPECT_EQ("Failure", job["State"].asString());
    EXPECT_EQ(37, job["ErrorCode"].asInt());
    EXPECT_NE("Success", job["ErrorDescription"].asString());
    EXPECT_EQ("the reason", job["ErrorDetails"].asString());
    EXPECT_EQ("the reason", job["Content"]["ErrorDetails"].asString());
    EXPECT_EQ(0.0, job["EffectiveRuntime"].asDouble());
    EXPECT_TRUE(job.isMember("CompletionTime"));
  }

  TEST(JobView, OurFailedJobShowsWhatTheHostDoesNotKnow)
  {
    const Json::Value job = Parse(AmendJob(
      "{\"ID\": \"x\", \"State\": \"Failure\", \"ErrorCode\": 1, \"ErrorDescription\": \"Plugin\","
      "\"ErrorDetails\": \"\", \"Content\": {\"ErrorCode\": 19, \"ErrorDescription\": \"Full\","
      "\"ErrorDetails\": \"no space\", \"UserData\": [5]}}"));

    EXPECT_EQ(19, job["ErrorCode"].asInt());
    EXPECT_EQ("Full", job["ErrorDescription"].asString());
    EXPECT_EQ("no space", job["ErrorDetails"].asString());
    EXPECT_EQ(5, job["UserData"][0].asInt());
  }

  TEST(JobView, NothingIsLiftedThatIsNotThere)
  {
    const char* ROWS[] = {
      "{\"State\":\"Failure\",\"ErrorCode\":37,\"Content\":{}}",
      "{\"State\":\"Running\",\"ErrorCode\":0,\"Content\":{\"ErrorCode\":19}}",
      "{\"State\":\"Failure\",\"ErrorCode\":1}",
      "{\"State\":\"Failure\",\"ErrorCode\":1,\"Content\":\"text\"}",
      "[]",
    };

    for (const char* row : ROWS)
    {
      EXPECT_EQ(Parse(row), Parse(AmendJob(row))) << row;
    }
  }

  TEST(JobView, FailureOfAJobIsItsState)
  {
    EXPECT_TRUE(IsFailedJob("{\"State\": \"Failure\"}"));
    for (const char* other : {"{\"State\": \"Running\"}", "{}", "[]", "{\"State\": 5}"})
    {
      EXPECT_FALSE(IsFailedJob(other)) << other;
    }
  }

  TEST(JobView, ListsAreMergedInOrder)
  {
    const std::vector<StreamSnapshot> streams = {MakeStream(StreamState::Running)};

    EXPECT_EQ("[\n   \"a\",\n   \"b0000000-0000-4000-8000-000000000000\",\n   \"c\"\n]",
              MergeJobIds("[ \"a\", \"c\" ]\n", streams));
    EXPECT_EQ("[]", MergeJobIds("[]", {}));
    EXPECT_EQ("[\n   \"x\"\n]", MergeJobIds("[\"x\"]", {}));
  }

  TEST(JobView, ExpandedListsKeepForeignJobs)
  {
    const std::string host = "[ { \"ID\": \"c\", \"Type\": \"Store\", \"State\": \"Failure\","
                             "\"ErrorCode\": 9, \"EffectiveRuntime\": 0.123, \"Content\": {"
                             "\"ErrorCode\": 5, \"UserData\": 1, \"Text\": \"\\u00e9\"} } ]";

    const Json::Value list =
      Parse(MergeJobs(host, {MakeStream(StreamState::Running)}, START, &IsNever));

    ASSERT_EQ(2u, list.size());
    EXPECT_EQ("Running", list[0]["State"].asString());
    EXPECT_EQ(Parse(host)[0], list[1]);
  }

  TEST(JobView, ExpandedListsCompleteOurJobs)
  {
    const std::string host =
      "[{\"ID\":\"ours\",\"State\":\"Failure\",\"ErrorCode\":1,\"Content\":{\"ErrorCode\":19}},"
      "{\"ID\":\"theirs\",\"State\":\"Failure\",\"ErrorCode\":1,\"Content\":{\"ErrorCode\":19}}]";

    const Json::Value list =
      Parse(MergeJobs(host, {}, START, [](const std::string& id) { return id == "ours"; }));

    EXPECT_EQ(19, list[0]["ErrorCode"].asInt());
    EXPECT_EQ(1, list[1]["ErrorCode"].asInt());
  }

  TEST(JobView, WhatIsNoListIsAFailure)
  {
    const std::string DEEP = std::string(5000, '[') + std::string(5000, ']');
    for (const char* text : {"", "{}", "nonsense", "[", "5", DEEP.c_str()})
    {
      EXPECT_EQ(FailureKind::Internal, CatchFailure([&] { MergeJobIds(text, {}); })) << text;
      EXPECT_EQ(FailureKind::Internal, CatchFailure([&] { MergeJobs(text, {}, START, &IsNever); }))
        << text;
    }
  }
} // namespace OrthancPlugins
