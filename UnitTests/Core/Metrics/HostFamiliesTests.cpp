// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../../Plugin/Core/Metrics/ExpositionText.h"
#include "../../../Plugin/Core/Metrics/HostFamilies.h"
#include "../../../Plugin/Core/Metrics/SystemFamilies.h"

#include <gtest/gtest.h>

#include <string>

namespace OrthancPlugins
{
  namespace
  {
    std::string Show(const std::vector<MetricFamily>& families)
    {
      return "\n" + FormatExposition(families, ExpositionFormat::HostLines, 99);
    }

    void ExpectLine(const std::string& text, const std::string& line)
    {
      EXPECT_NE(std::string::npos, text.find("\n" + line + "\n")) << line << text;
    }

    HostFacts MakeFacts(const std::string& text)
    {
      HostFacts facts;
      facts.metrics = ParseHostMetrics(text);
      facts.statistics = HostStatistics{1, 2, 3, 5'000'000'000, 142779, 414064, 77};
      facts.jobs = {40, 3};
      facts.upSeconds = 12;
      return facts;
    }
  } // namespace

  TEST(HostFamilies, OldNamesHaveTheRightValues)
  {
    const std::string text = Show(MakeLegacyFamilies(
      MakeFacts("orthanc_uncompressed_size_mb 0.136 5\northanc_count_instances 7.05032e+08 5\n"
                "orthanc_jobs_completed 10 5\northanc_jobs_pending 4 5\n")));

    ExpectLine(text, "orthanc_uncompressed_size_mb 0.3948822021484375 99");
    ExpectLine(text, "orthanc_count_instances 5000000000 99");
    ExpectLine(text, "orthanc_jobs_completed 43 99");
    ExpectLine(text, "orthanc_jobs_total_completed 43 99");
    ExpectLine(text, "orthanc_jobs_success 40 99");
    ExpectLine(text, "orthanc_jobs_total_failed 3 99");
    ExpectLine(text, "orthanc_jobs_pending 4 5");
  }

  TEST(HostFamilies, OldNamesOfOtherVersionsAreThereToo)
  {
    const std::string first = Show(MakeLegacyFamilies(MakeFacts("orthanc_dicom_cache_size 2 5\n")));
    ExpectLine(first, "orthanc_up_time_s 12 99");
    ExpectLine(first, "orthanc_last_change 77 99");
    ExpectLine(first, "orthanc_dicom_cache_size_mb 2 5");

    const std::string third = Show(MakeLegacyFamilies(
      MakeFacts("orthanc_dicom_parser_cache_size_mb 3 5\northanc_dicom_parser_cache_count 8 5\n"
                "orthanc_up_time_s 5000 5\n")));
    ExpectLine(third, "orthanc_up_time_s 5000 5");
    ExpectLine(third, "orthanc_dicom_cache_size_mb 3 5");
    ExpectLine(third, "orthanc_dicom_cache_size 3 5");
    ExpectLine(third, "orthanc_dicom_cache_count 8 5");
  }

  TEST(HostFamilies, WithoutDatabaseTheHostIsBelieved)
  {
    HostFacts facts = MakeFacts("orthanc_count_instances 6 5\n");
    facts.statistics.reset();

    ExpectLine(Show(MakeLegacyFamilies(facts)), "orthanc_count_instances 6 5");
    EXPECT_EQ(std::string::npos, Show(MakeHostFamilies(facts)).find("orthanc_resources"));
  }

  TEST(HostFamilies, BaseUnitsAndLabels)
  {
    const std::string text = Show(MakeHostFamilies(
      MakeFacts("orthanc_storage_cache_size_mb 1.5 5\northanc_rest_api_duration_ms 250 5\n"
                "orthanc_storage_read_bytes 9000000000000 5\northanc_logged_errors_count 3 5\n"
                "orthanc_available_http_threads_count 49 5\n")));

    ExpectLine(text, "orthanc_resources{level=\"instance\"} 5000000000 99");
    ExpectLine(text, "orthanc_storage_uncompressed_bytes 414064 99");
    ExpectLine(text, "orthanc_changes_total 77 99");
    ExpectLine(text, "orthanc_cache_bytes{cache=\"storage\"} 1572864 99");
    ExpectLine(text, "orthanc_operation_max_seconds{operation=\"rest\"} 0.25 99");
    ExpectLine(text, "orthanc_storage_area_read_bytes_total 9000000000000 99");
    ExpectLine(text, "orthanc_log_messages_total{level=\"error\"} 3 99");
    ExpectLine(text, "orthanc_threads_available{pool=\"http\"} 49 99");
    EXPECT_EQ(std::string::npos, text.find("cache=\"parser\""));
  }

  TEST(HostFamilies, OtherPluginsPassUnlessTheyCollide)
  {
    const std::vector<MetricFamily> reserved = {
      MakeGauge("orthanc_http_requests_total", "Help.", std::int64_t{1}),
      MakeGauge("orthanc_job_wait_seconds", "Help.", std::int64_t{1})};
    const std::vector<HostMetric> metrics =
      ParseHostMetrics("foreign{x=\"1\"} 1 5\nforeign{x=\"2\"} 2 5\northanc_count_series 1 5\n"
                       "orthanc_http_requests 1 5\northanc_job_wait_seconds_bucket 1 5\n"
                       "orthanc_job_wait_seconds_sum 1 5\northanc_jobs_completed{x=\"1\"} 1 5\n"
                       "orthanc_new_in_a_later_version 4 5\n");

    EXPECT_EQ("\n# HELP foreign Published by Orthanc or by another plugin.\n"
              "# TYPE foreign untyped\n"
              "foreign{x=\"1\"} 1 5\n"
              "foreign{x=\"2\"} 2 5\n"
              "# HELP orthanc_new_in_a_later_version Published by Orthanc or by another plugin.\n"
              "# TYPE orthanc_new_in_a_later_version untyped\n"
              "orthanc_new_in_a_later_version 4 5\n",
              Show(MakeForeignFamilies(metrics, reserved)));
  }

  TEST(SystemFamilies, ProcessIsThisOne)
  {
    const std::string text = Show(ReadProcessFamilies());

    for (const char* name : {"process_cpu_seconds_total", "process_start_time_seconds",
                             "process_resident_memory_bytes", "process_virtual_memory_bytes",
                             "process_open_fds", "process_max_fds", "process_threads"})
    {
      EXPECT_NE(std::string::npos, text.find("\n" + std::string(name) + " ")) << name;
    }
    EXPECT_EQ(std::string::npos, text.find("process_resident_memory_bytes 0 "));
  }

  TEST(SystemFamilies, FileSystemsThatAreThere)
  {
    const std::string text =
      Show(ReadFilesystemFamilies({{"storage", "/"}, {"spool", "/no/such/directory"}}));

    EXPECT_NE(std::string::npos, text.find("orthanc_filesystem_size_bytes{area=\"storage\"}"));
    EXPECT_EQ(std::string::npos, text.find("spool"));
    EXPECT_ANY_THROW(ReadFilesystemFamilies({{"storage", "/no/such/directory"}}));
  }
} // namespace OrthancPlugins
