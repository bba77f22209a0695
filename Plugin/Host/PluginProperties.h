// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "SdkFeatures.h"

namespace OrthancPlugins
{
  // The line under the plugin's name on Orthanc Explorer's page of plugins
  void SetPluginDescription(OrthancPluginContext* context, const char* plugin, const char* text);
} // namespace OrthancPlugins
