// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "../IDicomStore.h"

#include <cstdint>
#include <ctime>
#include <string>
#include <vector>

namespace OrthancPlugins
{
  struct PlannedEntry
  {
    std::string path; // in the ZIP: relative, separated by '/', safe and unique; UTF-8 or ASCII
    StoredInstance instance;    // without tags
    bool isStored = false;      // method 0, else deflated
    bool isSeriesStart = false; // the first one of its series
  };

  // Every file of the archive in its order. Patient data: never log it
  struct ArchivePlan
  {
    std::vector<PlannedEntry> entries;
    std::uint64_t uncompressedBytes = 0; // sum of the stored files, before transcoding
    bool hasUtf8Names = false;
  };

  // Gives every file its file ID on a medium
  void NameMediaFiles(ArchivePlan& plan);

  // When the last file was received: the same for the same files. 0 if nobody knows
  std::time_t GetLatestReception(const ArchivePlan& plan);
} // namespace OrthancPlugins
