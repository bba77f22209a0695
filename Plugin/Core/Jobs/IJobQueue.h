// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "IJob.h"

#include <memory>
#include <string>

namespace OrthancPlugins
{
  // Somewhere to submit a job. Thread-safe
  class IJobQueue
  {
  public:
    virtual ~IJobQueue() = default;

    // The public ID. Larger priorities run first. Throws Failure(Internal)
    virtual std::string Submit(std::unique_ptr<IJob> job, int priority) = 0;
  };
}
