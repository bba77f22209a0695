// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "../../Plugin/Core/Failure.h"
#include "../../Plugin/Core/Jobs/IJobQueue.h"

#include <boost/thread/lock_guard.hpp>
#include <boost/thread/mutex.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace OrthancPlugins
{
  /**
   * The host's engine with its states, but jobs run in the thread that says so, or as soon as they are
   * submitted. Thread-safe, except for the public members.
   **/
  class InlineJobQueue final : public IJobQueue
  {
  public:
    bool isRefusing = false;
    bool isUnavailable = false; // for everything but Submit()
    bool isImmediate = false;   // the jobs have ended before their ID is known
    std::function<void()> onSubmit;
    std::vector<int> priorities;

    // IDs are MakeId(0), MakeId(1)...
    static std::string MakeId(std::size_t index)
    {
      const std::string number = std::to_string(index);
      return "00000000-0000-4000-8000-" + std::string(12 - number.size(), '0') + number;
    }

    std::string Submit(std::unique_ptr<IJob> job, int priority) override
    {
      if (isRefusing)
      {
        throw Failure(FailureKind::Internal, "The engine takes no jobs");
      }
      if (onSubmit)
      {
        onSubmit();
      }
      const std::size_t index = Add(std::move(job), priority);
      if (isImmediate)
      {
        Run(index);
      }
      return MakeId(index);
    }

    std::vector<QueuedJob> List() override
    {
      const boost::lock_guard<boost::mutex> lock(mutex_);
      ThrowIfUnavailable();
      std::vector<QueuedJob> result = foreign_;
      for (const EntryPointer& entry : entries_)
      {
        if (entry->job != nullptr)
        {
          result.push_back(entry->shown);
        }
      }
      return result;
    }

    std::optional<QueuedJob> Find(const std::string& id) override
    {
      const boost::lock_guard<boost::mutex> lock(mutex_);
      ThrowIfUnavailable();
      const EntryPointer entry = FindEntry(id);
      return entry == nullptr ? std::nullopt : std::make_optional(entry->shown);
    }

    // Who waits ends at once, and its job does not learn of it; who runs is stopped after its step
    bool Cancel(const std::string& id) override
    {
      const boost::lock_guard<boost::mutex> lock(mutex_);
      ThrowIfUnavailable();
      const EntryPointer entry = FindEntry(id);
      if (entry == nullptr)
      {
        return false;
      }
      if (entry->shown.state == JobState::Running)
      {
        entry->isCancelAsked = true;
      }
      else if (entry->shown.state != JobState::Success)
      {
        entry->shown.state = JobState::Failure;
      }
      return true;
    }

    bool Pause(const std::string& id) override
    {
      const boost::lock_guard<boost::mutex> lock(mutex_);
      ThrowIfUnavailable();
      const EntryPointer entry = FindEntry(id);
      if (entry == nullptr)
      {
        return false;
      }
      if (entry->shown.state == JobState::Running)
      {
        entry->isPauseAsked = true;
      }
      else if (entry->shown.state == JobState::Pending)
      {
        entry->shown.state = JobState::Paused;
      }
      return true;
    }

    bool Resume(const std::string& id) override
    {
      const boost::lock_guard<boost::mutex> lock(mutex_);
      ThrowIfUnavailable();
      const EntryPointer entry = FindEntry(id);
      if (entry == nullptr || entry->shown.state != JobState::Paused)
      {
        return false;
      }
      entry->shown.state = JobState::Pending;
      return true;
    }

    bool Resubmit(const std::string& id) override
    {
      const boost::lock_guard<boost::mutex> lock(mutex_);
      ThrowIfUnavailable();
      const EntryPointer entry = FindEntry(id);
      if (entry == nullptr || entry->shown.state != JobState::Failure)
      {
        return false;
      }
      entry->job->Reset();
      entry->shown.state = JobState::Pending;
      return true;
    }

    // One step, as the host's worker does it; nothing happens to a job that does not wait or run
    JobStep StepOnce(std::size_t index)
    {
      const EntryPointer entry = Begin(index);
      if (entry == nullptr)
      {
        return JobStep::Failure;
      }
      const JobStep step = entry->job->Step();
      const std::optional<JobStopReason> reason = GetStopReason(*entry, step);
      if (reason.has_value())
      {
        entry->job->Stop(*reason);
        End(*entry, *reason);
      }
      return step;
    }

    // Until it does not run any more
    JobStep Run(std::size_t index)
    {
      JobStep step = StepOnce(index);
      while (step == JobStep::Again && IsRunning(index))
      {
        step = StepOnce(index);
      }
      return step;
    }

    // All that wait, also those that come meanwhile. The number of jobs that ran
    std::size_t RunAll()
    {
      std::size_t count = 0;
      for (std::size_t i = 0; i < GetCount(); i++)
      {
        if (MayRun(i))
        {
          Run(i);
          count++;
        }
      }
      return count;
    }

    // As if it had been purged
    void Forget(std::size_t index)
    {
      const boost::lock_guard<boost::mutex> lock(mutex_);
      entries_.at(index)->job.reset();
    }

    // As after a restart of the host, of a job that was forgotten: the same ID and index, and the state
    // unless it ran
    void Restore(std::size_t index, std::unique_ptr<IJob> job)
    {
      const boost::lock_guard<boost::mutex> lock(mutex_);
      Entry& entry = *entries_.at(index);
      entry.job = std::move(job);
      entry.shown.state =
        entry.shown.state == JobState::Running ? JobState::Pending : entry.shown.state;
    }

    // Of a job that was never submitted here: the index is the next one
    void Restore(const QueuedJob& shown, std::unique_ptr<IJob> job)
    {
      auto entry = std::make_shared<Entry>();
      entry->shown = shown;
      entry->job = std::move(job);
      const boost::lock_guard<boost::mutex> lock(mutex_);
      entries_.push_back(std::move(entry));
      priorities.push_back(shown.priority);
    }

    void AddForeign(const QueuedJob& job)
    {
      const boost::lock_guard<boost::mutex> lock(mutex_);
      foreign_.push_back(job);
    }

    JobState GetState(std::size_t index) const
    {
      const boost::lock_guard<boost::mutex> lock(mutex_);
      return entries_.at(index)->shown.state;
    }

    const IJob& GetJob(std::size_t index) const
    {
      const boost::lock_guard<boost::mutex> lock(mutex_);
      return *entries_.at(index)->job;
    }

    std::size_t GetCount() const
    {
      const boost::lock_guard<boost::mutex> lock(mutex_);
      return entries_.size();
    }

  private:
    struct Entry
    {
      QueuedJob shown;
      std::unique_ptr<IJob> job; // empty: forgotten
      bool isCancelAsked = false;
      bool isPauseAsked = false;
    };

    using EntryPointer = std::shared_ptr<Entry>; // of the queue and of the thread that steps

    std::size_t Add(std::unique_ptr<IJob> job, int priority)
    {
      auto entry = std::make_shared<Entry>();
      entry->shown.priority = priority;
      entry->shown.archiveId = ParseArchiveId(job->GetContent());
      entry->job = std::move(job);

      const boost::lock_guard<boost::mutex> lock(mutex_);
      entry->shown.id = MakeId(entries_.size());
      entry->shown.creationTime = entry->shown.id; // ascending, which is all that counts
      entries_.push_back(std::move(entry));
      priorities.push_back(priority);
      return entries_.size() - 1;
    }

    static std::string ParseArchiveId(const std::string& content)
    {
      const std::string key = "\"ArchiveId\":\"";
      const std::size_t begin = content.find(key);
      return begin == std::string::npos ? "" : content.substr(begin + key.size(), 36);
    }

    void ThrowIfUnavailable() const
    {
      if (isUnavailable)
      {
        throw Failure(FailureKind::Unavailable, "The engine does not answer");
      }
    }

    EntryPointer FindEntry(const std::string& id) const
    {
      for (const EntryPointer& entry : entries_)
      {
        if (entry->shown.id == id && entry->job != nullptr)
        {
          return entry;
        }
      }
      return nullptr;
    }

    EntryPointer Begin(std::size_t index)
    {
      const boost::lock_guard<boost::mutex> lock(mutex_);
      EntryPointer entry = entries_.at(index);
      const JobState state = entry->shown.state;
      if (entry->job == nullptr || (state != JobState::Pending && state != JobState::Running))
      {
        return nullptr;
      }
      entry->shown.state = JobState::Running;
      return entry;
    }

    std::optional<JobStopReason> GetStopReason(Entry& entry, JobStep step)
    {
      if (step != JobStep::Again)
      {
        return step == JobStep::Success ? JobStopReason::Success : JobStopReason::Failure;
      }
      const boost::lock_guard<boost::mutex> lock(mutex_);
      if (entry.isCancelAsked)
      {
        return JobStopReason::Canceled;
      }
      if (entry.isPauseAsked)
      {
        entry.isPauseAsked = false;
        return JobStopReason::Paused;
      }
      return std::nullopt;
    }

    void End(Entry& entry, JobStopReason reason)
    {
      const boost::lock_guard<boost::mutex> lock(mutex_);
      entry.isCancelAsked = false;
      entry.shown.state = reason == JobStopReason::Success  ? JobState::Success
                          : reason == JobStopReason::Paused ? JobState::Paused
                                                            : JobState::Failure;
    }

    bool MayRun(std::size_t index) const
    {
      const boost::lock_guard<boost::mutex> lock(mutex_);
      const Entry& entry = *entries_.at(index);
      return entry.job != nullptr &&
             (entry.shown.state == JobState::Pending || entry.shown.state == JobState::Running);
    }

    bool IsRunning(std::size_t index) const { return GetState(index) == JobState::Running; }

    mutable boost::mutex mutex_;
    std::vector<EntryPointer> entries_;
    std::vector<QueuedJob> foreign_;
  };
} // namespace OrthancPlugins
