// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "CapturedImage.h"
#include "DicomObject.h"
#include "DocumentTypes.h"
#include "ParentModules.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace OrthancPlugins
{
  struct CodedConcept
  {
    std::string value;
    std::string scheme;
    std::string meaning;
  };

  // What a new object needs besides its parent and its content
  struct ObjectOptions
  {
    std::string title;                  // UTF-8; empty: that of a CDA document
    std::string modality;               // empty: that of the parent series, else the default
    std::string defaultModality = "OT"; // of documents
    std::optional<CodedConcept> conceptName;
    bool isBurnedIn = true;                    // (0028,0301)
    std::string softwareVersions;              // with backslashes between them
    std::int64_t nowMicroseconds = 0;          // since 1970-01-01 UTC
    std::optional<std::uint32_t> seriesNumber; // if the object is not in a series of the parent
    std::optional<std::uint32_t> instanceNumber;
    bool hasParentStudy = false;
    bool hasParentSeries = false;
    bool hasAcquisitionTimes = false; // (0008,0022) and (0008,0032), which are not in the IODs
    ObjectIdentity replaced;          // the predecessor; empty: none
  };

  // A date and a time of day as DA and TM
  struct DicomTime
  {
    std::string date;
    std::string time;
  };

  // In the zone of (0008,0201), "+HHMM"; without one, in that of this machine
  DicomTime FormatDicomTime(std::int64_t microseconds, const std::string& offset);

  // Completes the object with what every instance must have and what its parent and the client did not
  // give: identifiers, numbers, dates, Type 1 and 2 attributes of patient, study, series and equipment
  void CompleteObject(DicomObject& object, const ObjectOptions& options);

  // Throws Failure(OutOfRange) if the client has given the SOP class of something else
  void CheckDocumentClass(const DicomObject& object, DocumentKind kind);

  // The same for an encapsulated document (PS3.3 A.45, A.85). Throws what CheckDocumentClass() throws
  void CompleteDocument(DicomObject& object,
                        DocumentKind kind,
                        std::string_view content,
                        const ObjectOptions& options);

  // Secondary Capture, with several frames one of its relatives (PS3.3 A.8)
  std::string GetCaptureClass(bool isSingleFrame, unsigned samplesPerPixel, unsigned bitsAllocated);

  // The same for an image: a Secondary Capture, unless the client has given another SOP class, whose
  // attributes are the client's to give
  void
  CompleteCapture(DicomObject& object, const CapturedImage& image, const ObjectOptions& options);

  // The same for an object that is nothing else: Raw Data (PS3.3 A.37), unless the client has given a SOP
  // class
  void CompleteRawData(DicomObject& object, const ObjectOptions& options);
} // namespace OrthancPlugins
