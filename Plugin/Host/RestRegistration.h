// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "SdkFeatures.h"

#include "../Http/HttpRequest.h"
#include "../Http/IHttpAnswer.h"

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace OrthancPlugins
{
  // Answers a request to one row of the route table, whatever its method. Called by many threads at
  // the same time. Failures become the host's JSON errors
  using RestDispatch =
    std::function<void(std::size_t row, const HttpRequest& request, IHttpAnswer& answer)>;

  constexpr std::size_t MAX_REST_ROUTES = 64;

  // Registers one C callback per URI (a regular expression of the whole path), without the host's lock
  // on callbacks. Once while the plugin is initialized. "isHostAuthenticating" as in ToHttpRequest().
  // Throws Failure(Internal) for too many rows
  void RegisterRestRoutes(OrthancPluginContext* context,
                          const std::vector<std::string>& uris,
                          bool isHostAuthenticating,
                          RestDispatch dispatch);

  // Rows whose POST and PUT bodies may be large, after RegisterRestRoutes(): over HTTP the host hands them
  // over before the answer is made, and keeps no copy in the meantime; they are ours to free by
  // HttpRequest::releaseBody. Other plugins and scripts, who call by the host, come as before
  void RegisterLargeBodies(OrthancPluginContext* context,
                           const std::vector<std::string>& uris,
                           const std::vector<std::size_t>& rows);

  // When the plugin is finalized: the host has stopped its HTTP server, no callback is running.
  // A late callback answers 503
  void ClearRestRoutes();

  /**
   * Runs the body on a new thread with a stack of 2 MiB and waits; an exception comes back. HTTP
   * threads of the host have a stack of 100 KiB, of which about 74 KiB are left for a plugin.
   * Throws Failure(Unavailable) if there is no room for a thread.
   **/
  void RunOnHandlerThread(const std::function<void()>& body);
} // namespace OrthancPlugins
