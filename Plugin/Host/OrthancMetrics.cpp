// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "OrthancMetrics.h"

#include "../Core/Failure.h"

#include <json/value.h>

#include <algorithm>
#include <charconv>
#include <ctime>
#include <string_view>

namespace OrthancPlugins
{
  namespace
  {
    constexpr std::int64_t MICROSECONDS_PER_SECOND = 1'000'000;
    constexpr int CANCELED_JOB = 37; // error code of the host

    template <typename T>
    T ParseNumber(std::string_view text)
    {
      T number = 0;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
      return error == std::errc() && end == text.data() + text.size() ? number : 0;
    }

    // Counts are numbers, and sizes texts
    std::uint64_t GetUnsigned(const Json::Value& value, const char* name)
    {
      const Json::Value& member = value.get(name, Json::Value());
      if (member.isUInt64())
      {
        return member.asUInt64();
      }
      if (!member.isString())
      {
        throw Failure(FailureKind::Internal, std::string("Orthanc gives no ") + name);
      }
      return ParseNumber<std::uint64_t>(member.asString());
    }

    std::string GetText(const Json::Value& value, const char* name, const char* fallback)
    {
      const Json::Value& member = value.get(name, Json::Value());
      return member.isString() && !member.asString().empty() ? member.asString() : fallback;
    }

    // "20261231T235959.000123", UTC. 0 for anything else
    std::int64_t ParseHostTime(const std::string& text)
    {
      if (text.size() != 22 || text[8] != 'T' || text[15] != '.')
      {
        return 0;
      }
      const auto read = [&](std::size_t begin, std::size_t size)
      { return ParseNumber<int>(std::string_view(text).substr(begin, size)); };
      std::tm parts = {};
      parts.tm_year = read(0, 4) - 1900;
      parts.tm_mon = read(4, 2) - 1;
      parts.tm_mday = read(6, 2);
      parts.tm_hour = read(9, 2);
      parts.tm_min = read(11, 2);
      parts.tm_sec = read(13, 2);
      return std::int64_t{timegm(&parts)} * MICROSECONDS_PER_SECOND + read(16, 6);
    }

    HostJobFacts ToFacts(const Json::Value& job)
    {
      HostJobFacts facts;
      facts.id = GetText(job, "ID", "");
      facts.type = GetText(job, "Type", "");
      facts.state = GetText(job, "State", "");
      const Json::Value& content = job["Content"];
      facts.isOurs = content.isObject() && content.isMember("ArchiveId");
      const Json::Value& error = job["ErrorCode"];
      facts.isCanceled = error.isInt() && error.asInt() == CANCELED_JOB;
      const Json::Value& runtime = job["EffectiveRuntime"];
      facts.runSeconds = runtime.isNumeric() ? runtime.asDouble() : 0;
      facts.createdMicroseconds = ParseHostTime(GetText(job, "CreationTime", ""));
      const std::int64_t completed = ParseHostTime(GetText(job, "CompletionTime", ""));
      if (completed != 0 && facts.createdMicroseconds != 0)
      {
        const double total = static_cast<double>(completed - facts.createdMicroseconds) /
                             static_cast<double>(MICROSECONDS_PER_SECOND);
        facts.waitSeconds = std::max(total - facts.runSeconds, 0.0);
      }
      return facts;
    }
  } // namespace

  std::string OrthancMetrics::ReadText()
  {
    return host_.GetText("/tools/metrics-prometheus");
  }

  bool OrthancMetrics::IsEnabled()
  {
    return host_.GetText("/tools/metrics").substr(0, 1) == "1";
  }

  HostStatistics OrthancMetrics::ReadStatistics()
  {
    const Json::Value json = host_.GetJson("/statistics");
    HostStatistics statistics;
    statistics.patients = GetUnsigned(json, "CountPatients");
    statistics.studies = GetUnsigned(json, "CountStudies");
    statistics.series = GetUnsigned(json, "CountSeries");
    statistics.instances = GetUnsigned(json, "CountInstances");
    statistics.diskBytes = GetUnsigned(json, "TotalDiskSize");
    statistics.uncompressedBytes = GetUnsigned(json, "TotalUncompressedSize");
    statistics.lastChange =
      static_cast<std::int64_t>(GetUnsigned(host_.GetJson("/changes?last"), "Last"));
    return statistics;
  }

  HostIdentity OrthancMetrics::ReadIdentity()
  {
    const Json::Value json = host_.GetJson("/system");
    HostIdentity identity;
    identity.version = GetText(json, "Version", "unknown");
    identity.apiVersion =
      json["ApiVersion"].isUInt() ? std::to_string(json["ApiVersion"].asUInt()) : "unknown";
    // Paths of libraries are nobody's business
    const auto getPlugin = [&](const char* name, const char* fallback)
    {
      const std::string plugin = GetText(json, name, fallback);
      return plugin.substr(plugin.find_last_of('/') + 1);
    };
    identity.database = getPlugin("DatabaseBackendPlugin", "SQLite");
    identity.storage = getPlugin("StorageAreaPlugin", "filesystem");
    identity.modalities = host_.GetJson("/modalities").size();
    identity.peers = host_.GetJson("/peers").size();
    return identity;
  }

  std::vector<HostJobFacts> OrthancMetrics::ListJobs()
  {
    std::vector<HostJobFacts> jobs;
    for (const Json::Value& job : host_.GetJson("/jobs?expand"))
    {
      jobs.push_back(ToFacts(job));
    }
    return jobs;
  }

  std::optional<HostJobFacts> OrthancMetrics::FindJob(const std::string& jobId)
  {
    const HostAnswer answer = host_.Call(HttpMethod::Get, "/jobs/" + jobId, "");
    if (answer.errorCode != 0 || answer.status != 200)
    {
      return std::nullopt;
    }
    return ToFacts(OrthancRestApi::ParseJson(answer.body));
  }
} // namespace OrthancPlugins
