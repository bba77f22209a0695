// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "DeliveryStore.h"

#include "../IClock.h"
#include "../Settings.h"

#include <functional>
#include <memory>
#include <string>

namespace OrthancPlugins
{
  /**
   * Sends what is pending in the store when it is due, and records every attempt. A slow receiver delays
   * only what goes to it. Used by one thread, except for WakeUp().
   **/
  class DeliveryWorker
  {
  public:
    // Told of each attempt that has ended
    using Counter = std::function<void(bool isDelivered, bool isGivenUp)>;

    // All references must outlive the worker. "warn" is told about what is given up; "count" may be empty.
    // Throws Failure(OutOfRange) if the settings are wrong, Failure(Internal) without libcurl
    DeliveryWorker(const WebhookSettings& settings,
                   DeliveryStore& store,
                   IClock& clock,
                   std::function<void(const std::string& text)> warn,
                   Counter count = nullptr);
    ~DeliveryWorker();

    // Starts what is due, then returns as soon as attempts have ended, something else is due, the time is
    // over or somebody calls WakeUp(). Attempts that have not ended go on in the next call
    void Work(unsigned timeoutMilliseconds);

    // From any thread: there may be something new
    void WakeUp();

  private:
    struct PImpl;
    std::unique_ptr<PImpl> pimpl_;
  };
} // namespace OrthancPlugins
