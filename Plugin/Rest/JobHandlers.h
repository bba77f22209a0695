// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "Services.h"

#include "../Http/HttpRequest.h"
#include "../Http/IHttpAnswer.h"

namespace OrthancPlugins
{
  // /jobs and below: ours merged in, everybody else's delegated to the host. Group 0 is the job's ID,
  // group 1 the verb. What the user may not see is answered as what does not exist

  // ?expand as the host; ?state, type, since, until, limit, offset, order, count: the whole history
  void GetJobs(const Services& services, const HttpRequest& request, IHttpAnswer& answer);

  // ?wait=seconds: once the job has ended, or when the time is over
  void GetJob(const Services& services, const HttpRequest& request, IHttpAnswer& answer);

  void EraseJob(const Services& services, const HttpRequest& request, IHttpAnswer& answer);

  // cancel, pause, resume, resubmit
  void PostJobVerb(const Services& services, const HttpRequest& request, IHttpAnswer& answer);

  void PutJobPriority(const Services& services, const HttpRequest& request, IHttpAnswer& answer);
} // namespace OrthancPlugins
