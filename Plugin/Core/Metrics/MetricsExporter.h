// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "IHostMetrics.h"
#include "MetricFamily.h"
#include "MetricsRefresher.h"
#include "PluginMetrics.h"

#include "../HostVersion.h"
#include "../IClock.h"
#include "../Settings.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace OrthancPlugins
{
  /**
   * All families of one answer: counters as they are at this moment, and what costs I/O as the background
   * has last seen it. The time of an answer does not depend on the number of instances, jobs or clients.
   * Thread-safe; no lock is held while calling the host.
   **/
  class MetricsExporter
  {
  public:
    // "more": collectors about the rest of the plugin, their time is in their families. All references must
    // outlive the exporter
    MetricsExporter(const Settings& settings,
                    IHostMetrics& host,
                    PluginMetrics& metrics,
                    std::vector<MetricsCollector> more,
                    IClock& clock);
    ~MetricsExporter();

    // Nothing is read before: the host must answer calls
    void Start();
    void Stop();

    // Whether the host's metrics are switched on; NoteSwitch() when that changes
    bool IsEnabled() const;
    void NoteSwitch(bool isEnabled);

    // Waits for what is not known yet, at most so long
    std::vector<MetricFamily> Collect(std::int64_t timeoutMilliseconds);

  private:
    struct PImpl;
    std::unique_ptr<PImpl> pimpl_;
  };
} // namespace OrthancPlugins
