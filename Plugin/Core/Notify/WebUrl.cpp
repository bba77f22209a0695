// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "WebUrl.h"

#include "../Failure.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <optional>
#include <tuple>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace OrthancPlugins
{
  namespace
  {
    constexpr std::size_t MAX_URL_CHARACTERS = 2048;
    constexpr std::size_t MAX_HOST_CHARACTERS = 253;
    constexpr std::size_t MAX_LABEL_CHARACTERS = 63;
    constexpr unsigned HTTP_PORT = 80;
    constexpr unsigned HTTPS_PORT = 443;

    [[noreturn]] void Refuse(const char* reason)
    {
      throw Failure(FailureKind::OutOfRange, reason);
    }

    // Locale-free

    bool IsDigit(char c)
    {
      return c >= '0' && c <= '9';
    }

    char ToLower(char c)
    {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }

    bool IsLetter(char c)
    {
      return ToLower(c) >= 'a' && ToLower(c) <= 'z';
    }

    std::string ToLower(std::string_view text)
    {
      std::string lower(text);
      std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) { return ToLower(c); });
      return lower;
    }

    std::optional<unsigned> GetHexDigit(char c)
    {
      if (IsDigit(c))
      {
        return static_cast<unsigned>(c - '0');
      }
      const char lower = ToLower(c);
      if (lower >= 'a' && lower <= 'f')
      {
        return static_cast<unsigned>(lower - 'a' + 10);
      }
      return std::nullopt;
    }

    // RFC 3986 2.3
    bool IsUnreserved(char c)
    {
      return IsDigit(c) || IsLetter(c) || c == '-' || c == '.' || c == '_' || c == '~';
    }

    // Printable ASCII that may stand in a URL
    bool IsUrlCharacter(char c)
    {
      static constexpr std::string_view FORBIDDEN = "\"<>\\^`{|}";
      return c > ' ' && c < '\x7f' && FORBIDDEN.find(c) == std::string_view::npos;
    }

    void CheckCharacters(std::string_view text)
    {
      if (text.size() > MAX_URL_CHARACTERS)
      {
        Refuse("is too long");
      }
      if (!std::all_of(text.begin(), text.end(), IsUrlCharacter))
      {
        Refuse("has a character that is not allowed in a URL");
      }
      if (text.find('#') != std::string_view::npos)
      {
        Refuse("has a fragment");
      }
    }

    bool HasScheme(std::string_view reference)
    {
      const std::size_t end = reference.find_first_of(":/?#");
      return end != std::string_view::npos && reference[end] == ':';
    }

    bool TakeScheme(std::string_view& text)
    {
      const std::size_t colon = text.find("://");
      const std::string scheme =
        colon == std::string_view::npos ? "" : ToLower(text.substr(0, colon));
      if (scheme != "http" && scheme != "https")
      {
        Refuse("is neither an http:// nor an https:// URL");
      }
      text.remove_prefix(colon + 3);
      return scheme == "https";
    }

    unsigned ParsePort(std::string_view text)
    {
      unsigned port = 0;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
      if (text.empty() || !std::all_of(text.begin(), text.end(), IsDigit) || text[0] == '0' ||
          error != std::errc() || end != text.data() + text.size() || port > 65535)
      {
        Refuse("has no valid port");
      }
      return port;
    }

    std::string NormalizeIpv6(const std::string& text)
    {
      in6_addr address = {};
      std::array<char, INET6_ADDRSTRLEN> normal = {};
      if (::inet_pton(AF_INET6, text.c_str(), &address) != 1 ||
          ::inet_ntop(AF_INET6, &address, normal.data(), normal.size()) == nullptr)
      {
        Refuse("has no valid IPv6 address");
      }
      return normal.data();
    }

    bool IsLabel(std::string_view label)
    {
      return !label.empty() && label.size() <= MAX_LABEL_CHARACTERS && label.front() != '-' &&
             label.back() != '-' &&
             std::all_of(label.begin(), label.end(),
                         [](char c) { return IsDigit(c) || IsLetter(c) || c == '-' || c == '_'; });
    }

    bool IsDottedQuad(const std::string& host)
    {
      in_addr address = {};
      return ::inet_pton(AF_INET, host.c_str(), &address) == 1;
    }

    // What ends in a number is an IPv4 address for many a reader: octal, hexadecimal, with fewer parts
    bool IsNumber(std::string_view label)
    {
      const bool isHexadecimal = label.size() >= 2 && label[0] == '0' && ToLower(label[1]) == 'x';
      label.remove_prefix(isHexadecimal ? 2 : 0);
      return std::all_of(label.begin(), label.end(),
                         [&](char c)
                         { return IsDigit(c) || (isHexadecimal && GetHexDigit(c).has_value()); });
    }

    void CheckHostName(const std::string& host)
    {
      std::string_view rest = host;
      for (;;)
      {
        const std::size_t dot = rest.find('.');
        const std::string_view label = rest.substr(0, dot);
        if (!IsLabel(label))
        {
          Refuse("has no valid name of a host");
        }
        if (dot == std::string_view::npos)
        {
          if (IsNumber(label) && !IsDottedQuad(host))
          {
            Refuse("has an IPv4 address that is not written as four decimal numbers");
          }
          return;
        }
        rest.remove_prefix(dot + 1);
      }
    }

    std::string ParseHost(std::string_view text)
    {
      if (!text.empty() && text.front() == '[')
      {
        return NormalizeIpv6(std::string(text.substr(1, text.size() - 2)));
      }
      const std::string host = ToLower(text);
      if (host.empty() || host.size() > MAX_HOST_CHARACTERS)
      {
        Refuse("has no valid name of a host");
      }
      CheckHostName(host);
      return host;
    }

    void ParseAuthority(std::string_view text, WebUrl& url)
    {
      if (text.find('@') != std::string_view::npos)
      {
        Refuse("has user information");
      }
      std::size_t hostEnd = text.find(':');
      if (!text.empty() && text.front() == '[')
      {
        const std::size_t bracket = text.find(']');
        if (bracket == std::string_view::npos)
        {
          Refuse("has no valid IPv6 address");
        }
        hostEnd = bracket + 1;
      }
      hostEnd = std::min(hostEnd, text.size());
      url.host = ParseHost(text.substr(0, hostEnd));
      url.port = url.isSecure ? HTTPS_PORT : HTTP_PORT;
      if (hostEnd < text.size())
      {
        if (text[hostEnd] != ':')
        {
          Refuse("has no valid port");
        }
        url.port = ParsePort(text.substr(hostEnd + 1));
      }
    }

    // The character that "%xx" at this offset stands for
    char DecodeAt(std::string_view text, std::size_t offset)
    {
      const std::optional<unsigned> high =
        offset + 1 < text.size() ? GetHexDigit(text[offset + 1]) : std::nullopt;
      const std::optional<unsigned> low =
        offset + 2 < text.size() ? GetHexDigit(text[offset + 2]) : std::nullopt;
      if (!high.has_value() || !low.has_value())
      {
        Refuse("has a percent sign without two hexadecimal digits");
      }
      return static_cast<char>(*high * 16 + *low);
    }

    bool IsControl(char c)
    {
      return static_cast<unsigned char>(c) < 0x20 || c == '\x7f';
    }

    std::string EncodeUpper(std::string_view triplet)
    {
      std::string text(triplet);
      for (char& c : text)
      {
        c = c >= 'a' && c <= 'f' ? static_cast<char>(c - 'a' + 'A') : c;
      }
      return text;
    }

    // RFC 3986 6.2.2: encoded letters become plain, other digits of an encoding upper case
    std::string NormalizeEncoding(std::string_view text, std::string_view refused)
    {
      std::string normal;
      for (std::size_t i = 0; i < text.size(); i++)
      {
        if (text[i] != '%')
        {
          normal.push_back(text[i]);
          continue;
        }
        const char decoded = DecodeAt(text, i);
        if (IsControl(decoded) || refused.find(decoded) != std::string_view::npos)
        {
          Refuse("has an encoded character that is not allowed");
        }
        normal += IsUnreserved(decoded) ? std::string(1, decoded) : EncodeUpper(text.substr(i, 3));
        i += 2;
      }
      return normal;
    }

    // Some servers cut parameters off a segment before they look for dots
    bool IsDotSegment(std::string_view segment)
    {
      const std::string_view name = segment.substr(0, segment.find(';'));
      return name == "." || name == "..";
    }

    void CheckSegments(std::string_view path)
    {
      while (!path.empty())
      {
        path.remove_prefix(1);
        const std::size_t slash = std::min(path.find('/'), path.size());
        if (IsDotSegment(path.substr(0, slash)))
        {
          Refuse("has a dot segment");
        }
        path.remove_prefix(slash);
      }
    }

    std::string ParsePath(std::string_view text)
    {
      // "%25": whoever decodes twice would find what was refused
      const std::string path = text.empty() ? "/" : NormalizeEncoding(text, "./\\;%");
      CheckSegments(path);
      return path;
    }
  } // namespace

  std::string WebUrl::Format() const
  {
    return FormatPublic() + query;
  }

  std::string WebUrl::FormatPublic() const
  {
    return FormatOrigin() + path;
  }

  std::string WebUrl::FormatOrigin() const
  {
    const bool isIpv6 = host.find(':') != std::string::npos;
    std::string text = isSecure ? "https://" : "http://";
    text += isIpv6 ? "[" + host + "]" : host;
    if (port != (isSecure ? HTTPS_PORT : HTTP_PORT))
    {
      text += ":" + std::to_string(port);
    }
    return text;
  }

  bool WebUrl::HasSameOrigin(const WebUrl& other) const
  {
    return std::tie(isSecure, host, port) == std::tie(other.isSecure, other.host, other.port);
  }

  WebUrl WebUrl::Parse(std::string_view text)
  {
    CheckCharacters(text);
    WebUrl url;
    url.isSecure = TakeScheme(text);

    const std::size_t question = std::min(text.find('?'), text.size());
    const std::size_t slash = std::min(text.find('/'), question);
    ParseAuthority(text.substr(0, slash), url);
    url.path = ParsePath(text.substr(slash, question - slash));
    url.query = NormalizeEncoding(text.substr(question), "");
    return url;
  }

  WebUrl WebUrl::Resolve(std::string_view reference) const
  {
    if (HasScheme(reference))
    {
      return Parse(reference);
    }
    std::string base = FormatOrigin();
    if (reference.substr(0, 2) == "//")
    {
      base = isSecure ? "https:" : "http:";
    }
    else if (reference.empty() || reference[0] == '?')
    {
      base += path;
    }
    else if (reference[0] != '/')
    {
      base += path.substr(0, path.rfind('/') + 1);
    }
    return Parse(base + std::string(reference));
  }

  bool operator==(const WebUrl& a, const WebUrl& b)
  {
    return a.HasSameOrigin(b) && a.path == b.path && a.query == b.query;
  }

  bool operator!=(const WebUrl& a, const WebUrl& b)
  {
    return !(a == b);
  }
} // namespace OrthancPlugins
