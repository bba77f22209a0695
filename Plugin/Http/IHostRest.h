// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "HttpRequest.h"

#include <map>
#include <string>
#include <string_view>

namespace OrthancPlugins
{
  struct HostAnswer
  {
    unsigned status = 0; // HTTP status
    std::string body;
    std::map<std::string, std::string> headers; // names in lower case
    int errorCode = 0;                          // the host's, if it only gave a code: then no body
  };

  /**
   * The host's own REST API, for routes that we own but that concern others. Thread-safe.
   **/
  class IHostRest
  {
  public:
    virtual ~IHostRest() = default;

    // The built-in route, plugins not considered. "path" with its query. Throws nothing for errors of
    // the host: they are in the answer
    virtual HostAnswer Call(HttpMethod method, const std::string& path, std::string_view body) = 0;
  };
} // namespace OrthancPlugins
