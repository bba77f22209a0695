// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "ReceivedInstances.h"

#include "CallbackGuard.h"
#include "HostBuffer.h"
#include "OrthancRestApi.h"

#include <json/value.h>

#include <memory>
#include <utility>

namespace OrthancPlugins
{
  namespace
  {
    struct ObserverState
    {
      OrthancPluginContext* context;
      bool readsModality;
      ReceivedInstanceObserver observer;
    };

    // This callback gets no user pointer either. Written only while the host calls none of them
    std::unique_ptr<const ObserverState> observerState;

    InstanceSource ToSource(OrthancPluginInstanceOrigin origin)
    {
      switch (origin)
      {
      case OrthancPluginInstanceOrigin_DicomProtocol:
        return InstanceSource::Dicom;
      case OrthancPluginInstanceOrigin_RestApi:
        return InstanceSource::Rest;
      case OrthancPluginInstanceOrigin_Plugin:
        return InstanceSource::Plugin;
      case OrthancPluginInstanceOrigin_Lua:
        return InstanceSource::Lua;
      case OrthancPluginInstanceOrigin_WebDav:
        return InstanceSource::WebDav;
      default:
        return InstanceSource::Other;
      }
    }

    std::string ReadModality(OrthancPluginContext* context,
                             const OrthancPluginDicomInstance* instance)
    {
      const HostString json =
        OwnString(context, OrthancPluginGetInstanceSimplifiedJson(context, instance));
      const Json::Value tags =
        json == nullptr ? Json::Value() : OrthancRestApi::ParseJson(json.get());
      const bool hasModality = tags.isObject() && tags["Modality"].isString();
      return hasModality ? tags["Modality"].asString() : "";
    }

    void Observe(const ObserverState& state, const OrthancPluginDicomInstance* instance)
    {
      ReceivedInstance stored;
      stored.source = ToSource(OrthancPluginGetInstanceOrigin(state.context, instance));
      const std::int64_t sizeBytes = OrthancPluginGetInstanceSize(state.context, instance);
      stored.sizeBytes = sizeBytes > 0 ? static_cast<std::uint64_t>(sizeBytes) : 0;
      if (state.readsModality)
      {
        stored.modality = ReadModality(state.context, instance);
      }
      state.observer(stored);
    }

    OrthancPluginErrorCode OnStored(const OrthancPluginDicomInstance* instance, const char*)
    {
      const ObserverState* const state = observerState.get();
      if (state == nullptr)
      {
        return OrthancPluginErrorCode_Success;
      }
      return GuardCallback("Counting an instance", [=] { Observe(*state, instance); });
    }
  } // namespace

  void ObserveReceivedInstances(OrthancPluginContext* context,
                                bool readsModality,
                                ReceivedInstanceObserver observer)
  {
    observerState =
      std::make_unique<ObserverState>(ObserverState{context, readsModality, std::move(observer)});
    OrthancPluginRegisterOnStoredInstanceCallback(context, &OnStored);
  }

  void ClearReceivedInstances()
  {
    observerState.reset();
  }
} // namespace OrthancPlugins
