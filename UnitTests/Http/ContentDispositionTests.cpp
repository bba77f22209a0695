// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../Plugin/Http/ContentDisposition.h"

#include <gtest/gtest.h>

#include <string>

namespace OrthancPlugins
{
  TEST(ContentDisposition, AsciiNamesAreSentAsTheHostDoes)
  {
    const struct
    {
      const char* name;
      const char* value;
    } ROWS[] = {
      {"Archive.zip", "filename=\"Archive.zip\""},
      {"", "filename=\"\""},
      {"two words; and=more.zip", "filename=\"two words; and=more.zip\""},
      {"100%25.zip", "filename=\"100%25.zip\""},
      {"../a/b.zip", "filename=\"../a/b.zip\""},
      {"a\\b.zip", "filename=\"a\\b.zip\""},
      {"it's.zip", "filename=\"it's.zip\""},
    };

    for (const auto& row : ROWS)
    {
      EXPECT_EQ(row.value, FormatContentDisposition(row.name, false)) << row.name;
      EXPECT_EQ(std::string("attachment; ") + row.value, FormatContentDisposition(row.name, true));
    }
  }

  TEST(ContentDisposition, NothingEndsTheQuotesOrTheHeader)
  {
    const struct
    {
      std::string name;
      const char* value;
    } ROWS[] = {
      {"a\"b.zip", "filename=\"ab.zip\""},
      {"\"\"\"", "filename=\"\""},
      {"a.zip\"\r\nSet-Cookie: evil=1", "filename=\"a.zipSet-Cookie: evil=1\""},
      {"a\rb\nc\td", "filename=\"abcd\""},
      {std::string("a\0b", 3), "filename=\"ab\""},
      {"a\x1F\x7F.zip", "filename=\"a.zip\""},
      {"a\xC2\x85.zip", "filename=\"a.zip\""}, // U+0085, a line end for some
      {"a\\", "filename=\"a\""},               // would escape the closing quote
      {"a\\\\\"", "filename=\"a\""},
      {"\\", "filename=\"\""},
    };

    for (const auto& row : ROWS)
    {
      EXPECT_EQ(row.value, FormatContentDisposition(row.name, false));
    }
  }

  TEST(ContentDisposition, OtherNamesAreExtendedValues)
  {
    const struct
    {
      const char* name;
      const char* value;
    } ROWS[] = {
      {"M\xC3\xBCller.zip", "filename=\"M_ller.zip\"; filename*=UTF-8''M%C3%BCller.zip"},
      {"\xE6\x97\xA5.zip", "filename=\"_.zip\"; filename*=UTF-8''%E6%97%A5.zip"},
      {"\xF0\x9F\x98\x80", "filename=\"_\"; filename*=UTF-8''%F0%9F%98%80"},
      {"\xC3\xA9 \"'%*()\r\n",
       "filename=\"_ '%*()\"; filename*=UTF-8''%C3%A9%20%22%27%25%2A%28%29"},
      {"\xC3\xA9\\", "filename=\"_\"; filename*=UTF-8''%C3%A9%5C"},
    };

    for (const auto& row : ROWS)
    {
      EXPECT_EQ(row.value, FormatContentDisposition(row.name, false)) << row.name;
    }
  }

  TEST(ContentDisposition, BytesThatAreNoUtf8AreReplaced)
  {
    for (const char* name :
         {"\xFF", "\x80", "\xC3", "\xC0\x80", "\xE0\x80\x80", "\xED\xA0\x80", "\xE6\x97",
          "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80"})
    {
      const std::string value = FormatContentDisposition(name, false);

      EXPECT_EQ(0u, value.find("filename=\"_")) << value;
      EXPECT_NE(std::string::npos, value.find("filename*=UTF-8''%EF%BF%BD")) << value;
      for (const char c : value)
      {
        EXPECT_TRUE(c >= 0x20 && c < 0x7F) << value;
      }
    }
  }

  TEST(ContentDisposition, LongNamesAreShortenedBeforeTheirExtension)
  {
    const std::string value = FormatContentDisposition(std::string(30000, 'f') + ".zip", false);
    const std::string wide = FormatContentDisposition(
      []
      {
        std::string name = "x";
        for (int i = 0; i < 500; i++)
        {
          name += "\xC3\xA9";
        }
        return name;
      }(),
      false);

    EXPECT_EQ("filename=\"" + std::string(236, 'f') + ".zip\"", value);
    EXPECT_LT(wide.size(), 1200u);
    EXPECT_EQ(std::string::npos, wide.find("%EF%BF%BD")); // no character was cut in two
    EXPECT_EQ("%A9", wide.substr(wide.size() - 3));
  }
} // namespace OrthancPlugins
