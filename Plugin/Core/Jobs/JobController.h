// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "IJobObserver.h"
#include "IJobQueue.h"
#include "JobFactory.h"
#include "JobMonitor.h"

#include "../Archive/ArchivePlan.h"
#include "../Archive/ArchiveRequest.h"
#include "../IClock.h"
#include "../Settings.h"
#include "../Spool/ArchiveSpool.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace OrthancPlugins
{
  // An asynchronous request whose plan is known
  struct JobSubmission
  {
    ArchiveRequest request;
    std::uint64_t instancesCount = 0;
    std::uint64_t uncompressedBytes = 0;
    std::uint64_t expectedBytes = 0;
    std::string fingerprint;    // empty: not to be reused
    std::string owner;          // empty: unknown
    std::string idempotencyKey; // empty: none
    std::string notifyUrl;      // empty: none
    std::string password;       // of an encrypted archive: kept in memory until that is complete
  };

  // One of our asynchronous jobs as "/jobs/{id}" shows it, as plain values
  struct JobFacts
  {
    std::string jobId; // the public one
    JobState state = JobState::Pending;
    int priority = 0;
    std::shared_ptr<const ArchiveRecord> record;
    JobStatus status;                            // progress and runtime, also of an ended job
    std::optional<std::size_t> queuePosition;    // 1: the next one; only while it waits
    std::optional<std::uint64_t> bytesPerSecond; // of input, while it runs
    std::optional<std::int64_t> etaMicroseconds; // since 1970-01-01 UTC, while it runs
  };

  /**
   * The life of our asynchronous jobs: the spool says what is to be done, jobs of the host do it, one
   * after the other if need be, behind one public ID. No step waits: what has to wait (for its time, or
   * for the same archive that is being made) has no job in the host meanwhile. Thread-safe; no lock is
   * held while calling the host or the spool.
   **/
  class JobController
  {
  public:
    // All references must outlive the controller
    JobController(const JobSettings& settings,
                  ArchiveSpool& spool,
                  IJobQueue& queue,
                  const JobFactory& factory,
                  JobMonitor& monitor,
                  IClock& clock);
    ~JobController();

    // Once, before the first job; absent by default
    void SetObserver(IJobObserver& observer);

    // The public ID, durable on return. An idempotency key of the same owner gives the ID of the first
    // submission. Throws what ArchiveSpool::Create() and RequireSameArchive() throw
    std::string Submit(const JobSubmission& submission);

    // Absent if there is no such archive
    std::optional<JobFacts> Describe(const std::string& archiveId) const;

    // As the host's engine does (contract 6.2): false if the job's state does not allow it
    bool Cancel(const std::string& archiveId);
    bool Pause(const std::string& archiveId);
    bool Resume(const std::string& archiveId);
    bool Resubmit(const std::string& archiveId);

    // Only of a job that waits: the host's job is replaced, and so is the one of the archive that it
    // waits for, if that is less urgent. Throws Failure(NotFound), Failure(Conflict)
    void SetPriority(const std::string& archiveId, int priority);

    // Forgets an ended job and its file; false if it has not ended or does not exist
    bool Remove(const std::string& archiveId);

    // Once the host answers calls: unfinished work that has no job in the host any more gets one
    void Recover();

    // Retries and followers whose time has come, then the sweep of the spool. To be called by one
    // thread, when WaitForWork() returns
    void Tick();

    // Until something is due, at most a minute. An interruption point of Boost.Thread
    void WaitForWork();

    // The host says that something happened to a job (also of others). Never calls the host
    void NoteHostEvent(const std::string& hostJobId);

  private:
    struct PImpl;
    std::unique_ptr<PImpl> pimpl_;
  };
} // namespace OrthancPlugins
