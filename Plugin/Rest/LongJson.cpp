// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "LongJson.h"

#include "../Core/Uuid.h"
#include "../Http/DataUri.h"

#include <algorithm>
#include <charconv>

namespace OrthancPlugins
{
  namespace
  {
    // Behind the comment that begins here (JsonCpp accepts them); the same place if there is none
    std::size_t SkipComment(std::string_view text, std::size_t at)
    {
      const std::string_view rest = text.substr(at, 2);
      if (rest == "//")
      {
        return std::min(text.find('\n', at), text.size());
      }
      if (rest == "/*")
      {
        const std::size_t end = text.find("*/", at + 2);
        return end == std::string_view::npos ? text.size() : end + 2;
      }
      return at;
    }

    std::size_t FindStringEnd(std::string_view text, std::size_t begin)
    {
      // One character after the other is found much faster than one of two
      std::size_t quote = text.find('"', begin);
      std::size_t escape = text.substr(0, quote).find('\\', begin);
      while (escape != std::string_view::npos)
      {
        if (escape + 1 == quote)
        {
          quote = text.find('"', quote + 1);
        }
        escape = text.substr(0, quote).find('\\', escape + 2);
      }
      return std::min(quote, text.size());
    }
  } // namespace

  LongJson::LongJson(std::string_view original)
    : mark_("long-" + GenerateUuid() + "-") // no client can have it in a request
  {
    unsigned depth = 0;
    std::string_view key; // the last string of the outermost object
    for (std::size_t at = 0; at < original.size();)
    {
      const char c = original[at];
      const std::size_t behindComment = c == '/' ? SkipComment(original, at) : at;
      if (behindComment != at)
      {
        at = behindComment;
        continue;
      }
      if (c == '"')
      {
        const std::size_t begin = at + 1;
        at = TakeString(original, begin);
        key = depth == 1 ? original.substr(begin, at - begin - 1) : key;
        continue;
      }
      at++;
      shortText_.push_back(c);
      if (c == '{' || c == '[')
      {
        if (depth == 0 && c == '{' && !objectOffset_.has_value())
        {
          objectOffset_ = at;
        }
        else if (depth == 1 && c == '{' && key == "Tags")
        {
          tagsOffset_ = at;
        }
        depth++;
      }
      else if (c == '}' || c == ']')
      {
        depth -= depth > 0 ? 1 : 0;
      }
    }
  }

  // Returns the place behind the closing quote
  std::size_t LongJson::TakeString(std::string_view original, std::size_t begin)
  {
    const std::size_t end = FindStringEnd(original, begin);
    const std::string_view inside = original.substr(begin, end - begin);
    shortText_.push_back('"');
    if (end < original.size() && (inside.size() > LONG_BYTES || IsDataUri(inside)))
    {
      shortText_ += mark_ + std::to_string(strings_.size());
      strings_.push_back(inside);
    }
    else
    {
      shortText_ += inside;
    }
    if (end < original.size())
    {
      shortText_.push_back('"');
    }
    return std::min(end + 1, original.size());
  }

  std::optional<std::string_view> LongJson::Find(const std::string& value) const
  {
    std::size_t index = 0;
    const char* const end = value.data() + value.size();
    if (value.compare(0, mark_.size(), mark_) != 0 ||
        std::from_chars(value.data() + mark_.size(), end, index).ptr != end ||
        index >= strings_.size())
    {
      return std::nullopt;
    }
    return strings_[index];
  }
} // namespace OrthancPlugins
