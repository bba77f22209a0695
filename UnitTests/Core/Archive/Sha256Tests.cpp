// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../../Plugin/Core/Archive/Sha256.h"

#include <gtest/gtest.h>

namespace OrthancPlugins
{
  namespace
  {
    // FIPS 180-4, "abc"
    constexpr const char* const DIGEST_OF_ABC =
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  } // namespace

  TEST(Sha256, KnownDigest)
  {
    Sha256 sha;
    sha.Begin();
    sha.Update("a", 1);
    sha.Update("bc", 2);

    EXPECT_EQ(DIGEST_OF_ABC, FormatDigest(sha.End()));
  }

  TEST(Sha256, ParsesWhatItFormats)
  {
    const std::optional<Sha256Digest> digest = ParseDigest(DIGEST_OF_ABC);

    ASSERT_TRUE(digest.has_value());
    EXPECT_EQ(DIGEST_OF_ABC, FormatDigest(*digest));
  }

  TEST(Sha256, ParsesNothingElse)
  {
    const std::string good = DIGEST_OF_ABC;
    for (const std::string& bad : {std::string(), good.substr(1), good + "0", "g" + good.substr(1),
                                   "A" + good.substr(1), good.substr(0, 63) + " "})
    {
      EXPECT_FALSE(ParseDigest(bad).has_value()) << bad;
    }
  }
} // namespace OrthancPlugins
