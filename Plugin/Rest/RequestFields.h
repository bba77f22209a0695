// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "../Core/Failure.h"
#include "../Http/HttpRequest.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace Json
{
  class Value;
}

namespace OrthancPlugins
{
  // One of the names that a field may have
  template <typename T>
  struct Choice
  {
    std::string_view name;
    T value;
  };

  bool IsSameWithoutCase(std::string_view left, std::string_view right);

  // Throws Failure(OutOfRange) with all names
  template <typename T, std::size_t N>
  T Choose(const Choice<T> (&choices)[N], std::string_view text, const std::string& field)
  {
    std::string allowed;
    for (const Choice<T>& choice : choices)
    {
      if (IsSameWithoutCase(choice.name, text))
      {
        return choice.value;
      }
      allowed += (allowed.empty() ? "" : ", ") + std::string(choice.name);
    }
    throw Failure(FailureKind::OutOfRange, "\"" + field + "\" must be one of: " + allowed);
  }

  // ---- Members of a JSON object. Throw Failure(BadFormat) for another type, with the field

  Json::Value ParseJsonBody(std::string_view text);

  Failure MakeTypeFailure(const char* expected, const char* field);
  Failure MakeSizeFailure(const char* field); // an integer beyond 32 bits

  bool ReadBoolean(const Json::Value& fields, const char* field, bool fallback);
  std::optional<std::string> ReadString(const Json::Value& fields, const char* field);

  // A number written with a fraction is none, even 1.0
  const Json::Value& GetInteger(const Json::Value& fields, const char* field);

  // ---- Arguments of a query

  // As the host reads Boolean arguments: "?utf8" is enough
  bool ReadBooleanArgument(const HttpRequest& request, const char* name, bool fallback);
} // namespace OrthancPlugins
