// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace OrthancPlugins
{
  // One of several media in one file
  struct ArchiveVolume
  {
    std::uint64_t offsetBytes = 0;
    std::uint64_t sizeBytes = 0;
  };

  // What became of the instances; complete once the builder has finished
  struct ArchiveReport
  {
    std::vector<std::string> missing;       // Orthanc identifiers left out (MissingPolicy::Report)
    std::vector<std::string> notTranscoded; // Orthanc identifiers kept in their transfer syntax
    std::vector<std::string> warnings;      // about the DICOMDIR; no patient data
    std::vector<ArchiveVolume> volumes;     // one behind the other; empty: the file is one
  };
} // namespace OrthancPlugins
