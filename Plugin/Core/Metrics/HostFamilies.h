// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "HostMetricsText.h"
#include "IHostMetrics.h"
#include "MetricFamily.h"
#include "PluginMetrics.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace OrthancPlugins
{
  // All that the families about the host are made of
  struct HostFacts
  {
    std::vector<HostMetric> metrics;
    std::optional<HostStatistics> statistics;
    std::optional<HostIdentity> identity;
    JobTotals jobs;
    std::uint64_t upSeconds = 0; // of the plugin, for hosts that do not tell theirs
  };

  // Families with labels and base units, from what this version of the host publishes
  std::vector<MetricFamily> MakeHostFamilies(const HostFacts& facts);

  /**
   * The names that Orthanc 1.10.1, 1.12.7 and 1.13.0 publish, all of them on each version as far as the
   * values are known, in the units of the host. Counts and sizes come from the database, because the host
   * rounds them to 32 bits and gives the disk size for the uncompressed one; totals of jobs count from
   * the start instead of in the history.
   **/
  std::vector<MetricFamily> MakeLegacyFamilies(const HostFacts& facts);

  // What other plugins have registered, except for names that collide with "reserved"
  std::vector<MetricFamily> MakeForeignFamilies(const std::vector<HostMetric>& metrics,
                                                const std::vector<MetricFamily>& reserved);
} // namespace OrthancPlugins
