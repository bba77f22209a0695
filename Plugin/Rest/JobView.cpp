// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "JobView.h"

#include "JobQuery.h"
#include "TimeText.h"

#include "../Core/Failure.h"
#include "../Core/Jobs/ArchiveContent.h"

#include <json/reader.h>
#include <json/value.h>
#include <json/writer.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <utility>

namespace OrthancPlugins
{
  namespace
  {
    constexpr std::uint64_t MEGABYTE = 1024 * 1024;
    constexpr std::size_t MAX_RESOURCES = 100; // of a job are named

    // Deeper than any job: the host itself, with less stack than we have, could not have parsed it
    constexpr int MAX_JSON_DEPTH = 300;

    // Absent if that is no JSON
    std::optional<Json::Value> TryParseJson(const std::string& text)
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
      return isParsed ? std::make_optional(value) : std::nullopt;
    }

    Json::Value ParseJson(const std::string& text)
    {
      std::optional<Json::Value> value = TryParseJson(text);
      if (!value.has_value())
      {
        throw Failure(FailureKind::Internal, "Cannot parse the JSON of a job");
      }
      return std::move(*value);
    }

    std::string WriteJson(const Json::Value& value)
    {
      Json::StreamWriterBuilder builder;
      builder["indentation"] = "   ";
      return Json::writeString(builder, value);
    }

    // In one line
    std::string WriteLine(const Json::Value& value)
    {
      Json::StreamWriterBuilder builder;
      builder["indentation"] = "";
      return Json::writeString(builder, value);
    }

    Json::UInt ToMegabytes(std::uint64_t sizeBytes)
    {
      return static_cast<Json::UInt>(
        std::min<std::uint64_t>(sizeBytes / MEGABYTE, std::numeric_limits<Json::UInt>::max()));
    }

    // ---- What all of our jobs have

    // An asynchronous or a streamed archive, with the names of "/jobs"
    struct ShownJob
    {
      std::string id;
      const ArchiveRequest& request;
      int priority = 0;
      JobState state = JobState::Pending;
      int percent = 0;
      Json::Value content = {};
      std::uint64_t runtimeMicroseconds = 0;
      std::int64_t createdMicroseconds = 0;
      std::int64_t completedMicroseconds = 0;
      std::optional<std::int64_t> etaMicroseconds = {};
      FailureKind failureKind = FailureKind::Internal;
      std::string failureText = {};
    };

    void SetError(Json::Value& job, const ShownJob& shown)
    {
      const bool isFailure = shown.state == JobState::Failure;
      job["ErrorCode"] = isFailure ? GetJobErrorCode(shown.failureKind) : 0;
      job["ErrorDescription"] =
        isFailure ? GetJobErrorDescription(shown.failureKind) : std::string("Success");
      job["ErrorDetails"] = isFailure ? shown.failureText : std::string();
    }

    // The host counts in milliseconds
    double GetRuntimeSeconds(std::uint64_t microseconds)
    {
      const std::uint64_t milliseconds = microseconds / 1000;
      return static_cast<double>(milliseconds) / 1000.0;
    }

    void SetTimes(Json::Value& job, const ShownJob& shown, std::int64_t nowMicroseconds)
    {
      job["Timestamp"] = FormatTime(nowMicroseconds);
      job["CreationTime"] = FormatTime(shown.createdMicroseconds);
      job["EffectiveRuntime"] = GetRuntimeSeconds(shown.runtimeMicroseconds);
      if (HasEnded(shown.state))
      {
        job["CompletionTime"] = FormatTime(shown.completedMicroseconds);
      }
      else if (shown.state == JobState::Running && shown.etaMicroseconds.has_value())
      {
        job["EstimatedTimeOfArrival"] = FormatTime(*shown.etaMicroseconds);
      }
    }

    std::string Write(const ShownJob& shown, std::int64_t nowMicroseconds)
    {
      Json::Value job(Json::objectValue);
      job["ID"] = shown.id;
      job["Type"] = GetJobType(shown.request.kind);
      job["Priority"] = shown.priority;
      job["State"] = GetStateName(shown.state);
      job["Progress"] = shown.percent;
      job["Content"] = shown.content;
      if (!shown.request.userDataJson.empty())
      {
        job["UserData"] = ParseJson(shown.request.userDataJson);
      }
      SetError(job, shown);
      SetTimes(job, shown, nowMicroseconds);
      return WriteJson(job);
    }

    double GetFraction(std::uint64_t done, std::uint64_t total)
    {
      return total == 0 ? 0.0
                        : std::min(1.0, static_cast<double>(done) / static_cast<double>(total));
    }

    // ---- Streams

    Json::Value MakeContent(const StreamSnapshot& stream)
    {
      const JobState state = GetJobState(stream);
      ArchiveContent content;
      content.request = stream.request;
      content.instancesCount = stream.instancesCount;
      content.uncompressedBytes = stream.uncompressedBytes;
      content.archiveBytes = stream.archiveBytes;
      if (HasEnded(state))
      {
        content.report = stream.report;
      }
      if (state == JobState::Failure)
      {
        content.failureKind = stream.failureKind;
        content.failureText = stream.failureText;
      }
      return ParseJson(FormatArchiveContent(content));
    }

    std::uint64_t GetRuntime(const StreamSnapshot& stream, std::int64_t nowMicroseconds)
    {
      if (stream.startedMicroseconds == 0)
      {
        return 0;
      }
      const std::int64_t end =
        HasEnded(GetJobState(stream)) ? stream.completedMicroseconds : nowMicroseconds;
      return static_cast<std::uint64_t>(
        std::max<std::int64_t>(0, end - stream.startedMicroseconds));
    }

    std::optional<std::int64_t> GetArrival(const JobStatus& status, std::int64_t nowMicroseconds)
    {
      const double progress = GetFraction(status.inputBytesDone, status.inputBytesTotal);
      if (progress <= 0.01 || status.runtimeMicroseconds < 1000)
      {
        return std::nullopt;
      }
      const double remaining =
        static_cast<double>(status.runtimeMicroseconds) / progress * (1.0 - progress);
      return nowMicroseconds + std::llround(remaining / 1000.0) * 1000;
    }

    // ---- Asynchronous jobs

    bool HasFile(const ArchiveRecord& record)
    {
      return record.state == ArchiveState::Ready;
    }

    void SetResources(Json::Value& value, const ArchiveRequest& request)
    {
      Json::Value resources(Json::arrayValue);
      for (const std::string& resource : request.resources)
      {
        if (resources.size() == MAX_RESOURCES)
        {
          break;
        }
        resources.append(resource);
      }
      value["Resources"] = resources;
      value["ResourcesCount"] = static_cast<Json::UInt64>(request.resources.size());
    }

    Json::Value MakeVolumes(const JobFacts& facts)
    {
      const ArchiveReport& report = facts.record->report;
      const std::vector<std::string> outputs = ListOutputs(report);
      Json::Value volumes(Json::arrayValue);
      for (std::size_t i = 0; i < report.volumes.size(); i++)
      {
        Json::Value volume(Json::objectValue);
        volume["Path"] = "/jobs/" + facts.jobId + "/" + outputs[i];
        volume["Size"] = std::to_string(report.volumes[i].sizeBytes);
        volumes.append(volume);
      }
      return volumes;
    }

    Json::Value MakeResult(const JobFacts& facts, std::optional<std::int64_t> expiresMicroseconds)
    {
      Json::Value result(Json::objectValue);
      if (facts.record->report.volumes.empty())
      {
        result["Path"] = "/jobs/" + facts.jobId + "/archive";
      }
      else
      {
        result["Volumes"] = MakeVolumes(facts);
      }
      result["Size"] = std::to_string(facts.record->sizeBytes);
      result["Pinned"] = facts.record->isPinned;
      result["Downloads"] = static_cast<Json::UInt64>(facts.record->downloadsCount);
      if (expiresMicroseconds.has_value())
      {
        result["Expires"] = FormatTime(*expiresMicroseconds);
      }
      return result;
    }

    // Of an attempt that has failed, whether or not another one follows
    bool HasFailed(const ArchiveRecord& record)
    {
      return record.state == ArchiveState::Failed ||
             (record.state == ArchiveState::Pending && record.nextAttemptMicroseconds != 0);
    }

    Json::Value MakeHostContent(const JobFacts& facts)
    {
      const ArchiveRecord& record = *facts.record;
      const bool isComplete =
        record.state == ArchiveState::Ready || record.state == ArchiveState::Evicted;
      ArchiveContent content;
      content.request = record.request;
      content.archiveId = record.id;
      content.instancesCount = record.instancesCount;
      content.uncompressedBytes = record.uncompressedBytes;
      content.archiveBytes = isComplete ? record.sizeBytes : facts.status.archiveBytes;
      if (isComplete)
      {
        content.report = record.report;
      }
      if (HasFailed(record))
      {
        content.failureKind = record.failureKind;
        content.failureText = record.failureText;
      }
      return ParseJson(FormatArchiveContent(content));
    }

    Json::Value MakeContent(const JobFacts& facts, std::optional<std::int64_t> expiresMicroseconds)
    {
      const ArchiveRecord& record = *facts.record;
      Json::Value content = MakeHostContent(facts);
      SetResources(content, record.request);
      content["Reused"] = record.isReused;
      content["Attempts"] = record.attempts;
      if (record.state == ArchiveState::Pending && record.nextAttemptMicroseconds != 0)
      {
        content["NextAttempt"] = FormatTime(record.nextAttemptMicroseconds);
      }
      if (facts.bytesPerSecond.has_value())
      {
        content["BytesPerSecond"] = static_cast<Json::UInt64>(*facts.bytesPerSecond);
      }
      if (facts.queuePosition.has_value())
      {
        content["QueuePosition"] = static_cast<Json::UInt64>(*facts.queuePosition);
      }
      if (HasFile(record))
      {
        content["Result"] = MakeResult(facts, expiresMicroseconds);
      }
      return content;
    }

    // What is reported is up to a second old
    std::uint64_t GetRuntime(const JobFacts& facts, std::int64_t nowMicroseconds)
    {
      const std::uint64_t known = facts.status.runtimeMicroseconds;
      if (facts.state != JobState::Running || facts.status.asOfMicroseconds == 0)
      {
        return known;
      }
      return known + static_cast<std::uint64_t>(
                       std::max<std::int64_t>(0, nowMicroseconds - facts.status.asOfMicroseconds));
    }

    // ---- Archives of the spool

    const char* GetArchiveStateName(ArchiveState state)
    {
      switch (state)
      {
      case ArchiveState::Pending:
        return "Pending";
      case ArchiveState::Ready:
        return "Ready";
      case ArchiveState::Failed:
        return "Failed";
      case ArchiveState::Evicted:
        break;
      }
      return "Evicted";
    }

    // ---- What the host says

    std::string GetText(const Json::Value& value, const char* name)
    {
      const Json::Value member = value.get(name, Json::Value());
      return member.isString() ? member.asString() : "";
    }

    std::optional<HostJob> ReadHostJob(const Json::Value& value)
    {
      if (!value.isObject())
      {
        return std::nullopt;
      }
      HostJob job;
      job.id = GetText(value, "ID");
      job.type = GetText(value, "Type");
      job.state = ParseState(GetText(value, "State")).value_or(JobState::Pending);
      job.createdMicroseconds = ParseTime(GetText(value, "CreationTime")).value_or(0);
      const Json::Value progress = value.get("Progress", 0);
      job.progress = progress.isInt() ? progress.asInt() : 0;
      const Json::Value content = value.get("Content", Json::Value());
      if ((job.type == "Archive" || job.type == "Media") && content.isObject())
      {
        job.archiveId = GetText(content, "ArchiveId");
      }
      job.json = WriteJson(value);
      return job;
    }
  } // namespace

  std::string FormatSubmission(const std::string& jobId)
  {
    Json::Value value(Json::objectValue);
    value["ID"] = jobId;
    value["Path"] = "/jobs/" + jobId;
    return WriteJson(value);
  }

  std::string FormatEstimate(const ArchiveEstimate& estimate)
  {
    Json::Value value(Json::objectValue);
    value["InstancesCount"] = static_cast<Json::UInt64>(estimate.instancesCount);
    value["UncompressedSize"] = std::to_string(estimate.uncompressedBytes);
    value["UncompressedSizeMB"] = ToMegabytes(estimate.uncompressedBytes);
    value["ArchiveSize"] = std::to_string(estimate.expectedBytes);
    value["ArchiveSizeMB"] = ToMegabytes(estimate.expectedBytes);
    value["IsExact"] = estimate.isExact;
    return WriteJson(value);
  }

  std::string FormatStream(const StreamSnapshot& stream, std::int64_t nowMicroseconds)
  {
    const JobStatus status = MakeStatus(stream, nowMicroseconds);
    ShownJob shown{stream.id, stream.request};
    shown.priority = stream.request.priority;
    shown.state = status.state;
    shown.percent = GetPercent(status);
    shown.content = MakeContent(stream);
    shown.runtimeMicroseconds = status.runtimeMicroseconds;
    shown.createdMicroseconds = stream.createdMicroseconds;
    shown.completedMicroseconds = stream.completedMicroseconds;
    shown.etaMicroseconds = GetArrival(status, nowMicroseconds);
    shown.failureKind = stream.failureKind;
    shown.failureText = stream.failureText;
    return Write(shown, nowMicroseconds);
  }

  std::string FormatJob(const JobFacts& facts,
                        std::optional<std::int64_t> expiresMicroseconds,
                        std::int64_t nowMicroseconds)
  {
    const ArchiveRecord& record = *facts.record;
    JobStatus status = facts.status;
    status.state = facts.state;
    ShownJob shown{facts.jobId, record.request};
    shown.priority = facts.priority;
    shown.state = facts.state;
    shown.percent = GetPercent(status);
    shown.content = MakeContent(facts, expiresMicroseconds);
    shown.runtimeMicroseconds = GetRuntime(facts, nowMicroseconds);
    shown.createdMicroseconds = record.createdMicroseconds;
    shown.completedMicroseconds = record.completedMicroseconds;
    shown.etaMicroseconds = facts.etaMicroseconds;
    shown.failureKind = record.failureKind;
    shown.failureText = record.failureText;
    return Write(shown, nowMicroseconds);
  }

  std::string FormatArchive(const ArchiveRecord& record,
                            const std::string& jobId,
                            std::optional<std::int64_t> expiresMicroseconds)
  {
    Json::Value value(Json::objectValue);
    value["Id"] = record.id;
    value["Job"] = jobId;
    value["State"] = GetArchiveStateName(record.state);
    value["Filename"] = record.request.filename;
    SetResources(value, record.request);
    value["InstancesCount"] = static_cast<Json::UInt64>(record.instancesCount);
    value["UncompressedSize"] = std::to_string(record.uncompressedBytes);
    value["Size"] = std::to_string(HasFile(record) ? record.sizeBytes : 0);
    value["Created"] = FormatTime(record.createdMicroseconds);
    value["Downloads"] = static_cast<Json::UInt64>(record.downloadsCount);
    value["Pinned"] = record.isPinned;
    value["Reused"] = record.isReused;
    value["Owner"] = record.owner;
    if (record.completedMicroseconds != 0)
    {
      value["Completed"] = FormatTime(record.completedMicroseconds);
    }
    if (record.downloadedMicroseconds != 0)
    {
      value["LastDownload"] = FormatTime(record.downloadedMicroseconds);
    }
    if (HasFile(record) && expiresMicroseconds.has_value())
    {
      value["Expires"] = FormatTime(*expiresMicroseconds);
    }
    return WriteJson(value);
  }

  std::string FormatCount(std::uint64_t count)
  {
    Json::Value value(Json::objectValue);
    value["Count"] = static_cast<Json::UInt64>(count);
    return WriteJson(value);
  }

  std::string FormatOutcome(const std::vector<std::string>& done,
                            const std::map<std::string, std::string>& failed)
  {
    Json::Value value(Json::objectValue);
    value["Done"] = Json::Value(Json::arrayValue);
    for (const std::string& id : done)
    {
      value["Done"].append(id);
    }
    value["Failed"] = Json::Value(Json::objectValue);
    for (const auto& [id, reason] : failed)
    {
      value["Failed"][id] = reason;
    }
    return WriteJson(value);
  }

  std::string FormatText(const std::string& text)
  {
    return WriteLine(Json::Value(text));
  }

  std::string FormatStatus(const JobStatus& status)
  {
    Json::Value value(Json::objectValue);
    value["ID"] = status.jobId;
    value["State"] = GetStateName(status.state);
    value["Progress"] = GetPercent(status);
    value["ArchiveSize"] = std::to_string(status.archiveBytes);
    value["EffectiveRuntime"] = GetRuntimeSeconds(status.runtimeMicroseconds);
    if (status.state == JobState::Running && status.bytesPerSecond != 0)
    {
      value["BytesPerSecond"] = static_cast<Json::UInt64>(status.bytesPerSecond);
    }
    return WriteLine(value);
  }

  std::string FormatStatus(const std::string& jobId, JobState state, int progress)
  {
    Json::Value value(Json::objectValue);
    value["ID"] = jobId;
    value["State"] = GetStateName(state);
    value["Progress"] = progress;
    return WriteLine(value);
  }

  std::string FormatIdentifier(const std::string& jobId)
  {
    Json::Value value(Json::objectValue);
    value["ID"] = jobId;
    return WriteLine(value);
  }

  int GetPercent(const JobStatus& status)
  {
    return status.state == JobState::Success
             ? 100
             : static_cast<int>(
                 std::lround(GetFraction(status.inputBytesDone, status.inputBytesTotal) * 100.0));
  }

  JobState GetJobState(const StreamSnapshot& stream)
  {
    switch (stream.state)
    {
    case StreamState::Pending:
      return JobState::Pending;
    case StreamState::Running:
      return JobState::Running;
    case StreamState::Success:
      return JobState::Success;
    case StreamState::Failure:
      break;
    }
    return JobState::Failure;
  }

  JobStatus MakeStatus(const StreamSnapshot& stream, std::int64_t nowMicroseconds)
  {
    JobStatus status;
    status.jobId = stream.id;
    status.owner = stream.owner;
    status.state = GetJobState(stream);
    status.inputBytesDone = stream.inputBytesDone;
    status.inputBytesTotal = stream.uncompressedBytes;
    status.archiveBytes = stream.archiveBytes;
    status.startedMicroseconds = stream.startedMicroseconds;
    status.runtimeMicroseconds = GetRuntime(stream, nowMicroseconds);
    status.asOfMicroseconds = nowMicroseconds;
    return status;
  }

  std::vector<HostJob> ParseHostJobs(const std::string& hostJson)
  {
    const Json::Value list = ParseJson(hostJson);
    if (!list.isArray())
    {
      throw Failure(FailureKind::Internal, "Orthanc's list of jobs is no list");
    }
    std::vector<HostJob> jobs;
    for (const Json::Value& item : list)
    {
      if (std::optional<HostJob> job = ReadHostJob(item))
      {
        jobs.push_back(std::move(*job));
      }
    }
    return jobs;
  }

  std::optional<HostJob> ParseHostJob(const std::string& hostJson)
  {
    const std::optional<Json::Value> value = TryParseJson(hostJson);
    return value.has_value() ? ReadHostJob(*value) : std::nullopt;
  }
} // namespace OrthancPlugins
