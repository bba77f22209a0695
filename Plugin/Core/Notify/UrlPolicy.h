// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "WebUrl.h"

#include "../Settings.h"

#include <string>
#include <vector>

namespace OrthancPlugins
{
  /**
   * Which URLs a request may name: same scheme, host and port as an allowed one, and the same path or one
   * below it. Nothing is allowed by default. Immutable, hence thread-safe.
   **/
  class UrlPolicy
  {
  public:
    // Throws Failure(OutOfRange) as WebUrl::Parse() does, also if an allowed URL has a query
    explicit UrlPolicy(const std::vector<std::string>& allowedUrls);

    bool IsOff() const { return allowed_.empty(); }

    bool Allows(const WebUrl& url) const;

  private:
    std::vector<WebUrl> allowed_;
  };

  // The field "NotifyUrl" of a request. Throws Failure(OutOfRange) that names the field
  void CheckNotifyUrl(const WebhookSettings& settings, const std::string& url);
} // namespace OrthancPlugins
