// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "Services.h"

#include "../Http/HttpRequest.h"
#include "../Http/IHttpAnswer.h"

namespace OrthancPlugins
{
  // /advanced-rest/jobs/{verb} on all jobs that the filter in the body matches and that are in a state
  // for it; those that are named are tried in any state. Answers {"Done": [IDs], "Failed": {ID: reason}}
  void CancelJobs(const Services& services, const HttpRequest& request, IHttpAnswer& answer);
  void ResubmitJobs(const Services& services, const HttpRequest& request, IHttpAnswer& answer);
  void DeleteJobs(const Services& services, const HttpRequest& request, IHttpAnswer& answer);
} // namespace OrthancPlugins
