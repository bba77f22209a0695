// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include <string>

class DcmItem;

namespace OrthancPlugins
{
  // Text of DICOM objects in their character set (PS3.5 6.1). No character is ever lost: what a
  // character set cannot hold is not converted, and the caller takes another one

  // Whether this is a value of (0008,0005), or several with backslashes, that we can read
  bool IsKnownCharset(const std::string& charset);

  // (0008,0005) as it is; empty if absent or empty
  std::string GetCharset(DcmItem& item);

  // UTF-8 -> the character set. False if it cannot hold the text, or holds it with code extensions only,
  // or if this is no UTF-8
  bool EncodeText(const std::string& utf8, const std::string& charset, std::string& encoded);

  // The reverse. False if the bytes are no text of this character set
  bool DecodeText(const std::string& encoded, const std::string& charset, std::string& utf8);

  // Brings all text of the object, items included, to UTF-8 and says so in (0008,0005). Throws
  // Failure(OutOfRange) if some of it is no text of the declared character set
  void ConvertToUtf8(DcmItem& item);
} // namespace OrthancPlugins
