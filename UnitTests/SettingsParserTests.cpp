// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../Plugin/SettingsParser.h"

#include "../Plugin/Core/Failure.h"

#include <gtest/gtest.h>

namespace OrthancPlugins
{
  namespace
  {
    ParsedSettings Parse(const std::string& own)
    {
      return ParseSettings(R"({"StorageDirectory": "/db", "AdvancedRest": )" + own + "}",
                           "/etc/orthanc");
    }

    std::string GetMessage(const std::string& own)
    {
      try
      {
        Parse(own);
      }
      catch (const Failure& failure)
      {
        return failure.what();
      }
      return "accepted";
    }
  } // namespace

  TEST(SettingsParser, EverythingHasADefault)
  {
    const ParsedSettings parsed = ParseSettings("{}", "/etc/orthanc");

    EXPECT_TRUE(parsed.settings.archive.isEnabled);
    EXPECT_TRUE(parsed.settings.isJobsEnabled);
    EXPECT_EQ(parsed.settings.archive.density, ArchiveDensity::Fast);
    EXPECT_EQ(parsed.settings.host.storageDirectory, "/etc/orthanc/OrthancStorage");
    EXPECT_EQ(parsed.settings.spool.directory, "/etc/orthanc/OrthancStorage/AdvancedRestSpool");
    EXPECT_EQ(parsed.settings.spool.maxAgeHours, 24u);
    EXPECT_FALSE(parsed.settings.spool.maxArchives.has_value());
    EXPECT_EQ(parsed.settings.host.jobsHistorySize, 10u);
    EXPECT_TRUE(parsed.warnings.empty());
  }

  TEST(SettingsParser, ReadsEachOption)
  {
    const Settings settings = Parse(R"({
      "Jobs": false,
      "Archive": {"Enabled": true, "Compression": "Dense", "OnMissing": "Report",
                  "OnTranscodeFailure": "Fail", "Naming": "{PatientID}/{Index}.dcm", "Utf8Names": true,
                  "Manifest": true, "ChunkedFraming": false, "Attachment": true, "MaxStreams": 3,
                  "Threads": 4, "WindowMB": 8, "DirectStorage": false},
      "Spool": {"Directory": "spool", "MaxArchives": 5, "MaxAgeHours": 0}})")
                                .settings;

    EXPECT_FALSE(settings.isJobsEnabled);
    EXPECT_EQ(settings.archive.density, ArchiveDensity::Dense);
    EXPECT_EQ(settings.archive.onMissing, MissingPolicy::Report);
    EXPECT_EQ(settings.archive.onTranscodeFailure, TranscodeFailurePolicy::Fail);
    EXPECT_EQ(settings.archive.naming, "{PatientID}/{Index}.dcm");
    EXPECT_TRUE(settings.archive.hasUtf8Names);
    EXPECT_TRUE(settings.archive.hasManifest);
    EXPECT_FALSE(settings.archive.isChunked);
    EXPECT_TRUE(settings.archive.isAttachment);
    EXPECT_EQ(settings.archive.maxStreams, 3u);
    EXPECT_EQ(settings.archive.threads, 4u);
    EXPECT_EQ(settings.archive.windowBytes, 8u << 20);
    EXPECT_FALSE(settings.archive.readsStorageDirectly);
    EXPECT_EQ(settings.spool.directory, "/etc/orthanc/spool");
    EXPECT_EQ(settings.spool.maxArchives, 5u);
    EXPECT_FALSE(settings.spool.maxAgeHours.has_value());
  }

  TEST(SettingsParser, ArchiveMayBeAPlainSwitch)
  {
    EXPECT_FALSE(Parse(R"({"Archive": false})").settings.archive.isEnabled);
    EXPECT_TRUE(Parse(R"({"Archive": true})").settings.archive.isEnabled);
  }

  TEST(SettingsParser, WrongOptionIsNamed)
  {
    const std::pair<const char*, const char*> rows[] = {
      {"[]", "AdvancedRest"},
      {R"({"Jobz": true})", "AdvancedRest.Jobz"},
      {R"({"Jobs": 1})", "AdvancedRest.Jobs"},
      {R"({"Archive": 1})", "AdvancedRest.Archive"},
      {R"({"Archive": {"Speed": 1}})", "AdvancedRest.Archive.Speed"},
      {R"({"Archive": {"Compression": "fast"}})", "AdvancedRest.Archive.Compression"},
      {R"({"Archive": {"Compression": 3}})", "AdvancedRest.Archive.Compression"},
      {R"({"Archive": {"OnMissing": "Ignore"}})", "AdvancedRest.Archive.OnMissing"},
      {R"({"Archive": {"OnTranscodeFailure": true}})", "AdvancedRest.Archive.OnTranscodeFailure"},
      {R"({"Archive": {"Naming": "{PatientID"}})", "AdvancedRest.Archive.Naming"},
      {R"({"Archive": {"Naming": 1}})", "AdvancedRest.Archive.Naming"},
      {R"({"Archive": {"Manifest": "yes"}})", "AdvancedRest.Archive.Manifest"},
      {R"({"Archive": {"Threads": 0}})", "AdvancedRest.Archive.Threads"},
      {R"({"Archive": {"Threads": -1}})", "AdvancedRest.Archive.Threads"},
      {R"({"Archive": {"WindowMB": 1.5}})", "AdvancedRest.Archive.WindowMB"},
      {R"({"Archive": {"MaxStreams": 1001}})", "AdvancedRest.Archive.MaxStreams"},
      {R"({"Spool": "here"})", "AdvancedRest.Spool"},
      {R"({"Spool": {"Directory": ""}})", "AdvancedRest.Spool.Directory"},
      {R"({"Spool": {"Directory": 5}})", "AdvancedRest.Spool.Directory"},
      {R"({"Spool": {"MaxAgeHours": "24"}})", "AdvancedRest.Spool.MaxAgeHours"},
      {R"({"Spool": {"Retention": 24}})", "AdvancedRest.Spool.Retention"},
    };
    for (const auto& [own, option] : rows)
    {
      EXPECT_NE(GetMessage(own).find("\"" + std::string(option) + "\""), std::string::npos)
        << own << ": " << GetMessage(own);
    }
  }

  TEST(SettingsParser, MediaArchiveSizeAboveOneIsTheDefaultOfMaxArchives)
  {
    const ParsedSettings several = ParseSettings(R"({"MediaArchiveSize": 3})", "/");
    const ParsedSettings own = ParseSettings(
      R"({"MediaArchiveSize": 3, "AdvancedRest": {"Spool": {"MaxArchives": 1}}})", "/");
    const ParsedSettings shipped = ParseSettings(R"({"MediaArchiveSize": 1})", "/");

    EXPECT_EQ(several.settings.spool.maxArchives, 3u);
    EXPECT_EQ(own.settings.spool.maxArchives, 1u);
    EXPECT_FALSE(shipped.settings.spool.maxArchives.has_value());
    ASSERT_EQ(shipped.warnings.size(), 1u);
    EXPECT_NE(shipped.warnings[0].find("MediaArchiveSize"), std::string::npos);
  }

  TEST(SettingsParser, RefusesWhatIsNoConfiguration)
  {
    EXPECT_THROW(ParseSettings("", "/"), Failure);
    EXPECT_THROW(ParseSettings("[]", "/"), Failure);
    EXPECT_THROW(ParseSettings("{", "/"), Failure);
  }

  TEST(SettingsParser, FollowsTheOptionsOfTheHost)
  {
    const HostSettings host =
      ParseSettings(
        R"({"StorageDirectory": "/db", "SynchronousZipStream": false, "JobsHistorySize": 3,
                        "ZipUseUtf8": true, "HttpDescribeErrors": false,
                        "DicomLossyTranscodingQuality": 70, "StorageCompression": true})",
        "/")
        .settings.host;

    EXPECT_EQ(host.storageDirectory, "/db");
    EXPECT_FALSE(host.isZipStreamed);
    EXPECT_EQ(host.jobsHistorySize, 3u);
    EXPECT_TRUE(host.hasZipUtf8);
    EXPECT_FALSE(host.describesErrors);
    EXPECT_EQ(host.lossyQuality, 70u);
    EXPECT_TRUE(host.isStorageCompressed);
  }
} // namespace OrthancPlugins
