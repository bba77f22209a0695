// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "DicomText.h"

#include "../Failure.h"
#include "../Utf8.h"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcdeftag.h>
#include <dcmtk/dcmdata/dcelem.h>
#include <dcmtk/dcmdata/dcitem.h>
#include <dcmtk/dcmdata/dcsequen.h>
#include <dcmtk/dcmdata/dcspchrs.h>

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>

#include <iconv.h>

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

    // JIS X 0201 has an overline where ASCII has this (PS3.3 C.12.1.1.2). Its yen sign is in the place of
    // the backslash, which separates values in every character set
    bool IsShiftedInJapan(const std::string& text, const std::string& charset)
    {
      const std::string first = charset.substr(0, charset.find('\\'));
      return (first == "ISO_IR 13" || first == "ISO 2022 IR 13") &&
             text.find('~') != std::string::npos;
    }

    // ---- Code extensions (PS3.3 C.12.1.1.2, PS3.5 6.1.2.5). Not every build of DCMTK can read those of
    // Japan and China

    // A set of characters in G0 (bytes below 80) or G1 (bytes from A0 on)
    struct CodeElement
    {
      std::string_view escape; // behind the escape character
      const char* encoding;    // of iconv(3)
      unsigned bytesCount;     // per character
      bool isG1;
      char prefix;    // in front of each character in that encoding; 0: none
      bool needsHigh; // the encoding wants the bytes from A0 on
    };

    const CodeElement CODE_ELEMENTS[] = {
      {"(B", "US-ASCII", 1, false, 0, false},      {"(J", "SHIFT_JISX0213", 1, false, 0, false},
      {")I", "SHIFT_JISX0213", 1, true, 0, false}, {"$B", "EUC-JP", 2, false, 0, true},
      {"$(D", "EUC-JP", 2, false, '\x8F', true},   {"$)C", "EUC-KR", 2, true, 0, true},
      {"$)A", "EUC-CN", 2, true, 0, true},         {"-A", "ISO-8859-1", 1, true, 0, false},
      {"-B", "ISO-8859-2", 1, true, 0, false},     {"-C", "ISO-8859-3", 1, true, 0, false},
      {"-D", "ISO-8859-4", 1, true, 0, false},     {"-L", "ISO-8859-5", 1, true, 0, false},
      {"-G", "ISO-8859-6", 1, true, 0, false},     {"-F", "ISO-8859-7", 1, true, 0, false},
      {"-H", "ISO-8859-8", 1, true, 0, false},     {"-M", "ISO-8859-9", 1, true, 0, false},
      {"-T", "TIS-620", 1, true, 0, false}};

    // What is active at the start of each value, by the first value of (0008,0005)
    const std::pair<std::string_view, std::string_view> INITIAL_ELEMENTS[] = {
      {"ISO 2022 IR 100", "-A"}, {"ISO 2022 IR 101", "-B"}, {"ISO 2022 IR 109", "-C"},
      {"ISO 2022 IR 110", "-D"}, {"ISO 2022 IR 144", "-L"}, {"ISO 2022 IR 127", "-G"},
      {"ISO 2022 IR 126", "-F"}, {"ISO 2022 IR 138", "-H"}, {"ISO 2022 IR 148", "-M"},
      {"ISO 2022 IR 166", "-T"}, {"ISO 2022 IR 13", ")I"}};

    const CodeElement* FindCodeElement(std::string_view text)
    {
      const auto found =
        std::find_if(std::begin(CODE_ELEMENTS), std::end(CODE_ELEMENTS),
                     [&](const CodeElement& element)
                     { return text.substr(0, element.escape.size()) == element.escape; });
      return found == std::end(CODE_ELEMENTS) ? nullptr : &*found;
    }

    bool AppendConverted(std::string& utf8, const char* encoding, std::string bytes)
    {
      const iconv_t converter = ::iconv_open("UTF-8", encoding);
      if (converter == reinterpret_cast<iconv_t>(-1)) // NOLINT: as iconv_open(3) has it
      {
        return false;
      }
      std::string converted(bytes.size() * 4 + 16, '\0');
      char* from = bytes.data();
      std::size_t fromLeft = bytes.size();
      char* to = converted.data();
      std::size_t toLeft = converted.size();
      const std::size_t result = ::iconv(converter, &from, &fromLeft, &to, &toLeft);
      ::iconv_close(converter);
      utf8.append(converted, 0, converted.size() - toLeft);
      return result != static_cast<std::size_t>(-1) && fromLeft == 0;
    }

    class ExtensionDecoder
    {
    public:
      explicit ExtensionDecoder(const std::string& charset)
      {
        const std::string first = charset.substr(0, charset.find('\\'));
        initialG0_ = FindCodeElement(first == "ISO 2022 IR 13" ? "(J" : "(B");
        for (const auto& [name, escape] : INITIAL_ELEMENTS)
        {
          // The terms with and without code extensions mean the same here
          const bool isSame = name == first || "ISO_IR " + std::string(name.substr(12)) == first;
          initialG1_ = isSame ? FindCodeElement(escape) : initialG1_;
        }
        Reset();
      }

      bool Decode(std::string_view text, std::string& utf8)
      {
        for (std::size_t at = 0; at < text.size();)
        {
          const unsigned char byte = static_cast<unsigned char>(text[at]);
          if (byte == 0x1B)
          {
            const CodeElement* const element = FindCodeElement(text.substr(at + 1));
            if (element == nullptr)
            {
              return false;
            }
            (element->isG1 ? g1_ : g0_) = element;
            at += 1 + element->escape.size();
            continue;
          }
          if (byte < 0x21 || (byte < 0x80 && g0_->bytesCount == 1 && IsDelimiter(text[at])))
          {
            utf8.push_back(text[at++]);
            if (byte != ' ')
            {
              Reset();
            }
            continue;
          }
          if (!DecodeCharacter(text, at, utf8))
          {
            return false;
          }
        }
        return true;
      }

    private:
      // PS3.5 6.1.2.5.3: all is as at the start again
      static bool IsDelimiter(char c) { return c == '\\' || c == '^' || c == '='; }

      void Reset()
      {
        g0_ = initialG0_;
        g1_ = initialG1_;
      }

      bool DecodeCharacter(std::string_view text, std::size_t& at, std::string& utf8) const
      {
        const bool isHigh = static_cast<unsigned char>(text[at]) >= 0x80;
        const CodeElement* const element = isHigh ? g1_ : g0_;
        if (element == nullptr || at + element->bytesCount > text.size())
        {
          return false;
        }
        std::string bytes(element->prefix == 0 ? 0 : 1, element->prefix);
        for (unsigned i = 0; i < element->bytesCount; i++)
        {
          const unsigned char byte = static_cast<unsigned char>(text[at + i]);
          if ((byte >= 0x80) != isHigh)
          {
            return false;
          }
          bytes.push_back(static_cast<char>(element->needsHigh ? byte | 0x80 : byte));
        }
        at += element->bytesCount;
        return AppendConverted(utf8, element->encoding, bytes);
      }

      const CodeElement* initialG0_ = nullptr;
      const CodeElement* initialG1_ = nullptr; // null: there are no bytes from 80 on
      const CodeElement* g0_ = nullptr;
      const CodeElement* g1_ = nullptr;
    };

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

    void ConvertElements(DcmItem& item, const std::string& charset)
    {
      for (unsigned long i = 0; i < item.card(); i++)
      {
        DcmElement& element = *item.getElement(i);
        if (element.ident() == EVR_SQ)
        {
          DcmSequenceOfItems& sequence = dynamic_cast<DcmSequenceOfItems&>(element);
          for (unsigned long j = 0; j < sequence.card(); j++)
          {
            // An item may have a character set of its own, and has that of the object from now on
            DcmItem& child = *sequence.getItem(j);
            const std::string own = GetCharset(child);
            delete child.remove(DCM_SpecificCharacterSet);
            ConvertElements(child, own.empty() ? charset : own);
          }
          continue;
        }
        OFString encoded;
        if (!element.isAffectedBySpecificCharacterSet() ||
            element.getOFStringArray(encoded, OFFalse).bad())
        {
          continue;
        }
        std::string utf8;
        if (!DecodeText(std::string(encoded.c_str(), encoded.size()), charset, utf8))
        {
          throw Failure(
            FailureKind::OutOfRange,
            "A text needs Unicode, but an attribute of the parent is no text of its own "
            "character set");
        }
        if (element.putString(utf8.c_str()).bad())
        {
          throw Failure(FailureKind::Internal, "A text cannot be written");
        }
      }
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
      return IsUtf8(utf8);
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
      return IsUtf8(utf8);
    }
    if ((charset.empty() || charset == "ISO_IR 6") && !IsAscii(encoded))
    {
      return false;
    }
    if (charset.find('\\') != std::string::npos || charset.compare(0, 8, "ISO 2022") == 0)
    {
      utf8.clear();
      return ExtensionDecoder(charset).Decode(encoded, utf8);
    }
    return Convert(encoded, charset, UTF8, utf8);
  }

  void ConvertToUtf8(DcmItem& item)
  {
    const std::string charset = GetCharset(item);
    if (charset == UTF8)
    {
      return;
    }
    ConvertElements(item, charset);
    if (item.putAndInsertString(DCM_SpecificCharacterSet, UTF8).bad())
    {
      throw Failure(FailureKind::Internal, "The character set cannot be written");
    }
  }
} // namespace OrthancPlugins
