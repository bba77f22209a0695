// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace OrthancPlugins
{
  // "data:<mime>[;name=value]*[;base64],<data>" (RFC 2397), in place
  struct DataUri
  {
    std::string mime; // in lower case, without parameters
    std::string name; // of the parameter "name" or "filename", percent-decoded
    bool isBase64 = false;
    std::string_view data; // what follows the comma
  };

  // Absent if the text does not begin as a data URI. The text may be the inside of a JSON string as it
  // stands in the request
  std::optional<DataUri> ParseDataUri(std::string_view text);

  // Whether the text begins with "data:", in any case
  bool IsDataUri(std::string_view text);

  // The bytes that the URI holds. Base64 (RFC 4648) in both alphabets, also mixed, with any white space
  // in between and with or without padding; else percent-encoded. "isJson": the text is the inside of a
  // JSON string, whose escapes are understood; then no copy of it is made. Throws
  // Failure(BadFormat) for anything else, without quoting it
  std::string DecodeDataUri(const DataUri& uri, bool isJson);
} // namespace OrthancPlugins
