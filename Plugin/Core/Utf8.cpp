// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "Utf8.h"

namespace OrthancPlugins
{
  std::size_t GetCodePointBytes(std::string_view text)
  {
    if (text.empty())
    {
      return 0;
    }
    const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned first = byte(0);
    const std::size_t length = first < 0x80    ? 1
                               : first < 0xC2  ? 0
                               : first < 0xE0  ? 2
                               : first < 0xF0  ? 3
                               : first <= 0xF4 ? 4
                                               : 0;
    if (length == 0 || length > text.size())
    {
      return 0;
    }
    for (std::size_t i = 1; i < length; i++)
    {
      if ((byte(i) & 0xC0) != 0x80)
      {
        return 0;
      }
    }
    const bool isOverlong = (first == 0xE0 && byte(1) < 0xA0) || (first == 0xF0 && byte(1) < 0x90);
    const bool isNoScalar = (first == 0xED && byte(1) > 0x9F) || (first == 0xF4 && byte(1) > 0x8F);
    return isOverlong || isNoScalar ? 0 : length;
  }

  bool IsUtf8(std::string_view text)
  {
    while (!text.empty())
    {
      const std::size_t length = GetCodePointBytes(text);
      if (length == 0)
      {
        return false;
      }
      text.remove_prefix(length);
    }
    return true;
  }
} // namespace OrthancPlugins
