// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "OrthancHttpRequest.h"

#include "../Core/Archive/Sha256.h"
#include "../Core/Archive/Utf8Text.h"
#include "../Core/Failure.h"

#include <algorithm>

namespace OrthancPlugins
{
  namespace
  {
    std::string ToString(const char* text)
    {
      return text == nullptr ? std::string() : std::string(text);
    }

    HttpMethod ToMethod(OrthancPluginHttpMethod method)
    {
      switch (method)
      {
      case OrthancPluginHttpMethod_Get:
        return HttpMethod::Get;
      case OrthancPluginHttpMethod_Post:
        return HttpMethod::Post;
      case OrthancPluginHttpMethod_Put:
        return HttpMethod::Put;
      case OrthancPluginHttpMethod_Delete:
        return HttpMethod::Delete;
      default:
        throw Failure(FailureKind::BadRequest, "Unknown HTTP method");
      }
    }

    int GetHexDigit(char c)
    {
      return c >= '0' && c <= '9'   ? c - '0'
             : c >= 'a' && c <= 'f' ? c - 'a' + 10
             : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                    : -1;
    }
    int GetBase64Digit(char c)
    {
      return c >= 'A' && c <= 'Z'   ? c - 'A'
             : c >= 'a' && c <= 'z' ? c - 'a' + 26
             : c >= '0' && c <= '9' ? c - '0' + 52
             : c == '+'             ? 62
             : c == '/'             ? 63
                                    : -1;
    }

    // RFC 4648 4, padding as it must be; absent for anything else
    std::optional<std::string> DecodeBase64(std::string_view text)
    {
      if (text.size() % 4 != 0)
      {
        return std::nullopt;
      }
      std::size_t padding = 0;
      while (padding < 2 && !text.empty() && text.back() == '=')
      {
        text.remove_suffix(1);
        padding++;
      }
      std::string decoded;
      unsigned bits = 0;
      unsigned bitsCount = 0;
      for (const char c : text)
      {
        const int digit = GetBase64Digit(c);
        if (digit < 0)
        {
          return std::nullopt;
        }
        bits = (bits << 6 | static_cast<unsigned>(digit)) & 0xFFFF;
        bitsCount += 6;
        if (bitsCount >= 8)
        {
          bitsCount -= 8;
          decoded.push_back(static_cast<char>(bits >> bitsCount & 0xFF));
        }
      }
      const bool isClean = (bits & ((1u << bitsCount) - 1)) == 0;
      return isClean ? std::make_optional(decoded) : std::nullopt;
    }

    // UTF-8 without control characters
    bool IsPlainText(std::string_view text)
    {
      return IsValidUtf8(text) && std::none_of(text.begin(), text.end(),
                                               [](char c)
                                               {
                                                 const auto byte = static_cast<unsigned char>(c);
                                                 return byte < 0x20 || byte == 0x7F;
                                               });
    }

    std::string_view
    GetAuthenticationPayload([[maybe_unused]] const OrthancPluginHttpRequest& request,
                             [[maybe_unused]] const HostVersion& version)
    {
#if HOST_HAS_AUTHENTICATION_PAYLOAD
      if (version.IsAtLeast(1, 12, 9) && request.authenticationPayload != nullptr)
      {
        return {static_cast<const char*>(request.authenticationPayload),
                request.authenticationPayloadSize};
      }
#endif
      return {};
    }

    // Who has an authentication plugin has no built-in authentication: its word counts alone
    std::optional<std::string> FindUser(const OrthancPluginHttpRequest& request,
                                        const HttpRequest& converted,
                                        const HostVersion& version,
                                        bool isHostAuthenticating)
    {
      if (const auto user = ToUserName(GetAuthenticationPayload(request, version)))
      {
        return user;
      }
      const std::optional<std::string> header = converted.FindHeader("authorization");
      return isHostAuthenticating && header.has_value() ? ParseBasicUser(*header) : std::nullopt;
    }
  } // namespace

  std::string DecodePercent(const std::string& text)
  {
    std::string decoded;
    decoded.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); i++)
    {
      if (text[i] == '%' && i + 2 < text.size())
      {
        const int high = GetHexDigit(text[i + 1]);
        const int low = GetHexDigit(text[i + 2]);
        if (high >= 0 && low >= 0)
        {
          decoded.push_back(static_cast<char>(high * 16 + low));
          i += 2;
          continue;
        }
      }
      decoded.push_back(text[i]);
    }
    return decoded;
  }

  std::optional<std::string> ParseBasicUser(std::string_view authorization)
  {
    constexpr std::string_view SCHEME = "basic ";
    for (std::size_t i = 0; i < SCHEME.size(); i++)
    {
      const char c = i < authorization.size() ? authorization[i] : '\0';
      if ((c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c) != SCHEME[i])
      {
        return std::nullopt;
      }
    }
    authorization.remove_prefix(SCHEME.size());
    while (!authorization.empty() && authorization.front() == ' ')
    {
      authorization.remove_prefix(1);
    }
    const std::optional<std::string> credentials = DecodeBase64(authorization);
    const std::size_t colon = credentials.has_value() ? credentials->find(':') : std::string::npos;
    if (colon == std::string::npos || colon == 0 || !IsPlainText(credentials->substr(0, colon)))
    {
      return std::nullopt;
    }
    return credentials->substr(0, colon);
  }

  std::optional<std::string> ToUserName(std::string_view authenticationPayload)
  {
    constexpr std::size_t MAX_NAME_BYTES = 256;
    if (authenticationPayload.empty())
    {
      return std::nullopt;
    }
    if (authenticationPayload.size() <= MAX_NAME_BYTES && IsPlainText(authenticationPayload))
    {
      return std::string(authenticationPayload);
    }
    Sha256 hash;
    hash.Begin();
    hash.Update(authenticationPayload.data(), authenticationPayload.size());
    return "sha256:" + FormatDigest(hash.End());
  }

  HttpRequest ToHttpRequest(const char* path,
                            const OrthancPluginHttpRequest& request,
                            const HostVersion& version,
                            bool isHostAuthenticating)
  {
    HttpRequest result;
    result.method = ToMethod(request.method);
    result.path = ToString(path);
    for (std::uint32_t i = 0; i < request.groupsCount; i++)
    {
      result.groups.push_back(ToString(request.groups[i]));
    }
    if (result.method == HttpMethod::Get)
    {
      // From 1.13.0 on the host decodes the whole query before it splits it; a second round would
      // turn "%2525" into "%"
      const bool isDecoded = version.IsAtLeast(1, 13, 0);
      for (std::uint32_t i = 0; i < request.getCount; i++)
      {
        const std::string name = ToString(request.getKeys[i]);
        const std::string value = ToString(request.getValues[i]);
        result.arguments.emplace_back(isDecoded ? name : DecodePercent(name),
                                      isDecoded ? value : DecodePercent(value));
      }
    }
    for (std::uint32_t i = 0; i < request.headersCount; i++)
    {
      result.headers[ToString(request.headersKeys[i])] = ToString(request.headersValues[i]);
    }
    if (request.body != nullptr)
    {
      result.body = std::string_view(static_cast<const char*>(request.body), request.bodySize);
    }
    result.user = FindUser(request, result, version, isHostAuthenticating);
    return result;
  }
} // namespace OrthancPlugins
