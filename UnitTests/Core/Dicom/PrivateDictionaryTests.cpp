// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../../Plugin/Core/Dicom/PrivateDictionary.h"

#include "../../../Plugin/Core/Failure.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

namespace OrthancPlugins
{
  TEST(PrivateDictionary, ReadsAndWritesFilesOfDcmtk)
  {
    const std::string text = "# comment\n\n(0405,\"Raw Store\",01)\tST\tRawText\t1\tPrivateTag\r\n"
                             "(0405,\"Raw Store\",1002)\tDS\tRawNumbers\t1-n\tPrivateTag\n"
                             "(0407,\"Raw Store\",03)\tUS\tRawPair\t2-4\n"
                             "(0407,\"Raw Store\",04)\tox\tRaw words, or bytes=\t1\n";
    const std::vector<PrivateTag> tags = ParseDictionaryFile(text);
    ASSERT_EQ(4u, tags.size());
    EXPECT_EQ("OW", tags[3].vr);
    EXPECT_EQ("Raw words, or bytes=", tags[3].name);
    EXPECT_EQ("Raw Store", tags[0].creator);
    EXPECT_EQ(1u, tags[0].maximumMultiplicity);
    EXPECT_EQ(2u, tags[1].lowByte);
    EXPECT_EQ(0u, tags[1].maximumMultiplicity);
    EXPECT_EQ(4u, tags[2].maximumMultiplicity);
    EXPECT_EQ(FormatDictionaryFile(tags),
              FormatDictionaryFile(ParseDictionaryFile(FormatDictionaryFile(tags))));
  }

  TEST(PrivateDictionary, NamesTheBadLine)
  {
    for (const char* line :
         {"(0405,\"A\",01)\tST\tName", "(0404,\"A\",01)\tST\tName\t1",
          "(0405,\"\",01)\tST\tName\t1", "(0405,\"A\",01)\tXX\tName\t1",
          "(0405,\"A\",01)\tST\tName \t1", "(0405,\"A\",01)\tST\tNa\x01me\t1",
          "(0405,\"A\",01)\tOX\tName\t1", "(0405,\"A\",01)\tST\tName\tx",
          "(0405,\"A\",01)\tST\tName\t3-2", "(0405,01)\tST\tName\t1",
          "(0405,\"A\xC3\xA9\",01)\tST\tName\t1", "()\tST\tName\t1", "(0010,0010)\tPN\tName\t1",
          "(0001,\"A\",01)\tST\tName\t1", "(ffff,\"A\",01)\tST\tName\t1"})
    {
      try
      {
        ParseDictionaryFile(std::string("# first\n") + line + "\n");
        ADD_FAILURE() << line;
      }
      catch (const Failure& failure)
      {
        EXPECT_NE(std::string::npos, std::string(failure.what()).find("Line 2")) << failure.what();
      }
    }
  }

  TEST(PrivateDictionary, ChangesAreSavedAnnouncedAndSeenAtOnce)
  {
    std::string saved;
    std::vector<std::string> announced;
    PrivateDictionary dictionary(
      {{0x0405, 1, "A", "ST", "First", 1, 1}},
      [&](const PrivateTag& tag) { announced.push_back(tag.name); },
      [&](const std::string& text) { saved = text; });
    dictionary.Add({{0x0405, 2, "A", "LO", "Second", 1, 1}});
    EXPECT_EQ((std::vector<std::string>{"First", "Second"}), announced);
    EXPECT_EQ(2u, ParseDictionaryFile(saved).size());
    EXPECT_EQ("LO", dictionary.Find(0x0405, 2, "A")->vr);
    EXPECT_FALSE(dictionary.Find(0x0405, 2, "B").has_value());
    EXPECT_EQ(2u, dictionary.FindByName("Second")->lowByte);
    dictionary.Replace({{0x0405, 3, "A", "LO", "Third", 1, 1}});
    EXPECT_FALSE(dictionary.Find(0x0405, 1, "A").has_value());
    EXPECT_EQ(1u, dictionary.GetOwn().size());
    dictionary.Replace({});
    EXPECT_EQ("", saved);
    EXPECT_FALSE(dictionary.FindByName("Third").has_value());
  }

  TEST(PrivateDictionary, TheHostIsToldOnce)
  {
    std::vector<std::string> announced;
    PrivateDictionary dictionary(
      {{0x0405, 1, "A", "ST", "First", 1, 1}},
      [&](const PrivateTag& tag) { announced.push_back(tag.name + tag.vr); }, {});
    dictionary.Add({{0x0405, 1, "A", "ST", "First", 1, 1}});
    dictionary.Replace({{0x0405, 2, "A", "LO", "Second", 1, 1}});
    dictionary.Replace(
      {{0x0405, 1, "A", "ST", "First", 1, 1}, {0x0405, 2, "A", "LO", "Second", 1, 1}});
    EXPECT_EQ((std::vector<std::string>{"FirstST", "SecondLO"}), announced);
    dictionary.Add({{0x0405, 2, "A", "SH", "Second", 1, 1}});
    EXPECT_EQ("SecondSH", announced.back());
  }

  TEST(PrivateDictionary, NothingChangesIfItCannotBeSaved)
  {
    PrivateDictionary dictionary(
      {}, {}, [](const std::string&) { throw Failure(FailureKind::StorageFull, "full"); });
    EXPECT_THROW(dictionary.Add({{0x0405, 2, "A", "LO", "Second", 1, 1}}), Failure);
    EXPECT_FALSE(dictionary.Find(0x0405, 2, "A").has_value());
  }

  TEST(PrivateDictionary, TagsAreWrittenInManyWays)
  {
    for (const char* text : {"0405,1001", "0405-1001", "04051001", "(0405,1001)"})
    {
      EXPECT_EQ("0405,1001", FormatTagNumber(ParseTagNumber(text).value())) << text;
    }
    EXPECT_EQ("0405,xx0a", FormatTagNumber(ParseTagNumber("0405xx0A").value()));
    for (const char* text : {"", "0405", "0405,100", "0405,10011", "0405;1001", "x405,1001",
                             "0404,xx01", "(0405,1001", "+405,1001"})
    {
      EXPECT_FALSE(ParseTagNumber(text).has_value()) << text;
    }
    EXPECT_EQ("PatientName", FindStandardTag(TagNumber{0x0010, 0x0010, false})->keyword);
    EXPECT_EQ("LO", FindStandardTag("PatientID")->vr);
    EXPECT_FALSE(FindStandardTag("patientid").has_value());
  }
} // namespace OrthancPlugins
