// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../../Plugin/Core/Spool/ArchiveRecordJson.h"

#include "ExpectFailure.h"

#include <limits>
#include <random>

namespace OrthancPlugins
{
  namespace
  {
    const char* const ID = "0f8fad5b-d9cb-469f-a165-70867728950e";

    const char* const SMALLEST = R"({"Version":1,"ID":"0f8fad5b-d9cb-469f-a165-70867728950e",)"
                                 R"("State":"Pending","Request":{"Resources":[]},)"
                                 R"("CreatedMicroseconds":5})";

    // Nothing in it is a default
    ArchiveRecord MakeFullRecord()
    {
      ArchiveRecord record;
      record.id = ID;
      record.state = ArchiveState::Failed;
      record.request.level = ResourceLevel::Series;
      record.request.resources = {"6e2c0ec2-5d99c8ca-c1c21cee-79a09605-68391d12"};
      record.request.isPost = true;
      record.request.isSynchronous = false;
      record.request.priority = -42;
      record.request.transcode = TranscodeTarget{"1.2.840.10008.1.2.4.50", 17u};
      record.request.filename = "na\xc3\xafve \"\\\r\n\x01.zip";
      record.request.userDataJson = R"({"a":[1,2.5,null,"x"],"b":{"c":true}})";
      record.request.isUtf8 = true;
      record.request.density = ArchiveDensity::Dense;
      record.request.onMissing = MissingPolicy::Report;
      record.request.onTranscodeFailure = TranscodeFailurePolicy::Fail;
      record.request.hasManifest = true;
      record.request.naming = "{PatientID}/{InstanceNumber}.dcm";
      record.request.kind = ArchiveKind::Media;
      record.request.media.isExtended = true;
      record.request.media.profile = MediaProfile::StdGenUsbJ2k;
      record.request.media.hasReadme = true;
      record.request.media.hasPdf = true;
      record.request.media.hasIndex = true;
      record.request.media.overlay = "viewer";
      record.request.media.volumeSizeMB = 4700;
      record.request.format = ArchiveFormat::Iso;
      record.request.isEncrypted = true;
      record.report.volumes = {{0, 100}, {100, 5'000'000'000}};
      record.createdMicroseconds = 1'700'000'000'123'456;
      record.completedMicroseconds = std::numeric_limits<std::int64_t>::max();
      record.sizeBytes = std::numeric_limits<std::uint64_t>::max();
      record.instancesCount = 65'600;
      record.uncompressedBytes = 5'368'709'120;
      record.report.missing = {"m1", "m2"};
      record.report.notTranscoded = {"n1"};
      record.report.warnings = {"w1"};
      record.failureKind = FailureKind::StorageFull;
      record.failureText = "The disk of the spool is full";
      record.owner = "alice";
      record.idempotencyKey = "key \"1\"";
      record.notifyUrl = "https://receiver/path?x=1";
      record.fingerprint = "0123456789abcdef";
      record.expectedBytes = 5'000'000'000;
      record.leaderId = "9b2d0ec2-5d99-48ca-81c2-79a0960568d1";
      record.isReused = true;
      record.attempts = 3;
      record.nextAttemptMicroseconds = 1'700'000'000'000'001;
      record.startedMicroseconds = 1'700'000'000'000'002;
      record.runtimeMicroseconds = 61'000'000;
      record.downloadsCount = 12;
      record.downloadedMicroseconds = 1'700'000'000'000'003;
      record.isPinned = true;
      record.evictedMicroseconds = 1'700'000'000'000'004;
      return record;
    }

    void ExpectEqual(const ArchiveRecord& a, const ArchiveRecord& b)
    {
      EXPECT_EQ(a.id, b.id);
      EXPECT_EQ(a.state, b.state);
      EXPECT_EQ(a.request.level, b.request.level);
      EXPECT_EQ(a.request.resources, b.request.resources);
      EXPECT_EQ(a.request.isPost, b.request.isPost);
      EXPECT_EQ(a.request.isSynchronous, b.request.isSynchronous);
      EXPECT_EQ(a.request.priority, b.request.priority);
      ASSERT_EQ(a.request.transcode.has_value(), b.request.transcode.has_value());
      if (a.request.transcode.has_value())
      {
        EXPECT_EQ(a.request.transcode->transferSyntaxUid, b.request.transcode->transferSyntaxUid);
        EXPECT_EQ(a.request.transcode->lossyQuality, b.request.transcode->lossyQuality);
      }
      EXPECT_EQ(a.request.filename, b.request.filename);
      EXPECT_EQ(a.request.userDataJson, b.request.userDataJson);
      EXPECT_EQ(a.request.isUtf8, b.request.isUtf8);
      EXPECT_EQ(a.request.density, b.request.density);
      EXPECT_EQ(a.request.onMissing, b.request.onMissing);
      EXPECT_EQ(a.request.onTranscodeFailure, b.request.onTranscodeFailure);
      EXPECT_EQ(a.request.hasManifest, b.request.hasManifest);
      EXPECT_EQ(a.request.naming, b.request.naming);
      EXPECT_EQ(a.request.kind, b.request.kind);
      EXPECT_EQ(a.request.media.isExtended, b.request.media.isExtended);
      EXPECT_EQ(a.request.media.profile, b.request.media.profile);
      EXPECT_EQ(a.request.media.hasReadme, b.request.media.hasReadme);
      EXPECT_EQ(a.request.media.hasPdf, b.request.media.hasPdf);
      EXPECT_EQ(a.request.media.hasIndex, b.request.media.hasIndex);
      EXPECT_EQ(a.request.media.overlay, b.request.media.overlay);
      EXPECT_EQ(a.request.media.volumeSizeMB, b.request.media.volumeSizeMB);
      EXPECT_EQ(a.request.format, b.request.format);
      EXPECT_EQ(a.request.isEncrypted, b.request.isEncrypted);
      ASSERT_EQ(a.report.volumes.size(), b.report.volumes.size());
      for (std::size_t i = 0; i < a.report.volumes.size(); i++)
      {
        EXPECT_EQ(a.report.volumes[i].offsetBytes, b.report.volumes[i].offsetBytes);
        EXPECT_EQ(a.report.volumes[i].sizeBytes, b.report.volumes[i].sizeBytes);
      }
      EXPECT_EQ(a.createdMicroseconds, b.createdMicroseconds);
      EXPECT_EQ(a.completedMicroseconds, b.completedMicroseconds);
      EXPECT_EQ(a.sizeBytes, b.sizeBytes);
      EXPECT_EQ(a.instancesCount, b.instancesCount);
      EXPECT_EQ(a.uncompressedBytes, b.uncompressedBytes);
      EXPECT_EQ(a.report.missing, b.report.missing);
      EXPECT_EQ(a.report.notTranscoded, b.report.notTranscoded);
      EXPECT_EQ(a.report.warnings, b.report.warnings);
      EXPECT_EQ(a.failureKind, b.failureKind);
      EXPECT_EQ(a.failureText, b.failureText);
      EXPECT_EQ(a.owner, b.owner);
      EXPECT_EQ(a.idempotencyKey, b.idempotencyKey);
      EXPECT_EQ(a.notifyUrl, b.notifyUrl);
      EXPECT_EQ(a.fingerprint, b.fingerprint);
      EXPECT_EQ(a.expectedBytes, b.expectedBytes);
      EXPECT_EQ(a.leaderId, b.leaderId);
      EXPECT_EQ(a.isReused, b.isReused);
      EXPECT_EQ(a.attempts, b.attempts);
      EXPECT_EQ(a.nextAttemptMicroseconds, b.nextAttemptMicroseconds);
      EXPECT_EQ(a.startedMicroseconds, b.startedMicroseconds);
      EXPECT_EQ(a.runtimeMicroseconds, b.runtimeMicroseconds);
      EXPECT_EQ(a.downloadsCount, b.downloadsCount);
      EXPECT_EQ(a.downloadedMicroseconds, b.downloadedMicroseconds);
      EXPECT_EQ(a.isPinned, b.isPinned);
      EXPECT_EQ(a.evictedMicroseconds, b.evictedMicroseconds);
    }

    // False if it was refused, in the only way that is allowed
    bool IsAccepted(const std::string& text)
    {
      try
      {
        ParseArchiveRecord(text);
        return true;
      }
      catch (const Failure& failure)
      {
        EXPECT_EQ(FailureKind::BadFormat, failure.GetKind());
        return false;
      }
    }

    std::string Replace(const std::string& text, const std::string& from, const std::string& to)
    {
      const std::size_t position = text.find(from);
      EXPECT_NE(std::string::npos, position) << from;
      return std::string(text).replace(position, from.size(), to);
    }
  } // namespace

  TEST(ArchiveRecordJson, EverythingComesBack)
  {
    const ArchiveRecord record = MakeFullRecord();

    ExpectEqual(record, ParseArchiveRecord(FormatArchiveRecord(record)));
  }

  TEST(ArchiveRecordJson, EveryValueOfTheEnumerationsComesBack)
  {
    ArchiveRecord record = MakeFullRecord();
    for (const ArchiveState state :
         {ArchiveState::Pending, ArchiveState::Ready, ArchiveState::Failed, ArchiveState::Evicted})
    {
      record.state = state;
      EXPECT_EQ(state, ParseArchiveRecord(FormatArchiveRecord(record)).state);
    }
    for (int kind = 0; kind <= static_cast<int>(FailureKind::Internal); kind++)
    {
      record.state = ArchiveState::Failed;
      record.failureKind = static_cast<FailureKind>(kind);
      ExpectEqual(record, ParseArchiveRecord(FormatArchiveRecord(record)));
    }
    for (int level = 0; level <= static_cast<int>(ResourceLevel::Instance); level++)
    {
      record.request.level = static_cast<ResourceLevel>(level);
      record.request.density = ArchiveDensity::Store;
      ExpectEqual(record, ParseArchiveRecord(FormatArchiveRecord(record)));
    }
  }

  TEST(ArchiveRecordJson, BatchAndAbsentOptionsComeBack)
  {
    ArchiveRecord record;
    record.id = ID;
    record.request.filename = "Archive.zip";
    record.request.transcode = TranscodeTarget{"1.2.840.10008.1.2.1", std::nullopt};
    ExpectEqual(record, ParseArchiveRecord(FormatArchiveRecord(record)));

    record.request.transcode.reset();
    record.request.resources = {"a", "a", "b"};
    ExpectEqual(record, ParseArchiveRecord(FormatArchiveRecord(record)));
  }

  TEST(ArchiveRecordJson, MissingOptionalMembersHaveTheirDefaults)
  {
    const ArchiveRecord record = ParseArchiveRecord(SMALLEST);

    ArchiveRecord expected;
    expected.id = ID;
    expected.createdMicroseconds = 5;
    ExpectEqual(expected, record);
  }

  TEST(ArchiveRecordJson, FailureOfAnAttemptComesBack)
  {
    ArchiveRecord record = MakeFullRecord();
    record.state = ArchiveState::Pending;
    record.failureText.clear();

    ExpectEqual(record, ParseArchiveRecord(FormatArchiveRecord(record)));
  }

  TEST(ArchiveRecordJson, ReadsVersionOne)
  {
    const ArchiveRecord record = ParseArchiveRecord(R"({
 "CompletedMicroseconds" : 7, "CreatedMicroseconds" : 5,
 "Failure" : {"Kind" : "Canceled", "Text" : "The job was canceled"},
 "ID" : "0f8fad5b-d9cb-469f-a165-70867728950e", "InstancesCount" : 2,
 "Report" : {"Missing" : [], "NotTranscoded" : ["n1"]},
 "Request" : {"Compression" : "Fast", "Filename" : "a.zip", "IsPost" : true, "IsSynchronous" : false,
  "Level" : "Study", "Manifest" : false, "Naming" : "Host", "OnMissing" : "Fail",
  "OnTranscodeFailure" : "KeepOriginal", "Priority" : 3, "Resources" : ["study"], "Utf8" : true},
 "SizeBytes" : 0, "State" : "Failed", "UncompressedBytes" : 100, "Version" : 1})");

    ArchiveRecord expected;
    expected.id = ID;
    expected.state = ArchiveState::Failed;
    expected.createdMicroseconds = 5;
    expected.completedMicroseconds = 7;
    expected.instancesCount = 2;
    expected.uncompressedBytes = 100;
    expected.report.notTranscoded = {"n1"};
    expected.failureKind = FailureKind::Canceled;
    expected.failureText = "The job was canceled";
    expected.request.level = ResourceLevel::Study;
    expected.request.resources = {"study"};
    expected.request.isPost = true;
    expected.request.isSynchronous = false;
    expected.request.priority = 3;
    expected.request.filename = "a.zip";
    expected.request.isUtf8 = true;
    ExpectEqual(expected, record);
  }

  TEST(ArchiveRecordJson, VersionTwoHasNoMedia)
  {
    const ArchiveRecord record =
      ParseArchiveRecord(Replace(SMALLEST, "\"Version\":1", "\"Version\":2"));

    ArchiveRecord expected;
    expected.id = ID;
    expected.createdMicroseconds = 5;
    ExpectEqual(expected, record);
    EXPECT_EQ(ArchiveKind::Archive, record.request.kind);
  }

  TEST(ArchiveRecordJson, UnknownMembersAreIgnored)
  {
    EXPECT_TRUE(IsAccepted(Replace(SMALLEST, "\"Version\"", "\"Later\":{\"x\":[]},\"Version\"")));
  }

  TEST(ArchiveRecordJson, RefusesOtherTypesAndValues)
  {
    const std::string full = FormatArchiveRecord(MakeFullRecord());
    ASSERT_TRUE(IsAccepted(full));
    const struct
    {
      const char* from;
      const char* to;
    } rows[] = {{"\"Version\" : 3", "\"Version\" : 4"},
                {"\"Version\" : 3", "\"Version\" : 0"},
                {"\"Version\" : 3", "\"Version\" : 2.0"},
                {"\"Version\" : 3", "\"Version\" : \"1\""},
                {"\"Version\" : 3", "\"Version\" : -1"},
                {"\"Version\"", "\"version\""},
                {"\"State\" : \"Failed\"", "\"State\" : \"failed\""},
                {"\"State\" : \"Failed\"", "\"State\" : 2"},
                {"\"State\" : \"Failed\"", "\"State\" : null"},
                {ID, "0F8FAD5B-D9CB-469F-A165-70867728950E"},
                {ID, ""},
                {"\"Level\" : \"Series\"", "\"Level\" : \"Frame\""},
                {"\"6e2c0ec2", "\"second\", \"6e2c0ec2"},
                {"\"6e2c0ec2-5d99c8ca-c1c21cee-79a09605-68391d12\"", "1"},
                {"\"Resources\"", "\"Resource\""},
                {"\"IsPost\" : true", "\"IsPost\" : 1"},
                {"\"Priority\" : -42", "\"Priority\" : 4294967296"},
                {"\"Priority\" : -42", "\"Priority\" : 1.5"},
                {"\"Priority\" : -42", "\"Priority\" : \"0\""},
                {"\"LossyQuality\" : 17", "\"LossyQuality\" : -1"},
                {"\"LossyQuality\" : 17", "\"LossyQuality\" : 4294967296"},
                {"\"TransferSyntax\"", "\"Syntax\""},
                {"\"Compression\" : \"Dense\"", "\"Compression\" : \"Best\""},
                {"\"OnMissing\" : \"Report\"", "\"OnMissing\" : true"},
                {"\"Manifest\" : true", "\"Manifest\" : \"true\""},
                {"\"SizeBytes\" : 18446744073709551615", "\"SizeBytes\" : 18446744073709551616"},
                {"\"SizeBytes\" : 18446744073709551615", "\"SizeBytes\" : -1"},
                {"\"InstancesCount\" : 65600", "\"InstancesCount\" : null"},
                {"\"CreatedMicroseconds\" : 1", "\"CreatedMicroseconds\" : -1"},
                {"\"CompletedMicroseconds\" : 9223372036854775807",
                 "\"CompletedMicroseconds\" : 9223372036854775808"},
                {"\"Kind\" : \"StorageFull\"", "\"Kind\" : \"DiskFull\""},
                {"\"Text\" : \"", "\"Text\" : null, \"X\" : \""},
                {"\"Owner\" : \"alice\"", "\"Owner\" : 1"},
                {"\"IdempotencyKey\" : ", "\"IdempotencyKey\" : null, \"X\" : "},
                {"\"NotifyUrl\" : ", "\"NotifyUrl\" : [], \"X\" : "},
                {"\"Fingerprint\" : ", "\"Fingerprint\" : 5, \"X\" : "},
                {"\"ExpectedBytes\" : 5", "\"ExpectedBytes\" : -5"},
                {"9b2d0ec2-5d99-48ca-81c2-79a0960568d1", "../../etc/passwd"},
                {"\"IsReused\" : true", "\"IsReused\" : 1"},
                {"\"Attempts\" : 3", "\"Attempts\" : 4294967296"},
                {"\"Attempts\" : 3", "\"Attempts\" : -1"},
                {"\"NextAttemptMicroseconds\" : 1", "\"NextAttemptMicroseconds\" : -1"},
                {"\"StartedMicroseconds\" : 1", "\"StartedMicroseconds\" : 1.5, \"X\" : 1"},
                {"\"RuntimeMicroseconds\" : 6", "\"RuntimeMicroseconds\" : -6"},
                {"\"DownloadsCount\" : 12", "\"DownloadsCount\" : \"12\""},
                {"\"DownloadedMicroseconds\" : 1", "\"DownloadedMicroseconds\" : -1"},
                {"\"IsPinned\" : true", "\"IsPinned\" : \"yes\""},
                {"\"EvictedMicroseconds\" : 1", "\"EvictedMicroseconds\" : -1"},
                {"\"Kind\" : \"Media\"", "\"Kind\" : \"Tape\""},
                {"\"Format\" : \"Iso\"", "\"Format\" : \"Udf\""},
                {"\"Encrypted\" : true", "\"Encrypted\" : \"yes\""},
                {"\"Profile\" : \"STD-GEN-USB-J2K\"", "\"Profile\" : \"STD-GEN\""},
                {"\"Overlay\" : \"viewer\"", "\"Overlay\" : 1"},
                {"\"VolumeSizeMB\" : 4700", "\"VolumeSizeMB\" : -1"},
                {"\"OffsetBytes\" : 100", "\"OffsetBytes\" : 101"},
                {"\"SizeBytes\" : 5000000000", "\"SizeBytes\" : 0"},
                {"\"w1\"", "1"},
                {"\"m1\"", "{}"}};
    for (const auto& row : rows)
    {
      EXPECT_FALSE(IsAccepted(Replace(full, row.from, row.to))) << row.to;
    }
  }

  TEST(ArchiveRecordJson, RefusesWhatIsNoRecord)
  {
    for (const char* bad : {"", " ", "null", "1", "\"text\"", "[]", "{}", "{\"Version\":1}", "{",
                            "PK\x03\x04", "{\"Version\":1}{}"})
    {
      EXPECT_FALSE(IsAccepted(bad)) << bad;
    }
    EXPECT_FALSE(IsAccepted(std::string(SMALLEST) + "x"));
    EXPECT_FALSE(IsAccepted(std::string(4'096, '\0')));
  }

  TEST(ArchiveRecordJson, RefusesDeepNesting)
  {
    const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');

    EXPECT_FALSE(IsAccepted(deep));
    EXPECT_FALSE(IsAccepted(Replace(SMALLEST, "\"Version\"", "\"X\":" + deep + ",\"Version\"")));
  }

  TEST(ArchiveRecordJson, EveryTruncationIsRefused)
  {
    const std::string full = FormatArchiveRecord(MakeFullRecord());
    const std::size_t end = full.rfind('}');

    for (std::size_t size = 0; size <= end; size++)
    {
      EXPECT_FALSE(IsAccepted(full.substr(0, size))) << size;
    }
  }

  TEST(ArchiveRecordJson, MutationsNeverDoHarm)
  {
    const std::string full = FormatArchiveRecord(MakeFullRecord());
    std::mt19937 random(1);
    unsigned refusedCount = 0;
    for (unsigned i = 0; i < 5'000; i++)
    {
      std::string text = full;
      for (unsigned changes = 1 + random() % 4; changes > 0; changes--)
      {
        const std::size_t position = random() % text.size();
        switch (random() % 3)
        {
        case 0:
          text[position] = static_cast<char>(random() % 256);
          break;
        case 1:
          text.erase(position, random() % 8);
          break;
        default:
          text.insert(position, text.substr(random() % text.size(), random() % 16));
          break;
        }
      }

      if (!IsAccepted(text))
      {
        refusedCount++;
      }
    }
    EXPECT_GT(refusedCount, 1'000u);
  }
} // namespace OrthancPlugins
