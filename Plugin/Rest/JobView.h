// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "../Core/Archive/ArchiveBuilder.h"
#include "../Core/Jobs/JobController.h"
#include "../Core/Jobs/StreamDirectory.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

// The JSON of jobs and archives, in the look of the host: three spaces, sorted members. Texts of the
// host are parsed and written by the same library as there, so that what is not ours stays as it was
namespace OrthancPlugins
{
  // Answer to an asynchronous request
  std::string FormatSubmission(const std::string& jobId);

  // Answer to the question how large an archive would be
  std::string FormatEstimate(const ArchiveEstimate& estimate);

  // One stream, with the members of a job of the host's engine
  std::string FormatStream(const StreamSnapshot& stream, std::int64_t nowMicroseconds);

  // One of our asynchronous jobs: the members of the host's, and in "Content" what it does not know.
  // "expires": when its result goes, if it does
  std::string FormatJob(const JobFacts& facts,
                        std::optional<std::int64_t> expiresMicroseconds,
                        std::int64_t nowMicroseconds);

  // One archive of the spool
  std::string FormatArchive(const ArchiveRecord& record,
                            const std::string& jobId,
                            std::optional<std::int64_t> expiresMicroseconds);

  // {"Count": ...}
  std::string FormatCount(std::uint64_t count);

  // {"Done": [...], "Failed": {ID: reason}}
  std::string FormatOutcome(const std::vector<std::string>& done,
                            const std::map<std::string, std::string>& failed);

  // A text as JSON
  std::string FormatText(const std::string& text);

  // ---- Events: one line each

  std::string FormatStatus(const JobStatus& status);
  std::string FormatStatus(const std::string& jobId, JobState state, int progress);
  std::string FormatIdentifier(const std::string& jobId);

  // From 0 to 100
  int GetPercent(const JobStatus& status);

  // What is known of a stream, as of the other jobs
  JobState GetJobState(const StreamSnapshot& stream);
  JobStatus MakeStatus(const StreamSnapshot& stream, std::int64_t nowMicroseconds);

  // ---- What the host says

  struct HostJob
  {
    std::string id;
    std::string type;
    JobState state = JobState::Pending;
    int progress = 0;
    std::int64_t createdMicroseconds = 0;
    std::string archiveId; // if it works, or has worked, on an archive of ours
    std::string json;      // all of it
  };

  // The expanded list of the host. Throws Failure(Internal) if it is none
  std::vector<HostJob> ParseHostJobs(const std::string& hostJson);

  // Absent if that is no job
  std::optional<HostJob> ParseHostJob(const std::string& hostJson);
} // namespace OrthancPlugins
