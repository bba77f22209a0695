// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "GlobalContext.h"

#include "../Core/Failure.h"

#include <atomic>

namespace OrthancPlugins
{
  namespace
  {
    std::atomic<OrthancPluginContext*> globalContext{nullptr};
  }

  void SetGlobalContext(OrthancPluginContext* context)
  {
    globalContext = context;
  }

  void ClearGlobalContext()
  {
    globalContext = nullptr;
  }

  OrthancPluginContext* FindGlobalContext()
  {
    return globalContext;
  }

  OrthancPluginContext& GetGlobalContext()
  {
    OrthancPluginContext* const context = globalContext;
    if (context == nullptr)
    {
      throw Failure(FailureKind::Unavailable, "The plugin is not running");
    }
    return *context;
  }
} // namespace OrthancPlugins
