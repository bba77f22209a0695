// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include <string>
#include <vector>

namespace OrthancPlugins
{
  // What is wrong with the option "Dictionary" of the host although the host accepts it: one line for
  // each entry, for its log. "configuration": of the host, in JSON. Never throws for what is in it
  std::vector<std::string> CheckHostDictionary(const std::string& configuration);
} // namespace OrthancPlugins
