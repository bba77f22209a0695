// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include <string_view>
#include <vector>

namespace OrthancPlugins
{
  // A file that was compiled into the plugin
  struct EmbeddedFile
  {
    std::string_view name; // both live as long as the plugin
    std::string_view content;
  };

  // What Prometheus and Grafana need to watch the server: the files of Resources/Prometheus and
  // Resources/Grafana, names without a folder
  std::vector<EmbeddedFile> GetMonitoringFiles();

  // Our page and our part of Orthanc Explorer: Plugin/App, names relative to it ("index.html",
  // "messages/en.json", "Explorer/explorer.js")
  std::vector<EmbeddedFile> GetAppFiles();
} // namespace OrthancPlugins
