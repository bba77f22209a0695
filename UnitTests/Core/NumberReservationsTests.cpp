// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../Plugin/Core/NumberReservations.h"

#include <gtest/gtest.h>

#include <boost/thread.hpp>

#include <atomic>
#include <memory>
#include <set>
#include <vector>

namespace OrthancPlugins
{
  TEST(NumberReservations, OverlappingTurnsGetDifferentNumbers)
  {
    NumberReservations numbers;
    NumberReservations::Turn first(numbers, "study");
    NumberReservations::Turn second(numbers, "study");
    NumberReservations::Turn other(numbers, "other");
    EXPECT_EQ(4u, first.Take(3));
    EXPECT_EQ(5u, second.Take(3));
    EXPECT_EQ(4u, other.Take(3));
  }

  TEST(NumberReservations, ANumberIsRememberedForWhoAskedBeforeItWasStored)
  {
    NumberReservations numbers;
    auto first = std::make_unique<NumberReservations::Turn>(numbers, "study");
    NumberReservations::Turn late(numbers, "study"); // asks the server now, and sees 3
    EXPECT_EQ(4u, first->Take(3));
    first.reset(); // 4 is stored
    EXPECT_EQ(5u, late.Take(3));
  }

  TEST(NumberReservations, WhatIsStoredCountsAfterwards)
  {
    NumberReservations numbers;
    {
      NumberReservations::Turn turn(numbers, "study");
      EXPECT_EQ(10u, turn.Take(9));
    }
    NumberReservations::Turn turn(numbers, "study");
    EXPECT_EQ(3u, turn.Take(2));
  }

  TEST(NumberReservations, ManyAtATimeNeverShareANumber)
  {
    NumberReservations numbers;
    std::atomic<std::uint32_t> stored{0};
    boost::mutex mutex;
    std::multiset<std::uint32_t> taken;
    boost::thread_group threads;
    for (int i = 0; i < 8; i++)
    {
      threads.create_thread(
        [&]
        {
          for (int j = 0; j < 50; j++)
          {
            NumberReservations::Turn turn(numbers, "study");
            const std::uint32_t number = turn.Take(stored);
            for (std::uint32_t seen = stored; seen < number;)
            {
              if (stored.compare_exchange_weak(seen, number))
              {
                break;
              }
            }
            const boost::lock_guard<boost::mutex> lock(mutex);
            taken.insert(number);
          }
        });
    }
    threads.join_all();
    EXPECT_EQ(400u, taken.size());
    EXPECT_EQ(400u, std::set<std::uint32_t>(taken.begin(), taken.end()).size());
  }
} // namespace OrthancPlugins
