// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "ArchivePolicies.h"

#include <cstdint>
#include <optional>
#include <string>

namespace OrthancPlugins
{
  struct ArchiveSettings
  {
    bool isEnabled = true;                     // the takeover of the archive routes
    ArchiveDensity density = ArchiveDensity::Fast;
    MissingPolicy onMissing = MissingPolicy::Fail;
    TranscodeFailurePolicy onTranscodeFailure = TranscodeFailurePolicy::KeepOriginal;
    std::string naming = "Host";
    bool hasUtf8Names = false;
    bool hasManifest = false;
    bool isChunked = true;                     // frame streams of unknown length (RFC 9112 7.1)
    bool isAttachment = false;                 // "attachment" in Content-Disposition
    unsigned maxStreams = 20;                  // synchronous archives at the same time; others wait
    unsigned threads = 2;                      // per archive
    std::uint64_t windowBytes = 16u << 20;     // in flight per archive
    bool readsStorageDirectly = true;          // ranges from the host's own storage area
  };

  struct SpoolSettings
  {
    std::string directory;                     // absolute
    std::optional<std::uint64_t> maxArchives;  // absent: no limit
    std::optional<std::uint64_t> maxAgeHours;  // absent: no limit
  };

  // What we read of the host's own configuration
  struct HostSettings
  {
    std::string storageDirectory;
    bool hasDirectStorage = false;             // files of the storage area may be read by path
    bool isStorageCompressed = false;
    unsigned jobsHistorySize = 10;
    bool isZipStreamed = true;                 // SynchronousZipStream
    bool hasZipUtf8 = false;                   // ZipUseUtf8
    bool describesErrors = true;               // HttpDescribeErrors
    unsigned lossyQuality = 90;                // DicomLossyTranscodingQuality
  };

  // All options as plain values, checked
  struct Settings
  {
    bool isJobsEnabled = true;                 // the takeover of /jobs
    ArchiveSettings archive;
    SpoolSettings spool;
    HostSettings host;
  };
}
