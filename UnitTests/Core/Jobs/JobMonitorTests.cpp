// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../../Plugin/Core/Jobs/JobMonitor.h"

#include "../../Fakes/ManualClock.h"
#include "../Spool/ExpectFailure.h"

#include <atomic>

#include <boost/thread/thread.hpp>

namespace OrthancPlugins
{
  namespace
  {
    constexpr std::int64_t LONG_MILLISECONDS = 60'000;

    JobStatus MakeStatus(const std::string& jobId, JobState state, std::uint64_t inputBytesDone)
    {
      JobStatus status;
      status.jobId = jobId;
      status.owner = "alice";
      status.state = state;
      status.inputBytesDone = inputBytesDone;
      return status;
    }

    JobEvents Collect(JobMonitor& monitor, const std::string& jobId, std::uint64_t lastId)
    {
      return monitor.Enter()->Wait(jobId, lastId, 0);
    }

    void Fill(JobMonitor& monitor, unsigned count)
    {
      for (unsigned i = 0; i < count; i++)
      {
        monitor.ReportForeign("foreign");
      }
    }
  } // namespace

  // ---- Status

  TEST(JobMonitor, KnowsTheLatestStatus)
  {
    ManualClock clock;
    JobMonitor monitor(1, clock);

    monitor.Report(MakeStatus("a", JobState::Pending, 0));
    clock.Advance(7);
    monitor.Report(MakeStatus("a", JobState::Running, 3));

    const std::optional<JobStatus> status = monitor.Find("a");
    ASSERT_TRUE(status.has_value());
    EXPECT_EQ(JobState::Running, status->state);
    EXPECT_EQ(3u, status->inputBytesDone);
    EXPECT_EQ(clock.GetNowMicroseconds(), status->asOfMicroseconds);
    EXPECT_FALSE(monitor.Find("b").has_value());
  }

  TEST(JobMonitor, StatusIsCurrentEvenIfThereWasNoEvent)
  {
    ManualClock clock;
    JobMonitor monitor(1, clock);
    monitor.Report(MakeStatus("a", JobState::Running, 0));

    monitor.Report(MakeStatus("a", JobState::Running, 9));

    EXPECT_EQ(9u, monitor.Find("a")->inputBytesDone);
    EXPECT_EQ(1u, monitor.GetLastEventId());
  }

  TEST(JobMonitor, IntroducesOnlyWhatIsUnknown)
  {
    ManualClock clock;
    JobMonitor monitor(1, clock);

    monitor.Introduce(MakeStatus("a", JobState::Pending, 0));
    monitor.Report(MakeStatus("a", JobState::Running, 0));
    monitor.Introduce(MakeStatus("a", JobState::Pending, 0));

    EXPECT_EQ(JobState::Running, monitor.Find("a")->state);
    EXPECT_EQ(2u, monitor.GetLastEventId());
  }

  // ---- Events

  TEST(JobMonitor, EventsHaveAscendingIdentifiers)
  {
    ManualClock clock;
    JobMonitor monitor(1, clock);

    monitor.Report(MakeStatus("a", JobState::Pending, 0));
    monitor.Report(MakeStatus("a", JobState::Running, 0));
    monitor.ReportForeign("x");
    monitor.Forget("a");

    const JobEvents all = Collect(monitor, "", 0);
    ASSERT_EQ(4u, all.events.size());
    for (std::size_t i = 0; i < 4; i++)
    {
      EXPECT_EQ(i + 1, all.events[i].id);
    }
    EXPECT_EQ(JobEventKind::State, all.events[0].kind);
    EXPECT_EQ(JobEventKind::State, all.events[1].kind);
    EXPECT_EQ(JobEventKind::Foreign, all.events[2].kind);
    EXPECT_EQ("x", all.events[2].status.jobId);
    EXPECT_EQ(JobEventKind::Removed, all.events[3].kind);
    EXPECT_EQ("alice", all.events[3].status.owner);
    EXPECT_FALSE(monitor.Find("a").has_value());
    EXPECT_EQ(4u, all.lastId);
    EXPECT_FALSE(all.hasGap);
  }

  TEST(JobMonitor, ProgressMakesTwoEventsASecond)
  {
    ManualClock clock;
    JobMonitor monitor(1, clock);
    monitor.Report(MakeStatus("a", JobState::Running, 0));

    for (unsigned i = 1; i <= 100; i++)
    {
      clock.Advance(100'000);
      monitor.Report(MakeStatus("a", JobState::Running, i));
    }

    const JobEvents all = Collect(monitor, "a", 1);
    EXPECT_EQ(20u, all.events.size());
    EXPECT_EQ(JobEventKind::Progress, all.events.front().kind);
  }

  TEST(JobMonitor, WithoutProgressThereIsNoEvent)
  {
    ManualClock clock;
    JobMonitor monitor(1, clock);
    monitor.Report(MakeStatus("a", JobState::Running, 5));

    clock.Advance(10'000'000);
    monitor.Report(MakeStatus("a", JobState::Running, 5));

    EXPECT_EQ(1u, monitor.GetLastEventId());
  }

  TEST(JobMonitor, ClockThatIsSetBackSilencesNobody)
  {
    ManualClock clock;
    JobMonitor monitor(1, clock);
    monitor.Report(MakeStatus("a", JobState::Running, 5));

    clock.Advance(-3'600'000'000);
    monitor.Report(MakeStatus("a", JobState::Running, 6));

    EXPECT_EQ(2u, monitor.GetLastEventId());
  }

  TEST(JobMonitor, StateIsNeverHeldBack)
  {
    ManualClock clock;
    JobMonitor monitor(1, clock);

    monitor.Report(MakeStatus("a", JobState::Running, 1));
    monitor.Report(MakeStatus("a", JobState::Paused, 1));
    monitor.Report(MakeStatus("a", JobState::Running, 1));
    monitor.Report(MakeStatus("a", JobState::Success, 1));

    EXPECT_EQ(4u, monitor.GetLastEventId());
  }

  TEST(JobMonitor, EventsOfOneJobOnly)
  {
    ManualClock clock;
    JobMonitor monitor(1, clock);
    monitor.Report(MakeStatus("a", JobState::Running, 1));
    monitor.Report(MakeStatus("b", JobState::Running, 1));
    monitor.Report(MakeStatus("a", JobState::Success, 1));

    const JobEvents events = Collect(monitor, "a", 1);

    ASSERT_EQ(1u, events.events.size());
    EXPECT_EQ(3u, events.events[0].id);
    EXPECT_EQ(3u, events.lastId);
    EXPECT_TRUE(Collect(monitor, "b", 2).events.empty());
    EXPECT_EQ(3u, Collect(monitor, "b", 2).lastId);
  }

  TEST(JobMonitor, ForgottenEventsAreAGap)
  {
    ManualClock clock;
    JobMonitor monitor(1, clock);
    Fill(monitor, 6000);

    const JobEvents late = Collect(monitor, "", 10);
    const JobEvents other = Collect(monitor, "unknown", 10);
    const JobEvents current = Collect(monitor, "", 5990);

    EXPECT_TRUE(late.hasGap);
    EXPECT_EQ(4096u, late.events.size());
    EXPECT_EQ(6000u, late.events.back().id);
    EXPECT_TRUE(other.hasGap);
    EXPECT_TRUE(other.events.empty());
    EXPECT_FALSE(current.hasGap);
    EXPECT_EQ(10u, current.events.size());
  }

  TEST(JobMonitor, LastOfTheForgottenEventsIsNoGap)
  {
    ManualClock clock;
    JobMonitor monitor(1, clock);
    Fill(monitor, 4096 + 5);

    EXPECT_TRUE(Collect(monitor, "", 4).hasGap);
    EXPECT_FALSE(Collect(monitor, "", 5).hasGap);
    EXPECT_EQ(4096u, Collect(monitor, "", 5).events.size());
  }

  TEST(JobMonitor, IdentifierOfAnEarlierServerIsAGap)
  {
    ManualClock clock;
    JobMonitor monitor(1, clock);
    Fill(monitor, 2);

    const JobEvents events = Collect(monitor, "", 77);

    EXPECT_TRUE(events.hasGap);
    EXPECT_EQ(2u, events.events.size());
    EXPECT_EQ(2u, events.lastId);
  }

  // ---- Waiting

  TEST(JobMonitor, TimeOutGivesNothing)
  {
    ManualClock clock;
    JobMonitor monitor(1, clock);

    const JobEvents events = monitor.Enter()->Wait("a", 0, 1);

    EXPECT_TRUE(events.events.empty());
    EXPECT_FALSE(events.hasGap);
    EXPECT_EQ(0u, events.lastId);
    EXPECT_TRUE(monitor.Enter()->Wait("a", 0, -5).events.empty());
  }

  TEST(JobMonitor, WaiterIsWokenByItsJob)
  {
    ManualClock clock;
    JobMonitor monitor(1, clock);
    const std::unique_ptr<JobMonitor::Waiter> waiter = monitor.Enter();
    JobEvents events;
    boost::thread thread([&] { events = waiter->Wait("a", 0, LONG_MILLISECONDS); });

    monitor.Report(MakeStatus("b", JobState::Running, 0));
    monitor.Report(MakeStatus("a", JobState::Running, 0));
    thread.join();

    ASSERT_EQ(1u, events.events.size());
    EXPECT_EQ("a", events.events[0].status.jobId);
  }

  TEST(JobMonitor, WaitersAreBounded)
  {
    ManualClock clock;
    JobMonitor monitor(2, clock);
    std::unique_ptr<JobMonitor::Waiter> first = monitor.Enter();
    const std::unique_ptr<JobMonitor::Waiter> second = monitor.Enter();

    ExpectFailure(FailureKind::Unavailable, [&] { monitor.Enter(); });
    first.reset();

    EXPECT_NE(nullptr, monitor.Enter());
  }

  TEST(JobMonitor, NobodyWaitsIfNoneMay)
  {
    ManualClock clock;
    JobMonitor monitor(0, clock);

    ExpectFailure(FailureKind::Unavailable, [&] { monitor.Enter(); });
  }

  TEST(JobMonitor, ShutdownWakesEverybody)
  {
    ManualClock clock;
    JobMonitor monitor(4, clock);
    boost::thread_group threads;
    std::atomic<unsigned> leftCount{0};
    for (unsigned i = 0; i < 4; i++)
    {
      threads.create_thread(
        [&, waiter = std::shared_ptr<JobMonitor::Waiter>(monitor.Enter())]
        {
          ExpectFailure(FailureKind::Unavailable, [&] { waiter->Wait("a", 0, LONG_MILLISECONDS); });
          leftCount++;
        });
    }

    monitor.Shutdown();
    threads.join_all();

    EXPECT_EQ(4u, leftCount);
    ExpectFailure(FailureKind::Unavailable, [&] { monitor.Enter(); });
    monitor.Report(MakeStatus("a", JobState::Running, 0));
  }

  TEST(JobMonitor, WaiterMayOutliveTheMonitor)
  {
    ManualClock clock;
    auto monitor = std::make_unique<JobMonitor>(1, clock);
    const std::unique_ptr<JobMonitor::Waiter> waiter = monitor->Enter();

    monitor.reset();

    ExpectFailure(FailureKind::Unavailable, [&] { waiter->Wait("", 0, LONG_MILLISECONDS); });
  }

  TEST(JobMonitor, NothingIsLostBetweenTwoWaits)
  {
    ManualClock clock;
    JobMonitor monitor(8, clock);
    constexpr unsigned JOBS = 4;
    constexpr unsigned CHANGES = 200; // below the number of events that are kept
    std::atomic<unsigned> badCount{0};
    boost::thread_group readers;
    for (unsigned r = 0; r < 4; r++)
    {
      readers.create_thread(
        [&, waiter = std::shared_ptr<JobMonitor::Waiter>(monitor.Enter())]
        {
          std::uint64_t last = 0;
          while (last < JOBS * CHANGES)
          {
            const JobEvents events = waiter->Wait("", last, LONG_MILLISECONDS);
            for (const JobEvent& event : events.events)
            {
              badCount += event.id == ++last ? 0u : 1u;
            }
            badCount += events.hasGap || events.events.empty() ? 1u : 0u;
          }
        });
    }
    boost::thread_group writers;
    for (unsigned j = 0; j < JOBS; j++)
    {
      writers.create_thread(
        [&, id = std::to_string(j)]
        {
          for (unsigned i = 0; i < CHANGES; i++)
          {
            monitor.Report(MakeStatus(id, i % 2 == 0 ? JobState::Running : JobState::Paused, i));
            monitor.Find(id);
          }
        });
    }
    writers.join_all();
    readers.join_all();

    EXPECT_EQ(0u, badCount);
  }
} // namespace OrthancPlugins
