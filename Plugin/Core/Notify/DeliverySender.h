// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "AddressPolicy.h"
#include "DeliveryRecord.h"
#include "WebUrl.h"

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace OrthancPlugins
{
  // One POST
  struct DeliveryRequest
  {
    std::string id;
    WebUrl url;
    std::vector<std::string> headers; // "Name: value"
    std::string body;
  };

  struct DeliveryOutcome
  {
    std::string id;
    unsigned httpStatus = 0; // of the last answer; 0: there was none
    DeliveryError error = DeliveryError::None;
  };

  /**
   * Sends several requests at the same time. The place where libcurl is used: its errors become values.
   *
   * Every connection is checked against the policy of addresses after the host name was resolved;
   * redirections (at most three, never from HTTPS to HTTP) are checked by "isAllowed" and repeat the
   * request as it is. Proxies, passwords and cookies are not used, the bodies of answers are dropped.
   * Used by one thread, except for WakeUp().
   **/
  class DeliverySender
  {
  public:
    using UrlCheck = std::function<bool(const WebUrl& url)>;

    // The time-out is for the whole request, with its redirections. "isAllowed" throws nothing
    DeliverySender(const AddressPolicy& addresses, UrlCheck isAllowed, unsigned timeoutSeconds);

    // Drops what is being sent
    ~DeliverySender();

    // Throws Failure(Internal)
    void Start(const DeliveryRequest& request);

    bool IsSending(const std::string& id) const;
    std::size_t CountAll() const;
    std::size_t CountTo(const WebUrl& url) const; // to the same scheme, host and port

    // Returns as soon as requests have ended, the time is over or somebody calls WakeUp()
    std::vector<DeliveryOutcome> Wait(unsigned timeoutMilliseconds);

    // From any thread
    void WakeUp();

  private:
    struct PImpl;
    std::unique_ptr<PImpl> pimpl_;
  };
} // namespace OrthancPlugins
