// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../../Plugin/Core/Failure.h"
#include "../../../Plugin/Core/Metrics/MetricsRefresher.h"
#include "../../../Plugin/Core/Metrics/SystemFamilies.h"

#include "../../Fakes/ManualClock.h"

#include <gtest/gtest.h>

#include <boost/thread/barrier.hpp>
#include <boost/thread/thread.hpp>

#include <atomic>
#include <string>

namespace OrthancPlugins
{
  namespace
  {
    constexpr std::int64_t LONG_MILLISECONDS = 60'000;
    constexpr std::int64_t SECOND = 1'000'000;

    /**
     * A collector that counts how often it has worked.
     **/
    class Counting
    {
    public:
      std::atomic<std::int64_t> count{0};
      std::atomic<bool> fails{false};

      MetricsCollector Make(const char* name, unsigned intervalSeconds)
      {
        return {name, intervalSeconds,
                [this]() -> std::vector<MetricFamily>
                {
                  count++;
                  if (fails)
                  {
                    throw Failure(FailureKind::Internal, "On demand");
                  }
                  return {MakeGauge("count", "Help.", std::int64_t{count})};
                }};
      }
    };

    std::int64_t GetCount(const CollectorResult& result)
    {
      return std::get<std::int64_t>(result.families.at(0).samples.at(0).value);
    }
  } // namespace

  TEST(MetricsRefresher, CollectsNothingUntilSomebodyAsks)
  {
    ManualClock clock;
    Counting counting;
    MetricsRefresher refresher({counting.Make("a", 30)}, clock);
    refresher.Start();
    refresher.Stop();

    EXPECT_EQ(0, counting.count);
  }

  TEST(MetricsRefresher, FirstOneWaitsAndOthersShare)
  {
    ManualClock clock;
    Counting counting;
    MetricsRefresher refresher({counting.Make("a", 30)}, clock);
    refresher.Start();

    const auto first = refresher.Get(LONG_MILLISECONDS);
    const auto second = refresher.Get(LONG_MILLISECONDS);

    EXPECT_TRUE(first.at(0)->isSuccessful);
    EXPECT_EQ(1, GetCount(*first.at(0)));
    EXPECT_EQ(first.at(0).get(), second.at(0).get());
    EXPECT_EQ(1, counting.count);
  }

  TEST(MetricsRefresher, ManyWhoAskAtTheSameTimeShare)
  {
    ManualClock clock;
    Counting counting;
    MetricsRefresher refresher({counting.Make("a", 30)}, clock);
    refresher.Start();

    boost::thread_group threads;
    boost::barrier barrier(20);
    for (int i = 0; i < 20; i++)
    {
      threads.create_thread(
        [&]
        {
          barrier.wait();
          EXPECT_TRUE(refresher.Get(LONG_MILLISECONDS).at(0)->isSuccessful);
        });
    }
    threads.join_all();

    EXPECT_EQ(1, counting.count);
  }

  TEST(MetricsRefresher, CollectsAgainInItsIntervalWithoutMakingAnybodyWait)
  {
    ManualClock clock;
    Counting counting;
    MetricsRefresher refresher({counting.Make("a", 30)}, clock);
    refresher.Start();
    refresher.Get(LONG_MILLISECONDS);

    clock.Advance(31 * SECOND);
    EXPECT_EQ(1, GetCount(*refresher.Get(LONG_MILLISECONDS).at(0)));
    while (counting.count < 2) // the thread looks every second
    {
      boost::this_thread::sleep_for(boost::chrono::milliseconds(1));
    }

    EXPECT_EQ(2, counting.count);
  }

  TEST(MetricsRefresher, WaitsAfterALongPause)
  {
    ManualClock clock;
    Counting counting;
    MetricsRefresher refresher({counting.Make("a", 30)}, clock);
    refresher.Start();
    refresher.Get(LONG_MILLISECONDS);

    clock.Advance(std::int64_t{MetricsRefresher::IDLE_SECONDS} * 10 * SECOND);

    EXPECT_EQ(2, GetCount(*refresher.Get(LONG_MILLISECONDS).at(0)));
  }

  TEST(MetricsRefresher, OneThatFailsKeepsItsOldValuesAndNobodyElse)
  {
    ManualClock clock;
    Counting failing;
    Counting working;
    MetricsRefresher refresher({failing.Make("a", 30), working.Make("b", 30)}, clock);
    refresher.Start();
    refresher.Get(LONG_MILLISECONDS);
    failing.fails = true;
    clock.Advance(std::int64_t{MetricsRefresher::IDLE_SECONDS} * 10 * SECOND);

    const auto results = refresher.Get(LONG_MILLISECONDS);

    EXPECT_FALSE(results.at(0)->isSuccessful);
    EXPECT_EQ(1, GetCount(*results.at(0)));
    EXPECT_TRUE(results.at(1)->isSuccessful);
    EXPECT_EQ(2, GetCount(*results.at(1)));
  }

  TEST(MetricsRefresher, OneThatHangsDoesNotHoldTheAnswer)
  {
    ManualClock clock;
    Counting quick;
    boost::mutex mutex;
    boost::unique_lock<boost::mutex> hanging(mutex);
    MetricsRefresher refresher({quick.Make("a", 30),
                                {"b", 30,
                                 [&]() -> std::vector<MetricFamily>
                                 {
                                   const boost::lock_guard<boost::mutex> lock(mutex);
                                   return {};
                                 }}},
                               clock);
    refresher.Start();
    // Until the first is done, the second hangs in any case
    while (!refresher.Get(0).at(0)->isSuccessful)
    {
      boost::this_thread::sleep_for(boost::chrono::milliseconds(1));
    }

    EXPECT_FALSE(refresher.Get(10).at(1)->isSuccessful);
    hanging.unlock();
    EXPECT_TRUE(refresher.Get(LONG_MILLISECONDS).at(1)->isSuccessful);
  }

  TEST(MetricsRefresher, StopEndsTheWait)
  {
    ManualClock clock;
    Counting counting;
    MetricsRefresher refresher({counting.Make("a", 30)}, clock);
    boost::thread asking([&]
                         { EXPECT_FALSE(refresher.Get(LONG_MILLISECONDS).at(0)->isSuccessful); });

    refresher.Stop();
    asking.join();
    EXPECT_FALSE(refresher.Get(LONG_MILLISECONDS).at(0)->isSuccessful);
  }
} // namespace OrthancPlugins
