// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "Services.h"

#include "../Http/HttpRequest.h"
#include "../Http/IHttpAnswer.h"

namespace OrthancPlugins
{
  // /jobs/{id}/{key}: the archive of our jobs, the host's outputs of others. Group 0 is the job's ID,
  // group 1 the key
  void GetJobOutput(const Services& services, const HttpRequest& request, IHttpAnswer& answer);
  void EraseJobOutput(const Services& services, const HttpRequest& request, IHttpAnswer& answer);

  // /jobs/{id}/archive/pin: the retention spares the file, or not any more. Group 0 is the job's ID
  void PinJobArchive(const Services& services, const HttpRequest& request, IHttpAnswer& answer);
  void UnpinJobArchive(const Services& services, const HttpRequest& request, IHttpAnswer& answer);
} // namespace OrthancPlugins
