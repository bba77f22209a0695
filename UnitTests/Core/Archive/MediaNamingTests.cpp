// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../../Plugin/Core/Archive/MediaNaming.h"
#include "../../../Plugin/Core/Failure.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace OrthancPlugins
{
  namespace
  {
    // PS3.10 8.2
    bool IsFileId(const std::string& path)
    {
      unsigned componentsCount = 1;
      std::size_t length = 0;
      for (const char c : path)
      {
        if (c == '/')
        {
          componentsCount++;
          length = 0;
          continue;
        }
        length++;
        const bool isAllowed = (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
        if (!isAllowed || length > 8)
        {
          return false;
        }
      }
      return length > 0 && componentsCount <= 8;
    }
  } // namespace

  TEST(MediaNaming, NamesAreTheHostsWhileTheyAreShortEnough)
  {
    EXPECT_EQ("IMAGES/IM0", MakeMediaFileId(0, 1));
    EXPECT_EQ("IMAGES/IM44", MakeMediaFileId(44, 45));
    EXPECT_EQ("IMAGES/IM999998", MakeMediaFileId(999998, 999999));
  }

  TEST(MediaNaming, BeyondThatThereAreFolders)
  {
    EXPECT_EQ("IMAGES/D0000001/IM000000", MakeMediaFileId(0, 1000000));
    EXPECT_EQ("IMAGES/D0000001/IM009999", MakeMediaFileId(9999, 1000000));
    EXPECT_EQ("IMAGES/D0000002/IM000000", MakeMediaFileId(10000, 1000000));
    EXPECT_EQ("IMAGES/D0000100/IM009999", MakeMediaFileId(999999, 1000000));
    EXPECT_EQ("IMAGES/D9999999/IM009999", MakeMediaFileId(99999989999, 99999990000));
  }

  TEST(MediaNaming, NamesAreFileIdsAndUnique)
  {
    constexpr std::uint64_t COUNT = 1234567;
    std::set<std::string> names;

    for (std::uint64_t i = 0; i < COUNT; i += 97)
    {
      const std::string name = MakeMediaFileId(i, COUNT);
      EXPECT_TRUE(IsFileId(name)) << name;
      EXPECT_TRUE(names.insert(name).second) << name;
    }
  }

  TEST(MediaNaming, WhatHasNoNameFails)
  {
    const auto getKind = [](std::uint64_t index, std::uint64_t count)
    {
      try
      {
        MakeMediaFileId(index, count);
      }
      catch (const Failure& failure)
      {
        return failure.GetKind();
      }
      return FailureKind::BadRequest;
    };

    EXPECT_EQ(FailureKind::Internal, getKind(0, 0));
    EXPECT_EQ(FailureKind::Internal, getKind(5, 5));
    EXPECT_EQ(FailureKind::TooLarge, getKind(0, 99999990001));
  }
} // namespace OrthancPlugins
