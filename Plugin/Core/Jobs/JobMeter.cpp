// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "JobMeter.h"

#include "ArchiveContent.h"

#include "../Metrics/SystemFamilies.h"

#include <algorithm>
#include <map>
#include <optional>

namespace OrthancPlugins
{
  namespace
  {
    constexpr double MICROSECONDS_PER_SECOND = 1e6;

    double ToSeconds(std::int64_t microseconds)
    {
      return static_cast<double>(std::max<std::int64_t>(microseconds, 0)) / MICROSECONDS_PER_SECOND;
    }

    EndOutcome ToOutcome(bool isSuccessful, FailureKind kind)
    {
      return isSuccessful                    ? EndOutcome::Success
             : kind == FailureKind::Canceled ? EndOutcome::Canceled
                                             : EndOutcome::Failure;
    }

    std::uint64_t CountSkipped(const ArchiveReport& report)
    {
      return report.missing.size() + report.notTranscoded.size();
    }

    std::uint64_t CountContained(std::uint64_t planned, const ArchiveReport& report)
    {
      return planned - std::min<std::uint64_t>(planned, report.missing.size());
    }

    /**
     * How many jobs are in each state, and since when the oldest waits.
     **/
    class JobStatistics
    {
    public:
      void Add(JobState state, std::int64_t createdMicroseconds)
      {
        switch (state)
        {
        case JobState::Pending:
          counts_["pending"]++;
          AddWaiting(createdMicroseconds);
          break;
        case JobState::Running:
          counts_["running"]++;
          break;
        case JobState::Paused:
          counts_["paused"]++;
          break;
        case JobState::Retry:
          counts_["retry"]++;
          break;
        case JobState::Success:
        case JobState::Failure:
          break;
        }
      }

      std::vector<MetricFamily> Format(std::int64_t nowMicroseconds) const
      {
        MetricFamily jobs;
        jobs.name = "orthanc_jobs";
        jobs.help = "Jobs that have not ended, by state.";
        for (const auto& [state, count] : counts_)
        {
          MetricSample sample;
          sample.labels = {{"state", state}};
          sample.value = count;
          jobs.samples.push_back(sample);
        }
        const double age =
          oldestMicroseconds_.has_value() ? ToSeconds(nowMicroseconds - *oldestMicroseconds_) : 0;
        return {jobs,
                MakeGauge("orthanc_jobs_oldest_pending_seconds",
                          "How long the oldest job that is pending has waited, 0 if there is none.",
                          age)};
      }

    private:
      void AddWaiting(std::int64_t createdMicroseconds)
      {
        if (createdMicroseconds != 0)
        {
          oldestMicroseconds_ =
            std::min(oldestMicroseconds_.value_or(createdMicroseconds), createdMicroseconds);
        }
      }

      std::map<std::string, std::int64_t> counts_ = {
        {"pending", 0}, {"running", 0}, {"paused", 0}, {"retry", 0}};
      std::optional<std::int64_t> oldestMicroseconds_;
    };

    JobState ToJobState(const std::string& state)
    {
      const std::map<std::string, JobState> states = {{"Pending", JobState::Pending},
                                                      {"Running", JobState::Running},
                                                      {"Paused", JobState::Paused},
                                                      {"Retry", JobState::Retry}};
      const auto found = states.find(state);
      return found == states.end() ? JobState::Success : found->second;
    }

    void AddOurs(const JobController& controller, const ArchiveSpool& spool, JobStatistics& jobs)
    {
      for (const std::shared_ptr<const ArchiveRecord>& record : spool.List())
      {
        if (record->state == ArchiveState::Pending)
        {
          if (const std::optional<JobFacts> facts = controller.Describe(record->id))
          {
            jobs.Add(facts->state, record->createdMicroseconds);
          }
        }
      }
    }

    void AddStreams(const StreamDirectory& streams, JobStatistics& jobs)
    {
      for (const StreamSnapshot& stream : streams.List())
      {
        if (stream.state == StreamState::Pending || stream.state == StreamState::Running)
        {
          jobs.Add(stream.state == StreamState::Pending ? JobState::Pending : JobState::Running,
                   stream.createdMicroseconds);
        }
      }
    }
  } // namespace

  void JobMeter::OnJobEnded(const std::string& jobId, const ArchiveRecord& record)
  {
    const bool isSuccessful = record.state == ArchiveState::Ready;
    const std::int64_t runtime = static_cast<std::int64_t>(record.runtimeMicroseconds);

    EndedJob job;
    job.type = GetJobType(record.request.kind);
    job.outcome = ToOutcome(isSuccessful, record.failureKind);
    job.runSeconds = ToSeconds(runtime);
    job.waitSeconds =
      ToSeconds(record.completedMicroseconds - record.createdMicroseconds - runtime);
    metrics_.JobEnded(job);

    EndedArchive archive;
    archive.kind = record.request.kind;
    archive.outcome = job.outcome;
    archive.sizeBytes = record.sizeBytes;
    archive.instancesCount = CountContained(record.instancesCount, record.report);
    archive.skippedCount = CountSkipped(record.report);
    archive.durationSeconds = job.runSeconds;
    archive.isReused = record.isReused;
    metrics_.ArchiveEnded(archive);

    next_.OnJobEnded(jobId, record);
  }

  void CountStream(const StreamSnapshot& stream, PluginMetrics& metrics)
  {
    // Never started: canceled while it waited
    const bool hasRun = stream.startedMicroseconds != 0;
    const std::int64_t ended = stream.completedMicroseconds;
    const std::int64_t started = hasRun ? stream.startedMicroseconds : ended;

    EndedJob job;
    job.type = GetJobType(stream.request.kind);
    job.outcome = ToOutcome(stream.state == StreamState::Success, stream.failureKind);
    job.runSeconds = ToSeconds(ended - started);
    job.waitSeconds = ToSeconds(started - stream.createdMicroseconds);
    metrics.JobSubmitted(job.type);
    metrics.JobEnded(job);

    EndedArchive archive;
    archive.kind = stream.request.kind;
    archive.outcome = job.outcome;
    archive.sizeBytes = stream.archiveBytes;
    archive.instancesCount = CountContained(stream.instancesCount, stream.report);
    archive.skippedCount = CountSkipped(stream.report);
    archive.durationSeconds = job.runSeconds;
    metrics.ArchiveEnded(archive);
  }

  std::vector<MetricFamily> ReadJobFamilies(IHostMetrics& host,
                                            const JobController& controller,
                                            const ArchiveSpool& spool,
                                            const StreamDirectory& streams,
                                            std::int64_t nowMicroseconds)
  {
    JobStatistics jobs;
    for (const HostJobFacts& job : host.ListJobs())
    {
      if (!job.isOurs)
      {
        jobs.Add(ToJobState(job.state), job.createdMicroseconds);
      }
    }
    AddOurs(controller, spool, jobs);
    AddStreams(streams, jobs);
    return jobs.Format(nowMicroseconds);
  }

  std::vector<MetricFamily> ReadSpoolFamilies(const ArchiveSpool& spool)
  {
    std::uint64_t outputs = 0;
    std::uint64_t outputBytes = 0;
    for (const std::shared_ptr<const ArchiveRecord>& record : spool.List())
    {
      if (record->state == ArchiveState::Ready)
      {
        outputs++;
        outputBytes += record->sizeBytes;
      }
    }
    const auto toNumber = [](std::uint64_t value) { return static_cast<std::int64_t>(value); };
    MetricFamily evicted =
      MakeGauge("orthanc_job_outputs_evicted_total",
                "Results that were removed since the start to keep within the limits.",
                toNumber(spool.GetEvictionsCount()));
    evicted.type = MetricType::Counter;
    return {evicted,
            MakeGauge("orthanc_job_outputs", "Results of jobs that can be downloaded.",
                      toNumber(outputs)),
            MakeGauge("orthanc_job_outputs_bytes", "Size of these results.", toNumber(outputBytes)),
            MakeGauge("orthanc_spool_bytes", "What all files of the spool take.",
                      toNumber(spool.GetUsedBytes())),
            MakeGauge("orthanc_spool_limit_bytes",
                      "Most that the files of the spool may take, 0 if only the disk is the limit.",
                      toNumber(spool.GetQuotaBytes().value_or(0)))};
  }
} // namespace OrthancPlugins
