// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "Services.h"

#include "../Http/HttpRequest.h"
#include "../Http/IHttpAnswer.h"

namespace OrthancPlugins
{
  // Server-Sent Events (WHATWG HTML, 9.2) "state", "progress" and "removed" with one line of JSON each.
  // How things stand comes first, unless "Last-Event-ID" is continued; where that is not possible any
  // more, after an event "reset". Throws Failure(NotImplemented) where the host cannot stream,
  // Failure(Unavailable) if too many wait already

  // /jobs/{id}/events: until the job has ended. Group 0 is the job's ID
  void GetJobEvents(const Services& services, const HttpRequest& request, IHttpAnswer& answer);

  // /advanced-rest/events: all jobs, until the client leaves
  void GetAllEvents(const Services& services, const HttpRequest& request, IHttpAnswer& answer);
} // namespace OrthancPlugins
