// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../../Plugin/Core/Archive/Utf8Text.h"

#include <gtest/gtest.h>

namespace OrthancPlugins
{
  TEST(Utf8Text, KnowsValidTextFromInvalid)
  {
    for (const char* const text : {"", "abc", "\xC3\xA9", "\xE6\x97\xA5", "\xF0\x9F\xA9\xBB",
                                   "\xF4\x8F\xBF\xBF", "\xED\x9F\xBF", "\xEE\x80\x80"})
    {
      EXPECT_TRUE(IsValidUtf8(text)) << text;
    }
    for (const char* const text : {"\xE9", "\x80", "\xC0\xAF", "\xC1\xBF", "\xE0\x80\xAF",
                                   "\xF0\x80\x80\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80",
                                   "\xF5\x80\x80\x80", "\xC3", "\xE6\x97", "a\xFF", "\xC3\x28"})
    {
      EXPECT_FALSE(IsValidUtf8(text)) << text;
    }
  }

  TEST(Utf8Text, BrokenBytesAreTakenOneByOne)
  {
    std::string_view text = "\xE6\x97"
                            "a";

    EXPECT_EQ(char32_t(0xFFFD), TakeCodePoint(text));
    EXPECT_EQ(char32_t(0xFFFD), TakeCodePoint(text));
    EXPECT_EQ(char32_t('a'), TakeCodePoint(text));
    EXPECT_TRUE(text.empty());
  }

  TEST(Utf8Text, EncodesWhatItDecodes)
  {
    for (char32_t c = 0; c <= 0x10FFFF; c++)
    {
      if (c >= 0xD800 && c <= 0xDFFF)
      {
        continue;
      }
      std::string encoded;
      AppendUtf8(encoded, c);
      std::string_view rest = encoded;

      ASSERT_EQ(c, TakeCodePoint(rest));
      ASSERT_TRUE(rest.empty());
    }
  }

  TEST(Utf8Text, FoldsCaseInManyScripts)
  {
    const std::pair<const char*, const char*> EQUAL[] = {
      {"SAME", "same"},
      {"\xC3\x89", "\xC3\xA9"} /* É é */,
      {"\xC5\xB8", "\xC3\xBF"} /* Ÿ ÿ */,
      {"\xC4\x8C", "\xC4\x8D"} /* Č č */,
      {"\xCE\xA3", "\xCF\x82"} /* Σ ς */,
      {"\xCE\xA3", "\xCF\x83"} /* Σ σ */,
      {"\xD0\x96", "\xD0\xB6"} /* Ж ж */,
      {"\xD5\x84", "\xD5\xB4"} /* Armenian */,
      {"\xE2\x84\xAA", "k"} /* Kelvin sign */,
      {"\xC2\xB5", "\xCE\xBC"} /* micro sign, mu */,
      {"\xE1\xBA\x9E", "\xC3\x9F"} /* sharp s */,
      {"\xF0\x90\x90\x80", "\xF0\x90\x90\xA8"} /* Deseret */};
    for (const auto& [a, b] : EQUAL)
    {
      EXPECT_EQ(FoldCase(a), FoldCase(b)) << a << " " << b;
    }
    const std::pair<const char*, const char*> DIFFERENT[] = {{"a", "b"},
                                                             {"e", "\xC3\xA9"},
                                                             {"\xC3\xA9", "\xC3\xA8"},
                                                             {"\xC3\x97", "\xC3\xB7"} /* × ÷ */,
                                                             {"\xCE\x91", "a"} /* Alpha */,
                                                             {"\xD0\x90", "a"} /* Cyrillic A */,
                                                             {"", "a"}};
    for (const auto& [a, b] : DIFFERENT)
    {
      EXPECT_NE(FoldCase(a), FoldCase(b)) << a << " " << b;
    }
  }

  TEST(Utf8Text, FoldingTwiceChangesNothing)
  {
    for (char32_t c = 0; c <= 0x1FFFF; c++)
    {
      std::string text;
      AppendUtf8(text, c);
      const std::string folded = FoldCase(text);

      ASSERT_EQ(folded, FoldCase(folded)) << static_cast<unsigned>(c);
    }
  }
} // namespace OrthancPlugins
