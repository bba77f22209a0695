// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "Services.h"

#include "../Core/Failure.h"
#include "../Core/HostVersion.h"
#include "../Http/IHttpAnswer.h"

#include <string>

// The host's own routes of jobs, asked for what is not ours, with the differences of its versions
namespace OrthancPlugins
{
  // Nothing in an ID or a key of ours or of the host could be taken for a query or another path.
  // What else a client sends never reaches the host's parser of URIs
  bool IsPlainName(const std::string& name);

  HostAnswer CallJob(const Services& services, HttpMethod method, const std::string& jobId);

  // cancel, pause, resume, resubmit. Who waits for the job hears of it
  HostAnswer
  CallJobVerb(const Services& services, const std::string& jobId, const std::string& verb);

  bool IsSuccess(const HostAnswer& host);

  // Hosts up to 1.12.7 turn an empty 404 into an error code
  bool IsNotFound(const HostAnswer& host);

  // Hosts up to 1.12.7 turn the empty 400 of a POST into an error code
  bool IsRefusal(const HostAnswer& host);

  // Throws Failure for an error code of the host
  void CheckAnswer(const HostAnswer& host);

  // The answer of the host as it is. Throws as CheckAnswer()
  void Forward(const HostAnswer& host, const char* defaultMime, IHttpAnswer& answer);

  bool HasJobDeletion(const HostVersion& version);
  bool HasOutputDeletion(const HostVersion& version);

  bool IsVerb(const std::string& key);
} // namespace OrthancPlugins
