// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "Notifier.h"

#include "WebUrl.h"
#include "WebhookBody.h"
#include "WebhookSignature.h"

#include "../Failure.h"

#include <boost/thread/once.hpp>
#include <boost/thread/thread.hpp>

#include <atomic>
#include <exception>
#include <utility>

namespace OrthancPlugins
{
  namespace
  {
    constexpr std::size_t MAX_DELIVERIES = 10'000;
    constexpr std::int64_t MICROSECONDS_PER_SECOND = 1'000'000;
    constexpr std::int64_t KEEP_MICROSECONDS = 7 * 24 * 3600 * MICROSECONDS_PER_SECOND;
    constexpr std::int64_t SWEEP_INTERVAL_MICROSECONDS = 60 * MICROSECONDS_PER_SECOND;
    constexpr unsigned MAX_WAIT_MILLISECONDS = 60'000;
    constexpr unsigned PAUSE_MILLISECONDS = 1000;
  } // namespace

  struct Notifier::PImpl
  {
    PImpl(const WebhookSettings& webhookSettings, Environment&& surroundings, IClock& anyClock)
      : settings(webhookSettings),
        environment(std::move(surroundings)),
        clock(anyClock),
        store(environment.spoolDirectory, MAX_DELIVERIES),
        worker(settings, store, clock, environment.warn, environment.count)
    {
    }

    const WebhookSettings settings;
    const Environment environment;
    IClock& clock;
    boost::once_flag loaded = BOOST_ONCE_INIT;
    DeliveryStore store;
    DeliveryWorker worker;
    std::atomic<bool> isStopping{false};
    std::int64_t nextSweep = 0;
    boost::thread thread;

    // By whoever needs it first: reading thousands of files does not delay the start of the host
    void EnsureLoaded()
    {
      boost::call_once(loaded, [this] { Load(); });
    }

    void Load()
    {
      try
      {
        for (const std::string& warning : store.Load())
        {
          environment.warn(warning);
        }
      }
      catch (const std::exception& error)
      {
        environment.warn(std::string("Cannot read the deliveries of webhooks: ") + error.what());
      }
    }

    std::vector<std::string> ListReceivers(const ArchiveRecord& record) const
    {
      std::vector<std::string> urls;
      for (const WebhookTarget& target : settings.targets)
      {
        urls.push_back(target.url);
      }
      if (!record.notifyUrl.empty())
      {
        urls.push_back(record.notifyUrl);
      }
      return urls;
    }

    // Nothing happens if that receiver is to be told already, by whatever spelling of the URL
    void
    AddDelivery(const std::string& jobId, const ArchiveRecord& record, const std::string& receiver)
    {
      const std::string url = WebUrl::Parse(receiver).Format();
      DeliveryRecord delivery;
      delivery.id = MakeDeliveryId(jobId, record.completedMicroseconds, url);
      delivery.archiveId = record.id;
      delivery.jobId = jobId;
      delivery.event = GetWebhookEvent(record);
      delivery.url = url;
      delivery.body = FormatWebhookBody(delivery.id, jobId, record);
      delivery.createdMicroseconds = clock.GetNowMicroseconds();
      delivery.nextAttemptMicroseconds = delivery.createdMicroseconds;
      store.Add(delivery);
    }

    // One receiver more or less does not keep the others from being told
    void
    TryAddDelivery(const std::string& jobId, const ArchiveRecord& record, const std::string& url)
    {
      try
      {
        AddDelivery(jobId, record, url);
      }
      catch (const Failure& failure)
      {
        environment.warn("Cannot write down a webhook about job " + jobId + ": " + failure.what());
      }
    }

    // Whoever repeats older news does not know that they were told and forgotten since
    bool IsNews(const ArchiveRecord& record) const
    {
      return record.completedMicroseconds + KEEP_MICROSECONDS > clock.GetNowMicroseconds();
    }

    void Sweep()
    {
      const std::int64_t now = clock.GetNowMicroseconds();
      if (now >= nextSweep || nextSweep > now + SWEEP_INTERVAL_MICROSECONDS)
      {
        nextSweep = now + SWEEP_INTERVAL_MICROSECONDS;
        store.Sweep(now - KEEP_MICROSECONDS, environment.isArchiveKnown);
      }
    }

    // Body of the thread; an interruption ends it
    void Run()
    {
      EnsureLoaded();
      while (!isStopping)
      {
        try
        {
          Sweep();
          worker.Work(MAX_WAIT_MILLISECONDS);
        }
        catch (const std::exception& error)
        {
          environment.warn(std::string("Cannot send webhooks: ") + error.what());
          Pause();
        }
      }
    }

    // What fails at once must not fail in a busy loop
    static void Pause()
    {
      boost::this_thread::sleep_for(boost::chrono::milliseconds(PAUSE_MILLISECONDS));
    }
  };

  Notifier::Notifier(const WebhookSettings& settings, Environment environment, IClock& clock)
    : pimpl_(std::make_unique<PImpl>(settings, std::move(environment), clock))
  {
  }

  Notifier::~Notifier()
  {
    Stop();
  }

  void Notifier::Start()
  {
    pimpl_->thread = boost::thread([this] { pimpl_->Run(); });
  }

  void Notifier::Stop()
  {
    if (!pimpl_->thread.joinable())
    {
      return;
    }
    pimpl_->isStopping = true;
    pimpl_->worker.WakeUp();
    pimpl_->thread.interrupt();
    pimpl_->thread.join();
  }

  void Notifier::OnJobEnded(const std::string& jobId, const ArchiveRecord& record)
  {
    try
    {
      pimpl_->EnsureLoaded();
      if (!pimpl_->IsNews(record))
      {
        return;
      }
      for (const std::string& url : pimpl_->ListReceivers(record))
      {
        pimpl_->TryAddDelivery(jobId, record, url);
      }
      pimpl_->worker.WakeUp();
    }
    catch (const std::exception& error)
    {
      pimpl_->environment.warn("Cannot notify about job " + jobId + ": " + error.what());
    }
  }

  std::vector<DeliveryStore::RecordPointer> Notifier::ListDeliveries(const std::string& archiveId)
  {
    pimpl_->EnsureLoaded();
    return pimpl_->store.ListByArchive(archiveId);
  }
} // namespace OrthancPlugins
