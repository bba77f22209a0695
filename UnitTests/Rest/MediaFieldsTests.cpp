// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../Plugin/Rest/ArchiveRequestParser.h"

#include "RestFixture.h"

#include <gtest/gtest.h>

namespace OrthancPlugins
{
  namespace
  {
    Settings MakeSettings()
    {
      Settings settings;
      settings.archive.media.overlays["viewer"] = "/somewhere";
      return settings;
    }

    ParsedRequest Parse(ArchiveKind kind, const std::string& body, bool isExtended = false)
    {
      const Settings settings = MakeSettings();
      return ArchiveRequestParser(settings, HOST_C, kind, isExtended)
        .ParsePost(ResourceLevel::Study, MakePost({"id"}, body));
    }

    using Arguments = std::vector<std::pair<std::string, std::string>>;

    ArchiveRequest ParseGet(ArchiveKind kind, const Arguments& arguments, bool isExtended = false)
    {
      const Settings settings = MakeSettings();
      return ArchiveRequestParser(settings, HOST_C, kind, isExtended)
        .ParseGet(ResourceLevel::Series, MakeGet({"id"}, arguments))
        .archive;
    }
  } // namespace

  TEST(MediaFields, Defaults)
  {
    for (const ArchiveRequest& request :
         {Parse(ArchiveKind::Media, "{}").archive, ParseGet(ArchiveKind::Media, {})})
    {
      EXPECT_EQ(ArchiveKind::Media, request.kind);
      EXPECT_FALSE(request.media.isExtended);
      EXPECT_EQ(MediaProfile::None, request.media.profile);
      EXPECT_FALSE(request.media.hasReadme || request.media.hasPdf || request.media.hasIndex);
      EXPECT_EQ("", request.media.overlay);
      EXPECT_EQ(0u, request.media.volumeSizeMB);
      EXPECT_EQ(ArchiveFormat::Zip, request.format);
      EXPECT_FALSE(request.isEncrypted);
      EXPECT_EQ("id.zip", request.filename);
    }
  }

  TEST(MediaFields, ExtendedAsTheHost)
  {
    const std::string yes = "{\"Extended\": true}";
    const std::string no = "{\"Extended\": false}";

    EXPECT_TRUE(Parse(ArchiveKind::Media, yes).archive.media.isExtended);
    EXPECT_FALSE(Parse(ArchiveKind::Media, no).archive.media.isExtended);
    EXPECT_TRUE(Parse(ArchiveKind::Media, "{}", true).archive.media.isExtended);
    EXPECT_FALSE(Parse(ArchiveKind::Media, no, true).archive.media.isExtended);
    EXPECT_FALSE(Parse(ArchiveKind::Archive, yes).archive.media.isExtended);
    EXPECT_TRUE(ParseGet(ArchiveKind::Media, {{"extended", "false"}}).media.isExtended);
    EXPECT_TRUE(ParseGet(ArchiveKind::Media, {}, true).media.isExtended);
    EXPECT_FALSE(ParseGet(ArchiveKind::Archive, {{"extended", ""}}).media.isExtended);
    for (const ArchiveKind kind : {ArchiveKind::Archive, ArchiveKind::Media})
    {
      EXPECT_EQ(FailureKind::BadFormat, CatchFailure([&] { Parse(kind, "{\"Extended\": 1}"); }));
    }
  }

  TEST(MediaFields, AllOfThem)
  {
    const ParsedRequest parsed =
      Parse(ArchiveKind::Media,
            R"({"Profile": "std-gen-dvd-j2k", "Readme": true, "Pdf": true, "Index": true,)"
            R"("Overlay": "viewer", "VolumeSizeMB": 4700, "Format": "Zip",)"
            R"("Encrypt": {"Password": "p\u00e4ss"}, "Transcode": "1.2.840.10008.1.2.4.90"})");

    const MediaRequest& media = parsed.archive.media;
    EXPECT_EQ(MediaProfile::StdGenDvdJ2k, media.profile);
    EXPECT_TRUE(media.hasReadme && media.hasPdf && media.hasIndex);
    EXPECT_EQ("viewer", media.overlay);
    EXPECT_EQ(4700u, media.volumeSizeMB);
    EXPECT_TRUE(parsed.archive.isEncrypted);
    EXPECT_EQ("p\xc3\xa4ss", parsed.password);
    const ArchiveRequest get = ParseGet(ArchiveKind::Media, {{"profile", "STD-GEN-CD"},
                                                             {"readme", ""},
                                                             {"pdf", "1"},
                                                             {"index", "true"},
                                                             {"overlay", "viewer"},
                                                             {"volume-size-mb", "700"},
                                                             {"format", "iso"}});
    EXPECT_EQ(MediaProfile::StdGenCd, get.media.profile);
    EXPECT_TRUE(get.media.hasReadme && get.media.hasPdf && get.media.hasIndex);
    EXPECT_EQ("viewer", get.media.overlay);
    EXPECT_EQ(700u, get.media.volumeSizeMB);
    EXPECT_EQ(ArchiveFormat::Iso, get.format);
    EXPECT_EQ("id.iso", get.filename);
  }

  TEST(MediaFields, WrongOnesAreNamed)
  {
    const struct
    {
      const char* body;
      FailureKind kind;
      const char* field;
    } ROWS[] = {
      {R"({"Profile": "STD-XX"})", FailureKind::OutOfRange, "Profile"},
      {R"({"Profile": ""})", FailureKind::OutOfRange, "Profile"},
      {R"({"Profile": true})", FailureKind::BadFormat, "Profile"},
      {R"({"Profile": "STD-GEN-CD", "Transcode": "1.2.840.10008.1.2.4.50"})",
       FailureKind::OutOfRange, "Transcode"},
      {R"({"Readme": "true"})", FailureKind::BadFormat, "Readme"},
      {R"({"Pdf": 1})", FailureKind::BadFormat, "Pdf"},
      {R"({"Index": null})", FailureKind::BadFormat, "Index"},
      {R"({"Overlay": "../etc"})", FailureKind::OutOfRange, "Overlay"},
      {R"({"Overlay": "/somewhere"})", FailureKind::OutOfRange, "Overlay"},
      {R"({"Overlay": ""})", FailureKind::OutOfRange, "Overlay"},
      {R"({"Overlay": ["viewer"]})", FailureKind::BadFormat, "Overlay"},
      {R"({"VolumeSizeMB": 0})", FailureKind::OutOfRange, "VolumeSizeMB"},
      {R"({"VolumeSizeMB": -1})", FailureKind::OutOfRange, "VolumeSizeMB"},
      {R"({"VolumeSizeMB": 4294967296})", FailureKind::OutOfRange, "VolumeSizeMB"},
      {R"({"VolumeSizeMB": 1.5})", FailureKind::BadFormat, "VolumeSizeMB"},
      {R"({"Format": "Udf"})", FailureKind::OutOfRange, "Format"},
      {R"({"Format": 1})", FailureKind::BadFormat, "Format"},
      {R"({"Encrypt": "secret"})", FailureKind::BadFormat, "Encrypt"},
      {R"({"Encrypt": {}})", FailureKind::BadFormat, "Encrypt"},
      {R"({"Encrypt": {"Password": 1}})", FailureKind::BadFormat, "Encrypt"},
      {R"({"Encrypt": {"Password": ""}})", FailureKind::OutOfRange, "Encrypt"},
      {R"({"Encrypt": {"Password": "secret", "Method": "ZipCrypto"}})", FailureKind::BadFormat,
       "Encrypt"},
      {R"({"Encrypt": {"Password": "secret"}, "Format": "Iso"})", FailureKind::OutOfRange,
       "Encrypt"},
    };
    for (const auto& row : ROWS)
    {
      std::string message;
      EXPECT_EQ(row.kind, CatchFailure([&] { Parse(ArchiveKind::Media, row.body); }, &message))
        << row.body;
      EXPECT_NE(std::string::npos, message.find(row.field)) << message;
      EXPECT_EQ(std::string::npos, message.find("secret")) << message;
    }
  }

  TEST(MediaFields, PasswordInAUrlIsRefused)
  {
    for (const char* name : {"encrypt", "password"})
    {
      for (const ArchiveKind kind : {ArchiveKind::Archive, ArchiveKind::Media})
      {
        EXPECT_EQ(FailureKind::BadRequest, CatchFailure([&] { ParseGet(kind, {{name, "x"}}); }));
      }
    }
  }

  TEST(MediaFields, ArchivesAreEncryptedButAreNoMedia)
  {
    EXPECT_EQ("x", Parse(ArchiveKind::Archive, R"({"Encrypt": {"Password": "x"}})").password);
    EXPECT_EQ(ArchiveFormat::Zip,
              Parse(ArchiveKind::Archive, R"({"Format": "Zip", "Readme": false})").archive.format);
    const struct
    {
      const char* body;
      const char* field;
    } ROWS[] = {{R"({"Profile": "STD-GEN-CD"})", "Profile"},
                {R"({"Readme": true})", "Readme"},
                {R"({"Pdf": true})", "Pdf"},
                {R"({"Index": true})", "Index"},
                {R"({"Overlay": "viewer"})", "Overlay"},
                {R"({"VolumeSizeMB": 700})", "VolumeSizeMB"},
                {R"({"Format": "Iso"})", "Format"}};
    for (const auto& row : ROWS)
    {
      std::string message;
      EXPECT_EQ(FailureKind::OutOfRange,
                CatchFailure([&] { Parse(ArchiveKind::Archive, row.body); }, &message));
      EXPECT_NE(std::string::npos, message.find(row.field)) << message;
    }
  }
} // namespace OrthancPlugins
