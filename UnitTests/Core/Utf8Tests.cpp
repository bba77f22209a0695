// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../Plugin/Core/Utf8.h"

#include <gtest/gtest.h>

namespace OrthancPlugins
{
  TEST(Utf8, TellsTheBytesOfACodePoint)
  {
    EXPECT_EQ(1u, GetCodePointBytes("a\xFF"));
    EXPECT_EQ(2u, GetCodePointBytes("\xC3\xA4x"));
    EXPECT_EQ(3u, GetCodePointBytes("\xE2\x82\xAC"));
    EXPECT_EQ(4u, GetCodePointBytes("\xF4\x8F\xBF\xBF"));
    EXPECT_EQ(0u, GetCodePointBytes(""));
    EXPECT_EQ(0u, GetCodePointBytes("\xE2\x82"));
  }

  TEST(Utf8, RefusesWhatRfc3629Refuses)
  {
    EXPECT_TRUE(IsUtf8(""));
    EXPECT_TRUE(IsUtf8("a\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80"));
    for (const char* text :
         {"\xFF", "\x80", "a\xC3", "\xC0\x80", "\xE0\x80\x80", "\xF0\x80\x80\x80", "\xED\xA0\x80",
          "\xF4\x90\x80\x80", "\xF5\x80\x80\x80"})
    {
      EXPECT_FALSE(IsUtf8(text));
    }
  }
} // namespace OrthancPlugins
