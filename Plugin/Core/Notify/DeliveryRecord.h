// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace OrthancPlugins
{
  enum class DeliveryState
  {
    Pending,   // an attempt is due
    Delivered, // a receiver has answered 2xx
    Failed     // given up
  };

  // Why an attempt has failed: a class without names or addresses, so it may be shown to everybody
  enum class DeliveryError
  {
    None,
    UrlNotAllowed,      // the configuration does not allow the URL (any more)
    AddressNotAllowed,  // the host has no address that may be connected to
    RedirectNotAllowed, // to another URL, down to plain HTTP, or too many
    HostNotFound,
    ConnectionFailed,
    TlsFailed,
    TimedOut,
    TransferFailed, // whatever else breaks
    BadStatus       // an answer that is neither 2xx nor a redirection
  };

  struct DeliveryAttempt
  {
    std::int64_t startedMicroseconds = 0; // since 1970-01-01 UTC
    std::uint64_t durationMicroseconds = 0;
    unsigned httpStatus = 0; // 0: there was no answer
    DeliveryError error = DeliveryError::None;
  };

  // The durable facts of one notification of one receiver, as plain values
  struct DeliveryRecord
  {
    std::string id; // a UUID that follows from job, end and URL
    std::string archiveId;
    std::string jobId; // the public one
    std::string event; // "job.success", "job.failure"
    std::string url;   // in normal form; may hold a token
    std::string body;  // of every attempt; empty once ended
    DeliveryState state = DeliveryState::Pending;
    std::int64_t createdMicroseconds = 0;
    std::int64_t completedMicroseconds = 0;   // 0 while Pending
    std::int64_t nextAttemptMicroseconds = 0; // 0 unless Pending
    std::vector<DeliveryAttempt> attempts;
  };

  // As it stands in files and answers
  const char* GetDeliveryStateName(DeliveryState state);
  const char* GetDeliveryErrorName(DeliveryError error);
} // namespace OrthancPlugins
