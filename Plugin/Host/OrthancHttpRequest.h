// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "SdkFeatures.h"

#include "../Core/HostVersion.h"
#include "../Http/HttpRequest.h"

#include <string>

namespace OrthancPlugins
{
  // The request in our types. The body still belongs to the host. Only fields that the oldest host
  // knows are read: on older hosts the newer ones lie beyond the end of the structure
  HttpRequest ToHttpRequest(const char* path,
                            const OrthancPluginHttpRequest& request,
                            const HostVersion& version);

  // RFC 3986 2.1, once. A percent sign without two hexadecimal digits stays as it is, and so does "+"
  std::string DecodePercent(const std::string& text);
} // namespace OrthancPlugins
