// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include <string>
#include <string_view>

namespace OrthancPlugins
{
  // Takes one code point from the beginning of the text, which must not be empty. Returns U+FFFD and
  // takes one byte if the text does not begin with a code point in UTF-8 (RFC 3629)
  char32_t TakeCodePoint(std::string_view& text);

  bool IsValidUtf8(std::string_view text);

  void AppendUtf8(std::string& target, char32_t codePoint);

  // The key by which file systems that ignore case compare names: equal for texts that differ in case
  // only. Code points that share an upper-case or a lower-case form (Unicode 14, mappings from one
  // code point to one) share a key, so it joins at least what NTFS, exFAT and APFS join by case.
  // Composed and decomposed letters stay different
  std::string FoldCase(std::string_view utf8);
} // namespace OrthancPlugins
