// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../../Plugin/Core/Jobs/StreamDirectory.h"

#include "../../../Plugin/Core/Uuid.h"
#include "../../Fakes/ManualClock.h"
#include "../Spool/ExpectFailure.h"

#include <atomic>
#include <mutex>

#include <boost/thread/thread.hpp>

namespace OrthancPlugins
{
  namespace
  {
    using TicketPointer = std::unique_ptr<StreamDirectory::Ticket>;

    ArchiveRequest MakeRequest(int priority)
    {
      ArchiveRequest request;
      request.priority = priority;
      request.filename = "archive.zip";
      return request;
    }

    TicketPointer Begin(StreamDirectory& streams)
    {
      return streams.Begin(MakeRequest(0), 2, 100);
    }

    StreamState GetState(const StreamDirectory& streams, const std::string& id)
    {
      return streams.Find(id).value().state;
    }
  } // namespace

  TEST(StreamDirectory, StreamIsVisibleFromBeginToEnd)
  {
    ManualClock clock;
    JobMonitor monitor(1, clock);
    StreamDirectory streams(1, 10, clock, monitor);
    const TicketPointer ticket = streams.Begin(MakeRequest(7), 2, 100);
    const std::string id = ticket->GetId();
    EXPECT_TRUE(IsUuid(id));

    StreamSnapshot snapshot = streams.Find(id).value();
    EXPECT_EQ(id, snapshot.id);
    EXPECT_EQ(StreamState::Pending, snapshot.state);
    EXPECT_EQ(7, snapshot.request.priority);
    EXPECT_EQ(2u, snapshot.instancesCount);
    EXPECT_EQ(100u, snapshot.uncompressedBytes);
    EXPECT_EQ(clock.GetNowMicroseconds(), snapshot.createdMicroseconds);
    EXPECT_EQ(0, snapshot.startedMicroseconds);

    clock.Advance(10);
    ticket->WaitForSlot();
    ticket->Report(60, 30);
    snapshot = streams.Find(id).value();
    EXPECT_EQ(StreamState::Running, snapshot.state);
    EXPECT_EQ(clock.GetNowMicroseconds(), snapshot.startedMicroseconds);
    EXPECT_EQ(60u, snapshot.inputBytesDone);
    EXPECT_EQ(30u, snapshot.archiveBytes);
    EXPECT_EQ(0, snapshot.completedMicroseconds);

    clock.Advance(10);
    ArchiveReport report;
    report.missing = {"instance"};
    ticket->FinishSuccess(report);
    snapshot = streams.Find(id).value();
    EXPECT_EQ(StreamState::Success, snapshot.state);
    EXPECT_EQ(clock.GetNowMicroseconds(), snapshot.completedMicroseconds);
    EXPECT_EQ(report.missing, snapshot.report.missing);
    EXPECT_EQ(1u, streams.List().size());
  }

  TEST(StreamDirectory, FailureKeepsItsReason)
  {
    ManualClock clock;
    JobMonitor monitor(1, clock);
    StreamDirectory streams(1, 10, clock, monitor);
    TicketPointer ticket = Begin(streams);
    const std::string id = ticket->GetId();
    ticket->WaitForSlot();

    ticket->FinishFailure(FailureKind::ClientGone, "The client has left");
    ticket->FinishFailure(FailureKind::Internal, "second");
    ticket->FinishSuccess(ArchiveReport());
    ticket.reset();

    const StreamSnapshot snapshot = streams.Find(id).value();
    EXPECT_EQ(StreamState::Failure, snapshot.state);
    EXPECT_EQ(FailureKind::ClientGone, snapshot.failureKind);
    EXPECT_EQ("The client has left", snapshot.failureText);
  }

  TEST(StreamDirectory, AbandonedTicketIsAFailureAndFreesItsSlot)
  {
    ManualClock clock;
    JobMonitor monitor(1, clock);
    StreamDirectory streams(1, 10, clock, monitor);
    TicketPointer ticket = Begin(streams);
    const std::string id = ticket->GetId();
    ticket->WaitForSlot();

    ticket.reset();

    EXPECT_EQ(StreamState::Failure, GetState(streams, id));
    EXPECT_EQ(FailureKind::Internal, streams.Find(id)->failureKind);
    const TicketPointer next = Begin(streams);
    next->WaitForSlot();
    EXPECT_EQ(StreamState::Running, GetState(streams, next->GetId()));
  }

  TEST(StreamDirectory, SlotIsFreeAtTheEndNotAtTheDestructor)
  {
    ManualClock clock;
    JobMonitor monitor(1, clock);
    StreamDirectory streams(1, 10, clock, monitor);
    const TicketPointer first = Begin(streams);
    first->WaitForSlot();
    first->FinishSuccess(ArchiveReport());

    const TicketPointer second = Begin(streams);
    second->WaitForSlot();

    EXPECT_EQ(StreamState::Running, GetState(streams, second->GetId()));
  }

  TEST(StreamDirectory, UnlimitedStreamsDoNotWait)
  {
    ManualClock clock;
    JobMonitor monitor(1, clock);
    StreamDirectory streams(0, 10, clock, monitor);
    std::vector<TicketPointer> tickets;
    for (unsigned i = 0; i < 100; i++)
    {
      tickets.push_back(Begin(streams));
      tickets.back()->WaitForSlot();
    }

    for (const StreamSnapshot& snapshot : streams.List())
    {
      EXPECT_EQ(StreamState::Running, snapshot.state);
    }
  }

  TEST(StreamDirectory, WaitersRunByPriorityThenByArrival)
  {
    ManualClock clock;
    JobMonitor monitor(1, clock);
    StreamDirectory streams(1, 10, clock, monitor);
    TicketPointer running = Begin(streams);
    running->WaitForSlot();
    // Arrival is Begin(): who waits first is no matter
    const int priorities[] = {0, 5, -3, 5, 0};
    const std::vector<unsigned> expected = {1, 3, 0, 4, 2};
    std::vector<TicketPointer> tickets;
    for (const int priority : priorities)
    {
      tickets.push_back(streams.Begin(MakeRequest(priority), 1, 1));
    }
    std::mutex mutex;
    std::vector<unsigned> order;
    boost::thread_group threads;
    for (unsigned i = 0; i < tickets.size(); i++)
    {
      threads.create_thread(
        [&, i]
        {
          tickets[i]->WaitForSlot();
          {
            const std::lock_guard<std::mutex> lock(mutex);
            order.push_back(i);
          }
          tickets[i]->FinishSuccess(ArchiveReport());
        });
    }
    while (streams.GetWaitingCount() < tickets.size())
    {
      boost::this_thread::yield();
    }

    running->FinishSuccess(ArchiveReport());
    threads.join_all();

    EXPECT_EQ(expected, order);
  }

  TEST(StreamDirectory, NoMoreThanTheLimitRun)
  {
    ManualClock clock;
    JobMonitor monitor(1, clock);
    StreamDirectory streams(3, 100, clock, monitor);
    std::atomic<unsigned> running{0};
    std::atomic<bool> isExceeded{false};
    boost::thread_group threads;
    for (unsigned t = 0; t < 12; t++)
    {
      threads.create_thread(
        [&]
        {
          for (unsigned i = 0; i < 50; i++)
          {
            const TicketPointer ticket = Begin(streams);
            ticket->WaitForSlot();
            isExceeded = isExceeded || ++running > 3;
            ticket->Report(i, i);
            streams.List();
            running--;
            ticket->FinishSuccess(ArchiveReport());
          }
        });
    }
    threads.join_all();

    EXPECT_FALSE(isExceeded);
    EXPECT_EQ(100u, streams.List().size());
  }

  TEST(StreamDirectory, CancelEndsAWaitingStreamAtOnce)
  {
    ManualClock clock;
    JobMonitor monitor(1, clock);
    StreamDirectory streams(1, 10, clock, monitor);
    const TicketPointer running = Begin(streams);
    running->WaitForSlot();
    const TicketPointer waiting = Begin(streams);
    boost::thread waiter(
      [&] { ExpectFailure(FailureKind::Canceled, [&] { waiting->WaitForSlot(); }); });

    EXPECT_TRUE(streams.Cancel(waiting->GetId()));
    EXPECT_EQ(StreamState::Failure, GetState(streams, waiting->GetId()));
    waiter.join();
    waiting->FinishFailure(FailureKind::Internal, "The reason is known already");

    EXPECT_EQ(FailureKind::Canceled, streams.Find(waiting->GetId())->failureKind);
    EXPECT_EQ(StreamState::Running, GetState(streams, running->GetId()));
  }

  TEST(StreamDirectory, CancelEndsARunningStreamAtItsNextReport)
  {
    ManualClock clock;
    JobMonitor monitor(1, clock);
    StreamDirectory streams(1, 10, clock, monitor);
    const TicketPointer ticket = Begin(streams);
    ticket->WaitForSlot();
    ticket->Report(1, 1);

    EXPECT_TRUE(streams.Cancel(ticket->GetId()));

    EXPECT_EQ(StreamState::Running, GetState(streams, ticket->GetId()));
    ExpectFailure(FailureKind::Canceled, [&] { ticket->Report(2, 2); });
    ticket->FinishFailure(FailureKind::Canceled, "canceled");
    EXPECT_EQ(StreamState::Failure, GetState(streams, ticket->GetId()));
  }

  TEST(StreamDirectory, CancelOfAnEndedOrUnknownStreamChangesNothing)
  {
    ManualClock clock;
    JobMonitor monitor(1, clock);
    StreamDirectory streams(1, 10, clock, monitor);
    const TicketPointer ticket = Begin(streams);
    ticket->WaitForSlot();
    ticket->FinishSuccess(ArchiveReport());

    EXPECT_TRUE(streams.Cancel(ticket->GetId()));
    EXPECT_FALSE(streams.Cancel("unknown"));
    EXPECT_FALSE(streams.Cancel(""));

    EXPECT_EQ(StreamState::Success, GetState(streams, ticket->GetId()));
  }

  TEST(StreamDirectory, HistoryKeepsTheLatestCompleted)
  {
    ManualClock clock;
    JobMonitor monitor(1, clock);
    StreamDirectory streams(0, 2, clock, monitor);
    std::vector<TicketPointer> tickets;
    for (unsigned i = 0; i < 4; i++)
    {
      tickets.push_back(Begin(streams));
      tickets.back()->WaitForSlot();
    }

    for (const unsigned i : {2u, 0u, 3u})
    {
      tickets[i]->FinishSuccess(ArchiveReport());
    }

    EXPECT_EQ(StreamState::Running, GetState(streams, tickets[1]->GetId()));
    EXPECT_FALSE(streams.Find(tickets[2]->GetId()).has_value());
    EXPECT_EQ(StreamState::Success, GetState(streams, tickets[0]->GetId()));
    EXPECT_EQ(StreamState::Success, GetState(streams, tickets[3]->GetId()));
  }

  TEST(StreamDirectory, WithoutHistoryStreamsVanishAtTheirEnd)
  {
    ManualClock clock;
    JobMonitor monitor(1, clock);
    StreamDirectory streams(1, 0, clock, monitor);
    const TicketPointer done = Begin(streams);
    done->WaitForSlot();
    done->FinishSuccess(ArchiveReport());
    const TicketPointer canceled = Begin(streams);

    EXPECT_TRUE(streams.Cancel(canceled->GetId()));

    EXPECT_TRUE(streams.List().empty());
    ExpectFailure(FailureKind::Canceled, [&] { canceled->WaitForSlot(); });
  }

  TEST(StreamDirectory, OnlyEndedStreamsAreForgotten)
  {
    ManualClock clock;
    JobMonitor monitor(1, clock);
    StreamDirectory streams(0, 10, clock, monitor);
    const TicketPointer pending = Begin(streams);
    const TicketPointer running = Begin(streams);
    running->WaitForSlot();
    const TicketPointer ended = Begin(streams);
    ended->FinishFailure(FailureKind::Internal, "ended");

    EXPECT_FALSE(streams.Forget(pending->GetId()));
    EXPECT_FALSE(streams.Forget(running->GetId()));
    EXPECT_FALSE(streams.Forget("unknown"));
    EXPECT_TRUE(streams.Forget(ended->GetId()));
    EXPECT_FALSE(streams.Forget(ended->GetId()));

    EXPECT_EQ(2u, streams.List().size());
  }

  TEST(StreamDirectory, ShutdownEndsEverything)
  {
    ManualClock clock;
    JobMonitor monitor(1, clock);
    StreamDirectory streams(1, 1, clock, monitor);
    const TicketPointer running = Begin(streams);
    running->WaitForSlot();
    const TicketPointer first = Begin(streams);
    const TicketPointer second = Begin(streams);
    boost::thread waiter(
      [&] { ExpectFailure(FailureKind::Unavailable, [&] { first->WaitForSlot(); }); });

    streams.Shutdown();
    waiter.join();

    ExpectFailure(FailureKind::Unavailable, [&] { second->WaitForSlot(); });
    ExpectFailure(FailureKind::Unavailable, [&] { running->Report(1, 1); });
    const TicketPointer late = Begin(streams);
    ExpectFailure(FailureKind::Unavailable, [&] { late->WaitForSlot(); });
  }

  TEST(StreamDirectory, TicketMayOutliveItsDirectory)
  {
    TicketPointer running;
    TicketPointer pending;
    {
      ManualClock clock;
      JobMonitor monitor(1, clock);
      StreamDirectory streams(1, 10, clock, monitor);
      running = Begin(streams);
      running->WaitForSlot();
      pending = Begin(streams);
    }

    ExpectFailure(FailureKind::Unavailable, [&] { running->Report(1, 1); });
    ExpectFailure(FailureKind::Unavailable, [&] { pending->WaitForSlot(); });
    running->FinishFailure(FailureKind::Unavailable, "The server has stopped");
    EXPECT_TRUE(IsUuid(running->GetId()));
  }
} // namespace OrthancPlugins
