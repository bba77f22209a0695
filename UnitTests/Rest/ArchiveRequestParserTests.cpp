// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../Plugin/Rest/ArchiveRequestParser.h"

#include "RestFixture.h"

#include <gtest/gtest.h>

#include <climits>
#include <string>

namespace OrthancPlugins
{
  namespace
  {
    ArchiveRequest ParsePost(const std::string& body,
                             const HostVersion& version = HOST_C,
                             const Settings& settings = Settings())
    {
      return ArchiveRequestParser(settings, version)
        .ParsePost(ResourceLevel::Study, MakePost({"id"}, body))
        .archive;
    }

    ArchiveRequest ParseBatchPost(const std::string& body, const HostVersion& version = HOST_C)
    {
      const Settings settings;
      return ArchiveRequestParser(settings, version).ParseBatchPost(MakePost({}, body)).archive;
    }

    using Arguments = std::vector<std::pair<std::string, std::string>>;

    ArchiveRequest ParseGet(const Arguments& arguments,
                            const HostVersion& version = HOST_C,
                            const Settings& settings = Settings())
    {
      return ArchiveRequestParser(settings, version)
        .ParseGet(ResourceLevel::Series, MakeGet({"id"}, arguments))
        .archive;
    }

    ArchiveRequest ParseBatchGet(const Arguments& arguments)
    {
      const Settings settings;
      return ArchiveRequestParser(settings, HOST_A).ParseBatchGet(MakeGet({}, arguments)).archive;
    }

    std::string Nest(unsigned depth)
    {
      return std::string(depth, '[') + std::string(depth, ']');
    }
  } // namespace

  TEST(ArchiveRequestParser, DefaultsOfPost)
  {
    for (const HostVersion& version : {HOST_A, HOST_B, HOST_C})
    {
      const ArchiveRequest request = ParsePost("{}", version);

      EXPECT_EQ(ResourceLevel::Study, request.level);
      EXPECT_EQ(std::vector<std::string>{"id"}, request.resources);
      EXPECT_TRUE(request.isPost);
      EXPECT_TRUE(request.isSynchronous);
      EXPECT_EQ(0, request.priority);
      EXPECT_FALSE(request.transcode.has_value());
      EXPECT_EQ("id.zip", request.filename);
      EXPECT_EQ("", request.userDataJson);
      EXPECT_FALSE(request.isUtf8);
      EXPECT_EQ(ArchiveDensity::Fast, request.density);
      EXPECT_EQ(MissingPolicy::Fail, request.onMissing);
      EXPECT_EQ(TranscodeFailurePolicy::KeepOriginal, request.onTranscodeFailure);
      EXPECT_FALSE(request.hasManifest);
      EXPECT_EQ("Host", request.naming);
    }
  }

  TEST(ArchiveRequestParser, DefaultsComeFromTheSettings)
  {
    Settings settings;
    settings.archive.density = ArchiveDensity::Store;
    settings.archive.onMissing = MissingPolicy::Report;
    settings.archive.onTranscodeFailure = TranscodeFailurePolicy::Fail;
    settings.archive.hasManifest = true;
    settings.archive.naming = "{PatientID}/{Index}.dcm";
    settings.host.hasZipUtf8 = true;

    for (const ArchiveRequest& request :
         {ParsePost("{}", HOST_A, settings), ParseGet({}, HOST_A, settings)})
    {
      EXPECT_EQ(ArchiveDensity::Store, request.density);
      EXPECT_EQ(MissingPolicy::Report, request.onMissing);
      EXPECT_EQ(TranscodeFailurePolicy::Fail, request.onTranscodeFailure);
      EXPECT_TRUE(request.hasManifest);
      EXPECT_EQ("{PatientID}/{Index}.dcm", request.naming);
      EXPECT_TRUE(request.isUtf8);
    }

    settings.host.hasZipUtf8 = false;
    settings.archive.hasUtf8Names = true;
    EXPECT_TRUE(ParseGet({}, HOST_A, settings).isUtf8);
    EXPECT_FALSE(ParsePost("{\"Utf8\": false}", HOST_A, settings).isUtf8);
  }

  TEST(ArchiveRequestParser, AnyJsonIsAcceptedAndFieldsAreReadFromObjectsOnly)
  {
    for (const char* body : {"{}", "[]", "[1, {\"Asynchronous\": true}]", "\"text\"", "true",
                             "null", "17", "1.5", "// comment\n{}", "/* comment */ {} // more",
                             "{\"Unknown\": {\"Nested\": []}}", "  {}  ", "{} trailing"})
    {
      const ArchiveRequest request = ParsePost(body, HOST_A);

      EXPECT_TRUE(request.isSynchronous) << body;
      EXPECT_EQ("id.zip", request.filename) << body;
    }
  }

  TEST(ArchiveRequestParser, WhatIsNoJsonIsBadFormat)
  {
    for (const std::string& body :
         {std::string(), std::string("  "), std::string("{"), std::string("}"), std::string("nul"),
          std::string("{\"a\": }"), std::string("{\"a\" 1}"), std::string("\"open"),
          std::string("\0", 1), std::string("\xFF\xFE"), Nest(101), Nest(1000), Nest(100000),
          std::string(100000, '['), std::string(100000, '{'), "{\"UserData\": " + Nest(1000) + "}"})
    {
      for (const HostVersion& version : {HOST_A, HOST_C})
      {
        EXPECT_EQ(FailureKind::BadFormat, CatchFailure([&] { ParsePost(body, version); }))
          << body.substr(0, 40);
      }
      EXPECT_EQ(FailureKind::BadFormat, CatchFailure([&] { ParseBatchPost(body); }))
        << body.substr(0, 40);
    }
    EXPECT_EQ(std::nullopt, CatchFailure([] { ParsePost(Nest(90)); }));
  }

  TEST(ArchiveRequestParser, SynchronousWins)
  {
    const struct
    {
      const char* body;
      bool isSynchronous;
    } ROWS[] = {
      {"{\"Synchronous\": true}", true},
      {"{\"Synchronous\": false}", false},
      {"{\"Asynchronous\": true}", false},
      {"{\"Asynchronous\": false}", true},
      {"{\"Synchronous\": true, \"Asynchronous\": true}", true},
      {"{\"Asynchronous\": false, \"Synchronous\": false}", false},
      {"{\"Synchronous\": true, \"Asynchronous\": \"not read\"}", true},
    };

    for (const auto& row : ROWS)
    {
      EXPECT_EQ(row.isSynchronous, ParsePost(row.body).isSynchronous) << row.body;
      EXPECT_EQ(row.isSynchronous, ParsePost(row.body, HOST_A).isSynchronous) << row.body;
    }
  }

  TEST(ArchiveRequestParser, FieldsOfPost)
  {
    const std::string body = "{\"Priority\": -7, \"Transcode\": \"1.2.840.10008.1.2.4.50\","
                             "\"LossyQuality\": 500, \"Filename\": \"a\\u00e9.zip\","
                             "\"Utf8\": true, \"Extended\": true, \"Compression\": \"Dense\","
                             "\"OnMissing\": \"Report\", \"OnTranscodeFailure\": \"Fail\","
                             "\"Manifest\": true, \"Naming\": \"{StudyDate}/{Index}.dcm\"}";

    for (const HostVersion& version : {HOST_A, HOST_B, HOST_C})
    {
      const ArchiveRequest request = ParsePost(body, version);

      EXPECT_EQ(-7, request.priority);
      ASSERT_TRUE(request.transcode.has_value());
      EXPECT_EQ("1.2.840.10008.1.2.4.50", request.transcode->transferSyntaxUid);
      EXPECT_EQ(500u, request.transcode->lossyQuality);
      EXPECT_EQ("a\xC3\xA9.zip", request.filename);
      EXPECT_TRUE(request.isUtf8);
      EXPECT_EQ(ArchiveDensity::Dense, request.density);
      EXPECT_EQ(MissingPolicy::Report, request.onMissing);
      EXPECT_EQ(TranscodeFailurePolicy::Fail, request.onTranscodeFailure);
      EXPECT_TRUE(request.hasManifest);
      EXPECT_EQ("{StudyDate}/{Index}.dcm", request.naming);
    }
  }

  TEST(ArchiveRequestParser, LenientFieldsOfPost)
  {
    EXPECT_EQ("id.zip", ParsePost("{\"Filename\": 5}").filename);
    EXPECT_EQ("id.zip", ParsePost("{\"Filename\": null}").filename);
    EXPECT_EQ("id.zip", ParsePost("{\"Filename\": [\"a.zip\"]}").filename);
    EXPECT_EQ("id.zip", ParsePost("{\"Filename\": \"\"}").filename);
    EXPECT_EQ("\xFF.zip", ParsePost("{\"Filename\": \"\xFF.zip\"}").filename);
    EXPECT_FALSE(ParsePost("{\"LossyQuality\": \"not read\"}").transcode.has_value());
    EXPECT_EQ(ArchiveDensity::Store, ParsePost("{\"Compression\": \"store\"}").density);
    EXPECT_EQ(2, ParsePost("{\"Priority\": 1, \"Priority\": 2}").priority);
    EXPECT_EQ(INT_MAX, ParsePost("{\"Priority\": 2147483647}").priority);
    EXPECT_EQ(INT_MIN, ParsePost("{\"Priority\": -2147483648}").priority);
  }

  TEST(ArchiveRequestParser, LossyQualityHasTheHostsDefault)
  {
    Settings settings;
    settings.host.lossyQuality = 75;

    const ArchiveRequest request =
      ParsePost("{\"Transcode\": \"1.2.840.10008.1.2.4.50\"}", HOST_C, settings);

    EXPECT_EQ(75u, request.transcode->lossyQuality);
  }

  TEST(ArchiveRequestParser, UserDataOfAnyTypeIsKept)
  {
    const struct
    {
      const char* text;
      const char* kept;
    } ROWS[] = {
      {"\"text\"", "\"text\""},
      {"{ \"a\" : [ 1, true, null ] }", "{\"a\":[1,true,null]}"},
      {"[]", "[]"},
      {"{}", "{}"},
      {"\"\"", "\"\""},
      {"0", "0"},
      {"-5", "-5"},
      {"18446744073709551615", "18446744073709551615"},
      {"false", "false"},
      {"null", ""}, // for the host, that is none
    };

    for (const auto& row : ROWS)
    {
      const std::string body = std::string("{\"UserData\": ") + row.text + "}";
      EXPECT_EQ(row.kept, ParsePost(body, HOST_A).userDataJson) << row.text;
      EXPECT_EQ(row.kept, ParsePost(body, HOST_C).userDataJson) << row.text;
    }
  }

  TEST(ArchiveRequestParser, WrongFieldsOfPost)
  {
    const struct
    {
      const char* fields;
      FailureKind kind;
      const char* named;
    } ROWS[] = {
      {"\"Synchronous\": 1", FailureKind::BadFormat, "Synchronous"},
      {"\"Synchronous\": null", FailureKind::BadFormat, "Synchronous"},
      {"\"Asynchronous\": \"true\"", FailureKind::BadFormat, "Asynchronous"},
      {"\"Asynchronous\": {}", FailureKind::BadFormat, "Asynchronous"},
      {"\"Priority\": \"1\"", FailureKind::BadFormat, "Priority"},
      {"\"Priority\": 1.5", FailureKind::BadFormat, "Priority"},
      {"\"Priority\": 1.0", FailureKind::BadFormat, "Priority"},
      {"\"Priority\": null", FailureKind::BadFormat, "Priority"},
      {"\"Priority\": 2147483648", FailureKind::BadType, "Priority"},
      {"\"Priority\": -2147483649", FailureKind::BadType, "Priority"},
      {"\"Priority\": 18446744073709551615", FailureKind::BadType, "Priority"},
      {"\"Transcode\": \"\"", FailureKind::OutOfRange, "transfer syntax"},
      {"\"Transcode\": \"1.2.3\"", FailureKind::OutOfRange, "transfer syntax"},
      {"\"Transcode\": \"JPEGBaseline\"", FailureKind::OutOfRange, "transfer syntax"},
      {"\"Transcode\": \" 1.2.840.10008.1.2.1\"", FailureKind::OutOfRange, "transfer syntax"},
      {"\"Transcode\": 5", FailureKind::BadFormat, "Transcode"},
      {"\"Transcode\": null", FailureKind::BadFormat, "Transcode"},
      {"\"Transcode\": \"1.2.840.10008.1.2.1\", \"LossyQuality\": \"90\"", FailureKind::BadFormat,
       "LossyQuality"},
      {"\"Transcode\": \"1.2.840.10008.1.2.1\", \"LossyQuality\": 90.5", FailureKind::BadFormat,
       "LossyQuality"},
      {"\"Transcode\": \"1.2.840.10008.1.2.1\", \"LossyQuality\": -1", FailureKind::BadType,
       "LossyQuality"},
      {"\"Transcode\": \"1.2.840.10008.1.2.1\", \"LossyQuality\": 4294967296", FailureKind::BadType,
       "LossyQuality"},
      {"\"Extended\": 1", FailureKind::BadFormat, "Extended"},
      {"\"Utf8\": \"true\"", FailureKind::BadFormat, "Utf8"},
      {"\"Compression\": 1", FailureKind::BadFormat, "Compression"},
      {"\"Compression\": \"Best\"", FailureKind::OutOfRange, "Fast, Dense, Store"},
      {"\"Compression\": \"\"", FailureKind::OutOfRange, "Compression"},
      {"\"OnMissing\": true", FailureKind::BadFormat, "OnMissing"},
      {"\"OnMissing\": \"Ignore\"", FailureKind::OutOfRange, "Fail, Report"},
      {"\"OnTranscodeFailure\": []", FailureKind::BadFormat, "OnTranscodeFailure"},
      {"\"OnTranscodeFailure\": \"Drop\"", FailureKind::OutOfRange, "KeepOriginal, Fail"},
      {"\"Manifest\": \"yes\"", FailureKind::BadFormat, "Manifest"},
      {"\"Naming\": 5", FailureKind::BadFormat, "Naming"},
      {"\"Naming\": \"\"", FailureKind::OutOfRange, "Naming"},
      {"\"Naming\": \"{NoSuchTag}.dcm\"", FailureKind::OutOfRange, "Naming"},
    };

    for (const auto& row : ROWS)
    {
      const std::string single = std::string("{") + row.fields + "}";
      const std::string batch = std::string("{\"Resources\": [], ") + row.fields + "}";
      std::string message;
      EXPECT_EQ(row.kind, CatchFailure([&] { ParsePost(single); }, &message)) << single;
      EXPECT_NE(std::string::npos, message.find(row.named)) << single << ": " << message;
      EXPECT_EQ(row.kind, CatchFailure([&] { ParseBatchPost(batch); })) << batch;
    }
  }

  TEST(ArchiveRequestParser, NegativeQualityFailsAsTheHostsVersionDoes)
  {
    const std::string body = "{\"Transcode\": \"1.2.840.10008.1.2.1\", \"LossyQuality\": -1}";

    EXPECT_EQ(FailureKind::BadFormat, CatchFailure([&] { ParsePost(body, HOST_A); }));
    EXPECT_EQ(FailureKind::BadFormat, CatchFailure([&] { ParsePost(body, HOST_B); }));
    EXPECT_EQ(FailureKind::BadType, CatchFailure([&] { ParsePost(body, HOST_C); }));
  }

  TEST(ArchiveRequestParser, TransferSyntaxesOfEachVersion)
  {
    for (const char* uid :
         {"1.2.840.10008.1.2", "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.4.70",
          "1.2.840.10008.1.2.4.91", "1.2.840.10008.1.2.5", "1.2.840.10008.1.2.6.2"})
    {
      for (const HostVersion& version : {HOST_A, HOST_B, HOST_C})
      {
        EXPECT_EQ(uid, ParseGet({{"transcode", uid}}, version).transcode->transferSyntaxUid);
      }
    }
    for (const char* uid : {"1.2.840.10008.1.2.4.110", "1.2.840.10008.1.2.4.203"})
    {
      const Arguments arguments = {{"transcode", uid}};
      EXPECT_EQ(FailureKind::OutOfRange, CatchFailure([&] { ParseGet(arguments, HOST_A); }));
      EXPECT_EQ(FailureKind::OutOfRange, CatchFailure([&] { ParseGet(arguments, HOST_B); }));
      EXPECT_EQ(uid, ParseGet(arguments, HOST_C).transcode->transferSyntaxUid);
    }
  }

  TEST(ArchiveRequestParser, ArgumentsOfGet)
  {
    for (const HostVersion& version : {HOST_A, HOST_B, HOST_C})
    {
      const ArchiveRequest request = ParseGet({{"transcode", "1.2.840.10008.1.2.4.51"},
                                               {"lossy-quality", "80"},
                                               {"filename", "a b.zip"},
                                               {"utf8", "true"},
                                               {"compression", "dense"},
                                               {"manifest", "1"},
                                               {"naming", "{Index}.dcm"},
                                               {"on-missing", "report"},
                                               {"on-transcode-failure", "fail"},
                                               {"extended", "false"},
                                               {"unknown", "x"}},
                                              version);

      EXPECT_EQ(ResourceLevel::Series, request.level);
      EXPECT_FALSE(request.isPost);
      EXPECT_TRUE(request.isSynchronous);
      EXPECT_EQ("1.2.840.10008.1.2.4.51", request.transcode->transferSyntaxUid);
      EXPECT_EQ(80u, request.transcode->lossyQuality);
      EXPECT_EQ("a b.zip", request.filename);
      EXPECT_TRUE(request.isUtf8);
      EXPECT_EQ(ArchiveDensity::Dense, request.density);
      EXPECT_TRUE(request.hasManifest);
      EXPECT_EQ("{Index}.dcm", request.naming);
      EXPECT_EQ(MissingPolicy::Report, request.onMissing);
      EXPECT_EQ(TranscodeFailurePolicy::Fail, request.onTranscodeFailure);
    }
  }

  TEST(ArchiveRequestParser, LenientArgumentsOfGet)
  {
    EXPECT_EQ("id.zip", ParseGet({}).filename);
    EXPECT_EQ("id.zip", ParseGet({{"filename", ""}}).filename);
    EXPECT_EQ("b", ParseGet({{"filename", "a"}, {"filename", "b"}}).filename);
    EXPECT_TRUE(ParseGet({{"utf8", ""}}).isUtf8);
    EXPECT_FALSE(ParseGet({{"utf8", "0"}}).isUtf8);
    EXPECT_FALSE(ParseGet({{"manifest", "false"}}).hasManifest);
    EXPECT_EQ(std::nullopt, ParseGet({{"lossy-quality", "not read"}}).transcode);
    EXPECT_EQ(ArchiveDensity::Store, ParseGet({{"compression", "STORE"}}).density);
    EXPECT_EQ(90u, ParseGet({{"transcode", "1.2.840.10008.1.2.1"}, {"lossy-quality", ""}})
                     .transcode->lossyQuality);
  }

  TEST(ArchiveRequestParser, WrongArgumentsOfGet)
  {
    const std::pair<std::string, std::string> transcode = {"transcode", "1.2.840.10008.1.2.1"};
    const Arguments rows[] = {
      {{"transcode", ""}},
      {{"transcode", "1.2.840"}},
      {transcode, {"lossy-quality", "best"}},
      {transcode, {"lossy-quality", "-1"}},
      {transcode, {"lossy-quality", "1.5"}},
      {transcode, {"lossy-quality", "4294967296"}},
      {{"utf8", "yes"}},
      {{"utf8", "2"}},
      {{"manifest", "on"}},
      {{"compression", ""}},
      {{"compression", "zip"}},
      {{"on-missing", "skip"}},
      {{"on-transcode-failure", "drop"}},
      {{"naming", "{NoSuchTag}"}},
      {{"naming", ""}},
    };

    for (const Arguments& arguments : rows)
    {
      EXPECT_EQ(FailureKind::OutOfRange, CatchFailure([&] { ParseGet(arguments); }))
        << arguments.back().first << "=" << arguments.back().second;
    }
  }

  TEST(ArchiveRequestParser, BatchPostKeepsOrderAndDuplicates)
  {
    const struct
    {
      const char* body;
      std::vector<std::string> resources;
    } ROWS[] = {
      {"[]", {}},
      {"[\"b\", \"a\", \"b\"]", {"b", "a", "b"}},
      {"{\"Resources\": []}", {}},
      {"{\"Resources\": [\"x\", \"\"]}", {"x", ""}},
    };

    for (const auto& row : ROWS)
    {
      const ArchiveRequest request = ParseBatchPost(row.body);
      EXPECT_EQ(row.resources, request.resources) << row.body;
      EXPECT_FALSE(request.level.has_value());
      EXPECT_EQ("Archive.zip", request.filename);
      EXPECT_TRUE(request.isPost);
    }
    EXPECT_FALSE(ParseBatchPost("{\"Resources\": [], \"Asynchronous\": true}").isSynchronous);
  }

  TEST(ArchiveRequestParser, WrongBatchPostIsBadFormat)
  {
    for (const char* body :
         {"{}", "{\"resources\": []}", "{\"Resources\": \"a\"}", "{\"Resources\": null}",
          "{\"Resources\": {}}", "{\"Resources\": [1]}", "{\"Resources\": [\"a\", null]}",
          "{\"Resources\": [[\"a\"]]}", "[1]", "[\"a\", {}]", "\"a\"", "true", "5", "null", ""})
    {
      for (const HostVersion& version : {HOST_A, HOST_B, HOST_C})
      {
        EXPECT_EQ(FailureKind::BadFormat, CatchFailure([&] { ParseBatchPost(body, version); }))
          << body;
      }
    }
  }

  TEST(ArchiveRequestParser, BatchGetSortsAndRemovesDuplicates)
  {
    const struct
    {
      const char* text;
      std::vector<std::string> resources;
    } ROWS[] = {
      {"", {}},      {"a", {"a"}},      {"b,a,b", {"a", "b"}},
      {"a,", {"a"}}, {",a", {"", "a"}}, {"a,,b", {"", "a", "b"}},
      {",", {""}},   {" a", {" a"}},
    };

    for (const auto& row : ROWS)
    {
      const ArchiveRequest request = ParseBatchGet({{"resources", row.text}});
      EXPECT_EQ(row.resources, request.resources) << row.text;
      EXPECT_EQ("Archive.zip", request.filename);
      EXPECT_FALSE(request.isPost);
    }
    EXPECT_EQ("x.zip", ParseBatchGet({{"resources", "a"}, {"filename", "x.zip"}}).filename);
  }

  TEST(ArchiveRequestParser, BatchGetWithoutResourcesIsBadRequest)
  {
    EXPECT_EQ(FailureKind::BadRequest, CatchFailure([] { ParseBatchGet({}); }));
    EXPECT_EQ(FailureKind::BadRequest, CatchFailure([] { ParseBatchGet({{"Resources", "a"}}); }));
    EXPECT_EQ(FailureKind::OutOfRange, CatchFailure(
                                         [] {
                                           ParseBatchGet({{"resources", "a"}, {"transcode", "x"}});
                                         }));
  }

  TEST(ArchiveRequestParser, FieldsOfJobsAndEstimates)
  {
    const Settings settings;
    const ArchiveRequestParser parser(settings, HOST_B);
    const auto parse = [&](const std::string& body)
    { return parser.ParsePost(ResourceLevel::Study, MakePost({"id"}, body)); };

    const ParsedRequest none = parse("{}");
    EXPECT_FALSE(none.isEstimate);
    EXPECT_TRUE(none.isReused);
    EXPECT_EQ("", none.notifyUrl);

    const ParsedRequest all =
      parse("{\"Estimate\": true, \"Reuse\": false, \"NotifyUrl\": \"https://x/\"}");
    EXPECT_TRUE(all.isEstimate);
    EXPECT_FALSE(all.isReused);
    EXPECT_EQ("https://x/", all.notifyUrl);

    for (const char* field : {"Estimate", "Reuse", "NotifyUrl"})
    {
      std::string message;
      EXPECT_EQ(FailureKind::BadFormat,
                CatchFailure([&] { parse("{\"" + std::string(field) + "\": 5}"); }, &message));
      EXPECT_NE(std::string::npos, message.find(field)) << message;
    }
    EXPECT_FALSE(parse("[{\"Estimate\": true}]").isEstimate);
  }

  TEST(ArchiveRequestParser, EstimateOfAGet)
  {
    const Settings settings;
    const ArchiveRequestParser parser(settings, HOST_A);
    const auto parse = [&](const Arguments& arguments)
    { return parser.ParseGet(ResourceLevel::Study, MakeGet({"id"}, arguments)).isEstimate; };

    EXPECT_FALSE(parse({}));
    EXPECT_TRUE(parse({{"estimate", ""}}));
    EXPECT_TRUE(parse({{"estimate", "true"}}));
    EXPECT_FALSE(parse({{"estimate", "0"}}));
    EXPECT_EQ(FailureKind::OutOfRange, CatchFailure([&] { parse({{"estimate", "maybe"}}); }));
  }
} // namespace OrthancPlugins
