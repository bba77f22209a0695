// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../../Plugin/Core/Jobs/NameLocks.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <optional>

#include <boost/thread/thread.hpp>

namespace OrthancPlugins
{
  TEST(NameLocks, OneAtATimePerName)
  {
    NameLocks locks;
    std::atomic<unsigned> insideCount(0);
    std::atomic<bool> isShared(false);
    boost::thread_group threads;
    for (unsigned i = 0; i < 8; i++)
    {
      threads.create_thread(
        [&]
        {
          for (unsigned turn = 0; turn < 200; turn++)
          {
            const NameLocks::Lock lock(locks, "name");
            isShared = insideCount++ != 0 || !lock.IsHeld() || isShared;
            insideCount--;
          }
        });
    }
    threads.join_all();

    EXPECT_FALSE(isShared);
  }

  TEST(NameLocks, OtherNamesAreFree)
  {
    NameLocks locks;
    const NameLocks::Lock one(locks, "one");

    const NameLocks::Lock other(locks, "other", std::chrono::milliseconds(0));

    EXPECT_TRUE(other.IsHeld());
  }

  TEST(NameLocks, WhoWaitsInVainHoldsNothing)
  {
    NameLocks locks;
    std::optional<NameLocks::Lock> first;
    first.emplace(locks, "name");
    {
      const NameLocks::Lock second(locks, "name", std::chrono::milliseconds(5));
      EXPECT_FALSE(second.IsHeld());
    }
    {
      const NameLocks::Lock third(locks, "name", std::chrono::milliseconds(5));
      EXPECT_FALSE(third.IsHeld()) << "the end of the second has freed the name of the first";
    }
    first.reset();

    const NameLocks::Lock fourth(locks, "name", std::chrono::milliseconds(5));
    EXPECT_TRUE(fourth.IsHeld());
  }

  TEST(NameLocks, ATimeIsNotUsedUp)
  {
    NameLocks locks;
    std::optional<NameLocks::Lock> first;
    first.emplace(locks, "name");
    boost::thread releasing([&] { first.reset(); });

    const NameLocks::Lock second(locks, "name", std::chrono::hours(1));

    EXPECT_TRUE(second.IsHeld());
    releasing.join();
  }
} // namespace OrthancPlugins
