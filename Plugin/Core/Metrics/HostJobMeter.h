// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "IHostMetrics.h"
#include "PluginMetrics.h"

#include <memory>
#include <string>

namespace OrthancPlugins
{
  /**
   * Counts the jobs of others by what the host tells of them. It tells no more than an ID, some versions
   * under a lock of theirs: what the ID stands for is asked for by a thread. Jobs of ours are left out:
   * who makes them counts them. Thread-safe.
   **/
  class HostJobMeter
  {
  public:
    // Both must outlive the meter
    HostJobMeter(IHostMetrics& host, PluginMetrics& metrics);

    // Stops
    ~HostJobMeter();

    void Start();
    void Stop();

    // Return at once and never call the host. Beyond some thousand that wait, the type is "other"
    void NoteSubmitted(const std::string& jobId);
    void NoteEnded(const std::string& jobId, bool isSuccessful);

  private:
    struct PImpl;
    std::unique_ptr<PImpl> pimpl_;
  };
} // namespace OrthancPlugins
