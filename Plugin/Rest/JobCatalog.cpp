// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "JobCatalog.h"

#include "HostJobs.h"

#include "../Core/Jobs/ArchiveContent.h"

#include <algorithm>
#include <memory>
#include <utility>

namespace OrthancPlugins
{
  namespace
  {
    using SharedRecord = std::shared_ptr<const ArchiveRecord>;

    // ---- Streams

    JobEntry MakeEntry(const StreamSnapshot& stream)
    {
      JobEntry entry;
      entry.kind = JobKind::Stream;
      entry.id = stream.id;
      entry.type = GetJobType(stream.request.kind);
      entry.state = GetJobState(stream);
      entry.createdMicroseconds = stream.createdMicroseconds;
      return entry;
    }

    void
    AddStreams(const Services& services, const AccessPolicy& access, std::vector<JobEntry>& jobs)
    {
      for (const StreamSnapshot& stream : services.streams.List())
      {
        if (access.MaySee(stream.owner))
        {
          jobs.push_back(MakeEntry(stream));
        }
      }
    }

    // ---- Archives

    bool IsFinal(const ArchiveRecord& record)
    {
      return record.state != ArchiveState::Pending;
    }

    JobEntry MakeEntry(const ArchiveRecord& record, std::string jobId, JobState state)
    {
      JobEntry entry;
      entry.kind = JobKind::Archive;
      entry.id = std::move(jobId);
      entry.type = GetJobType(record.request.kind);
      entry.state = state;
      entry.createdMicroseconds = record.createdMicroseconds;
      entry.archiveId = record.id;
      return entry;
    }

    JobState GetFinalState(const ArchiveRecord& record)
    {
      return record.state == ArchiveState::Failed ? JobState::Failure : JobState::Success;
    }

    // Absent while the client does not know its ID yet
    std::optional<JobEntry> MakeEntry(const Services& services, const ArchiveRecord& record)
    {
      if (IsFinal(record))
      {
        return MakeEntry(record, GetPublicId(services, record.id), GetFinalState(record));
      }
      const std::optional<JobFacts> facts = services.controller.Describe(record.id);
      if (!facts.has_value() || facts->jobId.empty())
      {
        return std::nullopt;
      }
      return MakeEntry(record, facts->jobId, facts->state);
    }

    // The newest come first, and those that have not ended before
    void KeepShortHistory(std::vector<SharedRecord>& records, std::size_t historySize)
    {
      const auto ended =
        std::partition(records.begin(), records.end(),
                       [](const SharedRecord& record) { return !IsFinal(*record); });
      std::sort(ended, records.end(),
                [](const SharedRecord& left, const SharedRecord& right)
                { return left->completedMicroseconds > right->completedMicroseconds; });
      const auto count = static_cast<std::size_t>(std::distance(ended, records.end()));
      records.erase(ended + static_cast<std::ptrdiff_t>(std::min(count, historySize)),
                    records.end());
    }

    void AddArchives(const Services& services,
                     const AccessPolicy& access,
                     JobHistory history,
                     std::vector<JobEntry>& jobs)
    {
      std::vector<SharedRecord> records = services.spool.List();
      records.erase(std::remove_if(records.begin(), records.end(),
                                   [&](const SharedRecord& record)
                                   { return !access.MaySee(record->owner); }),
                    records.end());
      if (history == JobHistory::Short)
      {
        KeepShortHistory(records, services.settings.host.jobsHistorySize);
      }
      for (const SharedRecord& record : records)
      {
        if (std::optional<JobEntry> entry = MakeEntry(services, *record))
        {
          jobs.push_back(std::move(*entry));
        }
      }
    }

    // By any of its jobs; an archive without a job is known by its own ID
    std::optional<std::string> FindArchive(const Services& services, const std::string& jobId)
    {
      if (std::optional<std::string> archiveId = services.spool.FindByJob(jobId))
      {
        return archiveId;
      }
      const bool isArchive = services.spool.FindState(jobId).has_value();
      return isArchive && GetPublicId(services, jobId) == jobId ? std::make_optional(jobId)
                                                                : std::nullopt;
    }

    // ---- Jobs of the host

    // The host may remember a job whose archive is forgotten: it is not shown any more
    bool IsForeign(const Services& services, const HostJob& job)
    {
      return job.archiveId.empty() && !services.spool.FindByJob(job.id).has_value();
    }

    void
    AddForeign(const Services& services, std::vector<HostJob> hostJobs, std::vector<JobEntry>& jobs)
    {
      for (HostJob& job : hostJobs)
      {
        if (IsForeign(services, job))
        {
          JobEntry entry;
          entry.id = std::move(job.id);
          entry.type = std::move(job.type);
          entry.state = job.state;
          entry.createdMicroseconds = job.createdMicroseconds;
          entry.hostJson = std::move(job.json);
          jobs.push_back(std::move(entry));
        }
      }
    }
  } // namespace

  AccessPolicy MakeAccess(const Services& services, const HttpRequest& request)
  {
    return AccessPolicy(services.settings.jobs, request.user);
  }

  std::string GetPublicId(const Services& services, const std::string& archiveId)
  {
    const std::string jobId = services.spool.GetPublicJob(archiveId);
    return jobId.empty() ? archiveId : jobId;
  }

  std::optional<JobEntry>
  FindJob(const Services& services, const AccessPolicy& access, const std::string& jobId)
  {
    if (const std::optional<StreamSnapshot> stream = services.streams.Find(jobId))
    {
      return access.MaySee(stream->owner) ? std::make_optional(MakeEntry(*stream)) : std::nullopt;
    }
    if (const std::optional<std::string> archiveId = FindArchive(services, jobId))
    {
      const std::optional<ArchiveRecord> record = services.spool.Find(*archiveId);
      return record.has_value() && access.MaySee(record->owner) ? MakeEntry(services, *record)
                                                                : std::nullopt;
    }
    if (!IsPlainName(jobId) || !access.MaySeeForeign())
    {
      return std::nullopt;
    }
    JobEntry entry;
    entry.id = jobId;
    return entry;
  }

  std::optional<HostJob> FindHostJob(const Services& services, const std::string& jobId)
  {
    const HostAnswer host = CallJob(services, HttpMethod::Get, jobId);
    const std::optional<HostJob> job = IsSuccess(host) ? ParseHostJob(host.body) : std::nullopt;
    return job.has_value() && job->archiveId.empty() ? job : std::nullopt;
  }

  std::vector<JobEntry> ListJobs(const Services& services,
                                 const AccessPolicy& access,
                                 std::vector<HostJob> hostJobs,
                                 JobHistory history)
  {
    std::vector<JobEntry> jobs;
    AddArchives(services, access, history, jobs);
    AddStreams(services, access, jobs);
    if (access.MaySeeForeign())
    {
      AddForeign(services, std::move(hostJobs), jobs);
    }
    return jobs;
  }

  void SortAndCut(std::vector<JobEntry>& jobs, const ListPage& page)
  {
    std::sort(jobs.begin(), jobs.end(),
              [&](const JobEntry& left, const JobEntry& right)
              {
                const JobEntry& first = page.isDescending ? right : left;
                const JobEntry& second = page.isDescending ? left : right;
                return first.createdMicroseconds != second.createdMicroseconds
                         ? first.createdMicroseconds < second.createdMicroseconds
                         : first.id < second.id;
              });
    const std::size_t begin =
      static_cast<std::size_t>(std::min<std::uint64_t>(page.offset, jobs.size()));
    jobs.erase(jobs.begin(), jobs.begin() + static_cast<std::ptrdiff_t>(begin));
    if (page.limit.has_value() && *page.limit < jobs.size())
    {
      jobs.erase(jobs.begin() + static_cast<std::ptrdiff_t>(*page.limit), jobs.end());
    }
  }

  std::optional<std::string> FormatOwnJob(const Services& services, const JobEntry& job)
  {
    const std::int64_t now = services.clock.GetNowMicroseconds();
    if (job.kind == JobKind::Stream)
    {
      const std::optional<StreamSnapshot> stream = services.streams.Find(job.id);
      return stream.has_value() ? std::make_optional(FormatStream(*stream, now)) : std::nullopt;
    }
    const std::optional<JobFacts> facts = services.controller.Describe(job.archiveId);
    if (!facts.has_value())
    {
      return std::nullopt;
    }
    return FormatJob(*facts, services.spool.GetExpiryMicroseconds(*facts->record), now);
  }

  std::optional<JobStatus> FindStatus(const Services& services, const JobEntry& job)
  {
    if (job.kind == JobKind::Stream)
    {
      const std::optional<StreamSnapshot> stream = services.streams.Find(job.id);
      return stream.has_value()
               ? std::make_optional(MakeStatus(*stream, services.clock.GetNowMicroseconds()))
               : std::nullopt;
    }
    const std::optional<JobFacts> facts = services.controller.Describe(job.archiveId);
    if (!facts.has_value())
    {
      return std::nullopt;
    }
    JobStatus status = facts->status;
    status.jobId = facts->jobId;
    status.state = facts->state;
    return status;
  }
} // namespace OrthancPlugins
