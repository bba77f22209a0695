// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "UrlPolicy.h"

#include "../Failure.h"

#include <algorithm>

namespace OrthancPlugins
{
  namespace
  {
    // The same path, or below it: "/a" has "/a" and "/a/b", but not "/ab"
    bool IsBelow(const std::string& path, const std::string& parent)
    {
      if (path.compare(0, parent.size(), parent) != 0)
      {
        return false;
      }
      return parent.back() == '/' || path.size() == parent.size() || path[parent.size()] == '/';
    }

    [[noreturn]] void RefuseField(const std::string& reason)
    {
      throw Failure(FailureKind::OutOfRange, "Field \"NotifyUrl\" " + reason);
    }

    WebUrl ParseField(const std::string& text)
    {
      try
      {
        return WebUrl::Parse(text);
      }
      catch (const Failure& failure)
      {
        RefuseField(failure.what());
      }
    }
  } // namespace

  UrlPolicy::UrlPolicy(const std::vector<std::string>& allowedUrls)
  {
    for (const std::string& text : allowedUrls)
    {
      allowed_.push_back(WebUrl::Parse(text));
      if (!allowed_.back().query.empty())
      {
        throw Failure(FailureKind::OutOfRange, "has a query");
      }
    }
  }

  bool UrlPolicy::Allows(const WebUrl& url) const
  {
    return std::any_of(allowed_.begin(), allowed_.end(),
                       [&](const WebUrl& allowed)
                       { return allowed.HasSameOrigin(url) && IsBelow(url.path, allowed.path); });
  }

  void CheckNotifyUrl(const WebhookSettings& settings, const std::string& url)
  {
    const UrlPolicy policy(settings.allowedUrls);
    if (policy.IsOff())
    {
      RefuseField("is not possible: the option \"AdvancedRest.Webhooks.AllowedUrls\" of the "
                  "configuration allows no URL");
    }
    if (!policy.Allows(ParseField(url)))
    {
      RefuseField("is not allowed by the option \"AdvancedRest.Webhooks.AllowedUrls\" of the "
                  "configuration");
    }
  }
} // namespace OrthancPlugins
