// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "../ArchivePolicies.h"
#include "../IDicomStore.h"

#include <optional>
#include <string>
#include <vector>

namespace OrthancPlugins
{
  // What was asked for, as plain values: the durable part of a job
  struct ArchiveRequest
  {
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
  };
} // namespace OrthancPlugins
