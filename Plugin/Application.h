// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "Core/Metrics/PluginMetrics.h"
#include "Host/SdkFeatures.h"

#include <memory>
#include <string>

namespace OrthancPlugins
{
  enum class JobEventType
  {
    Submitted,
    Succeeded,
    Failed
  };

  /**
   * Composition root: builds every object in order, recovers the spool, stops in reverse. One lives
   * between OrthancPluginInitialize and OrthancPluginFinalize.
   **/
  class Application
  {
  public:
    // Reads the configuration, opens the spool, registers routes and jobs. Throws Failure
    explicit Application(OrthancPluginContext* context);

    // Stops and joins all threads
    ~Application();

    // The host answers REST calls from now on. Returns at once
    void OnStarted();

    // Something happened to a job of the host, ours or not. Some hosts tell under the lock of their
    // registry: returns at once, without any call to the host
    void OnJobEvent(JobEventType type, const std::string& hostJobId);

    // To count what the host tells of. Lives as long as the application
    PluginMetrics& GetMetrics();

    // The host is about to stop its HTTP server: waiting requests and streams are ended
    void OnStopped();

  private:
    struct PImpl;
    std::unique_ptr<PImpl> pimpl_;
  };
} // namespace OrthancPlugins
