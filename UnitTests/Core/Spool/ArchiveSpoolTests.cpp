// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../../Plugin/Core/Spool/ArchiveSpool.h"

#include "../../../Plugin/Core/Spool/ArchiveRecordJson.h"
#include "../../../Plugin/Core/Spool/SpoolNames.h"
#include "../../../Plugin/Core/Uuid.h"
#include "../../Fakes/ManualClock.h"

#include "ExpectFailure.h"
#include "TestDirectory.h"

#include <algorithm>
#include <atomic>

#include <boost/thread/thread.hpp>

#include <sys/stat.h>

namespace OrthancPlugins
{
  namespace
  {
    constexpr std::int64_t HOUR = 3'600'000'000;

    const std::string JOB_1 = "11111111-1111-4111-8111-111111111111";
    const std::string JOB_2 = "22222222-2222-4222-8222-222222222222";

    SpoolSettings MakeSettings(const std::string& directory)
    {
      SpoolSettings settings;
      settings.directory = directory;
      return settings;
    }

    ArchiveRequest MakeRequest()
    {
      ArchiveRequest request;
      request.level = ResourceLevel::Study;
      request.resources = {"study"};
      request.filename = "study.zip";
      request.isSynchronous = false;
      return request;
    }

    NewArchive MakeArchive(std::uint64_t instancesCount, std::uint64_t uncompressedBytes)
    {
      NewArchive archive;
      archive.request = MakeRequest();
      archive.instancesCount = instancesCount;
      archive.uncompressedBytes = uncompressedBytes;
      return archive;
    }

    void WritePart(ArchiveSpool& spool, const std::string& id, const std::string& content)
    {
      const std::unique_ptr<PartSink> sink = spool.OpenPart(id);
      sink->Write(content.data(), content.size());
      sink->Close();
    }

    std::string Publish(ArchiveSpool& spool, const std::string& content)
    {
      const std::string id = spool.Create(MakeArchive(1, content.size())).id;
      WritePart(spool, id, content);
      spool.Publish(id, ArchiveReport());
      return id;
    }

    std::string Read(const ArchiveSpool& spool, const std::string& id)
    {
      const std::unique_ptr<MappedFile> file = spool.OpenArchive(id);
      return file->GetData() == nullptr
               ? std::string()
               : std::string(file->GetData(), file->GetData() + file->GetSizeBytes());
    }

    std::optional<ArchiveState> FindState(const std::string& directory, const std::string& id)
    {
      ManualClock clock;
      return ArchiveSpool(MakeSettings(directory), clock).FindState(id);
    }
  } // namespace

  class ArchiveSpoolTest : public ::testing::Test
  {
  protected:
    std::unique_ptr<ArchiveSpool> Open() { return Open(directory_.GetSpool()); }

    std::unique_ptr<ArchiveSpool> Open(const std::string& path)
    {
      return std::make_unique<ArchiveSpool>(MakeSettings(path), clock_);
    }

    SpoolNames GetNames() const { return SpoolNames(directory_.GetSpool()); }

    TestDirectory directory_;
    ManualClock clock_;
  };

  // ---- The walk of an archive

  TEST_F(ArchiveSpoolTest, DirectoryAndFilesArePrivate)
  {
    const std::unique_ptr<ArchiveSpool> spool = Open();
    const std::string id = Publish(*spool, "zip");
    spool->LinkJob(JOB_1, id, JobRole::Public);

    struct stat status = {};
    ASSERT_EQ(0, ::stat(directory_.GetSpool().c_str(), &status));
    EXPECT_EQ(0700u, status.st_mode & 07777u);
    for (const std::string& name : directory_.ListNames())
    {
      ASSERT_EQ(0, ::stat((directory_.GetSpool() + "/" + name).c_str(), &status));
      EXPECT_EQ(0600u, status.st_mode & 07777u) << name;
    }
  }

  TEST_F(ArchiveSpoolTest, MakesMissingParents)
  {
    const std::string path = (directory_.GetRoot() / "a" / "b" / "spool").string();

    const std::unique_ptr<ArchiveSpool> spool = Open(path + "/");

    struct stat status = {};
    ASSERT_EQ(0, ::stat(path.c_str(), &status));
    EXPECT_EQ(0700u, status.st_mode & 07777u);
  }

  TEST_F(ArchiveSpoolTest, DirectoryThatOthersMayReadIsReported)
  {
    EXPECT_TRUE(Open()->GetWarnings().empty());
    std::filesystem::permissions(directory_.GetSpool(), std::filesystem::perms(0750));

    const std::vector<std::string> warnings = Open()->GetWarnings();

    ASSERT_EQ(1u, warnings.size());
    EXPECT_NE(std::string::npos, warnings[0].find(directory_.GetSpool()));
    EXPECT_NE(std::string::npos, warnings[0].find("0700"));
  }

  TEST_F(ArchiveSpoolTest, CreatedArchiveIsPendingAndDurable)
  {
    const std::unique_ptr<ArchiveSpool> spool = Open();

    const ArchiveRecord record = spool->Create(MakeArchive(3, 4'000));

    EXPECT_TRUE(IsUuid(record.id));
    EXPECT_EQ(ArchiveState::Pending, record.state);
    EXPECT_EQ(clock_.GetNowMicroseconds(), record.createdMicroseconds);
    EXPECT_EQ(0, record.completedMicroseconds);
    const ArchiveRecord stored =
      ParseArchiveRecord(TestDirectory::ReadFile(GetNames().GetRecordPath(record.id)));
    EXPECT_EQ(3u, stored.instancesCount);
    EXPECT_EQ(4'000u, stored.uncompressedBytes);
    EXPECT_EQ("study.zip", stored.request.filename);
    EXPECT_EQ((std::set<std::string>{"lock", record.id + ".json"}), directory_.ListNames());
  }

  TEST_F(ArchiveSpoolTest, PublishGivesTheFileItsName)
  {
    const std::unique_ptr<ArchiveSpool> spool = Open();
    const std::string id = spool->Create(MakeArchive(1, 10)).id;
    WritePart(*spool, id, "content");
    EXPECT_EQ(1u, directory_.ListNames().count(id + ".part"));
    clock_.Advance(5);
    ArchiveReport report;
    report.notTranscoded = {"instance"};

    spool->Publish(id, report);

    const ArchiveRecord record = spool->Find(id).value();
    EXPECT_EQ(ArchiveState::Ready, record.state);
    EXPECT_EQ(7u, record.sizeBytes);
    EXPECT_EQ(clock_.GetNowMicroseconds(), record.completedMicroseconds);
    EXPECT_EQ(report.notTranscoded, record.report.notTranscoded);
    EXPECT_EQ("content", Read(*spool, id));
    EXPECT_EQ((std::set<std::string>{"lock", id + ".json", id + ".zip"}), directory_.ListNames());
  }

  TEST_F(ArchiveSpoolTest, OnlyReadyArchivesOpen)
  {
    const std::unique_ptr<ArchiveSpool> spool = Open();
    const std::string pending = spool->Create(MakeArchive(1, 10)).id;
    WritePart(*spool, pending, "part");
    const std::string failed = spool->Create(MakeArchive(1, 10)).id;
    spool->Fail(failed, FailureKind::SourceMissing, "gone");
    const std::string evicted = Publish(*spool, "zip");
    spool->Evict(evicted);
    const std::string removedByHand = Publish(*spool, "zip");
    std::filesystem::remove(GetNames().GetArchivePath(removedByHand));
    const std::string changedByHand = Publish(*spool, "zip");
    std::filesystem::resize_file(GetNames().GetArchivePath(changedByHand), 2);

    for (const std::string& id : {pending, failed, evicted, removedByHand, JOB_1,
                                  std::string("../../etc/passwd"), std::string()})
    {
      ExpectFailure(FailureKind::NotFound, [&] { spool->OpenArchive(id); });
    }
    ExpectFailure(FailureKind::Internal, [&] { spool->OpenArchive(changedByHand); });
  }

  TEST_F(ArchiveSpoolTest, JobsFindTheirArchive)
  {
    const std::unique_ptr<ArchiveSpool> spool = Open();
    const std::string first = spool->Create(MakeArchive(1, 10)).id;
    const std::string second = spool->Create(MakeArchive(1, 10)).id;

    spool->LinkJob(JOB_1, first, JobRole::Public);
    spool->LinkJob(JOB_2, first, JobRole::Public);
    spool->LinkJob(JOB_2, second, JobRole::Public);

    EXPECT_EQ(first, spool->FindByJob(JOB_1));
    EXPECT_EQ(second, spool->FindByJob(JOB_2));
    EXPECT_EQ(std::vector<std::string>{JOB_1}, spool->ListJobs(first));
    EXPECT_EQ(std::vector<std::string>{JOB_2}, spool->ListJobs(second));
    EXPECT_FALSE(spool->FindByJob(first).has_value());
    EXPECT_FALSE(spool->FindByJob("../" + JOB_1).has_value());
    EXPECT_EQ(first + "\n", TestDirectory::ReadFile(GetNames().GetLinkPath(JOB_1)));
  }

  TEST_F(ArchiveSpoolTest, LinkNeedsARecordAndAUuid)
  {
    const std::unique_ptr<ArchiveSpool> spool = Open();
    const std::string id = spool->Create(MakeArchive(1, 10)).id;

    ExpectFailure(FailureKind::NotFound, [&] { spool->LinkJob(JOB_1, JOB_2, JobRole::Public); });
    ExpectFailure(FailureKind::BadFormat, [&] { spool->LinkJob("../job", id, JobRole::Public); });

    EXPECT_FALSE(spool->FindByJob(JOB_1).has_value());
    EXPECT_FALSE(spool->FindByJob("../job").has_value());
  }

  TEST_F(ArchiveSpoolTest, FailDropsThePartAndKeepsTheFirstReason)
  {
    const std::unique_ptr<ArchiveSpool> spool = Open();
    const std::string id = spool->Create(MakeArchive(1, 10)).id;
    WritePart(*spool, id, "part");

    spool->Fail(id, FailureKind::Canceled, "first");
    spool->Fail(id, FailureKind::Internal, "second");

    const ArchiveRecord record = spool->Find(id).value();
    EXPECT_EQ(ArchiveState::Failed, record.state);
    EXPECT_EQ(FailureKind::Canceled, record.failureKind);
    EXPECT_EQ("first", record.failureText);
    EXPECT_EQ(clock_.GetNowMicroseconds(), record.completedMicroseconds);
    EXPECT_EQ(0u, directory_.ListNames().count(id + ".part"));
    ExpectFailure(FailureKind::NotFound,
                  [&] { spool->Fail(JOB_1, FailureKind::Internal, "unknown"); });
  }

  TEST_F(ArchiveSpoolTest, FailFreesTheDiskOfAnOpenPart)
  {
    const std::unique_ptr<ArchiveSpool> spool = Open();
    const std::string id = spool->Create(MakeArchive(1, 10)).id;
    const std::unique_ptr<PartSink> paused = spool->OpenPart(id);
    const std::string data(1 << 20, 'x');
    paused->Write(data.data(), data.size());

    spool->Fail(id, FailureKind::Canceled, "canceled while paused");

    struct stat status = {};
    ASSERT_EQ(0, ::fstat(paused->GetDescriptor(), &status));
    EXPECT_EQ(0, status.st_blocks);
  }

  TEST_F(ArchiveSpoolTest, FailDoesNotTouchWhatIsReady)
  {
    const std::unique_ptr<ArchiveSpool> spool = Open();
    const std::string id = Publish(*spool, "zip");

    spool->Fail(id, FailureKind::Canceled, "too late");

    EXPECT_EQ(ArchiveState::Ready, spool->FindState(id));
    EXPECT_EQ("zip", Read(*spool, id));
  }

  TEST_F(ArchiveSpoolTest, CanceledOrRemovedArchiveIsNotPublished)
  {
    const std::unique_ptr<ArchiveSpool> spool = Open();
    const std::string canceled = spool->Create(MakeArchive(1, 10)).id;
    const std::string removed = spool->Create(MakeArchive(1, 10)).id;
    const std::unique_ptr<PartSink> canceledSink = spool->OpenPart(canceled);
    const std::unique_ptr<PartSink> removedSink = spool->OpenPart(removed);
    spool->Fail(canceled, FailureKind::Canceled, "by the user");
    spool->Remove(removed);
    canceledSink->Close();
    removedSink->Close();

    ExpectFailure(FailureKind::Canceled, [&] { spool->Publish(canceled, ArchiveReport()); });
    ExpectFailure(FailureKind::Canceled, [&] { spool->Publish(removed, ArchiveReport()); });
    ExpectFailure(FailureKind::Conflict, [&] { spool->OpenPart(canceled); });
    ExpectFailure(FailureKind::NotFound, [&] { spool->OpenPart(removed); });

    EXPECT_EQ((std::set<std::string>{"lock", canceled + ".json"}), directory_.ListNames());
  }

  TEST_F(ArchiveSpoolTest, RestartBeginsAnew)
  {
    const std::unique_ptr<ArchiveSpool> spool = Open();
    const std::string failed = spool->Create(MakeArchive(1, 10)).id;
    spool->Fail(failed, FailureKind::SourceMissing, "gone");
    const std::string ready = Publish(*spool, "old");

    spool->Restart(failed);
    spool->Restart(ready);

    EXPECT_EQ((std::set<std::string>{"lock", failed + ".json", ready + ".json"}),
              directory_.ListNames());
    for (const std::string& id : {failed, ready})
    {
      const ArchiveRecord record = spool->Find(id).value();
      EXPECT_EQ(ArchiveState::Pending, record.state);
      EXPECT_EQ(0, record.completedMicroseconds);
      EXPECT_EQ(0u, record.sizeBytes);
      EXPECT_EQ("", record.failureText);
      WritePart(*spool, id, "new");
      spool->Publish(id, ArchiveReport());
      EXPECT_EQ("new", Read(*spool, id));
    }
    ExpectFailure(FailureKind::NotFound, [&] { spool->Restart(JOB_1); });
  }

  TEST_F(ArchiveSpoolTest, NewPartReplacesTheOldOneOfAnotherWriter)
  {
    const std::unique_ptr<ArchiveSpool> spool = Open();
    const std::string id = spool->Create(MakeArchive(1, 10)).id;
    const std::unique_ptr<PartSink> old = spool->OpenPart(id);

    WritePart(*spool, id, "new");
    old->Write("stale", 5);
    old->Close();
    spool->Publish(id, ArchiveReport());

    EXPECT_EQ("new", Read(*spool, id));
  }

  TEST_F(ArchiveSpoolTest, EvictKeepsTheRecordAndOpenDownloads)
  {
    const std::unique_ptr<ArchiveSpool> spool = Open();
    const std::string id = Publish(*spool, "zip");
    const std::string pending = spool->Create(MakeArchive(1, 10)).id;
    const std::unique_ptr<MappedFile> download = spool->OpenArchive(id);

    EXPECT_TRUE(spool->Evict(id));
    EXPECT_FALSE(spool->Evict(id));
    EXPECT_FALSE(spool->Evict(pending));
    EXPECT_FALSE(spool->Evict(JOB_1));

    EXPECT_EQ(ArchiveState::Evicted, spool->FindState(id));
    EXPECT_EQ('z', download->GetData()[0]);
    EXPECT_EQ(0u, directory_.ListNames().count(id + ".zip"));
    EXPECT_EQ(ArchiveState::Evicted, FindState(directory_.CopySpool("copy"), id));
  }

  TEST_F(ArchiveSpoolTest, RemoveLeavesNothing)
  {
    const std::unique_ptr<ArchiveSpool> spool = Open();
    const std::string ready = Publish(*spool, "zip");
    const std::string pending = spool->Create(MakeArchive(1, 10)).id;
    WritePart(*spool, pending, "part");
    spool->LinkJob(JOB_1, ready, JobRole::Public);
    spool->LinkJob(JOB_2, pending, JobRole::Public);

    spool->Remove(ready);
    spool->Remove(pending);
    spool->Remove(pending);
    spool->Remove("../unknown");

    EXPECT_FALSE(spool->Find(ready).has_value());
    EXPECT_FALSE(spool->FindByJob(JOB_1).has_value());
    EXPECT_TRUE(spool->List().empty());
    EXPECT_EQ(std::set<std::string>{"lock"}, directory_.ListNames());
  }

  TEST_F(ArchiveSpoolTest, TemporaryFilesHaveNoName)
  {
    const std::unique_ptr<ArchiveSpool> spool = Open();

    const std::unique_ptr<FileSink> sink = spool->OpenTemporary();
    sink->Write("data", 4);

    EXPECT_EQ(std::set<std::string>{"lock"}, directory_.ListNames());
  }

  // ---- Who owns the directory

  TEST_F(ArchiveSpoolTest, DirectoryHasOneOwner)
  {
    std::unique_ptr<ArchiveSpool> spool = Open();

    const std::string text = ExpectFailure(FailureKind::CannotWrite, [&] { Open(); });
    EXPECT_NE(std::string::npos, text.find(directory_.GetSpool()));

    spool.reset();
    EXPECT_NO_THROW(Open());
  }

  TEST_F(ArchiveSpoolTest, UnusableDirectoryIsRefused)
  {
    const std::string file = (directory_.GetRoot() / "file").string();
    TestDirectory::WriteFile(file, "");

    for (const std::string& path : {file, file + "/spool", std::string("/proc/spool")})
    {
      const std::string text = ExpectFailure(FailureKind::CannotWrite, [&] { Open(path); });
      EXPECT_NE(std::string::npos, text.find(path)) << text;
    }
  }

  // ---- Restart

  TEST_F(ArchiveSpoolTest, EveryStateSurvivesARestart)
  {
    std::unique_ptr<ArchiveSpool> spool = Open();
    const std::string pending = spool->Create(MakeArchive(3, 4'000)).id;
    const std::string ready = Publish(*spool, "zip");
    const std::string failed = spool->Create(MakeArchive(1, 10)).id;
    spool->Fail(failed, FailureKind::StorageFull, "full");
    const std::string evicted = Publish(*spool, "zip");
    spool->Evict(evicted);
    spool->LinkJob(JOB_1, ready, JobRole::Public);
    spool->LinkJob(JOB_2, ready, JobRole::Public);

    spool.reset();
    spool = Open();

    EXPECT_EQ(ArchiveState::Pending, spool->FindState(pending));
    EXPECT_EQ(3u, spool->Find(pending)->instancesCount);
    EXPECT_EQ(ArchiveState::Ready, spool->FindState(ready));
    EXPECT_EQ("zip", Read(*spool, ready));
    EXPECT_EQ(ArchiveState::Failed, spool->FindState(failed));
    EXPECT_EQ(FailureKind::StorageFull, spool->Find(failed)->failureKind);
    EXPECT_EQ(ArchiveState::Evicted, spool->FindState(evicted));
    EXPECT_EQ(ready, spool->FindByJob(JOB_1));
    EXPECT_EQ(ready, spool->FindByJob(JOB_2));
    EXPECT_EQ(4u, spool->List().size());
    EXPECT_TRUE(spool->GetWarnings().empty());
  }

  TEST_F(ArchiveSpoolTest, CrashWhileWritingLeavesAPendingArchive)
  {
    const std::unique_ptr<ArchiveSpool> spool = Open();
    const std::string id = spool->Create(MakeArchive(1, 10)).id;
    const std::unique_ptr<PartSink> sink = spool->OpenPart(id);
    sink->Write("half", 4);
    const std::string crashed = directory_.CopySpool("crashed");

    const std::unique_ptr<ArchiveSpool> recovered = Open(crashed);

    EXPECT_EQ(ArchiveState::Pending, recovered->FindState(id));
    EXPECT_EQ((std::set<std::string>{"lock", id + ".json"}), TestDirectory::ListNames(crashed));
    WritePart(*recovered, id, "whole");
    recovered->Publish(id, ArchiveReport());
    EXPECT_EQ("whole", Read(*recovered, id));
  }

  TEST_F(ArchiveSpoolTest, CrashBeforeTheRenameLeavesAPendingArchive)
  {
    const std::unique_ptr<ArchiveSpool> spool = Open();
    const std::string id = spool->Create(MakeArchive(1, 10)).id;
    WritePart(*spool, id, "complete, but not published");

    EXPECT_EQ(ArchiveState::Pending, FindState(directory_.CopySpool("crashed"), id));
  }

  TEST_F(ArchiveSpoolTest, CrashBetweenRenameAndRecordLeavesAReadyArchive)
  {
    const std::unique_ptr<ArchiveSpool> spool = Open();
    const std::string id = spool->Create(MakeArchive(1, 10)).id;
    spool->LinkJob(JOB_1, id, JobRole::Public);
    const std::string crashed = directory_.CopySpool("crashed");
    TestDirectory::WriteFile(SpoolNames(crashed).GetArchivePath(id), "published");
    const std::string again = (directory_.GetRoot() / "again").string();
    {
      const std::unique_ptr<ArchiveSpool> recovered = Open(crashed);

      EXPECT_EQ(ArchiveState::Ready, recovered->FindState(id));
      EXPECT_EQ(9u, recovered->Find(id)->sizeBytes);
      EXPECT_GT(recovered->Find(id)->completedMicroseconds, 1'600'000'000'000'000);
      EXPECT_EQ("published", Read(*recovered, id));
      EXPECT_EQ(id, recovered->FindByJob(JOB_1));
      std::filesystem::copy(crashed, again);
    }

    EXPECT_EQ(ArchiveState::Ready, FindState(again, id));
    EXPECT_EQ(
      ArchiveState::Ready,
      ParseArchiveRecord(TestDirectory::ReadFile(SpoolNames(again).GetRecordPath(id))).state);
  }

  TEST_F(ArchiveSpoolTest, ReportSurvivesACrashBetweenRenameAndRecord)
  {
    const std::unique_ptr<ArchiveSpool> spool = Open();
    const std::string id = spool->Create(MakeArchive(1, 10)).id;
    WritePart(*spool, id, "zip");
    ArchiveReport report;
    report.missing = {"instance"};
    // A folder in place of the final file: the rename fails
    std::filesystem::create_directory(GetNames().GetArchivePath(id));
    ExpectFailure(FailureKind::CannotWrite, [&] { spool->Publish(id, report); });
    std::filesystem::remove(GetNames().GetArchivePath(id));
    const std::string crashed = directory_.CopySpool("crashed");
    std::filesystem::rename(SpoolNames(crashed).GetPartPath(id),
                            SpoolNames(crashed).GetArchivePath(id));

    const ArchiveRecord record = Open(crashed)->Find(id).value();

    EXPECT_EQ(ArchiveState::Ready, record.state);
    EXPECT_EQ(report.missing, record.report.missing);
  }

  TEST_F(ArchiveSpoolTest, CrashWhileEvictingLeavesAnEvictedArchive)
  {
    const std::unique_ptr<ArchiveSpool> spool = Open();
    const std::string id = Publish(*spool, "zip");
    const std::string crashed = directory_.CopySpool("crashed");
    std::filesystem::remove(SpoolNames(crashed).GetArchivePath(id));

    EXPECT_EQ(ArchiveState::Evicted, FindState(crashed, id));
  }

  TEST_F(ArchiveSpoolTest, FilesThatNobodyClaimsAreRemoved)
  {
    const std::unique_ptr<ArchiveSpool> spool = Open();
    const std::string pending = spool->Create(MakeArchive(1, 10)).id;
    const std::string failed = spool->Create(MakeArchive(1, 10)).id;
    spool->Fail(failed, FailureKind::Internal, "failed");
    const std::string crashed = directory_.CopySpool("crashed");
    const SpoolNames names(crashed);
    const std::string unknown = GenerateUuid();
    for (const std::string& path :
         {names.GetArchivePath(unknown), names.GetPartPath(unknown), names.GetPartPath(failed),
          names.GetArchivePath(failed), names.GetPartPath(pending),
          names.GetRecordTemporaryPath(unknown), names.GetRecordTemporaryPath(pending),
          names.GetLinkTemporaryPath(JOB_1), crashed + "/temporary-a1B2c3"})
    {
      TestDirectory::WriteFile(path, "left over");
    }
    TestDirectory::WriteFile(names.GetLinkPath(JOB_1), unknown + "\n");
    TestDirectory::WriteFile(names.GetLinkPath(JOB_2), "garbage");
    TestDirectory::WriteFile(crashed + "/notes.txt", "of the operator");

    Open(crashed);

    EXPECT_EQ((std::set<std::string>{"lock", "notes.txt", pending + ".json", failed + ".json"}),
              TestDirectory::ListNames(crashed));
  }

  TEST_F(ArchiveSpoolTest, UnreadableRecordsAreReportedAndLeftAlone)
  {
    const std::unique_ptr<ArchiveSpool> spool = Open();
    const std::string good = Publish(*spool, "good");
    const std::string newer = Publish(*spool, "newer");
    const std::string truncated = Publish(*spool, "truncated");
    const std::string garbage = Publish(*spool, "garbage");
    const std::string empty = Publish(*spool, "empty");
    const std::string foreign = Publish(*spool, "foreign");
    spool->LinkJob(JOB_1, newer, JobRole::Public);
    const std::string crashed = directory_.CopySpool("crashed");
    const SpoolNames names(crashed);
    const std::string text = TestDirectory::ReadFile(names.GetRecordPath(newer));
    TestDirectory::WriteFile(names.GetRecordPath(newer), "{\"Version\":4}");
    TestDirectory::WriteFile(names.GetRecordPath(truncated), text.substr(0, text.size() / 2));
    TestDirectory::WriteFile(names.GetRecordPath(garbage), std::string(1'000, '\xff'));
    TestDirectory::WriteFile(names.GetRecordPath(empty), "");
    TestDirectory::WriteFile(names.GetRecordPath(foreign), text);
    const std::set<std::string> before = TestDirectory::ListNames(crashed);

    const std::unique_ptr<ArchiveSpool> recovered = Open(crashed);

    EXPECT_EQ("good", Read(*recovered, good));
    EXPECT_EQ(1u, recovered->List().size());
    EXPECT_FALSE(recovered->FindByJob(JOB_1).has_value());
    EXPECT_EQ(before, TestDirectory::ListNames(crashed));
    const std::vector<std::string> warnings = recovered->GetWarnings();
    EXPECT_EQ(5u, warnings.size());
    for (const std::string& id : {newer, truncated, garbage, empty, foreign})
    {
      const auto isAboutIt = [&](const std::string& warning)
      { return warning.find(id) != std::string::npos; };
      EXPECT_EQ(1, std::count_if(warnings.begin(), warnings.end(), isAboutIt)) << id;
    }
  }

  TEST_F(ArchiveSpoolTest, RecordThatIsNoFileIsReported)
  {
    const std::string id = GenerateUuid();
    std::filesystem::create_directories(directory_.GetSpool() + "/" + id + ".json");
    std::filesystem::create_directories(directory_.GetSpool() + "/" + JOB_1 + ".job");
    std::filesystem::create_directories(directory_.GetSpool() + "/" + JOB_2 + ".zip");
    std::filesystem::permissions(directory_.GetSpool(), std::filesystem::perms(0700));

    EXPECT_EQ(3u, Open()->GetWarnings().size());
  }

  TEST_F(ArchiveSpoolTest, LoadsManyRecords)
  {
    constexpr unsigned COUNT = 10'000;
    std::filesystem::create_directory(directory_.GetSpool());
    ArchiveRecord record;
    record.request = MakeRequest();
    for (unsigned i = 0; i < COUNT; i++)
    {
      record.id = GenerateUuid();
      TestDirectory::WriteFile(GetNames().GetRecordPath(record.id), FormatArchiveRecord(record));
      TestDirectory::WriteFile(GetNames().GetLinkPath(GenerateUuid()), record.id + "\n");
    }

    const std::unique_ptr<ArchiveSpool> spool = Open();

    EXPECT_EQ(COUNT, spool->List().size());
    EXPECT_EQ(1u, spool->ListJobs(record.id).size());
  }

  // ---- Disk full, and other failures of the disk

  TEST_F(ArchiveSpoolTest, FullDiskLeavesNoRecord)
  {
    const std::unique_ptr<ArchiveSpool> spool = Open();
    {
      const FileSizeLimit limit(16);
      ExpectFailure(FailureKind::StorageFull, [&] { spool->Create(MakeArchive(1, 10)); });
    }

    EXPECT_TRUE(spool->List().empty());
    EXPECT_EQ(std::set<std::string>{"lock"}, directory_.ListNames());
  }

  TEST_F(ArchiveSpoolTest, FullDiskTakesBackWhatItCannotRecord)
  {
    const std::unique_ptr<ArchiveSpool> spool = Open();
    const std::string id = spool->Create(MakeArchive(1, 10)).id;
    WritePart(*spool, id, "zip");
    {
      const FileSizeLimit limit(16);
      ExpectFailure(FailureKind::StorageFull, [&] { spool->Publish(id, ArchiveReport()); });
    }

    EXPECT_EQ(ArchiveState::Pending, spool->FindState(id));
    EXPECT_EQ((std::set<std::string>{"lock", id + ".json"}), directory_.ListNames());
    EXPECT_EQ(ArchiveState::Pending, FindState(directory_.CopySpool("copy"), id));
  }

  TEST_F(ArchiveSpoolTest, FullDiskDoesNotKeepAnArchiveFromFailing)
  {
    const std::unique_ptr<ArchiveSpool> spool = Open();
    const std::string id = spool->Create(MakeArchive(1, 10)).id;
    WritePart(*spool, id, "part");
    {
      const FileSizeLimit limit(16);
      ExpectFailure(FailureKind::StorageFull,
                    [&] { spool->Fail(id, FailureKind::StorageFull, "full"); });
    }

    EXPECT_EQ(ArchiveState::Failed, spool->FindState(id));
    EXPECT_EQ((std::set<std::string>{"lock", id + ".json"}), directory_.ListNames());
  }

  TEST_F(ArchiveSpoolTest, FullDiskDoesNotRestart)
  {
    const std::unique_ptr<ArchiveSpool> spool = Open();
    const std::string id = spool->Create(MakeArchive(1, 10)).id;
    spool->Fail(id, FailureKind::Internal, "failed");
    {
      const FileSizeLimit limit(16);
      ExpectFailure(FailureKind::StorageFull, [&] { spool->Restart(id); });
    }

    EXPECT_EQ(ArchiveState::Failed, spool->FindState(id));
  }

  TEST_F(ArchiveSpoolTest, RemovedDirectoryIsAnErrorEachTime)
  {
    const std::unique_ptr<ArchiveSpool> spool = Open();
    const std::string id = spool->Create(MakeArchive(1, 10)).id;
    WritePart(*spool, id, "part");
    std::filesystem::remove_all(directory_.GetSpool());

    ExpectFailure(FailureKind::CannotWrite, [&] { spool->Publish(id, ArchiveReport()); });
    ExpectFailure(FailureKind::CannotWrite, [&] { spool->Create(MakeArchive(1, 10)); });
    ExpectFailure(FailureKind::CannotWrite, [&] { spool->LinkJob(JOB_1, id, JobRole::Public); });
    ExpectFailure(FailureKind::CannotWrite, [&] { spool->OpenPart(id); });
    ExpectFailure(FailureKind::CannotWrite, [&] { spool->OpenTemporary(); });

    EXPECT_EQ(ArchiveState::Pending, spool->FindState(id));
    EXPECT_FALSE(spool->FindByJob(JOB_1).has_value());
    EXPECT_FALSE(std::filesystem::exists(directory_.GetSpool()));
  }

  TEST_F(ArchiveSpoolTest, PublishWithoutAPartIsAnError)
  {
    const std::unique_ptr<ArchiveSpool> spool = Open();
    const std::string id = spool->Create(MakeArchive(1, 10)).id;

    ExpectFailure(FailureKind::CannotWrite, [&] { spool->Publish(id, ArchiveReport()); });

    EXPECT_EQ(ArchiveState::Pending, spool->FindState(id));
  }

  // ---- What is kept

  TEST_F(ArchiveSpoolTest, OneArchiveIsKeptAsInTheCore)
  {
    SpoolSettings settings = MakeSettings(directory_.GetSpool());
    settings.maxArchives = 1;
    ArchiveSpool spool(settings, clock_);
    const std::string pending = spool.Create(MakeArchive(1, 10)).id;
    const std::string first = Publish(spool, "first");
    spool.LinkJob(JOB_1, first, JobRole::Public);
    clock_.Advance(1);

    const std::string second = Publish(spool, "second");

    EXPECT_EQ("second", Read(spool, second));
    ExpectFailure(FailureKind::NotFound, [&] { spool.OpenArchive(first); });
    EXPECT_EQ(ArchiveState::Evicted, spool.FindState(first));
    EXPECT_EQ(first, spool.FindByJob(JOB_1));
    EXPECT_EQ(ArchiveState::Pending, spool.FindState(pending));
  }

  TEST_F(ArchiveSpoolTest, TheLatestCompletedAreKept)
  {
    SpoolSettings settings = MakeSettings(directory_.GetSpool());
    settings.maxArchives = 2;
    ArchiveSpool spool(settings, clock_);
    const std::string createdFirst = spool.Create(MakeArchive(1, 10)).id;
    clock_.Advance(1);
    const std::string second = Publish(spool, "second");
    clock_.Advance(1);
    const std::string third = Publish(spool, "third");
    clock_.Advance(1);
    WritePart(spool, createdFirst, "completed last");

    spool.Publish(createdFirst, ArchiveReport());

    EXPECT_EQ(ArchiveState::Evicted, spool.FindState(second));
    EXPECT_EQ(ArchiveState::Ready, spool.FindState(third));
    EXPECT_EQ(ArchiveState::Ready, spool.FindState(createdFirst));
  }

  TEST_F(ArchiveSpoolTest, NumberIsCheckedAtStart)
  {
    std::unique_ptr<ArchiveSpool> spool = Open();
    const std::string first = Publish(*spool, "first");
    clock_.Advance(1);
    const std::string second = Publish(*spool, "second");
    spool.reset();
    SpoolSettings settings = MakeSettings(directory_.GetSpool());
    settings.maxArchives = 1;

    const ArchiveSpool limited(settings, clock_);

    EXPECT_EQ(ArchiveState::Evicted, limited.FindState(first));
    EXPECT_EQ(ArchiveState::Ready, limited.FindState(second));
  }

  TEST_F(ArchiveSpoolTest, AgeRemovesFilesAndLaterTheirRecords)
  {
    SpoolSettings settings = MakeSettings(directory_.GetSpool());
    settings.maxAgeHours = 24;
    settings.historyHours = 100;
    ArchiveSpool spool(settings, clock_);
    const std::string pending = spool.Create(MakeArchive(1, 10)).id;
    const std::string ready = Publish(spool, "ready");
    spool.LinkJob(JOB_1, ready, JobRole::Public);
    const std::string evicted = Publish(spool, "evicted");
    spool.Evict(evicted);
    const std::string failed = spool.Create(MakeArchive(1, 10)).id;
    spool.Fail(failed, FailureKind::Internal, "failed");

    clock_.Advance(24 * HOUR - 1);
    spool.Sweep();
    EXPECT_EQ(ArchiveState::Ready, spool.FindState(ready));
    clock_.Advance(1);
    spool.Sweep();
    EXPECT_EQ(ArchiveState::Evicted, spool.FindState(ready));
    EXPECT_EQ(ready, spool.FindByJob(JOB_1));
    EXPECT_EQ(4u, spool.List().size());
    clock_.Advance(76 * HOUR);
    spool.Sweep();

    EXPECT_EQ(ArchiveState::Evicted, spool.FindState(ready)); // counted from its eviction
    EXPECT_FALSE(spool.FindState(evicted).has_value());
    EXPECT_FALSE(spool.FindState(failed).has_value());
    clock_.Advance(24 * HOUR);
    spool.Sweep();
    EXPECT_FALSE(spool.FindState(ready).has_value());
    EXPECT_FALSE(spool.FindByJob(JOB_1).has_value());
    EXPECT_EQ((std::set<std::string>{"lock", pending + ".json"}), directory_.ListNames());
  }

  TEST_F(ArchiveSpoolTest, ClockThatWasSetBackRemovesNothing)
  {
    SpoolSettings settings = MakeSettings(directory_.GetSpool());
    settings.maxAgeHours = 1;
    ArchiveSpool spool(settings, clock_);
    const std::string id = Publish(spool, "zip");

    clock_.Advance(-1000 * HOUR);
    spool.Sweep();

    EXPECT_EQ(ArchiveState::Ready, spool.FindState(id));
  }

  TEST_F(ArchiveSpoolTest, WithoutLimitsEverythingIsKept)
  {
    SpoolSettings settings = MakeSettings(directory_.GetSpool());
    settings.maxAgeHours.reset();
    settings.maxDiskPercent.reset();
    ArchiveSpool spool(settings, clock_);
    const std::string id = Publish(spool, "zip");

    clock_.Advance(100'000 * HOUR);
    spool.Sweep();

    EXPECT_EQ("zip", Read(spool, id));
    EXPECT_FALSE(spool.GetQuotaBytes().has_value());
    EXPECT_FALSE(spool.GetExpiryMicroseconds(spool.Find(id).value()).has_value());
  }

  TEST_F(ArchiveSpoolTest, SweepGoesOnAfterWhatItCannotRemove)
  {
    SpoolSettings settings = MakeSettings(directory_.GetSpool());
    settings.maxAgeHours = 1;
    settings.historyHours = 1;
    ArchiveSpool spool(settings, clock_);
    std::vector<std::string> ids;
    for (unsigned i = 0; i < 5; i++)
    {
      ids.push_back(Publish(spool, "zip"));
    }
    const std::string stuckFile = GetNames().GetArchivePath(ids[1]);
    const std::string stuckRecord = GetNames().GetRecordPath(ids[2]);
    for (const std::string& path : {stuckFile, stuckRecord})
    {
      std::filesystem::remove(path);
      std::filesystem::create_directory(path);
    }

    clock_.Advance(2 * HOUR);
    spool.Sweep();
    EXPECT_EQ(ArchiveState::Ready, spool.FindState(ids[1]));
    EXPECT_EQ(ArchiveState::Evicted, spool.FindState(ids[2]));
    clock_.Advance(2 * HOUR);
    spool.Sweep();
    EXPECT_EQ(2u, spool.List().size());

    std::filesystem::remove(stuckFile);
    std::filesystem::remove(stuckRecord);
    spool.Sweep();
    clock_.Advance(2 * HOUR);
    spool.Sweep();
    EXPECT_TRUE(spool.List().empty());
  }

  // ---- Threads

  TEST_F(ArchiveSpoolTest, ManyThreadsShareASpool)
  {
    constexpr unsigned THREADS = 8;
    constexpr unsigned ROUNDS = 12;
    SpoolSettings settings = MakeSettings(directory_.GetSpool());
    settings.maxArchives = 3;
    settings.maxAgeHours = 1'000;
    std::atomic<unsigned> unexpected{0};
    {
      ArchiveSpool spool(settings, clock_);
      const std::string shared = spool.Create(MakeArchive(1, 10)).id;
      boost::thread_group threads;
      for (unsigned t = 0; t < THREADS; t++)
      {
        threads.create_thread(
          [&, t]
          {
            for (unsigned i = 0; i < ROUNDS; i++)
            {
              try
              {
                clock_.Advance(1);
                const std::string id = Publish(spool, "content " + std::to_string(t));
                spool.LinkJob(GenerateUuid(), id, JobRole::Public);
                spool.Restart(shared);
                spool.Fail(shared, FailureKind::Canceled, "canceled");
                spool.Sweep();
                spool.List();
                if (i % 3 == 0)
                {
                  spool.Remove(id);
                }
              }
              catch (const Failure&)
              {
                unexpected++;
              }
            }
          });
      }
      threads.join_all();

      EXPECT_EQ(0u, unexpected);
      unsigned readyCount = 0;
      for (const std::shared_ptr<const ArchiveRecord>& found : spool.List())
      {
        if (found->state == ArchiveState::Ready)
        {
          readyCount++;
          EXPECT_EQ(found->sizeBytes, Read(spool, found->id).size());
        }
      }
      EXPECT_LE(readyCount, 3u);
      EXPECT_EQ(ArchiveState::Failed, spool.FindState(shared));
    }

    ArchiveSpool reopened(settings, clock_);
    EXPECT_TRUE(reopened.GetWarnings().empty());
    EXPECT_EQ(THREADS * ROUNDS * 2 / 3 + 1, reopened.List().size());
  }
} // namespace OrthancPlugins
