// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "../IDicomStore.h"

#include <string>

class DcmItem;

namespace OrthancPlugins
{
  // Copies what a new object has in common with a file of the same patient, study or series: see
  // DicomObject::CopyParent(). Reads the header of the file only, in ranges that grow. Throws
  // Failure(SourceMissing) if it is no DICOM file
  void CopyParentModules(const IInstanceData& sibling, ResourceLevel level, DcmItem& target);

  // By what other objects refer to one, and when its content was made
  struct ObjectIdentity
  {
    std::string sopClassUid;
    std::string sopInstanceUid;
    std::string studyInstanceUid;
    std::string seriesInstanceUid;
    std::string contentDate; // DA, may be empty
    std::string contentTime; // TM, may be empty
  };

  // Throws Failure(SourceMissing) if it is no DICOM file
  ObjectIdentity ReadIdentity(const IInstanceData& data);
} // namespace OrthancPlugins
