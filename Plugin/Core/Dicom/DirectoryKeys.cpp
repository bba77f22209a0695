// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "DirectoryKeys.h"

#include <algorithm>

namespace OrthancPlugins
{
  namespace
  {
    constexpr std::string_view DICOM_ROOT = "1.2.840.10008.";

    constexpr KeyType T1 = KeyType::Mandatory;
    constexpr KeyType T1C = KeyType::Conditional;
    constexpr KeyType T2 = KeyType::Empty;
    constexpr KeyType T3 = KeyType::Optional;

    constexpr DirectoryKey CONTENT_DATE = {0x00080023, "DA", T1};
    constexpr DirectoryKey CONTENT_TIME = {0x00080033, "TM", T1};
    constexpr DirectoryKey INSTANCE_NUMBER = {0x00200013, "IS", T1};
    constexpr DirectoryKey CONCEPT_NAME = {0x0040A043, "SQ", T1};
    constexpr DirectoryKey CONTENT_ITEMS = {0x0040A730, "SQ", T1C};
    constexpr DirectoryKey CONTENT_LABEL = {0x00700080, "CS", T1};
    constexpr DirectoryKey CONTENT_DESCRIPTION = {0x00700081, "LO", T2};
    constexpr DirectoryKey CONTENT_CREATOR = {0x00700084, "PN", T2};

    // The order of FindRecordType's table, and of nothing else
    const std::vector<DirectoryRecordType>& GetTypes()
    {
      static const DirectoryKeys identifiedContent = {CONTENT_DATE,        CONTENT_TIME,
                                                      INSTANCE_NUMBER,     CONTENT_LABEL,
                                                      CONTENT_DESCRIPTION, CONTENT_CREATOR};

      static const std::vector<DirectoryRecordType> types = {
        {"IMAGE", false, {INSTANCE_NUMBER}},
        {"PRIVATE", false, {}},
        {"SR DOCUMENT",
         false,
         {CONTENT_DATE,
          CONTENT_TIME,
          INSTANCE_NUMBER,
          {0x0040A030, "DT", T1C}, // VerificationDateTime
          CONCEPT_NAME,
          {0x0040A491, "CS", T1}, // CompletionFlag
          {0x0040A493, "CS", T1}, // VerificationFlag
          CONTENT_ITEMS}},
        {"KEY OBJECT DOC",
         false,
         {CONTENT_DATE, CONTENT_TIME, INSTANCE_NUMBER, CONCEPT_NAME, CONTENT_ITEMS}},
        {"PRESENTATION",
         false,
         {{0x00081115, "SQ", T1C}, // ReferencedSeriesSequence
          INSTANCE_NUMBER,
          CONTENT_LABEL,
          CONTENT_DESCRIPTION,
          {0x00700082, "DA", T1}, // PresentationCreationDate
          {0x00700083, "TM", T1},
          CONTENT_CREATOR,
          {0x00700402, "SQ", T1C}}}, // BlendingSequence
        {"WF PRESENTATION",
         false,
         {{0x00081115, "SQ", T1C},
          INSTANCE_NUMBER,
          CONTENT_LABEL,
          CONTENT_DESCRIPTION,
          {0x00700082, "DA", T1},
          {0x00700083, "TM", T1}}},
        {"RT DOSE", false, {INSTANCE_NUMBER, {0x3004000A, "CS", T1}}}, // DoseSummationType
        {"RT STRUCTURE SET",
         false,
         {INSTANCE_NUMBER,
          {0x30060002, "SH", T1}, // StructureSetLabel
          {0x30060008, "DA", T2},
          {0x30060009, "TM", T2}}},
        {"RT PLAN",
         false,
         {INSTANCE_NUMBER,
          {0x300A0002, "SH", T1}, // RTPlanLabel
          {0x300A0006, "DA", T2},
          {0x300A0007, "TM", T2}}},
        {"RT TREAT RECORD",
         false,
         {INSTANCE_NUMBER, {0x30080250, "DA", T2}, {0x30080251, "TM", T2}}}, // TreatmentDate
        {"RADIOTHERAPY",
         false,
         {INSTANCE_NUMBER,
          CONTENT_DESCRIPTION,
          CONTENT_CREATOR,
          {0x30100033, "SH", T1C}, // UserContentLabel
          {0x30100034, "LO", T1C}}},
        {"PLAN", false, {}},
        {"ENCAP DOC",
         false,
         {{0x00080023, "DA", T2},
          {0x00080033, "TM", T2},
          INSTANCE_NUMBER,
          {0x0040A043, "SQ", T2},
          {0x0040E001, "ST", T1C},  // HL7InstanceIdentifier
          {0x00420010, "ST", T2},   // DocumentTitle
          {0x00420012, "LO", T1}}}, // MIMETypeOfEncapsulatedDocument
        {"WAVEFORM", false, {CONTENT_DATE, CONTENT_TIME, INSTANCE_NUMBER}},
        {"RAW DATA", false, {CONTENT_DATE, CONTENT_TIME, {0x00200013, "IS", T2}}},
        {"REGISTRATION", false, identifiedContent},
        {"FIDUCIAL", false, identifiedContent},
        {"SURFACE", false, identifiedContent},
        {"TRACT", false, identifiedContent},
        {"VALUE MAP", false, identifiedContent},
        {"MEASUREMENT", false, identifiedContent},
        {"ANNOTATION", false, identifiedContent},
        {"SURFACE SCAN", false, {CONTENT_DATE, CONTENT_TIME}},
        {"STEREOMETRIC",
         false,
         {INSTANCE_NUMBER, CONTENT_LABEL, CONTENT_DESCRIPTION, CONTENT_CREATOR}},
        {"SPECTROSCOPY",
         false,
         {{0x00080008, "CS", T1}, // ImageType
          CONTENT_DATE,
          CONTENT_TIME,
          {0x00089092, "SQ", T1C}, // ReferencedImageEvidenceSequence
          INSTANCE_NUMBER,
          {0x00280008, "IS", T1}, // NumberOfFrames
          {0x00280010, "US", T1}, // Rows
          {0x00280011, "US", T1},
          {0x00289001, "UL", T1},   // DataPointRows
          {0x00289002, "UL", T1}}}, // DataPointColumns
        {"ASSESSMENT",
         false,
         {{0x00080012, "DA", T1}, {0x00080013, "TM", T2}, INSTANCE_NUMBER}}, // InstanceCreation
        {"INVENTORY",
         true,
         {CONTENT_DATE,
          CONTENT_TIME,
          {0x00080400, "SQ", T2},   // ScopeOfInventorySequence
          {0x00080401, "LT", T2},   // InventoryPurpose
          {0x00080403, "CS", T1},   // InventoryLevel
          {0x00080426, "CS", T1},   // InventoryCompletionStatus
          {0x00080428, "UV", T1}}}, // TotalNumberOfStudyRecords
        {"HANGING PROTOCOL",
         true,
         {{0x00720002, "SH", T1}, // HangingProtocolName
          {0x00720004, "LO", T1},
          {0x00720006, "CS", T1},
          {0x00720008, "LO", T1},
          {0x0072000A, "DT", T1},
          {0x0072000C, "SQ", T1},   // HangingProtocolDefinitionSequence
          {0x0072000E, "SQ", T2},   // HangingProtocolUserIdentificationCodeSequence
          {0x00720014, "US", T1}}}, // NumberOfPriorsReferenced
        {"PALETTE", true, {CONTENT_LABEL, CONTENT_DESCRIPTION}},
        {"IMPLANT",
         true,
         {{0x00080070, "LO", T1}, // Manufacturer
          {0x00221095, "LO", T1}, // ImplantName
          {0x00221097, "LO", T1}, // ImplantPartNumber
          {0x00686210, "LO", T1C}}},
        {"IMPLANT ASSY",
         true,
         {{0x00760001, "LO", T1}, // ImplantAssemblyTemplateName
          {0x00760003, "LO", T1},
          {0x00760020, "SQ", T1}}},
        {"IMPLANT GROUP", true, {{0x00780001, "LO", T1}, {0x00780020, "LO", T1}}},
        // Retired, but in archives
        {"OVERLAY", false, {{0x00200022, "IS", T1}}},
        {"CURVE", false, {{0x00200024, "IS", T1}}},
        {"MODALITY LUT", false, {{0x00200026, "IS", T1}}},
        {"VOI LUT", false, {{0x00200026, "IS", T1}}},
        {"STORED PRINT", false, {{0x00200013, "IS", T2}}}};
      return types;
    }

    struct SopClasses
    {
      std::string_view uid; // behind 1.2.840.10008.5.1.; a "." at the end stands for all below
      std::string_view type;
    };

    // The first that fits counts
    constexpr SopClasses SOP_CLASSES[] = {
      {"4.1.1.88.59", "KEY OBJECT DOC"},
      {"4.1.1.88.", "SR DOCUMENT"},
      {"4.1.1.11.", "PRESENTATION"},
      {"4.1.1.131", "PRESENTATION"},
      {"4.1.1.9.100.", "WF PRESENTATION"},
      {"4.1.1.9.", "WAVEFORM"},
      {"4.1.1.481.1", "IMAGE"},
      {"4.1.1.481.2", "RT DOSE"},
      {"4.1.1.481.3", "RT STRUCTURE SET"},
      {"4.1.1.481.5", "RT PLAN"},
      {"4.1.1.481.8", "RT PLAN"},
      {"4.1.1.481.4", "RT TREAT RECORD"},
      {"4.1.1.481.6", "RT TREAT RECORD"},
      {"4.1.1.481.7", "RT TREAT RECORD"},
      {"4.1.1.481.9", "RT TREAT RECORD"},
      {"4.1.1.481.23", "IMAGE"}, // Enhanced RT Image
      {"4.1.1.481.24", "IMAGE"}, // Enhanced Continuous RT Image
      {"4.1.1.481.25", "PLAN"},  // RT Patient Position Acquisition Instruction
      {"4.1.1.481.", "RADIOTHERAPY"},
      {"4.34.", "PLAN"},
      {"4.1.1.104.", "ENCAP DOC"},
      {"4.1.1.66", "RAW DATA"},
      {"4.1.1.66.1", "REGISTRATION"},
      {"4.1.1.66.2", "FIDUCIAL"},
      {"4.1.1.66.3", "REGISTRATION"},
      {"4.1.1.66.4", "IMAGE"}, // Segmentation
      {"4.1.1.66.5", "SURFACE"},
      {"4.1.1.66.6", "TRACT"},
      {"4.1.1.67", "VALUE MAP"},
      {"4.1.1.68.", "SURFACE SCAN"},
      {"4.1.1.4.2", "SPECTROSCOPY"},
      {"4.1.1.77.1.5.3", "STEREOMETRIC"},
      {"4.1.1.78.6", "SR DOCUMENT"}, // Spectacle Prescription Report
      {"4.1.1.78.", "MEASUREMENT"},
      {"4.1.1.79.1", "SR DOCUMENT"}, // Macular Grid Thickness and Volume Report
      {"4.1.1.80.1", "MEASUREMENT"},
      {"4.1.1.90.1", "ASSESSMENT"},
      {"4.1.1.91.1", "ANNOTATION"},
      {"4.1.1.201.1", "INVENTORY"},
      {"4.38.1", "HANGING PROTOCOL"},
      {"4.39.1", "PALETTE"},
      {"4.43.1", "IMPLANT"},
      {"4.44.1", "IMPLANT ASSY"},
      {"4.45.1", "IMPLANT GROUP"},
      {"4.1.1.8", "OVERLAY"},
      {"4.1.1.9", "CURVE"},
      {"4.1.1.129", "CURVE"},
      {"4.1.1.10", "MODALITY LUT"},
      {"4.1.1.11", "VOI LUT"},
      {"1.27", "STORED PRINT"}};

    bool IsSame(std::string_view uid, std::string_view pattern)
    {
      return pattern.back() == '.' ? uid.substr(0, pattern.size()) == pattern : uid == pattern;
    }
  } // namespace

  const DirectoryKeys& GetPatientKeys()
  {
    static const DirectoryKeys keys = {{0x00100010, "PN", T2}, {0x00100020, "LO", T1}};
    return keys;
  }

  const DirectoryKeys& GetStudyKeys()
  {
    static const DirectoryKeys keys = {{0x00080020, "DA", T1}, {0x00080030, "TM", T1},
                                       {0x00080050, "SH", T2}, {0x00081030, "LO", T2},
                                       {0x0020000D, "UI", T1}, {0x00200010, "SH", T1}};
    return keys;
  }

  const DirectoryKeys& GetSeriesKeys()
  {
    static const DirectoryKeys keys = {{0x00080060, "CS", T1},
                                       {0x0008103E, "LO", T3},
                                       {0x0020000E, "UI", T1},
                                       {0x00200011, "IS", T1}};
    return keys;
  }

  const DirectoryRecordType& GetRecordType(std::string_view name)
  {
    const std::vector<DirectoryRecordType>& types = GetTypes();
    const auto found =
      std::find_if(types.begin(), types.end(),
                   [name](const DirectoryRecordType& type) { return type.name == name; });
    return found == types.end() ? types[1] : *found;
  }

  const DirectoryRecordType& FindRecordType(std::string_view sopClassUid)
  {
    constexpr std::string_view SERVICES = "5.1.";
    if (sopClassUid.substr(0, DICOM_ROOT.size()) != DICOM_ROOT)
    {
      return GetRecordType("PRIVATE");
    }
    const std::string_view uid = sopClassUid.substr(DICOM_ROOT.size());
    if (uid.substr(0, SERVICES.size()) == SERVICES)
    {
      const std::string_view storage = uid.substr(SERVICES.size());
      const SopClasses* const found =
        std::find_if(std::begin(SOP_CLASSES), std::end(SOP_CLASSES),
                     [storage](const SopClasses& row) { return IsSame(storage, row.uid); });
      if (found != std::end(SOP_CLASSES))
      {
        return GetRecordType(found->type);
      }
    }
    return GetRecordType("IMAGE");
  }
} // namespace OrthancPlugins
