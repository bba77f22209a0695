// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "SdkFeatures.h"

#include <string>

namespace OrthancPlugins
{
  // The host's whole configuration, all its files merged, as JSON. Throws Failure(Internal)
  std::string GetHostConfiguration(OrthancPluginContext* context);
} // namespace OrthancPlugins
