// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "RequestFields.h"

#include <json/reader.h>
#include <json/value.h>

#include <algorithm>
#include <memory>

namespace OrthancPlugins
{
  namespace
  {
    // Deeper nesting is no request of ours, and the parser is recursive
    constexpr int MAX_JSON_DEPTH = 100;

    constexpr Choice<bool> BOOLEANS[] = {
      {"true", true}, {"false", false}, {"1", true}, {"0", false}};

    char ToLower(char c)
    {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
  } // namespace

  bool IsSameWithoutCase(std::string_view left, std::string_view right)
  {
    return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                      [](char a, char b) { return ToLower(a) == ToLower(b); });
  }

  Json::Value ParseJsonBody(std::string_view text)
  {
    Json::CharReaderBuilder builder;
    builder["collectComments"] = false;
    builder["stackLimit"] = MAX_JSON_DEPTH;
    const std::unique_ptr<Json::CharReader> reader(builder.newCharReader());
    Json::Value body;
    bool isParsed = false;
    try
    {
      isParsed =
        !text.empty() && reader->parse(text.data(), text.data() + text.size(), &body, nullptr);
    }
    catch (const Json::Exception&)
    {
      // Nested too deeply: JsonCpp reports that, and nothing else, by an exception
      throw Failure(FailureKind::BadFormat, "The JSON body is nested more than " +
                                              std::to_string(MAX_JSON_DEPTH) + " levels deep");
    }
    if (!isParsed)
    {
      throw Failure(FailureKind::BadFormat, "The body is not valid JSON");
    }
    return body;
  }

  Failure MakeTypeFailure(const char* expected, const char* field)
  {
    return Failure(FailureKind::BadFormat,
                   std::string(expected) + " value expected in field: " + field);
  }

  Failure MakeSizeFailure(const char* field)
  {
    return Failure(FailureKind::BadType, std::string("Integer beyond 32 bits in field: ") + field);
  }

  bool ReadBoolean(const Json::Value& fields, const char* field, bool fallback)
  {
    if (!fields.isMember(field))
    {
      return fallback;
    }
    if (!fields[field].isBool())
    {
      throw MakeTypeFailure("Boolean", field);
    }
    return fields[field].asBool();
  }

  std::optional<std::string> ReadString(const Json::Value& fields, const char* field)
  {
    if (!fields.isMember(field))
    {
      return std::nullopt;
    }
    if (!fields[field].isString())
    {
      throw MakeTypeFailure("String", field);
    }
    return fields[field].asString();
  }

  const Json::Value& GetInteger(const Json::Value& fields, const char* field)
  {
    const Json::Value& value = fields[field];
    if (value.type() != Json::intValue && value.type() != Json::uintValue)
    {
      throw MakeTypeFailure("Integer", field);
    }
    return value;
  }

  bool ReadBooleanArgument(const HttpRequest& request, const char* name, bool fallback)
  {
    const std::optional<std::string> text = request.FindArgument(name);
    if (!text.has_value())
    {
      return fallback;
    }
    return text->empty() || Choose(BOOLEANS, *text, name);
  }
} // namespace OrthancPlugins
