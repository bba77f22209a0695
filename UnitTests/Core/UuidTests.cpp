// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../Plugin/Core/Uuid.h"

#include <gtest/gtest.h>

#include <set>

namespace OrthancPlugins
{
  TEST(Uuid, GeneratedOnesAreVersion4AndDiffer)
  {
    std::set<std::string> all;

    for (unsigned i = 0; i < 1000; i++)
    {
      const std::string uuid = GenerateUuid();
      EXPECT_TRUE(IsUuid(uuid)) << uuid;
      EXPECT_EQ('4', uuid[14]) << uuid;
      EXPECT_NE(std::string::npos, std::string("89ab").find(uuid[19])) << uuid;
      all.insert(uuid);
    }

    EXPECT_EQ(1000u, all.size());
  }

  TEST(Uuid, OnlyTheFormOfTheHostIsAccepted)
  {
    EXPECT_TRUE(IsUuid("0f8fad5b-d9cb-469f-a165-70867728950e"));
    EXPECT_TRUE(IsUuid("00000000-0000-0000-0000-000000000000"));

    for (const char* bad :
         {"", "0", "0F8FAD5B-D9CB-469F-A165-70867728950E", "{0f8fad5b-d9cb-469f-a165-70867728950e}",
          "0f8fad5bd9cb469fa16570867728950e", "0f8fad5b-d9cb-469f-a165-70867728950",
          "0f8fad5b-d9cb-469f-a165-70867728950e0", "0f8fad5b-d9cb-469f-a165-70867728950g",
          "0f8fad5b_d9cb_469f_a165_70867728950e", "0f8fad5-bd9cb-469f-a165-70867728950e",
          "../../../etc/passwd/////////////////"})
    {
      EXPECT_FALSE(IsUuid(bad)) << bad;
    }
    EXPECT_FALSE(IsUuid(std::string_view("0f8fad5b-d9cb-469f-a165-7086772895\0e", 36)));
  }
} // namespace OrthancPlugins
