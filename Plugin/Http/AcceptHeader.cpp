// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "AcceptHeader.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <optional>

namespace OrthancPlugins
{
  namespace
  {
    constexpr std::size_t MAX_ITEMS = 64;

    std::string_view Trim(std::string_view text)
    {
      const std::size_t begin = text.find_first_not_of(" \t");
      if (begin == std::string_view::npos)
      {
        return {};
      }
      return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
    }

    std::string ToLower(std::string_view text)
    {
      std::string lower(text);
      std::transform(lower.begin(), lower.end(), lower.begin(),
                     [](char c)
                     { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
      return lower;
    }

    // The parts between separators that are not inside of a quoted string (RFC 9110 5.6.4)
    std::vector<std::string_view> Split(std::string_view text, char separator)
    {
      std::vector<std::string_view> parts;
      bool isQuoted = false;
      std::size_t begin = 0;
      for (std::size_t i = 0; i < text.size(); i++)
      {
        if (isQuoted && text[i] == '\\')
        {
          i++;
        }
        else if (text[i] == '"')
        {
          isQuoted = !isQuoted;
        }
        else if (text[i] == separator && !isQuoted)
        {
          parts.push_back(Trim(text.substr(begin, i - begin)));
          begin = i + 1;
        }
      }
      parts.push_back(Trim(text.substr(std::min(begin, text.size()))));
      return parts;
    }

    std::string Unquote(std::string_view text)
    {
      if (text.size() < 2 || text.front() != '"' || text.back() != '"')
      {
        return std::string(text);
      }
      std::string plain;
      for (std::size_t i = 1; i + 1 < text.size(); i++)
      {
        i += text[i] == '\\' && i + 2 < text.size() ? 1 : 0;
        plain += text[i];
      }
      return plain;
    }

    // RFC 9110 12.4.2: from 0 to 1, at most three digits behind the point
    std::optional<double> ParseWeight(std::string_view text)
    {
      double weight = 0;
      const char* const last = text.data() + text.size();
      const auto [end, error] =
        std::from_chars(text.data(), last, weight, std::chars_format::fixed);
      const bool isValid = error == std::errc() && end == last && text.size() <= 5 && weight >= 0 &&
                           weight <= 1 && text[0] != '-';
      return isValid ? std::make_optional(weight) : std::nullopt;
    }

    std::optional<AcceptedItem> ParseItem(std::string_view text)
    {
      const std::vector<std::string_view> parts = Split(text, ';');
      AcceptedItem item;
      item.name = ToLower(parts[0]);
      for (std::size_t i = 1; i < parts.size(); i++)
      {
        const std::size_t equal = parts[i].find('=');
        if (equal == std::string_view::npos)
        {
          continue;
        }
        const std::string name = ToLower(Trim(parts[i].substr(0, equal)));
        const std::string_view value = Trim(parts[i].substr(equal + 1));
        if (name != "q")
        {
          item.parameters[name] = Unquote(value);
          continue;
        }
        const std::optional<double> weight = ParseWeight(value);
        if (!weight.has_value())
        {
          return std::nullopt;
        }
        item.weight = *weight;
      }
      return item.name.empty() ? std::nullopt : std::make_optional(item);
    }
  } // namespace

  std::vector<AcceptedItem> ParseAccept(std::string_view header)
  {
    std::vector<AcceptedItem> items;
    for (const std::string_view text : Split(header, ','))
    {
      const std::optional<AcceptedItem> item = ParseItem(text);
      if (item.has_value() && items.size() < MAX_ITEMS)
      {
        items.push_back(*item);
      }
    }
    return items;
  }

  bool AcceptsGzip(std::string_view header)
  {
    bool acceptsAny = false;
    for (const AcceptedItem& item : ParseAccept(header))
    {
      if (item.name == "gzip" || item.name == "x-gzip")
      {
        return item.weight > 0;
      }
      acceptsAny = acceptsAny || (item.name == "*" && item.weight > 0);
    }
    return acceptsAny;
  }
} // namespace OrthancPlugins
