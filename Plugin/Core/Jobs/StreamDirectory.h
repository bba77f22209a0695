// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "JobMonitor.h"

#include "../Archive/ArchiveReport.h"
#include "../Archive/ArchiveRequest.h"
#include "../Failure.h"
#include "../IClock.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace OrthancPlugins
{
  enum class StreamState
  {
    Pending, // waits for a slot
    Running,
    Success,
    Failure
  };

  // One synchronous archive as "/jobs" shows it, as plain values
  struct StreamSnapshot
  {
    std::string id;    // UUID, in the host's form
    std::string owner; // user who asked; empty: unknown
    StreamState state = StreamState::Pending;
    ArchiveRequest request;
    std::uint64_t instancesCount = 0;
    std::uint64_t uncompressedBytes = 0;
    std::uint64_t archiveBytes = 0; // written so far
    std::uint64_t inputBytesDone = 0;
    ArchiveReport report; // once ended
    FailureKind failureKind = FailureKind::Internal;
    std::string failureText;
    std::int64_t createdMicroseconds = 0;   // since 1970-01-01 UTC
    std::int64_t startedMicroseconds = 0;   // 0 while pending
    std::int64_t completedMicroseconds = 0; // 0 until Success or Failure
  };

  /**
   * The synchronous archives that run or have run: in memory, with a history as long as the host's.
   * They are no jobs of the host's engine; Rest merges them into "/jobs". Also limits how many run at
   * the same time: the others wait in order of priority, then of arrival. The monitor is told about
   * each of them. Thread-safe.
   **/
  class StreamDirectory
  {
  public:
    /**
     * One stream, owned by the thread that answers the request. The destructor of a ticket that was
     * never finished records Failure(Internal).
     **/
    class Ticket
    {
    public:
      ~Ticket();
      Ticket(const Ticket&) = delete;
      Ticket& operator=(const Ticket&) = delete;

      // Waits for a slot, then Running. Throws Failure(Canceled), Failure(Unavailable) at shutdown
      void WaitForSlot();

      // To be called between two steps. Throws Failure(Canceled), Failure(Unavailable) at shutdown
      void Report(std::uint64_t inputBytesDone, std::uint64_t archiveBytes);

      void FinishSuccess(const ArchiveReport& report);
      void FinishFailure(FailureKind kind, const std::string& text);

      const std::string& GetId() const;

    private:
      friend class StreamDirectory;
      struct State;
      explicit Ticket(std::shared_ptr<State> state);
      std::shared_ptr<State> state_; // shared with the directory, which lists and cancels it
    };

    // Clock and monitor must outlive the directory
    StreamDirectory(unsigned maxRunning, unsigned historySize, IClock& clock, JobMonitor& monitor);
    ~StreamDirectory();

    std::unique_ptr<Ticket> Begin(const ArchiveRequest& request,
                                  std::uint64_t instancesCount,
                                  std::uint64_t uncompressedBytes,
                                  const std::string& owner);

    // Of an unknown owner
    std::unique_ptr<Ticket> Begin(const ArchiveRequest& request,
                                  std::uint64_t instancesCount,
                                  std::uint64_t uncompressedBytes);

    std::optional<StreamSnapshot> Find(const std::string& id) const;
    std::vector<StreamSnapshot> List() const;

    // How many are in WaitForSlot() at this moment
    std::size_t GetWaitingCount() const;

    // False if there is no such stream; nothing happens if it has ended
    bool Cancel(const std::string& id);

    // Forgets a stream that has ended; false if there is none or it has not ended
    bool Forget(const std::string& id);

    // Every waiting or running stream ends with Failure(Unavailable)
    void Shutdown();

  private:
    struct PImpl;
    std::shared_ptr<PImpl> pimpl_; // shared with the tickets, which may outlive a finalized plugin
  };
} // namespace OrthancPlugins
