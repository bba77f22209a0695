// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../Plugin/Core/Failure.h"
#include "../../Plugin/Host/OrthancMetrics.h"
#include "../Fakes/FakeOrthanc.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace OrthancPlugins
{
  namespace
  {
    // Answers of the host by their path
    void SetRoutes(FakeOrthanc& host, const std::map<std::string, std::string>& routes)
    {
      host.onRest = [routes](const std::string& call, const std::string&)
      {
        FakeOrthanc::RestAnswer answer;
        const auto found = routes.find(call);
        answer.code = found == routes.end() ? OrthancPluginErrorCode_InexistentItem
                                            : OrthancPluginErrorCode_Success;
        answer.status = 200;
        answer.body = found == routes.end() ? "" : found->second;
        return answer;
      };
    }

    constexpr const char* JOB =
      R"({"ID": "1", "Type": "MergeStudy", "State": "Failure", "ErrorCode": 37, "Content": {},
          "CreationTime": "20261126T023830.000000", "CompletionTime": "20261126T023840.500000",
          "EffectiveRuntime": 2.5})";
  } // namespace

  TEST(OrthancMetrics, Statistics)
  {
    FakeOrthanc host("1.12.7");
    SetRoutes(host,
              {{"GET /statistics", R"({"CountPatients": 1, "CountStudies": 2, "CountSeries": 3,
                       "CountInstances": 4, "TotalDiskSize": "9007199254740993",
                       "TotalUncompressedSize": "18000000000"})"},
               {"GET /changes?last", R"({"Last": 77, "Done": true})"}});
    OrthancRestApi api(host.GetContext(), host.GetVersion());

    const HostStatistics statistics = OrthancMetrics(api).ReadStatistics();

    EXPECT_EQ(1u, statistics.patients);
    EXPECT_EQ(2u, statistics.studies);
    EXPECT_EQ(3u, statistics.series);
    EXPECT_EQ(4u, statistics.instances);
    EXPECT_EQ(9007199254740993u, statistics.diskBytes);
    EXPECT_EQ(18000000000u, statistics.uncompressedBytes);
    EXPECT_EQ(77, statistics.lastChange);
  }

  TEST(OrthancMetrics, WhatIsMissingIsAFailure)
  {
    FakeOrthanc host("1.12.7");
    SetRoutes(host, {{"GET /statistics", "{}"}});
    OrthancRestApi api(host.GetContext(), host.GetVersion());
    OrthancMetrics metrics(api);

    EXPECT_THROW(metrics.ReadStatistics(), Failure);
    EXPECT_THROW(metrics.ReadIdentity(), Failure);
    EXPECT_THROW(metrics.ReadText(), Failure);
    EXPECT_THROW(metrics.ListJobs(), Failure);
  }

  TEST(OrthancMetrics, IdentityShowsNoPath)
  {
    FakeOrthanc host("1.12.7");
    SetRoutes(host, {{"GET /system", R"({"Version": "1.12.7", "ApiVersion": 27,
                       "DatabaseBackendPlugin": "/opt/secret/libPostgreSQL.so", "StorageAreaPlugin": null})"},
                     {"GET /modalities", R"(["a", "b"])"},
                     {"GET /peers", "[]"}});
    OrthancRestApi api(host.GetContext(), host.GetVersion());

    const HostIdentity identity = OrthancMetrics(api).ReadIdentity();

    EXPECT_EQ("1.12.7", identity.version);
    EXPECT_EQ("27", identity.apiVersion);
    EXPECT_EQ("libPostgreSQL.so", identity.database);
    EXPECT_EQ("filesystem", identity.storage);
    EXPECT_EQ(2u, identity.modalities);
    EXPECT_EQ(0u, identity.peers);
  }

  TEST(OrthancMetrics, Jobs)
  {
    FakeOrthanc host("1.12.7");
    SetRoutes(host, {{"GET /jobs/1", JOB},
                     {"GET /jobs?expand", std::string("[") + JOB +
                                            R"(, {"ID": "2", "Type": "Archive", "State": "Running",
                                                 "Content": {"ArchiveId": "x"}}])"}});
    OrthancRestApi api(host.GetContext(), host.GetVersion());
    OrthancMetrics metrics(api);

    const HostJobFacts job = metrics.FindJob("1").value();
    EXPECT_EQ("MergeStudy", job.type);
    EXPECT_TRUE(job.isCanceled);
    EXPECT_FALSE(job.isOurs);
    EXPECT_EQ(2.5, job.runSeconds);
    EXPECT_EQ(8, job.waitSeconds);
    EXPECT_EQ(1795660710000000, job.createdMicroseconds);

    const std::vector<HostJobFacts> jobs = metrics.ListJobs();
    ASSERT_EQ(2u, jobs.size());
    EXPECT_TRUE(jobs[1].isOurs);
    EXPECT_EQ("Running", jobs[1].state);
    EXPECT_FALSE(metrics.FindJob("3").has_value());
  }

  TEST(OrthancMetrics, Switch)
  {
    FakeOrthanc host("1.12.7");
    SetRoutes(host, {{"GET /tools/metrics", "0"}, {"GET /tools/metrics-prometheus", "a 1 2\n"}});
    OrthancRestApi api(host.GetContext(), host.GetVersion());
    OrthancMetrics metrics(api);

    EXPECT_FALSE(metrics.IsEnabled());
    EXPECT_EQ("a 1 2\n", metrics.ReadText());
  }
} // namespace OrthancPlugins
