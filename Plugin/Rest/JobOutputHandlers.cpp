// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "JobOutputHandlers.h"

#include "ArchiveRequestParser.h"
#include "HostJobs.h"
#include "JobCatalog.h"
#include "OutputSender.h"

#include "../Core/Failure.h"
#include "../Http/ContentDisposition.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace OrthancPlugins
{
  namespace
  {
    constexpr const char* ARCHIVE_KEY = "archive";
    constexpr std::string_view VOLUME_PREFIX = "archive-";
    constexpr std::size_t MAX_VOLUME_DIGITS = 9;

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

    // Number of a volume, from 1, as the key names it; absent if it names none
    std::optional<std::size_t> ParseVolume(const std::string& key)
    {
      const std::string_view digits =
        std::string_view(key).substr(std::min(key.size(), VOLUME_PREFIX.size()));
      const bool isNumber =
        key.compare(0, VOLUME_PREFIX.size(), VOLUME_PREFIX) == 0 && !digits.empty() &&
        digits.size() <= MAX_VOLUME_DIGITS && digits.front() != '0' &&
        std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; });
      return isNumber ? std::make_optional<std::size_t>(std::stoul(std::string(digits)))
                      : std::nullopt;
    }

    bool IsVolume(const std::optional<JobEntry>& job, const std::string& key)
    {
      return job.has_value() && job->kind == JobKind::Archive && ParseVolume(key).has_value();
    }

    // What of the file the key asks for: all of it unless there are volumes
    ByteRange
    FindSlice(const ArchiveRecord& record, const std::string& key, std::uint64_t fileBytes)
    {
      const std::vector<ArchiveVolume>& volumes = record.report.volumes;
      const std::size_t number = ParseVolume(key).value_or(0);
      if (volumes.empty() && number <= 1)
      {
        return ByteRange{0, fileBytes}; // also as the only volume
      }
      if (number == 0)
      {
        throw Failure(FailureKind::NotFound,
                      "The medium has several volumes: archive-1 to archive-" +
                        std::to_string(volumes.size()));
      }
      if (number > volumes.size())
      {
        throw MakeNoOutput(key);
      }
      const ArchiveVolume& volume = volumes[number - 1];
      if (volume.sizeBytes > fileBytes || volume.offsetBytes > fileBytes - volume.sizeBytes)
      {
        throw Failure(FailureKind::Internal, "The file is shorter than its volumes");
      }
      return ByteRange{volume.offsetBytes, volume.sizeBytes};
    }

    // "name.zip" -> "name-2.zip"
    std::string NameVolume(const std::string& filename, const std::string& key)
    {
      const std::size_t dot = filename.rfind('.');
      const std::size_t end = dot == std::string::npos || dot == 0 ? filename.size() : dot;
      return filename.substr(0, end) + "-" + key.substr(VOLUME_PREFIX.size()) +
             filename.substr(end);
    }

    // Hosts before 1.12.7 knew no names for such files, and theirs was a fixed one
    std::string GetOutputFilename(const ArchiveRequest& request, const HostVersion& version)
    {
      const bool isNamed = request.filename != GetDefaultFilename(request);
      return isNamed || version.IsAtLeast(1, 12, 7) ? request.filename : "archive.zip";
    }

    void SendArchive(const Services& services,
                     const std::string& archiveId,
                     const std::string& key,
                     const HttpRequest& request,
                     IHttpAnswer& answer)
    {
      const std::optional<FilePage> page = ParseFilePage(request);
      const std::optional<ArchiveRecord> record = services.spool.Find(archiveId);
      if (!record.has_value())
      {
        throw MakeNoOutput(key);
      }
      const std::unique_ptr<MappedFile> file = services.spool.OpenArchive(archiveId);
      const ByteRange slice = FindSlice(*record, key, file->GetSizeBytes());
      std::string filename = GetOutputFilename(record->request, services.version);
      if (!record->report.volumes.empty())
      {
        filename = NameVolume(filename, key);
      }
      ZipHead head;
      head.mime = GetMime(record->request.format);
      head.contentDisposition =
        FormatContentDisposition(filename, services.settings.archive.isAttachment);
      head.tooLargeMessage = ARCHIVE_TOO_LARGE;
      head.validators = MakeValidators(*record, slice);
      if (SendZipFile(file->GetData() + slice.offset, slice.sizeBytes, page, head, request, answer))
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
    if (IsArchive(job, key) || IsVolume(job, key))
    {
      SendArchive(services, job->archiveId, key, request, answer);
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
