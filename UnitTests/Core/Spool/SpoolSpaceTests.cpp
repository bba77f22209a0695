// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../../Plugin/Core/Spool/SpoolSpace.h"

#include <gtest/gtest.h>

#include <atomic>
#include <limits>

#include <boost/thread/thread.hpp>

namespace OrthancPlugins
{
  namespace
  {
    constexpr std::uint64_t LIMIT = 1'600;
    constexpr std::uint64_t USABLE = 1'500; // the rest is the margin

    std::uint64_t GetTotal(const SpoolSpace& space)
    {
      const SpoolSpace::Totals totals = space.GetTotals();
      return totals.finishedBytes + totals.metadataBytes + totals.promisedBytes;
    }
  } // namespace

  TEST(SpoolSpace, SharedFilesCountOnce)
  {
    SpoolSpace space;
    space.AddFile("a", 100);
    space.ShareFile("b", "a");
    space.ShareFile("c", "b");
    EXPECT_EQ(100u, space.GetTotals().finishedBytes);
    EXPECT_EQ(space.GetFileNumber("a"), space.GetFileNumber("c"));

    space.RemoveFile("a");
    space.Forget("b");
    EXPECT_EQ(100u, space.GetTotals().finishedBytes);
    space.RemoveFile("c");
    space.RemoveFile("c");

    EXPECT_EQ(0u, space.GetTotals().finishedBytes);
    EXPECT_EQ(0u, space.GetFileNumber("c"));
  }

  TEST(SpoolSpace, ForgetTakesEverythingBack)
  {
    SpoolSpace space;
    space.SetRecord("a", 50);
    space.SetRecord("a", 20);
    space.AddLink("job", "a", 37);
    space.AddLink("job", "a", 46);
    space.AddLink("other", "a", 37);
    space.AddLink("other", "b", 37);
    space.AddFile("a", 100);
    space.TryPromise("a", space.BeginPart("a"), 500, std::nullopt);
    EXPECT_EQ(20u + 46 + 37, space.GetTotals().metadataBytes);

    space.Forget("a");
    EXPECT_EQ(37u, GetTotal(space));
    space.Forget("b");
    space.Forget("b");

    EXPECT_EQ(0u, GetTotal(space));
    EXPECT_TRUE(space.ListParts().empty());
  }

  TEST(SpoolSpace, PromisesUpToTheLimit)
  {
    SpoolSpace space;
    space.AddFile("ready", 1'000);
    const SpoolSpace::Ticket ticket = space.BeginPart("a");

    EXPECT_EQ(0u, space.TryPromise("a", ticket, USABLE - 1'000, LIMIT));
    EXPECT_EQ(7u, space.TryPromise("a", ticket, USABLE - 1'000 + 7, LIMIT));
    EXPECT_EQ(0u, space.TryPromise("a", ticket, 1, LIMIT));
    EXPECT_EQ(500u, space.GetTotals().promisedBytes);
    EXPECT_EQ(0u, space.GetExcess(0, LIMIT));
    EXPECT_EQ(1u, space.GetExcess(1, LIMIT));
    EXPECT_EQ(0u, space.GetExcess(1, std::nullopt));
    EXPECT_EQ(0u, space.TryPromise("a", ticket, 1'000'000, std::nullopt));
  }

  TEST(SpoolSpace, HugeSizesDoNotOverflow)
  {
    constexpr std::uint64_t MAXIMUM = std::numeric_limits<std::uint64_t>::max();
    SpoolSpace space;
    space.AddFile("ready", 1'000);
    const SpoolSpace::Ticket ticket = space.BeginPart("a");

    EXPECT_GT(space.TryPromise("a", ticket, MAXIMUM, LIMIT), 0u);
    EXPECT_GT(space.GetExcess(MAXIMUM, LIMIT), 0u);
    EXPECT_EQ(0u, space.GetTotals().promisedBytes);
  }

  TEST(SpoolSpace, FinishedPartTakesWhatItHas)
  {
    SpoolSpace space;
    space.TryPromise("a", space.BeginPart("a"), 500, LIMIT);

    space.FinishPart("a", 300);

    EXPECT_EQ(0u, space.GetTotals().promisedBytes);
    EXPECT_EQ(300u, space.GetTotals().finishedBytes);
  }

  TEST(SpoolSpace, WriterWhoseFileHasNoNameIsNotCounted)
  {
    SpoolSpace space;
    const SpoolSpace::Ticket old = space.BeginPart("a");
    const SpoolSpace::Ticket current = space.BeginPart("a");

    EXPECT_FALSE(space.IsCurrent("a", old));
    EXPECT_TRUE(space.IsCurrent("a", current));
    EXPECT_EQ(0u, space.TryPromise("a", old, 1'000'000, LIMIT));
    EXPECT_EQ(0u, space.GetTotals().promisedBytes);
    space.EndPart("a");
    EXPECT_EQ(0u, space.TryPromise("a", current, 1'000'000, LIMIT));
    EXPECT_EQ(0u, space.GetTotals().promisedBytes);
  }

  TEST(SpoolSpace, WriterWhoseFileIsContinuedGetsNothing)
  {
    SpoolSpace space;
    const SpoolSpace::Ticket old = space.BeginPart("a");
    space.TryPromise("a", old, 100, LIMIT);
    space.KeepPart("a", 60);
    EXPECT_EQ(60u, space.GetTotals().promisedBytes);

    const SpoolSpace::Ticket current = space.ContinuePart("a", 60);

    EXPECT_GT(space.TryPromise("a", old, 61, LIMIT), 0u);
    EXPECT_EQ(0u, space.TryPromise("a", current, 61, LIMIT));
    EXPECT_EQ(61u, space.GetTotals().promisedBytes);
  }

  TEST(SpoolSpace, ThreadsNeverGetMoreThanTheLimit)
  {
    SpoolSpace space;
    std::atomic<unsigned> excesses{0};
    std::atomic<unsigned> grants{0};
    boost::thread_group threads;
    for (unsigned t = 0; t < 4; t++)
    {
      threads.create_thread(
        [&, t]
        {
          const std::string id = std::to_string(t);
          for (unsigned i = 0; i < 5'000; i++)
          {
            const SpoolSpace::Ticket ticket = space.BeginPart(id);
            const std::uint64_t sizeBytes = 200 + (i * 37 + t) % 900;
            if (space.TryPromise(id, ticket, sizeBytes, LIMIT) == 0)
            {
              grants++;
              space.FinishPart(id, sizeBytes - 1);
            }
            if (GetTotal(space) > USABLE)
            {
              excesses++;
            }
            space.Forget(id);
          }
        });
    }
    threads.join_all();

    EXPECT_EQ(0u, excesses);
    EXPECT_GT(grants, 0u);
    EXPECT_EQ(0u, GetTotal(space));
  }
} // namespace OrthancPlugins
