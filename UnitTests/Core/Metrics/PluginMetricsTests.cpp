// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../../Plugin/Core/Metrics/ExpositionText.h"
#include "../../../Plugin/Core/Metrics/PluginMetrics.h"

#include <gtest/gtest.h>

#include <boost/thread/thread.hpp>

#include <algorithm>
#include <cstddef>
#include <string>

namespace OrthancPlugins
{
  namespace
  {
    std::string Show(const PluginMetrics& metrics)
    {
      return FormatExposition(metrics.Collect(), ExpositionFormat::PlainText, 0);
    }

    void ExpectLine(const PluginMetrics& metrics, const std::string& line)
    {
      EXPECT_NE(std::string::npos, Show(metrics).find("\n" + line + "\n")) << line;
    }

    std::size_t CountSeries(const PluginMetrics& metrics)
    {
      std::size_t count = 0;
      const std::string text = "\n" + Show(metrics);
      for (std::size_t i = 0; i + 1 < text.size(); i++)
      {
        count += text[i] == '\n' && text[i + 1] != '#' ? 1 : 0;
      }
      return count;
    }
  } // namespace

  TEST(PluginMetrics, RequestsByRouteMethodAndStatus)
  {
    PluginMetrics metrics;

    metrics.RequestBegun();
    ExpectLine(metrics, "orthanc_http_requests_in_flight 1");
    metrics.RequestEnded({"/jobs/{id}", "GET", 200, 0.02, 100});
    metrics.RequestBegun();
    metrics.RequestEnded({"/jobs/{id}", "GET", 404, 0.3, 50});

    ExpectLine(metrics, "orthanc_http_requests_in_flight 0");
    ExpectLine(metrics,
               "orthanc_http_requests_total{code=\"2xx\",method=\"GET\",route=\"/jobs/{id}\"} 1");
    ExpectLine(metrics,
               "orthanc_http_requests_total{code=\"4xx\",method=\"GET\",route=\"/jobs/{id}\"} 1");
    ExpectLine(metrics, "orthanc_http_response_bytes_total{route=\"/jobs/{id}\"} 150");
    ExpectLine(metrics,
               "orthanc_http_request_duration_seconds_bucket{route=\"/jobs/{id}\",le=\"0.025\"} 1");
    ExpectLine(metrics,
               "orthanc_http_request_duration_seconds_bucket{route=\"/jobs/{id}\",le=\"+Inf\"} 2");
    ExpectLine(metrics, "orthanc_http_request_duration_seconds_count{route=\"/jobs/{id}\"} 2");
  }

  TEST(PluginMetrics, JobsByTypeAndOutcome)
  {
    PluginMetrics metrics;
    metrics.JobSubmitted("DicomModalityStore");

    metrics.JobEnded({"DicomModalityStore", EndOutcome::Success, 2, 0.3});
    metrics.JobEnded({"DicomModalityStore", EndOutcome::Failure, 0, 1});
    metrics.JobEnded({"Archive", EndOutcome::Canceled, 0, 0});

    ExpectLine(metrics, "orthanc_jobs_submitted_total{type=\"DicomModalityStore\"} 1");
    ExpectLine(metrics,
               "orthanc_jobs_ended_total{outcome=\"success\",type=\"DicomModalityStore\"} 1");
    ExpectLine(metrics,
               "orthanc_jobs_ended_total{outcome=\"failure\",type=\"DicomModalityStore\"} 1");
    ExpectLine(metrics, "orthanc_jobs_ended_total{outcome=\"cancelled\",type=\"Archive\"} 1");
    ExpectLine(metrics, "orthanc_job_wait_seconds_sum{type=\"DicomModalityStore\"} 2");
    ExpectLine(metrics,
               "orthanc_job_duration_seconds_bucket{type=\"DicomModalityStore\",le=\"0.5\"} 1");
    EXPECT_EQ(1u, metrics.GetJobTotals().succeeded);
    EXPECT_EQ(2u, metrics.GetJobTotals().failed);
  }

  TEST(PluginMetrics, ArchivesCountWhatTheyHold)
  {
    PluginMetrics metrics;

    metrics.ArchiveEnded({ArchiveKind::Archive, EndOutcome::Success, 1000, 9, 1, 3, false});
    metrics.ArchiveEnded({ArchiveKind::Archive, EndOutcome::Success, 1000, 9, 0, 3, true});
    metrics.ArchiveEnded({ArchiveKind::Media, EndOutcome::Failure, 500, 3, 2, 3, false});

    ExpectLine(metrics, "orthanc_archives_total{kind=\"archive\",outcome=\"success\"} 2");
    ExpectLine(metrics, "orthanc_archives_total{kind=\"media\",outcome=\"failure\"} 1");
    ExpectLine(metrics, "orthanc_archive_bytes_total{kind=\"archive\"} 1000");
    ExpectLine(metrics, "orthanc_archive_instances_total{kind=\"archive\"} 9");
    ExpectLine(metrics, "orthanc_archive_instances_skipped_total{kind=\"archive\"} 1");
    ExpectLine(metrics, "orthanc_archives_incomplete_total{kind=\"archive\"} 1");
    ExpectLine(metrics, "orthanc_archives_reused_total{kind=\"archive\"} 1");
    ExpectLine(metrics, "orthanc_archive_bytes_total{kind=\"media\"} 0");
    ExpectLine(metrics, "orthanc_archive_duration_seconds_count{kind=\"archive\"} 1");
  }

  TEST(PluginMetrics, DocumentsInstancesAndResources)
  {
    PluginMetrics metrics;

    metrics.DocumentEmbedded(DocumentLabel::Stl, EndOutcome::Success, 70);
    metrics.DocumentEmbedded(DocumentLabel::Pdf, EndOutcome::Failure, 70);
    metrics.CreateDicomRejected("bad_tag");
    metrics.InstanceReceived(InstanceSource::Rest, 1234, 1'500'000'250'000);
    metrics.ModalityReceived("CT");
    metrics.ModalityReceived("Doe^Jane");
    metrics.ResourceCreated(DicomLevel::Study);
    metrics.ResourceDeleted(DicomLevel::Instance);
    metrics.ResourceStable(DicomLevel::Series);
    metrics.DeliveryAttempted(false, true);
    metrics.DeliveryAttempted(true, false);

    ExpectLine(metrics, "orthanc_documents_embedded_total{outcome=\"success\",type=\"stl\"} 1");
    ExpectLine(metrics, "orthanc_documents_embedded_total{outcome=\"failure\",type=\"pdf\"} 1");
    ExpectLine(metrics, "orthanc_document_bytes_total{type=\"stl\"} 70");
    ExpectLine(metrics, "orthanc_document_bytes_total{type=\"pdf\"} 0");
    ExpectLine(metrics, "orthanc_create_dicom_rejected_total{reason=\"bad_tag\"} 1");
    ExpectLine(metrics, "orthanc_instances_received_total{origin=\"rest\"} 1");
    ExpectLine(metrics, "orthanc_received_bytes_total{origin=\"rest\"} 1234");
    ExpectLine(metrics, "orthanc_last_instance_received_timestamp_seconds 1500000.25");
    ExpectLine(metrics, "orthanc_instances_received_by_modality_total{modality=\"CT\"} 1");
    ExpectLine(metrics, "orthanc_instances_received_by_modality_total{modality=\"other\"} 1");
    ExpectLine(metrics, "orthanc_resources_created_total{level=\"study\"} 1");
    ExpectLine(metrics, "orthanc_resources_deleted_total{level=\"instance\"} 1");
    ExpectLine(metrics, "orthanc_stable_resources_total{level=\"series\"} 1");
    ExpectLine(metrics, "orthanc_webhook_attempts_total{outcome=\"failed\"} 1");
    ExpectLine(metrics, "orthanc_webhook_deliveries_failed_total 1");
  }

  TEST(PluginMetrics, WhatComesFromElsewhereIsBounded)
  {
    PluginMetrics metrics;
    for (int i = 0; i < 3000; i++)
    {
      const std::string name = "name" + std::to_string(i);
      metrics.JobEnded({name, EndOutcome::Success, 0, 0});
      metrics.JobSubmitted(name + "\n\"{}\\");
      metrics.CreateDicomRejected(name);
      metrics.ModalityReceived(name);
      for (const char* method : {"GET", "POST", "PUT", "DELETE"})
      {
        metrics.RequestBegun();
        metrics.RequestEnded({"/" + name, method, 200 + 100 * static_cast<unsigned>(i % 4), 0, 0});
      }
    }

    // Beside them: the exporter's own, those of the host, and of other plugins
    EXPECT_LT(CountSeries(metrics), 1450u);
    EXPECT_EQ(std::string::npos, Show(metrics).find("name2999"));
  }

  TEST(PluginMetrics, NamesWithoutSeriesAreTakenToo)
  {
    const std::vector<MetricFamily> families = PluginMetrics().Collect();

    const auto found = std::find_if(families.begin(), families.end(),
                                    [](const MetricFamily& family)
                                    { return family.name == "orthanc_http_requests_total"; });
    ASSERT_NE(families.end(), found);
    EXPECT_TRUE(found->samples.empty());
  }

  TEST(PluginMetrics, CountsFromManyThreads)
  {
    PluginMetrics metrics;
    boost::thread_group threads;
    for (int i = 0; i < 8; i++)
    {
      threads.create_thread(
        [&]
        {
          for (int n = 0; n < 200; n++)
          {
            metrics.RequestBegun();
            metrics.RequestEnded({"/a", "GET", 200, 0.1, 1});
            metrics.JobEnded({"T", EndOutcome::Success, 1, 1});
            metrics.Collect();
          }
        });
    }
    threads.join_all();

    ExpectLine(metrics,
               "orthanc_http_requests_total{code=\"2xx\",method=\"GET\",route=\"/a\"} 1600");
    ExpectLine(metrics, "orthanc_job_duration_seconds_count{type=\"T\"} 1600");
    EXPECT_EQ(1600u, metrics.GetJobTotals().succeeded);
  }
} // namespace OrthancPlugins
