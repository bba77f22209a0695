// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include <string>
#include <string_view>

namespace OrthancPlugins
{
  // A random UUID (RFC 9562 5.4) in the host's textual form: lower case, with dashes. Thread-safe.
  // Throws Failure(Internal) if the system has no randomness
  std::string GenerateUuid();

  // Whether this is a UUID in that form, of any version
  bool IsUuid(std::string_view text);
} // namespace OrthancPlugins
