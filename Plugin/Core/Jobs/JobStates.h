// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "JobMonitor.h"

#include "../Spool/ArchiveRecord.h"

namespace OrthancPlugins
{
  bool IsFinal(JobState state);

  // Pending, and nothing happens before a certain time
  bool IsWaitingForRetry(const ArchiveRecord& record);

  // Pending, and the archive that it is a copy of is being made
  bool IsFollower(const ArchiveRecord& record);

  // The state of a job as its record says: of an archive that no job of the host works on
  JobState GetRecordState(const ArchiveRecord& record);
} // namespace OrthancPlugins
