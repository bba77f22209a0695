// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "JobCatalog.h"
#include "Services.h"

#include <string>

// What is done to one job, whoever runs it
namespace OrthancPlugins
{
  enum class JobOutcome
  {
    Done,
    Refused, // the state of the job does not allow it
    NotFound,
    NotSupported // not by this version of the host
  };

  // cancel, pause, resume, resubmit. Throws Failure for what the host throws
  JobOutcome ApplyVerb(const Services& services, const JobEntry& job, const std::string& verb);

  // Forgets a job that has ended, and its file. Throws as above
  JobOutcome DeleteJob(const Services& services, const JobEntry& job);
} // namespace OrthancPlugins
