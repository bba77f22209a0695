// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "SpoolIndex.h"
#include "SpoolNames.h"
#include "SpoolSpace.h"

#include <string>
#include <vector>

namespace OrthancPlugins
{
  /**
   * Reads a spool directory as a crash may have left it, fills the index and the books, and removes what belongs to no
   * record. What it cannot read, it leaves untouched and returns as a warning for the operator. Only
   * for a directory that nobody else uses. Throws Failure(CannotWrite) if it cannot be listed.
   **/
  std::vector<std::string> RecoverSpool(const SpoolNames& names,
                                        int directoryDescriptor,
                                        SpoolIndex& index,
                                        SpoolSpace& space);
} // namespace OrthancPlugins
