// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../../Plugin/Core/Jobs/JobMeter.h"
#include "../../../Plugin/Core/Metrics/ExpositionText.h"

#include <gtest/gtest.h>

#include <string>

namespace OrthancPlugins
{
  namespace
  {
    constexpr std::int64_t SECOND = 1'000'000;

    class CountingObserver final : public IJobObserver
    {
    public:
      unsigned count = 0;

      void OnJobEnded(const std::string&, const ArchiveRecord&) override { count++; }
    };

    void ExpectLine(const PluginMetrics& metrics, const std::string& line)
    {
      const std::string text = FormatExposition(metrics.Collect(), ExpositionFormat::PlainText, 0);
      EXPECT_NE(std::string::npos, text.find("\n" + line + "\n")) << line;
    }

    ArchiveRecord MakeRecord()
    {
      ArchiveRecord record;
      record.state = ArchiveState::Ready;
      record.createdMicroseconds = 100 * SECOND;
      record.completedMicroseconds = 112 * SECOND;
      record.runtimeMicroseconds = 4 * SECOND;
      record.sizeBytes = 1000;
      record.instancesCount = 5;
      record.report.missing = {"a"};
      record.report.notTranscoded = {"b"};
      return record;
    }
  } // namespace

  TEST(JobMeter, CountsAndTellsTheNext)
  {
    PluginMetrics metrics;
    CountingObserver next;
    JobMeter meter(metrics, next);

    meter.OnJobEnded("job", MakeRecord());

    EXPECT_EQ(1u, next.count);
    ExpectLine(metrics, "orthanc_jobs_ended_total{outcome=\"success\",type=\"Archive\"} 1");
    ExpectLine(metrics, "orthanc_job_duration_seconds_sum{type=\"Archive\"} 4");
    ExpectLine(metrics, "orthanc_job_wait_seconds_sum{type=\"Archive\"} 8");
    ExpectLine(metrics, "orthanc_archive_bytes_total{kind=\"archive\"} 1000");
    ExpectLine(metrics, "orthanc_archive_instances_total{kind=\"archive\"} 4");
    ExpectLine(metrics, "orthanc_archive_instances_skipped_total{kind=\"archive\"} 2");
    ExpectLine(metrics, "orthanc_archives_incomplete_total{kind=\"archive\"} 1");
  }

  TEST(JobMeter, FailuresAndCancels)
  {
    PluginMetrics metrics;
    CountingObserver next;
    JobMeter meter(metrics, next);
    ArchiveRecord record = MakeRecord();
    record.state = ArchiveState::Failed;

    record.failureKind = FailureKind::StorageFull;
    meter.OnJobEnded("job", record);
    record.failureKind = FailureKind::Canceled;
    meter.OnJobEnded("job", record);

    ExpectLine(metrics, "orthanc_jobs_ended_total{outcome=\"failure\",type=\"Archive\"} 1");
    ExpectLine(metrics, "orthanc_jobs_ended_total{outcome=\"cancelled\",type=\"Archive\"} 1");
    ExpectLine(metrics, "orthanc_archives_total{kind=\"archive\",outcome=\"failure\"} 1");
    ExpectLine(metrics, "orthanc_archive_bytes_total{kind=\"archive\"} 0");
  }

  TEST(JobMeter, StreamsAreJobs)
  {
    PluginMetrics metrics;
    StreamSnapshot stream;
    stream.state = StreamState::Success;
    stream.instancesCount = 3;
    stream.archiveBytes = 70;
    stream.createdMicroseconds = 1 * SECOND;
    stream.startedMicroseconds = 3 * SECOND;
    stream.completedMicroseconds = 10 * SECOND;

    CountStream(stream, metrics);
    stream.state = StreamState::Failure;
    stream.failureKind = FailureKind::Canceled;
    stream.startedMicroseconds = 0; // while it waited
    CountStream(stream, metrics);

    ExpectLine(metrics, "orthanc_jobs_submitted_total{type=\"Archive\"} 2");
    ExpectLine(metrics, "orthanc_job_duration_seconds_sum{type=\"Archive\"} 7");
    ExpectLine(metrics, "orthanc_job_wait_seconds_sum{type=\"Archive\"} 11");
    ExpectLine(metrics, "orthanc_archives_total{kind=\"archive\",outcome=\"cancelled\"} 1");
    ExpectLine(metrics, "orthanc_archive_bytes_total{kind=\"archive\"} 70");
  }
} // namespace OrthancPlugins
