// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "../IClock.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace OrthancPlugins
{
  // The states of the host's engine; there are no others
  enum class JobState
  {
    Pending,
    Running,
    Paused,
    Retry,
    Success,
    Failure
  };

  // How far a job of ours is, asynchronous or streamed, as plain values
  struct JobStatus
  {
    std::string jobId; // the public one
    std::string owner; // empty: unknown
    JobState state = JobState::Pending;
    std::uint64_t inputBytesDone = 0;
    std::uint64_t inputBytesTotal = 0;
    std::uint64_t archiveBytes = 0;
    std::int64_t startedMicroseconds = 0;  // of this run; 0: not started
    std::uint64_t runtimeMicroseconds = 0; // spent working until "asOf"
    std::uint64_t bytesPerSecond = 0;      // of input, in this run; 0: not known
    std::int64_t asOfMicroseconds = 0;     // set by the monitor
  };

  enum class JobEventKind
  {
    State, // it has changed, or the job is new
    Progress,
    Removed, // the job is forgotten
    Foreign  // something happened to a job that is not ours: only jobId is set
  };

  struct JobEvent
  {
    std::uint64_t id = 0; // ascending from 1, without gaps
    JobEventKind kind = JobEventKind::State;
    JobStatus status;
  };

  struct JobEvents
  {
    std::vector<JobEvent> events; // empty: the time was over
    bool hasGap = false;          // older events were already forgotten
    std::uint64_t lastId = 0;     // to continue after
  };

  /**
   * What runs, in memory, and the events about it: nobody has to poll. Who works reports, who waits is
   * woken. Progress makes two events a second and job at most. Thread-safe; never calls anybody.
   **/
  class JobMonitor
  {
  public:
    // One of the limited number of waiting requests; leaves when it is destroyed
    class Waiter
    {
    public:
      ~Waiter();
      Waiter(const Waiter&) = delete;
      Waiter& operator=(const Waiter&) = delete;

      // The events after "lastId" of that job (empty: of all), as soon as there are any. Throws
      // Failure(Unavailable) at shutdown
      JobEvents
      Wait(const std::string& jobId, std::uint64_t lastId, std::int64_t timeoutMilliseconds);

    private:
      friend class JobMonitor;
      struct State;
      explicit Waiter(std::shared_ptr<State> state);
      std::shared_ptr<State> state_; // shared with the monitor, which may go first
    };

    // The clock must outlive the monitor
    JobMonitor(unsigned maxWaiters, IClock& clock);
    ~JobMonitor();

    void Report(const JobStatus& status);

    // As Report(), unless something is known about the job already
    void Introduce(const JobStatus& status);

    void ReportForeign(const std::string& jobId);

    // An event even if nothing is known about the job: it may have ended before the server started
    void Forget(const std::string& jobId);

    // Of jobs that have not been forgotten
    std::optional<JobStatus> Find(const std::string& jobId) const;

    std::uint64_t GetLastEventId() const;

    // Throws Failure(Unavailable) if too many wait already, or at shutdown
    std::unique_ptr<Waiter> Enter();

    // Everybody who waits leaves
    void Shutdown();

  private:
    struct PImpl;
    std::shared_ptr<PImpl> pimpl_; // shared with the waiters, which may outlive it
  };
} // namespace OrthancPlugins
