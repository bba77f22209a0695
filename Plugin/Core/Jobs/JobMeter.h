// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "IJobObserver.h"
#include "JobController.h"
#include "StreamDirectory.h"

#include "../Metrics/IHostMetrics.h"
#include "../Metrics/MetricFamily.h"
#include "../Metrics/PluginMetrics.h"
#include "../Spool/ArchiveSpool.h"

#include <string>
#include <vector>

namespace OrthancPlugins
{
  /**
   * Counts our asynchronous jobs as they end, then tells the next observer. Thread-safe.
   **/
  class JobMeter final : public IJobObserver
  {
  public:
    // Both must outlive the meter
    JobMeter(PluginMetrics& metrics, IJobObserver& next)
      : metrics_(metrics),
        next_(next)
    {
    }

    void OnJobEnded(const std::string& jobId, const ArchiveRecord& record) override;

  private:
    PluginMetrics& metrics_;
    IJobObserver& next_;
  };

  // A synchronous archive that has ended: it counts as a job, too
  void CountStream(const StreamSnapshot& stream, PluginMetrics& metrics);

  // Jobs by state, the age of the oldest that waits, and what the spool holds. Takes a time in the
  // number of jobs, and asks the host
  std::vector<MetricFamily> ReadJobFamilies(IHostMetrics& host,
                                            const JobController& controller,
                                            const ArchiveSpool& spool,
                                            const StreamDirectory& streams,
                                            std::int64_t nowMicroseconds);
  std::vector<MetricFamily> ReadSpoolFamilies(const ArchiveSpool& spool);
} // namespace OrthancPlugins
