// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "../Spool/ArchiveRecord.h"

#include <string>

namespace OrthancPlugins
{
  /**
   * Who wants to know that an asynchronous job has ended: the webhooks. Called by any thread, never under
   * a lock; returns quickly, throws nothing.
   **/
  class IJobObserver
  {
  public:
    virtual ~IJobObserver() = default;

    // The record is Ready or Failed. May come twice for the same end (after a crash)
    virtual void OnJobEnded(const std::string& jobId, const ArchiveRecord& record) = 0;
  };
} // namespace OrthancPlugins
