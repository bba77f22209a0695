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

  enum class ArchiveKind
  {
    Archive, // readable names in folders of patients, studies, series
    Media    // a file-set with DICOMDIR (PS3.10)
  };

  enum class ArchiveFormat
  {
    Zip,
    Iso // image of a volume (ECMA-119), of media only
  };

  // Application profiles of PS3.11 annexes D, H, J, by the transfer syntaxes that they allow
  enum class MediaProfile
  {
    None, // files as they are stored
    StdGenCd,
    StdGenDvdJpeg,
    StdGenUsbJpeg,
    StdGenDvdJ2k,
    StdGenUsbJ2k
  };
} // namespace OrthancPlugins
