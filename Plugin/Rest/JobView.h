// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "../Core/Jobs/StreamDirectory.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

// The JSON of "/jobs", in the look of the host: three spaces, sorted members. Texts of the host are
// parsed and written by the same library as there, so that what is not ours stays as it was
namespace OrthancPlugins
{
  // Answer to an asynchronous request
  std::string FormatSubmission(const std::string& jobId);

  // One stream, with the members of a job of the host's engine
  std::string FormatStream(const StreamSnapshot& stream, std::int64_t nowMicroseconds);

  // One of our jobs as the host shows it, completed by what the host does not know about jobs of
  // plugins: the reason of a failure, and the user data
  std::string AmendJob(const std::string& hostJson);

  // Whether this job of the host has failed or was canceled
  bool IsFailedJob(const std::string& hostJson);

  // The list of the host with our streams, sorted by ID: identifiers only, or objects
  std::string MergeJobIds(const std::string& hostJson, const std::vector<StreamSnapshot>& streams);
  std::string MergeJobs(const std::string& hostJson,
                        const std::vector<StreamSnapshot>& streams,
                        std::int64_t nowMicroseconds,
                        const std::function<bool(const std::string& jobId)>& isOurs);
} // namespace OrthancPlugins
