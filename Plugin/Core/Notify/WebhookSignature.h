// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include <cstdint>
#include <string>

namespace OrthancPlugins
{
  // 64 hexadecimal digits: HMAC-SHA256 (RFC 2104) over "<timestamp>.<body>". Thread-safe. Throws
  // Failure(Internal)
  std::string
  SignWebhook(const std::string& secret, std::int64_t timestampSeconds, const std::string& body);

  // The same job, end and URL give the same UUID (version 8, RFC 9562 5.8): what is announced twice is
  // delivered once. Thread-safe. Throws Failure(Internal)
  std::string MakeDeliveryId(const std::string& jobId,
                             std::int64_t completedMicroseconds,
                             const std::string& url);
} // namespace OrthancPlugins
