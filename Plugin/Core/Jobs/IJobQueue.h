// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "IJob.h"

#include "JobMonitor.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace OrthancPlugins
{
  // A job of the host's engine, as the host shows it
  struct QueuedJob
  {
    std::string id;
    JobState state = JobState::Pending;
    int priority = 0;
    std::string archiveId;    // from its content; empty if it is none of our archives
    std::string creationTime; // UTC, "YYYYMMDDTHHMMSS.ffffff"; empty if unknown
  };

  // The host's jobs engine. Thread-safe
  class IJobQueue
  {
  public:
    virtual ~IJobQueue() = default;

    // The public ID. Larger priorities run first. Throws Failure(Internal)
    virtual std::string Submit(std::unique_ptr<IJob> job, int priority) = 0;

    // What follows needs a host that has started. Jobs of others included
    virtual std::vector<QueuedJob> List() = 0;
    virtual std::optional<QueuedJob> Find(const std::string& hostJobId) = 0;

    // False if the host refuses
    virtual bool Cancel(const std::string& hostJobId) = 0;
    virtual bool Pause(const std::string& hostJobId) = 0;
    virtual bool Resume(const std::string& hostJobId) = 0;
    virtual bool Resubmit(const std::string& hostJobId) = 0;
  };
} // namespace OrthancPlugins
