// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../../Plugin/Core/Notify/DeliveryRecordJson.h"

#include "../../../Plugin/Core/Failure.h"

#include "DeliverySamples.h"

#include <gtest/gtest.h>
#include <json/json.h>

#include <functional>
#include <sstream>

namespace OrthancPlugins
{
  namespace
  {
    Json::Value Parse(const std::string& text)
    {
      Json::Value value;
      std::istringstream(text) >> value;
      return value;
    }

    // The text of a good record after a change
    std::string Damage(const std::function<void(Json::Value&)>& change)
    {
      Json::Value value = Parse(FormatDeliveryRecord(MakeEnded(1, START + 10)));
      change(value);
      return value.toStyledString();
    }

    void ExpectBadFormat(const std::string& text)
    {
      try
      {
        ParseDeliveryRecord(text);
        ADD_FAILURE() << text;
      }
      catch (const Failure& failure)
      {
        EXPECT_EQ(failure.GetKind(), FailureKind::BadFormat);
        EXPECT_EQ(std::string(failure.what()).find("secret"), std::string::npos);
      }
    }
  } // namespace

  TEST(DeliveryRecordJson, EverythingComesBack)
  {
    for (const DeliveryRecord& record :
         {MakeDelivery("http://host/?token=1", 1), MakeEnded(2, START + 10)})
    {
      const DeliveryRecord back = ParseDeliveryRecord(FormatDeliveryRecord(record));

      EXPECT_EQ(back.id, record.id);
      EXPECT_EQ(back.archiveId, record.archiveId);
      EXPECT_EQ(back.jobId, record.jobId);
      EXPECT_EQ(back.event, record.event);
      EXPECT_EQ(back.url, record.url);
      EXPECT_EQ(back.body, record.body);
      EXPECT_EQ(back.state, record.state);
      EXPECT_EQ(back.createdMicroseconds, record.createdMicroseconds);
      EXPECT_EQ(back.completedMicroseconds, record.completedMicroseconds);
      EXPECT_EQ(back.nextAttemptMicroseconds, record.nextAttemptMicroseconds);
      ASSERT_EQ(back.attempts.size(), record.attempts.size());
      for (std::size_t i = 0; i < back.attempts.size(); i++)
      {
        EXPECT_EQ(back.attempts[i].startedMicroseconds, record.attempts[i].startedMicroseconds);
        EXPECT_EQ(back.attempts[i].durationMicroseconds, record.attempts[i].durationMicroseconds);
        EXPECT_EQ(back.attempts[i].httpStatus, record.attempts[i].httpStatus);
        EXPECT_EQ(back.attempts[i].error, record.attempts[i].error);
      }
    }
  }

  TEST(DeliveryRecordJson, RefusesWhatIsNoRecord)
  {
    const std::string good = FormatDeliveryRecord(MakeEnded(1, START));
    for (const std::string& text :
         {std::string(), std::string("secret"), std::string("[]"), std::string("1"),
          good.substr(0, good.size() / 2), good + "{}", std::string(1000, '[')})
    {
      ExpectBadFormat(text);
    }
  }

  TEST(DeliveryRecordJson, RefusesBadMembers)
  {
    for (const char* const key :
         {"Version", "ID", "ArchiveID", "JobID", "Event", "Url", "Body", "State", "Attempts",
          "CreatedMicroseconds", "CompletedMicroseconds", "NextAttemptMicroseconds"})
    {
      ExpectBadFormat(Damage([&](Json::Value& value) { value.removeMember(key); }));
      ExpectBadFormat(Damage([&](Json::Value& value) { value[key] = Json::objectValue; }));
    }
    ExpectBadFormat(Damage([](Json::Value& value) { value["Version"] = 2; }));
    ExpectBadFormat(Damage([](Json::Value& value) { value["Version"] = 0; }));
    ExpectBadFormat(Damage([](Json::Value& value) { value["ID"] = "../secret"; }));
    ExpectBadFormat(Damage([](Json::Value& value) { value["State"] = "secret"; }));
    ExpectBadFormat(Damage([](Json::Value& value) { value["CreatedMicroseconds"] = -1; }));
    ExpectBadFormat(Damage([](Json::Value& value) { value["Attempts"][0] = "secret"; }));
    ExpectBadFormat(Damage([](Json::Value& value) { value["Attempts"][0]["Error"] = "secret"; }));
    ExpectBadFormat(Damage([](Json::Value& value) { value["Attempts"][0]["HttpStatus"] = "200"; }));
  }

  TEST(DeliveryRecordJson, UnknownMembersAreIgnored)
  {
    const std::string text = Damage([](Json::Value& value) { value["Later"] = "addition"; });

    EXPECT_EQ(ParseDeliveryRecord(text).state, DeliveryState::Delivered);
  }
} // namespace OrthancPlugins
