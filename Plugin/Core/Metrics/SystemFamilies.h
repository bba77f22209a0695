// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "MetricFamily.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

// What the operating system says, as families. Each throws Failure(Internal) if it cannot be read
namespace OrthancPlugins
{
  MetricFamily MakeGauge(const std::string& name, const std::string& help, MetricNumber value);

  // The usual "process_" families of this process
  std::vector<MetricFamily> ReadProcessFamilies();

  // Size and free room of the file systems of these directories: (area, path). One that cannot be
  // asked, such as a directory that does not exist yet, is left out
  std::vector<MetricFamily>
  ReadFilesystemFamilies(const std::vector<std::pair<std::string, std::string>>& areas);

  // The limit of the control group (v2, v1) in bytes; 0: none
  std::uint64_t ReadMemoryLimit();
} // namespace OrthancPlugins
