// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "SdkFeatures.h"

#include "../Core/Metrics/PluginMetrics.h"

#include <cstdint>
#include <functional>
#include <string>

namespace OrthancPlugins
{
  // An instance that the host has stored
  struct ReceivedInstance
  {
    InstanceSource source = InstanceSource::Other;
    std::uint64_t sizeBytes = 0;
    std::string modality; // empty unless asked for, and if there is none
  };

  // Called by many threads at the same time
  using ReceivedInstanceObserver = std::function<void(const ReceivedInstance& instance)>;

  // Once while the plugin is initialized. To know the modality, the host has to convert all tags
  void ObserveReceivedInstances(OrthancPluginContext* context,
                                bool readsModality,
                                ReceivedInstanceObserver observer);

  // When the plugin is finalized
  void ClearReceivedInstances();
} // namespace OrthancPlugins
