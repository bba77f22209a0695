// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../Plugin/Rest/JobView.h"

#include "RestFixture.h"

#include <gtest/gtest.h>
#include <json/reader.h>
#include <json/value.h>

#include <functional>
#include <memory>
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

    JobFacts MakeFacts(JobState state, ArchiveState archiveState)
    {
      ArchiveRecord record;
      record.id = "a0000000-0000-4000-8000-000000000000";
      record.state = archiveState;
      record.request.filename = "a.zip";
      record.request.resources = {"study"};
      record.instancesCount = 7;
      record.uncompressedBytes = 1000;
      record.createdMicroseconds = START;
      record.completedMicroseconds = archiveState == ArchiveState::Pending ? 0 : START + 9 * SECOND;
      record.sizeBytes = archiveState == ArchiveState::Ready ? 600 : 0;

      JobFacts facts;
      facts.jobId = "c0000000-0000-4000-8000-000000000000";
      facts.state = state;
      facts.priority = 4;
      facts.record = std::make_shared<const ArchiveRecord>(record);
      facts.status.state = state;
      facts.status.inputBytesTotal = 1000;
      return facts;
    }

    void Change(JobFacts& facts, const std::function<void(ArchiveRecord&)>& change)
    {
      ArchiveRecord record = *facts.record;
      change(record);
      facts.record = std::make_shared<const ArchiveRecord>(record);
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

  // ---- Asynchronous jobs

  TEST(JobView, WaitingJob)
  {
    JobFacts facts = MakeFacts(JobState::Pending, ArchiveState::Pending);
    facts.queuePosition = 3;

    const Json::Value job = Parse(FormatJob(facts, std::nullopt, START + 5 * SECOND));

    EXPECT_EQ(facts.jobId, job["ID"].asString());
    EXPECT_EQ("Archive", job["Type"].asString());
    EXPECT_EQ("Pending", job["State"].asString());
    EXPECT_EQ(4, job["Priority"].asInt());
    EXPECT_EQ(0, job["Progress"].asInt());
    EXPECT_EQ(0, job["ErrorCode"].asInt());
    EXPECT_EQ("Success", job["ErrorDescription"].asString());
    EXPECT_EQ("", job["ErrorDetails"].asString());
    EXPECT_EQ("20231114T221320.000000", job["CreationTime"].asString());
    EXPECT_EQ("20231114T221325.000000", job["Timestamp"].asString());
    EXPECT_EQ(0.0, job["EffectiveRuntime"].asDouble());
    EXPECT_EQ("1000", job["Content"]["UncompressedSize"].asString());
    EXPECT_EQ(3, job["Content"]["QueuePosition"].asInt());
    EXPECT_EQ("study", job["Content"]["Resources"][0].asString());
    EXPECT_EQ(1, job["Content"]["ResourcesCount"].asInt());
    EXPECT_EQ(0, job["Content"]["Attempts"].asInt());
    EXPECT_FALSE(job["Content"]["Reused"].asBool());
    for (const char* name : {"CompletionTime", "EstimatedTimeOfArrival", "UserData"})
    {
      EXPECT_FALSE(job.isMember(name)) << name;
    }
    for (const char* name : {"NextAttempt", "BytesPerSecond", "Result", "ErrorCode"})
    {
      EXPECT_FALSE(job["Content"].isMember(name)) << name;
    }
  }

  TEST(JobView, RunningJob)
  {
    JobFacts facts = MakeFacts(JobState::Running, ArchiveState::Pending);
    facts.status.inputBytesDone = 250;
    facts.status.archiveBytes = 150;
    facts.status.runtimeMicroseconds = 2 * SECOND;
    facts.status.asOfMicroseconds = START + 4 * SECOND;
    facts.bytesPerSecond = 125;
    facts.etaMicroseconds = START + 10 * SECOND;
    Change(facts, [](ArchiveRecord& record) { record.request.userDataJson = "{\"a\":[1]}"; });

    const Json::Value job = Parse(FormatJob(facts, std::nullopt, START + 5 * SECOND));

    EXPECT_EQ("Running", job["State"].asString());
    EXPECT_EQ(25, job["Progress"].asInt());
    EXPECT_EQ(3.0, job["EffectiveRuntime"].asDouble()); // a second more since it was reported
    EXPECT_EQ("20231114T221330.000000", job["EstimatedTimeOfArrival"].asString());
    EXPECT_EQ(125, job["Content"]["BytesPerSecond"].asInt());
    EXPECT_EQ("150", job["Content"]["ArchiveSize"].asString());
    EXPECT_EQ(1, job["UserData"]["a"][0].asInt());
    EXPECT_FALSE(job.isMember("CompletionTime"));
  }

  TEST(JobView, RetryTellsWhatHasFailedAndWhenItGoesOn)
  {
    JobFacts facts = MakeFacts(JobState::Retry, ArchiveState::Pending);
    Change(facts,
           [](ArchiveRecord& record)
           {
             record.attempts = 2;
             record.nextAttemptMicroseconds = START + 30 * SECOND;
             record.failureKind = FailureKind::StorageFull;
             record.failureText = "no space";
           });

    const Json::Value job = Parse(FormatJob(facts, std::nullopt, START + 5 * SECOND));

    EXPECT_EQ("Retry", job["State"].asString());
    EXPECT_EQ(0, job["ErrorCode"].asInt());
    EXPECT_EQ(2, job["Content"]["Attempts"].asInt());
    EXPECT_EQ("20231114T221350.000000", job["Content"]["NextAttempt"].asString());
    EXPECT_EQ("no space", job["Content"]["ErrorDetails"].asString());
  }

  TEST(JobView, FinishedJobNamesItsResult)
  {
    JobFacts facts = MakeFacts(JobState::Success, ArchiveState::Ready);
    facts.status.runtimeMicroseconds = 1'234'567;
    Change(facts,
           [](ArchiveRecord& record)
           {
             record.isReused = true;
             record.isPinned = true;
             record.downloadsCount = 5;
           });

    const Json::Value job = Parse(FormatJob(facts, START + 60 * SECOND, START + 50 * SECOND));

    EXPECT_EQ(100, job["Progress"].asInt());
    EXPECT_EQ(1.234, job["EffectiveRuntime"].asDouble());
    EXPECT_EQ("20231114T221329.000000", job["CompletionTime"].asString());
    EXPECT_EQ("600", job["Content"]["ArchiveSize"].asString());
    EXPECT_TRUE(job["Content"]["Reused"].asBool());
    const Json::Value result = job["Content"]["Result"];
    EXPECT_EQ("/jobs/" + facts.jobId + "/archive", result["Path"].asString());
    EXPECT_EQ("600", result["Size"].asString());
    EXPECT_TRUE(result["Pinned"].asBool());
    EXPECT_EQ(5, result["Downloads"].asInt());
    EXPECT_EQ("20231114T221420.000000", result["Expires"].asString());

    const Json::Value kept = Parse(FormatJob(facts, std::nullopt, START + 50 * SECOND));
    EXPECT_FALSE(kept["Content"]["Result"].isMember("Expires"));
  }

  TEST(JobView, EvictedJobIsASuccessWithoutResult)
  {
    const JobFacts facts = MakeFacts(JobState::Success, ArchiveState::Evicted);

    const Json::Value job = Parse(FormatJob(facts, std::nullopt, START + 50 * SECOND));

    EXPECT_EQ("Success", job["State"].asString());
    EXPECT_EQ(100, job["Progress"].asInt());
    EXPECT_FALSE(job["Content"].isMember("Result"));
  }

  TEST(JobView, FailedJobTellsWhy)
  {
    JobFacts facts = MakeFacts(JobState::Failure, ArchiveState::Failed);
    facts.status.inputBytesDone = 500;
    Change(facts,
           [](ArchiveRecord& record)
           {
             record.failureKind = FailureKind::StorageFull;
             record.failureText = "no space";
           });

    const Json::Value job = Parse(FormatJob(facts, std::nullopt, START + 50 * SECOND));

    EXPECT_EQ(50, job["Progress"].asInt());
    EXPECT_EQ(19, job["ErrorCode"].asInt());
    EXPECT_EQ("no space", job["ErrorDetails"].asString());
    EXPECT_EQ(19, job["Content"]["ErrorCode"].asInt());
    EXPECT_TRUE(job.isMember("CompletionTime"));
    EXPECT_FALSE(job["Content"].isMember("Result"));
  }

  TEST(JobView, OfManyResourcesSomeAreNamed)
  {
    JobFacts facts = MakeFacts(JobState::Pending, ArchiveState::Pending);
    Change(facts, [](ArchiveRecord& record) { record.request.resources.assign(1000, "x"); });

    const Json::Value content = Parse(FormatJob(facts, std::nullopt, START))["Content"];

    EXPECT_EQ(100u, content["Resources"].size());
    EXPECT_EQ(1000, content["ResourcesCount"].asInt());
  }

  // ---- Others

  TEST(JobView, Estimate)
  {
    ArchiveEstimate estimate;
    estimate.instancesCount = 3;
    estimate.uncompressedBytes = 5'000'000'000;
    estimate.expectedBytes = 3'000'000;
    estimate.isExact = true;

    EXPECT_EQ("{\n   \"ArchiveSize\" : \"3000000\",\n   \"ArchiveSizeMB\" : 2,\n"
              "   \"InstancesCount\" : 3,\n   \"IsExact\" : true,\n"
              "   \"UncompressedSize\" : \"5000000000\",\n   \"UncompressedSizeMB\" : 4768\n}",
              FormatEstimate(estimate));
  }

  TEST(JobView, StatusIsOneLine)
  {
    JobStatus status;
    status.jobId = "x";
    status.state = JobState::Running;
    status.inputBytesDone = 1;
    status.inputBytesTotal = 2;
    status.archiveBytes = 5'000'000'000;
    status.runtimeMicroseconds = 1'500'999;
    status.bytesPerSecond = 7;

    const std::string line = FormatStatus(status);

    EXPECT_EQ(std::string::npos, line.find('\n'));
    const Json::Value value = Parse(line);
    EXPECT_EQ("x", value["ID"].asString());
    EXPECT_EQ("Running", value["State"].asString());
    EXPECT_EQ(50, value["Progress"].asInt());
    EXPECT_EQ("5000000000", value["ArchiveSize"].asString());
    EXPECT_EQ(7, value["BytesPerSecond"].asInt());
    EXPECT_EQ(1.5, value["EffectiveRuntime"].asDouble());
  }

  TEST(JobView, JobsOfTheHostAreRead)
  {
    const std::vector<HostJob> jobs = ParseHostJobs(
      "[{\"ID\":\"a\",\"Type\":\"Store\",\"State\":\"Paused\",\"Progress\":40,"
      "\"CreationTime\":\"20231114T221320.000001\",\"Content\":{\"ArchiveId\":\"no\"}},"
      "{\"ID\":\"b\",\"Type\":\"Archive\",\"Content\":{\"ArchiveId\":\"yes\"}},"
      "5, {\"ID\":7,\"State\":[],\"Progress\":\"x\",\"CreationTime\":0,\"Content\":1}]");

    ASSERT_EQ(3u, jobs.size());
    EXPECT_EQ("a", jobs[0].id);
    EXPECT_EQ("Store", jobs[0].type);
    EXPECT_EQ(JobState::Paused, jobs[0].state);
    EXPECT_EQ(40, jobs[0].progress);
    EXPECT_EQ(START + 1, jobs[0].createdMicroseconds);
    EXPECT_EQ("", jobs[0].archiveId);
    EXPECT_EQ("yes", jobs[1].archiveId);
    EXPECT_EQ("", jobs[2].id);
  }

  TEST(JobView, WhatIsNoListIsAFailure)
  {
    const std::string DEEP = std::string(5000, '[') + std::string(5000, ']');
    for (const char* text : {"", "{}", "nonsense", "[", "5", DEEP.c_str()})
    {
      EXPECT_EQ(FailureKind::Internal, CatchFailure([&] { ParseHostJobs(text); })) << text;
    }
    for (const char* text : {"", "[]", "nonsense", "{", "5", DEEP.c_str()})
    {
      EXPECT_FALSE(ParseHostJob(text).has_value()) << text;
    }
  }
} // namespace OrthancPlugins
