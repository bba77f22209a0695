// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "Services.h"

#include "../Http/HttpRequest.h"
#include "../Http/IHttpAnswer.h"

namespace OrthancPlugins
{
  // GET /jobs/{id}/deliveries: what became of the webhooks about that job. Group 0 is the job's ID. URLs
  // are shown without their queries, which may hold passwords
  void GetJobDeliveries(const Services& services, const HttpRequest& request, IHttpAnswer& answer);
} // namespace OrthancPlugins
