// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "HostJobMeter.h"

#include <boost/thread/condition_variable.hpp>
#include <boost/thread/lock_guard.hpp>
#include <boost/thread/lock_types.hpp>
#include <boost/thread/mutex.hpp>
#include <boost/thread/thread.hpp>

#include <cstddef>
#include <deque>
#include <exception>
#include <map>
#include <optional>

namespace OrthancPlugins
{
  namespace
  {
    constexpr std::size_t MAX_WAITING = 5000;
    constexpr std::size_t MAX_REMEMBERED = 5000;

    constexpr const char* OTHER = "other";

    struct Event
    {
      std::string jobId;
      bool isEnd = false;
      bool isSuccessful = false;
    };

    // What is known of a job that the host may forget as soon as it has ended
    struct Remembered
    {
      std::string type;
      bool isOurs = false;
    };
  } // namespace

  struct HostJobMeter::PImpl
  {
    PImpl(IHostMetrics& anyHost, PluginMetrics& pluginMetrics)
      : host(anyHost),
        metrics(pluginMetrics)
    {
    }

    IHostMetrics& host;
    PluginMetrics& metrics;
    boost::mutex mutex; // guards the next three
    boost::condition_variable changed;
    std::deque<Event> events;
    bool isStopping = false;
    std::map<std::string, Remembered> remembered; // used by the thread alone
    boost::thread thread;

    void Push(const Event& event)
    {
      {
        const boost::lock_guard<boost::mutex> lock(mutex);
        if (events.size() < MAX_WAITING)
        {
          events.push_back(event);
          changed.notify_all();
          return;
        }
      }
      Count(event, std::nullopt, Remembered{OTHER, false});
    }

    // Absent when the meter stops
    std::optional<Event> Pop()
    {
      boost::unique_lock<boost::mutex> lock(mutex);
      while (events.empty() && !isStopping)
      {
        changed.wait(lock);
      }
      if (isStopping)
      {
        return std::nullopt;
      }
      Event event = events.front();
      events.pop_front();
      return event;
    }

    std::optional<HostJobFacts> Find(const std::string& jobId) const
    {
      try
      {
        return host.FindJob(jobId);
      }
      catch (const std::exception&)
      {
        // As if it were forgotten: it is counted without its type and times
        return std::nullopt;
      }
    }

    Remembered Recall(const Event& event, const std::optional<HostJobFacts>& facts)
    {
      if (facts.has_value())
      {
        return {facts->type, facts->isOurs};
      }
      const auto found = remembered.find(event.jobId);
      return found == remembered.end() ? Remembered{OTHER, false} : found->second;
    }

    void Count(const Event& event,
               const std::optional<HostJobFacts>& facts,
               const Remembered& known) const
    {
      if (known.isOurs)
      {
        return;
      }
      if (!event.isEnd)
      {
        metrics.JobSubmitted(known.type);
        return;
      }
      EndedJob job;
      job.type = known.type;
      const bool isCanceled = facts.has_value() && facts->isCanceled;
      job.outcome = event.isSuccessful ? EndOutcome::Success
                    : isCanceled       ? EndOutcome::Canceled
                                       : EndOutcome::Failure;
      job.waitSeconds = facts.has_value() ? facts->waitSeconds : 0;
      job.runSeconds = facts.has_value() ? facts->runSeconds : 0;
      metrics.JobEnded(job);
    }

    void Handle(const Event& event)
    {
      const std::optional<HostJobFacts> facts = Find(event.jobId);
      const Remembered known = Recall(event, facts);
      Count(event, facts, known);
      if (event.isEnd)
      {
        remembered.erase(event.jobId);
      }
      else if (remembered.size() < MAX_REMEMBERED)
      {
        remembered[event.jobId] = known;
      }
    }

    // Body of the thread
    void Run()
    {
      while (const std::optional<Event> event = Pop())
      {
        Handle(*event);
      }
    }
  };

  HostJobMeter::HostJobMeter(IHostMetrics& host, PluginMetrics& metrics)
    : pimpl_(std::make_unique<PImpl>(host, metrics))
  {
  }

  HostJobMeter::~HostJobMeter()
  {
    Stop();
  }

  void HostJobMeter::Start()
  {
    pimpl_->thread = boost::thread([this] { pimpl_->Run(); });
  }

  void HostJobMeter::Stop()
  {
    {
      const boost::lock_guard<boost::mutex> lock(pimpl_->mutex);
      pimpl_->isStopping = true;
    }
    pimpl_->changed.notify_all();
    if (pimpl_->thread.joinable())
    {
      pimpl_->thread.join();
    }
  }

  void HostJobMeter::NoteSubmitted(const std::string& jobId)
  {
    pimpl_->Push(Event{jobId, false, false});
  }

  void HostJobMeter::NoteEnded(const std::string& jobId, bool isSuccessful)
  {
    pimpl_->Push(Event{jobId, true, isSuccessful});
  }
} // namespace OrthancPlugins
