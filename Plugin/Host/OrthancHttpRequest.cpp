// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "OrthancHttpRequest.h"

#include "../Core/Failure.h"

namespace OrthancPlugins
{
  namespace
  {
    std::string ToString(const char* text)
    {
      return text == nullptr ? std::string() : std::string(text);
    }

    HttpMethod ToMethod(OrthancPluginHttpMethod method)
    {
      switch (method)
      {
      case OrthancPluginHttpMethod_Get:
        return HttpMethod::Get;
      case OrthancPluginHttpMethod_Post:
        return HttpMethod::Post;
      case OrthancPluginHttpMethod_Put:
        return HttpMethod::Put;
      case OrthancPluginHttpMethod_Delete:
        return HttpMethod::Delete;
      default:
        throw Failure(FailureKind::BadRequest, "Unknown HTTP method");
      }
    }

    int GetHexDigit(char c)
    {
      return c >= '0' && c <= '9'   ? c - '0'
             : c >= 'a' && c <= 'f' ? c - 'a' + 10
             : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                    : -1;
    }
  } // namespace

  std::string DecodePercent(const std::string& text)
  {
    std::string decoded;
    decoded.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); i++)
    {
      if (text[i] == '%' && i + 2 < text.size())
      {
        const int high = GetHexDigit(text[i + 1]);
        const int low = GetHexDigit(text[i + 2]);
        if (high >= 0 && low >= 0)
        {
          decoded.push_back(static_cast<char>(high * 16 + low));
          i += 2;
          continue;
        }
      }
      decoded.push_back(text[i]);
    }
    return decoded;
  }

  HttpRequest ToHttpRequest(const char* path,
                            const OrthancPluginHttpRequest& request,
                            const HostVersion& version)
  {
    HttpRequest result;
    result.method = ToMethod(request.method);
    result.path = ToString(path);
    for (std::uint32_t i = 0; i < request.groupsCount; i++)
    {
      result.groups.push_back(ToString(request.groups[i]));
    }
    if (result.method == HttpMethod::Get)
    {
      // From 1.13.0 on the host decodes the whole query before it splits it; a second round would
      // turn "%2525" into "%"
      const bool isDecoded = version.IsAtLeast(1, 13, 0);
      for (std::uint32_t i = 0; i < request.getCount; i++)
      {
        const std::string name = ToString(request.getKeys[i]);
        const std::string value = ToString(request.getValues[i]);
        result.arguments.emplace_back(isDecoded ? name : DecodePercent(name),
                                      isDecoded ? value : DecodePercent(value));
      }
    }
    for (std::uint32_t i = 0; i < request.headersCount; i++)
    {
      result.headers[ToString(request.headersKeys[i])] = ToString(request.headersValues[i]);
    }
    if (request.body != nullptr)
    {
      result.body = std::string_view(static_cast<const char*>(request.body), request.bodySize);
    }
    return result;
  }
} // namespace OrthancPlugins
