// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../../Plugin/Core/Spool/PartSink.h"

#include "ExpectFailure.h"
#include "TestDirectory.h"

#include <algorithm>
#include <limits>

namespace OrthancPlugins
{
  class PartSinkTest : public ::testing::Test
  {
  protected:
    std::unique_ptr<PartSink> Open()
    {
      return std::make_unique<PartSink>(std::make_unique<FileSink>(partPath_), journalPath_,
                                        [this](std::uint64_t sizeBytes) { Reserve(sizeBytes); });
    }

    void Reserve(std::uint64_t sizeBytes)
    {
      reserved_.push_back(sizeBytes);
      if (sizeBytes > limitBytes_)
      {
        throw Failure(FailureKind::StorageFull, "full");
      }
      grantedBytes_ = std::max(grantedBytes_, sizeBytes);
    }

    std::uint64_t GetSizeOnDisk() const
    {
      return std::filesystem::file_size(partPath_) + std::filesystem::file_size(journalPath_);
    }

    TestDirectory directory_;
    std::string partPath_ = (directory_.GetRoot() / "part").string();
    std::string journalPath_ = (directory_.GetRoot() / "journal").string();
    std::uint64_t limitBytes_ = std::numeric_limits<std::uint64_t>::max();
    std::uint64_t grantedBytes_ = 0;
    std::vector<std::uint64_t> reserved_;
  };

  TEST_F(PartSinkTest, WritesAndCloses)
  {
    const std::unique_ptr<PartSink> sink = Open();

    sink->Write("one", 3);
    sink->Write("two", 3);
    sink->Close();

    EXPECT_EQ("onetwo", TestDirectory::ReadFile(partPath_));
    EXPECT_EQ(6u, sink->GetBytesWritten());
    EXPECT_EQ(-1, sink->GetDescriptor());
    ExpectFailure(FailureKind::CannotWrite, [&] { sink->Write("x", 1); });
    ExpectFailure(FailureKind::CannotWrite, [&] { sink->Checkpoint("x\n"); });
    EXPECT_EQ("", TestDirectory::ReadFile(journalPath_));
  }

  TEST_F(PartSinkTest, NeverGrowsBeyondWhatWasReserved)
  {
    const std::unique_ptr<PartSink> sink = Open();
    const std::string data(300'000, 'x');

    for (unsigned i = 0; i < 20; i++)
    {
      sink->Write(data.data(), data.size());
      sink->Checkpoint("entry " + std::to_string(i) + "\n");
      ASSERT_LE(GetSizeOnDisk(), grantedBytes_);
    }

    EXPECT_LT(reserved_.size(), 10u); // not for every write
    EXPECT_LT(grantedBytes_ - GetSizeOnDisk(), 2u << 20);
  }

  TEST_F(PartSinkTest, UsesTheLimitToItsLastByte)
  {
    limitBytes_ = 1'000'000;
    const std::string data(limitBytes_ - 1, 'x');
    const std::unique_ptr<PartSink> sink = Open();

    sink->Write(data.data(), data.size());
    sink->Write("y", 1);
    ExpectFailure(FailureKind::StorageFull, [&] { sink->Write("z", 1); });

    EXPECT_EQ(limitBytes_, GetSizeOnDisk());
  }

  TEST_F(PartSinkTest, JournalNeedsRoomToo)
  {
    limitBytes_ = 10;
    const std::unique_ptr<PartSink> sink = Open();
    sink->Write("12345", 5);

    sink->Checkpoint("abc\n");
    ExpectFailure(FailureKind::StorageFull, [&] { sink->Checkpoint("de\n"); });

    EXPECT_EQ("abc\n", TestDirectory::ReadFile(journalPath_));
  }

  TEST_F(PartSinkTest, OtherFailuresOfTheReservationComeOutAtOnce)
  {
    PartSink sink(std::make_unique<FileSink>(partPath_), journalPath_,
                  [this](std::uint64_t sizeBytes)
                  {
                    reserved_.push_back(sizeBytes);
                    throw Failure(FailureKind::CannotWrite, "disk");
                  });

    ExpectFailure(FailureKind::CannotWrite, [&] { sink.Write("x", 1); });

    EXPECT_EQ(1u, reserved_.size());
    EXPECT_EQ(0u, GetSizeOnDisk());
  }

  TEST_F(PartSinkTest, JournalIsContinued)
  {
    {
      const std::unique_ptr<PartSink> sink = Open();
      sink->Checkpoint("first\n");
      sink->Checkpoint("");
    }
    PartSink sink(std::make_unique<FileSink>(FileSink::Continued{partPath_, 0}), journalPath_,
                  [](std::uint64_t) {});

    sink.Checkpoint("second\n");

    EXPECT_EQ("first\nsecond\n", TestDirectory::ReadFile(journalPath_));
  }

  TEST_F(PartSinkTest, FullDiskWritesNoJournal)
  {
    PartSink sink(std::make_unique<FileSink>("/dev/full"), journalPath_, [](std::uint64_t) {});
    ExpectFailure(FailureKind::StorageFull, [&] { sink.Write("x", 1); });

    ExpectFailure(FailureKind::CannotWrite, [&] { sink.Checkpoint("x is safe\n"); });

    EXPECT_EQ("", TestDirectory::ReadFile(journalPath_));
  }

  TEST_F(PartSinkTest, WhatCannotBeSyncedIsNotInTheJournal)
  {
    // A character device has no fdatasync(2)
    PartSink sink(std::make_unique<FileSink>("/dev/null"), journalPath_, [](std::uint64_t) {});
    sink.Write("x", 1);

    ExpectFailure(FailureKind::CannotWrite, [&] { sink.Checkpoint("x is safe\n"); });
    ExpectFailure(FailureKind::CannotWrite, [&] { sink.Close(); });

    EXPECT_EQ("", TestDirectory::ReadFile(journalPath_));
  }
} // namespace OrthancPlugins
