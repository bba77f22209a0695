// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../Plugin/Rest/JobOutputHandlers.h"

#include "JobsFixture.h"

namespace OrthancPlugins
{
  // ---- GET /jobs/{id}/archive

  TEST(JobOutputHandlers, FinishedArchiveIsSent)
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
      EXPECT_EQ(4u, answer.headers.size());
      ASSERT_TRUE(ListZip(answer.body).has_value());
      EXPECT_EQ(1u, ListZip(answer.body)->size());
      EXPECT_TRUE(fixture.host.calls.empty()); // the host may have forgotten the job
    }
  }

  TEST(JobOutputHandlers, PagesAddUpToTheArchive)
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

  TEST(JobOutputHandlers, ArchiveBeyondOneAnswerNamesThePages)
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

  TEST(JobOutputHandlers, VolumesAreSlicesOfTheFile)
  {
    RestFixture fixture(HOST_C);
    const std::string jobId = SubmitAndRun(fixture, ", \"Filename\": \"disc.zip\"");
    const std::string archiveId = fixture.spool.FindByJob(jobId).value();
    RecordingAnswer whole;
    GetJobOutput(fixture.services, MakeGet({jobId, "archive-1"}), whole); // one volume
    ASSERT_TRUE(ListZip(whole.body).has_value());
    const std::uint64_t sizeBytes = whole.body.size();
    fixture.spool.Update(archiveId,
                         [&](ArchiveRecord& record) {
                           record.report.volumes = {{0, 1000}, {1000, sizeBytes - 1000}};
                         });

    RecordingAnswer first;
    RecordingAnswer second;
    GetJobOutput(fixture.services, MakeGet({jobId, "archive-1"}), first);
    GetJobOutput(fixture.services, MakeGet({jobId, "archive-2"}), second);

    EXPECT_TRUE(whole.body == first.body + second.body);
    EXPECT_EQ(1000u, first.body.size());
    EXPECT_EQ("filename=\"disc-2.zip\"", second.headers["Content-Disposition"]);
    EXPECT_NE(first.headers["ETag"], second.headers["ETag"]);
    HttpRequest range = MakeGet({jobId, "archive-2"});
    range.headers["range"] = "bytes=10-19";
    RecordingAnswer part;
    GetJobOutput(fixture.services, range, part);
    EXPECT_EQ(whole.body.substr(1010, 10), part.body);
    for (const char* key : {"archive", "archive-0", "archive-3", "archive-01", "archive-",
                            "archive-9999999999", "archive--1", "archive-1x"})
    {
      std::string message;
      RecordingAnswer none;
      EXPECT_EQ(FailureKind::NotFound,
                CatchFailure(
                  [&] {
                    GetJobOutput(fixture.services, MakeGet({jobId, key}), none);
                  },
                  &message));
      EXPECT_EQ(std::string(key) == "archive",
                message.find("archive-1 to archive-2") != std::string::npos)
        << message;
    }
  }

  TEST(JobOutputHandlers, NoArchiveIsNotFound)
  {
    for (const HostVersion& version : VERSIONS)
    {
      RestFixture fixture(version);
      const std::string pending = Submit(fixture, ", \"Reuse\": false");
      const std::string evicted = SubmitAndRun(fixture, ", \"Reuse\": false");
      fixture.spool.Evict(*fixture.spool.FindByJob(evicted));
      const std::string failed = Submit(fixture, ", \"Reuse\": false");
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

  TEST(JobOutputHandlers, OtherKeysOfOurJobsAreNotFound)
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

  TEST(JobOutputHandlers, ForeignOutputKeepsItsHeaders)
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

  TEST(JobOutputHandlers, ForeignOutputBeyondThePluginInterfaceNamesTheSwitch)
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

  TEST(JobOutputHandlers, ErasingOurArchiveKeepsTheJob)
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

  TEST(JobOutputHandlers, ErasingForeignOutputs)
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

  TEST(JobOutputHandlers, ErasingWhatIsNotThereIsNotFound)
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

  TEST(JobOutputHandlers, DownloadsAreCounted)
  {
    RestFixture fixture(HOST_C);
    const std::string jobId = SubmitAndRun(fixture);
    for (int i = 0; i < 3; i++)
    {
      RecordingAnswer answer;
      GetJobOutput(fixture.services, MakeGet({jobId, "archive"}), answer);
    }
    RecordingAnswer wrong;
    CatchFailure(
      [&] {
        GetJobOutput(fixture.services, MakeGet({jobId, "archive"}, {{"length", "0"}}), wrong);
      });

    EXPECT_EQ(3u, fixture.spool.Find(*fixture.spool.FindByJob(jobId))->downloadsCount);
  }

  TEST(JobOutputHandlers, ExecutorsHaveTheArchiveOfThePublicJob)
  {
    RestFixture fixture(HOST_C);
    const std::string jobId = SubmitAndRun(fixture);
    fixture.spool.LinkJob(EXECUTOR, *fixture.spool.FindByJob(jobId), JobRole::Executor);
    RecordingAnswer answer;

    GetJobOutput(fixture.services, MakeGet({EXECUTOR, "archive"}), answer);

    EXPECT_TRUE(ListZip(answer.body).has_value());
  }

  TEST(JobOutputHandlers, WhatIsSomebodyElsesIsNotFound)
  {
    Settings settings;
    settings.jobs.isOwnOnly = true;
    settings.jobs.administrators = {"root"};
    RestFixture fixture(HOST_C, settings);
    fixture.store.AddSeries("patient", "study", "series", {MakeNoise(5000, 1)});
    HttpRequest post = MakePost({"study"}, "{\"Asynchronous\": true}");
    post.user = "alice";
    RecordingAnswer submitted;
    PostStudyZip(fixture.services, post, submitted);
    const std::string jobId = Parse(submitted.body)["ID"].asString();
    fixture.jobs.RunAll();
    fixture.host.routes["GET /jobs/" + std::string(FOREIGN) + "/archive"] =
      FakeHostRest::MakeStatus(200);

    for (const std::optional<std::string>& user :
         {std::make_optional<std::string>("bob"), std::optional<std::string>()})
    {
      for (const std::string& id : {jobId, std::string(FOREIGN)})
      {
        for (auto handler : {&GetJobOutput, &EraseJobOutput, &PinJobArchive, &UnpinJobArchive})
        {
          HttpRequest request = MakeGet({id, "archive"});
          request.user = user;
          RecordingAnswer answer;
          EXPECT_EQ(FailureKind::NotFound,
                    CatchFailure([&] { handler(fixture.services, request, answer); }));
        }
      }
    }
    EXPECT_TRUE(fixture.host.calls.empty());
    for (const char* user : {"alice", "root"})
    {
      HttpRequest request = MakeGet({jobId, "archive"});
      request.user = user;
      RecordingAnswer answer;
      GetJobOutput(fixture.services, request, answer);
      EXPECT_TRUE(ListZip(answer.body).has_value());
    }
  }

  // ---- /jobs/{id}/archive/pin

  TEST(JobOutputHandlers, ResultsArePinned)
  {
    RestFixture fixture(HOST_C);
    const std::string jobId = SubmitAndRun(fixture);
    const std::string archiveId = *fixture.spool.FindByJob(jobId);
    for (int i = 0; i < 2; i++)
    {
      RecordingAnswer answer;
      PinJobArchive(fixture.services, MakeGet({jobId}), answer);
      ExpectDone(answer);
      EXPECT_TRUE(fixture.spool.Find(archiveId)->isPinned);
    }
    for (int i = 0; i < 2; i++)
    {
      RecordingAnswer answer;
      UnpinJobArchive(fixture.services, MakeGet({jobId}), answer);
      ExpectDone(answer);
      EXPECT_FALSE(fixture.spool.Find(archiveId)->isPinned);
    }
  }

  TEST(JobOutputHandlers, WhatHasNoResultCannotBePinned)
  {
    RestFixture fixture(HOST_C);
    const std::string evicted = SubmitAndRun(fixture);
    fixture.spool.Evict(*fixture.spool.FindByJob(evicted));
    const std::string pending = Submit(fixture, ", \"Reuse\": false");
    const auto ticket = fixture.streams.Begin(ArchiveRequest(), 1, 1);
    SetHostJob(fixture, FOREIGN, "Success");

    for (const std::string& id :
         {evicted, pending, ticket->GetId(), std::string(FOREIGN), std::string(UNKNOWN)})
    {
      RecordingAnswer answer;
      EXPECT_EQ(FailureKind::NotFound,
                CatchFailure([&] { PinJobArchive(fixture.services, MakeGet({id}), answer); }));
    }
  }
} // namespace OrthancPlugins
