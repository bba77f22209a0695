// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "JobStates.h"

namespace OrthancPlugins
{
  bool IsFinal(JobState state)
  {
    return state == JobState::Success || state == JobState::Failure;
  }

  bool IsWaitingForRetry(const ArchiveRecord& record)
  {
    return record.state == ArchiveState::Pending && record.nextAttemptMicroseconds > 0;
  }

  bool IsFollower(const ArchiveRecord& record)
  {
    return record.state == ArchiveState::Pending && !record.leaderId.empty() && !record.isReused;
  }

  JobState GetRecordState(const ArchiveRecord& record)
  {
    switch (record.state)
    {
    case ArchiveState::Ready:
    case ArchiveState::Evicted:
      return JobState::Success;
    case ArchiveState::Failed:
      return JobState::Failure;
    case ArchiveState::Pending:
      break;
    }
    if (record.isPaused)
    {
      return JobState::Paused;
    }
    return IsWaitingForRetry(record) ? JobState::Retry : JobState::Pending;
  }
} // namespace OrthancPlugins
