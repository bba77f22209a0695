// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../Plugin/Rest/SpoolHandlers.h"

#include "JobsFixture.h"

namespace OrthancPlugins
{
  namespace
  {
    constexpr const char* NO_REUSE = ", \"Reuse\": false";

    Json::Value List(RestFixture& fixture,
                     const std::vector<std::pair<std::string, std::string>>& arguments = {},
                     const std::optional<std::string>& user = std::nullopt)
    {
      HttpRequest request = MakeGet({}, arguments);
      request.user = user;
      RecordingAnswer answer;
      GetArchives(fixture.services, request, answer);
      return Parse(answer.body);
    }

    std::vector<std::string>
    ListJobs(RestFixture& fixture,
             const std::vector<std::pair<std::string, std::string>>& arguments = {})
    {
      std::vector<std::string> ids;
      for (const Json::Value& item : List(fixture, arguments))
      {
        ids.push_back(item["Job"].asString());
      }
      return ids;
    }
  } // namespace

  TEST(SpoolHandlers, ListsWhatTheSpoolHolds)
  {
    RestFixture fixture(HOST_C);
    const std::string ready = SubmitAndRun(fixture, NO_REUSE);
    const std::string archiveId = *fixture.spool.FindByJob(ready);
    fixture.spool.NoteDownload(archiveId);
    fixture.clock.Advance(1'000'000);
    const std::string evicted = SubmitAndRun(fixture, NO_REUSE);
    fixture.spool.Evict(*fixture.spool.FindByJob(evicted));
    fixture.clock.Advance(1'000'000);
    const std::string pending = Submit(fixture, NO_REUSE);

    const Json::Value list = List(fixture);

    ASSERT_EQ(3u, list.size());
    EXPECT_EQ(archiveId, list[0]["Id"].asString());
    EXPECT_EQ(ready, list[0]["Job"].asString());
    EXPECT_EQ("Ready", list[0]["State"].asString());
    EXPECT_EQ("study", list[0]["Resources"][0].asString());
    EXPECT_EQ(1, list[0]["ResourcesCount"].asInt());
    EXPECT_EQ(std::to_string(fixture.spool.Find(archiveId)->sizeBytes), list[0]["Size"].asString());
    EXPECT_EQ("20231114T221320.000000", list[0]["Created"].asString());
    EXPECT_EQ("20231115T221320.000000", list[0]["Expires"].asString());
    EXPECT_EQ(1, list[0]["Downloads"].asInt());
    EXPECT_FALSE(list[0]["Pinned"].asBool());
    EXPECT_FALSE(list[0]["Reused"].asBool());
    EXPECT_EQ("Evicted", list[1]["State"].asString());
    EXPECT_EQ("0", list[1]["Size"].asString());
    EXPECT_FALSE(list[1].isMember("Expires"));
    EXPECT_EQ("Pending", list[2]["State"].asString());
    EXPECT_FALSE(list[2].isMember("Completed"));
  }

  TEST(SpoolHandlers, ListHasPages)
  {
    RestFixture fixture(HOST_C);
    std::vector<std::string> jobs;
    for (int i = 0; i < 3; i++)
    {
      jobs.push_back(Submit(fixture, NO_REUSE));
      fixture.clock.Advance(1'000'000);
    }
    using List = std::vector<std::string>;

    EXPECT_EQ(jobs, ListJobs(fixture));
    EXPECT_EQ((List{jobs[2], jobs[1], jobs[0]}), ListJobs(fixture, {{"order", "desc"}}));
    EXPECT_EQ((List{jobs[1]}), ListJobs(fixture, {{"offset", "1"}, {"limit", "1"}}));
    EXPECT_EQ(List(), ListJobs(fixture, {{"offset", "9"}, {"limit", "18446744073709551615"}}));
    for (const char* name : {"offset", "limit", "order"})
    {
      EXPECT_EQ(FailureKind::OutOfRange, CatchFailure([&] { ListJobs(fixture, {{name, "x"}}); }));
    }
  }

  TEST(SpoolHandlers, OneArchive)
  {
    RestFixture fixture(HOST_C);
    const std::string jobId = SubmitAndRun(fixture);
    const std::string archiveId = *fixture.spool.FindByJob(jobId);
    RecordingAnswer answer;

    GetArchive(fixture.services, MakeGet({archiveId}), answer);

    EXPECT_EQ(List(fixture)[0], Parse(answer.body));
    for (const std::string& id : {jobId, std::string(UNKNOWN), std::string("x")})
    {
      RecordingAnswer other;
      EXPECT_EQ(FailureKind::NotFound,
                CatchFailure([&] { GetArchive(fixture.services, MakeGet({id}), other); }));
    }
  }

  TEST(SpoolHandlers, ErasingAnArchiveForgetsItsJob)
  {
    for (const HostVersion& version : VERSIONS)
    {
      RestFixture fixture(version);
      const std::string jobId = SubmitAndRun(fixture);
      const std::string archiveId = *fixture.spool.FindByJob(jobId);
      RecordingAnswer answer;
      RecordingAnswer again;

      EraseArchive(fixture.services, MakeDelete({archiveId}), answer);

      ExpectErased(answer);
      EXPECT_FALSE(fixture.spool.FindByJob(jobId).has_value());
      EXPECT_EQ(0u, fixture.CountFiles());
      EXPECT_EQ(
        FailureKind::NotFound,
        CatchFailure([&] { EraseArchive(fixture.services, MakeDelete({archiveId}), again); }));
    }
  }

  TEST(SpoolHandlers, UnfinishedArchiveIsNotErased)
  {
    RestFixture fixture(HOST_C);
    const std::string archiveId = *fixture.spool.FindByJob(Submit(fixture));
    RecordingAnswer answer;

    EXPECT_EQ(
      FailureKind::Conflict,
      CatchFailure([&] { EraseArchive(fixture.services, MakeDelete({archiveId}), answer); }));

    EXPECT_EQ(ArchiveState::Pending, fixture.spool.Find(archiveId)->state);
  }

  TEST(SpoolHandlers, WhatIsSomebodyElsesDoesNotExist)
  {
    Settings settings;
    settings.jobs.isOwnOnly = true;
    RestFixture fixture(HOST_C, settings);
    fixture.store.AddSeries("patient", "study", "series", {MakeNoise(5000, 1)});
    HttpRequest post = MakePost({"study"}, "{\"Asynchronous\": true}");
    post.user = "alice";
    RecordingAnswer submitted;
    PostStudyZip(fixture.services, post, submitted);
    fixture.jobs.RunAll();
    const std::string archiveId = *fixture.spool.FindByJob(Parse(submitted.body)["ID"].asString());

    EXPECT_EQ(1u, List(fixture, {}, "alice").size());
    EXPECT_TRUE(List(fixture, {}, "bob").empty());
    EXPECT_TRUE(List(fixture).empty());
    for (auto handler : {&GetArchive, &EraseArchive})
    {
      HttpRequest request = MakeGet({archiveId});
      request.user = "bob";
      RecordingAnswer answer;
      EXPECT_EQ(FailureKind::NotFound,
                CatchFailure([&] { handler(fixture.services, request, answer); }));
    }
    EXPECT_EQ(1u, fixture.CountFiles());
  }
} // namespace OrthancPlugins
