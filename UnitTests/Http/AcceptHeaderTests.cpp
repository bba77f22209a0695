// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../Plugin/Http/AcceptHeader.h"

#include <gtest/gtest.h>

#include <string>

namespace OrthancPlugins
{
  TEST(AcceptHeader, ReadsNamesParametersAndWeights)
  {
    const std::vector<AcceptedItem> items = ParseAccept(
      "Text/Plain; Version=\"0.0.4\" ;q=0.5 , */* ; q=0.1,application/json;note=\"a,b;c\\\"d\"");

    ASSERT_EQ(3u, items.size());
    EXPECT_EQ("text/plain", items[0].name);
    EXPECT_EQ("0.0.4", items[0].parameters.at("version"));
    EXPECT_EQ(0.5, items[0].weight);
    EXPECT_EQ("*/*", items[1].name);
    EXPECT_EQ(0.1, items[1].weight);
    EXPECT_EQ("a,b;c\"d", items[2].parameters.at("note"));
    EXPECT_EQ(1, items[2].weight);
  }

  TEST(AcceptHeader, LeavesOutWhatIsMalformed)
  {
    for (const char* header : {"", ",", ";q=1", "a;q=", "a;q=2", "a;q=-1", "a;q=x", "a;q=0.12345",
                               "a;q=nan", "a;q=1e-1", "a;q=0.5 0.6"})
    {
      EXPECT_TRUE(ParseAccept(header).empty()) << header;
    }
    EXPECT_EQ(64u, ParseAccept(std::string(1000, 'a') + std::string(2000, ',') +
                               []
                               {
                                 std::string many;
                                 for (int i = 0; i < 500; i++)
                                 {
                                   many += "a,";
                                 }
                                 return many;
                               }())
                     .size());
    EXPECT_EQ(1u, ParseAccept("a;\"").size());
  }

  TEST(AcceptHeader, Gzip)
  {
    for (const char* header : {"gzip", "deflate, gzip;q=0.5", "GZIP", "*", "br, *;q=0.1", "x-gzip"})
    {
      EXPECT_TRUE(AcceptsGzip(header)) << header;
    }
    for (const char* header :
         {"", "identity", "deflate", "gzip;q=0", "*;q=0", "gzip;q=0, *", "gzipped"})
    {
      EXPECT_FALSE(AcceptsGzip(header)) << header;
    }
  }
} // namespace OrthancPlugins
