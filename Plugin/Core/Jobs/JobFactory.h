// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "ArchiveJob.h"

#include <memory>
#include <string>

namespace OrthancPlugins
{
  // Type and saved state -> job. Touches the spool only, never the host: it runs while the host starts
  class JobFactory
  {
  public:
    // All references must outlive the factory and its jobs
    JobFactory(ArchiveSpool& spool,
               IDicomStore& store,
               const ArchivePlanner& planner,
               const ArchiveSettings& archive,
               const JobSettings& jobs,
               JobMonitor& monitor,
               IClock& clock);

    // Empty if this is no job of ours or its record is gone: the host then drops the job.
    // Throws nothing but std::bad_alloc
    std::unique_ptr<IJob> Restore(const std::string& type, const std::string& savedState) const;

    std::unique_ptr<IJob> CreateArchiveJob(const std::string& archiveId) const;

    // Of the archives that are to be encrypted
    ArchivePasswords& GetPasswords() const;

    // Of all jobs that this factory makes
    ExecutorClaims& GetClaims() const;

  private:
    ExecutorServices services_;
  };
} // namespace OrthancPlugins
