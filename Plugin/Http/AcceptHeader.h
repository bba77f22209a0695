// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace OrthancPlugins
{
  // One element of Accept or Accept-Encoding (RFC 9110 12.4.2, 12.5.1)
  struct AcceptedItem
  {
    std::string name;                              // media type or coding, in lower case
    std::map<std::string, std::string> parameters; // names in lower case; without the weight
    double weight = 1;                             // 0: not wanted
  };

  // In the order of the header. What is malformed is left out; never more than the first 64
  std::vector<AcceptedItem> ParseAccept(std::string_view header);

  // Whether a client takes "gzip", or "*", by its Accept-Encoding
  bool AcceptsGzip(std::string_view header);
} // namespace OrthancPlugins
