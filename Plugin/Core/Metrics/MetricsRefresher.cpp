// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "MetricsRefresher.h"

#include <boost/thread/condition_variable.hpp>
#include <boost/thread/lock_guard.hpp>
#include <boost/thread/lock_types.hpp>
#include <boost/thread/mutex.hpp>
#include <boost/thread/thread.hpp>

#include <algorithm>
#include <exception>
#include <utility>

namespace OrthancPlugins
{
  namespace
  {
    constexpr std::int64_t MICROSECONDS_PER_SECOND = 1'000'000;
    constexpr std::int64_t IDLE_MICROSECONDS =
      MetricsRefresher::IDLE_SECONDS * MICROSECONDS_PER_SECOND;

    // Between two looks at what is due
    constexpr std::int64_t TICK_MILLISECONDS = 1000;

    // Beyond two intervals and this, results are not only late, but left over from another time
    constexpr std::int64_t GRACE_MICROSECONDS = 10 * MICROSECONDS_PER_SECOND;

    std::int64_t GetInterval(const MetricsCollector& collector)
    {
      return collector.intervalSeconds * MICROSECONDS_PER_SECOND;
    }
  } // namespace

  struct MetricsRefresher::PImpl
  {
    using ResultPointer = std::shared_ptr<const CollectorResult>; // shared with who asked

    struct Slot
    {
      ResultPointer result = std::make_shared<CollectorResult>();
      std::optional<std::int64_t> triedMicroseconds;
    };

    PImpl(std::vector<MetricsCollector>&& someCollectors, IClock& anyClock)
      : collectors(std::move(someCollectors)),
        clock(anyClock),
        slots(collectors.size())
    {
    }

    const std::vector<MetricsCollector> collectors;
    IClock& clock;
    boost::mutex mutex;
    boost::condition_variable asked;
    boost::condition_variable collected;
    std::vector<Slot> slots;
    std::optional<std::int64_t> askedMicroseconds;
    bool isStopping = false;
    boost::thread thread;

    // The mutex is locked, here and below
    bool HasPassed(const std::optional<std::int64_t>& since, std::int64_t microseconds) const
    {
      // A clock that was set back must not stop everything
      const std::int64_t now = clock.GetNowMicroseconds();
      return !since.has_value() || now - *since >= microseconds || now < *since;
    }

    bool IsWanted() const
    {
      return askedMicroseconds.has_value() && !HasPassed(askedMicroseconds, IDLE_MICROSECONDS);
    }

    bool IsDue(std::size_t i) const
    {
      return HasPassed(slots[i].triedMicroseconds, GetInterval(collectors[i]));
    }

    bool IsLeftOver(std::size_t i) const
    {
      return HasPassed(slots[i].triedMicroseconds,
                       2 * GetInterval(collectors[i]) + GRACE_MICROSECONDS);
    }

    bool IsAnyLeftOver() const
    {
      for (std::size_t i = 0; i < slots.size(); i++)
      {
        if (IsLeftOver(i))
        {
          return true;
        }
      }
      return false;
    }

    std::optional<std::size_t> FindDue() const
    {
      for (std::size_t i = 0; i < slots.size() && IsWanted(); i++)
      {
        if (IsDue(i))
        {
          return i;
        }
      }
      return std::nullopt;
    }

    // The mutex is free
    ResultPointer Collect(const MetricsCollector& collector, const ResultPointer& before) const
    {
      const std::int64_t begin = clock.GetNowMicroseconds();
      auto result = std::make_shared<CollectorResult>(*before);
      try
      {
        result->families = collector.collect();
        result->isSuccessful = true;
        result->collectedMicroseconds = begin;
      }
      catch (const std::exception&)
      {
        // The reason is not shown: it may come from anywhere. "success" is 0 until it works again
        result->isSuccessful = false;
      }
      result->durationSeconds =
        static_cast<double>(std::max<std::int64_t>(clock.GetNowMicroseconds() - begin, 0)) /
        MICROSECONDS_PER_SECOND;
      return result;
    }

    void CollectDue(boost::unique_lock<boost::mutex>& lock)
    {
      while (const std::optional<std::size_t> due = FindDue())
      {
        if (isStopping)
        {
          return;
        }
        Slot& slot = slots[*due];
        const ResultPointer before = slot.result;
        lock.unlock();
        const ResultPointer result = Collect(collectors[*due], before);
        lock.lock();
        slot.result = result;
        slot.triedMicroseconds = clock.GetNowMicroseconds();
        collected.notify_all();
      }
    }

    // Body of the thread
    void Run()
    {
      boost::unique_lock<boost::mutex> lock(mutex);
      while (!isStopping)
      {
        CollectDue(lock);
        if (isStopping)
        {
          return;
        }
        if (IsWanted())
        {
          asked.wait_for(lock, boost::chrono::milliseconds(TICK_MILLISECONDS));
        }
        else
        {
          asked.wait(lock);
        }
      }
    }
  };

  MetricsRefresher::MetricsRefresher(std::vector<MetricsCollector> collectors, IClock& clock)
    : pimpl_(std::make_unique<PImpl>(std::move(collectors), clock))
  {
  }

  MetricsRefresher::~MetricsRefresher()
  {
    Stop();
  }

  void MetricsRefresher::Start()
  {
    pimpl_->thread = boost::thread([this] { pimpl_->Run(); });
  }

  void MetricsRefresher::Stop()
  {
    {
      const boost::lock_guard<boost::mutex> lock(pimpl_->mutex);
      pimpl_->isStopping = true;
    }
    pimpl_->asked.notify_all();
    pimpl_->collected.notify_all();
    if (pimpl_->thread.joinable())
    {
      pimpl_->thread.join();
    }
  }

  std::vector<std::shared_ptr<const CollectorResult>>
  MetricsRefresher::Get(std::int64_t timeoutMilliseconds)
  {
    const auto deadline =
      boost::chrono::steady_clock::now() + boost::chrono::milliseconds(timeoutMilliseconds);
    boost::unique_lock<boost::mutex> lock(pimpl_->mutex);
    const bool wasWanted = pimpl_->IsWanted();
    pimpl_->askedMicroseconds = pimpl_->clock.GetNowMicroseconds();
    if (!wasWanted)
    {
      pimpl_->asked.notify_all();
    }
    while (!pimpl_->isStopping && pimpl_->IsAnyLeftOver() &&
           pimpl_->collected.wait_until(lock, deadline) == boost::cv_status::no_timeout)
    {
    }

    std::vector<std::shared_ptr<const CollectorResult>> results;
    for (std::size_t i = 0; i < pimpl_->slots.size(); i++)
    {
      results.push_back(pimpl_->slots[i].result);
      if (pimpl_->IsLeftOver(i) && results.back()->isSuccessful)
      {
        auto late = std::make_shared<CollectorResult>(*results.back());
        late->isSuccessful = false;
        results.back() = late;
      }
    }
    return results;
  }

  const std::vector<MetricsCollector>& MetricsRefresher::GetCollectors() const
  {
    return pimpl_->collectors;
  }
} // namespace OrthancPlugins
