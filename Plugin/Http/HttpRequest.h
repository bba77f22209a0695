// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace OrthancPlugins
{
  enum class HttpMethod
  {
    Get,
    Post,
    Put,
    Delete
  };

  /**
   * A request as plain values. The body belongs to the host and lives as long as the request is being
   * answered, or until it is released.
   **/
  struct HttpRequest
  {
    HttpMethod method = HttpMethod::Get;
    std::string path;                                           // without query
    std::vector<std::string> groups;                            // of the route's regular expression
    std::vector<std::pair<std::string, std::string>> arguments; // GET only, percent-decoded once
    std::map<std::string, std::string> headers;                 // names in lower case
    std::string_view body;

    // Frees the memory of the body, which must not be used any more; empty if that is the host's
    std::function<void()> releaseBody;

    // Who asks: the user of the Basic header while the host itself checks passwords, or what an
    // authentication plugin says. Absent: unknown
    std::optional<std::string> user;

    // The last argument of that name, as the host counts; absent if there is none
    std::optional<std::string> FindArgument(std::string_view name) const;

    std::optional<std::string> FindHeader(std::string_view lowerCaseName) const;

    bool HasArgument(std::string_view name) const;

    // An unsigned decimal number; "fallback" if absent. Throws Failure(OutOfRange) naming the argument
    std::uint64_t GetUnsignedArgument(std::string_view name, std::uint64_t fallback) const;
  };
} // namespace OrthancPlugins
