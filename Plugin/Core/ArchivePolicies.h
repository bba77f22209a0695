// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

namespace OrthancPlugins
{
  enum class ArchiveDensity
  {
    Fast,  // deflate by ISA-L
    Dense, // deflate by libdeflate: slower, smaller
    Store  // no compression
  };

  enum class MissingPolicy
  {
    Fail,  // an instance that cannot be read fails the archive
    Report // it is left out and listed in MISSING.txt
  };

  enum class TranscodeFailurePolicy
  {
    KeepOriginal,
    Fail
  };
} // namespace OrthancPlugins
