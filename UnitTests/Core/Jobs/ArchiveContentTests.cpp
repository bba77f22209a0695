// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../../Plugin/Core/Jobs/ArchiveContent.h"

#include <gtest/gtest.h>
#include <json/json.h>

#include <limits>
#include <memory>
#include <set>

namespace OrthancPlugins
{
  namespace
  {
    Json::Value Parse(const std::string& text)
    {
      Json::CharReaderBuilder builder;
      Json::CharReaderBuilder::strictMode(&builder.settings_);
      const std::unique_ptr<Json::CharReader> reader(builder.newCharReader());
      Json::Value value;
      std::string errors;
      EXPECT_TRUE(reader->parse(text.data(), text.data() + text.size(), &value, &errors))
        << errors << text;
      return value;
    }

    Json::Value Format(const ArchiveContent& content)
    {
      return Parse(FormatArchiveContent(content));
    }

    std::set<std::string> GetNames(const Json::Value& value)
    {
      const Json::Value::Members members = value.getMemberNames();
      return std::set<std::string>(members.begin(), members.end());
    }
  } // namespace

  TEST(ArchiveContent, HasTheMembersOfTheHost)
  {
    ArchiveContent content;
    content.request.filename = "study.zip";
    content.instancesCount = 65'600;
    content.uncompressedBytes = 5'368'709'120;
    content.archiveBytes = 3 * 1024 * 1024 - 1;

    const Json::Value value = Format(content);

    EXPECT_EQ("REST API", value["Description"].asString());
    EXPECT_EQ(Json::Value(65'600), value["InstancesCount"]);
    EXPECT_EQ(Json::Value(5'120), value["UncompressedSizeMB"]);
    EXPECT_EQ(Json::Value(2), value["ArchiveSizeMB"]);
    EXPECT_EQ(Json::Value("5368709120"), value["UncompressedSize"]);
    EXPECT_EQ(Json::Value("3145727"), value["ArchiveSize"]);
    EXPECT_EQ(Json::Value(false), value["Utf8"]);
    EXPECT_EQ(Json::Value("study.zip"), value["Filename"]);
    EXPECT_EQ(Json::Value("Fast"), value["Compression"]);
    EXPECT_EQ(
      (std::set<std::string>{"Description", "InstancesCount", "UncompressedSizeMB", "ArchiveSizeMB",
                             "UncompressedSize", "ArchiveSize", "Utf8", "Filename", "Compression"}),
      GetNames(value));
  }

  TEST(ArchiveContent, ShowsWhatWasAsked)
  {
    ArchiveContent content;
    content.request.transcode = TranscodeTarget{"1.2.840.10008.1.2.4.50", 80u};
    content.request.isUtf8 = true;
    content.request.density = ArchiveDensity::Dense;
    Json::Value value = Format(content);
    EXPECT_EQ("1.2.840.10008.1.2.4.50", value["Transcode"].asString());
    EXPECT_EQ(Json::Value(80), value["LossyQuality"]);
    EXPECT_EQ(Json::Value(true), value["Utf8"]);
    EXPECT_EQ("Dense", value["Compression"].asString());

    content.request.transcode->lossyQuality.reset();
    content.request.density = ArchiveDensity::Store;
    value = Format(content);
    EXPECT_FALSE(value.isMember("LossyQuality"));
    EXPECT_EQ("Store", value["Compression"].asString());
  }

  TEST(ArchiveContent, ReportIsShownWhereItWasAskedFor)
  {
    ArchiveContent content;
    content.report = ArchiveReport{{"m1"}, {"n1", "n2"}, {}, {}};
    Json::Value value = Format(content);
    EXPECT_FALSE(value.isMember("Missing"));
    EXPECT_FALSE(value.isMember("NotTranscoded"));

    content.request.onMissing = MissingPolicy::Report;
    content.request.transcode = TranscodeTarget{"1.2.840.10008.1.2.1", std::nullopt};
    value = Format(content);
    EXPECT_EQ(Json::Value(1), value["Missing"]["Count"]);
    EXPECT_EQ("m1", value["Missing"]["Instances"][0].asString());
    EXPECT_EQ(Json::Value(2), value["NotTranscoded"]["Count"]);
    EXPECT_EQ("n2", value["NotTranscoded"]["Instances"][1].asString());

    content.report = ArchiveReport();
    value = Format(content);
    EXPECT_EQ(Json::Value(0), value["Missing"]["Count"]);
    EXPECT_TRUE(value["Missing"]["Instances"].isArray());
  }

  TEST(ArchiveContent, FailureHasTheCodeOfTheHost)
  {
    ArchiveContent content;
    content.failureKind = FailureKind::StorageFull;
    content.failureText = "The disk of the spool is full";

    const Json::Value value = Format(content);

    EXPECT_EQ(Json::Value(19), value["ErrorCode"]);
    EXPECT_EQ("The file storage is full", value["ErrorDescription"].asString());
    EXPECT_EQ("The disk of the spool is full", value["ErrorDetails"].asString());
  }

  TEST(ArchiveContent, UserDataOfAnyTypeIsShown)
  {
    for (const char* text : {"null", "true", "12", "-1.5", "\"text\"", "[]", "[1,[2]]", "{}",
                             R"({"a":{"b":[null]}})", "18446744073709551615"})
    {
      ArchiveContent content;
      content.request.userDataJson = text;

      const Json::Value value = Format(content);

      ASSERT_TRUE(value.isMember("UserData")) << text;
      EXPECT_EQ(Parse("{\"x\":" + std::string(text) + "}")["x"], value["UserData"]) << text;
    }
  }

  TEST(ArchiveContent, UserDataThatIsNoJsonIsAText)
  {
    const std::string deep = std::string(5'000, '[') + std::string(5'000, ']');
    for (const std::string& text : {std::string("{"), std::string("1 2"), std::string("nul"), deep})
    {
      ArchiveContent content;
      content.request.userDataJson = text;

      EXPECT_EQ(Json::Value(text), Format(content)["UserData"]) << text.substr(0, 20);
    }
  }

  TEST(ArchiveContent, IsAsciiWhateverComesIn)
  {
    std::string bytes;
    for (int c = 255; c >= 0; c--)
    {
      bytes.push_back(static_cast<char>(c));
    }
    ArchiveContent content;
    content.request.filename = bytes + "na\xc3\xafve\xed\xa0\x80\xf0\x9f\x98\x80\xf8";
    content.request.userDataJson = "\"" + std::string("\xff\xfe") + "\"";
    content.failureKind = FailureKind::Internal;
    content.failureText = bytes;

    const std::string text = FormatArchiveContent(content);

    for (const char c : text)
    {
      EXPECT_GE(c, ' ') << static_cast<int>(c);
    }
    EXPECT_NE(std::string::npos, Parse(text)["Filename"].asString().find("na\xc3\xafve"));
  }

  TEST(ArchiveContent, HugeSizesDoNotOverflow)
  {
    ArchiveContent content;
    content.instancesCount = std::numeric_limits<std::uint64_t>::max();
    content.uncompressedBytes = std::numeric_limits<std::uint64_t>::max();

    const Json::Value value = Format(content);

    EXPECT_EQ("18446744073709551615", value["UncompressedSize"].asString());
    EXPECT_EQ(std::numeric_limits<unsigned>::max(), value["UncompressedSizeMB"].asUInt());
  }

  TEST(ArchiveContent, CodesAreTheHosts)
  {
    EXPECT_EQ(14, GetJobErrorCode(FailureKind::ClientGone));
    EXPECT_EQ("Cannot write to file", GetJobErrorDescription(FailureKind::ClientGone));
    EXPECT_EQ(37, GetJobErrorCode(FailureKind::Canceled));
    EXPECT_EQ("This job was canceled", GetJobErrorDescription(FailureKind::Canceled));
    EXPECT_EQ(13, GetJobErrorCode(FailureKind::SourceMissing));
    EXPECT_EQ(14, GetJobErrorCode(FailureKind::CannotWrite));
    EXPECT_EQ(17, GetJobErrorCode(FailureKind::UnknownResource));
    EXPECT_EQ(7, GetJobErrorCode(FailureKind::NotFound));
    EXPECT_EQ(-1, GetJobErrorCode(FailureKind::Internal));
    EXPECT_EQ("Internal error", GetJobErrorDescription(FailureKind::Internal));
    for (int kind = 0; kind <= static_cast<int>(FailureKind::Internal); kind++)
    {
      EXPECT_NE(0, GetJobErrorCode(static_cast<FailureKind>(kind))) << kind;
      EXPECT_NE("", GetJobErrorDescription(static_cast<FailureKind>(kind))) << kind;
    }
  }
} // namespace OrthancPlugins
