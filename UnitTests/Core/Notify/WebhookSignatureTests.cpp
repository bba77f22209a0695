// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../../Plugin/Core/Notify/WebhookSignature.h"

#include "../../../Plugin/Core/Uuid.h"

#include <gtest/gtest.h>

#include <set>

namespace OrthancPlugins
{
  // Values of Python's hmac and hashlib

  TEST(WebhookSignature, IsTheHmacOfTimestampAndBody)
  {
    EXPECT_EQ(SignWebhook("key", 1700000000, "{\"a\":1}"),
              "a438e398bfafc57e4396bb7fc2304422f0f768e965d073ca313cb52e22e6ad03");
  }

  TEST(WebhookSignature, DependsOnEverything)
  {
    const std::set<std::string> signatures = {
      SignWebhook("key", 1, "body"), SignWebhook("kez", 1, "body"), SignWebhook("key", 2, "body"),
      SignWebhook("key", 1, "bodz"), SignWebhook("", 1, "body")};

    EXPECT_EQ(signatures.size(), 5u);
  }

  TEST(WebhookSignature, DeliveryIdFollowsFromJobEndAndUrl)
  {
    EXPECT_EQ(MakeDeliveryId("job", 5, "http://h/"), "2dd5893f-3ecf-8d0f-855d-6ce3c9a1e07b");

    const std::set<std::string> ids = {
      MakeDeliveryId("job", 5, "http://h/"), MakeDeliveryId("job", 5, "http://h/"),
      MakeDeliveryId("job2", 5, "http://h/"), MakeDeliveryId("job", 6, "http://h/"),
      MakeDeliveryId("job", 5, "http://i/")};
    EXPECT_EQ(ids.size(), 4u);
    for (const std::string& id : ids)
    {
      EXPECT_TRUE(IsUuid(id)) << id;
    }
  }
} // namespace OrthancPlugins
