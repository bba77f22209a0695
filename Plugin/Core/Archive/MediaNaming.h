// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include <cstdint>
#include <string>

namespace OrthancPlugins
{
  // Names of DICOM files on a medium: file IDs of at most eight characters a component (PS3.10 8.2),
  // separated by '/' as in a ZIP. The same file of as many files has always the same name.
  //
  // | Files          | Name                                                       |
  // |----------------|------------------------------------------------------------|
  // | up to 999,999  | IMAGES/IM0, IMAGES/IM1... as the host                      |
  // | more           | IMAGES/D0000001/IM000000... with 10,000 files in a folder  |
  //
  // Throws Failure(TooLarge) if the names do not suffice, Failure(Internal) if there is no such file
  std::string MakeMediaFileId(std::uint64_t index, std::uint64_t filesCount);
} // namespace OrthancPlugins
