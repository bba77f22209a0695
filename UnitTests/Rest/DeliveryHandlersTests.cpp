// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../Plugin/Rest/DeliveryHandlers.h"

#include "RestFixture.h"

#include <gtest/gtest.h>
#include <json/reader.h>
#include <json/value.h>

#include <sstream>

namespace OrthancPlugins
{
  namespace
  {
    constexpr const char* JOB = "b0000000-0000-4000-8000-000000000000";
    constexpr const char* OTHER_JOB = "c0000000-0000-4000-8000-000000000000";

    Settings MakeSettings()
    {
      Settings settings;
      settings.webhooks.targets.push_back({"https://Host:8443/hook?token=secret", "secret"});
      return settings;
    }

    // An archive of that job
    ArchiveRecord MakeArchive(RestFixture& fixture, const std::string& jobId)
    {
      NewArchive archive;
      archive.request.resources = {"resource"};
      const ArchiveRecord record = fixture.spool.Create(archive);
      fixture.spool.LinkJob(jobId, record.id, JobRole::Public);
      return record;
    }

    void End(RestFixture& fixture, ArchiveRecord record)
    {
      record.state = ArchiveState::Failed;
      record.completedMicroseconds = fixture.clock.GetNowMicroseconds();
      fixture.notifier.OnJobEnded(JOB, record);
    }

    Json::Value GetDeliveries(const RestFixture& fixture, const std::string& jobId)
    {
      RecordingAnswer answer;
      GetJobDeliveries(fixture.services, MakeGet({jobId}), answer);
      EXPECT_EQ(answer.kind, RecordingAnswer::Kind::Json);
      EXPECT_EQ(answer.body.find("secret"), std::string::npos) << answer.body;
      Json::Value value;
      std::istringstream(answer.body) >> value;
      return value;
    }
  } // namespace

  TEST(DeliveryHandlers, UnknownJobHasNone)
  {
    RestFixture fixture(HOST_C, MakeSettings());
    RecordingAnswer answer;

    for (const std::string jobId : {JOB, "", "../x"})
    {
      EXPECT_EQ(CatchFailure([&] { GetJobDeliveries(fixture.services, MakeGet({jobId}), answer); }),
                FailureKind::NotFound)
        << jobId;
    }
  }

  TEST(DeliveryHandlers, ListIsEmptyWhileTheJobRuns)
  {
    RestFixture fixture(HOST_C, MakeSettings());
    MakeArchive(fixture, JOB);

    EXPECT_EQ(GetDeliveries(fixture, JOB), Json::Value(Json::arrayValue));
  }

  TEST(DeliveryHandlers, ShowsWhatIsPending)
  {
    RestFixture fixture(HOST_C, MakeSettings());
    End(fixture, MakeArchive(fixture, JOB));
    MakeArchive(fixture, OTHER_JOB);

    const Json::Value list = GetDeliveries(fixture, JOB);

    ASSERT_EQ(list.size(), 1u);
    EXPECT_EQ(list[0]["ID"].asString().size(), 36u);
    EXPECT_EQ(list[0]["Event"], "job.failure");
    EXPECT_EQ(list[0]["Url"], "https://host:8443/hook");
    EXPECT_EQ(list[0]["State"], "Pending");
    EXPECT_EQ(list[0]["CreationTime"], "20231114T221320.000000");
    EXPECT_EQ(list[0]["NextAttemptTime"], "20231114T221320.000000");
    EXPECT_FALSE(list[0].isMember("CompletionTime"));
    EXPECT_EQ(list[0]["Attempts"], Json::Value(Json::arrayValue));
    EXPECT_EQ(GetDeliveries(fixture, OTHER_JOB).size(), 0u);
  }

  TEST(DeliveryHandlers, ShowsWhatHasEnded)
  {
    RestFixture fixture(HOST_C, MakeSettings());
    DeliveryRecord delivery;
    delivery.id = OTHER_JOB;
    delivery.archiveId = MakeArchive(fixture, JOB).id;
    delivery.jobId = JOB;
    delivery.event = "job.success";
    delivery.url = "http://host/?token=secret";
    delivery.state = DeliveryState::Delivered;
    delivery.createdMicroseconds = fixture.clock.GetNowMicroseconds();
    delivery.completedMicroseconds = delivery.createdMicroseconds + 2'500'000;
    delivery.attempts.push_back(
      {delivery.createdMicroseconds, 500'000, 0, DeliveryError::TimedOut});
    delivery.attempts.push_back(
      {delivery.createdMicroseconds + 2'000'000, 250'000, 204, DeliveryError::None});
    DeliveryStore(fixture.settings.spool.directory, 10).Add(delivery);

    const Json::Value list = GetDeliveries(fixture, JOB);

    ASSERT_EQ(list.size(), 1u);
    EXPECT_EQ(list[0]["Url"], "http://host/");
    EXPECT_EQ(list[0]["State"], "Delivered");
    EXPECT_EQ(list[0]["CompletionTime"], "20231114T221322.500000");
    EXPECT_FALSE(list[0].isMember("NextAttemptTime"));
    ASSERT_EQ(list[0]["Attempts"].size(), 2u);
    EXPECT_EQ(list[0]["Attempts"][0]["Time"], "20231114T221320.000000");
    EXPECT_EQ(list[0]["Attempts"][0]["Duration"].asDouble(), 0.5);
    EXPECT_EQ(list[0]["Attempts"][0]["HttpStatus"], 0);
    EXPECT_EQ(list[0]["Attempts"][0]["Error"], "TimedOut");
    EXPECT_EQ(list[0]["Attempts"][1]["HttpStatus"], 204);
    EXPECT_EQ(list[0]["Attempts"][1]["Error"], "");
  }
} // namespace OrthancPlugins
