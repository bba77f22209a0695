// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../Plugin/Rest/CreateDicomRequest.h"

#include "../../Plugin/Core/Failure.h"
#include "../../Plugin/Rest/LongJson.h"

#include <gtest/gtest.h>

#include <string>

namespace OrthancPlugins
{
  namespace
  {
    const NewElement* Find(const NewItem& tags, const std::string& name)
    {
      for (const NewElement& element : tags)
      {
        if (element.tag == name)
        {
          return &element;
        }
      }
      return nullptr;
    }
  } // namespace

  TEST(LongJson, LeavesLongStringsWhereTheyAre)
  {
    const std::string content = "data:," + std::string(100'000, 'x') + "\\\"y";
    const std::string body =
      "/* \" */ {\"Tags\" : { \"a\":\"b\" }, \"Content\":\"" + content + "\"} // \"";
    const LongJson json(body);
    EXPECT_LT(json.GetShortText().size(), 200u);
    ASSERT_TRUE(json.GetTagsOffset().has_value());
    EXPECT_EQ(" \"a\"", body.substr(*json.GetTagsOffset(), 4));
    EXPECT_EQ("\"Tags\"", body.substr(*json.GetObjectOffset(), 6));
    EXPECT_FALSE(json.Find("b").has_value());
    const std::size_t mark = json.GetShortText().find("long-");
    const std::size_t end = json.GetShortText().find('"', mark);
    EXPECT_EQ(content, json.Find(json.GetShortText().substr(mark, end - mark)).value());
  }

  TEST(LongJson, StringsEndAtTheirQuote)
  {
    // As they are in JSON
    for (const std::string& inside :
         std::vector<std::string>{"", R"(\\)", R"(\")", R"(\"\")", R"(\\\")", R"(\/a\n\")"})
    {
      const std::string content = "data:," + inside;
      const std::string body = R"({"Content":")" + content + R"(","Tags":{"a":"\\"},"b":"\""})";
      const LongJson json(body);
      const std::string text = json.GetShortText();
      const std::size_t mark = text.find("long-");
      ASSERT_NE(std::string::npos, mark);
      EXPECT_EQ(content, json.Find(text.substr(mark, text.find('"', mark) - mark)).value());
      EXPECT_EQ(R"(,"Tags":{"a":"\\"},"b":"\""})", text.substr(text.find('"', mark) + 1));
    }
  }

  TEST(LongJson, WhatIsNoJsonStaysNone)
  {
    for (const char* body : {"", "\"", "{\"a", "}", "/*", "{\"a\\", "[[[", "\\"})
    {
      const LongJson json((std::string_view(body)));
      EXPECT_FALSE(json.GetTagsOffset().has_value()) << body;
      EXPECT_THROW(ParseCreateDicom(body, ""), Failure) << body;
    }
  }

  TEST(LongJson, DeepNestingIsNotLeftToTheHost)
  {
    const std::string open(1000, '[');
    const std::string close(1000, ']');
    for (const std::string& body : {open, open + close, "{\"Tags\": " + open + close + "}",
                                    "{\"UserData\": " + open + close + "}"})
    {
      EXPECT_THROW(ParseCreateDicom(body, ""), Failure);
    }
  }

  TEST(CreateDicomRequest, ReadsAllFormsOfValues)
  {
    const std::string body =
      R"({"Tags": {"PatientName": "A", "0405,1001": 7, "0405,1002": [1, 2.5], "0405,1003": null,
          "0405,1004": "data:;base64,YWI=", "0405,1005": [{"0405,1001": "in"}],
          "0405,1006": {"vr": "OW", "InlineBinary": "YWJjZA=="},
          "00100010": {"vr": "PN", "Value": [{"Alphabetic": "A^B", "Phonetic": "C"}]}},
          "Parent": "p", "Force": true, "PrivateCreator": "X", "DryRun": true})";
    const CreateDicomRequest request = ParseCreateDicom(body, "default");
    EXPECT_TRUE(request.hasPrivateTags);
    EXPECT_TRUE(request.hasDicomJson);
    EXPECT_TRUE(request.isForced);
    EXPECT_TRUE(request.isDryRun);
    EXPECT_EQ("p", request.parent);
    EXPECT_EQ("X", request.privateCreator);
    EXPECT_EQ((std::vector<std::string>{"7"}), Find(request.tags, "0405,1001")->values);
    EXPECT_EQ((std::vector<std::string>{"1", "2.5"}), Find(request.tags, "0405,1002")->values);
    EXPECT_TRUE(Find(request.tags, "0405,1003")->values.empty());
    EXPECT_EQ("ab", Find(request.tags, "0405,1004")->binary);
    EXPECT_TRUE(Find(request.tags, "0405,1005")->isSequence);
    EXPECT_EQ("abcd", Find(request.tags, "0405,1006")->binary);
    EXPECT_EQ("A^B==C", Find(request.tags, "00100010")->values.at(0));
  }

  TEST(CreateDicomRequest, ADocumentMayBeAnAttribute)
  {
    const std::string body =
      R"({"Tags": {"EncapsulatedDocument": "data:application/pdf;base64,JVBERi0="}})";
    const CreateDicomRequest request = ParseCreateDicom(body, "");
    ASSERT_EQ(1u, request.contents.size());
    EXPECT_FALSE(request.hasPrivateTags);
    EXPECT_TRUE(request.tags.empty());
  }

  TEST(CreateDicomRequest, ContentHasTagsOfItsOwn)
  {
    const std::string body =
      R"({"Tags": {}, "Content": ["data:,a", {"Content": "data:,b", "Tags": {"A": "b"}}]})";
    const CreateDicomRequest request = ParseCreateDicom(body, "");
    ASSERT_EQ(2u, request.contents.size());
    EXPECT_TRUE(request.isArray);
    EXPECT_EQ(1u, request.contents[1].tags.size());
    EXPECT_FALSE(ParseCreateDicom(R"({"Tags": {}, "Content": []})", "").isArray);
  }

  TEST(CreateDicomRequest, NamesTheFieldOfTheHostThatIsWrong)
  {
    const std::pair<const char*, const char*> wrong[] = {
      {"[]", "object"},
      {R"({"Tags": []})", "Tags"},
      {R"({"Tags": {}, "Force": 1})", "Force"},
      {R"({"Tags": {}, "Parent": 1})", "Parent"},
      {R"({"Tags": {}, "InterpretBinaryTags": 1})", "InterpretBinaryTags"},
      {R"({"Tags": {}, "Encapsulate": 1})", "Encapsulate"},
      {R"({"Tags": {}, "PrivateCreator": 1})", "PrivateCreator"}};
    for (const auto& [body, field] : wrong)
    {
      try
      {
        ParseCreateDicom(body, "");
        ADD_FAILURE() << body;
      }
      catch (const Failure& failure)
      {
        EXPECT_EQ(FailureKind::BadRequest, failure.GetKind());
        EXPECT_NE(std::string::npos, std::string(failure.what()).find(field)) << failure.what();
      }
    }
    EXPECT_TRUE(ParseCreateDicom(R"({"PatientName": "A"})", "").isLegacy);
  }

  TEST(CreateDicomRequest, RefusesWhatConcernsUs)
  {
    for (const char* body :
         {R"({"Tags": {}, "Content": "no URI"})", R"({"Tags": {}, "Content": 1})",
          R"({"Tags": {"A": {"Value": [1]}}})", R"({"Tags": {"A": true}})",
          R"({"Tags": {"A": [{}, "x"]}})", R"({"Tags": {}, "ConceptNameCode": "x"})",
          R"({"Tags": {}, "DryRun": "x"})"})
    {
      EXPECT_THROW(ParseCreateDicom(body, ""), Failure) << body;
    }
  }

  TEST(CreateDicomRequest, NumbersKeepTheirDigits)
  {
    const std::string body = R"({"Tags": {"A": [0.1, 1e10, 123456789012345678, -0.25]}})";
    EXPECT_EQ((std::vector<std::string>{"0.1", "10000000000", "123456789012345678", "-0.25"}),
              ParseCreateDicom(body, "").tags.at(0).values);
  }
} // namespace OrthancPlugins
