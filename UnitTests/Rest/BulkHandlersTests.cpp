// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../Plugin/Rest/BulkHandlers.h"

#include "JobsFixture.h"

#include <set>

namespace OrthancPlugins
{
  namespace
  {
    constexpr const char* NO_REUSE = ", \"Reuse\": false";

    void SetForeign(RestFixture& fixture, const std::string& state)
    {
      fixture.host.routes["GET /jobs?expand"] =
        FakeHostRest::MakeJson("[" + MakeHostJob(FOREIGN, state, 0, "{}") + "]");
    }

    Json::Value Apply(RestFixture& fixture,
                      void (*handler)(const Services&, const HttpRequest&, IHttpAnswer&),
                      const std::string& body,
                      const std::optional<std::string>& user = std::nullopt)
    {
      HttpRequest request = MakePost({}, body);
      request.user = user;
      RecordingAnswer answer;
      handler(fixture.services, request, answer);
      EXPECT_EQ(RecordingAnswer::Kind::Json, answer.kind);
      return Parse(answer.body);
    }

    std::set<std::string> ToSet(const Json::Value& list)
    {
      std::set<std::string> ids;
      for (const Json::Value& id : list)
      {
        ids.insert(id.asString());
      }
      return ids;
    }
  } // namespace

  TEST(BulkHandlers, CancelsWhatHasNotEnded)
  {
    for (const HostVersion& version : VERSIONS)
    {
      RestFixture fixture(version);
      const std::string ended = SubmitAndRun(fixture, NO_REUSE);
      const std::string waiting = Submit(fixture, NO_REUSE);
      const auto ticket = fixture.streams.Begin(ArchiveRequest(), 1, 1);
      SetForeign(fixture, "Running");
      fixture.host.routes["POST /jobs/" + std::string(FOREIGN) + "/cancel"] =
        FakeHostRest::MakeJson("{}");

      const Json::Value outcome = Apply(fixture, &CancelJobs, "{\"All\": true}");

      EXPECT_EQ((std::set<std::string>{waiting, ticket->GetId(), FOREIGN}), ToSet(outcome["Done"]));
      EXPECT_TRUE(outcome["Failed"].empty());
      EXPECT_EQ(ArchiveState::Ready, GetState(fixture, ended));
      EXPECT_EQ(ArchiveState::Failed, GetState(fixture, waiting));
    }
  }

  TEST(BulkHandlers, ResubmitsWhatHasFailed)
  {
    RestFixture fixture(HOST_C);
    const std::string ended = SubmitAndRun(fixture, NO_REUSE);
    const std::string canceled = Submit(fixture, NO_REUSE);
    SetForeign(fixture, "Success");
    Apply(fixture, &CancelJobs, "{\"Type\": \"Archive\"}");

    const Json::Value outcome = Apply(fixture, &ResubmitJobs, "{\"All\": true}");

    EXPECT_EQ(std::set<std::string>{canceled}, ToSet(outcome["Done"]));
    EXPECT_TRUE(outcome["Failed"].empty());
    EXPECT_EQ(ArchiveState::Pending, GetState(fixture, canceled));
    EXPECT_EQ(ArchiveState::Ready, GetState(fixture, ended));
  }

  TEST(BulkHandlers, DeletesWhatHasEnded)
  {
    for (const HostVersion& version : VERSIONS)
    {
      RestFixture fixture(version);
      const std::string ended = SubmitAndRun(fixture, NO_REUSE);
      const std::string waiting = Submit(fixture, NO_REUSE);
      const auto ticket = fixture.streams.Begin(ArchiveRequest(), 1, 1);
      ticket->FinishSuccess(ArchiveReport());
      SetForeign(fixture, "Failure");
      fixture.host.routes["DELETE /jobs/" + std::string(FOREIGN)] = FakeHostRest::MakeStatus(200);

      const Json::Value outcome = Apply(fixture, &DeleteJobs, "{\"All\": true}");

      std::set<std::string> done = {ended, ticket->GetId()};
      if (version.IsAtLeast(1, 12, 2))
      {
        done.insert(FOREIGN);
      }
      EXPECT_EQ(done, ToSet(outcome["Done"]));
      EXPECT_EQ(version.IsAtLeast(1, 12, 2) ? 0u : 1u, outcome["Failed"].size());
      EXPECT_EQ(ArchiveState::Pending, GetState(fixture, waiting));
      EXPECT_EQ(0u, fixture.CountFiles());
      EXPECT_TRUE(fixture.streams.List().empty());
    }
  }

  TEST(BulkHandlers, FilterSelects)
  {
    RestFixture fixture(HOST_C);
    SetForeign(fixture, "Success");
    const std::string first = SubmitAndRun(fixture, NO_REUSE);
    fixture.clock.Advance(60'000'000);
    const std::string second = SubmitAndRun(fixture, NO_REUSE);

    const Json::Value outcome = Apply(fixture, &DeleteJobs,
                                      "{\"Type\": \"Archive\", \"Until\": \"2023-11-14T22:14:00Z\","
                                      "\"State\": \"Success\", \"Ids\": [\"" +
                                        first + "\"]}");

    EXPECT_EQ(std::set<std::string>{first}, ToSet(outcome["Done"]));
    EXPECT_EQ(ArchiveState::Ready, GetState(fixture, second));
  }

  TEST(BulkHandlers, NamedJobsHaveTheirReason)
  {
    RestFixture fixture(HOST_C);
    SetForeign(fixture, "Success");
    fixture.host.routes["POST /jobs/" + std::string(FOREIGN) + "/resubmit"] =
      FakeHostRest::MakeError(6, 500);
    const std::string waiting = Submit(fixture);

    const Json::Value outcome =
      Apply(fixture, &ResubmitJobs,
            "{\"Ids\": [\"" + waiting + "\", \"" + UNKNOWN + "\", \"" + FOREIGN + "\"]}");

    EXPECT_TRUE(outcome["Done"].isArray());
    EXPECT_TRUE(outcome["Done"].empty());
    EXPECT_EQ((std::vector<std::string>{waiting, UNKNOWN, FOREIGN}),
              outcome["Failed"].getMemberNames());
    for (const Json::Value& reason : outcome["Failed"])
    {
      EXPECT_FALSE(reason.asString().empty());
    }
  }

  TEST(BulkHandlers, WrongFiltersDoNothing)
  {
    RestFixture fixture(HOST_C);
    const std::string waiting = Submit(fixture);
    for (const char* body : {"", "{}", "[]", "{\"State\": 5}", "{\"Al\": true}"})
    {
      RecordingAnswer answer;
      EXPECT_NE(std::nullopt,
                CatchFailure([&] { CancelJobs(fixture.services, MakePost({}, body), answer); }));
    }
    EXPECT_EQ(ArchiveState::Pending, GetState(fixture, waiting));
    EXPECT_TRUE(fixture.host.calls.empty());
  }

  TEST(BulkHandlers, HostWithoutListIsAFailure)
  {
    RestFixture fixture(HOST_C);
    RecordingAnswer answer;
    EXPECT_EQ(
      FailureKind::Internal,
      CatchFailure([&] { CancelJobs(fixture.services, MakePost({}, "{\"All\": true}"), answer); }));
  }

  TEST(BulkHandlers, WhatIsSomebodyElsesIsLeftAlone)
  {
    Settings settings;
    settings.jobs.isOwnOnly = true;
    RestFixture fixture(HOST_C, settings);
    SetForeign(fixture, "Running");
    fixture.store.AddSeries("patient", "study", "series", {MakeNoise(5000, 1)});
    HttpRequest post = MakePost({"study"}, "{\"Asynchronous\": true}");
    post.user = "alice";
    RecordingAnswer submitted;
    PostStudyZip(fixture.services, post, submitted);
    const std::string alices = Parse(submitted.body)["ID"].asString();

    const Json::Value all = Apply(fixture, &CancelJobs, "{\"All\": true}", "bob");
    const Json::Value named =
      Apply(fixture, &CancelJobs, "{\"Ids\": [\"" + alices + "\", \"" + UNKNOWN + "\"]}", "bob");

    EXPECT_TRUE(all["Done"].empty());
    EXPECT_TRUE(all["Failed"].empty());
    EXPECT_EQ(named["Failed"][UNKNOWN], named["Failed"][alices]);
    EXPECT_EQ(ArchiveState::Pending, GetState(fixture, alices));
  }
} // namespace OrthancPlugins
