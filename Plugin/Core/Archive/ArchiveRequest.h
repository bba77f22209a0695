// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "../ArchivePolicies.h"
#include "../IDicomStore.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace OrthancPlugins
{
  // What a medium is to have beside its files; without meaning for an archive
  struct MediaRequest
  {
    bool isExtended = false; // SeriesDescription in the DICOMDIR
    MediaProfile profile = MediaProfile::None;
    bool hasReadme = false;    // README.TXT
    bool hasPdf = false;       // encapsulated documents, extracted
    bool hasIndex = false;     // INDEX.HTM, with previews
    std::string overlay;       // name of a folder of the configuration; empty: none
    unsigned volumeSizeMB = 0; // of 1,000,000 bytes each; 0: one volume, however large
  };

  // What was asked for, as plain values: the durable part of a job
  struct ArchiveRequest
  {
    ArchiveKind kind = ArchiveKind::Archive;

    // Absent: a batch request (/tools/create-archive), whose resources may be of any level
    std::optional<ResourceLevel> level;

    // Orthanc identifiers, in the order and number of the request; exactly one if there is a level
    std::vector<std::string> resources;

    bool isPost = false; // some hosts lay out GET and POST differently
    bool isSynchronous = true;
    int priority = 0;
    std::optional<TranscodeTarget> transcode;
    std::string filename;     // UTF-8, never empty after parsing
    std::string userDataJson; // JSON text of any type; empty if absent
    bool isUtf8 = false;      // names in UTF-8 (APPNOTE 4.4.4 bit 11), else ASCII
    ArchiveDensity density = ArchiveDensity::Fast;
    MissingPolicy onMissing = MissingPolicy::Fail;
    TranscodeFailurePolicy onTranscodeFailure = TranscodeFailurePolicy::KeepOriginal;
    bool hasManifest = false;
    std::string naming = "Host"; // or a template, see Core/Archive/NamingTemplate.h
    MediaRequest media;
    ArchiveFormat format = ArchiveFormat::Zip;
    bool isEncrypted = false; // the password is never part of a request, which is durable
  };
} // namespace OrthancPlugins
