// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../Plugin/Core/HostVersion.h"

#include "../../Plugin/Core/Failure.h"

#include <gtest/gtest.h>

namespace OrthancPlugins
{
  namespace
  {
    struct GoodVersion
    {
      const char* text;
      unsigned major;
      unsigned minor;
      unsigned revision;
    };

    constexpr GoodVersion GOOD[] = {{"1.10.1", 1, 10, 1},
                                    {"1.12.7", 1, 12, 7},
                                    {"1.13.0+dfsg", 1, 13, 0},
                                    {"1.10.1+dfsg-2+deb12u1", 1, 10, 1},
                                    {"1.12.11-mainline", 1, 12, 11},
                                    {"2.0.0~rc1", 2, 0, 0},
                                    {"0.0.0", 0, 0, 0}};

    constexpr const char* BAD[] = {"",       "1",        "1.12",      "1.12.",   "1..7",
                                   ".1.2",   "a.b.c",    " 1.12.7",   "1.12.7 ", "1.12.7.1",
                                   "v1.2.3", "1.12.7b",  "-1.2.3",    "1.-2.3",  "99999999999.0.0",
                                   "main",   "Mainline", "mainlined", "+1.2.3",  "1,12,7"};

    void ExpectInternalFailure(const char* text)
    {
      try
      {
        HostVersion::Parse(text);
        ADD_FAILURE() << "accepted: " << text;
      }
      catch (const Failure& failure)
      {
        EXPECT_EQ(FailureKind::Internal, failure.GetKind()) << text;
      }
    }
  } // namespace

  TEST(HostVersion, ReadsNumbersAndIgnoresWhatPackagersAppend)
  {
    for (const GoodVersion& row : GOOD)
    {
      const HostVersion version = HostVersion::Parse(row.text);

      EXPECT_EQ(row.major, version.major) << row.text;
      EXPECT_EQ(row.minor, version.minor) << row.text;
      EXPECT_EQ(row.revision, version.revision) << row.text;
    }
  }

  TEST(HostVersion, RefusesWhatIsNoVersion)
  {
    for (const char* const text : BAD)
    {
      ExpectInternalFailure(text);
    }
  }

  TEST(HostVersion, MainlineIsNewerThanAnyNumber)
  {
    EXPECT_TRUE(HostVersion::Parse("mainline").IsAtLeast(4000000000u, 99, 99));
    EXPECT_TRUE(HostVersion::Parse("mainline-20260101").IsAtLeast(1, 13, 0));
  }

  TEST(HostVersion, IsWrittenAsItIsRead)
  {
    EXPECT_EQ("1.12.7", HostVersion::Parse("1.12.7+dfsg").Format());
    EXPECT_EQ("mainline", HostVersion::Parse("mainline-20260101").Format());
  }

  TEST(HostVersion, ComparesByNumberNotByText)
  {
    const HostVersion version = HostVersion::Parse("1.12.7");

    EXPECT_TRUE(version.IsAtLeast(1, 12, 7));
    EXPECT_TRUE(version.IsAtLeast(1, 9, 11));
    EXPECT_FALSE(version.IsAtLeast(1, 12, 11));
    EXPECT_FALSE(version.IsAtLeast(1, 13, 0));
    EXPECT_FALSE(version.IsAtLeast(2, 0, 0));
  }
} // namespace OrthancPlugins
