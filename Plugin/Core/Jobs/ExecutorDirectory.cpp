// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "ExecutorDirectory.h"

#include "JobStates.h"

#include <exception>

#include <boost/thread/lock_guard.hpp>

namespace OrthancPlugins
{
  namespace
  {
    // Many jobs are described in one answer: the host's list serves them all
    constexpr std::chrono::milliseconds LIST_LIFETIME(250);
  } // namespace

  ExecutorDirectory::Submission::Submission(ExecutorDirectory& directory)
    : directory_(directory)
  {
    const boost::lock_guard<boost::mutex> lock(directory_.mutex_);
    directory_.submissionsCount_++;
  }

  ExecutorDirectory::Submission::~Submission()
  {
    std::vector<std::string> events;
    {
      const boost::lock_guard<boost::mutex> lock(directory_.mutex_);
      if (--directory_.submissionsCount_ == 0)
      {
        events.swap(directory_.undecidedEvents_);
      }
    }
    try
    {
      for (const std::string& hostJobId : events)
      {
        directory_.DecideEvent(hostJobId);
      }
    }
    catch (const std::exception&)
    {
      // Events only save others from asking
    }
  }

  ExecutorDirectory::ExecutorDirectory(ArchiveSpool& spool,
                                       IJobQueue& queue,
                                       const JobFactory& factory,
                                       JobMonitor& monitor,
                                       WorkSignal& signal)
    : spool_(spool),
      queue_(queue),
      factory_(factory),
      monitor_(monitor),
      signal_(signal)
  {
  }

  void ExecutorDirectory::Start(const std::string& archiveId, int priority)
  {
    const Submission submission(*this);
    const std::string hostJobId = queue_.Submit(factory_.CreateArchiveJob(archiveId), priority);
    Link(hostJobId, archiveId);
    Remember(archiveId, hostJobId);
  }

  void ExecutorDirectory::Link(const std::string& hostJobId, const std::string& archiveId)
  {
    const bool isPublic = spool_.GetPublicJob(archiveId).empty();
    try
    {
      spool_.LinkJob(hostJobId, archiveId, isPublic ? JobRole::Public : JobRole::Executor);
    }
    catch (const Failure&)
    {
      if (isPublic)
      {
        throw;
      }
      // The job works all the same, it is only listed beside the public one
    }
  }

  void ExecutorDirectory::Remember(const std::string& archiveId, const std::string& hostJobId)
  {
    {
      const boost::lock_guard<boost::mutex> lock(mutex_);
      executors_[archiveId] = hostJobId;
      jobs_.reset();
    }
    // It may have ended already: who ends changes the record first, then looks for this entry
    const std::optional<ArchiveRecord> record = spool_.Find(archiveId);
    if (!record.has_value() || record->state != ArchiveState::Pending || IsWaitingForRetry(*record))
    {
      Forget(archiveId);
    }
  }

  void ExecutorDirectory::Forget(const std::string& archiveId)
  {
    const boost::lock_guard<boost::mutex> lock(mutex_);
    executors_.erase(archiveId);
    jobs_.reset();
  }

  bool ExecutorDirectory::Has(const std::string& archiveId) const
  {
    return Get(archiveId).has_value() || factory_.GetClaims().IsClaimed(archiveId);
  }

  std::optional<std::string> ExecutorDirectory::Get(const std::string& archiveId) const
  {
    const boost::lock_guard<boost::mutex> lock(mutex_);
    const auto found = executors_.find(archiveId);
    return found == executors_.end() ? std::nullopt : std::make_optional(found->second);
  }

  std::map<std::string, std::string> ExecutorDirectory::List() const
  {
    const boost::lock_guard<boost::mutex> lock(mutex_);
    return executors_;
  }

  bool ExecutorDirectory::IsEmpty() const
  {
    const boost::lock_guard<boost::mutex> lock(mutex_);
    return executors_.empty();
  }

  std::optional<QueuedJob> ExecutorDirectory::FindJob(const std::string& archiveId)
  {
    if (const std::optional<std::string> executor = Get(archiveId))
    {
      return queue_.Find(*executor);
    }
    if (IsRecovered())
    {
      return std::nullopt;
    }
    for (const std::string& jobId : spool_.ListJobs(archiveId))
    {
      // The public ID of a follower is none of the host's
      std::optional<QueuedJob> job = jobId == archiveId ? std::nullopt : queue_.Find(jobId);
      if (job.has_value() && !IsFinal(job->state))
      {
        return job;
      }
    }
    return std::nullopt;
  }

  ExecutorDirectory::QueuedJobs ExecutorDirectory::ListJobs(bool isFresh)
  {
    {
      const boost::lock_guard<boost::mutex> lock(mutex_);
      if (!isFresh && jobs_ != nullptr &&
          std::chrono::steady_clock::now() - jobsTime_ < LIST_LIFETIME)
      {
        return jobs_;
      }
    }
    QueuedJobs jobs = std::make_shared<const std::vector<QueuedJob>>(queue_.List());
    const boost::lock_guard<boost::mutex> lock(mutex_);
    jobs_ = jobs;
    jobsTime_ = std::chrono::steady_clock::now();
    return jobs;
  }

  void ExecutorDirectory::NoteChange()
  {
    const boost::lock_guard<boost::mutex> lock(mutex_);
    jobs_.reset();
  }

  void ExecutorDirectory::SetRecovered()
  {
    const boost::lock_guard<boost::mutex> lock(mutex_);
    isRecovered_ = true;
  }

  bool ExecutorDirectory::IsRecovered() const
  {
    const boost::lock_guard<boost::mutex> lock(mutex_);
    return isRecovered_;
  }

  bool ExecutorDirectory::IsComplete() const
  {
    const boost::lock_guard<boost::mutex> lock(mutex_);
    return isRecovered_ && submissionsCount_ == 0;
  }

  // Some hosts tell of a job before its submission returns, under the lock of their registry
  void ExecutorDirectory::NoteHostEvent(const std::string& hostJobId)
  {
    {
      const boost::lock_guard<boost::mutex> lock(mutex_);
      if (submissionsCount_ != 0)
      {
        undecidedEvents_.push_back(hostJobId);
        return;
      }
    }
    DecideEvent(hostJobId);
  }

  void ExecutorDirectory::DecideEvent(const std::string& hostJobId)
  {
    if (spool_.FindByJob(hostJobId).has_value())
    {
      signal_.Wake();
    }
    else
    {
      monitor_.ReportForeign(hostJobId);
    }
  }
} // namespace OrthancPlugins
