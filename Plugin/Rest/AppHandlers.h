// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "Services.h"

#include "../Http/HttpRequest.h"
#include "../Http/IHttpAnswer.h"

namespace OrthancPlugins
{
  // GET /advanced-rest/app: the page, also with a slash at its end, which hosts do not tell us. Links in
  // it begin with "app/", so that they work in both cases; see GetAppFile()
  void GetAppPage(const Services& services, const HttpRequest& request, IHttpAnswer& answer);

  // GET /advanced-rest/app/{name}: one of its files; "app/" in front of the name is left out
  void GetAppFile(const Services& services, const HttpRequest& request, IHttpAnswer& answer);

  /**
   * GET /advanced-rest/features: what a page, or any client, must know about this server before it
   * offers something:
   *
   * Version, HostVersion: strings. Archive, Media, Jobs, Metrics, Documents: whether these routes are
   * ours. CanStream: answers, hence events too, are sent while they are made. HasPreviews: pages of PDFs
   * can be drawn. HasMetrics: the host's metrics are switched on. IsReadOnly: the host refuses every
   * change. HasUsers: the host checks passwords. User: who asks; null if unknown. OwnJobsOnly, and
   * SeesAllJobs: whether it does not concern who asks.
   * Limits: MaxWaiters, MaxWaitSeconds, MaxStreams (0: none), MaxFileBytes (of one answer; null: none).
   * Spool: UsedBytes, QuotaBytes (null: none but the disk), FreeBytes (of the disk; null: unknown),
   * DiskBytes, MaxArchives (null), MaxAgeHours (null), HistoryHours.
   * Webhooks: IsUsed (somebody may be told of a job).
   **/
  void GetFeatures(const Services& services, const HttpRequest& request, IHttpAnswer& answer);
} // namespace OrthancPlugins
