// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "IJobQueue.h"
#include "JobFactory.h"
#include "JobMonitor.h"
#include "WorkSignal.h"

#include "../Spool/ArchiveSpool.h"

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/thread/mutex.hpp>

namespace OrthancPlugins
{
  /**
   * Which job of the host works on which archive: starts them, finds them, and tells events about them
   * from those about jobs of others. Thread-safe; no lock is held while calling the host or the spool.
   **/
  class ExecutorDirectory
  {
  public:
    // While it lives, a job of ours may exist whose ID is not known here
    class Submission
    {
    public:
      // "directory" must outlive this object
      explicit Submission(ExecutorDirectory& directory);
      ~Submission();
      Submission(const Submission&) = delete;
      Submission& operator=(const Submission&) = delete;

    private:
      ExecutorDirectory& directory_;
    };

    // All references must outlive the directory
    ExecutorDirectory(ArchiveSpool& spool,
                      IJobQueue& queue,
                      const JobFactory& factory,
                      JobMonitor& monitor,
                      WorkSignal& signal);

    // A new job of the host, linked: as the public one if there is none yet
    void Start(const std::string& archiveId, int priority);

    // A job that the host has brought back
    void Remember(const std::string& archiveId, const std::string& hostJobId);

    void Forget(const std::string& archiveId);

    // Whether a job of the host works on it, or is to do so
    bool Has(const std::string& archiveId) const;

    std::optional<std::string> Get(const std::string& archiveId) const;

    // Archive -> job of the host
    std::map<std::string, std::string> List() const;
    bool IsEmpty() const;

    // The job of the host that works on a Pending archive, asked from the host
    std::optional<QueuedJob> FindJob(const std::string& archiveId);

    // Shared by this object and by those who describe jobs: there may be thousands of both
    using QueuedJobs = std::shared_ptr<const std::vector<QueuedJob>>;

    // The jobs of the host; unless "isFresh", as they were a moment ago
    QueuedJobs ListJobs(bool isFresh);

    // What the host said a moment ago is not true any more
    void NoteChange();

    // What the host has brought back was remembered: an archive without an executor has none
    void SetRecovered();
    bool IsRecovered() const;

    // Recovered, and no submission is under way
    bool IsComplete() const;

    // Never calls the host
    void NoteHostEvent(const std::string& hostJobId);

  private:
    void DecideEvent(const std::string& hostJobId);
    void Link(const std::string& hostJobId, const std::string& archiveId);

    ArchiveSpool& spool_;
    IJobQueue& queue_;
    const JobFactory& factory_;
    JobMonitor& monitor_;
    WorkSignal& signal_;

    mutable boost::mutex mutex_;
    std::map<std::string, std::string> executors_;
    bool isRecovered_ = false;
    unsigned submissionsCount_ = 0;
    std::vector<std::string> undecidedEvents_; // of jobs of the host that might be being submitted
    QueuedJobs jobs_;                          // null: to be asked for
    std::chrono::steady_clock::time_point jobsTime_;
  };
} // namespace OrthancPlugins
