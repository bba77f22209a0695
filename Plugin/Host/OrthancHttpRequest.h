// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "SdkFeatures.h"

#include "../Core/HostVersion.h"
#include "../Http/HttpRequest.h"

#include <optional>
#include <string>
#include <string_view>

namespace OrthancPlugins
{
  // The request in our types. The body still belongs to the host. Fields that the host does not know
  // are not read: they lie beyond the end of its structure.
  // "isHostAuthenticating": whether the host itself has checked the password of the Basic header;
  // without that, everybody could claim to be any user
  HttpRequest ToHttpRequest(const char* path,
                            const OrthancPluginHttpRequest& request,
                            const HostVersion& version,
                            bool isHostAuthenticating);

  // The user of an Authorization header with the scheme "Basic" (RFC 7617 2). Absent for other schemes,
  // for what is no base64, has no colon, an empty user, control characters or bytes that are no UTF-8
  std::optional<std::string> ParseBasicUser(std::string_view authorization);

  // A name for what an authentication plugin says about the user: the payload itself if it is a short
  // text, else its SHA-256 in hexadecimal: payloads may be binary, or tokens that are as good as a
  // password. Absent if it is empty
  std::optional<std::string> ToUserName(std::string_view authenticationPayload);

  // RFC 3986 2.1, once. A percent sign without two hexadecimal digits stays as it is, and so does "+"
  std::string DecodePercent(const std::string& text);
} // namespace OrthancPlugins
