// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "DicomSummary.h"

#include "../IByteSink.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace OrthancPlugins
{
  struct DicomDirOptions
  {
    std::string fileSetId = "ORTHANC_MEDIA"; // (0004,1130), CS of at most 16 characters
    std::string descriptorFileId;            // (0004,1141), "README.TXT"; empty: none
    bool isExtended = false;

    // For study dates that no file knows (Type 1): the same request gives the same bytes
    std::string fallbackDate; // DA
    std::string fallbackTime; // TM
  };

  /**
   * Collects what the files of a file-set say and makes its DICOMDIR (PS3.3 annex F, PS3.10 8.6):
   * explicit VR little endian, records in the order of the files.
   *
   * Invents Type 1 keys that the files lack (PatientID, StudyID, StudyDate, StudyTime, SeriesNumber,
   * InstanceNumber, Modality...), the same for the same files. Never attributes a file to another
   * patient: a study UID under two patients becomes two STUDY records, a series UID in two studies two
   * SERIES records, each with a warning; files of one SOP Instance UID are all referenced.
   *
   * Holds some hundred bytes a file. Not thread-safe.
   **/
  class DicomDirBuilder
  {
  public:
    explicit DicomDirBuilder(const DicomDirOptions& options);
    ~DicomDirBuilder();

    // "path" as in the ZIP: components of at most 8 characters, separated by '/', for example
    // "IMAGES/IM0". Throws Failure(Internal) if it is no file ID (PS3.10 8.2)
    void Add(const std::string& path, const DicomSummary& summary);

    // The same bytes however often it is called. Throws what the sink throws
    void Write(IByteSink& sink) const;

    std::uint64_t GetSizeBytes() const;

    // About collisions of identifiers, with UIDs but without names or patient IDs
    const std::vector<std::string>& GetWarnings() const;

  private:
    struct PImpl;
    std::unique_ptr<PImpl> pimpl_;
  };
} // namespace OrthancPlugins
