// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "HttpRequest.h"

#include "../Core/Failure.h"

#include <algorithm>
#include <charconv>

namespace OrthancPlugins
{
  std::optional<std::string> HttpRequest::FindArgument(std::string_view name) const
  {
    const auto found = std::find_if(arguments.rbegin(), arguments.rend(),
                                    [&](const auto& argument) { return argument.first == name; });
    if (found == arguments.rend())
    {
      return std::nullopt;
    }
    return found->second;
  }

  std::optional<std::string> HttpRequest::FindHeader(std::string_view lowerCaseName) const
  {
    const auto found = headers.find(std::string(lowerCaseName));
    if (found == headers.end())
    {
      return std::nullopt;
    }
    return found->second;
  }

  bool HttpRequest::HasArgument(std::string_view name) const
  {
    return FindArgument(name).has_value();
  }

  std::uint64_t HttpRequest::GetUnsignedArgument(std::string_view name,
                                                 std::uint64_t fallback) const
  {
    const std::optional<std::string> text = FindArgument(name);
    if (!text.has_value())
    {
      return fallback;
    }
    std::uint64_t value = 0;
    const char* end = text->data() + text->size();
    const std::from_chars_result result = std::from_chars(text->data(), end, value);
    if (result.ec != std::errc() || result.ptr != end)
    {
      throw Failure(FailureKind::OutOfRange, "Argument \"" + std::string(name) +
                                               "\" must be an unsigned integer of 64 bits");
    }
    return value;
  }
} // namespace OrthancPlugins
