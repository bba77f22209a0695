// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "../Spool/ArchiveRecord.h"

#include <cstdint>
#include <string>

namespace OrthancPlugins
{
  // "job.success" or "job.failure"
  std::string GetWebhookEvent(const ArchiveRecord& record);

  // The JSON that a receiver gets, Resources/Formats/Webhook.md: nothing that could hold data of a
  // patient (no resources, names, user data or texts of failures). Thread-safe
  std::string FormatWebhookBody(const std::string& deliveryId,
                                const std::string& jobId,
                                const ArchiveRecord& record);

  // "20261231T235959.000123" in UTC, as the host writes times of jobs. Thread-safe
  std::string FormatWebhookTime(std::int64_t microseconds);
} // namespace OrthancPlugins
