// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "../IDicomStore.h"

#include <cstdint>
#include <map>
#include <string>

namespace OrthancPlugins
{
  struct ScannedValue
  {
    std::string vr;         // of the standard
    std::string value;      // as in explicit VR little endian, text without NULs at its end
    bool hasTextVr = false; // in the file: text, as far as the file says
  };

  // The elements of a header that a directory record can need, and few others
  struct ScannedHeader
  {
    std::string transferSyntaxUid;
    std::map<std::uint32_t, ScannedValue> elements; // those that are there, even if empty
  };

  /**
   * Goes through the header of a DICOM file without building it in memory: what is not needed is
   * skipped by its length, or item by item, and of sequences only the attributes and items that a
   * directory record takes (PS3.3 F.5) are kept. DCMTK would hold everything, and follow the nesting
   * of a hostile file to the end of its stack.
   *
   * Ends at the last element that the record type of the file needs, at the latest at the pixel data.
   * An encapsulated document is skipped: its MIME type comes behind it.
   *
   * Throws Failure(SourceMissing) for what is no DICOM file, is damaged or ends within its header.
   * Thread-safe.
   **/
  ScannedHeader ScanHeader(const IInstanceData& data);

  constexpr std::uint32_t TAG_SPECIFIC_CHARACTER_SET = 0x00080005;
  constexpr std::uint32_t TAG_SOP_CLASS_UID = 0x00080016;
  constexpr std::uint32_t TAG_SOP_INSTANCE_UID = 0x00080018;
  constexpr std::uint32_t TAG_STUDY_DATE = 0x00080020;
  constexpr std::uint32_t TAG_SERIES_DATE = 0x00080021;
  constexpr std::uint32_t TAG_ACQUISITION_DATE = 0x00080022;
  constexpr std::uint32_t TAG_CONTENT_DATE = 0x00080023;
  constexpr std::uint32_t TAG_STUDY_TIME = 0x00080030;
  constexpr std::uint32_t TAG_SERIES_TIME = 0x00080031;
  constexpr std::uint32_t TAG_ACQUISITION_TIME = 0x00080032;
  constexpr std::uint32_t TAG_CONTENT_TIME = 0x00080033;
  constexpr std::uint32_t TAG_ACCESSION_NUMBER = 0x00080050;
  constexpr std::uint32_t TAG_MODALITY = 0x00080060;
  constexpr std::uint32_t TAG_STUDY_DESCRIPTION = 0x00081030;
  constexpr std::uint32_t TAG_SERIES_DESCRIPTION = 0x0008103E;
  constexpr std::uint32_t TAG_PATIENT_NAME = 0x00100010;
  constexpr std::uint32_t TAG_PATIENT_ID = 0x00100020;
  constexpr std::uint32_t TAG_PATIENT_BIRTH_DATE = 0x00100030;
  constexpr std::uint32_t TAG_PATIENT_SEX = 0x00100040;
  constexpr std::uint32_t TAG_STUDY_INSTANCE_UID = 0x0020000D;
  constexpr std::uint32_t TAG_SERIES_INSTANCE_UID = 0x0020000E;
  constexpr std::uint32_t TAG_STUDY_ID = 0x00200010;
  constexpr std::uint32_t TAG_SERIES_NUMBER = 0x00200011;
  constexpr std::uint32_t TAG_INSTANCE_NUMBER = 0x00200013;
  constexpr std::uint32_t TAG_NUMBER_OF_FRAMES = 0x00280008;
  constexpr std::uint32_t TAG_ROWS = 0x00280010;
  constexpr std::uint32_t TAG_VERIFICATION_DATE_TIME = 0x0040A030;
  constexpr std::uint32_t TAG_VERIFYING_OBSERVERS = 0x0040A073;
  constexpr std::uint32_t TAG_CONCEPT_NAME = 0x0040A043;
  constexpr std::uint32_t TAG_VERIFICATION_FLAG = 0x0040A493;
  constexpr std::uint32_t TAG_CONTENT_SEQUENCE = 0x0040A730;
  constexpr std::uint32_t TAG_DOCUMENT_TITLE = 0x00420010;
  constexpr std::uint32_t TAG_MIME_TYPE = 0x00420012;
} // namespace OrthancPlugins
