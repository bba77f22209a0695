// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../../Plugin/Core/Notify/WebhookBody.h"

#include <gtest/gtest.h>
#include <json/reader.h>
#include <json/value.h>

#include <sstream>

namespace OrthancPlugins
{
  namespace
  {
    ArchiveRecord MakeRecord(ArchiveState state)
    {
      ArchiveRecord record;
      record.id = "a0000000-0000-4000-8000-000000000000";
      record.state = state;
      record.request.resources = {"resource-of-doe"};
      record.request.filename = "Doe.zip";
      record.request.userDataJson = "\"about Doe\"";
      record.owner = "user-doe";
      record.idempotencyKey = "key-doe";
      record.notifyUrl = "http://host/?doe";
      record.failureText = "text about Doe";
      record.failureKind = FailureKind::StorageFull;
      record.sizeBytes = 5'000'000'000;
      record.createdMicroseconds = 1'700'000'000'000'007;
      record.completedMicroseconds = 1'700'000'061'500'000;
      return record;
    }

    Json::Value Parse(const std::string& text)
    {
      Json::Value value;
      std::istringstream(text) >> value;
      return value;
    }
  } // namespace

  TEST(WebhookBody, TellsOfASuccess)
  {
    const Json::Value body =
      Parse(FormatWebhookBody("delivery", "job", MakeRecord(ArchiveState::Ready)));

    EXPECT_EQ(body["Event"], "job.success");
    EXPECT_EQ(body["DeliveryID"], "delivery");
    const Json::Value& job = body["Job"];
    EXPECT_EQ(job["ID"], "job");
    EXPECT_EQ(job["Type"], "Archive");
    EXPECT_EQ(job["State"], "Success");
    EXPECT_EQ(job["ErrorCode"], 0);
    EXPECT_EQ(job["ErrorDescription"], "Success");
    EXPECT_EQ(job["Size"].asUInt64(), 5'000'000'000u);
    EXPECT_EQ(job["Path"], "/jobs/job");
    EXPECT_EQ(job["ResultPath"], "/jobs/job/archive");
    EXPECT_EQ(job["CreationTime"], "20231114T221320.000007");
    EXPECT_EQ(job["CompletionTime"], "20231114T221421.500000");
  }

  TEST(WebhookBody, TellsOfAFailure)
  {
    const Json::Value body =
      Parse(FormatWebhookBody("delivery", "job", MakeRecord(ArchiveState::Failed)));

    EXPECT_EQ(body["Event"], "job.failure");
    EXPECT_EQ(body["Job"]["State"], "Failure");
    EXPECT_EQ(body["Job"]["ErrorCode"], 19);
    EXPECT_EQ(body["Job"]["ErrorDescription"], "The file storage is full");
    EXPECT_FALSE(body["Job"].isMember("Size"));
    EXPECT_FALSE(body["Job"].isMember("ResultPath"));
  }

  TEST(WebhookBody, TellsNothingOfAPatientOrUser)
  {
    for (const ArchiveState state : {ArchiveState::Ready, ArchiveState::Failed})
    {
      const std::string body = FormatWebhookBody("delivery", "job", MakeRecord(state));

      EXPECT_EQ(body.find("doe"), std::string::npos) << body;
      EXPECT_EQ(body.find("Doe"), std::string::npos) << body;
    }
  }
} // namespace OrthancPlugins
