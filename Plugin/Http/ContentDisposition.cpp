// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "ContentDisposition.h"

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace OrthancPlugins
{
  namespace
  {
    constexpr std::string_view REPLACEMENT = "\xEF\xBF\xBD"; // U+FFFD

    bool IsAscii(std::string_view text)
    {
      return std::all_of(text.begin(), text.end(),
                         [](char c) { return static_cast<unsigned char>(c) < 0x80; });
    }

    // Length of the well-formed UTF-8 sequence at the start of the text (Unicode table 3-7); 0 if there
    // is none
    std::size_t GetSequenceLength(std::string_view text)
    {
      const auto at = [&](std::size_t i)
      { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
      const auto isTail = [&](std::size_t i) { return at(i) >= 0x80u && at(i) <= 0xBFu; };
      const unsigned first = at(0);
      if (first < 0x80)
      {
        return 1;
      }
      if (first >= 0xC2 && first <= 0xDF)
      {
        return isTail(1) ? 2 : 0;
      }
      if (first >= 0xE0 && first <= 0xEF)
      {
        const bool isShortest = first != 0xE0 || at(1) >= 0xA0;
        const bool isSurrogate = first == 0xED && at(1) >= 0xA0;
        return isTail(1) && isTail(2) && isShortest && !isSurrogate ? 3 : 0;
      }
      if (first >= 0xF0 && first <= 0xF4)
      {
        const bool isShortest = first != 0xF0 || at(1) >= 0x90;
        const bool isUnicode = first != 0xF4 || at(1) <= 0x8F;
        return isTail(1) && isTail(2) && isTail(3) && isShortest && isUnicode ? 4 : 0;
      }
      return 0;
    }

    // C0 and C1 controls and DEL
    bool IsControl(std::string_view character)
    {
      const unsigned char first = static_cast<unsigned char>(character[0]);
      if (character.size() == 1)
      {
        return first < 0x20 || first == 0x7F;
      }
      return character.size() == 2 && first == 0xC2 &&
             static_cast<unsigned char>(character[1]) < 0xA0;
    }

    // Well-formed UTF-8 without control characters
    std::string CleanName(std::string_view name)
    {
      std::string clean;
      while (!name.empty())
      {
        const std::size_t length = GetSequenceLength(name);
        const std::string_view character = length == 0 ? REPLACEMENT : name.substr(0, length);
        if (!IsControl(character))
        {
          clean += character;
        }
        name.remove_prefix(length == 0 ? 1 : length);
      }
      return clean;
    }

    // What file systems take; clients refuse headers of more than some kilobytes. A short extension
    // stays
    std::string ShortenName(const std::string& name)
    {
      constexpr std::size_t MAX_NAME_BYTES = 240;
      constexpr std::size_t MAX_EXTENSION_BYTES = 16;
      if (name.size() <= MAX_NAME_BYTES)
      {
        return name;
      }
      const std::size_t dot = name.rfind('.');
      const bool hasExtension =
        dot != std::string::npos && name.size() - dot <= MAX_EXTENSION_BYTES;
      const std::string extension = hasExtension ? name.substr(dot) : "";
      std::size_t end = MAX_NAME_BYTES - extension.size();
      while (end > 0 && (static_cast<unsigned char>(name[end]) & 0xC0) == 0x80)
      {
        end--; // not within a character
      }
      return name.substr(0, end) + extension;
    }

    // What stands between the quotes of filename="...". A backslash is left as it is, as the host does,
    // unless it would escape the closing quote
    std::string MakeFallback(std::string_view name)
    {
      std::string fallback;
      while (!name.empty())
      {
        const std::size_t length = GetSequenceLength(name);
        if (length > 1)
        {
          fallback += '_';
        }
        else if (name[0] != '"')
        {
          fallback += name[0];
        }
        name.remove_prefix(length);
      }
      while (!fallback.empty() && fallback.back() == '\\')
      {
        fallback.pop_back();
      }
      return fallback;
    }

    // attr-char of RFC 8187 3.2.1
    bool IsAttributeCharacter(char c)
    {
      return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
             std::string_view("!#$&+-.^_`|~").find(c) != std::string_view::npos;
    }

    std::string EncodeExtendedValue(std::string_view name)
    {
      constexpr char DIGITS[] = "0123456789ABCDEF";
      std::string encoded = "UTF-8''";
      for (const char c : name)
      {
        if (IsAttributeCharacter(c))
        {
          encoded += c;
        }
        else
        {
          const unsigned char byte = static_cast<unsigned char>(c);
          encoded += '%';
          encoded += DIGITS[byte >> 4];
          encoded += DIGITS[byte & 15];
        }
      }
      return encoded;
    }
  } // namespace

  std::string FormatContentDisposition(const std::string& filenameUtf8, bool isAttachment)
  {
    const std::string name = ShortenName(CleanName(filenameUtf8));
    std::string value = isAttachment ? "attachment; " : "";
    value += "filename=\"" + MakeFallback(name) + "\"";
    if (!IsAscii(name))
    {
      value += "; filename*=" + EncodeExtendedValue(name);
    }
    return value;
  }
} // namespace OrthancPlugins
