// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../../Plugin/Core/Notify/Notifier.h"

#include "../../Fakes/LocalHttpServer.h"
#include "../../Fakes/ManualClock.h"
#include "DeliverySamples.h"

#include <boost/thread.hpp>
#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <set>

namespace OrthancPlugins
{
  namespace
  {
    ArchiveRecord MakeReady(const std::string& notifyUrl = "")
    {
      ArchiveRecord record;
      record.id = ARCHIVE_ID;
      record.state = ArchiveState::Ready;
      record.createdMicroseconds = START - 10;
      record.completedMicroseconds = START - 5;
      record.notifyUrl = notifyUrl;
      return record;
    }

    WebhookSettings MakeSettings(const std::vector<std::string>& targets)
    {
      WebhookSettings settings;
      for (const std::string& url : targets)
      {
        settings.targets.push_back({url, ""});
      }
      settings.allowedUrls = {"http://host/"};
      settings.allowedAddresses = {"127.0.0.1"};
      return settings;
    }

    // The waiting is for events; this clock only says what time it is
    struct Office
    {
      DeliveryDirectory directory;
      ManualClock clock;
      boost::mutex mutex;
      std::vector<std::string> warnings;
      std::atomic<bool> isArchiveKnown{true};

      Notifier::Environment GetEnvironment()
      {
        return {directory.GetSpool(), [this](const std::string&) { return isArchiveKnown.load(); },
                [this](const std::string& text)
                {
                  const boost::mutex::scoped_lock lock(mutex);
                  warnings.push_back(text);
                }};
      }

      std::size_t CountWarnings()
      {
        const boost::mutex::scoped_lock lock(mutex);
        return warnings.size();
      }
    };

    LocalHttpServer::Answerer AnswerOk()
    {
      return [](const LocalHttpServer::Request&, std::size_t)
      { return LocalHttpServer::MakeAnswer(200); };
    }
  } // namespace

  TEST(Notifier, WritesDownBeforeAnythingIsSent)
  {
    Office office;
    Notifier notifier(MakeSettings({"http://target/a", "http://target/b"}), office.GetEnvironment(),
                      office.clock);

    notifier.OnJobEnded(JOB_ID, MakeReady("http://host/request"));

    const auto deliveries = notifier.ListDeliveries(ARCHIVE_ID);
    ASSERT_EQ(deliveries.size(), 3u);
    EXPECT_EQ(office.directory.CountFiles(), 3u);
    std::set<std::string> urls;
    for (const auto& delivery : deliveries)
    {
      urls.insert(delivery->url);
      EXPECT_EQ(delivery->jobId, JOB_ID);
      EXPECT_EQ(delivery->state, DeliveryState::Pending);
      EXPECT_EQ(delivery->event, "job.success");
      EXPECT_NE(delivery->body.find(delivery->id), std::string::npos);
    }
    EXPECT_EQ(urls,
              (std::set<std::string>{"http://target/a", "http://target/b", "http://host/request"}));
  }

  TEST(Notifier, TellsTheReceivers)
  {
    LocalHttpServer server(AnswerOk());
    Office office;
    Notifier notifier(MakeSettings({server.GetUrl("/a"), server.GetUrl("/b")}),
                      office.GetEnvironment(), office.clock);
    notifier.Start();

    notifier.OnJobEnded(JOB_ID, MakeReady());
    server.WaitForRequests(2);
    notifier.Stop();

    EXPECT_NE(server.GetRequests()[0].body.find(JOB_ID), std::string::npos);
    EXPECT_EQ(office.CountWarnings(), 0u);
  }

  TEST(Notifier, SameEndIsToldOnce)
  {
    Office office;
    const WebhookSettings settings = MakeSettings({"http://host/a", "HTTP://HOST:80/%61"});
    {
      Notifier notifier(settings, office.GetEnvironment(), office.clock);
      notifier.OnJobEnded(JOB_ID, MakeReady("http://host/a"));
      notifier.OnJobEnded(JOB_ID, MakeReady("http://host/a"));
      EXPECT_EQ(notifier.ListDeliveries(ARCHIVE_ID).size(), 1u);
    }

    Notifier notifier(settings, office.GetEnvironment(), office.clock);
    notifier.OnJobEnded(JOB_ID, MakeReady("http://host/a"));
    EXPECT_EQ(notifier.ListDeliveries(ARCHIVE_ID).size(), 1u);

    ArchiveRecord again = MakeReady("http://host/a");
    again.completedMicroseconds += 1;
    notifier.OnJobEnded(JOB_ID, again);
    EXPECT_EQ(notifier.ListDeliveries(ARCHIVE_ID).size(), 2u);
  }

  TEST(Notifier, OldNewsAreNotTold)
  {
    Office office;
    Notifier notifier(MakeSettings({"http://host/a"}), office.GetEnvironment(), office.clock);
    ArchiveRecord old = MakeReady();
    old.completedMicroseconds = START - 8 * 24 * 3600 * SECOND;

    notifier.OnJobEnded(JOB_ID, old);

    EXPECT_TRUE(notifier.ListDeliveries(ARCHIVE_ID).empty());
  }

  TEST(Notifier, WithoutReceiversThereIsNothingToDo)
  {
    Office office;
    Notifier notifier(WebhookSettings(), office.GetEnvironment(), office.clock);
    notifier.Start();

    notifier.OnJobEnded(JOB_ID, MakeReady());
    notifier.Stop();

    EXPECT_FALSE(std::filesystem::exists(office.directory.GetFolder()));
    EXPECT_EQ(office.CountWarnings(), 0u);
  }

  TEST(Notifier, BadUrlOfARequestSilencesNoTarget)
  {
    Office office;
    Notifier notifier(MakeSettings({"http://host/a"}), office.GetEnvironment(), office.clock);

    notifier.OnJobEnded(JOB_ID, MakeReady("nonsense"));

    EXPECT_EQ(notifier.ListDeliveries(ARCHIVE_ID).size(), 1u);
    EXPECT_EQ(office.CountWarnings(), 1u);
  }

  TEST(Notifier, FullDiskIsReportedAndToldNevertheless)
  {
    LocalHttpServer server(AnswerOk());
    Office office;
    std::ofstream(office.directory.GetFolder()) << "a file where the folder should be";
    Notifier notifier(MakeSettings({server.GetUrl("/")}), office.GetEnvironment(), office.clock);
    notifier.Start();

    notifier.OnJobEnded(JOB_ID, MakeReady());
    server.WaitForRequests(1);
    notifier.Stop();

    EXPECT_GE(office.CountWarnings(), 1u);
  }

  TEST(Notifier, StopsDuringATransferAndGoesOnAfterwards)
  {
    LocalHttpServer server(
      [](const LocalHttpServer::Request&, std::size_t number)
      { return number == 0 ? std::string() : LocalHttpServer::MakeAnswer(200); });
    Office office;
    WebhookSettings settings = MakeSettings({server.GetUrl("/")});
    settings.timeoutSeconds = 3600;
    {
      Notifier notifier(settings, office.GetEnvironment(), office.clock);
      notifier.Start();
      notifier.OnJobEnded(JOB_ID, MakeReady());
      server.WaitForRequests(1);
      notifier.Stop(); // the test ends in time only if this does not wait for the receiver
      ASSERT_EQ(notifier.ListDeliveries(ARCHIVE_ID).size(), 1u);
      EXPECT_EQ(notifier.ListDeliveries(ARCHIVE_ID)[0]->state, DeliveryState::Pending);
      EXPECT_TRUE(notifier.ListDeliveries(ARCHIVE_ID)[0]->attempts.empty());
    }

    Notifier notifier(settings, office.GetEnvironment(), office.clock);
    notifier.Start();
    server.WaitForRequests(2);

    EXPECT_EQ(server.GetRequests()[0].body, server.GetRequests()[1].body);
  }

  TEST(Notifier, StopIsFineWithoutStartAndTwice)
  {
    Office office;
    Notifier notifier(WebhookSettings(), office.GetEnvironment(), office.clock);

    notifier.Stop();
    notifier.Start();
    notifier.Stop();
    notifier.Stop();
  }
} // namespace OrthancPlugins
