// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "JobQuery.h"

#include "TimeText.h"

#include "../Core/Failure.h"

#include <json/reader.h>
#include <json/value.h>

#include <algorithm>
#include <memory>

namespace OrthancPlugins
{
  namespace
  {
    constexpr int MAX_JSON_DEPTH = 100;

    struct NamedState
    {
      JobState state;
      const char* name;
    };

    constexpr NamedState STATES[] = {
      {JobState::Pending, "Pending"}, {JobState::Running, "Running"},
      {JobState::Paused, "Paused"},   {JobState::Retry, "Retry"},
      {JobState::Success, "Success"}, {JobState::Failure, "Failure"}};

    char ToLower(char c)
    {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }

    bool IsSameWithoutCase(std::string_view left, std::string_view right)
    {
      return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                        [](char a, char b) { return ToLower(a) == ToLower(b); });
    }

    template <typename T>
    bool IsAmong(const std::vector<T>& values, const T& value)
    {
      return values.empty() || std::find(values.begin(), values.end(), value) != values.end();
    }

    // ---- Values, of an argument or of a field

    Failure MakeFailure(const char* name, const std::string& expected)
    {
      return Failure(FailureKind::OutOfRange, "\"" + std::string(name) + "\" must be " + expected);
    }

    JobState ReadState(const char* name, std::string_view text)
    {
      const std::optional<JobState> state = ParseState(text);
      if (!state.has_value())
      {
        throw MakeFailure(name, "one of: Pending, Running, Paused, Retry, Success, Failure");
      }
      return *state;
    }

    std::string ReadType(const char* name, std::string_view text)
    {
      if (text.empty())
      {
        throw MakeFailure(name, "a type of jobs, such as Archive");
      }
      return std::string(text);
    }

    std::int64_t ReadTime(const char* name, std::string_view text)
    {
      const std::optional<std::int64_t> time = ParseTime(text);
      if (!time.has_value())
      {
        throw MakeFailure(name, "a time, such as 2026-12-31T23:59:59Z or 20261231T235959");
      }
      return *time;
    }

    // ---- Arguments

    std::vector<std::string> SplitArgument(const HttpRequest& request, const char* name)
    {
      std::vector<std::string> values;
      const std::optional<std::string> text = request.FindArgument(name);
      if (!text.has_value())
      {
        return values;
      }
      for (std::size_t begin = 0; begin <= text->size();)
      {
        const std::size_t end = std::min(text->find(',', begin), text->size());
        values.push_back(text->substr(begin, end - begin));
        begin = end + 1;
      }
      return values;
    }

    std::optional<std::int64_t> ReadTimeArgument(const HttpRequest& request, const char* name)
    {
      const std::optional<std::string> text = request.FindArgument(name);
      return text.has_value() ? std::make_optional(ReadTime(name, *text)) : std::nullopt;
    }

    bool ReadIsDescending(const HttpRequest& request)
    {
      const std::string order = request.FindArgument("order").value_or("asc");
      if (order != "asc" && order != "desc")
      {
        throw MakeFailure("order", "asc or desc");
      }
      return order == "desc";
    }

    // "?count" is enough
    bool ReadIsCount(const HttpRequest& request)
    {
      const std::string text = request.FindArgument("count").value_or("false");
      if (!text.empty() && text != "true" && text != "1" && text != "false" && text != "0")
      {
        throw MakeFailure("count", "a Boolean");
      }
      return text.empty() || text == "true" || text == "1";
    }

    // ---- Bodies

    Json::Value ParseBody(std::string_view text)
    {
      Json::CharReaderBuilder builder;
      builder["collectComments"] = false;
      builder["stackLimit"] = MAX_JSON_DEPTH;
      builder["failIfExtra"] = true;
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
        // Nested too deeply
      }
      if (!isParsed)
      {
        throw Failure(FailureKind::BadFormat, "The body is not valid JSON");
      }
      return body;
    }

    Failure MakeTypeFailure(const std::string& expected, const std::string& field)
    {
      return Failure(FailureKind::BadFormat, expected + " expected in field: " + field);
    }

    // One text, or a list of texts that is not empty
    std::vector<std::string> ReadTexts(const Json::Value& value, const std::string& field)
    {
      if (value.isString())
      {
        return {value.asString()};
      }
      if (!value.isArray() || value.empty())
      {
        throw MakeTypeFailure("String or list of strings", field);
      }
      std::vector<std::string> texts;
      for (const Json::Value& item : value)
      {
        if (!item.isString())
        {
          throw MakeTypeFailure("String or list of strings", field);
        }
        texts.push_back(item.asString());
      }
      return texts;
    }

    std::int64_t ReadTimeField(const Json::Value& value, const char* field)
    {
      if (!value.isString())
      {
        throw MakeTypeFailure("String value", field);
      }
      return ReadTime(field, value.asString());
    }

    // True if this field restricts the filter
    bool ReadField(JobFilter& filter, const std::string& field, const Json::Value& value)
    {
      if (field == "State")
      {
        for (const std::string& text : ReadTexts(value, field))
        {
          filter.states.push_back(ReadState("State", text));
        }
      }
      else if (field == "Type")
      {
        for (const std::string& text : ReadTexts(value, field))
        {
          filter.types.push_back(ReadType("Type", text));
        }
      }
      else if (field == "Ids")
      {
        filter.ids = ReadTexts(value, field);
      }
      else if (field == "Since")
      {
        filter.sinceMicroseconds = ReadTimeField(value, "Since");
      }
      else if (field == "Until")
      {
        filter.untilMicroseconds = ReadTimeField(value, "Until");
      }
      else if (field == "All")
      {
        if (!value.isBool())
        {
          throw MakeTypeFailure("Boolean value", field);
        }
        return value.asBool();
      }
      else
      {
        throw Failure(
          FailureKind::BadFormat,
          "Unknown field in the filter: expected State, Type, Since, Until, Ids or All");
      }
      return true;
    }
  } // namespace

  const char* GetStateName(JobState state)
  {
    for (const NamedState& named : STATES)
    {
      if (named.state == state)
      {
        return named.name;
      }
    }
    return "Pending";
  }

  std::optional<JobState> ParseState(std::string_view name)
  {
    for (const NamedState& named : STATES)
    {
      if (IsSameWithoutCase(named.name, name))
      {
        return named.state;
      }
    }
    return std::nullopt;
  }

  bool HasEnded(JobState state)
  {
    return state == JobState::Success || state == JobState::Failure;
  }

  bool IsMatching(const JobFilter& filter,
                  const std::string& id,
                  const std::string& type,
                  JobState state,
                  std::int64_t createdMicroseconds)
  {
    return IsAmong(filter.states, state) && IsAmong(filter.types, type) &&
           IsAmong(filter.ids, id) &&
           createdMicroseconds >= filter.sinceMicroseconds.value_or(createdMicroseconds) &&
           (!filter.untilMicroseconds.has_value() ||
            createdMicroseconds < *filter.untilMicroseconds);
  }

  std::optional<JobQuery> ParseJobQuery(const HttpRequest& request)
  {
    const char* NAMES[] = {"state", "type", "since", "until", "limit", "offset", "order", "count"};
    if (std::none_of(std::begin(NAMES), std::end(NAMES),
                     [&](const char* name) { return request.HasArgument(name); }))
    {
      return std::nullopt;
    }
    JobQuery query;
    for (const std::string& text : SplitArgument(request, "state"))
    {
      query.filter.states.push_back(ReadState("state", text));
    }
    for (const std::string& text : SplitArgument(request, "type"))
    {
      query.filter.types.push_back(ReadType("type", text));
    }
    query.filter.sinceMicroseconds = ReadTimeArgument(request, "since");
    query.filter.untilMicroseconds = ReadTimeArgument(request, "until");
    query.page = ParseListPage(request);
    query.isCount = ReadIsCount(request);
    return query;
  }

  ListPage ParseListPage(const HttpRequest& request)
  {
    ListPage page;
    page.offset = request.GetUnsignedArgument("offset", 0);
    if (request.HasArgument("limit"))
    {
      page.limit = request.GetUnsignedArgument("limit", 0);
    }
    page.isDescending = ReadIsDescending(request);
    return page;
  }

  JobFilter ParseJobFilter(std::string_view body)
  {
    const Json::Value fields = ParseBody(body);
    if (!fields.isObject())
    {
      throw Failure(FailureKind::BadFormat, "The body must be a JSON object: a filter of jobs");
    }
    JobFilter filter;
    bool isRestricted = false;
    for (const std::string& field : fields.getMemberNames())
    {
      isRestricted = ReadField(filter, field, fields[field]) || isRestricted;
    }
    if (!isRestricted)
    {
      throw Failure(FailureKind::BadRequest,
                    "The filter is empty: give State, Type, Since, Until or Ids, or \"All\": true");
    }
    return filter;
  }

  int ParsePriority(std::string_view body)
  {
    const Json::Value value = ParseBody(body);
    if (value.type() != Json::intValue && value.type() != Json::uintValue)
    {
      throw Failure(FailureKind::BadFormat, "The body must be the new priority: an integer");
    }
    if (!value.isInt())
    {
      throw Failure(FailureKind::BadType, "The priority is beyond 32 bits");
    }
    return value.asInt();
  }
} // namespace OrthancPlugins
