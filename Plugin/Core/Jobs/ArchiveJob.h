// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "IJob.h"

#include "../Archive/ArchiveBuilder.h"
#include "../Archive/ArchivePlanner.h"
#include "../Settings.h"
#include "../Spool/ArchiveSpool.h"

#include <memory>
#include <string>

namespace OrthancPlugins
{
  /**
   * Writes one archive of the spool: plans, writes, publishes. The request comes from the record.
   * Never removes a published file (the host destroys jobs at shutdown and at purge alike).
   * After Reset() or a restart it begins anew, whatever a part file holds.
   **/
  class ArchiveJob final : public IJob
  {
  public:
    // All references must outlive the job
    ArchiveJob(const std::string& archiveId, ArchiveSpool& spool, IDicomStore& store,
               const ArchivePlanner& planner, const ArchiveSettings& settings);
    ~ArchiveJob() override;

    JobStep Step() override;
    void Stop(JobStopReason reason) override;
    void Reset() override;
    std::string GetType() const override { return "Archive"; }
    float GetProgress() const override;
    std::string GetContent() const override;
    std::string GetSavedState() const override;

  private:
    struct PImpl;
    std::unique_ptr<PImpl> pimpl_;
  };
}
