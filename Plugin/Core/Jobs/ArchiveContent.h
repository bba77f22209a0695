// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "../Archive/ArchiveReport.h"
#include "../Archive/ArchiveRequest.h"
#include "../Failure.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace OrthancPlugins
{
  // Of our jobs: those of the host
  const char* GetJobType(ArchiveKind kind);

  // Names below "/jobs/{id}/" of what an archive has become: "archive", or "archive-1"... for volumes
  std::vector<std::string> ListOutputs(const ArchiveReport& report);

  // What the "Content" of a job of type "Archive" or "Media" says
  struct ArchiveContent
  {
    std::string archiveId; // of the spool; empty: not shown (a stream has none)
    bool isReused = false; // the file was made by an earlier job
    ArchiveRequest request;
    std::uint64_t instancesCount = 0;
    std::uint64_t uncompressedBytes = 0;
    std::uint64_t archiveBytes = 0;
    std::optional<ArchiveReport> report;
    std::optional<FailureKind> failureKind;
    std::string failureText;
  };

  // Text of a JSON object with the host's members (Description, InstancesCount, UncompressedSizeMB,
  // ArchiveSizeMB, UncompressedSize, ArchiveSize, Transcode, Utf8, LossyQuality) and ours (Filename,
  // UserData, Compression, ArchiveId, Reused, NotTranscoded, Missing, ErrorCode, ErrorDescription,
  // ErrorDetails; Encrypted; of media: Extended, Profile, Format, VolumeSizeMB, Volumes, Warnings)
  std::string FormatArchiveContent(const ArchiveContent& content);

  // The host's numeric error code and its description, as "/jobs/{id}" shows them
  int GetJobErrorCode(FailureKind kind);
  std::string GetJobErrorDescription(FailureKind kind);
} // namespace OrthancPlugins
