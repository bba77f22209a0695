// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "Services.h"

#include "../Http/HttpRequest.h"
#include "../Http/IHttpAnswer.h"

namespace OrthancPlugins
{
  // /jobs and below: ours merged in, everybody else's delegated to the host. Group 0 is the job's ID,
  // group 1 the verb or the key of the output
  void GetJobs(const Services& services, const HttpRequest& request, IHttpAnswer& answer);
  void GetJob(const Services& services, const HttpRequest& request, IHttpAnswer& answer);
  void EraseJob(const Services& services, const HttpRequest& request, IHttpAnswer& answer);

  // /jobs/{id}/{key}: cancel, pause, resume and resubmit by POST; outputs by GET and DELETE
  void PostJobVerb(const Services& services, const HttpRequest& request, IHttpAnswer& answer);
  void GetJobOutput(const Services& services, const HttpRequest& request, IHttpAnswer& answer);
  void EraseJobOutput(const Services& services, const HttpRequest& request, IHttpAnswer& answer);
}
