// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../../Plugin/Core/Dicom/DicomText.h"

#include <gtest/gtest.h>

#include <string>

namespace OrthancPlugins
{
  namespace
  {
    std::string Decode(const std::string& bytes, const std::string& charset)
    {
      std::string utf8;
      return DecodeText(bytes, charset, utf8) ? utf8 : "cannot";
    }

    std::string Encode(const std::string& utf8, const std::string& charset)
    {
      std::string encoded;
      return EncodeText(utf8, charset, encoded) ? encoded : "cannot";
    }
  } // namespace

  // The examples of PS3.5 H.3, I.2, J.3 and K.2
  TEST(DicomText, DecodesCodeExtensions)
  {
    EXPECT_EQ("Yamada^Tarou=山田^太郎=やまだ^たろう",
              Decode("Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B=\x1b$B$d$^$@\x1b(B^\x1b$B$?$m"
                     "$&\x1b(B",
                     "\\ISO 2022 IR 87"));
    EXPECT_EQ("ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎",
              Decode("\xD4\xCF\xC0\xDE^\xC0\xDB\xB3=\x1b$B;3ED\x1b(J^\x1b$BB@O:\x1b(J",
                     "ISO 2022 IR 13\\ISO 2022 IR 87"));
    EXPECT_EQ("Hong^Gildong=洪^吉洞=홍^길동",
              Decode("Hong^Gildong=\x1b$)C\xFB\xF3^\x1b$)C\xD1\xCE\xD4\xD7=\x1b$)C\xC8\xAB^\x1b$)C"
                     "\xB1\xE6\xB5\xBF",
                     "\\ISO 2022 IR 149"));
    EXPECT_EQ(
      "Zhang^XiaoDong=张^小东=",
      Decode("Zhang^XiaoDong=\x1b$)A\xD5\xC5^\x1b$)A\xD0\xA1\xB6\xAB=", "\\ISO 2022 IR 58"));
    EXPECT_EQ("Äneas Люк",
              Decode("\xC4neas \x1b-L\xBB\xEE\xDA", "ISO 2022 IR 100\\ISO 2022 IR 144"));
    EXPECT_EQ("丂", Decode("\x1b$(D\x30\x21\x1b(B", "\\ISO 2022 IR 159"));
  }

  TEST(DicomText, RefusesBytesThatAreNoText)
  {
    EXPECT_EQ("cannot", Decode("\xD5\xC5", "\\ISO 2022 IR 58"));
    EXPECT_EQ("cannot", Decode("\x1b$B;", "\\ISO 2022 IR 87"));
    EXPECT_EQ("cannot", Decode("\x1b", "\\ISO 2022 IR 87"));
    EXPECT_EQ("cannot", Decode("\x1b%G", "\\ISO 2022 IR 87"));
    EXPECT_EQ("cannot", Decode("\xC4", ""));
    EXPECT_EQ("cannot", Decode("\xC4", "ISO_IR 6"));
  }

  TEST(DicomText, EncodesOnlyWhatIsNotLost)
  {
    EXPECT_EQ("\xC4neas", Encode("Äneas", "ISO_IR 100"));
    EXPECT_EQ("cannot", Encode("検", "ISO_IR 100"));
    EXPECT_EQ("cannot", Encode("Ä", ""));
    EXPECT_EQ("cannot", Encode("Ä", "\\ISO 2022 IR 87"));
    EXPECT_EQ("plain", Encode("plain", "\\ISO 2022 IR 87"));
    EXPECT_EQ("cannot", Encode("~", "ISO_IR 13"));
    EXPECT_EQ("検", Encode("検", "ISO_IR 192"));
    EXPECT_EQ("\xB0\xB1", Encode("°±", "ISO_IR 100"));
  }

  TEST(DicomText, KnowsCharacterSets)
  {
    for (const char* charset : {"", "ISO_IR 6", "ISO_IR 100", "ISO_IR 192", "GB18030"})
    {
      EXPECT_TRUE(IsKnownCharset(charset)) << charset;
    }
    EXPECT_FALSE(IsKnownCharset("nothing"));
  }

  TEST(DicomText, WhatIsNoUtf8IsNoText)
  {
    for (const char* text : {"\xFF", "a\xC3", "\xC0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80"})
    {
      std::string result;
      for (const char* charset : {"", "ISO_IR 100", "ISO_IR 192"})
      {
        EXPECT_FALSE(EncodeText(text, charset, result)) << charset;
      }
      EXPECT_FALSE(DecodeText(text, "ISO_IR 192", result));
    }
  }
} // namespace OrthancPlugins
