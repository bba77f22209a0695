// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "JobView.h"

#include "../Core/Failure.h"
#include "../Core/Jobs/ArchiveContent.h"

#include <json/reader.h>
#include <json/value.h>
#include <json/writer.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <map>
#include <memory>

namespace OrthancPlugins
{
  namespace
  {
    constexpr std::int64_t MICROSECONDS_PER_SECOND = 1'000'000;

    // Deeper than any job: the host itself, with less stack than we have, could not have parsed it
    constexpr int MAX_JSON_DEPTH = 300;

    Json::Value ParseJson(const std::string& text)
    {
      Json::CharReaderBuilder builder;
      builder["collectComments"] = false;
      builder["stackLimit"] = MAX_JSON_DEPTH;
      const std::unique_ptr<Json::CharReader> reader(builder.newCharReader());
      Json::Value value;
      bool isParsed = false;
      try
      {
        isParsed = reader->parse(text.data(), text.data() + text.size(), &value, nullptr);
      }
      catch (const Json::Exception&)
      {
        // Nested too deeply
      }
      if (!isParsed)
      {
        throw Failure(FailureKind::Internal, "Cannot parse the JSON of a job");
      }
      return value;
    }

    std::string WriteJson(const Json::Value& value)
    {
      Json::StreamWriterBuilder builder;
      builder["indentation"] = "   ";
      return Json::writeString(builder, value);
    }

    // "20261231T235959.000123", UTC
    std::string FormatTime(std::int64_t microseconds)
    {
      const std::time_t seconds = static_cast<std::time_t>(microseconds / MICROSECONDS_PER_SECOND);
      std::tm parts = {};
      gmtime_r(&seconds, &parts);
      std::array<char, 128> text = {};
      std::snprintf(text.data(), text.size(), "%04d%02d%02dT%02d%02d%02d.%06d",
                    parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour,
                    parts.tm_min, parts.tm_sec,
                    static_cast<int>(microseconds % MICROSECONDS_PER_SECOND));
      return text.data();
    }

    const char* FormatState(StreamState state)
    {
      switch (state)
      {
      case StreamState::Pending:
        return "Pending";
      case StreamState::Running:
        return "Running";
      case StreamState::Success:
        return "Success";
      case StreamState::Failure:
        break;
      }
      return "Failure";
    }

    bool HasEnded(const StreamSnapshot& stream)
    {
      return stream.state == StreamState::Success || stream.state == StreamState::Failure;
    }

    // From 0 to 1
    double GetProgress(const StreamSnapshot& stream)
    {
      if (stream.state == StreamState::Success)
      {
        return 1.0;
      }
      if (stream.uncompressedBytes == 0)
      {
        return 0.0;
      }
      return std::min(1.0, static_cast<double>(stream.inputBytesDone) /
                             static_cast<double>(stream.uncompressedBytes));
    }

    // The host counts in milliseconds
    std::int64_t GetRuntimeMilliseconds(const StreamSnapshot& stream, std::int64_t nowMicroseconds)
    {
      if (stream.startedMicroseconds == 0)
      {
        return 0;
      }
      const std::int64_t end = HasEnded(stream) ? stream.completedMicroseconds : nowMicroseconds;
      return std::max<std::int64_t>(0, end - stream.startedMicroseconds) / 1000;
    }

    Json::Value MakeContent(const StreamSnapshot& stream)
    {
      ArchiveContent content;
      content.request = stream.request;
      content.instancesCount = stream.instancesCount;
      content.uncompressedBytes = stream.uncompressedBytes;
      content.archiveBytes = stream.archiveBytes;
      if (HasEnded(stream))
      {
        content.report = stream.report;
      }
      if (stream.state == StreamState::Failure)
      {
        content.failureKind = stream.failureKind;
        content.failureText = stream.failureText;
      }
      return ParseJson(FormatArchiveContent(content));
    }

    void SetError(Json::Value& job, const StreamSnapshot& stream)
    {
      const bool isFailure = stream.state == StreamState::Failure;
      job["ErrorCode"] = isFailure ? GetJobErrorCode(stream.failureKind) : 0;
      job["ErrorDescription"] =
        isFailure ? GetJobErrorDescription(stream.failureKind) : std::string("Success");
      job["ErrorDetails"] = isFailure ? stream.failureText : std::string();
    }

    void SetTimes(Json::Value& job, const StreamSnapshot& stream, std::int64_t nowMicroseconds)
    {
      const double progress = GetProgress(stream);
      const std::int64_t milliseconds = GetRuntimeMilliseconds(stream, nowMicroseconds);
      job["Timestamp"] = FormatTime(nowMicroseconds);
      job["CreationTime"] = FormatTime(stream.createdMicroseconds);
      job["EffectiveRuntime"] = static_cast<double>(milliseconds) / 1000.0;
      if (HasEnded(stream))
      {
        job["CompletionTime"] = FormatTime(stream.completedMicroseconds);
      }
      else if (stream.state == StreamState::Running && progress > 0.01 && milliseconds > 0)
      {
        const double remaining = static_cast<double>(milliseconds) / progress * (1.0 - progress);
        job["EstimatedTimeOfArrival"] =
          FormatTime(nowMicroseconds + std::llround(remaining) * 1000);
      }
    }

    Json::Value MakeJob(const StreamSnapshot& stream, std::int64_t nowMicroseconds)
    {
      Json::Value job(Json::objectValue);
      job["ID"] = stream.id;
      job["Type"] = "Archive";
      job["Priority"] = stream.request.priority;
      job["State"] = FormatState(stream.state);
      job["Progress"] = static_cast<int>(std::lround(GetProgress(stream) * 100.0));
      job["Content"] = MakeContent(stream);
      if (!stream.request.userDataJson.empty())
      {
        job["UserData"] = ParseJson(stream.request.userDataJson);
      }
      SetError(job, stream);
      SetTimes(job, stream, nowMicroseconds);
      return job;
    }

    bool IsFailed(const Json::Value& job)
    {
      return job.isObject() && job["State"] == "Failure";
    }

    void Amend(Json::Value& job)
    {
      const Json::Value content =
        job.isObject() ? job.get("Content", Json::Value()) : Json::Value();
      if (!content.isObject())
      {
        return;
      }
      if (content.isMember("UserData") && !job.isMember("UserData"))
      {
        job["UserData"] = content["UserData"];
      }
      if (!IsFailed(job))
      {
        return;
      }
      for (const char* name : {"ErrorCode", "ErrorDescription", "ErrorDetails"})
      {
        if (content.isMember(name))
        {
          job[name] = content[name];
        }
      }
    }

    Json::Value ParseList(const std::string& hostJson)
    {
      Json::Value list = ParseJson(hostJson);
      if (!list.isArray())
      {
        throw Failure(FailureKind::Internal, "Orthanc's list of jobs is no list");
      }
      return list;
    }

    // From ID -> value to the values in the order of the host
    std::string WriteSorted(const std::map<std::string, Json::Value>& items)
    {
      Json::Value list(Json::arrayValue);
      for (const auto& item : items)
      {
        list.append(item.second);
      }
      return WriteJson(list);
    }
  } // namespace

  std::string FormatSubmission(const std::string& jobId)
  {
    Json::Value value(Json::objectValue);
    value["ID"] = jobId;
    value["Path"] = "/jobs/" + jobId;
    return WriteJson(value);
  }

  std::string FormatStream(const StreamSnapshot& stream, std::int64_t nowMicroseconds)
  {
    return WriteJson(MakeJob(stream, nowMicroseconds));
  }

  std::string AmendJob(const std::string& hostJson)
  {
    Json::Value job = ParseJson(hostJson);
    Amend(job);
    return WriteJson(job);
  }

  bool IsFailedJob(const std::string& hostJson)
  {
    return IsFailed(ParseJson(hostJson));
  }

  std::string MergeJobIds(const std::string& hostJson, const std::vector<StreamSnapshot>& streams)
  {
    std::map<std::string, Json::Value> items;
    for (const Json::Value& id : ParseList(hostJson))
    {
      items[id.asString()] = id;
    }
    for (const StreamSnapshot& stream : streams)
    {
      items[stream.id] = stream.id;
    }
    return WriteSorted(items);
  }

  std::string MergeJobs(const std::string& hostJson,
                        const std::vector<StreamSnapshot>& streams,
                        std::int64_t nowMicroseconds,
                        const std::function<bool(const std::string& jobId)>& isOurs)
  {
    std::map<std::string, Json::Value> items;
    Json::Value list = ParseList(hostJson);
    for (Json::Value& job : list)
    {
      const std::string id = job.isObject() ? job.get("ID", "").asString() : "";
      if (isOurs(id))
      {
        Amend(job);
      }
      items[id].swap(job);
    }
    for (const StreamSnapshot& stream : streams)
    {
      items[stream.id] = MakeJob(stream, nowMicroseconds);
    }
    return WriteSorted(items);
  }
} // namespace OrthancPlugins
