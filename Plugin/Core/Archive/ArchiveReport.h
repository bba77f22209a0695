// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include <string>
#include <vector>

namespace OrthancPlugins
{
  // What became of the instances; complete once the builder has finished
  struct ArchiveReport
  {
    std::vector<std::string> missing;       // Orthanc identifiers left out (MissingPolicy::Report)
    std::vector<std::string> notTranscoded; // Orthanc identifiers kept in their transfer syntax
  };
} // namespace OrthancPlugins
