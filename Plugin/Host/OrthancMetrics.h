// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "OrthancRestApi.h"

#include "../Core/Metrics/IHostMetrics.h"

#include <optional>
#include <string>
#include <vector>

namespace OrthancPlugins
{
  /**
   * The host about itself, by its own REST API. Thread-safe.
   **/
  class OrthancMetrics final : public IHostMetrics
  {
  public:
    // Must outlive this object
    explicit OrthancMetrics(OrthancRestApi& host)
      : host_(host)
    {
    }

    std::string ReadText() override;
    bool IsEnabled() override;
    HostStatistics ReadStatistics() override;
    HostIdentity ReadIdentity() override;
    std::vector<HostJobFacts> ListJobs() override;
    std::optional<HostJobFacts> FindJob(const std::string& jobId) override;

  private:
    OrthancRestApi& host_;
  };
} // namespace OrthancPlugins
