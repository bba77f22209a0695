// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "Services.h"

#include "../Http/HttpRequest.h"
#include "../Http/IHttpAnswer.h"

namespace OrthancPlugins
{
  // /advanced-rest/archives: what the spool holds, ?limit, ?offset, ?order by creation
  void GetArchives(const Services& services, const HttpRequest& request, IHttpAnswer& answer);

  // Group 0 is the ID of the archive. Deleting forgets its job, too; Failure(Conflict) before the end
  void GetArchive(const Services& services, const HttpRequest& request, IHttpAnswer& answer);
  void EraseArchive(const Services& services, const HttpRequest& request, IHttpAnswer& answer);
} // namespace OrthancPlugins
