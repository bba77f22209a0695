// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "ArchivePlan.h"
#include "BuilderOptions.h"

#include <cstdint>

namespace OrthancPlugins
{
  struct ArchiveEstimate
  {
    std::uint64_t instancesCount = 0;
    std::uint64_t uncompressedBytes = 0;
    std::uint64_t expectedBytes = 0; // of the ZIP
    bool isExact = false;
  };

  // Reads no file. What is compressed counts with the ratio usual for such images
  ArchiveEstimate EstimateArchive(const ArchivePlan& plan, const BuilderOptions& options);
} // namespace OrthancPlugins
