// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "ArchivePlan.h"
#include "BuilderOptions.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace OrthancPlugins
{
  // The media that a plan becomes: one, unless the options give volumes a size. A series is kept together
  // where it fits into one volume. Nothing is read: what is not known before (transcoded files, keys of
  // structured reports) counts generously, and is checked once the volume is made.
  //
  // Throws Failure(OutOfRange) if a file, or what every volume has, is larger than a volume: with the
  // instance
  std::vector<ArchivePlan> PlanVolumes(ArchivePlan plan, const BuilderOptions& options);

  // Size of a volume; absent: no limit
  std::optional<std::uint64_t> FindVolumeBytes(const BuilderOptions& options);

  // Of one of several volumes, "index" from 0; throws Failure(TooLarge) if it exceeds its size
  void CheckVolume(std::size_t index, std::uint64_t sizeBytes, const BuilderOptions& options);

  // (0004,1130), at most 16 characters
  std::string MakeFileSetId(std::size_t index, std::size_t count);
} // namespace OrthancPlugins
