// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "ReadableText.h"

#include "../Utf8.h"

#include "KeyElements.h"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcspchrs.h>
#include <dcmtk/ofstd/ofchrenc.h>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <vector>

namespace OrthancPlugins
{
  namespace
  {
    constexpr const char* REPLACEMENT = "\xEF\xBF\xBD";

    // PS3.3 C.12.1.1.2, for DCMTK. It logs what it does not know, so it gets nothing else
    constexpr std::string_view CHARACTER_SETS[] = {"",
                                                   "ISO_IR 6",
                                                   "ISO_IR 13",
                                                   "ISO_IR 100",
                                                   "ISO_IR 101",
                                                   "ISO_IR 109",
                                                   "ISO_IR 110",
                                                   "ISO_IR 126",
                                                   "ISO_IR 127",
                                                   "ISO_IR 138",
                                                   "ISO_IR 144",
                                                   "ISO_IR 148",
                                                   "ISO_IR 166",
                                                   "ISO_IR 192",
                                                   "GB18030",
                                                   "GBK",
                                                   "ISO 2022 IR 6",
                                                   "ISO 2022 IR 13",
                                                   "ISO 2022 IR 58",
                                                   "ISO 2022 IR 100",
                                                   "ISO 2022 IR 101",
                                                   "ISO 2022 IR 109",
                                                   "ISO 2022 IR 110",
                                                   "ISO 2022 IR 126",
                                                   "ISO 2022 IR 127",
                                                   "ISO 2022 IR 138",
                                                   "ISO 2022 IR 144",
                                                   "ISO 2022 IR 148",
                                                   "ISO 2022 IR 149",
                                                   "ISO 2022 IR 166"};

    std::string_view Trim(std::string_view text)
    {
      const std::size_t first = std::min(text.find_first_not_of(' '), text.size());
      return TrimEnd(text.substr(first));
    }

    // What DCMTK cannot decode with every library for it: two bytes of JIS X 0208, JIS X 0212
    constexpr std::string_view JAPANESE_SETS[] = {
      "", "ISO_IR 13", "ISO 2022 IR 6", "ISO 2022 IR 13", "ISO 2022 IR 87", "ISO 2022 IR 159"};

    std::vector<std::string_view> Split(std::string_view characterSet)
    {
      std::vector<std::string_view> terms;
      for (;;)
      {
        const std::size_t end = characterSet.find('\\');
        terms.push_back(Trim(characterSet.substr(0, end)));
        if (end == std::string_view::npos)
        {
          return terms;
        }
        characterSet.remove_prefix(end + 1);
      }
    }

    template <std::size_t SIZE>
    bool AreAllIn(const std::vector<std::string_view>& terms, const std::string_view (&list)[SIZE])
    {
      return std::all_of(terms.begin(), terms.end(),
                         [&list](std::string_view term)
                         { return std::find(list, list + SIZE, term) != list + SIZE; });
    }

    bool IsJapanese(const std::vector<std::string_view>& terms)
    {
      const bool hasTwoBytes =
        std::any_of(terms.begin(), terms.end(),
                    [](std::string_view term)
                    { return term == "ISO 2022 IR 87" || term == "ISO 2022 IR 159"; });
      return hasTwoBytes && AreAllIn(terms, JAPANESE_SETS);
    }

    bool IsPlain(std::string_view text)
    {
      return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
    }

    bool IsControl(char c)
    {
      constexpr std::string_view LAYOUT = "\t\n\f\r"; // PS3.5 6.1.3, without ESC
      return (static_cast<unsigned char>(c) < 0x20 && LAYOUT.find(c) == std::string_view::npos) ||
             c == 0x7F;
    }

    std::string MakeValid(std::string_view text)
    {
      std::string valid;
      valid.reserve(text.size());
      while (!text.empty())
      {
        const std::size_t length = GetCodePointBytes(text);
        if (length == 0 || IsControl(text[0]))
        {
          valid.append(REPLACEMENT);
        }
        else
        {
          valid.append(text.substr(0, length));
        }
        text.remove_prefix(std::max<std::size_t>(length, 1));
      }
      return valid;
    }

    std::string KeepAscii(std::string_view text)
    {
      std::string ascii;
      for (const char c : text)
      {
        if (static_cast<unsigned char>(c) < 0x80 && !IsControl(c))
        {
          ascii.push_back(c);
        }
        else
        {
          ascii.append(REPLACEMENT);
        }
      }
      return ascii;
    }

    /**
     * ISO 2022 with the Japanese sets of PS3.3 C.12.1.1.2. Libraries for DCMTK know two bytes of a set
     * either as part of EUC-JP or by the number of the set.
     **/
    class JapaneseText
    {
    public:
      JapaneseText(std::string_view text, bool isName)
        : text_(text),
          delimiters_(isName ? "\\^=\r\n\f" : "\\\r\n\f")
      {
        while (!text_.empty())
        {
          TakeCharacter();
        }
      }

      const std::string& GetUtf8() const { return utf8_; }

    private:
      enum class Set
      {
        Ascii, // or JIS X 0201 Romaji
        Kanji,
        SupplementaryKanji
      };

      struct Escape
      {
        std::string_view sequence;
        Set set;
      };

      bool TakeEscape()
      {
        constexpr Escape ESCAPES[] = {{"\x1B(B", Set::Ascii}, {"\x1B(J", Set::Ascii},
                                      {"\x1B)I", Set::Ascii}, {"\x1B$B", Set::Kanji},
                                      {"\x1B$@", Set::Kanji}, {"\x1B$(D", Set::SupplementaryKanji}};
        for (const Escape& escape : ESCAPES)
        {
          if (text_.substr(0, escape.sequence.size()) == escape.sequence)
          {
            // Katakana are in the upper half, beside what is in the lower one
            set_ = escape.sequence[1] == ')' ? set_ : escape.set;
            text_.remove_prefix(escape.sequence.size());
            return true;
          }
        }
        return false;
      }

      void TakeCharacter()
      {
        if (TakeEscape())
        {
          return;
        }
        if (set_ != Set::Ascii && IsPart(0) && IsPart(1))
        {
          utf8_ += DecodeKanji(text_[0], text_[1]);
          text_.remove_prefix(2);
          return;
        }
        const char c = text_[0];
        const unsigned char byte = static_cast<unsigned char>(c);
        if (byte >= 0xA1 && byte <= 0xDF)
        {
          AppendKatakana(byte);
        }
        else if (byte < 0x80 && !IsControl(c))
        {
          utf8_ += c;
        }
        else
        {
          utf8_ += REPLACEMENT;
        }
        set_ = delimiters_.find(c) == std::string_view::npos ? set_ : Set::Ascii;
        text_.remove_prefix(1);
      }

      bool IsPart(std::size_t index) const
      {
        return index < text_.size() && text_[index] > 0x20 && text_[index] < 0x7F;
      }

      // JIS X 0201 from 0xA1 on is Unicode from U+FF61 on
      void AppendKatakana(unsigned char byte)
      {
        const unsigned codePoint = 0xFF61u + byte - 0xA1u;
        utf8_ += static_cast<char>(0xE0 | (codePoint >> 12));
        utf8_ += static_cast<char>(0x80 | ((codePoint >> 6) & 0x3F));
        utf8_ += static_cast<char>(0x80 | (codePoint & 0x3F));
      }

      std::string DecodeKanji(char first, char second) const
      {
        const bool isSupplementary = set_ == Set::SupplementaryKanji;
        OFCharacterEncoding encoding;
        std::string bytes;
        if (encoding.selectEncoding("EUC-JP", "UTF-8").good())
        {
          bytes = isSupplementary ? "\x8F" : "";
          bytes += static_cast<char>(first | 0x80);
          bytes += static_cast<char>(second | 0x80);
        }
        else if (encoding.selectEncoding(isSupplementary ? "ISO-IR-159" : "ISO-IR-87", "UTF-8")
                   .good())
        {
          bytes += first;
          bytes += second;
        }
        OFString converted;
        const bool isGood =
          !bytes.empty() &&
          encoding.convertString(OFString(bytes.data(), bytes.size()), converted).good();
        return isGood ? std::string(converted.data(), converted.size()) : REPLACEMENT;
      }

      std::string_view text_; // what is left
      std::string_view delimiters_;
      Set set_ = Set::Ascii;
      std::string utf8_;
    };
  } // namespace

  struct ReadableText::PImpl
  {
    std::string characterSet;
    DcmSpecificCharacterSet converter;
    bool isPrepared = false;
    bool isGood = false;
    bool isJapanese = false;

    // Most files are ASCII: the tables are opened when they are needed
    bool Prepare()
    {
      if (!isPrepared)
      {
        isPrepared = true;
        const std::vector<std::string_view> terms = Split(characterSet);
        isJapanese = IsJapanese(terms);
        isGood = !characterSet.empty() && AreAllIn(terms, CHARACTER_SETS) &&
                 converter.selectCharacterSet(OFString(characterSet.c_str())).good();
      }
      return isGood;
    }
  };

  ReadableText::ReadableText(std::string_view specificCharacterSet)
    : pimpl_(std::make_unique<PImpl>())
  {
    pimpl_->characterSet = Trim(specificCharacterSet);
  }

  ReadableText::~ReadableText() = default;

  std::string ReadableText::Convert(std::string_view text, bool isName)
  {
    text = Trim(text);
    if (IsPlain(text))
    {
      return std::string(text);
    }
    if (pimpl_->characterSet == "ISO_IR 192")
    {
      return MakeValid(text);
    }
    const bool isKnown = pimpl_->Prepare();
    if (pimpl_->isJapanese)
    {
      return MakeValid(JapaneseText(text, isName).GetUtf8());
    }
    OFString converted;
    if (!isKnown ||
        pimpl_->converter.convertString(text.data(), text.size(), converted, isName ? "\\^=" : "\\")
          .bad())
    {
      return KeepAscii(text);
    }
    return MakeValid(std::string_view(converted.c_str(), converted.size()));
  }
} // namespace OrthancPlugins
