// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace OrthancPlugins
{
  // "text/xml; charset=utf-8" and other values with parameters (RFC 9110 5.6.6)
  struct HeaderValue
  {
    std::string value; // in lower case
    std::map<std::string, std::string>
      parameters; // names in lower case; "name*" of RFC 8187 decoded
                  // and under "name", where it wins
  };

  HeaderValue ParseHeaderValue(std::string_view text);

  // A header that holds text: RFC 8187 ("UTF-8''...", percent-encoded), else as it is if that is UTF-8,
  // else as ISO 8859-1. Result in UTF-8, without spaces around it
  std::string DecodeHeaderText(std::string_view text);

  // A part of a body in multipart/form-data (RFC 7578), in place
  struct FormPart
  {
    std::string name;
    std::string filename;    // empty if it is no file
    std::string contentType; // in lower case, without parameters; empty if it has none
    std::string_view content;
  };

  // Throws Failure(BadFormat) if the body is not made of complete parts. At most 1,000 parts
  std::vector<FormPart> ParseFormData(std::string_view body, const std::string& boundary);
} // namespace OrthancPlugins
