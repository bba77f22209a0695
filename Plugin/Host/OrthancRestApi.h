// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "SdkFeatures.h"

#include "../Core/HostVersion.h"
#include "../Http/IHostRest.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace Json
{
  class Value;
}

namespace OrthancPlugins
{
  /**
   * The built-in REST API of the host, plugins not considered. Thread-safe. Not before the host has
   * set up its database (never while the plugin is initialized).
   **/
  class OrthancRestApi final : public IHostRest
  {
  public:
    // The context must outlive this object
    OrthancRestApi(OrthancPluginContext* context, const HostVersion& version);

    HostAnswer Call(HttpMethod method, const std::string& path, std::string_view body) override;

    // The body of a successful answer. Throw Failure of the kind of the host's error, or
    // Failure(Internal) if JSON was expected and something else came
    std::string GetText(const std::string& path);
    Json::Value GetJson(const std::string& path);
    Json::Value PostJson(const std::string& path, const Json::Value& body);

    // Hands the body over where the host has left it: it may be of megabytes
    void Post(const std::string& path,
              const Json::Value& body,
              const std::function<void(std::string_view)>& consumer);

    // The body of a successful GET in that media type; absent if the host cannot
    std::optional<std::string> FindRepresentation(const std::string& path,
                                                  const std::string& mediaType);

    static Json::Value ParseJson(std::string_view text);

  private:
    OrthancPluginContext* context_;
    HostVersion version_;
  };
} // namespace OrthancPlugins
