// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../Plugin/Core/Failure.h"
#include "../../Plugin/Host/TwoAtATime.h"

#include <boost/thread/barrier.hpp>
#include <boost/thread/thread.hpp>
#include <gtest/gtest.h>

#include <atomic>
#include <vector>

namespace OrthancPlugins
{
  TEST(TwoAtATime, CallsEachOnce)
  {
    for (const std::size_t count : {0u, 1u, 2u, 3u, 100u})
    {
      std::vector<std::atomic<unsigned>> calls(count);

      RunTwoAtATime(count, [&](std::size_t i) { calls[i]++; });

      for (const std::atomic<unsigned>& number : calls)
      {
        EXPECT_EQ(1u, number);
      }
    }
  }

  TEST(TwoAtATime, TwoRunTogether)
  {
    boost::barrier both(2);

    RunTwoAtATime(4, [&](std::size_t) { both.wait(); });
  }

  TEST(TwoAtATime, OneCallNeedsNoThread)
  {
    boost::thread::id id;

    RunTwoAtATime(1, [&](std::size_t) { id = boost::this_thread::get_id(); });

    EXPECT_EQ(boost::this_thread::get_id(), id);
  }

  TEST(TwoAtATime, FailureIsThrownAndEndsTheWork)
  {
    for (const std::size_t failing : {0u, 1u, 5u})
    {
      std::atomic<unsigned> callsCount{0};
      try
      {
        RunTwoAtATime(1000000,
                      [&](std::size_t i)
                      {
                        callsCount++;
                        if (i >= failing)
                        {
                          throw Failure(FailureKind::NotFound, "x");
                        }
                      });
        ADD_FAILURE();
      }
      catch (const Failure& failure)
      {
        EXPECT_EQ(FailureKind::NotFound, failure.GetKind());
      }
      EXPECT_LE(callsCount, failing + 2);
    }
  }
} // namespace OrthancPlugins
