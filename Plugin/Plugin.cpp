// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "Application.h"

#include "Host/CallbackGuard.h"
#include "Host/GlobalContext.h"
#include "Host/HostLog.h"
#include "Host/PluginProperties.h"

#include <orthanc/OrthancCPlugin.h>

#include <memory>

namespace
{
  // The only mutable global: the SDK gives REST callbacks no user pointer
  std::unique_ptr<OrthancPlugins::Application> application_;

  void FollowChange(OrthancPluginChangeType change, const char* resource)
  {
    switch (change)
    {
    case OrthancPluginChangeType_OrthancStarted:
      application_->OnStarted();
      break;
    case OrthancPluginChangeType_OrthancStopped:
      application_->OnStopped();
      break;
    case OrthancPluginChangeType_JobSubmitted:
    case OrthancPluginChangeType_JobSuccess:
    case OrthancPluginChangeType_JobFailure:
      application_->OnJobEvent(resource == nullptr ? "" : resource);
      break;
    default:
      break;
    }
  }

  OrthancPluginErrorCode
  OnChange(OrthancPluginChangeType change, OrthancPluginResourceType, const char* resource)
  {
    return OrthancPlugins::GuardCallback("Following the changes of the server",
                                         [change, resource]
                                         {
                                           if (application_ != nullptr)
                                           {
                                             FollowChange(change, resource);
                                           }
                                         });
  }
} // namespace

extern "C"
{
  ORTHANC_PLUGINS_API int32_t OrthancPluginInitialize(OrthancPluginContext* context)
  {
    OrthancPlugins::SetGlobalContext(context);
    if (OrthancPluginCheckVersionAdvanced(context, 1, 10, 1) == 0)
    {
      OrthancPlugins::LogError("OrthancAdvancedRest needs Orthanc 1.10.1 or newer");
      return -1;
    }
    OrthancPlugins::SetPluginDescription(
      context, OrthancPluginGetName(),
      "Fast, complete and safe archives, and jobs whose results last.");
    const OrthancPluginErrorCode code =
      OrthancPlugins::GuardCallback("Starting OrthancAdvancedRest",
                                    [context]
                                    {
                                      application_ =
                                        std::make_unique<OrthancPlugins::Application>(context);
                                      OrthancPluginRegisterOnChangeCallback(context, &OnChange);
                                    });
    return code == OrthancPluginErrorCode_Success ? 0 : -1;
  }

  ORTHANC_PLUGINS_API void OrthancPluginFinalize()
  {
    OrthancPlugins::GuardCallback("Stopping OrthancAdvancedRest", [] { application_.reset(); });
    OrthancPlugins::ClearGlobalContext();
  }

  ORTHANC_PLUGINS_API const char* OrthancPluginGetName()
  {
    return "advanced-rest";
  }

  ORTHANC_PLUGINS_API const char* OrthancPluginGetVersion()
  {
    return PLUGIN_VERSION;
  }
}
