// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "PluginProperties.h"

namespace OrthancPlugins
{
  namespace
  {
    // By the number of the service: the functions of the SDK differ between 1.10.1 and 1.12.4, and the
    // older ones are deprecated since
    void
    SetProperty(OrthancPluginContext* context, _OrthancPluginProperty property, const char* value)
    {
      _OrthancPluginSetPluginProperty parameters;
      parameters.plugin = PLUGIN_NAME;
      parameters.property = property;
      parameters.value = value;
      context->InvokeService(context, _OrthancPluginService_SetPluginProperty, &parameters);
    }
  } // namespace

  void SetPluginDescription(OrthancPluginContext* context, const std::string& text)
  {
    SetProperty(context, _OrthancPluginProperty_Description, text.c_str());
  }

  void SetPluginRootUri(OrthancPluginContext* context, const std::string& uri)
  {
    SetProperty(context, _OrthancPluginProperty_RootUri, uri.c_str());
  }

  void ExtendOrthancExplorer(OrthancPluginContext* context, const std::string& script)
  {
    SetProperty(context, _OrthancPluginProperty_OrthancExplorer, script.c_str());
  }
} // namespace OrthancPlugins
