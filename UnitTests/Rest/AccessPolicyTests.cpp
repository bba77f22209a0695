// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../Plugin/Rest/AccessPolicy.h"

#include <gtest/gtest.h>

namespace OrthancPlugins
{
  TEST(AccessPolicy, EverybodySeesEverythingUnlessRestricted)
  {
    const JobSettings settings;
    for (const std::optional<std::string>& user :
         {std::optional<std::string>(), std::make_optional<std::string>("alice")})
    {
      const AccessPolicy access(settings, user);
      EXPECT_TRUE(access.MaySee("alice"));
      EXPECT_TRUE(access.MaySee("bob"));
      EXPECT_TRUE(access.MaySee(""));
      EXPECT_TRUE(access.MaySeeForeign());
    }
  }

  TEST(AccessPolicy, UsersSeeTheirOwn)
  {
    JobSettings settings;
    settings.isOwnOnly = true;
    settings.administrators = {"root", ""};
    const struct
    {
      std::optional<std::string> user;
      std::string owner;
      bool isSeen;
    } ROWS[] = {
      {"alice", "alice", true},  {"alice", "bob", false},  {"alice", "Alice", false},
      {"alice", "", false},      {"alice", "root", false}, {"root", "alice", true},
      {"root", "", true},        {"Root", "root", false},  {std::nullopt, "alice", false},
      {std::nullopt, "", false}, {"", "", false},          {"", "alice", false},
    };

    for (const auto& row : ROWS)
    {
      EXPECT_EQ(row.isSeen, AccessPolicy(settings, row.user).MaySee(row.owner))
        << row.user.value_or("nobody") << " " << row.owner;
    }
    EXPECT_TRUE(AccessPolicy(settings, "root").MaySeeForeign());
    EXPECT_FALSE(AccessPolicy(settings, "alice").MaySeeForeign());
    EXPECT_FALSE(AccessPolicy(settings, "").MaySeeForeign());
    EXPECT_FALSE(AccessPolicy(settings, std::nullopt).MaySeeForeign());
  }
} // namespace OrthancPlugins
