// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../../Plugin/Core/Notify/UrlPolicy.h"

#include "../../../Plugin/Core/Failure.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace OrthancPlugins
{
  namespace
  {
    struct Row
    {
      const char* allowed;
      const char* url;
      bool isAllowed;
    };

    // Empty: accepted
    std::string GetComplaint(const std::vector<std::string>& allowed, const std::string& url)
    {
      WebhookSettings settings;
      settings.allowedUrls = allowed;
      try
      {
        CheckNotifyUrl(settings, url);
      }
      catch (const Failure& failure)
      {
        EXPECT_EQ(failure.GetKind(), FailureKind::OutOfRange);
        return failure.what();
      }
      return "";
    }
  } // namespace

  TEST(UrlPolicy, ComparesOriginAndPathPrefix)
  {
    const Row rows[] = {
      // Another origin
      {"https://host/", "http://host/", false},
      {"http://host/", "https://host/", false},
      {"http://host/", "http://host:8080/", false},
      {"http://host:8080/", "http://host/", false},
      {"http://host/", "http://host.evil.org/", false},
      {"http://host/", "http://evilhost/", false},
      {"http://host/", "http://sub.host/", false},
      {"http://192.0.2.1/", "http://[::ffff:192.0.2.1]/", false},
      // Another path
      {"http://host/hook", "http://host/", false},
      {"http://host/hook", "http://host/hooks", false},
      {"http://host/hook", "http://host/hook.evil", false},
      {"http://host/hook", "http://host/Hook", false},
      {"http://host/hook", "http://host//hook", false},
      {"http://host/hook", "http://host/a/hook", false},
      {"http://host/hook", "http://host/hook%3F", false},
      {"http://host/hook/", "http://host/hook", false},
      {"http://host/a/b", "http://host/a", false},
      // Allowed
      {"http://host", "http://host", true},
      {"http://host", "http://host/any/path?query", true},
      {"http://host:80", "http://HOST/", true},
      {"https://host:443/", "https://host/", true},
      {"http://host/hook", "http://host/hook", true},
      {"http://host/hook", "http://host/hook?query", true},
      {"http://host/hook", "http://host/hook/", true},
      {"http://host/hook", "http://host/hook/a/b", true},
      {"http://host/hook", "http://host/%68ook", true},
      {"http://host/hook/", "http://host/hook/", true},
      {"http://host/hook/", "http://host/hook/a", true},
      {"http://[::1]:99/", "http://[0::1]:99/a", true},
    };
    for (const Row& row : rows)
    {
      EXPECT_EQ(UrlPolicy({row.allowed}).Allows(WebUrl::Parse(row.url)), row.isAllowed)
        << row.allowed << " and " << row.url;
    }
  }

  TEST(UrlPolicy, AllowsNothingByDefault)
  {
    const UrlPolicy policy({});

    EXPECT_TRUE(policy.IsOff());
    EXPECT_FALSE(policy.Allows(WebUrl::Parse("http://host/")));
  }

  TEST(UrlPolicy, EveryAllowedUrlCounts)
  {
    const UrlPolicy policy({"http://a/", "https://b/hook"});

    EXPECT_TRUE(policy.Allows(WebUrl::Parse("http://a/x")));
    EXPECT_TRUE(policy.Allows(WebUrl::Parse("https://b/hook")));
    EXPECT_FALSE(policy.Allows(WebUrl::Parse("https://b/")));
  }

  TEST(UrlPolicy, RefusesAllowedUrlsThatCannotBeMeant)
  {
    for (const char* const text : {"", "host", "*", "http://*", "http://host/?token=1",
                                   "http://host/#", "http://user@host/", "http://host/../"})
    {
      EXPECT_THROW(UrlPolicy({text}), Failure) << text;
    }
  }

  TEST(UrlPolicy, FieldOfARequestIsNamed)
  {
    EXPECT_EQ(GetComplaint({"http://host/hook"}, "http://host/hook/1"), "");
    EXPECT_NE(GetComplaint({}, "http://host/").find("\"AdvancedRest.Webhooks.AllowedUrls\""),
              std::string::npos);
    for (const char* const url : {"http://other/", "http://user:secret@host/hook", "nonsense", ""})
    {
      const std::string complaint = GetComplaint({"http://host/hook"}, url);
      EXPECT_EQ(complaint.find("Field \"NotifyUrl\""), 0u) << url << ": " << complaint;
      EXPECT_EQ(complaint.find("secret"), std::string::npos);
    }
  }
} // namespace OrthancPlugins
