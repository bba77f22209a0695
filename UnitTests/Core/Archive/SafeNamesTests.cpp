// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../../Plugin/Core/Archive/SafeNames.h"

#include <gtest/gtest.h>

namespace OrthancPlugins
{
  namespace
  {
    struct Row
    {
      const char* name;
      const char* expected;
    };
  } // namespace

  TEST(SafeNames, LeavesSafeNamesAlone)
  {
    for (const char* const name : {"P1 Name",
                                   "- ^",
                                   "CT000001.dcm",
                                   ".hidden",
                                   "a.b.c",
                                   "CONSOLE",
                                   "COM10",
                                   "LPT",
                                   "COM",
                                   "nullable",
                                   "a,b;c'd",
                                   "R\xC3\xB6ntgen",
                                   "\xE6\x97\xA5\xE6\x9C\xAC",
                                   "a  b",
                                   "~",
                                   "%00",
                                   "100%",
                                   "\xEF\xBF\xBD",
                                   "AUX_",
                                   "..a",
                                   "CON-1"})
    {
      EXPECT_EQ(name, MakeSafeName(name, "Fallback"));
    }
  }

  TEST(SafeNames, RepairsHostileNames)
  {
    const Row ROWS[] = {
      {"", "Fallback"},
      {".", "Fallback"},
      {"..", "Fallback"},
      {"...", "Fallback"},
      {". .", "Fallback"},
      {"   ", "Fallback"},
      {"/", "Fallback"},
      {"\\\\", "Fallback"},
      {"\x01\x02", "Fallback"},
      {"\xE2\x80\x8B", "Fallback"}, // zero width space
      {"../../etc/passwd", ".. .. etc passwd"},
      {"/etc", "etc"},
      {"C:\\Windows", "C Windows"},
      {"a<b>c|d?e*f\"g", "a b c d e f g"},
      {"name.", "name"},
      {"name...", "name"},
      {"name. . ", "name"},
      {" name ", "name"},
      {"a\nb\tc", "abc"},
      {"a\x7F"
       "b",
       "ab"},
      {"a\xC2\x85"
       "b",
       "ab"}, // C1: next line
      {"a\xE2\x80\xAE"
       "fdp.exe",
       "afdp.exe"}, // right-to-left override
      {"a\xE2\x81\xA6"
       "b",
       "ab"}, // isolate
      {"\xEF\xBB\xBF"
       "a",
       "a"}, // byte order mark
      {"a\xE2\x80\xA8"
       "b",
       "ab"}, // line separator
      {"a\xE9"
       "b",
       "a_b"}, // Latin-1
      {"a\xED\xA0\x80"
       "b",
       "a___b"},                    // surrogate
      {"\xC0\xAE\xC0\xAE", "____"}, // overlong dots
      {"CON", "CON_"},
      {"con", "con_"},
      {"Prn.txt", "Prn_.txt"},
      {"AUX.tar.gz", "AUX_.tar.gz"},
      {"NUL.", "NUL_"},
      {"nul .dcm", "nul_ .dcm"},
      {"COM0", "COM0_"},
      {"com9.dcm", "com9_.dcm"},
      {"LPT1", "LPT1_"},
      {"LPT\xC2\xB2", "LPT\xC2\xB2_"}, // superscript two
      {"com\xC2\xB9.dcm", "com\xC2\xB9_.dcm"},
      {"CONIN$", "CONIN$_"},
      {"conout$.x", "conout$_.x"},
      {"C\xE2\x80\x8BON", "CON_"},
      {"CON:", "CON_"},
    };
    for (const Row& row : ROWS)
    {
      EXPECT_EQ(row.expected, MakeSafeName(row.name, "Fallback")) << row.name;
    }
  }

  TEST(SafeNames, ShortensBetweenCodePointsAndKeepsTheExtension)
  {
    EXPECT_EQ("abc", ShortenName("abc", 3, 0));
    EXPECT_EQ("abc", ShortenName("abcdef", 3, 0));
    EXPECT_EQ("a.dcm", ShortenName("abcdef.dcm", 5, 4));
    EXPECT_EQ("a", ShortenName("a\xE6\x97\xA5", 3, 0));
    EXPECT_EQ("a\xE6\x97\xA5", ShortenName("a\xE6\x97\xA5", 4, 0));
    EXPECT_EQ("a", ShortenName("a . b", 4, 0));
    EXPECT_EQ("_", ShortenName("......b", 4, 0));
    EXPECT_EQ("_", ShortenName("\xF0\x9F\xA9\xBB", 3, 0));
    EXPECT_EQ("_", ShortenName("CONSOLE", 3, 0));
    EXPECT_EQ("_.dcm", ShortenName("CONSOLE.dcm", 7, 4));
  }

  TEST(NameRegistry, CountsAsTheHostAndKeepsTheExtensionLast)
  {
    NameRegistry registry;

    EXPECT_EQ("same", registry.TakeSimilar("same", 120, 0));
    EXPECT_EQ("same-2", registry.TakeSimilar("same", 120, 0));
    EXPECT_EQ("same-3", registry.TakeSimilar("same", 120, 0));
    EXPECT_EQ("1.dcm", registry.TakeSimilar("1.dcm", 120, 4));
    EXPECT_EQ("1-2.dcm", registry.TakeSimilar("1.dcm", 120, 4));
  }

  TEST(NameRegistry, ChecksSuffixesAgain)
  {
    NameRegistry registry;

    EXPECT_EQ("same-2", registry.TakeSimilar("same-2", 120, 0));
    EXPECT_EQ("same", registry.TakeSimilar("same", 120, 0));
    EXPECT_EQ("same-3", registry.TakeSimilar("same", 120, 0));
    EXPECT_EQ("same-2-2", registry.TakeSimilar("same-2", 120, 0));
  }

  TEST(NameRegistry, IgnoresCase)
  {
    NameRegistry registry;
    EXPECT_TRUE(registry.Take("MISSING.txt"));
    EXPECT_FALSE(registry.Take("missing.TXT"));

    EXPECT_EQ("missing.TXT-2", registry.TakeSimilar("missing.TXT", 120, 0));
    EXPECT_EQ("same", registry.TakeSimilar("same", 120, 0));
    EXPECT_EQ("SAME-2", registry.TakeSimilar("SAME", 120, 0));
    EXPECT_EQ("Same-3", registry.TakeSimilar("Same", 120, 0));
    EXPECT_EQ("\xC3\x89", registry.TakeSimilar("\xC3\x89", 120, 0));
    EXPECT_EQ("\xC3\xA9-2", registry.TakeSimilar("\xC3\xA9", 120, 0));
  }

  TEST(NameRegistry, SuffixesFitIntoTheRoom)
  {
    NameRegistry registry;

    EXPECT_EQ("abcdef", registry.TakeSimilar("abcdefgh", 6, 0));
    EXPECT_EQ("abcd-2", registry.TakeSimilar("abcdefgh", 6, 0));
    EXPECT_EQ("abcd-3", registry.TakeSimilar("abcdefij", 6, 0));
    EXPECT_EQ("x.dcm", registry.TakeSimilar("x.dcm", 7, 4));
    EXPECT_EQ("x-2.dcm", registry.TakeSimilar("x.dcm", 7, 4));
  }
} // namespace OrthancPlugins
