// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../../Plugin/Core/Archive/CompressionPolicy.h"

#include <gtest/gtest.h>

namespace OrthancPlugins
{
  TEST(CompressionPolicy, CompressedSyntaxesAreFound)
  {
    for (const char* const uid :
         {"1.2.840.10008.1.2.1.99",    "1.2.840.10008.1.2.4.50",  "1.2.840.10008.1.2.4.51",
          "1.2.840.10008.1.2.4.57",    "1.2.840.10008.1.2.4.70",  "1.2.840.10008.1.2.4.80",
          "1.2.840.10008.1.2.4.81",    "1.2.840.10008.1.2.4.90",  "1.2.840.10008.1.2.4.91",
          "1.2.840.10008.1.2.4.95",    "1.2.840.10008.1.2.4.100", "1.2.840.10008.1.2.4.102",
          "1.2.840.10008.1.2.4.106.1", "1.2.840.10008.1.2.4.107", "1.2.840.10008.1.2.4.110",
          "1.2.840.10008.1.2.4.201",   "1.2.840.10008.1.2.4.203", "1.2.840.10008.1.2.4.205",
          "1.2.840.10008.1.2.5",       "1.2.840.10008.1.2.8.1"})
    {
      EXPECT_TRUE(IsCompressedTransferSyntax(uid)) << uid;
    }
  }

  TEST(CompressionPolicy, OtherSyntaxesAreNot)
  {
    for (const char* const uid :
         {"", " ", "1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.1.98",
          "1.2.840.10008.1.2.2", "1.2.840.10008.1.2.4", "1.2.840.10008.1.2.4.",
          "1.2.840.10008.1.20", "1.2.840.10008.1.2.4.94", "1.2.840.10008.1.2.4.204",
          "1.2.840.10008.1.2.4.50 ", "1.2.840.10008.1.2.6.1", "1.2.840.10008.1.2.7.1",
          "1.2.840.10008.1.2.4.5", "JPEG"})
    {
      EXPECT_FALSE(IsCompressedTransferSyntax(uid)) << uid;
    }
  }
} // namespace OrthancPlugins
