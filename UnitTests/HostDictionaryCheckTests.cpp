// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../Plugin/HostDictionaryCheck.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace OrthancPlugins
{
  namespace
  {
    std::vector<std::string> Check(const std::string& entries)
    {
      return CheckHostDictionary("{\"Dictionary\":{" + entries + "}}");
    }
  } // namespace

  TEST(HostDictionaryCheck, GoodOnesAreNotMentioned)
  {
    EXPECT_TRUE(Check(R"("0405,1001":["ST","RawText",1,1,"RawDataStore"],)"
                      R"("0405,1002":["US","RawShort",1,3,"RawDataStore"],)"
                      R"("0014,2002":["IS","EvaluatorSequence"])")
                  .empty());
    for (const char* other : {"", "[]", "{}", "{\"Dictionary\":5}", "{\"Dictionary\":{\"x\":1}}"})
    {
      EXPECT_TRUE(CheckHostDictionary(other).empty()) << other;
    }
  }

  TEST(HostDictionaryCheck, WhatTheHostAcceptsSilentlyIsNamed)
  {
    const std::pair<const char*, const char*> cases[] = {
      {R"("0405,0010":["ST","Creator",1,1,"RawDataStore"])", "0405,0010"},
      {R"("0405,1001":["ST","PatientName",1,1,"RawDataStore"])", "standard"},
      {R"("0405,1001":["ST","RawText",1,1])", "no private creator"},
      {R"("0405,1001":["ST","RawText",1,1,5])", "no private creator"},
      {R"("0405,1001":5)", "no private creator"},
      {R"("0405,1001":["ST","Same",1,1,"A"],"0407,1001":["ST","Same",1,1,"B"])",
       "another private creator"}};
    for (const auto& [entries, part] : cases)
    {
      const std::vector<std::string> lines = Check(entries);
      ASSERT_EQ(1u, lines.size()) << entries;
      EXPECT_NE(std::string::npos, lines[0].find(part)) << lines[0];
    }
  }
} // namespace OrthancPlugins
