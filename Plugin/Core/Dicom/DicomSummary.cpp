// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "DicomSummary.h"

#include "../Failure.h"
#include "DirectoryKeys.h"
#include "HeaderScanner.h"
#include "KeyElements.h"
#include "ReadableText.h"

#include <algorithm>
#include <charconv>
#include <initializer_list>
#include <optional>
#include <string_view>

namespace OrthancPlugins
{
  namespace
  {
    // The definition of our PRIVATE records: no keys beside this one
    constexpr const char* PRIVATE_RECORD_UID = "2.25.266756116315771206721656198734992134621";

    std::string_view GetRaw(const ScannedHeader& header, std::uint32_t tag)
    {
      const auto found = header.elements.find(tag);
      return found == header.elements.end() ? std::string_view() : found->second.value;
    }

    std::string GetPlain(const ScannedHeader& header, std::uint32_t tag)
    {
      std::string_view text = TrimEnd(GetRaw(header, tag));
      text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
      return std::string(text);
    }

    std::string GetFirst(const ScannedHeader& header, std::initializer_list<std::uint32_t> tags)
    {
      for (const std::uint32_t tag : tags)
      {
        std::string text = GetPlain(header, tag);
        if (!text.empty())
        {
          return text;
        }
      }
      return std::string();
    }

    void RequireUid(const ScannedHeader& header, std::uint32_t tag, const char* name)
    {
      const auto found = header.elements.find(tag);
      if (found == header.elements.end() || !found->second.hasTextVr ||
          IsEmptyValue(found->second.value))
      {
        throw Failure(FailureKind::SourceMissing, std::string("The DICOM file has no ") + name +
                                                    " as text, so no directory can refer to it");
      }
    }

    void AppendKey(std::string& keys, const ScannedHeader& header, std::uint32_t tag)
    {
      const auto found = header.elements.find(tag);
      if (found != header.elements.end())
      {
        AppendElement(keys, tag, found->second.vr, found->second.value);
      }
    }

    std::string MakeKeys(const ScannedHeader& header, const DirectoryKeys& wanted)
    {
      std::string keys;
      if (!IsEmptyValue(GetRaw(header, TAG_SPECIFIC_CHARACTER_SET)))
      {
        AppendKey(keys, header, TAG_SPECIFIC_CHARACTER_SET);
      }
      for (const DirectoryKey& key : wanted)
      {
        AppendKey(keys, header, key.tag);
      }
      return keys;
    }

    std::string MakeSeriesKeys(const ScannedHeader& header, bool isExtended)
    {
      DirectoryKeys wanted = GetSeriesKeys();
      wanted.erase(std::remove_if(wanted.begin(), wanted.end(),
                                  [isExtended](const DirectoryKey& key)
                                  { return key.type == KeyType::Optional && !isExtended; }),
                   wanted.end());
      return MakeKeys(header, wanted);
    }

    // The latest of the verifications, if the document is verified (PS3.3 F.5)
    void SetVerificationDateTime(ScannedHeader& header)
    {
      std::string latest;
      std::string_view items = GetRaw(header, TAG_VERIFYING_OBSERVERS);
      constexpr std::size_t ITEM_HEADER_BYTES = 8;
      while (items.size() >= ITEM_HEADER_BYTES)
      {
        const auto byte = [items](std::size_t i) { return static_cast<unsigned char>(items[i]); };
        const std::size_t length = byte(4) | std::size_t(byte(5)) << 8 |
                                   std::size_t(byte(6)) << 16 | std::size_t(byte(7)) << 24;
        const std::optional<std::string_view> verified =
          FindValue(items.substr(ITEM_HEADER_BYTES, length), TAG_VERIFICATION_DATE_TIME);
        if (verified.has_value() && *verified > latest)
        {
          latest = *verified;
        }
        items.remove_prefix(ITEM_HEADER_BYTES + length);
      }
      header.elements.erase(TAG_VERIFICATION_DATE_TIME);
      if (!latest.empty() && GetPlain(header, TAG_VERIFICATION_FLAG) == "VERIFIED")
      {
        header.elements[TAG_VERIFICATION_DATE_TIME] = ScannedValue{"DT", latest, true};
      }
    }

    const char* GuessMimeType(std::string_view sopClassUid)
    {
      constexpr std::string_view DOCUMENTS = "1.2.840.10008.5.1.4.1.1.104.";
      if (sopClassUid.substr(0, DOCUMENTS.size()) != DOCUMENTS)
      {
        return "";
      }
      const std::string_view kind = sopClassUid.substr(DOCUMENTS.size());
      return kind == "1"   ? "application/pdf"
             : kind == "2" ? "text/XML"
             : kind == "3" ? "model/stl"
             : kind == "4" ? "model/obj"
             : kind == "5" ? "model/mtl"
                           : "";
    }

    // Type 1 in the file as well, but there are files without
    void SetMimeType(ScannedHeader& header, const std::string& sopClassUid)
    {
      const std::string guessed = GuessMimeType(sopClassUid);
      if (IsEmptyValue(GetRaw(header, TAG_MIME_TYPE)) && !guessed.empty())
      {
        header.elements[TAG_MIME_TYPE] = ScannedValue{"LO", guessed, true};
      }
    }

    unsigned GetFramesCount(const ScannedHeader& header)
    {
      if (header.elements.count(TAG_ROWS) == 0)
      {
        return 0;
      }
      const std::string text = GetPlain(header, TAG_NUMBER_OF_FRAMES);
      unsigned count = 0;
      std::from_chars(text.data(), text.data() + text.size(), count);
      return std::max(count, 1u);
    }

    void SetReadable(DicomSummary& summary, const ScannedHeader& header)
    {
      ReadableText text(GetRaw(header, TAG_SPECIFIC_CHARACTER_SET));
      const auto get = [&](std::uint32_t tag) { return text.Convert(GetRaw(header, tag), false); };

      summary.patientName = text.Convert(GetRaw(header, TAG_PATIENT_NAME), true);
      summary.patientBirthDate = get(TAG_PATIENT_BIRTH_DATE);
      summary.patientSex = get(TAG_PATIENT_SEX);
      summary.studyDate = get(TAG_STUDY_DATE);
      summary.studyTime = get(TAG_STUDY_TIME);
      summary.studyDescription = get(TAG_STUDY_DESCRIPTION);
      summary.accessionNumber = get(TAG_ACCESSION_NUMBER);
      summary.modality = get(TAG_MODALITY);
      summary.seriesNumber = get(TAG_SERIES_NUMBER);
      summary.seriesDescription = get(TAG_SERIES_DESCRIPTION);
      summary.instanceNumber = get(TAG_INSTANCE_NUMBER);
      summary.documentTitle = get(TAG_DOCUMENT_TITLE);
      summary.mimeType = get(TAG_MIME_TYPE);
    }
  } // namespace

  DicomSummary ReadDicomSummary(const IInstanceData& data, const SummaryOptions& options)
  {
    ScannedHeader header = ScanHeader(data);
    RequireUid(header, TAG_SOP_CLASS_UID, "SOP Class UID");
    RequireUid(header, TAG_SOP_INSTANCE_UID, "SOP Instance UID");

    DicomSummary summary;
    summary.sopClassUid = GetPlain(header, TAG_SOP_CLASS_UID);
    summary.sopInstanceUid = GetPlain(header, TAG_SOP_INSTANCE_UID);
    summary.transferSyntaxUid = header.transferSyntaxUid;
    summary.patientId = GetPlain(header, TAG_PATIENT_ID);
    summary.patientNameRaw = GetPlain(header, TAG_PATIENT_NAME);
    summary.studyInstanceUid = GetPlain(header, TAG_STUDY_INSTANCE_UID);
    summary.seriesInstanceUid = GetPlain(header, TAG_SERIES_INSTANCE_UID);
    summary.substituteDate =
      GetFirst(header, {TAG_SERIES_DATE, TAG_ACQUISITION_DATE, TAG_CONTENT_DATE});
    summary.substituteTime =
      GetFirst(header, {TAG_SERIES_TIME, TAG_ACQUISITION_TIME, TAG_CONTENT_TIME});
    summary.framesCount = GetFramesCount(header);

    const DirectoryRecordType& type = FindRecordType(summary.sopClassUid);
    summary.recordType = type.name;
    if (type.name == "PRIVATE")
    {
      summary.privateRecordUid = PRIVATE_RECORD_UID;
    }
    SetVerificationDateTime(header);
    SetMimeType(header, summary.sopClassUid);
    SetReadable(summary, header);

    summary.patientKeys = MakeKeys(header, GetPatientKeys());
    summary.studyKeys = MakeKeys(header, GetStudyKeys());
    summary.seriesKeys = MakeSeriesKeys(header, options.isExtended);
    summary.instanceKeys = MakeKeys(header, type.keys);
    return summary;
  }
} // namespace OrthancPlugins
