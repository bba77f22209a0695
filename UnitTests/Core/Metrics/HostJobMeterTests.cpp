// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../../Plugin/Core/Metrics/ExpositionText.h"
#include "../../../Plugin/Core/Metrics/HostJobMeter.h"

#include "../../Fakes/FakeHostMetrics.h"

#include <gtest/gtest.h>

#include <boost/thread/thread.hpp>

#include <string>

namespace OrthancPlugins
{
  namespace
  {
    std::string Show(const PluginMetrics& metrics)
    {
      return FormatExposition(metrics.Collect(), ExpositionFormat::PlainText, 0);
    }

    // The meter works on a thread of its own, in the order of the events
    void WaitFor(const PluginMetrics& metrics, const std::string& line)
    {
      while (Show(metrics).find("\n" + line + "\n") == std::string::npos)
      {
        boost::this_thread::sleep_for(boost::chrono::milliseconds(1));
      }
    }

    HostJobFacts MakeJob(const char* type, bool isOurs, bool isCanceled)
    {
      HostJobFacts job;
      job.type = type;
      job.isOurs = isOurs;
      job.isCanceled = isCanceled;
      job.waitSeconds = 2;
      job.runSeconds = 7;
      return job;
    }
  } // namespace

  TEST(HostJobMeter, CountsTheJobsOfOthers)
  {
    FakeHostMetrics host;
    host.jobs["1"] = MakeJob("DicomModalityStore", false, false);
    host.jobs["2"] = MakeJob("Archive", true, false);
    host.jobs["3"] = MakeJob("MergeStudy", false, true);
    PluginMetrics metrics;
    HostJobMeter meter(host, metrics);
    meter.Start();

    meter.NoteSubmitted("1");
    meter.NoteEnded("1", true);
    meter.NoteSubmitted("2");
    meter.NoteEnded("2", true);
    meter.NoteEnded("3", false);
    meter.NoteEnded("unknown", false);

    WaitFor(metrics, "orthanc_jobs_ended_total{outcome=\"failure\",type=\"other\"} 1");
    WaitFor(metrics, "orthanc_jobs_submitted_total{type=\"DicomModalityStore\"} 1");
    WaitFor(metrics, "orthanc_jobs_ended_total{outcome=\"success\",type=\"DicomModalityStore\"} 1");
    WaitFor(metrics, "orthanc_job_duration_seconds_sum{type=\"DicomModalityStore\"} 7");
    WaitFor(metrics, "orthanc_job_wait_seconds_sum{type=\"DicomModalityStore\"} 2");
    WaitFor(metrics, "orthanc_jobs_ended_total{outcome=\"cancelled\",type=\"MergeStudy\"} 1");
    EXPECT_EQ(1u, metrics.GetJobTotals().succeeded) << "ours is counted by who makes it";
  }

  TEST(HostJobMeter, BeyondItsQueueTheTypeIsLost)
  {
    FakeHostMetrics host;
    PluginMetrics metrics;
    HostJobMeter meter(host, metrics); // not started: nothing leaves the queue

    for (int i = 0; i < 5010; i++)
    {
      meter.NoteEnded("job", true);
    }

    EXPECT_EQ(10u, metrics.GetJobTotals().succeeded);
  }
} // namespace OrthancPlugins
