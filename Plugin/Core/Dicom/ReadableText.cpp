// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "ReadableText.h"

#include "KeyElements.h"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcspchrs.h>

#include <algorithm>
#include <cstddef>
#include <iterator>

namespace OrthancPlugins
{
  namespace
  {
    constexpr const char* REPLACEMENT = "\xEF\xBF\xBD";

    // PS3.3 C.12.1.1.2. DCMTK logs what it does not know, so it gets nothing else
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
                                                   "ISO 2022 IR 87",
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
                                                   "ISO 2022 IR 159",
                                                   "ISO 2022 IR 166"};

    std::string_view Trim(std::string_view text)
    {
      const std::size_t first = std::min(text.find_first_not_of(' '), text.size());
      return TrimEnd(text.substr(first));
    }

    bool IsKnown(std::string_view characterSet)
    {
      for (;;)
      {
        const std::size_t end = characterSet.find('\\');
        const std::string_view term = Trim(characterSet.substr(0, end));
        if (std::find(std::begin(CHARACTER_SETS), std::end(CHARACTER_SETS), term) ==
            std::end(CHARACTER_SETS))
        {
          return false;
        }
        if (end == std::string_view::npos)
        {
          return true;
        }
        characterSet.remove_prefix(end + 1);
      }
    }

    bool IsPlain(std::string_view text)
    {
      return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
    }

    // Bytes of the code point at the beginning of the text (RFC 3629), 0 if there is none
    std::size_t GetCodePointBytes(std::string_view text)
    {
      const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
      const unsigned first = byte(0);
      const std::size_t length = first < 0x80    ? 1
                                 : first < 0xC2  ? 0
                                 : first < 0xE0  ? 2
                                 : first < 0xF0  ? 3
                                 : first <= 0xF4 ? 4
                                                 : 0;
      if (length == 0 || length > text.size())
      {
        return 0;
      }
      for (std::size_t i = 1; i < length; i++)
      {
        if ((byte(i) & 0xC0) != 0x80)
        {
          return 0;
        }
      }
      const bool isOverlong =
        (first == 0xE0 && byte(1) < 0xA0) || (first == 0xF0 && byte(1) < 0x90);
      const bool isNoScalar =
        (first == 0xED && byte(1) > 0x9F) || (first == 0xF4 && byte(1) > 0x8F);
      return isOverlong || isNoScalar ? 0 : length;
    }

    std::string MakeValid(std::string_view text)
    {
      std::string valid;
      valid.reserve(text.size());
      while (!text.empty())
      {
        const std::size_t length = GetCodePointBytes(text);
        if (length == 0)
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
        if (static_cast<unsigned char>(c) < 0x80)
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
  } // namespace

  struct ReadableText::PImpl
  {
    std::string characterSet;
    DcmSpecificCharacterSet converter;
    bool isPrepared = false;
    bool isGood = false;

    // Most files are ASCII: the tables are opened when they are needed
    bool Prepare()
    {
      if (!isPrepared)
      {
        isPrepared = true;
        isGood = !characterSet.empty() && IsKnown(characterSet) &&
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
    OFString converted;
    if (!pimpl_->Prepare() ||
        pimpl_->converter.convertString(text.data(), text.size(), converted, isName ? "\\^=" : "\\")
          .bad())
    {
      return KeepAscii(text);
    }
    return MakeValid(std::string_view(converted.c_str(), converted.size()));
  }
} // namespace OrthancPlugins
