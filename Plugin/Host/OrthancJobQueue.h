// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "SdkFeatures.h"

#include "../Core/Jobs/IJobQueue.h"
#include "../Http/IHostRest.h"

#include <functional>
#include <memory>
#include <string>

namespace OrthancPlugins
{
  /**
   * The host's own jobs engine. Thread-safe.
   *
   * Jobs are made by the old OrthancPluginCreateJob() on purpose: for a job of its successor the host
   * asks the content callback for the state to be saved, so that such a job is lost at restart. For
   * each job, hosts from 1.11.3 on log a warning about the old function.
   **/
  class OrthancJobQueue final : public IJobQueue
  {
  public:
    // Both must outlive the queue
    OrthancJobQueue(OrthancPluginContext* context, IHostRest& host)
      : context_(context),
        host_(host)
    {
    }

    std::string Submit(std::unique_ptr<IJob> job, int priority) override;
    std::vector<QueuedJob> List() override;
    std::optional<QueuedJob> Find(const std::string& hostJobId) override;
    bool Cancel(const std::string& hostJobId) override;
    bool Pause(const std::string& hostJobId) override;
    bool Resume(const std::string& hostJobId) override;
    bool Resubmit(const std::string& hostJobId) override;

  private:
    bool Post(const std::string& hostJobId, const char* verb);

    OrthancPluginContext* context_;
    IHostRest& host_;
  };

  // Type and saved state -> job, empty if it is none of ours. Called while the host starts: no calls
  // to the host
  using JobRestorer =
    std::function<std::unique_ptr<IJob>(const std::string& type, const std::string& savedState)>;

  // Once while the plugin is initialized
  void RegisterJobRestorer(OrthancPluginContext* context, JobRestorer restorer);

  // When the plugin is finalized
  void ClearJobRestorer();
} // namespace OrthancPlugins
