// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "MetricFamily.h"

#include "../IClock.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace OrthancPlugins
{
  // One subject whose values cost I/O
  struct MetricsCollector
  {
    std::string name; // of a closed list
    unsigned intervalSeconds = 30;
    std::function<std::vector<MetricFamily>()> collect; // may throw: the others are not concerned
  };

  struct CollectorResult
  {
    bool isSuccessful = false; // the last time; before the first one: no
    double durationSeconds = 0;
    std::optional<std::int64_t> collectedMicroseconds; // the last success
    std::vector<MetricFamily> families;                // of the last success
  };

  /**
   * Collects on a thread of its own, as often as its collectors want, and only while somebody asks.
   * Everybody who asks gets the same results. Thread-safe; no lock is held while collecting.
   **/
  class MetricsRefresher
  {
  public:
    // Who has not asked for so long has gone
    static constexpr unsigned IDLE_SECONDS = 180;

    // What the collectors use and the clock must outlive the refresher
    MetricsRefresher(std::vector<MetricsCollector> collectors, IClock& clock);

    // Stops
    ~MetricsRefresher();

    // Nothing is collected before
    void Start();

    // Ends what is being collected first. Nobody waits any more
    void Stop();

    /**
     * The results, in the order of the collectors (shared with later callers: immutable). Returns at
     * once, except when nobody has asked for some time or ever: then it waits for fresh ones, at most
     * so long. What is not there in time is as it was before, and not successful.
     **/
    std::vector<std::shared_ptr<const CollectorResult>> Get(std::int64_t timeoutMilliseconds);

    const std::vector<MetricsCollector>& GetCollectors() const;

  private:
    struct PImpl;
    std::unique_ptr<PImpl> pimpl_;
  };
} // namespace OrthancPlugins
