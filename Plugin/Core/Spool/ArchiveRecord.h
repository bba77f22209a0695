// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "../Archive/ArchiveReport.h"
#include "../Archive/ArchiveRequest.h"
#include "../Failure.h"

#include <cstdint>
#include <string>

namespace OrthancPlugins
{
  enum class ArchiveState
  {
    Pending, // accepted; nothing or a part of it is written
    Ready,   // the file is complete
    Failed,  // ended without a file: failure or cancel; may be resubmitted
    Evicted  // was Ready; the file is gone (DELETE, or by policy)
  };

  enum class JobRole
  {
    Public,  // the ID that the client got: the only one that is listed
    Executor // a later job of the host that works behind the public ID
  };

  // The durable facts of one archive, as plain values
  struct ArchiveRecord
  {
    std::string id; // of ours, a UUID
    ArchiveState state = ArchiveState::Pending;
    ArchiveRequest request;
    std::int64_t createdMicroseconds = 0;   // since 1970-01-01 UTC
    std::int64_t completedMicroseconds = 0; // 0 until Ready or Failed
    std::uint64_t sizeBytes = 0;            // of the ZIP, once Ready
    std::uint64_t instancesCount = 0;
    std::uint64_t uncompressedBytes = 0;
    ArchiveReport report;
    FailureKind failureKind = FailureKind::Internal; // if Failed, or of the attempt before a retry
    std::string failureText;                         // same; no patient data

    std::string owner;               // user who asked; empty: unknown
    std::string idempotencyKey;      // of the request; empty: none
    std::string notifyUrl;           // of the request; empty: none
    std::string fingerprint;         // of all that the bytes depend on; empty: never reused
    std::uint64_t expectedBytes = 0; // of the ZIP, as estimated for the request
    std::string leaderId;            // the archive whose result this one waits for or shares
    bool isReused = false;           // the file is the one of "leaderId"
    unsigned attempts = 0;           // automatic retries so far
    std::int64_t nextAttemptMicroseconds = 0; // Pending: not before; 0: no retry is waiting
    bool isPaused = false;                    // Pending: nothing is started until it is resumed
    std::int64_t startedMicroseconds = 0;     // first step of the last attempt; 0: none yet
    std::uint64_t runtimeMicroseconds = 0;    // spent working, all attempts together
    std::uint64_t downloadsCount = 0;
    std::int64_t downloadedMicroseconds = 0; // last download; 0: none yet
    bool isPinned = false;                   // the file is spared by the retention
    std::int64_t evictedMicroseconds = 0;    // when the file went; 0: it is there, or unknown
  };
} // namespace OrthancPlugins
