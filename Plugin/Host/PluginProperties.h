// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "SdkFeatures.h"

#include <string>

// What Orthanc Explorer shows of a plugin. The host copies what it gets
namespace OrthancPlugins
{
  constexpr const char* PLUGIN_NAME = "advanced-rest";

  // The line under the plugin's name on the page of plugins
  void SetPluginDescription(OrthancPluginContext* context, const std::string& text);

  // Where the plugin's name on that page leads to: a path of this server, from its root
  void SetPluginRootUri(OrthancPluginContext* context, const std::string& uri);

  // JavaScript that runs in every page of Orthanc Explorer, in one file with that of other plugins
  void ExtendOrthancExplorer(OrthancPluginContext* context, const std::string& script);
} // namespace OrthancPlugins
