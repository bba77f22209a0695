// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "StreamDirectory.h"

#include "../Uuid.h"

#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <utility>

#include <boost/thread/condition_variable.hpp>
#include <boost/thread/lock_guard.hpp>
#include <boost/thread/lock_types.hpp>
#include <boost/thread/mutex.hpp>
#include <boost/thread/thread_only.hpp>

namespace OrthancPlugins
{
  namespace
  {
    [[noreturn]] void ThrowCanceled()
    {
      throw Failure(FailureKind::Canceled, "The archive was canceled");
    }

    [[noreturn]] void ThrowShutDown()
    {
      throw Failure(FailureKind::Unavailable, "The server is shutting down");
    }

    JobState ToJobState(StreamState state)
    {
      switch (state)
      {
      case StreamState::Pending:
        return JobState::Pending;
      case StreamState::Running:
        return JobState::Running;
      case StreamState::Success:
        return JobState::Success;
      case StreamState::Failure:
        break;
      }
      return JobState::Failure;
    }

    std::uint64_t ComputeRuntime(const StreamSnapshot& stream, std::int64_t nowMicroseconds)
    {
      const std::int64_t end =
        stream.completedMicroseconds == 0 ? nowMicroseconds : stream.completedMicroseconds;
      const bool isMeasured = stream.startedMicroseconds != 0 && end > stream.startedMicroseconds;
      return isMeasured ? static_cast<std::uint64_t>(end - stream.startedMicroseconds) : 0;
    }

    JobStatus MakeStatus(const StreamSnapshot& stream, std::int64_t nowMicroseconds)
    {
      JobStatus status;
      status.jobId = stream.id;
      status.owner = stream.owner;
      status.state = ToJobState(stream.state);
      status.inputBytesDone = stream.inputBytesDone;
      status.inputBytesTotal = stream.uncompressedBytes;
      status.archiveBytes = stream.archiveBytes;
      status.startedMicroseconds = stream.startedMicroseconds;
      status.runtimeMicroseconds = ComputeRuntime(stream, nowMicroseconds);
      if (status.runtimeMicroseconds != 0)
      {
        status.bytesPerSecond =
          static_cast<std::uint64_t>(static_cast<double>(stream.inputBytesDone) * 1e6 /
                                     static_cast<double>(status.runtimeMicroseconds));
      }
      return status;
    }
  } // namespace

  // Everything but "directory", "id" and "arrival" is guarded by the mutex of the directory
  struct StreamDirectory::Ticket::State
  {
    // Only until the stream has ended, or the two would keep each other alive. Of the ticket's thread
    std::shared_ptr<PImpl> directory;
    std::string id;
    std::uint64_t arrival = 0;

    StreamSnapshot snapshot;
    bool isCanceled = false;
    bool hasSlot = false;

    bool HasEnded() const
    {
      return snapshot.state == StreamState::Success || snapshot.state == StreamState::Failure;
    }
  };

  struct StreamDirectory::PImpl
  {
    using State = Ticket::State;
    using StatePointer = std::shared_ptr<State>; // owned by the directory and the ticket

    const unsigned maxRunning;
    const unsigned historySize;

    mutable boost::mutex mutex;
    boost::condition_variable changed;
    IClock* clock; // null once the directory is gone, like the monitor
    JobMonitor* monitor;
    bool isShutDown = false;
    unsigned runningCount = 0;
    std::uint64_t arrivals = 0;
    std::map<std::string, StatePointer> streams;
    std::set<std::pair<std::int64_t, std::uint64_t>> queue; // (-priority, arrival) of who waits
    std::deque<std::string> history;                        // ended, oldest first

    PImpl(unsigned running, unsigned history_, IClock& directoryClock, JobMonitor& directoryMonitor)
      : maxRunning(running),
        historySize(history_),
        clock(&directoryClock),
        monitor(&directoryMonitor)
    {
    }

    std::int64_t GetNow() const { return clock == nullptr ? 0 : clock->GetNowMicroseconds(); }

    StatePointer Find(const std::string& id) const
    {
      const auto found = streams.find(id);
      return found == streams.end() ? nullptr : found->second;
    }

    bool HasFreeSlot() const { return maxRunning == 0 || runningCount < maxRunning; }

    void ThrowIfInterrupted(const State& state) const
    {
      if (state.isCanceled)
      {
        ThrowCanceled();
      }
      if (isShutDown)
      {
        ThrowShutDown();
      }
    }

    void WaitForSlot(State& state)
    {
      const boost::this_thread::disable_interruption uninterrupted; // "place" must not stay behind
      boost::unique_lock<boost::mutex> lock(mutex);
      if (state.hasSlot)
      {
        return;
      }
      const auto place =
        queue.emplace(-static_cast<std::int64_t>(state.snapshot.request.priority), state.arrival)
          .first;
      while (!state.isCanceled && !isShutDown && (!HasFreeSlot() || queue.begin() != place))
      {
        changed.wait(lock);
      }
      queue.erase(place);
      changed.notify_all(); // the next one may be the first now
      ThrowIfInterrupted(state);
      state.hasSlot = true;
      runningCount++;
      state.snapshot.state = StreamState::Running;
      state.snapshot.startedMicroseconds = GetNow();
      Tell(state);
    }

    void Report(State& state, std::uint64_t inputBytesDone, std::uint64_t archiveBytes)
    {
      const boost::lock_guard<boost::mutex> lock(mutex);
      ThrowIfInterrupted(state);
      state.snapshot.inputBytesDone = inputBytesDone;
      state.snapshot.archiveBytes = archiveBytes;
      Tell(state);
    }

    // With the mutex, like all functions below: the monitor learns what happens in its order, and
    // calls nobody
    void Tell(const State& state) const
    {
      if (monitor != nullptr)
      {
        monitor->Report(MakeStatus(state.snapshot, GetNow()));
      }
    }

    void ForgetStream(const std::string& id)
    {
      streams.erase(id);
      if (monitor != nullptr)
      {
        monitor->Forget(id);
      }
    }

    void End(State& state, StreamState outcome)
    {
      state.snapshot.state = outcome;
      state.snapshot.completedMicroseconds = GetNow();
      Tell(state);
      history.push_back(state.id);
      while (history.size() > historySize)
      {
        ForgetStream(history.front());
        history.pop_front();
      }
    }

    void EndByFailure(State& state, FailureKind kind, const std::string& text)
    {
      state.snapshot.failureKind = kind;
      state.snapshot.failureText = text;
      End(state, StreamState::Failure);
    }

    void FreeSlot(State& state)
    {
      if (state.hasSlot)
      {
        state.hasSlot = false;
        runningCount--;
        changed.notify_all();
      }
    }

    void Interrupt(State& state, FailureKind kind, const std::string& text)
    {
      // Who runs ends at its next step; who waits has nothing to clean up
      if (state.snapshot.state == StreamState::Pending)
      {
        EndByFailure(state, kind, text);
      }
    }

    void ShutDown()
    {
      isShutDown = true;
      const std::map<std::string, StatePointer> all = streams; // ending one may forget another
      for (const auto& [id, state] : all)
      {
        Interrupt(*state, FailureKind::Unavailable, "The server is shutting down");
      }
      changed.notify_all();
    }
  };

  StreamDirectory::Ticket::Ticket(std::shared_ptr<State> state)
    : state_(std::move(state))
  {
  }

  StreamDirectory::Ticket::~Ticket()
  {
    FinishFailure(FailureKind::Internal, "The archive ended unexpectedly");
  }

  void StreamDirectory::Ticket::WaitForSlot()
  {
    if (state_->directory != nullptr)
    {
      state_->directory->WaitForSlot(*state_);
    }
  }

  void StreamDirectory::Ticket::Report(std::uint64_t inputBytesDone, std::uint64_t archiveBytes)
  {
    if (state_->directory != nullptr)
    {
      state_->directory->Report(*state_, inputBytesDone, archiveBytes);
    }
  }

  void StreamDirectory::Ticket::FinishSuccess(const ArchiveReport& report)
  {
    const std::shared_ptr<PImpl> directory = std::move(state_->directory);
    if (directory != nullptr)
    {
      const boost::lock_guard<boost::mutex> lock(directory->mutex);
      directory->FreeSlot(*state_);
      if (!state_->HasEnded())
      {
        state_->snapshot.report = report;
        directory->End(*state_, StreamState::Success);
      }
    }
  }

  void StreamDirectory::Ticket::FinishFailure(FailureKind kind, const std::string& text)
  {
    const std::shared_ptr<PImpl> directory = std::move(state_->directory);
    if (directory != nullptr)
    {
      const boost::lock_guard<boost::mutex> lock(directory->mutex);
      directory->FreeSlot(*state_);
      if (!state_->HasEnded())
      {
        directory->EndByFailure(*state_, kind, text);
      }
    }
  }

  const std::string& StreamDirectory::Ticket::GetId() const
  {
    return state_->id;
  }

  StreamDirectory::StreamDirectory(unsigned maxRunning,
                                   unsigned historySize,
                                   IClock& clock,
                                   JobMonitor& monitor)
    : pimpl_(std::make_shared<PImpl>(maxRunning, historySize, clock, monitor))
  {
  }

  StreamDirectory::~StreamDirectory()
  {
    const boost::lock_guard<boost::mutex> lock(pimpl_->mutex);
    pimpl_->ShutDown();
    pimpl_->clock = nullptr; // tickets may live longer
    pimpl_->monitor = nullptr;
  }

  std::unique_ptr<StreamDirectory::Ticket> StreamDirectory::Begin(const ArchiveRequest& request,
                                                                  std::uint64_t instancesCount,
                                                                  std::uint64_t uncompressedBytes)
  {
    return Begin(request, instancesCount, uncompressedBytes, "");
  }

  std::unique_ptr<StreamDirectory::Ticket> StreamDirectory::Begin(const ArchiveRequest& request,
                                                                  std::uint64_t instancesCount,
                                                                  std::uint64_t uncompressedBytes,
                                                                  const std::string& owner)
  {
    auto state = std::make_shared<Ticket::State>();
    state->id = GenerateUuid();
    state->directory = pimpl_;
    state->snapshot.id = state->id;
    state->snapshot.owner = owner;
    state->snapshot.request = request;
    state->snapshot.instancesCount = instancesCount;
    state->snapshot.uncompressedBytes = uncompressedBytes;
    std::unique_ptr<Ticket> ticket(new Ticket(state)); // its constructor is private

    const boost::lock_guard<boost::mutex> lock(pimpl_->mutex);
    state->arrival = pimpl_->arrivals++;
    state->snapshot.createdMicroseconds = pimpl_->GetNow();
    pimpl_->streams[state->id] = state;
    pimpl_->Tell(*state);
    return ticket;
  }

  std::optional<StreamSnapshot> StreamDirectory::Find(const std::string& id) const
  {
    const boost::lock_guard<boost::mutex> lock(pimpl_->mutex);
    const PImpl::StatePointer state = pimpl_->Find(id);
    return state == nullptr ? std::nullopt : std::make_optional(state->snapshot);
  }

  std::vector<StreamSnapshot> StreamDirectory::List() const
  {
    const boost::lock_guard<boost::mutex> lock(pimpl_->mutex);
    std::vector<StreamSnapshot> snapshots;
    for (const auto& [id, state] : pimpl_->streams)
    {
      snapshots.push_back(state->snapshot);
    }
    return snapshots;
  }

  std::size_t StreamDirectory::GetWaitingCount() const
  {
    const boost::lock_guard<boost::mutex> lock(pimpl_->mutex);
    return pimpl_->queue.size();
  }

  bool StreamDirectory::Cancel(const std::string& id)
  {
    const boost::lock_guard<boost::mutex> lock(pimpl_->mutex);
    const PImpl::StatePointer state = pimpl_->Find(id);
    if (state == nullptr)
    {
      return false;
    }
    state->isCanceled = true;
    pimpl_->Interrupt(*state, FailureKind::Canceled, "The archive was canceled");
    pimpl_->changed.notify_all();
    return true;
  }

  bool StreamDirectory::Forget(const std::string& id)
  {
    const boost::lock_guard<boost::mutex> lock(pimpl_->mutex);
    const PImpl::StatePointer state = pimpl_->Find(id);
    if (state == nullptr || !state->HasEnded())
    {
      return false;
    }
    pimpl_->history.erase(std::find(pimpl_->history.begin(), pimpl_->history.end(), id));
    pimpl_->ForgetStream(id);
    return true;
  }

  void StreamDirectory::Shutdown()
  {
    const boost::lock_guard<boost::mutex> lock(pimpl_->mutex);
    pimpl_->ShutDown();
  }
} // namespace OrthancPlugins
