// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "JobOutputHandlers.h"

#include "ArchiveRequestParser.h"
#include "HostJobs.h"
#include "JobCatalog.h"
#include "OutputSender.h"

#include "../Core/Failure.h"
#include "../Http/ContentDisposition.h"

#include <memory>
#include <optional>
#include <string>

namespace OrthancPlugins
{
  namespace
  {
    constexpr const char* ARCHIVE_KEY = "archive";

    constexpr const char* ARCHIVE_TOO_LARGE =
      "The archive is larger than this version of Orthanc can send in one answer: download it in "
      "pages (?offset=0&length=1073741824 and so on)";

    Failure MakeNoOutput(const std::string& key)
    {
      return Failure(FailureKind::NotFound, IsPlainName(key) ? "Job has no such output: " + key
                                                             : "Job has no such output");
    }

    std::optional<JobEntry> FindJob(const Services& services, const HttpRequest& request)
    {
      return OrthancPlugins::FindJob(services, MakeAccess(services, request), request.groups.at(0));
    }

    bool IsForeignOutput(const std::optional<JobEntry>& job, const std::string& key)
    {
      return job.has_value() && job->kind == JobKind::Foreign && IsPlainName(key);
    }

    bool IsArchive(const std::optional<JobEntry>& job, const std::string& key)
    {
      return job.has_value() && job->kind == JobKind::Archive && key == ARCHIVE_KEY;
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
      ZipHead head;
      head.contentDisposition =
        FormatContentDisposition(filename, services.settings.archive.isAttachment);
      head.tooLargeMessage = ARCHIVE_TOO_LARGE;
      head.validators = MakeValidators(*record);
      if (SendZipFile(*file, page, head, request, answer))
      {
        services.spool.NoteDownload(archiveId);
      }
    }

    HostAnswer CallOutput(const Services& services,
                          HttpMethod method,
                          const JobEntry& job,
                          const std::string& key)
    {
      const HostAnswer host = services.host.Call(method, "/jobs/" + job.id + "/" + key, "");
      if (IsNotFound(host))
      {
        throw MakeNoOutput(key);
      }
      return host;
    }

    void SetPinned(const Services& services,
                   const HttpRequest& request,
                   bool isPinned,
                   IHttpAnswer& answer)
    {
      const std::optional<JobEntry> job = FindJob(services, request);
      if (!IsArchive(job, ARCHIVE_KEY) ||
          services.spool.FindState(job->archiveId) != ArchiveState::Ready)
      {
        throw MakeNoOutput(ARCHIVE_KEY);
      }
      services.spool.Update(job->archiveId,
                            [=](ArchiveRecord& record) { record.isPinned = isPinned; });
      answer.SendBuffer("{}", "application/json");
    }
  } // namespace

  void GetJobOutput(const Services& services, const HttpRequest& request, IHttpAnswer& answer)
  {
    const std::string& key = request.groups.at(1);
    const std::optional<JobEntry> job = FindJob(services, request);
    if (IsArchive(job, key))
    {
      SendArchive(services, job->archiveId, request, answer);
    }
    else if (IsForeignOutput(job, key))
    {
      Forward(CallOutput(services, HttpMethod::Get, *job, key), "application/octet-stream", answer);
    }
    else
    {
      throw MakeNoOutput(key);
    }
  }

  void EraseJobOutput(const Services& services, const HttpRequest& request, IHttpAnswer& answer)
  {
    const std::string& key = request.groups.at(1);
    const std::optional<JobEntry> job = FindJob(services, request);
    if (IsArchive(job, key) && services.spool.Evict(job->archiveId))
    {
      answer.SendBuffer("", "text/plain");
    }
    else if (!IsArchive(job, key) && !HasOutputDeletion(services.version))
    {
      answer.SendNotAllowed(IsVerb(key) ? "GET,POST" : "GET");
    }
    else if (IsForeignOutput(job, key))
    {
      Forward(CallOutput(services, HttpMethod::Delete, *job, key), "text/plain", answer);
    }
    else
    {
      throw MakeNoOutput(key);
    }
  }

  void PinJobArchive(const Services& services, const HttpRequest& request, IHttpAnswer& answer)
  {
    SetPinned(services, request, true, answer);
  }

  void UnpinJobArchive(const Services& services, const HttpRequest& request, IHttpAnswer& answer)
  {
    SetPinned(services, request, false, answer);
  }
} // namespace OrthancPlugins
