// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace OrthancPlugins
{
  enum class MetricType
  {
    Counter, // the family's name ends with "_total"
    Gauge,
    Histogram,
    Unknown
  };

  // Names with their values, in the order of the names
  using MetricLabels = std::vector<std::pair<std::string, std::string>>;

  // Integers of 64 bits stay exact
  using MetricNumber = std::variant<double, std::int64_t>;

  struct MetricBucket
  {
    double upperBound = 0;
    std::uint64_t count = 0; // of all values up to the bound
  };

  struct MetricSample
  {
    MetricLabels labels;
    MetricNumber value = 0.0;          // of a histogram: the sum
    std::vector<MetricBucket> buckets; // of a histogram: ascending, without the infinite one
    std::uint64_t count = 0;           // of a histogram
    std::optional<std::int64_t> timestampMilliseconds; // of the host; absent: now
  };

  // A snapshot of one metric, as plain values
  struct MetricFamily
  {
    std::string name;
    std::string help;
    MetricType type = MetricType::Gauge;
    std::vector<MetricSample> samples;
  };
} // namespace OrthancPlugins
