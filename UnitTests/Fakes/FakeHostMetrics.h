// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "../../Plugin/Core/Failure.h"
#include "../../Plugin/Core/Metrics/IHostMetrics.h"

#include <atomic>
#include <map>

namespace OrthancPlugins
{
  /**
   * A host that knows what it is told to know. Set before any thread asks, except for what is atomic.
   **/
  class FakeHostMetrics final : public IHostMetrics
  {
  public:
    std::string text;
    HostStatistics statistics;
    HostIdentity identity{"1.13.0", "30", "SQLite", "filesystem", 0, 0};
    std::map<std::string, HostJobFacts> jobs;
    std::atomic<bool> isEnabled{true};
    std::atomic<bool> failsStatistics{false};
    std::atomic<unsigned> textsCount{0}; // how often the text was read

    std::string ReadText() override
    {
      textsCount++;
      return isEnabled ? text : "";
    }

    bool IsEnabled() override { return isEnabled; }

    HostStatistics ReadStatistics() override
    {
      if (failsStatistics)
      {
        throw Failure(FailureKind::Unavailable, "The database does not answer");
      }
      return statistics;
    }

    HostIdentity ReadIdentity() override { return identity; }

    std::vector<HostJobFacts> ListJobs() override
    {
      std::vector<HostJobFacts> list;
      for (const auto& [id, job] : jobs)
      {
        list.push_back(job);
      }
      return list;
    }

    std::optional<HostJobFacts> FindJob(const std::string& jobId) override
    {
      const auto found = jobs.find(jobId);
      return found == jobs.end() ? std::nullopt : std::make_optional(found->second);
    }
  };
} // namespace OrthancPlugins
