// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include <string_view>
#include <vector>

namespace OrthancPlugins
{
  // What Prometheus and Grafana need to watch the server: rules, dashboard, examples
  struct MonitoringFile
  {
    std::string_view name; // both live as long as the plugin
    std::string_view content;
  };

  // The files of Resources/Prometheus and Resources/Grafana, as they were when the plugin was built
  std::vector<MonitoringFile> GetMonitoringFiles();
} // namespace OrthancPlugins
