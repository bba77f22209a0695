// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../../Plugin/Core/Notify/DeliveryWorker.h"

#include "../../../Plugin/Core/Failure.h"
#include "../../../Plugin/Core/Notify/WebUrl.h"
#include "../../../Plugin/Core/Notify/WebhookSignature.h"

#include "../../Fakes/LocalHttpServer.h"
#include "../../Fakes/ManualClock.h"
#include "DeliverySamples.h"

#include <gtest/gtest.h>

#include <optional>

namespace OrthancPlugins
{
  namespace
  {
    constexpr unsigned LONG_MILLISECONDS = 60'000;

    WebhookSettings MakeSettings()
    {
      WebhookSettings settings;
      settings.allowedAddresses = {"127.0.0.1"};
      settings.timeoutSeconds = 20;
      settings.maxAttempts = 3;
      settings.retryDelaySeconds = 5;
      return settings;
    }

    // The settings that allow this receiver
    WebhookSettings Allow(const LocalHttpServer& server, WebhookSettings settings = MakeSettings())
    {
      settings.allowedUrls.push_back(server.GetUrl("/"));
      return settings;
    }

    // A spool directory and all that a worker needs
    struct Desk
    {
      DeliveryDirectory directory;
      ManualClock clock;
      DeliveryStore store{directory.GetSpool(), 100};
      std::vector<std::string> warnings;
      std::optional<DeliveryWorker> worker;

      explicit Desk(const WebhookSettings& settings) { Hire(settings); }

      void Hire(const WebhookSettings& settings)
      {
        worker.emplace(settings, store, clock,
                       [this](const std::string& text) { warnings.push_back(text); });
      }

      DeliveryRecord Get(unsigned number = 1) const
      {
        return *store.Find(MakeDelivery("", number).id);
      }

      // Until the delivery has so many attempts
      void WorkUntil(std::size_t attempts, unsigned number = 1)
      {
        while (Get(number).attempts.size() < attempts)
        {
          worker->Work(LONG_MILLISECONDS);
        }
      }
    };

    // The statuses one after the other, the last one again and again
    LocalHttpServer::Answerer AnswerInTurn(const std::vector<unsigned>& statuses)
    {
      return [statuses](const LocalHttpServer::Request&, std::size_t number)
      {
        return LocalHttpServer::MakeAnswer(number < statuses.size() ? statuses[number]
                                                                    : statuses.back());
      };
    }
  } // namespace

  TEST(DeliveryWorker, DeliversWithHeaders)
  {
    LocalHttpServer server(AnswerInTurn({200}));
    Desk desk(Allow(server));
    const DeliveryRecord record = MakeDelivery(server.GetUrl("/hook"));
    desk.store.Add(record);
    desk.clock.Advance(10);

    desk.WorkUntil(1);

    const DeliveryRecord after = desk.Get();
    EXPECT_EQ(after.state, DeliveryState::Delivered);
    EXPECT_EQ(after.completedMicroseconds, START + 10);
    EXPECT_EQ(after.nextAttemptMicroseconds, 0);
    EXPECT_EQ(after.attempts[0].startedMicroseconds, START + 10);
    EXPECT_EQ(after.attempts[0].httpStatus, 200u);
    EXPECT_EQ(after.attempts[0].error, DeliveryError::None);
    const LocalHttpServer::Request request = server.GetRequests().at(0);
    EXPECT_EQ(request.body, record.body);
    EXPECT_EQ(request.headers.at("content-type"), "application/json");
    EXPECT_EQ(request.headers.at("x-advanced-rest-delivery"), record.id);
    EXPECT_EQ(request.headers.at("x-advanced-rest-timestamp"), "1700000000");
    EXPECT_EQ(request.headers.count("x-advanced-rest-signature"), 0u);
    EXPECT_TRUE(desk.warnings.empty());
  }

  TEST(DeliveryWorker, SignsWithTheSecretOfTheReceiver)
  {
    LocalHttpServer server(AnswerInTurn({200}));
    WebhookSettings settings = Allow(server);
    settings.secret = "of requests";
    settings.targets.push_back({server.GetUrl("/target"), "of the target"});
    settings.targets.push_back({server.GetUrl("/unsigned"), ""});
    Desk desk(settings);
    const std::pair<const char*, const char*> rows[] = {
      {"/target", "of the target"}, {"/other", "of requests"}, {"/unsigned", ""}};
    unsigned number = 0;
    for (const auto& [path, secret] : rows)
    {
      desk.store.Add(MakeDelivery(server.GetUrl(path), ++number));
      desk.clock.Advance(SECOND);
      desk.WorkUntil(1, number);

      const LocalHttpServer::Request request = server.GetRequests().at(number - 1);
      const std::int64_t timestamp = START / SECOND + number;
      ASSERT_EQ(request.headers.at("x-advanced-rest-timestamp"), std::to_string(timestamp));
      const auto signature = request.headers.find("x-advanced-rest-signature");
      if (*secret == '\0')
      {
        EXPECT_EQ(signature, request.headers.end());
      }
      else
      {
        ASSERT_NE(signature, request.headers.end());
        EXPECT_EQ(signature->second, "sha256=" + SignWebhook(secret, timestamp, request.body));
      }
    }
  }

  TEST(DeliveryWorker, RepeatsAfterTheDelay)
  {
    LocalHttpServer server(AnswerInTurn({500, 500, 200}));
    Desk desk(Allow(server));
    desk.store.Add(MakeDelivery(server.GetUrl("/")));
    desk.clock.Advance(SECOND);

    desk.WorkUntil(1);
    EXPECT_EQ(desk.Get().state, DeliveryState::Pending);
    EXPECT_EQ(desk.Get().nextAttemptMicroseconds, START + 6 * SECOND);
    EXPECT_EQ(desk.Get().attempts[0].error, DeliveryError::BadStatus);
    EXPECT_EQ(desk.Get().attempts[0].httpStatus, 500u);

    desk.clock.Advance(5 * SECOND - 1);
    desk.worker->Work(1);
    EXPECT_EQ(server.GetRequests().size(), 1u);

    desk.clock.Advance(1);
    desk.WorkUntil(2);
    EXPECT_EQ(desk.Get().nextAttemptMicroseconds, START + 16 * SECOND);

    desk.clock.Advance(10 * SECOND);
    desk.WorkUntil(3);
    EXPECT_EQ(desk.Get().state, DeliveryState::Delivered);
    EXPECT_TRUE(desk.Get().body.empty());
  }

  TEST(DeliveryWorker, DelayIsDoubledUpToAnHour)
  {
    LocalHttpServer server(AnswerInTurn({500}));
    WebhookSettings settings = Allow(server);
    settings.maxAttempts = 12;
    Desk desk(settings);
    desk.store.Add(MakeDelivery(server.GetUrl("/")));
    desk.clock.Advance(SECOND);

    for (const std::int64_t seconds : {5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600})
    {
      desk.WorkUntil(desk.Get().attempts.size() + 1);
      EXPECT_EQ(desk.Get().nextAttemptMicroseconds,
                desk.clock.GetNowMicroseconds() + seconds * SECOND);
      desk.clock.Advance(seconds * SECOND);
    }
    desk.WorkUntil(12);
    EXPECT_EQ(desk.Get().state, DeliveryState::Failed);
  }

  TEST(DeliveryWorker, GivesUpInTheEnd)
  {
    LocalHttpServer server(AnswerInTurn({503}));
    Desk desk(Allow(server));
    desk.store.Add(MakeDelivery(server.GetUrl("/?secret")));
    desk.clock.Advance(SECOND);

    for (std::size_t attempt = 1; attempt <= 3; attempt++)
    {
      desk.WorkUntil(attempt);
      desk.clock.Advance(3600 * SECOND);
    }

    EXPECT_EQ(desk.Get().state, DeliveryState::Failed);
    EXPECT_TRUE(desk.store.ListPending().empty());
    ASSERT_EQ(desk.warnings.size(), 1u);
    EXPECT_NE(desk.warnings[0].find(JOB_ID), std::string::npos);
    EXPECT_NE(desk.warnings[0].find("BadStatus"), std::string::npos);
    EXPECT_EQ(desk.warnings[0].find("secret"), std::string::npos);
  }

  TEST(DeliveryWorker, GoneIsGivenUpAtOnce)
  {
    LocalHttpServer server(AnswerInTurn({410}));
    Desk desk(Allow(server));
    desk.store.Add(MakeDelivery(server.GetUrl("/")));
    desk.clock.Advance(SECOND);

    desk.WorkUntil(1);

    EXPECT_EQ(desk.Get().state, DeliveryState::Failed);
  }

  TEST(DeliveryWorker, UrlMustStillBeAllowed)
  {
    LocalHttpServer server(AnswerInTurn({200}));
    Desk desk(MakeSettings());
    desk.store.Add(MakeDelivery(server.GetUrl("/"), 1));
    desk.store.Add(MakeDelivery("nonsense", 2));
    desk.clock.Advance(SECOND);

    desk.WorkUntil(1, 1);
    desk.WorkUntil(1, 2);

    for (const unsigned number : {1u, 2u})
    {
      EXPECT_EQ(desk.Get(number).state, DeliveryState::Failed);
      EXPECT_EQ(desk.Get(number).attempts.at(0).error, DeliveryError::UrlNotAllowed);
    }
    EXPECT_TRUE(server.GetRequests().empty());
  }

  TEST(DeliveryWorker, AddressOfATargetIsCheckedToo)
  {
    LocalHttpServer server(AnswerInTurn({200}));
    WebhookSettings settings;
    settings.targets.push_back({server.GetUrl("/"), ""});
    Desk desk(settings);
    desk.store.Add(MakeDelivery(server.GetUrl("/")));
    desk.clock.Advance(SECOND);

    desk.WorkUntil(1);

    EXPECT_EQ(desk.Get().attempts.at(0).error, DeliveryError::AddressNotAllowed);
    EXPECT_EQ(desk.Get().state, DeliveryState::Pending);
    EXPECT_TRUE(server.GetRequests().empty());
  }

  TEST(DeliveryWorker, TargetIsAllowedByItself)
  {
    LocalHttpServer server(AnswerInTurn({200}));
    WebhookSettings settings = MakeSettings();
    settings.targets.push_back({server.GetUrl("/target?token=1"), ""});
    Desk desk(settings);
    desk.store.Add(MakeDelivery(server.GetUrl("/target?token=1"), 1));
    desk.store.Add(MakeDelivery(server.GetUrl("/target?token=2"), 2));
    desk.clock.Advance(SECOND);

    desk.WorkUntil(1, 1);
    desk.WorkUntil(1, 2);

    EXPECT_EQ(desk.Get(1).state, DeliveryState::Delivered);
    EXPECT_EQ(desk.Get(2).state, DeliveryState::Failed);
  }

  TEST(DeliveryWorker, GoesOnAfterARestart)
  {
    LocalHttpServer server(AnswerInTurn({500, 200}));
    Desk desk(Allow(server));
    desk.store.Add(MakeDelivery(server.GetUrl("/")));
    desk.clock.Advance(SECOND);
    desk.WorkUntil(1);

    desk.worker.reset();
    DeliveryStore store(desk.directory.GetSpool(), 100);
    store.Load();
    DeliveryWorker worker(Allow(server), store, desk.clock, [](const std::string&) {});
    desk.clock.Advance(5 * SECOND);
    while (!store.ListPending().empty())
    {
      worker.Work(LONG_MILLISECONDS);
    }

    EXPECT_EQ(store.ListByArchive(ARCHIVE_ID).at(0)->attempts.size(), 2u);
    EXPECT_EQ(store.ListByArchive(ARCHIVE_ID).at(0)->state, DeliveryState::Delivered);
    EXPECT_EQ(server.GetRequests().at(0).headers.at("x-advanced-rest-delivery"),
              server.GetRequests().at(1).headers.at("x-advanced-rest-delivery"));
    EXPECT_EQ(server.GetRequests().at(0).body, server.GetRequests().at(1).body);
  }

  TEST(DeliveryWorker, InterruptedAttemptIsRepeated)
  {
    LocalHttpServer server(
      [](const LocalHttpServer::Request&, std::size_t number)
      { return number == 0 ? std::string() : LocalHttpServer::MakeAnswer(200); });
    Desk desk(Allow(server));
    desk.store.Add(MakeDelivery(server.GetUrl("/")));
    desk.clock.Advance(SECOND);
    while (server.GetRequests().empty())
    {
      desk.worker->Work(10);
    }

    desk.worker.reset();
    desk.Hire(Allow(server));
    desk.WorkUntil(1);

    EXPECT_EQ(desk.Get().state, DeliveryState::Delivered);
    EXPECT_EQ(desk.Get().attempts.size(), 1u);
  }

  TEST(DeliveryWorker, SilentReceiverDoesNotDelayOthers)
  {
    LocalHttpServer silent([](const LocalHttpServer::Request&, std::size_t)
                           { return std::string(); });
    LocalHttpServer server(AnswerInTurn({200}));
    Desk desk(Allow(server, Allow(silent)));
    for (unsigned number = 1; number <= 8; number++)
    {
      desk.store.Add(MakeDelivery(silent.GetUrl("/" + std::to_string(number)), number));
    }
    desk.store.Add(MakeDelivery(server.GetUrl("/"), 9));
    desk.clock.Advance(SECOND);

    desk.WorkUntil(1, 9);

    EXPECT_EQ(desk.Get(9).state, DeliveryState::Delivered);
    EXPECT_LE(silent.GetRequests().size(), 2u);
  }

  TEST(DeliveryWorker, ClockThatWasSetBackDelaysNothing)
  {
    LocalHttpServer server(AnswerInTurn({200}));
    Desk desk(Allow(server));
    DeliveryRecord record = MakeDelivery(server.GetUrl("/"));
    record.nextAttemptMicroseconds = START + 48 * 3600 * SECOND;
    desk.store.Add(record);

    desk.WorkUntil(1);

    EXPECT_EQ(desk.Get().state, DeliveryState::Delivered);
  }

  TEST(DeliveryWorker, RefusesWrongSettings)
  {
    const DeliveryDirectory directory;
    DeliveryStore store(directory.GetSpool(), 100);
    ManualClock clock;
    const auto ignore = [](const std::string&) {};
    WebhookSettings target, url, address;
    target.targets.push_back({"host", ""});
    url.allowedUrls.push_back("host");
    address.allowedAddresses.push_back("host");

    for (const WebhookSettings& settings : {target, url, address})
    {
      EXPECT_THROW(DeliveryWorker(settings, store, clock, ignore), Failure);
    }
  }
} // namespace OrthancPlugins
