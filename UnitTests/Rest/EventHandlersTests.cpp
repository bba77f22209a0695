// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../Plugin/Rest/EventHandlers.h"

#include "JobsFixture.h"

#include <boost/thread/thread.hpp>

namespace OrthancPlugins
{
  namespace
  {
    struct ReceivedEvent
    {
      std::string id;
      std::string event;
      Json::Value data;
    };

    // As a client takes the stream apart; comments are dropped
    std::vector<ReceivedEvent> ParseEvents(const std::string& text)
    {
      std::vector<ReceivedEvent> events;
      std::istringstream lines(text);
      ReceivedEvent event;
      for (std::string line; std::getline(lines, line);)
      {
        if (line.compare(0, 4, "id: ") == 0)
        {
          event.id = line.substr(4);
        }
        else if (line.compare(0, 7, "event: ") == 0)
        {
          event.event = line.substr(7);
        }
        else if (line.compare(0, 6, "data: ") == 0)
        {
          event.data = Parse(line.substr(6));
        }
        else if (line.empty() && !event.event.empty())
        {
          events.push_back(event);
          event = ReceivedEvent();
        }
      }
      return events;
    }

    std::vector<std::string> GetStates(const std::vector<ReceivedEvent>& events)
    {
      std::vector<std::string> states;
      for (const ReceivedEvent& event : events)
      {
        if (event.event != "progress")
        {
          states.push_back(event.event == "state" ? event.data["State"].asString() : event.event);
        }
      }
      return states;
    }

    HttpRequest MakeContinued(const std::string& jobId, const std::string& lastId)
    {
      HttpRequest request = MakeGet({jobId});
      request.headers["last-event-id"] = lastId;
      return request;
    }

    std::vector<std::string> Follow(RestFixture& fixture, const HttpRequest& request)
    {
      RecordingAnswer answer;
      GetJobEvents(fixture.services, request, answer);
      EXPECT_EQ(RecordingAnswer::Kind::Stream, answer.kind);
      EXPECT_TRUE(answer.hasEnded);
      return GetStates(ParseEvents(answer.body));
    }

    using List = std::vector<std::string>;
  } // namespace

  TEST(EventHandlers, EndedJobHasOneEvent)
  {
    RestFixture fixture(HOST_C);
    const std::string jobId = SubmitAndRun(fixture);
    RecordingAnswer answer;

    GetJobEvents(fixture.services, MakeGet({jobId}), answer);

    EXPECT_EQ("text/event-stream", answer.mime);
    EXPECT_EQ("no-store", answer.headers["Cache-Control"]);
    EXPECT_FALSE(answer.lengthBytes.has_value());
    EXPECT_TRUE(answer.hasEnded);
    EXPECT_EQ(answer.body.size(), answer.flushedBytes);
    const std::vector<ReceivedEvent> events = ParseEvents(answer.body);
    ASSERT_EQ(1u, events.size());
    EXPECT_EQ("state", events[0].event);
    EXPECT_EQ("0-" + std::to_string(fixture.monitor.GetLastEventId()), events[0].id);
    EXPECT_EQ(jobId, events[0].data["ID"].asString());
    EXPECT_EQ("Success", events[0].data["State"].asString());
    EXPECT_EQ(100, events[0].data["Progress"].asInt());
  }

  TEST(EventHandlers, JobIsFollowedToItsEnd)
  {
    RestFixture fixture(HOST_C);
    const std::string jobId = Submit(fixture);
    RecordingAnswer answer;
    bool isStarted = false;
    answer.onWrite = [&]
    {
      if (!isStarted)
      {
        isStarted = true;
        fixture.jobs.Run(0);
      }
    };

    GetJobEvents(fixture.services, MakeGet({jobId}), answer);

    EXPECT_TRUE(answer.hasEnded);
    const List states = GetStates(ParseEvents(answer.body));
    ASSERT_FALSE(states.empty());
    EXPECT_EQ("Pending", states.front());
    EXPECT_EQ("Success", states.back());
  }

  TEST(EventHandlers, StreamsOfOthersAreFollowedToo)
  {
    RestFixture fixture(HOST_C);
    const auto ticket = fixture.streams.Begin(ArchiveRequest(), 1, 1);
    boost::thread worker([&] { ticket->FinishFailure(FailureKind::ClientGone, "gone"); });

    const List states = Follow(fixture, MakeGet({ticket->GetId()}));
    worker.join();

    EXPECT_EQ("Failure", states.back());
  }

  TEST(EventHandlers, RemovalIsTheEnd)
  {
    RestFixture fixture(HOST_C);
    const std::string jobId = Submit(fixture);
    const std::string archiveId = *fixture.spool.FindByJob(jobId);
    RecordingAnswer answer;
    int writes = 0;
    answer.onWrite = [&]
    {
      if (writes++ == 0)
      {
        fixture.controller.Cancel(archiveId);
        fixture.controller.Remove(archiveId);
      }
    };

    GetJobEvents(fixture.services, MakeGet({jobId}), answer);

    EXPECT_TRUE(answer.hasEnded);
    const List states = GetStates(ParseEvents(answer.body));
    EXPECT_EQ("Pending", states.front());
    EXPECT_EQ("removed", states.back());
  }

  TEST(EventHandlers, ContinuesAfterTheLastEvent)
  {
    RestFixture fixture(HOST_C);
    const std::string jobId = Submit(fixture);
    const std::string seen = "0-" + std::to_string(fixture.monitor.GetLastEventId());
    fixture.jobs.Run(0);

    const List states = Follow(fixture, MakeContinued(jobId, seen));

    ASSERT_FALSE(states.empty());
    EXPECT_NE("Pending", states.front());
    EXPECT_NE("reset", states.front());
    EXPECT_EQ("Success", states.back());
  }

  TEST(EventHandlers, WhoHasSeenTheEndNeedNotComeBack)
  {
    RestFixture fixture(HOST_C);
    const std::string jobId = SubmitAndRun(fixture);
    const std::string seen = "0-" + std::to_string(fixture.monitor.GetLastEventId());
    RecordingAnswer answer;

    GetJobEvents(fixture.services, MakeContinued(jobId, seen), answer);

    ExpectEmptyStatus(204, answer);
  }

  TEST(EventHandlers, WhatCannotBeContinuedIsReset)
  {
    RestFixture fixture(HOST_C);
    const std::string jobId = SubmitAndRun(fixture);
    for (const char* seen : {"0-99999", "5-1", "1", "x", "0-", "0-1x", "0--1"})
    {
      EXPECT_EQ((List{"reset", "Success"}), Follow(fixture, MakeContinued(jobId, seen))) << seen;
    }
    EXPECT_EQ(List{"Success"}, Follow(fixture, MakeContinued(jobId, "")));
  }

  TEST(EventHandlers, ForgottenEventsAreAReset)
  {
    RestFixture fixture(HOST_C);
    const std::string jobId = SubmitAndRun(fixture);
    for (int i = 0; i < 10000; i++)
    {
      fixture.monitor.ReportForeign(FOREIGN);
    }

    EXPECT_EQ((List{"reset", "Success"}), Follow(fixture, MakeContinued(jobId, "0-1")));
  }

  TEST(EventHandlers, ForeignJob)
  {
    RestFixture fixture(HOST_C);
    SetHostJob(fixture, FOREIGN, "Running");
    RecordingAnswer answer;
    int writes = 0;
    answer.onWrite = [&]
    {
      if (writes++ == 0)
      {
        SetHostJob(fixture, FOREIGN, "Success");
        fixture.monitor.ReportForeign(UNKNOWN);
        fixture.monitor.ReportForeign(FOREIGN);
      }
    };

    GetJobEvents(fixture.services, MakeGet({FOREIGN}), answer);

    EXPECT_EQ((List{"Running", "Success"}), GetStates(ParseEvents(answer.body)));
  }

  TEST(EventHandlers, AllJobsUntilShutdown)
  {
    RestFixture fixture(HOST_C);
    SubmitAndRun(fixture, ", \"Reuse\": false");
    const std::string waiting = Submit(fixture, ", \"Reuse\": false");
    fixture.host.routes["GET /jobs?expand"] =
      FakeHostRest::MakeJson("[" + MakeHostJob(FOREIGN, "Running", 0, "{}") + "]");
    SetHostJob(fixture, FOREIGN, "Failure");
    RecordingAnswer answer;
    int writes = 0;
    answer.onWrite = [&]
    {
      if (writes++ == 0)
      {
        fixture.jobs.Run(1);
        fixture.monitor.ReportForeign(FOREIGN);
        fixture.monitor.ReportForeign(FOREIGN);
      }
      if (answer.body.find("\"State\":\"Failure\"") != std::string::npos)
      {
        fixture.monitor.Shutdown();
      }
    };

    GetAllEvents(fixture.services, MakeGet({}), answer);

    EXPECT_TRUE(answer.hasEnded);
    const std::vector<ReceivedEvent> events = ParseEvents(answer.body);
    ASSERT_GE(events.size(), 4u);
    EXPECT_EQ("state", events[0].event);
    bool hasSuccess = false;
    bool hasForeign = false;
    for (const ReceivedEvent& event : events)
    {
      hasSuccess = hasSuccess || (event.data["ID"] == waiting && event.data["State"] == "Success");
      hasForeign = hasForeign || (event.data["ID"] == FOREIGN && event.data["State"] == "Failure");
    }
    EXPECT_TRUE(hasSuccess);
    EXPECT_TRUE(hasForeign);
  }

  TEST(EventHandlers, ClientThatLeavesIsAFailure)
  {
    RestFixture fixture(HOST_C);
    const std::string jobId = Submit(fixture);
    RecordingAnswer answer;
    answer.leavesAfterBytes = 10;

    EXPECT_EQ(FailureKind::ClientGone,
              CatchFailure([&] { GetJobEvents(fixture.services, MakeGet({jobId}), answer); }));
    EXPECT_FALSE(answer.hasEnded);
  }

  TEST(EventHandlers, RefusedBeforeAnythingIsSent)
  {
    Settings settings;
    settings.jobs.maxWaiters = 0;
    RestFixture fixture(HOST_A, settings);
    const std::string jobId = Submit(fixture);
    RecordingAnswer old;
    old.canStream = false;
    RecordingAnswer busy;

    std::string message;
    EXPECT_EQ(
      FailureKind::NotImplemented,
      CatchFailure([&] { GetJobEvents(fixture.services, MakeGet({jobId}), old); }, &message));
    EXPECT_NE(std::string::npos, message.find("?wait=")) << message;
    EXPECT_EQ(FailureKind::NotImplemented,
              CatchFailure([&] { GetAllEvents(fixture.services, MakeGet({}), old); }));
    EXPECT_EQ(FailureKind::NotFound,
              CatchFailure([&] { GetJobEvents(fixture.services, MakeGet({UNKNOWN}), old); }));
    EXPECT_EQ(FailureKind::Unavailable,
              CatchFailure([&] { GetJobEvents(fixture.services, MakeGet({jobId}), busy); }));
    EXPECT_EQ(FailureKind::Unavailable,
              CatchFailure([&] { GetAllEvents(fixture.services, MakeGet({}), busy); }));
    EXPECT_EQ(RecordingAnswer::Kind::None, old.kind);
    EXPECT_EQ(RecordingAnswer::Kind::None, busy.kind);
  }

  TEST(EventHandlers, UsersHearOfTheirOwnJobs)
  {
    Settings settings;
    settings.jobs.isOwnOnly = true;
    RestFixture fixture(HOST_C, settings);
    fixture.host.routes["GET /jobs?expand"] =
      FakeHostRest::MakeJson("[" + MakeHostJob(FOREIGN, "Running", 0, "{}") + "]");
    const auto alices = fixture.streams.Begin(ArchiveRequest(), 1, 1, "alice");
    const auto bobs = fixture.streams.Begin(ArchiveRequest(), 1, 1, "bob");
    HttpRequest request = MakeGet({});
    request.user = "bob";
    RecordingAnswer answer;
    int writes = 0;
    answer.onWrite = [&]
    {
      if (writes++ == 0)
      {
        alices->FinishSuccess(ArchiveReport());
        fixture.monitor.ReportForeign(FOREIGN);
        bobs->FinishSuccess(ArchiveReport());
      }
      else
      {
        fixture.monitor.Shutdown();
      }
    };

    GetAllEvents(fixture.services, request, answer);

    for (const ReceivedEvent& event : ParseEvents(answer.body))
    {
      EXPECT_EQ(bobs->GetId(), event.data["ID"].asString());
    }
    HttpRequest other = MakeGet({alices->GetId()});
    other.user = "bob";
    RecordingAnswer unknown;
    EXPECT_EQ(FailureKind::NotFound,
              CatchFailure([&] { GetJobEvents(fixture.services, other, unknown); }));
  }
} // namespace OrthancPlugins
