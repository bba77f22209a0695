// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "JobMonitor.h"

#include "../Failure.h"

#include <algorithm>
#include <deque>
#include <map>
#include <utility>

#include <boost/chrono.hpp>
#include <boost/thread/condition_variable.hpp>
#include <boost/thread/lock_guard.hpp>
#include <boost/thread/lock_types.hpp>
#include <boost/thread/mutex.hpp>

namespace OrthancPlugins
{
  namespace
  {
    constexpr std::size_t EVENTS_KEPT = 4096;
    constexpr std::int64_t PROGRESS_INTERVAL_MICROSECONDS = 500'000;

    // A clock that was put back must not silence a job
    bool IsOver(std::int64_t sinceMicroseconds, std::int64_t nowMicroseconds)
    {
      return nowMicroseconds < sinceMicroseconds ||
             nowMicroseconds - sinceMicroseconds >= PROGRESS_INTERVAL_MICROSECONDS;
    }

    bool HasProgressed(const JobStatus& before, const JobStatus& after)
    {
      return before.inputBytesDone != after.inputBytesDone ||
             before.inputBytesTotal != after.inputBytesTotal ||
             before.archiveBytes != after.archiveBytes;
    }
  } // namespace

  struct JobMonitor::PImpl
  {
    struct Known
    {
      JobStatus status;
      std::int64_t eventMicroseconds = 0; // the last event about it
    };

    const unsigned maxWaiters;

    mutable boost::mutex mutex;
    boost::condition_variable changed;
    IClock* clock; // null once the monitor is gone
    bool isShutDown = false;
    unsigned waitersCount = 0;
    std::uint64_t lastId = 0;
    std::deque<JobEvent> events; // the latest ones, the last of them is "lastId"
    std::map<std::string, Known> jobs;

    PImpl(unsigned waiters, IClock& monitorClock)
      : maxWaiters(waiters),
        clock(&monitorClock)
    {
    }

    // With the mutex, like all functions below
    std::int64_t GetNow() const { return clock == nullptr ? 0 : clock->GetNowMicroseconds(); }

    void Append(JobEventKind kind, const JobStatus& status)
    {
      lastId++;
      events.push_back({lastId, kind, status});
      if (events.size() > EVENTS_KEPT)
      {
        events.pop_front();
      }
      changed.notify_all();
    }

    void Report(const JobStatus& status)
    {
      const std::int64_t now = GetNow();
      const auto [found, isNew] = jobs.emplace(status.jobId, Known());
      Known& known = found->second;
      const bool isState = isNew || known.status.state != status.state;
      const bool isProgress =
        !isState && HasProgressed(known.status, status) && IsOver(known.eventMicroseconds, now);
      known.status = status;
      known.status.asOfMicroseconds = now;
      if (isState || isProgress)
      {
        known.eventMicroseconds = now;
        Append(isState ? JobEventKind::State : JobEventKind::Progress, known.status);
      }
    }

    void Forget(const std::string& jobId)
    {
      JobStatus status;
      status.jobId = jobId;
      const auto found = jobs.find(jobId);
      if (found != jobs.end())
      {
        status = found->second.status;
        jobs.erase(found);
      }
      status.asOfMicroseconds = GetNow();
      Append(JobEventKind::Removed, status);
    }

    // What there is after "after" already
    JobEvents Collect(const std::string& jobId, std::uint64_t after) const
    {
      JobEvents result;
      result.lastId = lastId;
      const std::uint64_t firstId = lastId + 1 - events.size();
      // An identifier that was never given is of an earlier run of the server
      result.hasGap = after > lastId || after + 1 < firstId;
      const std::uint64_t from = result.hasGap ? firstId : after + 1;
      for (std::size_t i = static_cast<std::size_t>(from - firstId); i < events.size(); i++)
      {
        if (jobId.empty() || events[i].status.jobId == jobId)
        {
          result.events.push_back(events[i]);
        }
      }
      return result;
    }

    void ShutDown()
    {
      isShutDown = true;
      changed.notify_all();
    }
  };

  struct JobMonitor::Waiter::State
  {
    std::shared_ptr<PImpl> monitor; // shared with the monitor, which may go first

    explicit State(std::shared_ptr<PImpl> pimpl)
      : monitor(std::move(pimpl))
    {
    }

    ~State()
    {
      const boost::lock_guard<boost::mutex> lock(monitor->mutex);
      monitor->waitersCount--;
    }

    State(const State&) = delete;
    State& operator=(const State&) = delete;
  };

  JobMonitor::Waiter::Waiter(std::shared_ptr<State> state)
    : state_(std::move(state))
  {
  }

  JobMonitor::Waiter::~Waiter() = default;

  JobEvents JobMonitor::Waiter::Wait(const std::string& jobId,
                                     std::uint64_t lastId,
                                     std::int64_t timeoutMilliseconds)
  {
    PImpl& monitor = *state_->monitor;
    const auto end = boost::chrono::steady_clock::now() +
                     boost::chrono::milliseconds(std::max<std::int64_t>(0, timeoutMilliseconds));
    boost::unique_lock<boost::mutex> lock(monitor.mutex);
    std::uint64_t after = lastId;
    for (;;)
    {
      if (monitor.isShutDown)
      {
        throw Failure(FailureKind::Unavailable, "The server is shutting down");
      }
      JobEvents result = monitor.Collect(jobId, after);
      if (result.hasGap || !result.events.empty())
      {
        return result;
      }
      after = result.lastId; // what others do is looked at once
      if (boost::chrono::steady_clock::now() >= end)
      {
        return result;
      }
      monitor.changed.wait_until(lock, end);
    }
  }

  JobMonitor::JobMonitor(unsigned maxWaiters, IClock& clock)
    : pimpl_(std::make_shared<PImpl>(maxWaiters, clock))
  {
  }

  JobMonitor::~JobMonitor()
  {
    const boost::lock_guard<boost::mutex> lock(pimpl_->mutex);
    pimpl_->ShutDown();
    pimpl_->clock = nullptr; // waiters may live longer
  }

  void JobMonitor::Report(const JobStatus& status)
  {
    const boost::lock_guard<boost::mutex> lock(pimpl_->mutex);
    pimpl_->Report(status);
  }

  void JobMonitor::Introduce(const JobStatus& status)
  {
    const boost::lock_guard<boost::mutex> lock(pimpl_->mutex);
    if (pimpl_->jobs.count(status.jobId) == 0)
    {
      pimpl_->Report(status);
    }
  }

  void JobMonitor::ReportForeign(const std::string& jobId)
  {
    const boost::lock_guard<boost::mutex> lock(pimpl_->mutex);
    JobStatus status;
    status.jobId = jobId;
    pimpl_->Append(JobEventKind::Foreign, status);
  }

  void JobMonitor::Forget(const std::string& jobId)
  {
    const boost::lock_guard<boost::mutex> lock(pimpl_->mutex);
    pimpl_->Forget(jobId);
  }

  std::optional<JobStatus> JobMonitor::Find(const std::string& jobId) const
  {
    const boost::lock_guard<boost::mutex> lock(pimpl_->mutex);
    const auto found = pimpl_->jobs.find(jobId);
    return found == pimpl_->jobs.end() ? std::nullopt : std::make_optional(found->second.status);
  }

  std::uint64_t JobMonitor::GetLastEventId() const
  {
    const boost::lock_guard<boost::mutex> lock(pimpl_->mutex);
    return pimpl_->lastId;
  }

  std::unique_ptr<JobMonitor::Waiter> JobMonitor::Enter()
  {
    {
      const boost::lock_guard<boost::mutex> lock(pimpl_->mutex);
      if (pimpl_->isShutDown)
      {
        throw Failure(FailureKind::Unavailable, "The server is shutting down");
      }
      if (pimpl_->waitersCount >= pimpl_->maxWaiters)
      {
        throw Failure(FailureKind::Unavailable, "Too many requests are waiting for jobs already");
      }
      pimpl_->waitersCount++;
    }
    auto state = std::make_shared<Waiter::State>(pimpl_);
    return std::unique_ptr<Waiter>(new Waiter(std::move(state))); // its constructor is private
  }

  void JobMonitor::Shutdown()
  {
    const boost::lock_guard<boost::mutex> lock(pimpl_->mutex);
    pimpl_->ShutDown();
  }
} // namespace OrthancPlugins
