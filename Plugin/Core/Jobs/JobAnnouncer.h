// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "IJobObserver.h"
#include "JobMonitor.h"

#include "../Spool/ArchiveSpool.h"

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include <boost/thread/mutex.hpp>

namespace OrthancPlugins
{
  /**
   * What the monitor and the observer learn about our asynchronous jobs, under their public IDs. Each
   * end is observed once, also of a job that has ended before its ID was known. Thread-safe; no lock is
   * held while calling others.
   **/
  class JobAnnouncer
  {
  public:
    // Both must outlive the announcer
    JobAnnouncer(ArchiveSpool& spool, JobMonitor& monitor);

    // Once, before the first job
    void SetObserver(IJobObserver& observer);

    // The status as far as the monitor knows it, completed by the record
    JobStatus
    MakeStatus(const std::string& jobId, const ArchiveRecord& record, JobState state) const;

    // The archive has a public ID from now on
    void NoteLinked(const std::string& archiveId);

    // It waits again, or is paused
    void NoteWaiting(const std::string& archiveId);

    // It is to be made once more: its next end is another one
    void NoteRestart(const std::string& archiveId);

    // It has ended, or is postponed, as the record says
    void NoteEnd(const ArchiveRecord& record);

    void Forget(const std::string& archiveId, const std::string& jobId);

    // The archives that were announced and are gone from the spool, with their public IDs
    std::map<std::string, std::string> ListRemoved();

  private:
    void Remember(const std::string& archiveId, const std::string& jobId);
    std::string FindPublicJobOrWait(const std::string& archiveId);
    bool TakeUnlinkedEnd(const std::string& archiveId);
    bool IsFirstEnd(const ArchiveRecord& record);

    ArchiveSpool& spool_;
    JobMonitor& monitor_;
    IJobObserver* observer_ = nullptr;

    boost::mutex mutex_;
    std::map<std::string, std::string> announced_; // archive -> its public job
    std::map<std::string, std::int64_t>
      observedEnds_;                     // archive -> its end, as the observer knows it
    std::set<std::string> unlinkedEnds_; // ended before the public ID was known
  };
} // namespace OrthancPlugins
