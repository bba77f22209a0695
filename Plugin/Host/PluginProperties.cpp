// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "PluginProperties.h"

namespace OrthancPlugins
{
  // By the number of the service: the functions of the SDK differ between 1.10.1 and 1.12.4, and the
  // older one is deprecated since
  void SetPluginDescription(OrthancPluginContext* context, const char* plugin, const char* text)
  {
    _OrthancPluginSetPluginProperty parameters;
    parameters.plugin = plugin;
    parameters.property = _OrthancPluginProperty_Description;
    parameters.value = text;
    context->InvokeService(context, _OrthancPluginService_SetPluginProperty, &parameters);
  }
} // namespace OrthancPlugins
