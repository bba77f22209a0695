// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include <string>
#include <string_view>

namespace OrthancPlugins
{
  // An absolute URL of HTTP in one normal form: two spellings of the same URL are equal, and no reader
  // can take it for another one
  struct WebUrl
  {
    bool isSecure = false; // https
    std::string host;      // lower case; an IPv6 address without its brackets
    unsigned port = 0;     // never 0 once parsed
    std::string path;      // begins with "/"
    std::string query;     // with its "?"; empty: none

    // With the port only if it is not the default of the scheme
    std::string Format() const;

    // As Format(), without query: what may be shown
    std::string FormatPublic() const;

    // Scheme, host and port: what may be logged
    std::string FormatOrigin() const;

    // Whether both name the same scheme, host and port
    bool HasSameOrigin(const WebUrl& other) const;

    // Strict: RFC 3986 without user information, fragment, dot segments, encoded slashes and dots, and
    // whatever else readers are known to disagree about; names of hosts in ASCII. Throws
    // Failure(OutOfRange) with a text that begins with "is" or "has" and holds nothing of the URL
    static WebUrl Parse(std::string_view text);

    // What a reference in an answer to this URL means (RFC 3986 5.2), as strict as Parse()
    WebUrl Resolve(std::string_view reference) const;
  };

  bool operator==(const WebUrl& a, const WebUrl& b);
  bool operator!=(const WebUrl& a, const WebUrl& b);
} // namespace OrthancPlugins
