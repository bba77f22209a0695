// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "AccessPolicy.h"
#include "JobQuery.h"
#include "JobView.h"
#include "Services.h"

#include "../Http/HttpRequest.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

// All jobs there are for one user: the asynchronous ones of the spool, the streams, those of the host
namespace OrthancPlugins
{
  enum class JobKind
  {
    Archive, // ours, behind its public ID
    Stream,  // a synchronous archive
    Foreign  // of the host, or of another plugin
  };

  // What it takes to sort and filter a job, and to find the rest
  struct JobEntry
  {
    JobKind kind = JobKind::Foreign;
    std::string id;
    std::string type;
    JobState state = JobState::Pending;
    std::int64_t createdMicroseconds = 0;
    std::string archiveId; // of an Archive
    std::string hostJson;  // of a Foreign in a list
  };

  enum class JobHistory
  {
    Short, // of those that have ended, as many as the host keeps
    Whole  // as long as the spool remembers
  };

  AccessPolicy MakeAccess(const Services& services, const HttpRequest& request);

  // The ID that the client got for this archive
  std::string GetPublicId(const Services& services, const std::string& archiveId);

  // Absent if there is no such job for this user. Whether a Foreign exists is for the host to say, which
  // is not asked here: only "kind" and "id" are known of it
  std::optional<JobEntry>
  FindJob(const Services& services, const AccessPolicy& access, const std::string& jobId);

  // A job of the host; absent if there is none, or if it has worked for an archive that is forgotten
  std::optional<HostJob> FindHostJob(const Services& services, const std::string& jobId);

  // In no particular order. "hostJobs": the list of the host
  std::vector<JobEntry> ListJobs(const Services& services,
                                 const AccessPolicy& access,
                                 std::vector<HostJob> hostJobs,
                                 JobHistory history);

  // By creation, then by ID; what lies outside of the page is dropped
  void SortAndCut(std::vector<JobEntry>& jobs, const ListPage& page);

  // The whole job as "/jobs/{id}" shows it. Absent if it has gone meanwhile. Not for Foreign ones
  std::optional<std::string> FormatOwnJob(const Services& services, const JobEntry& job);

  // How it stands. Absent as above. Not for Foreign ones
  std::optional<JobStatus> FindStatus(const Services& services, const JobEntry& job);
} // namespace OrthancPlugins
