// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "MetricFamily.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace OrthancPlugins
{
  enum class ExpositionFormat
  {
    HostLines, // as the host: each sample with its time in milliseconds, for people and their pages
    PlainText, // Prometheus text 0.0.4, without times
    OpenMetrics // 1.0
  };

  const char* GetExpositionMime(ExpositionFormat format);

  // The whole answer. Resources/Formats/Metrics.md describes it
  std::string FormatExposition(const std::vector<MetricFamily>& families,
                               ExpositionFormat format,
                               std::int64_t nowMilliseconds);

  // The shortest text that reads back as the same number, whatever the locale
  std::string FormatMetricNumber(const MetricNumber& number);

  // Whether this may be the name of a metric, or of a label ("[a-zA-Z_][a-zA-Z0-9_]*", colons in
  // metrics only; two underscores in front of a label are Prometheus' own)
  bool IsMetricName(std::string_view name);
  bool IsLabelName(std::string_view name);
} // namespace OrthancPlugins
