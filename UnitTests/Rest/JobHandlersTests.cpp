// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../Plugin/Rest/JobHandlers.h"

#include "../../Plugin/Core/Jobs/ArchiveContent.h"
#include "../../Plugin/Rest/ArchiveHandlers.h"

#include "RestFixture.h"

#include <gtest/gtest.h>
#include <json/reader.h>
#include <json/value.h>

#include <sstream>

namespace OrthancPlugins
{
  namespace
  {
    constexpr const char* FOREIGN = "f0000000-0000-4000-8000-000000000000";
    constexpr const char* UNKNOWN = "e0000000-0000-4000-8000-000000000000";

    const HostVersion VERSIONS[] = {HOST_A, HOST_B, HOST_C};

    Json::Value Parse(const std::string& text)
    {
      Json::Value value;
      std::istringstream(text) >> value;
      return value;
    }

    // One asynchronous archive of a small series, submitted but not run. Returns the job's ID
    std::string Submit(RestFixture& fixture, const std::string& extraFields = "")
    {
      if (fixture.store.patients.empty())
      {
        fixture.store.AddSeries("patient", "study", "series", {MakeNoise(5000, 1)});
      }
      const std::string body = "{\"Asynchronous\": true" + extraFields + "}";
      RecordingAnswer answer;
      PostStudyZip(fixture.services, MakePost({"study"}, body), answer);
      return Parse(answer.body)["ID"].asString();
    }

    std::string SubmitAndRun(RestFixture& fixture, const std::string& extraFields = "")
    {
      const std::string jobId = Submit(fixture, extraFields);
      EXPECT_EQ(JobStep::Success, fixture.jobs.Run(fixture.jobs.GetCount() - 1));
      return jobId;
    }

    std::string MakeHostJob(const std::string& id,
                            const std::string& state,
                            int errorCode,
                            const std::string& content)
    {
      return "{\n   \"Content\" : " + content +
             ",\n   \"ErrorCode\" : " + std::to_string(errorCode) + ",\n   \"ID\" : \"" + id +
             "\",\n   \"State\" : \"" + state + "\",\n   \"Type\" : \"Archive\"\n}";
    }

    void SetHostJob(RestFixture& fixture,
                    const std::string& id,
                    const std::string& state,
                    int errorCode = 0,
                    const std::string& content = "{}")
    {
      fixture.host.routes["GET /jobs/" + id] =
        FakeHostRest::MakeJson(MakeHostJob(id, state, errorCode, content));
    }

    // The empty 404 and 400 of the host, as its versions report them to plugins
    HostAnswer MakeEmpty(const HostVersion& version, unsigned status)
    {
      return version.IsAtLeast(1, 12, 8) ? FakeHostRest::MakeStatus(status)
                                         : FakeHostRest::MakeError(status == 404 ? 17 : 8, status);
    }

    ArchiveState GetState(const RestFixture& fixture, const std::string& jobId)
    {
      return fixture.spool.Find(fixture.spool.FindByJob(jobId).value()).value().state;
    }

    void ExpectEmptyStatus(unsigned status, const RecordingAnswer& answer)
    {
      EXPECT_EQ(RecordingAnswer::Kind::EmptyStatus, answer.kind);
      EXPECT_EQ(status, answer.status);
      EXPECT_TRUE(answer.headers.empty());
    }

    void ExpectDone(const RecordingAnswer& answer)
    {
      EXPECT_EQ(RecordingAnswer::Kind::Buffer, answer.kind);
      EXPECT_EQ("{}", answer.body);
      EXPECT_EQ("application/json", answer.mime);
    }

    void ExpectErased(const RecordingAnswer& answer)
    {
      EXPECT_EQ(RecordingAnswer::Kind::Buffer, answer.kind);
      EXPECT_EQ("", answer.body);
      EXPECT_EQ("text/plain", answer.mime);
    }
  } // namespace

  // ---- GET /jobs

  TEST(JobHandlers, ListHasOurStreams)
  {
    for (const HostVersion& version : VERSIONS)
    {
      RestFixture fixture(version);
      fixture.host.routes["GET /jobs"] = FakeHostRest::MakeJson("[ \"00000000\", \"ffffffff-f\" ]");
      const auto ticket = fixture.streams.Begin(ArchiveRequest(), 1, 1);
      RecordingAnswer answer;

      GetJobs(fixture.services, MakeGet({}), answer);

      EXPECT_EQ(RecordingAnswer::Kind::Json, answer.kind);
      const Json::Value list = Parse(answer.body);
      ASSERT_EQ(3u, list.size());
      EXPECT_EQ("00000000", list[0].asString());
      EXPECT_EQ(ticket->GetId(), list[1].asString());
      EXPECT_EQ("ffffffff-f", list[2].asString());
    }
  }

  TEST(JobHandlers, ExpandIsReadAsTheHostsVersionDoes)
  {
    const struct
    {
      HostVersion version;
      const char* text; // null: no such argument
      bool isExpanded;
    } ROWS[] = {
      {HOST_A, nullptr, false}, {HOST_A, "", true},       {HOST_A, "false", true},
      {HOST_A, "0", true},      {HOST_A, "junk", true},   {HOST_B, nullptr, false},
      {HOST_B, "", true},       {HOST_B, "true", true},   {HOST_B, "1", true},
      {HOST_B, "false", false}, {HOST_B, "0", false},     {HOST_C, nullptr, false},
      {HOST_C, "", true},       {HOST_C, "false", false}, {HOST_C, "0", false},
    };

    for (const auto& row : ROWS)
    {
      RestFixture fixture(row.version);
      fixture.host.routes["GET /jobs"] = FakeHostRest::MakeJson("[\"x\"]");
      fixture.host.routes["GET /jobs?expand"] = FakeHostRest::MakeJson("[{\"ID\": \"x\"}]");
      RecordingAnswer answer;

      GetJobs(fixture.services,
              row.text == nullptr ? MakeGet({}) : MakeGet({}, {{"expand", row.text}}), answer);

      EXPECT_EQ(row.isExpanded, Parse(answer.body)[0].isObject());
    }
    for (const char* text : {"yes", "True", "2", " true"})
    {
      for (const HostVersion& version : {HOST_B, HOST_C})
      {
        RestFixture fixture(version);
        RecordingAnswer answer;
        EXPECT_EQ(FailureKind::OutOfRange,
                  CatchFailure(
                    [&] {
                      GetJobs(fixture.services, MakeGet({}, {{"expand", text}}), answer);
                    }));
      }
    }
  }

  TEST(JobHandlers, ExpandedListCompletesOurJobsOnly)
  {
    RestFixture fixture(HOST_C);
    const std::string jobId = Submit(fixture);
    const std::string content = "{\"ErrorCode\": 19, \"UserData\": 5}";
    fixture.host.routes["GET /jobs?expand"] =
      FakeHostRest::MakeJson("[" + MakeHostJob(jobId, "Failure", 1, content) + "," +
                             MakeHostJob(FOREIGN, "Failure", 1, content) + "]");
    RecordingAnswer answer;

    GetJobs(fixture.services, MakeGet({}, {{"expand", ""}}), answer);

    const Json::Value list = Parse(answer.body);
    ASSERT_EQ(2u, list.size());
    EXPECT_EQ(19, list[0]["ErrorCode"].asInt());
    EXPECT_EQ(5, list[0]["UserData"].asInt());
    EXPECT_EQ(1, list[1]["ErrorCode"].asInt());
    EXPECT_FALSE(list[1].isMember("UserData"));
  }

  TEST(JobHandlers, FailureOfTheHostIsNoEmptyList)
  {
    RestFixture fixture(HOST_C);
    RecordingAnswer answer;

    fixture.host.routes["GET /jobs"] = FakeHostRest::MakeError(11, 500);
    EXPECT_EQ(FailureKind::Internal,
              CatchFailure([&] { GetJobs(fixture.services, MakeGet({}), answer); }));
    fixture.host.routes["GET /jobs"] = FakeHostRest::MakeStatus(503);
    GetJobs(fixture.services, MakeGet({}), answer);

    ExpectEmptyStatus(503, answer);
  }

  // ---- GET /jobs/{id}

  TEST(JobHandlers, ForeignJobIsLeftAsItIs)
  {
    RestFixture fixture(HOST_C);
    fixture.host.routes["GET /jobs/" + std::string(FOREIGN)] =
      FakeHostRest::MakeJson("{ any bytes of the host }");
    RecordingAnswer answer;

    GetJob(fixture.services, MakeGet({FOREIGN}), answer);

    EXPECT_EQ(200u, answer.status);
    EXPECT_EQ("{ any bytes of the host }", answer.body);
    EXPECT_EQ("application/json; charset=utf-8", answer.mime);
  }

  TEST(JobHandlers, OurFailedJobTellsWhy)
  {
    for (const HostVersion& version : VERSIONS)
    {
      RestFixture fixture(version);
      const std::string jobId = Submit(fixture, ", \"UserData\": {\"k\": \"v\"}");
      fixture.store.unreadable = {"series-0000"};
      EXPECT_EQ(JobStep::Failure, fixture.jobs.Run(0));
      SetHostJob(fixture, jobId, "Failure", 1, fixture.jobs.GetJob(0).GetContent());
      RecordingAnswer answer;

      GetJob(fixture.services, MakeGet({jobId}), answer);

      const Json::Value job = Parse(answer.body);
      EXPECT_EQ(GetJobErrorCode(FailureKind::SourceMissing), job["ErrorCode"].asInt());
      EXPECT_NE(std::string::npos, job["ErrorDetails"].asString().find("series-0000"));
      EXPECT_EQ("v", job["UserData"]["k"].asString());
    }
  }

  TEST(JobHandlers, StreamIsShownWithoutTheHost)
  {
    RestFixture fixture(HOST_B);
    const auto ticket = fixture.streams.Begin(ArchiveRequest(), 1, 1);
    RecordingAnswer answer;

    GetJob(fixture.services, MakeGet({ticket->GetId()}), answer);

    EXPECT_EQ(RecordingAnswer::Kind::Json, answer.kind);
    EXPECT_EQ("Pending", Parse(answer.body)["State"].asString());
    EXPECT_TRUE(fixture.host.calls.empty());
  }

  TEST(JobHandlers, UnknownJobIsAnEmpty404)
  {
    for (const HostVersion& version : VERSIONS)
    {
      RestFixture fixture(version);
      fixture.host.routes["GET /jobs/" + std::string(UNKNOWN)] = MakeEmpty(version, 404);
      RecordingAnswer answer;

      GetJob(fixture.services, MakeGet({UNKNOWN}), answer);

      ExpectEmptyStatus(404, answer);
    }
  }

  TEST(JobHandlers, StrangeIdentifiersNeverReachTheHost)
  {
    for (const char* id : {"?expand", "a/b", "a%2Fb", "..", "a b", "a#b", "", "a?b", "\xC3\xA9"})
    {
      RestFixture fixture(HOST_C);
      RecordingAnswer get;
      RecordingAnswer post;
      RecordingAnswer other;

      GetJob(fixture.services, MakeGet({id}), get);
      PostJobVerb(fixture.services, MakePost({id, "cancel"}, ""), post);

      ExpectEmptyStatus(404, get);
      ExpectEmptyStatus(400, post);
      EXPECT_EQ(FailureKind::NotFound,
                CatchFailure([&] { EraseJob(fixture.services, MakeDelete({id}), other); }));
      EXPECT_EQ(FailureKind::NotFound,
                CatchFailure(
                  [&] {
                    GetJobOutput(fixture.services, MakeGet({id, "archive"}), other);
                  }));
      EXPECT_EQ(FailureKind::NotFound,
                CatchFailure(
                  [&] {
                    GetJobOutput(fixture.services, MakeGet({FOREIGN, id}), other);
                  }));
      EXPECT_EQ(FailureKind::NotFound,
                CatchFailure(
                  [&] {
                    EraseJobOutput(fixture.services, MakeDelete({FOREIGN, id}), other);
                  }));
      EXPECT_TRUE(fixture.host.calls.empty()) << id;
    }
  }

  // ---- POST /jobs/{id}/{verb}

  TEST(JobHandlers, VerbsAreDelegated)
  {
    for (const HostVersion& version : VERSIONS)
    {
      for (const std::string verb : {"cancel", "pause", "resume", "resubmit"})
      {
        RestFixture fixture(version);
        const std::string path = "/jobs/" + std::string(FOREIGN) + "/" + verb;
        HostAnswer done = FakeHostRest::MakeJson("{}");
        done.headers["content-type"] = "application/json";
        fixture.host.routes["POST " + path] = done;
        RecordingAnswer answer;

        PostJobVerb(fixture.services, MakePost({FOREIGN, verb}, "ignored"), answer);

        ExpectDone(answer);
        EXPECT_EQ(std::vector<std::string>{"POST " + path}, fixture.host.calls);
      }
    }
  }

  TEST(JobHandlers, RefusedVerbsAreAnEmpty400)
  {
    for (const HostVersion& version : VERSIONS)
    {
      for (const std::string verb : {"cancel", "pause", "resume", "resubmit"})
      {
        for (const HostAnswer& refusal :
             {MakeEmpty(version, 400), MakeEmpty(version, 404), FakeHostRest::MakeStatus(400)})
        {
          RestFixture fixture(version);
          fixture.host.routes["POST /jobs/" + std::string(UNKNOWN) + "/" + verb] = refusal;
          RecordingAnswer answer;

          PostJobVerb(fixture.services, MakePost({UNKNOWN, verb}, ""), answer);

          ExpectEmptyStatus(400, answer);
        }
      }
    }
  }

  TEST(JobHandlers, ErrorsOfTheHostStayErrors)
  {
    RestFixture fixture(HOST_C);
    fixture.host.routes["POST /jobs/" + std::string(FOREIGN) + "/resubmit"] =
      FakeHostRest::MakeError(6, 500);
    RecordingAnswer answer;

    EXPECT_EQ(FailureKind::Internal,
              CatchFailure(
                [&] {
                  PostJobVerb(fixture.services, MakePost({FOREIGN, "resubmit"}, ""), answer);
                }));
    EXPECT_EQ(RecordingAnswer::Kind::None, answer.kind);
  }

  TEST(JobHandlers, OtherVerbsAreNotAllowed)
  {
    for (const HostVersion& version : VERSIONS)
    {
      for (const char* verb : {"archive", "Cancel", "stop", "", "cancel "})
      {
        RestFixture fixture(version);
        RecordingAnswer answer;

        PostJobVerb(fixture.services, MakePost({FOREIGN, verb}, ""), answer);

        EXPECT_EQ(RecordingAnswer::Kind::NotAllowed, answer.kind);
        EXPECT_EQ(version.IsAtLeast(1, 12, 1) ? "GET,DELETE" : "GET", answer.allowed);
        EXPECT_TRUE(fixture.host.calls.empty());
      }
    }
  }

  TEST(JobHandlers, CanceledWhilePendingSettlesTheArchive)
  {
    RestFixture fixture(HOST_A);
    const std::string jobId = Submit(fixture);
    fixture.host.routes["POST /jobs/" + jobId + "/cancel"] = FakeHostRest::MakeJson("{}");
    SetHostJob(fixture, jobId, "Failure", 37);
    RecordingAnswer answer;

    PostJobVerb(fixture.services, MakePost({jobId, "cancel"}, ""), answer);

    EXPECT_EQ("{}", answer.body);
    EXPECT_EQ(ArchiveState::Failed, GetState(fixture, jobId));
    EXPECT_EQ(FailureKind::Canceled,
              fixture.spool.Find(*fixture.spool.FindByJob(jobId))->failureKind);
  }

  TEST(JobHandlers, CanceledWhileRunningIsLeftToTheJob)
  {
    RestFixture fixture(HOST_C);
    const std::string jobId = Submit(fixture);
    fixture.host.routes["POST /jobs/" + jobId + "/cancel"] = FakeHostRest::MakeJson("{}");
    SetHostJob(fixture, jobId, "Running");
    RecordingAnswer answer;

    PostJobVerb(fixture.services, MakePost({jobId, "cancel"}, ""), answer);

    EXPECT_EQ(ArchiveState::Pending, GetState(fixture, jobId));
  }

  TEST(JobHandlers, RefusedOrUselessCancelChangesNothing)
  {
    RestFixture fixture(HOST_C);
    const std::string pending = Submit(fixture);
    const std::string ready = SubmitAndRun(fixture);
    fixture.host.routes["POST /jobs/" + ready + "/cancel"] = FakeHostRest::MakeJson("{}");
    SetHostJob(fixture, pending, "Failure", 37);
    SetHostJob(fixture, ready, "Success");
    RecordingAnswer refused;
    RecordingAnswer useless;

    PostJobVerb(fixture.services, MakePost({pending, "cancel"}, ""), refused);
    PostJobVerb(fixture.services, MakePost({ready, "cancel"}, ""), useless);

    ExpectEmptyStatus(400, refused);
    EXPECT_EQ(ArchiveState::Pending, GetState(fixture, pending));
    EXPECT_EQ(ArchiveState::Ready, GetState(fixture, ready));
  }

  TEST(JobHandlers, VerbsOfStreams)
  {
    const struct
    {
      const char* verb;
      bool hasEnded;
      bool isDone;
    } ROWS[] = {
      {"cancel", false, true},    {"cancel", true, true},    {"pause", false, false},
      {"pause", true, true},      {"resume", false, false},  {"resume", true, false},
      {"resubmit", false, false}, {"resubmit", true, false},
    };

    for (const auto& row : ROWS)
    {
      RestFixture fixture(HOST_C);
      const auto ticket = fixture.streams.Begin(ArchiveRequest(), 1, 1);
      ticket->WaitForSlot();
      if (row.hasEnded)
      {
        ticket->FinishFailure(FailureKind::ClientGone, "gone");
      }
      RecordingAnswer answer;

      PostJobVerb(fixture.services, MakePost({ticket->GetId(), row.verb}, ""), answer);

      if (row.isDone)
      {
        ExpectDone(answer);
      }
      else
      {
        ExpectEmptyStatus(400, answer);
      }
      EXPECT_TRUE(fixture.host.calls.empty());
    }
  }

  TEST(JobHandlers, CancelEndsARunningStream)
  {
    RestFixture fixture(HOST_C);
    const auto ticket = fixture.streams.Begin(ArchiveRequest(), 1, 1);
    ticket->WaitForSlot();
    RecordingAnswer answer;

    PostJobVerb(fixture.services, MakePost({ticket->GetId(), "cancel"}, ""), answer);

    EXPECT_EQ(FailureKind::Canceled, CatchFailure([&] { ticket->Report(1, 1); }));
  }

  // ---- DELETE /jobs/{id}

  TEST(JobHandlers, ErasingAnEndedStreamForgetsIt)
  {
    for (const HostVersion& version : VERSIONS)
    {
      RestFixture fixture(version);
      const auto ticket = fixture.streams.Begin(ArchiveRequest(), 1, 1);
      const std::string id = ticket->GetId();
      RecordingAnswer answer;

      EXPECT_EQ(FailureKind::NotFound,
                CatchFailure([&] { EraseJob(fixture.services, MakeDelete({id}), answer); }));
      ticket->FinishSuccess(ArchiveReport());
      EraseJob(fixture.services, MakeDelete({id}), answer);

      ExpectErased(answer);
      EXPECT_FALSE(fixture.streams.Find(id).has_value());
    }
  }

  TEST(JobHandlers, OldHostsCannotEraseJobs)
  {
    RestFixture fixture(HOST_A);
    const std::string jobId = SubmitAndRun(fixture);
    for (const std::string& id : {jobId, std::string(FOREIGN)})
    {
      RecordingAnswer answer;

      EraseJob(fixture.services, MakeDelete({id}), answer);

      EXPECT_EQ(RecordingAnswer::Kind::NotAllowed, answer.kind);
      EXPECT_EQ("GET", answer.allowed);
    }
    EXPECT_EQ(ArchiveState::Ready, GetState(fixture, jobId));
    EXPECT_TRUE(fixture.host.calls.empty());
  }

  TEST(JobHandlers, ErasingOurJobErasesItsArchive)
  {
    for (const HostVersion& version : {HOST_B, HOST_C})
    {
      RestFixture fixture(version);
      const std::string jobId = SubmitAndRun(fixture);
      HostAnswer done;
      done.status = 200;
      done.headers["content-type"] = "text/plain";
      fixture.host.routes["DELETE /jobs/" + jobId] = done;
      RecordingAnswer answer;

      EraseJob(fixture.services, MakeDelete({jobId}), answer);

      ExpectErased(answer);
      EXPECT_FALSE(fixture.spool.FindByJob(jobId).has_value());
      EXPECT_EQ(0u, fixture.CountFiles());
    }
  }

  TEST(JobHandlers, ErasingAJobThatTheHostForgotErasesItsArchive)
  {
    RestFixture fixture(HOST_B);
    const std::string jobId = SubmitAndRun(fixture);
    fixture.host.routes["DELETE /jobs/" + jobId] = FakeHostRest::MakeError(7, 404);
    fixture.host.routes["GET /jobs/" + jobId] = MakeEmpty(HOST_B, 404);
    RecordingAnswer answer;

    EraseJob(fixture.services, MakeDelete({jobId}), answer);

    ExpectErased(answer);
    EXPECT_EQ(0u, fixture.CountFiles());
  }

  TEST(JobHandlers, WhatTheHostDoesNotEraseStays)
  {
    for (const HostVersion& version : {HOST_B, HOST_C})
    {
      RestFixture fixture(version);
      const std::string running = Submit(fixture);
      const std::string ready = SubmitAndRun(fixture);
      for (const std::string& id : {running, ready, std::string(UNKNOWN)})
      {
        fixture.host.routes["DELETE /jobs/" + id] = FakeHostRest::MakeError(7, 404);
      }
      SetHostJob(fixture, ready, "Success");
      RecordingAnswer answer;

      for (const std::string& id : {running, ready, std::string(UNKNOWN)})
      {
        EXPECT_EQ(FailureKind::NotFound,
                  CatchFailure([&] { EraseJob(fixture.services, MakeDelete({id}), answer); }));
      }
      EXPECT_EQ(ArchiveState::Pending, GetState(fixture, running));
      EXPECT_EQ(ArchiveState::Ready, GetState(fixture, ready));
    }
  }

  // ---- GET /jobs/{id}/archive

  TEST(JobHandlers, FinishedArchiveIsSent)
  {
    const struct
    {
      HostVersion version;
      const char* fields;
      const char* disposition;
    } ROWS[] = {
      {HOST_A, "", "filename=\"archive.zip\""},
      {HOST_B, "", "filename=\"study.zip\""},
      {HOST_C, "", "filename=\"study.zip\""},
      {HOST_A, ", \"Filename\": \"my.zip\"", "filename=\"my.zip\""},
      {HOST_B, ", \"Filename\": \"my.zip\"", "filename=\"my.zip\""},
      {HOST_C, ", \"Filename\": \"m\\\"y\\r\\n.zip\"", "filename=\"my.zip\""},
    };

    for (const auto& row : ROWS)
    {
      RestFixture fixture(row.version);
      const std::string jobId = SubmitAndRun(fixture, row.fields);
      RecordingAnswer answer;

      GetJobOutput(fixture.services, MakeGet({jobId, "archive"}), answer);

      EXPECT_EQ(RecordingAnswer::Kind::File, answer.kind);
      EXPECT_EQ("application/zip", answer.mime);
      EXPECT_EQ(row.disposition, answer.headers["Content-Disposition"]);
      EXPECT_EQ(1u, answer.headers.size());
      ASSERT_TRUE(ListZip(answer.body).has_value());
      EXPECT_EQ(1u, ListZip(answer.body)->size());
      EXPECT_TRUE(fixture.host.calls.empty()); // the host may have forgotten the job
    }
  }

  TEST(JobHandlers, PagesAddUpToTheArchive)
  {
    RestFixture fixture(HOST_A);
    const std::string jobId = SubmitAndRun(fixture);
    RecordingAnswer whole;
    GetJobOutput(fixture.services, MakeGet({jobId, "archive"}), whole);

    std::string pages;
    std::optional<FailureKind> end;
    while (!end.has_value() && pages.size() <= whole.body.size())
    {
      RecordingAnswer page;
      page.maxFileBytes = 1000;
      end = CatchFailure(
        [&]
        {
          GetJobOutput(fixture.services,
                       MakeGet({jobId, "archive"},
                               {{"offset", std::to_string(pages.size())}, {"length", "1000"}}),
                       page);
        });
      pages += page.body;
    }

    EXPECT_EQ(FailureKind::RangeInvalid, end);
    EXPECT_TRUE(whole.body == pages);
  }

  TEST(JobHandlers, ArchiveBeyondOneAnswerNamesThePages)
  {
    RestFixture fixture(HOST_A);
    const std::string jobId = SubmitAndRun(fixture);
    RecordingAnswer answer;
    answer.maxFileBytes = 1000;

    std::string message;
    EXPECT_EQ(FailureKind::TooLarge,
              CatchFailure(
                [&] {
                  GetJobOutput(fixture.services, MakeGet({jobId, "archive"}), answer);
                },
                &message));
    EXPECT_NE(std::string::npos, message.find("?offset=0&length=1073741824")) << message;
  }

  TEST(JobHandlers, NoArchiveIsNotFound)
  {
    for (const HostVersion& version : VERSIONS)
    {
      RestFixture fixture(version);
      const std::string pending = Submit(fixture);
      const std::string evicted = SubmitAndRun(fixture);
      fixture.spool.Evict(*fixture.spool.FindByJob(evicted));
      const std::string failed = Submit(fixture);
      fixture.store.unreadable = {"series-0000"};
      EXPECT_EQ(JobStep::Failure, fixture.jobs.Run(2));
      const auto ticket = fixture.streams.Begin(ArchiveRequest(), 1, 1);

      for (const std::string& id :
           {pending, evicted, failed, std::string(UNKNOWN), ticket->GetId()})
      {
        RecordingAnswer answer;
        EXPECT_EQ(FailureKind::NotFound,
                  CatchFailure(
                    [&] {
                      GetJobOutput(fixture.services, MakeGet({id, "archive"}), answer);
                    }));
        EXPECT_TRUE(answer.headers.empty());
      }
    }
  }

  TEST(JobHandlers, OtherKeysOfOurJobsAreNotFound)
  {
    for (const char* key : {"cancel", "pause", "resume", "resubmit", "Archive", "other"})
    {
      RestFixture fixture(HOST_B);
      const std::string jobId = SubmitAndRun(fixture);
      fixture.host.routes["GET /jobs/" + jobId + "/" + key] = FakeHostRest::MakeError(7, 404);
      RecordingAnswer answer;

      EXPECT_EQ(FailureKind::NotFound,
                CatchFailure(
                  [&] {
                    GetJobOutput(fixture.services, MakeGet({jobId, key}), answer);
                  }));
    }
  }

  TEST(JobHandlers, ForeignOutputKeepsItsHeaders)
  {
    RestFixture fixture(HOST_C);
    HostAnswer output;
    output.status = 200;
    output.body = std::string("PK\0bytes", 8);
    output.headers["content-type"] = "application/zip";
    output.headers["content-disposition"] = "filename=\"media.zip\"";
    output.headers["x-other"] = "dropped";
    fixture.host.routes["GET /jobs/" + std::string(FOREIGN) + "/archive"] = output;
    RecordingAnswer answer;

    GetJobOutput(fixture.services, MakeGet({FOREIGN, "archive"}), answer);

    EXPECT_EQ(output.body, answer.body);
    EXPECT_EQ("application/zip", answer.mime);
    EXPECT_EQ("filename=\"media.zip\"", answer.headers["Content-Disposition"]);
    EXPECT_EQ(1u, answer.headers.size());
  }

  TEST(JobHandlers, ForeignOutputBeyondThePluginInterfaceNamesTheSwitch)
  {
    RestFixture fixture(HOST_C);
    const std::string route = "GET /jobs/" + std::string(FOREIGN) + "/archive";
    HostAnswer large;
    large.status = 200;
    large.body = std::string(100, 'x');

    for (const HostAnswer& host : {FakeHostRest::MakeError(4, 500), large})
    {
      fixture.host.routes[route] = host;
      RecordingAnswer answer;
      answer.maxFileBytes = 99;
      std::string message;
      EXPECT_EQ(FailureKind::TooLarge,
                CatchFailure(
                  [&] {
                    GetJobOutput(fixture.services, MakeGet({FOREIGN, "archive"}), answer);
                  },
                  &message));
      EXPECT_NE(std::string::npos, message.find("\"Jobs\"")) << message;
      EXPECT_EQ(RecordingAnswer::Kind::None, answer.kind);
    }
  }

  // ---- DELETE /jobs/{id}/archive

  TEST(JobHandlers, ErasingOurArchiveKeepsTheJob)
  {
    for (const HostVersion& version : VERSIONS)
    {
      RestFixture fixture(version);
      const std::string jobId = SubmitAndRun(fixture);
      RecordingAnswer answer;
      RecordingAnswer again;

      EraseJobOutput(fixture.services, MakeDelete({jobId, "archive"}), answer);

      ExpectErased(answer);
      EXPECT_EQ(ArchiveState::Evicted, GetState(fixture, jobId));
      EXPECT_EQ(0u, fixture.CountFiles());
      EXPECT_EQ(FailureKind::NotFound,
                CatchFailure(
                  [&] {
                    EraseJobOutput(fixture.services, MakeDelete({jobId, "archive"}), again);
                  }));
      EXPECT_TRUE(fixture.host.calls.empty());
    }
  }

  TEST(JobHandlers, ErasingForeignOutputs)
  {
    for (const HostVersion& version : VERSIONS)
    {
      RestFixture fixture(version);
      const std::string path = "DELETE /jobs/" + std::string(FOREIGN) + "/archive";
      fixture.host.routes[path] = FakeHostRest::MakeStatus(200);
      RecordingAnswer answer;

      EraseJobOutput(fixture.services, MakeDelete({FOREIGN, "archive"}), answer);

      if (version.IsAtLeast(1, 12, 1))
      {
        ExpectErased(answer);
        EXPECT_EQ(std::vector<std::string>{path}, fixture.host.calls);
      }
      else
      {
        EXPECT_EQ(RecordingAnswer::Kind::NotAllowed, answer.kind);
        EXPECT_EQ("GET", answer.allowed);
      }
    }
  }

  TEST(JobHandlers, ErasingWhatIsNotThereIsNotFound)
  {
    for (const HostVersion& version : {HOST_B, HOST_C})
    {
      RestFixture fixture(version);
      const std::string pending = Submit(fixture);
      fixture.host.routes["DELETE /jobs/" + std::string(UNKNOWN) + "/archive"] =
        FakeHostRest::MakeError(7, 404);
      const auto ticket = fixture.streams.Begin(ArchiveRequest(), 1, 1);

      for (const std::string& id : {pending, std::string(UNKNOWN), ticket->GetId()})
      {
        RecordingAnswer answer;
        EXPECT_EQ(FailureKind::NotFound,
                  CatchFailure(
                    [&] {
                      EraseJobOutput(fixture.services, MakeDelete({id, "archive"}), answer);
                    }));
      }
      EXPECT_EQ(ArchiveState::Pending, GetState(fixture, pending));
    }
  }
} // namespace OrthancPlugins
