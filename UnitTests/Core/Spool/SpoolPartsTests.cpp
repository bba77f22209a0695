// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../../Plugin/Core/Spool/ArchiveRecordJson.h"

#include "SpoolFixture.h"

#include <atomic>

#include <boost/thread/thread.hpp>

namespace OrthancPlugins
{
  class SpoolPartsTest : public SpoolFixture
  {
  protected:
    // A part file with two checkpoints, and some bytes that no checkpoint covers
    std::string MakePart()
    {
      const std::string id = Create();
      const std::unique_ptr<PartSink> sink = spool_->OpenPart(id);
      sink->Write("aaaa", 4);
      sink->Checkpoint("a 4\n");
      sink->Write("bbbb", 4);
      sink->Checkpoint("b 8\n");
      sink->Write("cc", 2);
      return id;
    }
  };

  // ---- Continued part files

  TEST_F(SpoolPartsTest, PartIsContinuedAfterACrash)
  {
    Open();
    const std::string id = MakePart();

    Crash("crashed");
    EXPECT_EQ("a 4\nb 8\n", spool_->ReadJournal(id));
    const std::unique_ptr<PartSink> sink = spool_->ReopenPart(id, 8);
    EXPECT_EQ(8u, sink->GetBytesWritten());
    sink->Write("CC", 2);
    sink->Checkpoint("c 10\n");
    EXPECT_EQ("a 4\nb 8\nc 10\n", spool_->ReadJournal(id));
    sink->Close();
    spool_->Publish(id, ArchiveReport());

    EXPECT_EQ("aaaabbbbCC", Read(id));
    EXPECT_EQ((std::set<std::string>{"lock", id + ".json", id + ".zip"}), ListNames());
    EXPECT_EQ("", spool_->ReadJournal(id));
  }

  TEST_F(SpoolPartsTest, TornLineOfTheJournalIsCutBeforeItIsContinued)
  {
    Open();
    const std::string id = MakePart();
    TestDirectory::WriteFile(GetNames().GetJournalPath(id), "a 4\nb ");

    spool_->ReopenPart(id, 4)->Checkpoint("B 8\n");

    EXPECT_EQ("a 4\nB 8\n", spool_->ReadJournal(id));
  }

  TEST_F(SpoolPartsTest, OnlyWhatIsThereIsContinued)
  {
    Open();
    const std::string id = MakePart();
    const std::string fresh = Create();
    const std::string ready = MakeReady(3);

    ExpectFailure(FailureKind::NotFound, [&] { spool_->ReopenPart(id, 11); });
    ExpectFailure(FailureKind::NotFound, [&] { spool_->ReopenPart(fresh, 0); });
    ExpectFailure(FailureKind::NotFound, [&] { spool_->ReopenPart(JOB_1, 0); });
    ExpectFailure(FailureKind::Conflict, [&] { spool_->ReopenPart(ready, 0); });

    EXPECT_EQ("", spool_->ReadJournal(fresh));
    EXPECT_EQ("", spool_->ReadJournal(JOB_1));
    EXPECT_NO_THROW(spool_->ReopenPart(id, 10));
  }

  TEST_F(SpoolPartsTest, NewPartHasAnEmptyJournal)
  {
    Open();
    const std::string id = MakePart();

    const std::unique_ptr<PartSink> sink = spool_->OpenPart(id);

    EXPECT_EQ("", spool_->ReadJournal(id));
    EXPECT_EQ(0u, sink->GetBytesWritten());
  }

  TEST_F(SpoolPartsTest, StaleWriterDoesNotTouchTheNewJournal)
  {
    Open();
    const std::string id = Create();
    const std::unique_ptr<PartSink> old = spool_->OpenPart(id);
    const std::unique_ptr<PartSink> current = spool_->OpenPart(id);

    old->Write("stale", 5);
    old->Checkpoint("stale\n");
    current->Checkpoint("current\n");

    EXPECT_EQ("current\n", spool_->ReadJournal(id));
  }

  TEST_F(SpoolPartsTest, CanceledWriterLeavesNothing)
  {
    Open();
    const std::string id = Create();
    const std::unique_ptr<PartSink> sink = spool_->OpenPart(id);
    spool_->Fail(id, FailureKind::Canceled, "by the user");

    sink->Write("stale", 5);
    sink->Checkpoint("stale\n");

    EXPECT_EQ((std::set<std::string>{"lock", id + ".json"}), ListNames());
  }

  TEST_F(SpoolPartsTest, StartKeepsOnlyPartsThatCanBeContinued)
  {
    Open();
    const std::string kept = MakePart();
    const std::string withoutJournal = MakePart();
    const std::string emptyJournal = MakePart();
    const std::string withoutPart = MakePart();
    const std::string failed = MakePart();
    const std::string ready = MakeReady(3);
    spool_->Fail(failed, FailureKind::Internal, "failed");
    std::filesystem::remove(GetNames().GetJournalPath(withoutJournal));
    TestDirectory::WriteFile(GetNames().GetJournalPath(emptyJournal), "");
    std::filesystem::remove(GetNames().GetPartPath(withoutPart));
    for (const std::string& id : {failed, ready, std::string(JOB_1)})
    {
      TestDirectory::WriteFile(GetNames().GetPartPath(id), "left over");
      TestDirectory::WriteFile(GetNames().GetJournalPath(id), "left over\n");
    }

    Crash("crashed");

    EXPECT_EQ((std::set<std::string>{"lock", kept + ".json", kept + ".part", kept + ".journal",
                                     withoutJournal + ".json", emptyJournal + ".json",
                                     withoutPart + ".json", failed + ".json", ready + ".json",
                                     ready + ".zip"}),
              ListNames());
    EXPECT_TRUE(spool_->GetWarnings().empty());
  }

  // ---- Retries

  TEST_F(SpoolPartsTest, PostponedArchiveWaits)
  {
    Open();
    const std::string id = MakePart();

    spool_->Postpone(id, FailureKind::StorageFull, "full", 1'800'000'000'000'000, true);

    for (unsigned round = 0; round < 2; round++)
    {
      const ArchiveRecord record = spool_->Find(id).value();
      EXPECT_EQ(ArchiveState::Pending, record.state);
      EXPECT_EQ(1u, record.attempts);
      EXPECT_EQ(FailureKind::StorageFull, record.failureKind);
      EXPECT_EQ("full", record.failureText);
      EXPECT_EQ(1'800'000'000'000'000, record.nextAttemptMicroseconds);
      EXPECT_EQ("a 4\nb 8\n", spool_->ReadJournal(id));
      Reopen();
    }
    spool_->Postpone(id, FailureKind::Unavailable, "busy", 5, false);
    EXPECT_EQ(2u, spool_->Find(id)->attempts);
    EXPECT_EQ((std::set<std::string>{"lock", id + ".json"}), ListNames());
    ExpectFailure(FailureKind::NotFound,
                  [&] { spool_->Postpone(JOB_1, FailureKind::Internal, "x", 0, true); });
  }

  TEST_F(SpoolPartsTest, WhatHasEndedIsNotPostponed)
  {
    Open();
    const std::string canceled = MakePart();
    spool_->Fail(canceled, FailureKind::Canceled, "by the user");
    const std::string ready = MakeReady(3);

    spool_->Postpone(canceled, FailureKind::StorageFull, "full", 5, true);
    spool_->Postpone(ready, FailureKind::StorageFull, "full", 5, false);

    EXPECT_EQ(ArchiveState::Failed, GetState(canceled));
    EXPECT_EQ("by the user", spool_->Find(canceled)->failureText);
    EXPECT_EQ("xxx", Read(ready));
  }

  TEST_F(SpoolPartsTest, FullDiskDoesNotKeepAnArchiveFromWaiting)
  {
    Open();
    const std::string id = MakePart();
    {
      const FileSizeLimit limit(16);
      ExpectFailure(FailureKind::StorageFull,
                    [&] { spool_->Postpone(id, FailureKind::StorageFull, "full", 5, false); });
    }

    EXPECT_EQ(1u, spool_->Find(id)->attempts);
    EXPECT_EQ(0u, ListNames().count(id + ".part"));
    spool_->Sweep();
    Reopen();
    EXPECT_EQ(1u, spool_->Find(id)->attempts);
  }

  TEST_F(SpoolPartsTest, WhatIsSeenIsOnDisk)
  {
    Open();
    const std::string id = Create();
    for (unsigned attempt = 1; attempt <= 30; attempt++)
    {
      spool_->OpenPart(id).reset();
      boost::thread worker([&] { spool_->Postpone(id, FailureKind::Unavailable, "", 5, false); });
      while (spool_->Find(id)->attempts < attempt)
      {
        boost::this_thread::yield();
      }
      const std::string saved = TestDirectory::ReadFile(GetNames().GetRecordPath(id));
      worker.join();
      EXPECT_EQ(attempt, ParseArchiveRecord(saved).attempts);
    }
    boost::thread worker([&] { spool_->Fail(id, FailureKind::Unavailable, ""); });
    while (GetState(id) == ArchiveState::Pending)
    {
      boost::this_thread::yield();
    }
    const std::string saved = TestDirectory::ReadFile(GetNames().GetRecordPath(id));
    worker.join();
    EXPECT_EQ(ArchiveState::Failed, ParseArchiveRecord(saved).state);
  }

  TEST_F(SpoolPartsTest, RestartForgetsTheAttempts)
  {
    Open();
    const std::string id = MakePart();
    spool_->Postpone(id, FailureKind::StorageFull, "full", 5, true);
    spool_->Update(id,
                   [](ArchiveRecord& record)
                   {
                     record.startedMicroseconds = 7;
                     record.runtimeMicroseconds = 8;
                     record.leaderId = JOB_1;
                     record.isPinned = true;
                     record.owner = "alice";
                   });

    spool_->Restart(id);

    const ArchiveRecord record = spool_->Find(id).value();
    EXPECT_EQ(0u, record.attempts);
    EXPECT_EQ(0, record.nextAttemptMicroseconds);
    EXPECT_EQ(0, record.startedMicroseconds);
    EXPECT_EQ(0u, record.runtimeMicroseconds);
    EXPECT_EQ("", record.failureText);
    EXPECT_EQ("", record.leaderId);
    EXPECT_TRUE(record.isPinned);
    EXPECT_EQ("alice", record.owner);
    EXPECT_EQ((std::set<std::string>{"lock", id + ".json"}), ListNames());
  }

  // ---- Links

  TEST_F(SpoolPartsTest, ExecutorsAreNotPublic)
  {
    Open();
    const std::string id = Create();
    EXPECT_EQ("", spool_->GetPublicJob(id));
    spool_->LinkJob(JOB_1, id, JobRole::Executor);
    EXPECT_EQ("", spool_->GetPublicJob(id));

    spool_->LinkJob(JOB_2, id, JobRole::Public);
    spool_->LinkJob(JOB_3, id, JobRole::Executor);

    for (unsigned round = 0; round < 2; round++)
    {
      EXPECT_EQ(JOB_2, spool_->GetPublicJob(id));
      EXPECT_EQ("", spool_->GetPublicJob(JOB_1));
      for (const char* job : {JOB_1, JOB_2, JOB_3})
      {
        EXPECT_EQ(id, spool_->FindByJob(job));
      }
      Reopen();
    }
    EXPECT_EQ(id + "\nexecutor\n", TestDirectory::ReadFile(GetNames().GetLinkPath(JOB_1)));
    EXPECT_EQ(id + "\n", TestDirectory::ReadFile(GetNames().GetLinkPath(JOB_2)));
  }

  TEST_F(SpoolPartsTest, OldSpoolMayHaveSeveralPublicLinks)
  {
    Open();
    const std::string id = Create();
    for (const char* job : {JOB_3, JOB_1, JOB_2})
    {
      TestDirectory::WriteFile(GetNames().GetLinkPath(job), id + (job == JOB_2 ? "" : "\n"));
    }

    Reopen();

    EXPECT_EQ(JOB_1, spool_->GetPublicJob(id));
    for (const char* job : {JOB_1, JOB_2, JOB_3})
    {
      EXPECT_EQ(id, spool_->FindByJob(job));
    }
  }

  TEST_F(SpoolPartsTest, LinkWithAnUnknownRoleIsReportedAndLeftAlone)
  {
    Open();
    const std::string id = Create();
    TestDirectory::WriteFile(GetNames().GetLinkPath(JOB_1), id + "\nauditor\n");

    Reopen();

    EXPECT_EQ(1u, spool_->GetWarnings().size());
    EXPECT_FALSE(spool_->FindByJob(JOB_1).has_value());
    EXPECT_EQ(1u, ListNames().count(std::string(JOB_1) + ".job"));
  }

  // ---- Idempotency keys

  TEST_F(SpoolPartsTest, KeyBelongsToItsOwner)
  {
    Open();
    NewArchive archive = MakeArchive(0);
    archive.owner = "alice";
    archive.idempotencyKey = "key";
    const std::string alice = spool_->Create(archive).id;
    archive.owner = "bob";
    const std::string bob = spool_->Create(archive).id;
    ExpectFailure(FailureKind::Conflict, [&] { spool_->Create(archive); });

    for (unsigned round = 0; round < 2; round++)
    {
      EXPECT_EQ(alice, spool_->FindByIdempotencyKey("alice", "key"));
      EXPECT_EQ(bob, spool_->FindByIdempotencyKey("bob", "key"));
      EXPECT_FALSE(spool_->FindByIdempotencyKey("carol", "key").has_value());
      EXPECT_FALSE(spool_->FindByIdempotencyKey("alice", "").has_value());
      Reopen();
    }
    spool_->Remove(bob);
    EXPECT_FALSE(spool_->FindByIdempotencyKey("bob", "key").has_value());
    EXPECT_NO_THROW(spool_->Create(archive));
  }

  TEST_F(SpoolPartsTest, FailedCreationLeavesTheKeyFree)
  {
    Open();
    NewArchive archive = MakeArchive(0);
    archive.idempotencyKey = "key";
    {
      const FileSizeLimit limit(16);
      ExpectFailure(FailureKind::StorageFull, [&] { spool_->Create(archive); });
    }

    EXPECT_FALSE(spool_->FindByIdempotencyKey("", "key").has_value());
    EXPECT_NO_THROW(spool_->Create(archive));
  }

  TEST_F(SpoolPartsTest, OneOfManyGetsTheKey)
  {
    Open();
    std::atomic<unsigned> created{0};
    std::atomic<unsigned> refused{0};
    std::atomic<unsigned> withoutRecord{0};
    boost::thread_group threads;
    for (unsigned t = 0; t < 8; t++)
    {
      threads.create_thread(
        [&]
        {
          NewArchive archive = MakeArchive(0);
          archive.owner = "alice";
          archive.idempotencyKey = "key";
          try
          {
            spool_->Create(archive);
            created++;
          }
          catch (const Failure& failure)
          {
            refused += failure.GetKind() == FailureKind::Conflict ? 1 : 0;
            const std::optional<std::string> first = spool_->FindByIdempotencyKey("alice", "key");
            withoutRecord += first.has_value() && spool_->Find(*first).has_value() ? 0 : 1;
          }
        });
    }
    threads.join_all();

    EXPECT_EQ(1u, created);
    EXPECT_EQ(7u, refused);
    EXPECT_EQ(0u, withoutRecord);
    EXPECT_EQ(1u, spool_->List().size());
  }

  // ---- Reuse

  TEST_F(SpoolPartsTest, TwinIsTheNewestOfTheSameOwner)
  {
    Open();
    const std::string older = CreateFor("alice", "f");
    const std::string newer = CreateFor("alice", "f");
    const std::string follower = CreateFor("alice", "f");
    spool_->Update(follower, [&](ArchiveRecord& record) { record.leaderId = newer; });
    CreateFor("bob", "f");
    CreateFor("alice", "g");
    CreateFor("alice", "");

    EXPECT_EQ(newer, spool_->FindTwin("alice", "f", ""));
    EXPECT_EQ(older, spool_->FindTwin("alice", "f", newer));
    Finish(older, "zip");
    EXPECT_EQ(older, spool_->FindTwin("alice", "f", "")) << "a file is better than none";
    Reopen();
    EXPECT_EQ(older, spool_->FindTwin("alice", "f", ""));
    Finish(newer, "zip");
    EXPECT_EQ(newer, spool_->FindTwin("alice", "f", ""));
    spool_->Evict(newer);
    spool_->Evict(older);
    EXPECT_FALSE(spool_->FindTwin("alice", "f", "").has_value());
    EXPECT_FALSE(spool_->FindTwin("alice", "", "").has_value());
    EXPECT_FALSE(spool_->FindTwin("", "f", "").has_value());
  }

  TEST_F(SpoolPartsTest, AdoptedFileIsShared)
  {
    Open();
    const std::string leader = Create();
    const std::unique_ptr<PartSink> sink = spool_->OpenPart(leader);
    sink->Write("content", 7);
    sink->Close();
    ArchiveReport report;
    report.missing = {"m"};
    spool_->Publish(leader, report);
    spool_->Update(leader, [](ArchiveRecord& record) { record.uncompressedBytes = 77; });
    const std::string follower = MakePart();
    const std::uint64_t before = spool_->GetUsedBytes();
    clock_.Advance(5);

    ASSERT_TRUE(spool_->Adopt(follower, leader));

    for (unsigned round = 0; round < 2; round++)
    {
      const ArchiveRecord record = spool_->Find(follower).value();
      EXPECT_EQ(ArchiveState::Ready, record.state);
      EXPECT_TRUE(record.isReused);
      EXPECT_EQ(leader, record.leaderId);
      EXPECT_EQ(7u, record.sizeBytes);
      EXPECT_EQ(77u, record.uncompressedBytes);
      EXPECT_EQ(report.missing, record.report.missing);
      EXPECT_EQ(clock_.GetNowMicroseconds(), record.completedMicroseconds);
      EXPECT_EQ("content", Read(follower));
      EXPECT_EQ(MeasureBytes(), spool_->GetUsedBytes());
      EXPECT_LT(spool_->GetUsedBytes(), before + 100);
      EXPECT_EQ(0u, ListNames().count(follower + ".part"));
      Reopen();
    }
    spool_->Remove(leader);
    EXPECT_EQ("content", Read(follower));
    EXPECT_EQ(MeasureBytes(), spool_->GetUsedBytes());
    spool_->Evict(follower);
    EXPECT_EQ(MeasureBytes(), spool_->GetUsedBytes());
  }

  TEST_F(SpoolPartsTest, AdoptsOnlyWhatIsReadyForWhatIsPending)
  {
    Open();
    const std::string leader = MakeReady(3);
    const std::string evicted = MakeReady(3);
    spool_->Evict(evicted);
    const std::string lost = MakeReady(3);
    std::filesystem::remove(GetNames().GetArchivePath(lost));
    const std::string pending = Create();
    const std::string failed = Create();
    spool_->Fail(failed, FailureKind::Canceled, "canceled");

    EXPECT_FALSE(spool_->Adopt(pending, evicted));
    EXPECT_FALSE(spool_->Adopt(pending, lost));
    EXPECT_FALSE(spool_->Adopt(pending, failed));
    EXPECT_FALSE(spool_->Adopt(pending, pending));
    EXPECT_FALSE(spool_->Adopt(pending, JOB_1));
    EXPECT_FALSE(spool_->Adopt(JOB_1, leader));
    EXPECT_FALSE(spool_->Adopt(failed, leader));
    EXPECT_FALSE(spool_->Adopt(leader, leader));

    Reopen();
    EXPECT_EQ(ArchiveState::Pending, GetState(pending));
    EXPECT_FALSE(spool_->Find(pending)->isReused);
  }

  TEST_F(SpoolPartsTest, FullDiskDoesNotAdopt)
  {
    Open();
    const std::string leader = MakeReady(3);
    const std::string follower = Create();
    {
      const FileSizeLimit limit(16);
      ExpectFailure(FailureKind::StorageFull, [&] { spool_->Adopt(follower, leader); });
    }

    EXPECT_EQ(ArchiveState::Pending, GetState(follower));
    EXPECT_EQ(0u, ListNames().count(follower + ".zip"));
    EXPECT_TRUE(spool_->Adopt(follower, leader));
  }

  TEST_F(SpoolPartsTest, CrashWhileAdoptingLeavesAReadyArchive)
  {
    Open();
    const std::string leader = MakeReady(3);
    const std::string follower = Create();
    spool_->Adopt(follower, leader);
    ArchiveRecord pending = spool_->Find(follower).value();
    pending.state = ArchiveState::Pending;
    TestDirectory::WriteFile(GetNames().GetRecordPath(follower), FormatArchiveRecord(pending));

    Reopen();

    EXPECT_EQ(ArchiveState::Ready, GetState(follower));
    EXPECT_TRUE(spool_->Find(follower)->isReused);
    EXPECT_EQ(MeasureBytes(), spool_->GetUsedBytes());
  }

  TEST_F(SpoolPartsTest, OwnResultIsNotReused)
  {
    Open();
    const std::string leader = MakeReady(3);
    const std::string id = Create();
    spool_->Update(id, [&](ArchiveRecord& record) { record.leaderId = leader; });

    Finish(id, "own");

    EXPECT_FALSE(spool_->Find(id)->isReused);
    EXPECT_EQ("", spool_->Find(id)->leaderId);
  }

  // ---- Facts

  TEST_F(SpoolPartsTest, UpdateIsDurableOrNothing)
  {
    Open();
    const std::string id = Create();
    const auto pin = [](ArchiveRecord& record) { record.isPinned = true; };
    {
      const FileSizeLimit limit(16);
      ExpectFailure(FailureKind::StorageFull, [&] { spool_->Update(id, pin); });
    }
    EXPECT_FALSE(spool_->Find(id)->isPinned);

    spool_->Update(id, pin);

    Crash("crashed");
    EXPECT_TRUE(spool_->Find(id)->isPinned);
    ExpectFailure(FailureKind::NotFound, [&] { spool_->Update(JOB_1, pin); });
  }

  TEST_F(SpoolPartsTest, DownloadsAreCountedAtOnceAndWrittenBySweep)
  {
    Open();
    const std::string id = MakeReady(3);
    clock_.Advance(7);

    spool_->NoteDownload(id);
    spool_->NoteDownload(id);
    spool_->NoteDownload(JOB_1);

    EXPECT_EQ(2u, spool_->Find(id)->downloadsCount);
    EXPECT_EQ(clock_.GetNowMicroseconds(), spool_->Find(id)->downloadedMicroseconds);
    spool_->Sweep();
    Reopen();
    EXPECT_EQ(2u, spool_->Find(id)->downloadsCount);
  }

  TEST_F(SpoolPartsTest, EveryFileIsPrivate)
  {
    Open();
    const std::string id = MakePart();
    spool_->LinkJob(JOB_1, id, JobRole::Executor);
    const std::string leader = MakeReady(3);
    ASSERT_TRUE(spool_->Adopt(Create(), leader));

    for (const std::string& name : ListNames())
    {
      struct stat status = {};
      ASSERT_EQ(0, ::stat((settings_.directory + "/" + name).c_str(), &status));
      EXPECT_EQ(0600u, status.st_mode & 07777u) << name;
    }
  }
} // namespace OrthancPlugins
