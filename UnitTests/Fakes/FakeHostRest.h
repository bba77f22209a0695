// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "../../Plugin/Http/IHostRest.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace OrthancPlugins
{
  /**
   * The host's routes as a table: "GET /jobs" -> answer. What is not in it is 404.
   **/
  class FakeHostRest final : public IHostRest
  {
  public:
    std::map<std::string, HostAnswer> routes;
    std::vector<std::string> calls;

    static HostAnswer MakeJson(const std::string& json)
    {
      HostAnswer answer;
      answer.status = 200;
      answer.body = json;
      answer.headers["content-type"] = "application/json; charset=utf-8";
      return answer;
    }

    static HostAnswer MakeStatus(unsigned status)
    {
      HostAnswer answer;
      answer.status = status;
      return answer;
    }

    // As hosts report what they throw
    static HostAnswer MakeError(int errorCode, unsigned status)
    {
      HostAnswer answer;
      answer.status = status;
      answer.errorCode = errorCode;
      return answer;
    }

    HostAnswer Call(HttpMethod method, const std::string& path, std::string_view) override
    {
      const std::string name = GetName(method) + std::string(" ") + path;
      calls.push_back(name);
      const auto found = routes.find(name);
      return found == routes.end() ? MakeStatus(404) : found->second;
    }

  private:
    static const char* GetName(HttpMethod method)
    {
      switch (method)
      {
      case HttpMethod::Get:
        return "GET";
      case HttpMethod::Post:
        return "POST";
      case HttpMethod::Put:
        return "PUT";
      case HttpMethod::Delete:
        break;
      }
      return "DELETE";
    }
  };
} // namespace OrthancPlugins
