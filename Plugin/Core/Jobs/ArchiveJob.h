// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "ArchivePasswords.h"
#include "ExecutorClaims.h"
#include "IJob.h"
#include "JobMonitor.h"

#include "../Archive/ArchiveBuilder.h"
#include "../Archive/ArchivePlanner.h"
#include "../IClock.h"
#include "../Settings.h"
#include "../Spool/ArchiveSpool.h"

#include <memory>
#include <string>

namespace OrthancPlugins
{
  // What an executor works with. The references must outlive it while it is used
  struct ExecutorServices
  {
    ArchiveSpool& spool;
    IDicomStore& store;
    const ArchivePlanner& planner;
    const ArchiveSettings& archive;
    const JobSettings& jobs;
    JobMonitor& monitor;
    IClock& clock;
    // Shared by the factory and its jobs: the host may destroy a job after the plugin has ended
    std::shared_ptr<ExecutorClaims> claims;
    std::shared_ptr<ArchivePasswords> passwords; // same
  };

  // ArchiveSpool::Restart() of what may have been paused
  void RestartArchive(ArchiveSpool& spool, const std::string& archiveId);

  /**
   * An executor: works on one archive of the spool until it is published, has failed or is postponed.
   * Takes the archive at its first step; if another executor has it, or this one was superseded, it
   * ends and leaves the record alone. Continues what an interrupted executor has written, as far as
   * the journal says that it is safe. Never removes a published file (the host destroys jobs at
   * shutdown and at purge alike).
   **/
  class ArchiveJob final : public IJob
  {
  public:
    ArchiveJob(const std::string& archiveId, const ExecutorServices& services);
    ~ArchiveJob() override;

    JobStep Step() override;
    void Stop(JobStopReason reason) override;
    void Reset() override;
    std::string GetType() const override;
    float GetProgress() const override;
    std::string GetContent() const override;
    std::string GetSavedState() const override;

  private:
    struct PImpl;
    std::unique_ptr<PImpl> pimpl_;
  };
} // namespace OrthancPlugins
