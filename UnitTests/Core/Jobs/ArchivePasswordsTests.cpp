// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../../Plugin/Core/Jobs/ArchivePasswords.h"

#include <gtest/gtest.h>

namespace OrthancPlugins
{
  TEST(ArchivePasswords, AreKnownUntilForgotten)
  {
    ArchivePasswords passwords;
    passwords.Set("a", "secret");
    passwords.Set("b", "other");

    passwords.Forget("b");
    passwords.Forget("never set");

    EXPECT_EQ("secret", passwords.Find("a"));
    EXPECT_FALSE(passwords.Find("b").has_value());
  }

  TEST(ArchivePasswords, GoWithTheirArchives)
  {
    ArchivePasswords passwords;
    passwords.Set("a", "1");
    passwords.Set("b", "2");

    passwords.ForgetUnless([](const std::string& id) { return id == "b"; });

    EXPECT_FALSE(passwords.Find("a").has_value());
    EXPECT_EQ("2", passwords.Find("b"));
  }
} // namespace OrthancPlugins
