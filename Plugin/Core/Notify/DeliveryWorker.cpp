// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "DeliveryWorker.h"

#include "AddressPolicy.h"
#include "DeliverySender.h"
#include "UrlPolicy.h"
#include "WebUrl.h"
#include "WebhookSignature.h"

#include "../Failure.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace OrthancPlugins
{
  namespace
  {
    constexpr std::size_t MAX_TRANSFERS = 8;
    constexpr std::size_t MAX_TRANSFERS_PER_RECEIVER = 2;
    constexpr std::int64_t MICROSECONDS_PER_SECOND = 1'000'000;
    constexpr std::int64_t MICROSECONDS_PER_MILLISECOND = 1000;
    constexpr std::int64_t MAX_DELAY_MICROSECONDS = 3600 * MICROSECONDS_PER_SECOND;
    constexpr unsigned HTTP_GONE = 410;

    using RecordPointer = DeliveryStore::RecordPointer;

    // Before the next attempt, after so many in vain
    std::int64_t GetDelay(unsigned delaySeconds, std::size_t attempts)
    {
      std::int64_t delay = delaySeconds * MICROSECONDS_PER_SECOND;
      for (std::size_t i = 1; i < attempts && delay < MAX_DELAY_MICROSECONDS; i++)
      {
        delay *= 2;
      }
      return std::min(delay, MAX_DELAY_MICROSECONDS);
    }

    struct Target
    {
      WebUrl url;
      std::string secret;
    };

    std::vector<Target> ParseTargets(const std::vector<WebhookTarget>& targets)
    {
      std::vector<Target> parsed;
      parsed.reserve(targets.size());
      for (const WebhookTarget& target : targets)
      {
        parsed.push_back(Target{WebUrl::Parse(target.url), target.secret});
      }
      return parsed;
    }
  } // namespace

  struct DeliveryWorker::PImpl
  {
    PImpl(const WebhookSettings& webhookSettings,
          DeliveryStore& deliveryStore,
          IClock& anyClock,
          std::function<void(const std::string&)> warnOperator,
          Counter counter)
      : settings(webhookSettings),
        store(deliveryStore),
        clock(anyClock),
        warn(std::move(warnOperator)),
        count(std::move(counter)),
        targets(ParseTargets(settings.targets)),
        urls(settings.allowedUrls),
        sender(
          AddressPolicy(settings.allowedAddresses),
          [this](const WebUrl& url) { return IsAllowed(url); },
          settings.timeoutSeconds)
    {
    }

    const WebhookSettings settings;
    DeliveryStore& store;
    IClock& clock;
    const std::function<void(const std::string&)> warn;
    const Counter count;
    const std::vector<Target> targets;
    const UrlPolicy urls;
    DeliverySender sender;
    std::map<std::string, std::int64_t> started; // by ID, of the attempts that are running

    const Target* FindTarget(const WebUrl& url) const
    {
      const auto found = std::find_if(targets.begin(), targets.end(),
                                      [&](const Target& target) { return target.url == url; });
      return found == targets.end() ? nullptr : &*found;
    }

    // A target is allowed by being configured
    bool IsAllowed(const WebUrl& url) const
    {
      return FindTarget(url) != nullptr || urls.Allows(url);
    }

    std::vector<std::string> MakeHeaders(const DeliveryRecord& record, const WebUrl& url) const
    {
      const std::int64_t timestamp = clock.GetNowMicroseconds() / MICROSECONDS_PER_SECOND;
      std::vector<std::string> headers = {
        "Content-Type: application/json",
        "Expect:", // no waiting for a "100 Continue"
        "X-Advanced-Rest-Delivery: " + record.id,
        "X-Advanced-Rest-Timestamp: " + std::to_string(timestamp),
      };
      const Target* const target = FindTarget(url);
      const std::string& secret = target == nullptr ? settings.secret : target->secret;
      if (!secret.empty())
      {
        headers.push_back("X-Advanced-Rest-Signature: sha256=" +
                          SignWebhook(secret, timestamp, record.body));
      }
      return headers;
    }

    // The configuration may have changed since the URL was accepted
    std::optional<WebUrl> FindAllowedUrl(const DeliveryRecord& record) const
    {
      try
      {
        const WebUrl url = WebUrl::Parse(record.url);
        return IsAllowed(url) ? std::make_optional(url) : std::nullopt;
      }
      catch (const Failure&)
      {
        return std::nullopt;
      }
    }

    // Microseconds from now. Beyond the longest delay, the system's time was set back
    std::int64_t GetWait(const DeliveryRecord& record) const
    {
      const std::int64_t wait = record.nextAttemptMicroseconds - clock.GetNowMicroseconds();
      return wait > MAX_DELAY_MICROSECONDS ? 0 : std::max<std::int64_t>(wait, 0);
    }

    bool HasRoom(const WebUrl& url) const
    {
      return sender.CountAll() < MAX_TRANSFERS && sender.CountTo(url) < MAX_TRANSFERS_PER_RECEIVER;
    }

    // Remembers the URL if too much is on its way to this receiver, or to all
    void Attempt(const DeliveryRecord& record, std::set<std::string>& busy, std::int64_t& wait)
    {
      const std::optional<WebUrl> url = FindAllowedUrl(record);
      if (!url.has_value())
      {
        started[record.id] = clock.GetNowMicroseconds();
        Conclude(record, DeliveryOutcome{record.id, 0, DeliveryError::UrlNotAllowed});
        wait = 0;
      }
      else if (HasRoom(*url))
      {
        sender.Start(DeliveryRequest{record.id, *url, MakeHeaders(record, *url), record.body});
        started[record.id] = clock.GetNowMicroseconds();
      }
      else
      {
        busy.insert(record.url);
      }
    }

    // Microseconds until there is something else to do, at most "wait"
    std::int64_t StartDue(const std::vector<RecordPointer>& pending, std::int64_t wait)
    {
      std::set<std::string> busy;
      for (const RecordPointer& record : pending)
      {
        const std::int64_t ownWait = GetWait(*record);
        if (ownWait > 0)
        {
          wait = std::min(wait, ownWait);
        }
        else if (!sender.IsSending(record->id) && busy.count(record->url) == 0)
        {
          Attempt(*record, busy, wait);
        }
      }
      return wait;
    }

    // 410: the receiver wants nothing more
    bool IsHopeless(const DeliveryRecord& record, const DeliveryOutcome& outcome) const
    {
      return outcome.httpStatus == HTTP_GONE || outcome.error == DeliveryError::UrlNotAllowed ||
             record.attempts.size() >= settings.maxAttempts;
    }

    void End(DeliveryRecord& record, DeliveryState state) const
    {
      record.state = state;
      record.completedMicroseconds = clock.GetNowMicroseconds();
      record.nextAttemptMicroseconds = 0;
      record.body.clear();
    }

    void WarnOfFailure(const DeliveryRecord& record, DeliveryError error) const
    {
      warn("The webhook about job " + record.jobId + " was given up after " +
           std::to_string(record.attempts.size()) + " attempt(s): " + GetDeliveryErrorName(error) +
           " (delivery " + record.id + ")");
    }

    void Conclude(const DeliveryRecord& before, const DeliveryOutcome& outcome)
    {
      const std::int64_t now = clock.GetNowMicroseconds();
      const std::int64_t since = std::exchange(started[before.id], now);
      started.erase(before.id);

      DeliveryRecord record = before;
      record.attempts.push_back(
        DeliveryAttempt{since, static_cast<std::uint64_t>(std::max<std::int64_t>(now - since, 0)),
                        outcome.httpStatus, outcome.error});
      if (outcome.error == DeliveryError::None)
      {
        End(record, DeliveryState::Delivered);
      }
      else if (IsHopeless(record, outcome))
      {
        End(record, DeliveryState::Failed);
        WarnOfFailure(record, outcome.error);
      }
      else
      {
        record.nextAttemptMicroseconds =
          now + GetDelay(settings.retryDelaySeconds, record.attempts.size());
      }
      if (count)
      {
        count(record.state == DeliveryState::Delivered, record.state == DeliveryState::Failed);
      }
      Save(record);
    }

    void Save(const DeliveryRecord& record)
    {
      try
      {
        store.Update(record);
      }
      catch (const Failure& failure)
      {
        // It stands in memory: at worst a restart repeats the attempt
        warn(std::string("Cannot record the attempt of a webhook: ") + failure.what());
      }
    }

    void ConcludeAll(const std::vector<DeliveryOutcome>& outcomes)
    {
      for (const DeliveryOutcome& outcome : outcomes)
      {
        if (const RecordPointer record = store.Find(outcome.id))
        {
          Conclude(*record, outcome);
        }
      }
    }
  };

  DeliveryWorker::DeliveryWorker(const WebhookSettings& settings,
                                 DeliveryStore& store,
                                 IClock& clock,
                                 std::function<void(const std::string& text)> warn,
                                 Counter count)
    : pimpl_(std::make_unique<PImpl>(settings, store, clock, std::move(warn), std::move(count)))
  {
  }

  DeliveryWorker::~DeliveryWorker() = default;

  void DeliveryWorker::Work(unsigned timeoutMilliseconds)
  {
    const std::int64_t wait = pimpl_->StartDue(pimpl_->store.ListPending(),
                                               timeoutMilliseconds * MICROSECONDS_PER_MILLISECOND);
    const std::int64_t milliseconds =
      (wait + MICROSECONDS_PER_MILLISECOND - 1) / MICROSECONDS_PER_MILLISECOND;
    pimpl_->ConcludeAll(pimpl_->sender.Wait(static_cast<unsigned>(milliseconds)));
  }

  void DeliveryWorker::WakeUp()
  {
    pimpl_->sender.WakeUp();
  }
} // namespace OrthancPlugins
