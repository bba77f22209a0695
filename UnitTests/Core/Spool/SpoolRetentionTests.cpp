// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "SpoolFixture.h"

#include <atomic>

#include <boost/thread/thread.hpp>

#include <sys/statvfs.h>

namespace OrthancPlugins
{
  namespace
  {
    constexpr std::uint64_t QUOTA = 16u << 20;
    constexpr std::uint64_t MIB = 1u << 20;
  } // namespace

  class SpoolRetentionTest : public SpoolFixture
  {
  protected:
    void OpenWithQuota()
    {
      settings_.maxBytes = QUOTA;
      Open();
    }

    std::unique_ptr<PartSink> OpenPart(std::uint64_t expectedBytes)
    {
      return spool_->OpenPart(spool_->Create(MakeArchive(expectedBytes)).id);
    }
  };

  // ---- How much there is

  TEST_F(SpoolRetentionTest, UsedBytesAreThoseOfTheFiles)
  {
    Open();
    const std::string id = MakeReady(1'000);
    const std::string pending = Create();
    spool_->LinkJob(JOB_1, id, JobRole::Public);
    spool_->LinkJob(JOB_1, pending, JobRole::Executor);
    const std::unique_ptr<PartSink> sink = spool_->OpenPart(pending);
    sink->Write("part", 4);
    sink->Checkpoint("journal\n");
    EXPECT_EQ(MeasureBytes(), spool_->GetUsedBytes());

    Crash("crashed");
    EXPECT_EQ(MeasureBytes(), spool_->GetUsedBytes());
    spool_->Restart(id);
    EXPECT_EQ(MeasureBytes(), spool_->GetUsedBytes());
    spool_->Fail(pending, FailureKind::Canceled, "canceled");
    EXPECT_EQ(MeasureBytes(), spool_->GetUsedBytes());
    spool_->Remove(id);
    spool_->Remove(pending);

    EXPECT_EQ(0u, spool_->GetUsedBytes());
  }

  TEST_F(SpoolRetentionTest, FilesOfUnreadableRecordsCount)
  {
    Open();
    const std::string id = MakeReady(1'000);
    TestDirectory::WriteFile(GetNames().GetRecordPath(id), "{damaged");

    Reopen();

    EXPECT_EQ(1u, spool_->GetWarnings().size());
    EXPECT_EQ(1'008u, MeasureBytes());
    EXPECT_EQ(MeasureBytes(), spool_->GetUsedBytes());
  }

  TEST_F(SpoolRetentionTest, QuotaIsAbsoluteOrAShareOfTheDisk)
  {
    settings_.maxDiskPercent = 50;
    Open();
    struct statvfs status = {};
    ASSERT_EQ(0, ::statvfs(settings_.directory.c_str(), &status));
    const std::uint64_t freeBytes = std::uint64_t{status.f_bavail} * status.f_frsize;

    // Others use the disk meanwhile
    EXPECT_GT(spool_->GetQuotaBytes().value(), freeBytes / 4);
    EXPECT_LT(spool_->GetQuotaBytes().value(), freeBytes);

    settings_.maxBytes = QUOTA;
    Reopen();
    EXPECT_EQ(QUOTA, spool_->GetQuotaBytes());
  }

  TEST_F(SpoolRetentionTest, WhatCanNeverFitIsRefused)
  {
    OpenWithQuota();

    const std::string text =
      ExpectFailure(FailureKind::StorageFull, [&] { spool_->Create(MakeArchive(QUOTA)); });

    EXPECT_EQ(std::string::npos, text.find('/')) << text;
    EXPECT_EQ(std::set<std::string>{"lock"}, ListNames());
    EXPECT_NO_THROW(spool_->Create(MakeArchive(QUOTA - MIB)));
  }

  TEST_F(SpoolRetentionTest, PinnedBytesAreNotAvailable)
  {
    OpenWithQuota();
    const std::string pinned = MakeReady(4 * MIB);
    const std::string unpinned = MakeReady(4 * MIB);
    Pin(pinned);

    ExpectFailure(FailureKind::StorageFull, [&] { spool_->Create(MakeArchive(13 * MIB)); });
    EXPECT_NO_THROW(spool_->Create(MakeArchive(11 * MIB)));

    EXPECT_EQ(ArchiveState::Ready, GetState(unpinned)) << "nothing was written yet";
  }

  TEST_F(SpoolRetentionTest, MoreThanTheDiskHasIsRefused)
  {
    Open();

    ExpectFailure(FailureKind::StorageFull,
                  [&] { spool_->Create(MakeArchive(std::uint64_t{1} << 62)); });

    EXPECT_TRUE(spool_->List().empty());
  }

  // ---- Room for what is written

  TEST_F(SpoolRetentionTest, LeastRecentlyDownloadedGoesFirst)
  {
    OpenWithQuota();
    const std::string first = MakeReady(5 * MIB);
    const std::string second = MakeReady(5 * MIB);
    clock_.Advance(1);
    spool_->NoteDownload(first);

    const std::string third = MakeReady(8 * MIB);

    EXPECT_EQ(ArchiveState::Evicted, GetState(second));
    EXPECT_EQ(ArchiveState::Ready, GetState(first));
    EXPECT_EQ(ArchiveState::Ready, GetState(third));
    EXPECT_NE(0, spool_->Find(second)->evictedMicroseconds);
  }

  TEST_F(SpoolRetentionTest, PinnedIsSparedEvenIfOthersFail)
  {
    OpenWithQuota();
    const std::string pinned = MakeReady(8 * MIB);
    Pin(pinned);
    const std::string unpinned = MakeReady(4 * MIB);
    const std::string large = Create();
    const std::unique_ptr<PartSink> sink = spool_->OpenPart(large);
    const std::string data(9 * MIB, 'x');

    ExpectFailure(FailureKind::StorageFull, [&] { sink->Write(data.data(), data.size()); });

    EXPECT_EQ(ArchiveState::Ready, GetState(pinned));
    EXPECT_EQ(ArchiveState::Ready, GetState(unpinned)) << "evicted in vain";
    sink->Write(data.data(), 7 * MIB);
    EXPECT_EQ(ArchiveState::Evicted, GetState(unpinned));
    EXPECT_LE(MeasureBytes(), QUOTA);
  }

  TEST_F(SpoolRetentionTest, SharedFileGoesOnlyWithAllItsNames)
  {
    OpenWithQuota();
    const std::string leader = MakeReady(8 * MIB);
    const std::string follower = Create();
    ASSERT_TRUE(spool_->Adopt(follower, leader));
    const std::string other = MakeReady(6 * MIB);
    clock_.Advance(1);
    spool_->NoteDownload(follower);

    MakeReady(4 * MIB);
    EXPECT_EQ(ArchiveState::Evicted, GetState(other));
    EXPECT_EQ(ArchiveState::Ready, GetState(leader)) << "used as recently as its twin";
    MakeReady(8 * MIB);
    EXPECT_EQ(ArchiveState::Evicted, GetState(leader));
    EXPECT_EQ(ArchiveState::Evicted, GetState(follower));

    EXPECT_LE(MeasureBytes(), QUOTA);
  }

  TEST_F(SpoolRetentionTest, SharedFileIsSparedIfOneNameIsPinned)
  {
    OpenWithQuota();
    const std::string leader = MakeReady(8 * MIB);
    const std::string follower = Create();
    ASSERT_TRUE(spool_->Adopt(follower, leader));
    Pin(follower);

    ExpectFailure(FailureKind::StorageFull, [&] { OpenPart(10 * MIB); });

    EXPECT_EQ(ArchiveState::Ready, GetState(leader));
  }

  TEST_F(SpoolRetentionTest, ExpectedSizeIsReservedUntilTheArchiveEnds)
  {
    OpenWithQuota();
    const std::string first = spool_->Create(MakeArchive(10 * MIB)).id;
    const std::string second = spool_->Create(MakeArchive(10 * MIB)).id;
    const std::string third = spool_->Create(MakeArchive(10 * MIB)).id;
    const std::unique_ptr<PartSink> sink = spool_->OpenPart(first);

    ExpectFailure(FailureKind::StorageFull, [&] { spool_->OpenPart(second); });
    spool_->Fail(first, FailureKind::Canceled, "canceled");
    const std::unique_ptr<PartSink> secondSink = spool_->OpenPart(second);
    ExpectFailure(FailureKind::StorageFull, [&] { spool_->OpenPart(third); });
    secondSink->Write("small", 5);
    secondSink->Close();
    spool_->Publish(second, ArchiveReport());
    EXPECT_NO_THROW(spool_->OpenPart(third));
    spool_->Remove(third);

    EXPECT_NO_THROW(OpenPart(15 * MIB));
  }

  TEST_F(SpoolRetentionTest, KeptPartReservesWhatItHas)
  {
    OpenWithQuota();
    const std::string id = spool_->Create(MakeArchive(12 * MIB)).id;
    {
      const std::unique_ptr<PartSink> sink = spool_->OpenPart(id);
      const std::string data(4 * MIB, 'x');
      sink->Write(data.data(), data.size());
      sink->Checkpoint("entry\n");
    }
    ExpectFailure(FailureKind::StorageFull, [&] { OpenPart(8 * MIB); });

    spool_->Postpone(id, FailureKind::Unavailable, "later", 5, true);

    const std::string other = spool_->Create(MakeArchive(8 * MIB)).id;
    EXPECT_NO_THROW(spool_->OpenPart(other));
    ExpectFailure(FailureKind::StorageFull, [&] { spool_->ReopenPart(id, 4 * MIB); });
    EXPECT_EQ("entry\n", spool_->ReadJournal(id)) << "for another attempt";
    Reopen();
    ExpectFailure(FailureKind::StorageFull, [&] { OpenPart(12 * MIB); });
    EXPECT_NO_THROW(spool_->ReopenPart(id, 4 * MIB));
  }

  TEST_F(SpoolRetentionTest, RefusedWriterMayGoOnLater)
  {
    OpenWithQuota();
    const std::string blocker = spool_->Create(MakeArchive(10 * MIB)).id;
    const std::unique_ptr<PartSink> reserved = spool_->OpenPart(blocker);
    const std::string id = Create();
    const std::unique_ptr<PartSink> sink = spool_->OpenPart(id);
    const std::string data(6 * MIB, 'x');
    ExpectFailure(FailureKind::StorageFull, [&] { sink->Write(data.data(), data.size()); });
    EXPECT_EQ(0u, sink->GetBytesWritten());

    spool_->Remove(blocker);
    sink->Write(data.data(), data.size());
    sink->Close();
    spool_->Publish(id, ArchiveReport());

    EXPECT_EQ(data, Read(id));
  }

  TEST_F(SpoolRetentionTest, FileThatCannotBeEvictedIsPassedOver)
  {
    OpenWithQuota();
    const std::string stuck = MakeReady(5 * MIB);
    const std::string other = MakeReady(8 * MIB);
    std::filesystem::remove(GetNames().GetArchivePath(stuck));
    std::filesystem::create_directory(GetNames().GetArchivePath(stuck));

    const std::string id = MakeReady(8 * MIB);

    EXPECT_EQ(ArchiveState::Ready, GetState(stuck));
    EXPECT_EQ(ArchiveState::Evicted, GetState(other));
    EXPECT_EQ(ArchiveState::Ready, GetState(id));
    ExpectFailure(FailureKind::StorageFull, [&] { OpenPart(14 * MIB); });
  }

  TEST_F(SpoolRetentionTest, QuotaIsCheckedAtStart)
  {
    Open();
    const std::string first = MakeReady(9 * MIB);
    const std::string second = MakeReady(9 * MIB);
    settings_.maxBytes = QUOTA;

    Reopen();

    EXPECT_EQ(ArchiveState::Evicted, GetState(first));
    EXPECT_EQ(ArchiveState::Ready, GetState(second));
    EXPECT_LE(MeasureBytes(), QUOTA);
  }

  TEST_F(SpoolRetentionTest, RecordsCountAndMakeRoomToo)
  {
    OpenWithQuota();
    const std::string old = MakeReady(15 * MIB);
    NewArchive archive = MakeArchive(0);
    archive.request.resources.assign(40'000, "6e2c0ec2-5d99c8ca-c1c21cee-79a09605-68391d12");

    spool_->Create(archive);

    EXPECT_EQ(ArchiveState::Evicted, GetState(old));
    EXPECT_LE(MeasureBytes(), QUOTA);
  }

  // ---- By number, age and history

  TEST_F(SpoolRetentionTest, NumberSparesWhatIsPinnedOrJustPublished)
  {
    settings_.maxArchives = 1;
    Open();
    const std::string pinned = MakeReady(3);
    Pin(pinned);
    const std::string first = MakeReady(3);
    clock_.Advance(10 * HOUR);
    spool_->NoteDownload(first);
    clock_.Advance(-5 * HOUR);

    const std::string second = MakeReady(3);

    EXPECT_EQ(ArchiveState::Ready, GetState(pinned));
    EXPECT_EQ(ArchiveState::Evicted, GetState(first));
    EXPECT_EQ(ArchiveState::Ready, GetState(second));
  }

  TEST_F(SpoolRetentionTest, PinnedIsSparedFromAge)
  {
    settings_.maxAgeHours = 1;
    settings_.historyHours = 1;
    settings_.maxRecords = 1;
    Open();
    const std::string pinned = MakeReady(3);
    Pin(pinned);
    const std::string other = MakeReady(3);

    clock_.Advance(100 * HOUR);
    spool_->Sweep();
    clock_.Advance(100 * HOUR);
    spool_->Sweep();

    EXPECT_EQ("xxx", Read(pinned));
    EXPECT_FALSE(spool_->FindState(other).has_value());
    EXPECT_TRUE(spool_->Evict(pinned)) << "on demand it goes";
    EXPECT_FALSE(spool_->Find(pinned)->isPinned);
    clock_.Advance(HOUR);
    spool_->Sweep();
    EXPECT_TRUE(spool_->List().empty());
  }

  TEST_F(SpoolRetentionTest, ExpiryIsWhenTheFileGoes)
  {
    settings_.maxAgeHours = 24;
    Open();
    const std::string id = MakeReady(3);
    const std::int64_t completed = clock_.GetNowMicroseconds();
    const std::string pinned = MakeReady(3);
    Pin(pinned);
    const std::string pending = Create();
    spool_->NoteDownload(id);

    EXPECT_EQ(completed + 24 * HOUR, spool_->GetExpiryMicroseconds(spool_->Find(id).value()));
    EXPECT_FALSE(spool_->GetExpiryMicroseconds(spool_->Find(pinned).value()).has_value());
    EXPECT_FALSE(spool_->GetExpiryMicroseconds(spool_->Find(pending).value()).has_value());
    spool_->Evict(id);
    EXPECT_FALSE(spool_->GetExpiryMicroseconds(spool_->Find(id).value()).has_value());
  }

  TEST_F(SpoolRetentionTest, EndlessAgeIsNoLimit)
  {
    settings_.maxAgeHours = std::numeric_limits<std::uint64_t>::max();
    Open();
    const std::string id = MakeReady(3);

    clock_.Advance(100'000 * HOUR);
    spool_->Sweep();

    EXPECT_EQ(ArchiveState::Ready, GetState(id));
    EXPECT_FALSE(spool_->GetExpiryMicroseconds(spool_->Find(id).value()).has_value());
  }

  TEST_F(SpoolRetentionTest, OldestRecordsWithoutAFileAreForgottenFirst)
  {
    settings_.maxRecords = 3;
    Open();
    const std::string oldReady = MakeReady(3);
    const std::string pending = Create();
    std::vector<std::string> failed;
    for (unsigned i = 0; i < 4; i++)
    {
      clock_.Advance(1);
      failed.push_back(Create());
      spool_->LinkJob(i == 0 ? JOB_1 : JOB_2, failed.back(), JobRole::Public);
      spool_->Fail(failed.back(), FailureKind::Internal, "failed");
    }

    spool_->Sweep();

    EXPECT_FALSE(spool_->FindState(failed[0]).has_value());
    EXPECT_FALSE(spool_->FindState(failed[1]).has_value());
    EXPECT_EQ(ArchiveState::Failed, GetState(failed[2]));
    EXPECT_EQ(ArchiveState::Ready, GetState(oldReady));
    EXPECT_EQ(ArchiveState::Pending, GetState(pending));
    EXPECT_FALSE(spool_->FindByJob(JOB_1).has_value());
    EXPECT_EQ(0u, ListNames().count(std::string(JOB_1) + ".job"));
  }

  TEST_F(SpoolRetentionTest, EvictionOfTheSweepSurvivesACrash)
  {
    settings_.maxAgeHours = 1;
    Open();
    const std::string id = MakeReady(3);
    clock_.Advance(2 * HOUR);

    Reopen(); // evicts, but does not write yet
    Crash("crashed");

    EXPECT_EQ(ArchiveState::Evicted, GetState(id));
  }

  // ---- Threads

  TEST_F(SpoolRetentionTest, ManyThreadsNeverExceedTheQuota)
  {
    constexpr unsigned THREADS = 6;
    constexpr unsigned ROUNDS = 15;
    OpenWithQuota();
    std::atomic<unsigned> published{0};
    std::atomic<unsigned> unexpected{0};
    std::atomic<bool> isDone{false};
    std::atomic<std::uint64_t> highest{0};
    boost::thread watcher(
      [&]
      {
        while (!isDone)
        {
          highest = std::max<std::uint64_t>(highest, MeasureBytes());
        }
      });
    boost::thread_group threads;
    for (unsigned t = 0; t < THREADS; t++)
    {
      threads.create_thread(
        [&, t]
        {
          const std::string block(300'000, 'x');
          for (unsigned i = 0; i < ROUNDS; i++)
          {
            std::string id;
            try
            {
              // Every third is larger than it was expected to be
              const unsigned blocks = 1 + (t * 7 + i * 5) % 14;
              clock_.Advance(1);
              id = spool_->Create(MakeArchive(i % 3 == 0 ? 0 : blocks * block.size())).id;
              const std::unique_ptr<PartSink> sink = spool_->OpenPart(id);
              for (unsigned b = 0; b < blocks; b++)
              {
                sink->Write(block.data(), block.size());
                sink->Checkpoint("block\n");
              }
              sink->Close();
              spool_->Publish(id, ArchiveReport());
              published++;
              spool_->NoteDownload(id);
              const std::string twin = spool_->Create(MakeArchive(0)).id;
              if (!spool_->Adopt(twin, id))
              {
                spool_->Fail(twin, FailureKind::Internal, "the leader was evicted");
              }
            }
            catch (const Failure& failure)
            {
              unexpected += failure.GetKind() == FailureKind::StorageFull ? 0 : 1;
              if (!id.empty())
              {
                spool_->Fail(id, failure.GetKind(), failure.what());
              }
            }
          }
        });
    }
    threads.join_all();
    isDone = true;
    watcher.join();

    EXPECT_EQ(0u, unexpected);
    EXPECT_GT(published, THREADS);
    EXPECT_GT(highest, QUOTA / 2);
    EXPECT_LE(highest, QUOTA);
    EXPECT_EQ(MeasureBytes(), spool_->GetUsedBytes());
    for (const auto& record : spool_->List())
    {
      if (record->state == ArchiveState::Ready)
      {
        EXPECT_EQ(record->sizeBytes, Read(record->id).size());
      }
    }
  }
} // namespace OrthancPlugins
