// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "MetricFamily.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace OrthancPlugins
{
  // One line of the host
  struct HostMetric
  {
    std::string name;
    MetricLabels labels; // sorted; plugins put them into the name, which the host prints as it is
    MetricNumber value = 0.0;
    std::optional<std::int64_t> timestampMilliseconds;
  };

  constexpr std::size_t MAX_HOST_METRICS = 400;

  /**
   * The host's metrics, "name value milliseconds" a line. Any plugin may have registered any text as a
   * name: what is no sample of the text format, is repeated, is too long, or comes after the first
   * MAX_HOST_METRICS, is left out. Throws nothing.
   **/
  std::vector<HostMetric> ParseHostMetrics(std::string_view text);
} // namespace OrthancPlugins
