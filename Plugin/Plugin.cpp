// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "Application.h"

#include "Host/CallbackGuard.h"
#include "Host/GlobalContext.h"
#include "Host/HostLog.h"
#include "Host/PluginProperties.h"

#include <orthanc/OrthancCPlugin.h>

#include <memory>
#include <string>

namespace
{
  // The only mutable global: the SDK gives REST callbacks no user pointer
  std::unique_ptr<OrthancPlugins::Application> application_;

  using OrthancPlugins::DicomLevel;
  using OrthancPlugins::JobEventType;

  DicomLevel ToLevel(OrthancPluginResourceType type)
  {
    switch (type)
    {
    case OrthancPluginResourceType_Patient:
      return DicomLevel::Patient;
    case OrthancPluginResourceType_Study:
      return DicomLevel::Study;
    case OrthancPluginResourceType_Series:
      return DicomLevel::Series;
    default:
      return DicomLevel::Instance;
    }
  }

  // Counters only: some hosts tell under a lock
  void CountChange(OrthancPluginChangeType change, OrthancPluginResourceType type)
  {
    OrthancPlugins::PluginMetrics& metrics = application_->GetMetrics();
    switch (change)
    {
    case OrthancPluginChangeType_NewPatient:
    case OrthancPluginChangeType_NewStudy:
    case OrthancPluginChangeType_NewSeries:
    case OrthancPluginChangeType_NewInstance:
      metrics.ResourceCreated(ToLevel(type));
      break;
    case OrthancPluginChangeType_StablePatient:
    case OrthancPluginChangeType_StableStudy:
    case OrthancPluginChangeType_StableSeries:
      metrics.ResourceStable(ToLevel(type));
      break;
    case OrthancPluginChangeType_Deleted:
      metrics.ResourceDeleted(ToLevel(type));
      break;
    default:
      break;
    }
  }

  void FollowChange(OrthancPluginChangeType change, const std::string& resource)
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
      application_->OnJobEvent(JobEventType::Submitted, resource);
      break;
    case OrthancPluginChangeType_JobSuccess:
      application_->OnJobEvent(JobEventType::Succeeded, resource);
      break;
    case OrthancPluginChangeType_JobFailure:
      application_->OnJobEvent(JobEventType::Failed, resource);
      break;
    default:
      break;
    }
  }

  OrthancPluginErrorCode
  OnChange(OrthancPluginChangeType change, OrthancPluginResourceType type, const char* resource)
  {
    return OrthancPlugins::GuardCallback("Following the changes of the server",
                                         [=]
                                         {
                                           if (application_ != nullptr)
                                           {
                                             CountChange(change, type);
                                             FollowChange(change,
                                                          resource == nullptr ? "" : resource);
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
      context,
      "Fast, complete and safe archives and media, jobs whose results last, documents with "
      "previews, and metrics. Opens the page that shows them.");
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
    return OrthancPlugins::PLUGIN_NAME;
  }

  ORTHANC_PLUGINS_API const char* OrthancPluginGetVersion()
  {
    return PLUGIN_VERSION;
  }
}
