// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "ArchivePlan.h"
#include "BuilderOptions.h"

#include <string>

namespace OrthancPlugins
{
  // SHA-256 in hexadecimal of all that the bytes of an archive depend on: paths, identifiers, sizes and
  // dates of the files, options that change bytes. Never of the number of threads
  std::string ComputeFingerprint(const ArchivePlan& plan, const BuilderOptions& options);
} // namespace OrthancPlugins
