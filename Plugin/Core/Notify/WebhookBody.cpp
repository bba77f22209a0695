// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "WebhookBody.h"

#include "../Jobs/ArchiveContent.h"

#include <json/value.h>
#include <json/writer.h>

#include <array>
#include <cstdio>
#include <ctime>

namespace OrthancPlugins
{
  namespace
  {
    constexpr std::int64_t MICROSECONDS_PER_SECOND = 1'000'000;

    Json::Value FormatPaths(const std::string& jobId, const std::vector<std::string>& outputs)
    {
      Json::Value paths(Json::arrayValue);
      const std::string folder = "/jobs/" + jobId + "/";
      for (const std::string& output : outputs)
      {
        paths.append(std::string(folder).append(output));
      }
      return paths;
    }

    Json::Value FormatJob(const std::string& jobId, const ArchiveRecord& record)
    {
      const bool isFailure = record.state == ArchiveState::Failed;
      Json::Value job(Json::objectValue);
      job["ID"] = jobId;
      job["Type"] = GetJobType(record.request.kind);
      job["State"] = isFailure ? "Failure" : "Success";
      job["ErrorCode"] = isFailure ? GetJobErrorCode(record.failureKind) : 0;
      job["ErrorDescription"] =
        isFailure ? GetJobErrorDescription(record.failureKind) : std::string("Success");
      job["CreationTime"] = FormatWebhookTime(record.createdMicroseconds);
      job["CompletionTime"] = FormatWebhookTime(record.completedMicroseconds);
      job["Path"] = "/jobs/" + jobId;
      if (!isFailure)
      {
        job["Size"] = static_cast<Json::UInt64>(record.sizeBytes);
        const std::vector<std::string> outputs = ListOutputs(record.report);
        if (outputs.size() == 1)
        {
          job["ResultPath"] = "/jobs/" + jobId + "/" + outputs.front();
        }
        else
        {
          job["ResultPaths"] = FormatPaths(jobId, outputs);
        }
      }
      return job;
    }
  } // namespace

  std::string GetWebhookEvent(const ArchiveRecord& record)
  {
    return record.state == ArchiveState::Failed ? "job.failure" : "job.success";
  }

  std::string FormatWebhookBody(const std::string& deliveryId,
                                const std::string& jobId,
                                const ArchiveRecord& record)
  {
    Json::Value body(Json::objectValue);
    body["Event"] = GetWebhookEvent(record);
    body["DeliveryID"] = deliveryId;
    body["Job"] = FormatJob(jobId, record);

    Json::StreamWriterBuilder builder;
    builder["indentation"] = "";
    return Json::writeString(builder, body);
  }

  std::string FormatWebhookTime(std::int64_t microseconds)
  {
    const std::time_t seconds = static_cast<std::time_t>(microseconds / MICROSECONDS_PER_SECOND);
    std::tm parts = {};
    gmtime_r(&seconds, &parts);
    std::array<char, 128> text = {};
    std::snprintf(text.data(), text.size(), "%04d%02d%02dT%02d%02d%02d.%06d", parts.tm_year + 1900,
                  parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                  static_cast<int>(microseconds % MICROSECONDS_PER_SECOND));
    return text.data();
  }
} // namespace OrthancPlugins
