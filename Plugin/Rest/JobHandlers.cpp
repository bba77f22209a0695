// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "JobHandlers.h"

#include "ArchiveRequestParser.h"
#include "JobView.h"
#include "OutputSender.h"

#include "../Core/Failure.h"
#include "../Http/ContentDisposition.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace OrthancPlugins
{
  namespace
  {
    constexpr const char* ARCHIVE_KEY = "archive";
    constexpr const char* JSON_MIME = "application/json; charset=utf-8";

    constexpr const char* OUTPUT_TOO_LARGE =
      "Orthanc cannot hand over an output of this size to a plugin: set \"Jobs\" to false in the "
      "section \"AdvancedRest\" of the configuration to get it from Orthanc itself";

    constexpr const char* ARCHIVE_TOO_LARGE =
      "The archive is larger than this version of Orthanc can send in one answer: download it in "
      "pages (?offset=0&length=1073741824 and so on)";

    // Error codes of the host, as it gives them to plugins
    enum HostError
    {
      HostError_ParameterOutOfRange = 3,
      HostError_NotEnoughMemory = 4,
      HostError_BadParameterType = 5,
      HostError_InexistentItem = 7,
      HostError_BadRequest = 8,
      HostError_BadFileFormat = 15,
      HostError_UnknownResource = 17
    };

    // ---- The host's part

    // Nothing in an ID or a key of ours or of the host could be taken for a query or another path.
    // What else a client sends never reaches the host's parser of URIs
    bool IsPlainName(const std::string& name)
    {
      return !name.empty() && std::all_of(name.begin(), name.end(),
                                          [](char c)
                                          {
                                            return (c >= '0' && c <= '9') ||
                                                   (c >= 'a' && c <= 'z') ||
                                                   (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
                                          });
    }

    Failure MakeHostFailure(int errorCode)
    {
      const std::string text = "Orthanc answered with error code " + std::to_string(errorCode);
      switch (errorCode)
      {
      case HostError_ParameterOutOfRange:
        return Failure(FailureKind::OutOfRange, text);
      case HostError_NotEnoughMemory:
        return Failure(FailureKind::TooLarge, OUTPUT_TOO_LARGE);
      case HostError_BadParameterType:
        return Failure(FailureKind::BadType, text);
      case HostError_InexistentItem:
        return Failure(FailureKind::NotFound, text);
      case HostError_BadRequest:
        return Failure(FailureKind::BadRequest, text);
      case HostError_BadFileFormat:
        return Failure(FailureKind::BadFormat, text);
      case HostError_UnknownResource:
        return Failure(FailureKind::UnknownResource, text);
      default:
        return Failure(FailureKind::Internal, text);
      }
    }

    bool IsSuccess(const HostAnswer& host)
    {
      return host.errorCode == 0 && host.status == 200;
    }

    // Hosts up to 1.12.7 turn an empty 404 into an error code
    bool IsNotFound(const HostAnswer& host)
    {
      return host.status == 404 || host.errorCode == HostError_InexistentItem ||
             host.errorCode == HostError_UnknownResource;
    }

    // Hosts up to 1.12.7 turn the empty 400 of a POST into an error code
    bool IsRefusal(const HostAnswer& host)
    {
      return IsNotFound(host) || host.status == 400 || host.errorCode == HostError_BadRequest;
    }

    std::string GetHeader(const HostAnswer& host, const char* name, const char* fallback)
    {
      const auto found = host.headers.find(name);
      return found == host.headers.end() ? fallback : found->second;
    }

    // The answer of the host as it is
    void Forward(const HostAnswer& host, const char* defaultMime, IHttpAnswer& answer)
    {
      if (host.errorCode != 0)
      {
        throw MakeHostFailure(host.errorCode);
      }
      if (host.status != 200)
      {
        answer.SendEmptyStatus(host.status);
        return;
      }
      const std::optional<std::uint64_t> limit = answer.GetMaxFileBytes();
      if (limit.has_value() && host.body.size() > *limit)
      {
        throw Failure(FailureKind::TooLarge, OUTPUT_TOO_LARGE);
      }
      const std::string disposition = GetHeader(host, "content-disposition", "");
      if (!disposition.empty())
      {
        answer.SetHeader("Content-Disposition", disposition);
      }
      answer.SendBuffer(host.body, GetHeader(host, "content-type", defaultMime));
    }

    HostAnswer CallJob(const Services& services, HttpMethod method, const std::string& jobId)
    {
      return services.host.Call(method, "/jobs/" + jobId, "");
    }

    // ---- Versions of the host

    bool HasJobDeletion(const HostVersion& version)
    {
      return version.IsAtLeast(1, 12, 2);
    }

    bool HasOutputDeletion(const HostVersion& version)
    {
      return version.IsAtLeast(1, 12, 1);
    }

    // Up to some version "?expand=false" expands
    bool IsExpanded(const HttpRequest& request, const HostVersion& version)
    {
      const std::optional<std::string> text = request.FindArgument("expand");
      if (!text.has_value() || !version.IsAtLeast(1, 12, 0))
      {
        return text.has_value();
      }
      if (text->empty() || *text == "1" || *text == "true")
      {
        return true;
      }
      if (*text == "0" || *text == "false")
      {
        return false;
      }
      throw Failure(FailureKind::OutOfRange, "Expected a Boolean for GET argument \"expand\"");
    }

    // ---- Verbs

    bool IsVerb(const std::string& key)
    {
      return key == "cancel" || key == "pause" || key == "resume" || key == "resubmit";
    }

    void SendDone(IHttpAnswer& answer)
    {
      answer.SendBuffer("{}", "application/json");
    }

    bool HasEnded(const StreamSnapshot& stream)
    {
      return stream.state == StreamState::Success || stream.state == StreamState::Failure;
    }

    // A stream cannot pause: its client waits. It cannot be done again either: its client has gone
    void PostStreamVerb(const Services& services,
                        const StreamSnapshot& stream,
                        const std::string& verb,
                        IHttpAnswer& answer)
    {
      if (verb == "cancel")
      {
        services.streams.Cancel(stream.id);
        SendDone(answer);
      }
      else if (verb == "pause" && HasEnded(stream))
      {
        SendDone(answer);
      }
      else
      {
        answer.SendEmptyStatus(400);
      }
    }

    // The host does not tell a job that it was canceled while it waited or paused
    void SettleCanceled(const Services& services, const std::string& jobId)
    {
      const std::optional<std::string> archiveId = services.spool.FindByJob(jobId);
      if (!archiveId.has_value())
      {
        return;
      }
      const std::optional<ArchiveRecord> record = services.spool.Find(*archiveId);
      if (!record.has_value() || record->state != ArchiveState::Pending)
      {
        return;
      }
      const HostAnswer job = CallJob(services, HttpMethod::Get, jobId);
      if (IsSuccess(job) && IsFailedJob(job.body))
      {
        services.spool.Fail(*archiveId, FailureKind::Canceled, "The job was canceled");
      }
    }

    // ---- Outputs

    Failure MakeNoOutput(const std::string& key)
    {
      return Failure(FailureKind::NotFound, IsPlainName(key) ? "Job has no such output: " + key
                                                             : "Job has no such output");
    }

    // The archive that this output is; absent if the output is not ours
    std::optional<std::string>
    FindArchive(const Services& services, const std::string& jobId, const std::string& key)
    {
      return key == ARCHIVE_KEY ? services.spool.FindByJob(jobId) : std::nullopt;
    }

    // Hosts before 1.12.7 knew no names for such files, and theirs was a fixed one
    std::string GetOutputFilename(const ArchiveRequest& request, const HostVersion& version)
    {
      const bool isNamed = request.filename != GetDefaultFilename(request);
      return isNamed || version.IsAtLeast(1, 12, 7) ? request.filename : "archive.zip";
    }

    void SendArchive(const Services& services,
                     const std::string& archiveId,
                     const HttpRequest& request,
                     IHttpAnswer& answer)
    {
      const std::optional<FilePage> page = ParseFilePage(request);
      const std::optional<ArchiveRecord> record = services.spool.Find(archiveId);
      if (!record.has_value())
      {
        throw MakeNoOutput(ARCHIVE_KEY);
      }
      const std::unique_ptr<MappedFile> file = services.spool.OpenArchive(archiveId);
      const std::string filename = GetOutputFilename(record->request, services.version);
      SendZipFile(*file, page,
                  FormatContentDisposition(filename, services.settings.archive.isAttachment),
                  ARCHIVE_TOO_LARGE, answer);
    }

    // ---- Deletion

    Failure MakeNoJob()
    {
      return Failure(FailureKind::NotFound, "No job found with this id, or it has not ended");
    }

    // The host has forgotten the job, but not we: its archive may go
    bool
    IsForgotten(const Services& services, const std::string& jobId, const std::string& archiveId)
    {
      const std::optional<ArchiveRecord> record = services.spool.Find(archiveId);
      return record.has_value() && record->state != ArchiveState::Pending &&
             IsNotFound(CallJob(services, HttpMethod::Get, jobId));
    }

    void EraseEngineJob(const Services& services, const std::string& jobId, IHttpAnswer& answer)
    {
      const HostAnswer host = CallJob(services, HttpMethod::Delete, jobId);
      const std::optional<std::string> archiveId = services.spool.FindByJob(jobId);
      const bool isForgotten =
        archiveId.has_value() && IsNotFound(host) && IsForgotten(services, jobId, *archiveId);
      if (archiveId.has_value() && (IsSuccess(host) || isForgotten))
      {
        services.spool.Remove(*archiveId);
      }
      if (isForgotten)
      {
        answer.SendBuffer("", "text/plain");
      }
      else if (IsNotFound(host))
      {
        throw MakeNoJob();
      }
      else
      {
        Forward(host, "text/plain", answer);
      }
    }
  } // namespace

  void GetJobs(const Services& services, const HttpRequest& request, IHttpAnswer& answer)
  {
    const bool isExpanded = IsExpanded(request, services.version);
    const HostAnswer host =
      services.host.Call(HttpMethod::Get, isExpanded ? "/jobs?expand" : "/jobs", "");
    if (!IsSuccess(host))
    {
      Forward(host, JSON_MIME, answer);
      return;
    }
    const std::vector<StreamSnapshot> streams = services.streams.List();
    if (!isExpanded)
    {
      answer.SendJson(MergeJobIds(host.body, streams));
      return;
    }
    const auto isOurs = [&](const std::string& jobId)
    { return services.spool.FindByJob(jobId).has_value(); };
    answer.SendJson(MergeJobs(host.body, streams, services.clock.GetNowMicroseconds(), isOurs));
  }

  void GetJob(const Services& services, const HttpRequest& request, IHttpAnswer& answer)
  {
    const std::string& jobId = request.groups.at(0);
    if (const std::optional<StreamSnapshot> stream = services.streams.Find(jobId))
    {
      answer.SendJson(FormatStream(*stream, services.clock.GetNowMicroseconds()));
      return;
    }
    if (!IsPlainName(jobId))
    {
      answer.SendEmptyStatus(404);
      return;
    }
    const HostAnswer host = CallJob(services, HttpMethod::Get, jobId);
    if (IsNotFound(host))
    {
      answer.SendEmptyStatus(404);
    }
    else if (IsSuccess(host) && services.spool.FindByJob(jobId).has_value())
    {
      answer.SendJson(AmendJob(host.body));
    }
    else
    {
      Forward(host, JSON_MIME, answer);
    }
  }

  void EraseJob(const Services& services, const HttpRequest& request, IHttpAnswer& answer)
  {
    const std::string& jobId = request.groups.at(0);
    if (services.streams.Find(jobId).has_value())
    {
      if (!services.streams.Forget(jobId))
      {
        throw MakeNoJob();
      }
      answer.SendBuffer("", "text/plain");
    }
    else if (!HasJobDeletion(services.version))
    {
      answer.SendNotAllowed("GET");
    }
    else if (!IsPlainName(jobId))
    {
      throw MakeNoJob();
    }
    else
    {
      EraseEngineJob(services, jobId, answer);
    }
  }

  void PostJobVerb(const Services& services, const HttpRequest& request, IHttpAnswer& answer)
  {
    const std::string& jobId = request.groups.at(0);
    const std::string& verb = request.groups.at(1);
    if (!IsVerb(verb))
    {
      answer.SendNotAllowed(HasOutputDeletion(services.version) ? "GET,DELETE" : "GET");
      return;
    }
    if (const std::optional<StreamSnapshot> stream = services.streams.Find(jobId))
    {
      PostStreamVerb(services, *stream, verb, answer);
      return;
    }
    if (!IsPlainName(jobId))
    {
      answer.SendEmptyStatus(400);
      return;
    }
    const HostAnswer host = services.host.Call(HttpMethod::Post, "/jobs/" + jobId + "/" + verb, "");
    if (IsRefusal(host))
    {
      answer.SendEmptyStatus(400);
      return;
    }
    if (verb == "cancel" && IsSuccess(host))
    {
      SettleCanceled(services, jobId);
    }
    Forward(host, "application/json", answer);
  }

  void GetJobOutput(const Services& services, const HttpRequest& request, IHttpAnswer& answer)
  {
    const std::string& jobId = request.groups.at(0);
    const std::string& key = request.groups.at(1);
    if (const std::optional<std::string> archiveId = FindArchive(services, jobId, key))
    {
      SendArchive(services, *archiveId, request, answer);
      return;
    }
    if (services.streams.Find(jobId).has_value() || !IsPlainName(jobId) || !IsPlainName(key))
    {
      throw MakeNoOutput(key);
    }
    const HostAnswer host = services.host.Call(HttpMethod::Get, "/jobs/" + jobId + "/" + key, "");
    if (IsNotFound(host))
    {
      throw MakeNoOutput(key);
    }
    Forward(host, "application/octet-stream", answer);
  }

  void EraseJobOutput(const Services& services, const HttpRequest& request, IHttpAnswer& answer)
  {
    const std::string& jobId = request.groups.at(0);
    const std::string& key = request.groups.at(1);
    if (const std::optional<std::string> archiveId = FindArchive(services, jobId, key))
    {
      if (!services.spool.Evict(*archiveId))
      {
        throw MakeNoOutput(key);
      }
      answer.SendBuffer("", "text/plain");
      return;
    }
    if (!HasOutputDeletion(services.version))
    {
      answer.SendNotAllowed(IsVerb(key) ? "GET,POST" : "GET");
      return;
    }
    if (services.streams.Find(jobId).has_value() || !IsPlainName(jobId) || !IsPlainName(key))
    {
      throw MakeNoOutput(key);
    }
    const HostAnswer host =
      services.host.Call(HttpMethod::Delete, "/jobs/" + jobId + "/" + key, "");
    if (IsNotFound(host))
    {
      throw MakeNoOutput(key);
    }
    Forward(host, "text/plain", answer);
  }
} // namespace OrthancPlugins
