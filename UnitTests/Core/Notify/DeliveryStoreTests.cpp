// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../../Plugin/Core/Notify/DeliveryStore.h"

#include "../../../Plugin/Core/Failure.h"

#include "DeliverySamples.h"

#include <gtest/gtest.h>

#include <fstream>
#include <optional>

#include <sys/stat.h>

namespace OrthancPlugins
{
  namespace
  {
    constexpr std::size_t MANY = 100;

    std::optional<FailureKind> CatchAdd(DeliveryStore& store, const DeliveryRecord& record)
    {
      try
      {
        store.Add(record);
      }
      catch (const Failure& failure)
      {
        return failure.GetKind();
      }
      return std::nullopt;
    }

    mode_t GetMode(const std::string& path)
    {
      struct stat status = {};
      EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
      return status.st_mode & 07777;
    }

    bool Always(const std::string&)
    {
      return true;
    }
  } // namespace

  TEST(DeliveryStore, MakesNothingUntilItIsNeeded)
  {
    const DeliveryDirectory directory;
    DeliveryStore store(directory.GetSpool(), MANY);

    EXPECT_TRUE(store.Load().empty());
    EXPECT_FALSE(std::filesystem::exists(directory.GetFolder()));
  }

  TEST(DeliveryStore, FilesAreForTheOwnerOnly)
  {
    const DeliveryDirectory directory;
    DeliveryStore store(directory.GetSpool(), MANY);
    const DeliveryRecord record = MakeDelivery("http://host/");

    store.Add(record);

    EXPECT_EQ(GetMode(directory.GetFolder()), 0700u);
    EXPECT_EQ(GetMode(directory.GetFile(record.id)), 0600u);
    EXPECT_EQ(directory.CountFiles(), 1u);
  }

  TEST(DeliveryStore, KnowsWhatItHasAfterARestart)
  {
    const DeliveryDirectory directory;
    {
      DeliveryStore store(directory.GetSpool(), MANY);
      EXPECT_TRUE(store.Add(MakeDelivery("http://host/1", 1)));
      EXPECT_TRUE(store.Add(MakeDelivery("http://host/2", 2)));
      store.Update(MakeEnded(1, START + 10));
    }

    DeliveryStore store(directory.GetSpool(), MANY);
    EXPECT_TRUE(store.Load().empty());

    ASSERT_EQ(store.ListPending().size(), 1u);
    EXPECT_EQ(store.ListPending()[0]->url, "http://host/2");
    ASSERT_EQ(store.ListByArchive(ARCHIVE_ID).size(), 2u);
    EXPECT_EQ(store.ListByArchive(ARCHIVE_ID)[0]->attempts.size(), 2u);
    EXPECT_TRUE(store.ListByArchive(JOB_ID).empty());
    EXPECT_FALSE(store.Add(MakeDelivery("http://host/1", 1)));
    EXPECT_EQ(store.Find(MakeDelivery("", 1).id)->state, DeliveryState::Delivered);
    EXPECT_EQ(store.Find(MakeDelivery("", 3).id), nullptr);
  }

  TEST(DeliveryStore, SameDeliveryIsAddedOnce)
  {
    const DeliveryDirectory directory;
    DeliveryStore store(directory.GetSpool(), MANY);

    EXPECT_TRUE(store.Add(MakeDelivery("http://host/", 1)));
    EXPECT_FALSE(store.Add(MakeDelivery("http://other/", 1)));
    EXPECT_EQ(store.ListPending().at(0)->url, "http://host/");
  }

  TEST(DeliveryStore, FirstDueComesFirst)
  {
    const DeliveryDirectory directory;
    DeliveryStore store(directory.GetSpool(), MANY);
    DeliveryRecord late = MakeDelivery("http://late/", 1);
    late.nextAttemptMicroseconds = START + 100;
    store.Add(late);
    store.Add(MakeDelivery("http://early/", 2));

    const auto pending = store.ListPending();

    ASSERT_EQ(pending.size(), 2u);
    EXPECT_EQ(pending[0]->url, "http://early/");
  }

  TEST(DeliveryStore, LeavesAloneWhatItCannotRead)
  {
    const DeliveryDirectory directory;
    DeliveryStore(directory.GetSpool(), MANY).Add(MakeDelivery("http://host/", 1));
    const std::string bad = directory.GetFile(MakeDelivery("", 2).id);
    const std::string other = directory.GetFile(MakeDelivery("", 3).id);
    const std::string temporary = directory.GetFile(MakeDelivery("", 4).id) + ".tmp";
    const std::string foreign = directory.GetFolder() + "/notes.txt";
    std::ofstream(bad) << "garbage";
    std::filesystem::copy(directory.GetFile(MakeDelivery("", 1).id), other);
    std::ofstream(temporary) << "half";
    std::ofstream(foreign) << "mine";

    DeliveryStore store(directory.GetSpool(), MANY);
    const std::vector<std::string> warnings = store.Load();

    EXPECT_EQ(warnings.size(), 2u);
    EXPECT_EQ(store.ListPending().size(), 1u);
    EXPECT_TRUE(std::filesystem::exists(bad));
    EXPECT_TRUE(std::filesystem::exists(other));
    EXPECT_TRUE(std::filesystem::exists(foreign));
    EXPECT_FALSE(std::filesystem::exists(temporary));
  }

  TEST(DeliveryStore, KeepsInMemoryWhatTheDiskRefuses)
  {
    const DeliveryDirectory directory;
    std::ofstream(directory.GetFolder()) << "a file where the folder should be";
    DeliveryStore store(directory.GetSpool(), MANY);
    const DeliveryRecord record = MakeDelivery("http://host/");

    EXPECT_EQ(CatchAdd(store, record), FailureKind::CannotWrite);
    EXPECT_EQ(store.ListPending().size(), 1u);
    EXPECT_THROW(store.Update(MakeEnded(1, START)), Failure);
    EXPECT_TRUE(store.ListPending().empty());
  }

  TEST(DeliveryStore, OldestEndedMakesRoom)
  {
    const DeliveryDirectory directory;
    DeliveryStore store(directory.GetSpool(), 3);
    store.Add(MakeEnded(1, START + 20));
    store.Add(MakeEnded(2, START + 10));
    store.Add(MakeDelivery("http://host/", 3));

    EXPECT_TRUE(store.Add(MakeDelivery("http://host/", 4)));

    EXPECT_EQ(store.Find(MakeDelivery("", 2).id), nullptr);
    EXPECT_NE(store.Find(MakeDelivery("", 1).id), nullptr);
    EXPECT_EQ(directory.CountFiles(), 3u);
  }

  TEST(DeliveryStore, PendingOnesAreNotForgotten)
  {
    const DeliveryDirectory directory;
    DeliveryStore store(directory.GetSpool(), 2);
    store.Add(MakeDelivery("http://host/", 1));
    store.Add(MakeDelivery("http://host/", 2));

    EXPECT_EQ(CatchAdd(store, MakeDelivery("http://host/", 3)), FailureKind::Unavailable);

    EXPECT_EQ(store.ListPending().size(), 2u);
    EXPECT_EQ(directory.CountFiles(), 2u);
    store.Update(MakeEnded(1, START));
    EXPECT_TRUE(store.Add(MakeDelivery("http://host/", 3)));
  }

  TEST(DeliveryStore, SweepRemovesOldAndOrphaned)
  {
    const DeliveryDirectory directory;
    DeliveryStore store(directory.GetSpool(), MANY);
    store.Add(MakeEnded(1, START + 10));
    store.Add(MakeEnded(2, START + 20));
    DeliveryRecord orphan = MakeEnded(3, START + 20);
    orphan.archiveId = JOB_ID;
    store.Add(orphan);
    DeliveryRecord pendingOrphan = MakeDelivery("http://host/", 4);
    pendingOrphan.archiveId = JOB_ID;
    store.Add(pendingOrphan);

    store.Sweep(START + 15, [](const std::string& id) { return id == ARCHIVE_ID; });

    EXPECT_EQ(store.Find(MakeDelivery("", 1).id), nullptr);
    EXPECT_NE(store.Find(MakeDelivery("", 2).id), nullptr);
    EXPECT_EQ(store.Find(orphan.id), nullptr);
    EXPECT_NE(store.Find(pendingOrphan.id), nullptr);
    EXPECT_EQ(directory.CountFiles(), 2u);

    store.Sweep(START + 15, Always);
    EXPECT_EQ(directory.CountFiles(), 2u);
  }
} // namespace OrthancPlugins
