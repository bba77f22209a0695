// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "SafeNames.h"

#include "Utf8Text.h"

#include <algorithm>

namespace OrthancPlugins
{
  namespace
  {
    constexpr char32_t REPLACEMENT = 0xFFFD;

    bool IsReplacedBySpace(char32_t c)
    {
      constexpr std::string_view FORBIDDEN = "/\\:*?\"<>|";
      return c < 0x80 && FORBIDDEN.find(static_cast<char>(c)) != std::string_view::npos;
    }

    struct CodePointRange
    {
      char32_t first;
      char32_t last;
    };

    // Unicode categories Cc, Cf, Zl and Zp, and the noncharacters
    constexpr CodePointRange INVISIBLE[] = {
      {0x0000, 0x001F},   {0x007F, 0x009F},   {0x00AD, 0x00AD},   {0x0600, 0x0605},
      {0x061C, 0x061C},   {0x06DD, 0x06DD},   {0x070F, 0x070F},   {0x0890, 0x0891},
      {0x08E2, 0x08E2},   {0x180E, 0x180E},   {0x200B, 0x200F},   {0x2028, 0x202E},
      {0x2060, 0x206F},   {0xFDD0, 0xFDEF},   {0xFEFF, 0xFEFF},   {0xFFF0, 0xFFFB},
      {0xFFFE, 0xFFFF},   {0x110BD, 0x110BD}, {0x110CD, 0x110CD}, {0x13430, 0x1343F},
      {0x1BCA0, 0x1BCA3}, {0x1D173, 0x1D17A}, {0xE0000, 0xE0FFF}};

    bool IsInvisible(char32_t c)
    {
      const bool isListed = std::any_of(std::begin(INVISIBLE), std::end(INVISIBLE),
                                        [c](const CodePointRange& range)
                                        { return c >= range.first && c <= range.last; });
      return isListed || (c & 0xFFFE) == 0xFFFE;
    }

    std::string ReplaceCharacters(std::string_view name)
    {
      std::string result;
      result.reserve(name.size());
      while (!name.empty())
      {
        const bool isBroken = name.substr(0, 3) != "\xEF\xBF\xBD";
        const char32_t c = TakeCodePoint(name);
        if (c == REPLACEMENT && isBroken)
        {
          result.push_back('_');
        }
        else if (IsReplacedBySpace(c))
        {
          if (result.empty() || result.back() != ' ')
          {
            result.push_back(' ');
          }
        }
        else if (!IsInvisible(c))
        {
          AppendUtf8(result, c);
        }
      }
      return result;
    }

    bool IsAscii(std::string_view text)
    {
      return std::all_of(text.begin(), text.end(),
                         [](char c) { return static_cast<unsigned char>(c) < 0x80; });
    }

    // As names of the host's files are: nothing to change, and of no length that a device has. Thousands
    // of names are made safe while a client waits for the first byte
    bool IsPlain(std::string_view name)
    {
      constexpr std::string_view FORBIDDEN = "/\\:*?\"<>|";
      constexpr std::size_t MAX_DEVICE_BYTES = 7; // "CONOUT$"
      const bool hasPlainCharacters =
        std::all_of(name.begin(), name.end(),
                    [=](char c) {
                      return c >= ' ' && c <= '~' && FORBIDDEN.find(c) == std::string_view::npos;
                    });
      return hasPlainCharacters && !name.empty() && name.front() != ' ' && name.back() != ' ' &&
             name.back() != '.' &&
             std::min(name.find_first_of(". "), name.size()) > MAX_DEVICE_BYTES;
    }

    // Names compare without case by their keys
    std::string MakeKey(const std::string& name)
    {
      if (!IsAscii(name))
      {
        return FoldCase(name);
      }
      std::string key = name;
      for (char& c : key)
      {
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
      }
      return key;
    }

    void StripEnd(std::string& name)
    {
      name.erase(name.find_last_not_of(" .") + 1);
    }

    // The part that Windows compares with its devices
    std::string_view GetDevicePart(std::string_view name)
    {
      const std::string_view part = name.substr(0, name.find('.'));
      return part.substr(0, part.find_last_not_of(' ') + 1);
    }

    bool IsDevice(std::string_view part)
    {
      const std::string key = FoldCase(part);
      if (key == "con" || key == "prn" || key == "aux" || key == "nul" || key == "conin$" ||
          key == "conout$")
      {
        return true;
      }
      const std::string prefix = key.substr(0, 3);
      const std::string digit = key.substr(std::min<std::size_t>(3, key.size()));
      return (prefix == "com" || prefix == "lpt") &&
             ((digit.size() == 1 && digit[0] >= '0' && digit[0] <= '9') || digit == "\xC2\xB9" ||
              digit == "\xC2\xB2" || digit == "\xC2\xB3");
    }
  } // namespace

  std::string MakeSafeName(std::string_view name, const std::string& fallback)
  {
    if (IsPlain(name))
    {
      return std::string(name);
    }
    std::string result = ReplaceCharacters(name);
    result.erase(0, std::min(result.find_first_not_of(' '), result.size()));
    StripEnd(result);
    if (result.empty())
    {
      return fallback;
    }
    const std::string_view device = GetDevicePart(result);
    if (IsDevice(device))
    {
      result.insert(device.size(), "_");
    }
    return result;
  }

  std::string ShortenName(const std::string& name, std::size_t maxBytes, std::size_t extensionBytes)
  {
    if (name.size() <= maxBytes)
    {
      return name;
    }
    std::size_t kept = maxBytes - std::min(maxBytes, extensionBytes);
    while (kept > 0 && (static_cast<unsigned char>(name[kept]) & 0xC0) == 0x80)
    {
      kept--;
    }
    std::string base = name.substr(0, kept);
    StripEnd(base);
    if (base.empty() || IsDevice(GetDevicePart(base)))
    {
      base = "_";
    }
    return base + name.substr(name.size() - extensionBytes);
  }

  bool NameRegistry::Take(const std::string& name)
  {
    return taken_.insert(MakeKey(name)).second;
  }

  std::string NameRegistry::TakeSimilar(const std::string& name,
                                        std::size_t maxBytes,
                                        std::size_t extensionBytes)
  {
    std::string candidate = ShortenName(name, maxBytes, extensionBytes);
    const std::string key = MakeKey(candidate);
    if (taken_.insert(key).second)
    {
      return candidate;
    }
    unsigned& counter = counters_.emplace(key, 1).first->second;
    do
    {
      counter++;
      const std::string suffix = "-" + std::to_string(counter);
      candidate = ShortenName(name, maxBytes - std::min(maxBytes, suffix.size()), extensionBytes);
      candidate.insert(candidate.size() - extensionBytes, suffix);
    } while (!taken_.insert(MakeKey(candidate)).second);
    return candidate;
  }
} // namespace OrthancPlugins
