// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "../IDicomStore.h"

#include <string>

namespace OrthancPlugins
{
  // What a DICOMDIR says of one file and of what is above it (PS3.3 F.5). Patient data: never log it.
  //
  // "…Keys" are the key elements of a directory record that the file has, encoded in explicit VR little
  // endian in ascending order of their tags, (0008,0005) first: the bytes of the file's own values in
  // its own character set, never converted, trailing NULs removed. What is missing there is invented
  // by DicomDirBuilder, which alone sees all files
  struct DicomSummary
  {
    std::string patientKeys;
    std::string studyKeys;
    std::string seriesKeys;
    std::string instanceKeys;
    std::string recordType; // defined term of (0004,1430): "IMAGE", "SR DOCUMENT", "PRIVATE"...

    std::string sopClassUid;
    std::string sopInstanceUid;
    std::string transferSyntaxUid; // of the file's meta header
    std::string privateRecordUid;  // (0004,1432) if the type is PRIVATE

    // What tells one patient, study, series from another: raw values, without padding
    std::string patientId;
    std::string patientNameRaw;
    std::string studyInstanceUid;
    std::string seriesInstanceUid;

    // What stands in for a study date that is missing: of the series, the acquisition or the content
    std::string substituteDate; // DA
    std::string substituteTime; // TM

    // For people: UTF-8, whatever the file's character set; undecodable characters become U+FFFD
    std::string patientName;
    std::string patientBirthDate; // DA
    std::string patientSex;
    std::string studyDate; // DA
    std::string studyTime; // TM
    std::string studyDescription;
    std::string accessionNumber;
    std::string modality;
    std::string seriesNumber;
    std::string seriesDescription;
    std::string instanceNumber;
    std::string documentTitle;
    std::string mimeType;     // (0042,0012), empty if the file holds no document
    unsigned framesCount = 0; // 0: no pixel data module
  };

  struct SummaryOptions
  {
    bool isExtended = false; // SeriesDescription among the keys of the series, and nothing else
  };

  /**
   * Reads the header of a DICOM file, up to the pixel data or the encapsulated document and no further:
   * in ranges that grow, where the store reads in ranges. Thread-safe.
   *
   * Throws Failure(SourceMissing) for what cannot be referenced by a DICOMDIR: no DICOM file of PS3.10
   * (7.1: preamble, meta header), a meta header without transfer syntax, no SOP Class UID (of text VR),
   * no SOP Instance UID. The message says what, without any value of the file.
   **/
  DicomSummary ReadDicomSummary(const IInstanceData& data, const SummaryOptions& options);
} // namespace OrthancPlugins
