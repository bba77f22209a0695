// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "SdkFeatures.h"

#include <string>

namespace OrthancPlugins
{
  // The host's whole configuration, all its files merged, as JSON. Throws Failure(Internal)
  std::string GetHostConfiguration(OrthancPluginContext* context);

  // Where relative paths of the configuration start: the directory of the configuration file, or the
  // working directory if there is no file. Absolute
  std::string GetHostBaseDirectory(OrthancPluginContext* context);
} // namespace OrthancPlugins
