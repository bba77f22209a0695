// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "FormData.h"

#include "../Core/Failure.h"
#include "../Core/Utf8.h"

#include <algorithm>

namespace OrthancPlugins
{
  namespace
  {
    constexpr std::size_t MAX_PARTS = 1000;
    constexpr std::size_t MAX_HEAD_BYTES = 16 * 1024;

    [[noreturn]] void ThrowBadForm(const std::string& why)
    {
      throw Failure(FailureKind::BadFormat, "The body is no multipart/form-data: " + why);
    }

    std::string ToLower(std::string_view text)
    {
      std::string lower(text);
      std::transform(lower.begin(), lower.end(), lower.begin(),
                     [](char c)
                     { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
      return lower;
    }

    std::string_view Trim(std::string_view text)
    {
      const std::size_t begin = text.find_first_not_of(" \t");
      return begin == std::string_view::npos
               ? std::string_view()
               : text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
    }

    std::string ToUtf8(std::string_view latin1)
    {
      std::string utf8;
      for (const char c : latin1)
      {
        const unsigned char byte = static_cast<unsigned char>(c);
        if (byte < 0x80)
        {
          utf8.push_back(c);
        }
        else
        {
          utf8.push_back(static_cast<char>(0xC0 | byte >> 6));
          utf8.push_back(static_cast<char>(0x80 | (byte & 0x3F)));
        }
      }
      return utf8;
    }

    int GetHexDigit(char c)
    {
      return c >= '0' && c <= '9'   ? c - '0'
             : c >= 'a' && c <= 'f' ? c - 'a' + 10
             : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                    : -1;
    }

    std::string DecodePercent(std::string_view text)
    {
      std::string decoded;
      for (std::size_t i = 0; i < text.size(); i++)
      {
        const int high = text[i] == '%' && i + 2 < text.size() ? GetHexDigit(text[i + 1]) : -1;
        const int low = high >= 0 ? GetHexDigit(text[i + 2]) : -1;
        if (low >= 0)
        {
          decoded.push_back(static_cast<char>(high * 16 + low));
          i += 2;
        }
        else
        {
          decoded.push_back(text[i]);
        }
      }
      return decoded;
    }

    // A token or a quoted string (RFC 9110 5.6.4); moves behind it
    std::string TakeValue(std::string_view& text)
    {
      std::string value;
      if (text.empty() || text[0] != '"')
      {
        const std::size_t end = std::min(text.find(';'), text.size());
        value = std::string(Trim(text.substr(0, end)));
        text.remove_prefix(end);
        return value;
      }
      std::size_t at = 1;
      while (at < text.size() && text[at] != '"')
      {
        // Browsers write a quote as %22 and leave backslashes alone, unless a quote follows
        if (text[at] == '\\' && at + 1 < text.size() &&
            (text[at + 1] == '"' || text[at + 1] == '\\'))
        {
          at++;
        }
        value.push_back(text[at++]);
      }
      text.remove_prefix(std::min(at + 1, text.size()));
      return value;
    }

    FormPart ParsePart(std::string_view head)
    {
      FormPart part;
      while (!head.empty())
      {
        const std::size_t end = std::min(head.find("\r\n"), head.size());
        const std::string_view line = head.substr(0, end);
        head.remove_prefix(std::min(end + 2, head.size()));
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos)
        {
          continue;
        }
        const std::string name = ToLower(Trim(line.substr(0, colon)));
        const HeaderValue value = ParseHeaderValue(line.substr(colon + 1));
        const auto find = [&](const char* parameter)
        {
          const auto found = value.parameters.find(parameter);
          return found == value.parameters.end() ? std::string() : found->second;
        };
        if (name == "content-disposition")
        {
          part.name = find("name");
          part.filename = find("filename");
        }
        else if (name == "content-type")
        {
          part.contentType = value.value;
        }
      }
      return part;
    }
  } // namespace

  HeaderValue ParseHeaderValue(std::string_view text)
  {
    HeaderValue result;
    const std::size_t end = std::min(text.find(';'), text.size());
    result.value = ToLower(Trim(text.substr(0, end)));
    text.remove_prefix(end);
    std::map<std::string, std::string> extended;
    while (!text.empty())
    {
      text.remove_prefix(1); // the semicolon
      const std::size_t equals = text.find_first_of("=;");
      if (equals == std::string_view::npos || text[equals] == ';')
      {
        text.remove_prefix(std::min(equals, text.size()));
        continue;
      }
      const std::string name = ToLower(Trim(text.substr(0, equals)));
      text.remove_prefix(equals + 1);
      text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
      const std::string value = TakeValue(text);
      text.remove_prefix(std::min(text.find(';'), text.size()));
      if (!name.empty() && name.back() == '*')
      {
        extended[name.substr(0, name.size() - 1)] = DecodeHeaderText(value);
      }
      else
      {
        result.parameters[name] = value;
      }
    }
    for (const auto& [name, value] : extended)
    {
      result.parameters[name] = value;
    }
    return result;
  }

  std::string DecodeHeaderText(std::string_view text)
  {
    const std::string_view trimmed = Trim(text);
    const std::size_t first = trimmed.find('\'');
    const std::size_t second =
      first == std::string_view::npos ? first : trimmed.find('\'', first + 1);
    if (second != std::string_view::npos)
    {
      const std::string charset = ToLower(trimmed.substr(0, first));
      const std::string decoded = DecodePercent(trimmed.substr(second + 1));
      if (charset == "utf-8" && IsUtf8(decoded))
      {
        return decoded;
      }
      if (charset == "iso-8859-1")
      {
        return ToUtf8(decoded);
      }
    }
    return IsUtf8(trimmed) ? std::string(trimmed) : ToUtf8(trimmed);
  }

  std::vector<FormPart> ParseFormData(std::string_view body, const std::string& boundary)
  {
    if (boundary.empty() || boundary.size() > 200)
    {
      ThrowBadForm("there is no boundary");
    }
    const std::string delimiter = "\r\n--" + boundary;
    // The first delimiter may lack its line break (RFC 2046 5.1.1)
    const std::string_view opening = std::string_view(delimiter).substr(2);
    std::size_t at =
      body.substr(0, opening.size()) == opening ? opening.size() : std::string_view::npos;
    if (at == std::string_view::npos)
    {
      at = body.find(delimiter);
      at = at == std::string_view::npos ? at : at + delimiter.size();
    }
    std::vector<FormPart> parts;
    for (;;)
    {
      if (at == std::string_view::npos)
      {
        ThrowBadForm("the last boundary is missing");
      }
      if (body.substr(at, 2) == "--")
      {
        return parts;
      }
      const std::size_t line = body.find("\r\n", at);
      const std::size_t blank = line == std::string_view::npos
                                  ? line
                                  : body.substr(0, line + MAX_HEAD_BYTES).find("\r\n\r\n", line);
      const std::size_t end =
        blank == std::string_view::npos ? blank : body.find(delimiter, blank + 2);
      if (end == std::string_view::npos || parts.size() == MAX_PARTS)
      {
        ThrowBadForm("a part is not complete");
      }
      FormPart part = ParsePart(body.substr(line + 2, std::max(blank, line + 2) - line - 2));
      const std::size_t begin = std::min(blank + 4, end);
      part.content = body.substr(begin, end - begin);
      parts.push_back(part);
      at = end + delimiter.size();
    }
  }
} // namespace OrthancPlugins
