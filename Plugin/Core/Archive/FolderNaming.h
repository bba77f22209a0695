// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "../HostVersion.h"
#include "../IDicomStore.h"

#include <cstdint>
#include <string>

namespace OrthancPlugins
{
  /**
   * Names of folders and files, byte by byte as a version of the host makes them in its ArchiveJob and
   * HierarchicalZipWriter. Names may come out empty or unsafe, as in the host: SafeNames.h and
   * PathLayout.h have our own rules, which come on top.
   *
   * | Part         | before 1.13.0                        | since 1.13.0                            |
   * |--------------|--------------------------------------|-----------------------------------------|
   * | patient      | PatientID PatientName                | PatientID - PatientName                 |
   * | study        | AccessionNumber StudyDescription     | AccessionNumber - StudyDescription      |
   * | series       | Modality SeriesDescription           | SeriesNumber - Modality - SeriesDescr.  |
   *
   * An absent PatientID leaves "- Name" since 1.13.0, other absent parts leave no separator. Nothing
   * left: "Unknown Patient" and so on; since 1.12.2 also if only "^" are left.
   *
   * Characters before 1.12.11: bytes outside of ASCII and control characters vanish ("é" leaves
   * nothing, not "e"), "^" becomes a space, then letters, digits, "." and "_" stay, spaces stay once.
   * Since 1.12.11: bytes outside of ASCII vanish unless UTF-8 is on and the text is valid; white space,
   * control characters, slashes and : * ? " < > | become one space; all else stays.
   * UTF-8 names on hosts that do not know them: characters as since 1.12.11, parts as the host's.
   *
   * Files: eight digits, of which the first letters of the modality take the place of two (or one).
   * The width is a minimum.
   **/
  class FolderNaming
  {
  public:
    FolderNaming(const HostVersion& version, bool isUtf8);

    std::string GetPatientFolder(const DicomTags& patient) const;
    std::string GetStudyFolder(const DicomTags& study) const;
    std::string GetSeriesFolder(const DicomTags& series) const;
    std::string GetFileName(const DicomTags& series, std::uint32_t index) const;

    // What 1.12.11 and newer do to each name
    static std::string NormalizeName(const std::string& text, bool isUtf8);

  private:
    // The host cleans the text twice: before it looks whether anything is left, and as a name
    std::string MakeFolder(const std::string& text, const std::string& fallback) const;

    std::string CleanName(const std::string& text) const;

    bool hasDashes_;      // " - " between the parts
    bool isAlphanumeric_; // the old set of characters, and ASCII before anything else
    bool skipsCarets_;    // only "^" counts as nothing
    bool isUtf8_;
  };
} // namespace OrthancPlugins
