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
    Pending,   // accepted; nothing or a part of it is written
    Ready,     // the file is complete
    Failed,    // ended without a file: failure or cancel; may be resubmitted
    Evicted    // was Ready; the file is gone (DELETE, or by policy)
  };

  // The durable facts of one archive, as plain values
  struct ArchiveRecord
  {
    std::string id;                       // of ours, a UUID
    ArchiveState state = ArchiveState::Pending;
    ArchiveRequest request;
    std::int64_t createdMicroseconds = 0;     // since 1970-01-01 UTC
    std::int64_t completedMicroseconds = 0;   // 0 until Ready or Failed
    std::uint64_t sizeBytes = 0;              // of the ZIP, once Ready
    std::uint64_t instancesCount = 0;
    std::uint64_t uncompressedBytes = 0;
    ArchiveReport report;
    FailureKind failureKind = FailureKind::Internal;   // if Failed
    std::string failureText;                           // if Failed; no patient data
  };
}
