// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include <cstddef>
#include <string_view>

namespace OrthancPlugins
{
  // Bytes of the code point at the beginning of the text (RFC 3629), 0 if there is none: no overlong
  // forms, surrogates, or beyond U+10FFFF
  std::size_t GetCodePointBytes(std::string_view text);

  bool IsUtf8(std::string_view text);
} // namespace OrthancPlugins
