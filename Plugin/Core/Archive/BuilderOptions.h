// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "ArchiveRequest.h"

#include "../Settings.h"

#include <cstdint>
#include <ctime>
#include <optional>
#include <string>

namespace OrthancPlugins
{
  class CrcMemory;

  // What a medium has beside the files of the plan
  struct MediaBuild
  {
    MediaRequest request;
    std::string fileSetId = "ORTHANC_MEDIA"; // (0004,1130)
    std::time_t createdUtc = 0; // the same for the same files: when the last one was received
    std::string institutionText;
    std::string overlayDirectory; // empty: none
  };

  struct BuilderOptions
  {
    ArchiveDensity density = ArchiveDensity::Fast;
    MissingPolicy onMissing = MissingPolicy::Fail;
    TranscodeFailurePolicy onTranscodeFailure = TranscodeFailurePolicy::KeepOriginal;
    std::optional<TranscodeTarget> transcode;
    bool hasManifest = false;
    std::optional<MediaBuild> media; // absent: an archive
    ArchiveFormat format = ArchiveFormat::Zip;
    bool isEncrypted = false;
    std::string password; // if it is encrypted: the archive never has the same bytes again
    std::string temporaryDirectory; // of images of volumes

    // The archive has the same bytes whatever these say
    unsigned threads = 2;                  // that read and compress
    std::uint64_t windowBytes = 16u << 20; // of data in flight, beyond one entry
    bool hasJournal = true;                // keeps what TakeJournal() tells: 150 bytes an entry
    CrcMemory* crcs = nullptr; // of the files that are read; may be null, must outlive the builder
  };

  // What a request asks of the engine, within the limits of the settings
  BuilderOptions MakeBuilderOptions(const ArchiveRequest& request, const ArchiveSettings& settings);
} // namespace OrthancPlugins
