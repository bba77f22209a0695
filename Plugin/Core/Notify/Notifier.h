// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "DeliveryStore.h"
#include "DeliveryWorker.h"

#include "../IClock.h"
#include "../Jobs/IJobObserver.h"
#include "../Settings.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace OrthancPlugins
{
  /**
   * The webhooks: who is to know that a job has ended is written down at once, and told by a thread of its
   * own, at least once, also after a restart. Thread-safe.
   **/
  class Notifier final : public IJobObserver
  {
  public:
    struct Environment
    {
      std::string spoolDirectory;                                       // exists
      std::function<bool(const std::string& archiveId)> isArchiveKnown; // thread-safe
      std::function<void(const std::string& text)> warn;                // thread-safe; to the log
      DeliveryWorker::Counter count = nullptr;                          // thread-safe; may be empty
    };

    // The clock must outlive the notifier, and so must what the functions use. Throws
    // Failure(OutOfRange) if the settings are wrong
    Notifier(const WebhookSettings& settings, Environment environment, IClock& clock);

    // Stops
    ~Notifier() override;

    // Nothing is sent before. Returns at once
    void Start();

    // Drops what is being sent: it stays pending for the next start. Returns soon
    void Stop();

    void OnJobEnded(const std::string& jobId, const ArchiveRecord& record) override;

    // Of one archive, in the order in which they were created
    std::vector<DeliveryStore::RecordPointer> ListDeliveries(const std::string& archiveId);

  private:
    struct PImpl;
    std::unique_ptr<PImpl> pimpl_;
  };
} // namespace OrthancPlugins
