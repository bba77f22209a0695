// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "DicomText.h"

#include "../Failure.h"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcdeftag.h>
#include <dcmtk/dcmdata/dcitem.h>
#include <dcmtk/dcmdata/dcspchrs.h>

#include <algorithm>

namespace OrthancPlugins
{
  namespace
  {
    constexpr const char* UTF8 = "ISO_IR 192";

    bool IsAscii(const std::string& text)
    {
      return std::all_of(text.begin(), text.end(),
                         [](char c) { return static_cast<unsigned char>(c) < 0x80; });
    }

    // JIS X 0201 has a yen sign and an overline where ASCII has these (PS3.3 C.12.1.1.2)
    bool IsShiftedInJapan(const std::string& text, const std::string& charset)
    {
      const std::string first = charset.substr(0, charset.find('\\'));
      return (first == "ISO_IR 13" || first == "ISO 2022 IR 13") &&
             text.find_first_of("\\~") != std::string::npos;
    }

    bool Convert(const std::string& from,
                 const std::string& fromCharset,
                 const std::string& toCharset,
                 std::string& to)
    {
      DcmSpecificCharacterSet converter;
      OFString converted;
      if (converter
            .selectCharacterSet(OFString(fromCharset.c_str(), fromCharset.size()),
                                OFString(toCharset.c_str(), toCharset.size()))
            .bad() ||
          converter.convertString(OFString(from.c_str(), from.size()), converted).bad())
      {
        return false;
      }
      to.assign(converted.c_str(), converted.size());
      return true;
    }
  } // namespace

  bool IsKnownCharset(const std::string& charset)
  {
    DcmSpecificCharacterSet converter;
    return converter.selectCharacterSet(OFString(charset.c_str(), charset.size()), UTF8).good();
  }

  std::string GetCharset(DcmItem& item)
  {
    OFString charset;
    if (item.findAndGetOFStringArray(DCM_SpecificCharacterSet, charset).bad())
    {
      return "";
    }
    return std::string(charset.c_str(), charset.size());
  }

  bool EncodeText(const std::string& utf8, const std::string& charset, std::string& encoded)
  {
    if (charset == UTF8 || (IsAscii(utf8) && !IsShiftedInJapan(utf8, charset)))
    {
      encoded = utf8;
      return true;
    }
    std::string back;
    if (charset.empty() || charset == "ISO_IR 6" || charset.find('\\') != std::string::npos ||
        !Convert(utf8, UTF8, charset, encoded) || !DecodeText(encoded, charset, back))
    {
      return false;
    }
    return back == utf8;
  }

  bool DecodeText(const std::string& encoded, const std::string& charset, std::string& utf8)
  {
    if (charset == UTF8)
    {
      utf8 = encoded;
      return true;
    }
    if ((charset.empty() || charset == "ISO_IR 6") && !IsAscii(encoded))
    {
      return false;
    }
    return Convert(encoded, charset, UTF8, utf8);
  }

  void ConvertToUtf8(DcmItem& item)
  {
    if (GetCharset(item) == UTF8)
    {
      return;
    }
    if (item.convertToUTF8().bad() || item.putAndInsertString(DCM_SpecificCharacterSet, UTF8).bad())
    {
      throw Failure(FailureKind::OutOfRange,
                    "A text needs Unicode, but the attributes of the parent are no text of their "
                    "own character set");
    }
  }
} // namespace OrthancPlugins
