// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include <string>
#include <string_view>

namespace OrthancPlugins
{
  // A whole text as one gzip member (RFC 1952), rather quick than small. The same text gives the same
  // bytes. Throws Failure(Internal)
  std::string CompressGzip(std::string_view text);
} // namespace OrthancPlugins
