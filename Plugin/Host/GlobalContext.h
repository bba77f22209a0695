// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "SdkFeatures.h"

namespace OrthancPlugins
{
  // The host's context, for callbacks that get no user pointer. Set when the plugin is initialized,
  // cleared when it is finalized: "/tools/reset" does both in the same process. Thread-safe
  void SetGlobalContext(OrthancPluginContext* context);
  void ClearGlobalContext();

  // Null before and after the life of the plugin
  OrthancPluginContext* FindGlobalContext();

  // Throws Failure(Unavailable) if there is none
  OrthancPluginContext& GetGlobalContext();
} // namespace OrthancPlugins
