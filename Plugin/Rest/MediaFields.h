// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "../Core/Archive/ArchiveRequest.h"
#include "../Core/Settings.h"
#include "../Http/HttpRequest.h"

#include <string>

namespace Json
{
  class Value;
}

namespace OrthancPlugins
{
  // What concerns media and encryption in a request. Throw Failure(BadFormat) for other types,
  // Failure(OutOfRange) for other values, with the field

  // Members of the body, without "Extended", which is the host's
  void ReadMediaFields(ArchiveRequest& target, const Json::Value& fields);

  // Of the field "Encrypt"; empty: not to be encrypted
  std::string ReadPassword(const Json::Value& fields);

  // The mere presence of "extended" counts, as for the host. Throws Failure(BadRequest) if a URL holds
  // a password
  void ReadMediaArguments(ArchiveRequest& target, const HttpRequest& request);

  // Whether everything fits together: what is of media only is refused elsewhere. Throws
  // Failure(OutOfRange)
  void CheckMedia(const ArchiveRequest& request, const MediaSettings& settings);
} // namespace OrthancPlugins
