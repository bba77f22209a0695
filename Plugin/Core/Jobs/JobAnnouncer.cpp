// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "JobAnnouncer.h"

#include "JobStates.h"

#include <algorithm>
#include <vector>

#include <boost/thread/lock_guard.hpp>

namespace OrthancPlugins
{
  JobAnnouncer::JobAnnouncer(ArchiveSpool& spool, JobMonitor& monitor)
    : spool_(spool),
      monitor_(monitor)
  {
  }

  void JobAnnouncer::SetObserver(IJobObserver& observer)
  {
    observer_ = &observer;
  }

  JobStatus JobAnnouncer::MakeStatus(const std::string& jobId,
                                     const ArchiveRecord& record,
                                     JobState state) const
  {
    JobStatus status = monitor_.Find(jobId).value_or(JobStatus());
    status.jobId = jobId;
    status.owner = record.owner;
    status.state = state;
    status.inputBytesTotal = std::max(status.inputBytesTotal, record.uncompressedBytes);
    if (state != JobState::Running)
    {
      status.bytesPerSecond = 0;
    }
    if (state != JobState::Running && record.runtimeMicroseconds != 0)
    {
      status.runtimeMicroseconds = record.runtimeMicroseconds;
      status.startedMicroseconds = record.startedMicroseconds;
    }
    if (state == JobState::Success)
    {
      status.inputBytesDone = status.inputBytesTotal;
      status.archiveBytes = record.sizeBytes;
    }
    return status;
  }

  void JobAnnouncer::NoteLinked(const std::string& archiveId)
  {
    const std::optional<ArchiveRecord> record = spool_.Find(archiveId);
    const std::string jobId = spool_.GetPublicJob(archiveId);
    if (!record.has_value() || jobId.empty())
    {
      return;
    }
    Remember(archiveId, jobId);
    JobStatus status;
    status.jobId = jobId;
    status.owner = record->owner;
    status.inputBytesTotal = record->uncompressedBytes;
    monitor_.Introduce(status); // it may run already
    if (TakeUnlinkedEnd(archiveId))
    {
      NoteEnd(spool_.Find(archiveId).value_or(*record));
    }
  }

  void JobAnnouncer::NoteWaiting(const std::string& archiveId)
  {
    const std::optional<ArchiveRecord> record = spool_.Find(archiveId);
    const std::string jobId = spool_.GetPublicJob(archiveId);
    if (!record.has_value() || jobId.empty())
    {
      return;
    }
    Remember(archiveId, jobId);
    JobStatus status;
    status.jobId = jobId;
    status.owner = record->owner;
    status.state = GetRecordState(*record);
    status.inputBytesTotal = record->uncompressedBytes;
    monitor_.Report(status);
  }

  void JobAnnouncer::NoteRestart(const std::string& archiveId)
  {
    {
      const boost::lock_guard<boost::mutex> lock(mutex_);
      observedEnds_.erase(archiveId);
    }
    NoteWaiting(archiveId);
  }

  void JobAnnouncer::NoteEnd(const ArchiveRecord& record)
  {
    const std::string jobId = FindPublicJobOrWait(record.id);
    if (jobId.empty())
    {
      return;
    }
    Remember(record.id, jobId);
    const JobState state = GetRecordState(record);
    monitor_.Report(MakeStatus(jobId, record, state));
    if (IsFinal(state) && IsFirstEnd(record) && observer_ != nullptr)
    {
      observer_->OnJobEnded(jobId, record);
    }
  }

  void JobAnnouncer::Forget(const std::string& archiveId, const std::string& jobId)
  {
    {
      const boost::lock_guard<boost::mutex> lock(mutex_);
      announced_.erase(archiveId);
      observedEnds_.erase(archiveId);
      unlinkedEnds_.erase(archiveId);
    }
    monitor_.Forget(jobId);
  }

  std::map<std::string, std::string> JobAnnouncer::ListRemoved()
  {
    std::map<std::string, std::string> jobs;
    {
      const boost::lock_guard<boost::mutex> lock(mutex_);
      for (const std::string& archiveId : unlinkedEnds_)
      {
        jobs[archiveId] = "";
      }
      jobs.insert(announced_.begin(), announced_.end());
    }
    std::map<std::string, std::string> removed;
    for (const auto& [archiveId, jobId] : jobs)
    {
      if (!spool_.FindState(archiveId).has_value())
      {
        removed[archiveId] = jobId;
      }
    }
    return removed;
  }

  void JobAnnouncer::Remember(const std::string& archiveId, const std::string& jobId)
  {
    const boost::lock_guard<boost::mutex> lock(mutex_);
    announced_[archiveId] = jobId;
  }

  // A job may end before its ID is known: then who links it tells the end. Empty in this case
  std::string JobAnnouncer::FindPublicJobOrWait(const std::string& archiveId)
  {
    const std::string jobId = spool_.GetPublicJob(archiveId);
    if (!jobId.empty())
    {
      return jobId;
    }
    {
      const boost::lock_guard<boost::mutex> lock(mutex_);
      unlinkedEnds_.insert(archiveId);
    }
    const std::string late = spool_.GetPublicJob(archiveId);
    return late.empty() || !TakeUnlinkedEnd(archiveId) ? "" : late;
  }

  bool JobAnnouncer::TakeUnlinkedEnd(const std::string& archiveId)
  {
    const boost::lock_guard<boost::mutex> lock(mutex_);
    return unlinkedEnds_.erase(archiveId) != 0;
  }

  bool JobAnnouncer::IsFirstEnd(const ArchiveRecord& record)
  {
    const boost::lock_guard<boost::mutex> lock(mutex_);
    const auto [found, isNew] = observedEnds_.emplace(record.id, record.completedMicroseconds);
    if (!isNew && found->second == record.completedMicroseconds)
    {
      return false;
    }
    found->second = record.completedMicroseconds;
    return true;
  }
} // namespace OrthancPlugins
