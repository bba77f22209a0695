// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "DataUri.h"

#include "../Core/Failure.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace OrthancPlugins
{
  namespace
  {
    constexpr std::string_view SCHEME = "data:";
    constexpr std::size_t MAX_HEAD_BYTES = 4096;

    constexpr signed char SPACE = -2;
    constexpr signed char PADDING = -3;
    constexpr signed char INVALID = -1;

    char ToLower(char c)
    {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }

    std::array<signed char, 256> MakeDigits()
    {
      std::array<signed char, 256> digits{};
      digits.fill(INVALID);
      const std::string_view alphabet =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
      for (std::size_t i = 0; i < alphabet.size(); i++)
      {
        digits[static_cast<unsigned char>(alphabet[i])] = static_cast<signed char>(i);
      }
      digits[static_cast<unsigned char>('-')] = 62; // RFC 4648 5
      digits[static_cast<unsigned char>('_')] = 63;
      for (const char c : {' ', '\t', '\r', '\n'})
      {
        digits[static_cast<unsigned char>(c)] = SPACE;
      }
      digits[static_cast<unsigned char>('=')] = PADDING;
      return digits;
    }

    // What a digit gives to its group, by place in the group and character
    using Shares = std::array<std::array<std::uint32_t, 256>, 4>;

    constexpr std::uint32_t NO_SHARE = 1u << 24; // outside of the three bytes

    Shares MakeShares(const std::array<signed char, 256>& digits)
    {
      Shares shares{};
      for (std::size_t place = 0; place < shares.size(); place++)
      {
        for (std::size_t c = 0; c < digits.size(); c++)
        {
          shares[place][c] =
            digits[c] < 0 ? NO_SHARE : static_cast<std::uint32_t>(digits[c]) << (6 * (3 - place));
        }
      }
      return shares;
    }

    int GetHexDigit(char c)
    {
      return c >= '0' && c <= '9'   ? c - '0'
             : c >= 'a' && c <= 'f' ? c - 'a' + 10
             : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                    : -1;
    }

    [[noreturn]] void ThrowBadBase64()
    {
      throw Failure(FailureKind::BadFormat, "The content of the data URI is no base64");
    }

    // The character that a JSON escape stands for, if it can occur in base64; moves behind the escape
    char TakeEscape(std::string_view text, std::size_t& at)
    {
      const char c = at + 1 < text.size() ? text[at + 1] : '\0';
      at += 2;
      switch (c)
      {
      case '/':
        return '/';
      case 'n':
      case 'r':
      case 't':
        return ' ';
      case 'u':
      {
        unsigned value = 0;
        for (std::size_t i = 0; i < 4; i++)
        {
          const int digit = at + i < text.size() ? GetHexDigit(text[at + i]) : -1;
          if (digit < 0)
          {
            ThrowBadBase64();
          }
          value = value << 4 | static_cast<unsigned>(digit);
        }
        at += 4;
        return value < 0x80 ? static_cast<char>(value) : '\0';
      }
      default:
        return '\0';
      }
    }

    std::string DecodeBase64(std::string_view text, bool isJson)
    {
      static const std::array<signed char, 256> DIGITS = MakeDigits();
      static const Shares SHARES = MakeShares(DIGITS);
      const auto getShare = [text](std::size_t place, std::size_t at)
      { return SHARES[place][static_cast<unsigned char>(text[at + place])]; };
      std::string bytes;
      bytes.resize(text.size() / 4 * 3 + 3); // then written without checks of its capacity
      std::size_t written = 0;
      std::uint32_t bits = 0;
      unsigned digitsCount = 0;
      unsigned paddingCount = 0;
      for (std::size_t at = 0; at < text.size();)
      {
        // Nearly always, a group of four digits is complete
        while (digitsCount == 0 && paddingCount == 0 && text.size() - at >= 4)
        {
          const std::uint32_t group =
            getShare(0, at) | getShare(1, at) | getShare(2, at) | getShare(3, at);
          if (group >= NO_SHARE)
          {
            break;
          }
          bytes[written] = static_cast<char>(group >> 16);
          bytes[written + 1] = static_cast<char>(group >> 8 & 0xFF);
          bytes[written + 2] = static_cast<char>(group & 0xFF);
          written += 3;
          at += 4;
        }
        if (at == text.size())
        {
          break;
        }
        char c = text[at];
        if (isJson && c == '\\')
        {
          c = TakeEscape(text, at);
        }
        else
        {
          at++;
        }
        const signed char digit = DIGITS[static_cast<unsigned char>(c)];
        if (digit >= 0 && paddingCount == 0)
        {
          bits = bits << 6 | static_cast<std::uint32_t>(digit);
          digitsCount++;
          if (digitsCount == 4)
          {
            bytes[written++] = static_cast<char>(bits >> 16 & 0xFF);
            bytes[written++] = static_cast<char>(bits >> 8 & 0xFF);
            bytes[written++] = static_cast<char>(bits & 0xFF);
            digitsCount = 0;
          }
        }
        else if (digit == PADDING)
        {
          paddingCount++;
        }
        else if (digit != SPACE)
        {
          ThrowBadBase64();
        }
      }
      if (digitsCount == 1 || paddingCount > 2 ||
          (paddingCount > 0 && (digitsCount + paddingCount) % 4 != 0))
      {
        ThrowBadBase64();
      }
      if (digitsCount >= 2)
      {
        bits <<= 6 * (4 - digitsCount);
        bytes[written++] = static_cast<char>(bits >> 16 & 0xFF);
        if (digitsCount == 3)
        {
          bytes[written++] = static_cast<char>(bits >> 8 & 0xFF);
        }
      }
      bytes.resize(written);
      return bytes;
    }

    std::string DecodePercent(std::string_view text)
    {
      std::string bytes;
      for (std::size_t i = 0; i < text.size(); i++)
      {
        if (text[i] != '%')
        {
          bytes.push_back(text[i]);
          continue;
        }
        const int high = i + 1 < text.size() ? GetHexDigit(text[i + 1]) : -1;
        const int low = i + 2 < text.size() ? GetHexDigit(text[i + 2]) : -1;
        if (high < 0 || low < 0)
        {
          throw Failure(FailureKind::BadFormat,
                        "The content of the data URI is not percent-encoded (RFC 3986)");
        }
        bytes.push_back(static_cast<char>(high * 16 + low));
        i += 2;
      }
      return bytes;
    }

    // For texts that need it: percent-encoded ones have no large documents in practice
    std::string Unescape(std::string_view text)
    {
      std::string plain;
      for (std::size_t at = 0; at < text.size();)
      {
        if (text[at] == '\\')
        {
          const char c = TakeEscape(text, at);
          if (c == '\0')
          {
            throw Failure(FailureKind::BadFormat,
                          "The content of the data URI is not percent-encoded (RFC 3986)");
          }
          plain.push_back(c);
        }
        else
        {
          plain.push_back(text[at++]);
        }
      }
      return plain;
    }

    std::string_view Trim(std::string_view text)
    {
      const std::size_t begin = text.find_first_not_of(" \"");
      return begin == std::string_view::npos
               ? std::string_view()
               : text.substr(begin, text.find_last_not_of(" \"") - begin + 1);
    }

    void AppendUtf8(std::string& target, std::uint32_t code)
    {
      const auto append = [&](std::uint32_t bits)
      { target.push_back(static_cast<char>(static_cast<unsigned char>(bits))); };
      if (code < 0x80)
      {
        append(code);
        return;
      }
      if (code < 0x800)
      {
        append(0xC0 | code >> 6);
      }
      else
      {
        append(code < 0x10000 ? 0xE0 | code >> 12 : 0xF0 | code >> 18);
        if (code >= 0x10000)
        {
          append(0x80 | (code >> 12 & 0x3F));
        }
        append(0x80 | (code >> 6 & 0x3F));
      }
      append(0x80 | (code & 0x3F));
    }

    // Four hexadecimal digits; absent if there are less
    std::optional<std::uint32_t> ReadHex(std::string_view text, std::size_t at)
    {
      std::uint32_t value = 0;
      for (std::size_t i = at; i < at + 4; i++)
      {
        const int digit = i < text.size() ? GetHexDigit(text[i]) : -1;
        if (digit < 0)
        {
          return std::nullopt;
        }
        value = value << 4 | static_cast<std::uint32_t>(digit);
      }
      return value;
    }

    // As part of a JSON string it may have escapes: some writers escape slashes, others all but ASCII
    std::string UnescapeHead(std::string_view head)
    {
      std::string plain;
      for (std::size_t at = 0; at < head.size();)
      {
        if (head[at] != '\\')
        {
          plain.push_back(head[at++]);
          continue;
        }
        const bool isUnicode = at + 1 < head.size() && head[at + 1] == 'u';
        std::optional<std::uint32_t> code = isUnicode ? ReadHex(head, at + 2) : std::nullopt;
        if (!code.has_value())
        {
          at++; // what follows stands for itself, or is white space
          continue;
        }
        at += 6;
        const bool hasTail = *code >= 0xD800 && *code < 0xDC00 && head.substr(at, 2) == "\\u";
        const std::optional<std::uint32_t> low = hasTail ? ReadHex(head, at + 2) : std::nullopt;
        if (low.has_value() && *low >= 0xDC00 && *low < 0xE000)
        {
          code = 0x10000 + ((*code - 0xD800) << 10) + (*low - 0xDC00);
          at += 6;
        }
        const bool isHalf = *code >= 0xD800 && *code < 0xE000;
        AppendUtf8(plain, isHalf ? 0xFFFD : *code);
      }
      return plain;
    }

    std::string DecodeName(std::string_view value)
    {
      try
      {
        return DecodePercent(value);
      }
      catch (const Failure&)
      {
        return std::string(value);
      }
    }

    void ReadParameter(std::string_view parameter, DataUri& uri)
    {
      const std::size_t equals = parameter.find('=');
      std::string name(Trim(parameter.substr(0, equals)));
      std::transform(name.begin(), name.end(), name.begin(), ToLower);
      if (equals == std::string_view::npos)
      {
        uri.isBase64 = uri.isBase64 || name == "base64";
      }
      else if (name == "name" || name == "filename")
      {
        uri.name = DecodeName(Trim(parameter.substr(equals + 1)));
      }
    }
  } // namespace

  bool IsDataUri(std::string_view text)
  {
    return text.size() >= SCHEME.size() &&
           std::equal(SCHEME.begin(), SCHEME.end(), text.begin(),
                      [](char left, char right) { return left == ToLower(right); });
  }

  std::optional<DataUri> ParseDataUri(std::string_view text)
  {
    if (!IsDataUri(text))
    {
      return std::nullopt;
    }
    const std::size_t comma = text.substr(0, MAX_HEAD_BYTES).find(',');
    if (comma == std::string_view::npos)
    {
      return std::nullopt;
    }
    const std::string head = UnescapeHead(text.substr(SCHEME.size(), comma - SCHEME.size()));

    DataUri uri;
    uri.data = text.substr(comma + 1);
    std::size_t begin = 0;
    for (bool isFirst = true; begin <= head.size(); isFirst = false)
    {
      const std::size_t end = std::min(head.find(';', begin), head.size());
      const std::string_view part = std::string_view(head).substr(begin, end - begin);
      if (isFirst)
      {
        uri.mime = std::string(Trim(part));
        std::transform(uri.mime.begin(), uri.mime.end(), uri.mime.begin(), ToLower);
      }
      else
      {
        ReadParameter(part, uri);
      }
      begin = end + 1;
    }
    return uri;
  }

  std::string DecodeDataUri(const DataUri& uri, bool isJson)
  {
    if (uri.isBase64)
    {
      return DecodeBase64(uri.data, isJson);
    }
    return isJson ? DecodePercent(Unescape(uri.data)) : DecodePercent(uri.data);
  }
} // namespace OrthancPlugins
