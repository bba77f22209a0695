// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "NewElement.h"

#include <cstdio>

namespace OrthancPlugins
{
  namespace
  {
    std::optional<unsigned>
    ParseDigits(const std::string& text, std::size_t offset, std::size_t count)
    {
      unsigned value = 0;
      for (std::size_t i = offset; i < offset + count; i++)
      {
        const char c = text[i];
        const int digit = c >= '0' && c <= '9'   ? c - '0'
                          : c >= 'a' && c <= 'f' ? c - 'a' + 10
                          : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                                 : -1;
        if (digit < 0)
        {
          return std::nullopt;
        }
        value = value << 4 | static_cast<unsigned>(digit);
      }
      return value;
    }
  } // namespace

  std::optional<TagNumber> ParseTagNumber(const std::string& text)
  {
    const bool isBracketed = text.size() == 11 && text.front() == '(' && text.back() == ')';
    const std::string inner = isBracketed ? text.substr(1, 9) : text;
    const bool isSeparated = inner.size() == 9 && (inner[4] == ',' || inner[4] == '-');
    if (!isSeparated && inner.size() != 8)
    {
      return std::nullopt;
    }
    const std::size_t second = isSeparated ? 5 : 4;
    const std::optional<unsigned> group = ParseDigits(inner, 0, 4);
    const bool isAnyBlock = group.value_or(0) % 2 == 1 && (inner.compare(second, 2, "xx") == 0 ||
                                                           inner.compare(second, 2, "XX") == 0);
    const std::optional<unsigned> element =
      isAnyBlock ? ParseDigits(inner, second + 2, 2) : ParseDigits(inner, second, 4);
    if (!group.has_value() || !element.has_value())
    {
      return std::nullopt;
    }
    return TagNumber{*group, *element, isAnyBlock};
  }

  std::string FormatTagNumber(const TagNumber& tag)
  {
    char text[16];
    if (tag.isAnyBlock)
    {
      std::snprintf(text, sizeof(text), "%04x,xx%02x", tag.group & 0xFFFFu, tag.element & 0xFFu);
      return text;
    }
    std::snprintf(text, sizeof(text), "%04x,%04x", tag.group & 0xFFFFu, tag.element & 0xFFFFu);
    return text;
  }
} // namespace OrthancPlugins
