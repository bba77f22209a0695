// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "ObjectCompletion.h"

#include "../Failure.h"
#include "../Uuid.h"

#include <cstdio>
#include <ctime>

namespace OrthancPlugins
{
  namespace
  {
    constexpr std::int64_t SECOND_MICROSECONDS = 1'000'000;
    constexpr std::string_view SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7";
    constexpr const char* RAW_DATA = "1.2.840.10008.5.1.4.1.1.66";

    // Of the implementation, as a creator of raw data (PS3.3 C.19.1)
    constexpr const char* CREATOR_VERSION_UID = "2.25.247061480263486135407416713298153894317";

    // "+0130" -> seconds; absent if it is no offset (PS3.3 C.12.1.1.8)
    std::optional<std::int64_t> ParseOffset(const std::string& offset)
    {
      if (offset.size() != 5 || (offset[0] != '+' && offset[0] != '-') ||
          offset.find_first_not_of("0123456789", 1) != std::string::npos)
      {
        return std::nullopt;
      }
      const auto digits = [&](std::size_t i)
      { return (offset[i] - '0') * 10 + (offset[i + 1] - '0'); };
      const std::int64_t seconds = digits(1) * 3600 + digits(3) * 60;
      return offset[0] == '-' ? -seconds : seconds;
    }

    void SetIfAbsent(DicomObject& object, std::initializer_list<const char*> tags)
    {
      for (const char* tag : tags)
      {
        object.SetDefault(tag, "");
      }
    }

    void SetIfEmpty(DicomObject& object, const char* tag, const std::string& value)
    {
      if (!object.Has(tag) || object.GetText(tag).empty())
      {
        object.Set(tag, value);
      }
    }

    // LO has 64 characters, and no backslash within a value
    std::string ShortenToLongString(const std::string& utf8)
    {
      constexpr unsigned MAX_CHARACTERS = 64;
      std::string text;
      unsigned count = 0;
      for (const char c : utf8)
      {
        const bool isTail = (static_cast<unsigned char>(c) & 0xC0) == 0x80;
        count += isTail ? 0 : 1;
        if (count > MAX_CHARACTERS)
        {
          break;
        }
        const bool isControl = static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
        text += isControl ? ' ' : c == '\\' ? '/' : c;
      }
      while (!text.empty() && text.back() == ' ')
      {
        text.pop_back();
      }
      return text;
    }

    // (0042,0010) is ST
    std::string ShortenToShortText(const std::string& utf8)
    {
      constexpr unsigned MAX_CHARACTERS = 1024;
      std::string text;
      unsigned count = 0;
      for (const char c : utf8)
      {
        count += (static_cast<unsigned char>(c) & 0xC0) == 0x80 ? 0 : 1;
        if (count > MAX_CHARACTERS)
        {
          break;
        }
        text += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
      }
      return text;
    }

    std::string FindTitle(DocumentKind kind, std::string_view content, const ObjectOptions& options)
    {
      std::string title = options.title;
      if (title.empty() && kind == DocumentKind::Cda)
      {
        title = ReadCdaHeader(content).title;
      }
      return ShortenToShortText(title);
    }

    void SetPredecessor(DicomObject& object, const ObjectOptions& options)
    {
      if (options.replaced.sopInstanceUid.empty())
      {
        return;
      }
      const auto makeText = [](const char* tag, const std::string& value)
      {
        NewElement element;
        element.tag = tag;
        element.values = {value};
        return element;
      };
      // No IOD of documents has a predecessor: the structure is that of reports (PS3.3 C.17.2)
      NewElement reference;
      reference.tag = "ReferencedSOPSequence";
      reference.isSequence = true;
      reference.items = {{makeText("ReferencedSOPClassUID", options.replaced.sopClassUid),
                          makeText("ReferencedSOPInstanceUID", options.replaced.sopInstanceUid)}};
      NewElement series;
      series.tag = "ReferencedSeriesSequence";
      series.isSequence = true;
      series.items = {
        {reference, makeText("SeriesInstanceUID", options.replaced.seriesInstanceUid)}};
      NewElement study;
      study.tag = "PredecessorDocumentsSequence";
      study.isSequence = true;
      study.items = {{series, makeText("StudyInstanceUID", options.replaced.studyInstanceUid)}};
      static const PrivateDictionary NOTHING({}, {}, {});
      object.Write({study}, NOTHING, "", nullptr);
    }

    void CompleteModel(DicomObject& object, const ObjectOptions& options)
    {
      // PS3.3 C.7.4.1, C.7.5.2, C.35.1
      object.SetDefault("FrameOfReferenceUID", GenerateUid());
      object.SetDefault("PositionReferenceIndicator", "");
      // All Type 1, also where those of a parent series are empty
      SetIfEmpty(object, "Manufacturer", "Orthanc");
      SetIfEmpty(object, "ManufacturerModelName", "Orthanc");
      SetIfEmpty(object, "DeviceSerialNumber", "0");
      SetIfEmpty(object, "SoftwareVersions", options.softwareVersions);
      if (!object.Has("MeasurementUnitsCodeSequence"))
      {
        object.SetCode("MeasurementUnitsCodeSequence", "um", "UCUM", "um");
      }
    }
    // With several frames one of its relatives (PS3.3 A.8.2 to A.8.5)
    std::string FindCaptureClass(const DicomObject& object, const CapturedImage& image)
    {
      const std::string frames =
        object.Has("NumberOfFrames") ? object.GetText("NumberOfFrames") : "";
      return GetCaptureClass(frames.empty() || frames == "1", image.samplesPerPixel,
                             image.bitsAllocated);
    }

    bool IsCapture(const DicomObject& object)
    {
      return object.GetText("SOPClassUID")
               .compare(0, SECONDARY_CAPTURE.size(), SECONDARY_CAPTURE) == 0;
    }

    // PS3.3 C.7.3.1, C.7.6.1, C.8.6.1
    void CompleteCaptureModules(DicomObject& object, const ObjectOptions& options)
    {
      object.SetDefault("ConversionType", "WSD");
      object.SetDefault("PatientOrientation", "");
      if (!options.hasParentSeries)
      {
        object.SetDefault("Laterality", ""); // Type 2C, and nobody knows of what the image is
      }
      object.SetDefault("BurnedInAnnotation", options.isBurnedIn ? "YES" : "NO");
    }

    // PS3.3 C.7.6.3; what the client says of its own pixels is kept
    void DescribePixels(DicomObject& object, const CapturedImage& image)
    {
      const auto setNumber = [&](const char* tag, unsigned value)
      {
        if (!image.isDescribed || !object.Has(tag))
        {
          object.SetNumber(tag, value);
        }
      };
      setNumber("SamplesPerPixel", image.samplesPerPixel);
      if (!image.isDescribed || !object.Has("PhotometricInterpretation"))
      {
        object.Set("PhotometricInterpretation", image.photometricInterpretation);
      }
      if (image.samplesPerPixel > 1)
      {
        setNumber("PlanarConfiguration", 0);
      }
      setNumber("Rows", image.rows);
      setNumber("Columns", image.columns);
      setNumber("BitsAllocated", image.bitsAllocated);
      setNumber("BitsStored", image.bitsAllocated);
      setNumber("HighBit", object.GetNumber("BitsStored") - 1);
      setNumber("PixelRepresentation", 0);
    }
  } // namespace

  std::string GetCaptureClass(bool isSingleFrame, unsigned samplesPerPixel, unsigned bitsAllocated)
  {
    const char* const relative = isSingleFrame         ? ""
                                 : samplesPerPixel > 1 ? ".4"
                                 : bitsAllocated == 1  ? ".1"
                                 : bitsAllocated == 8  ? ".2"
                                                       : ".3";
    return std::string(SECONDARY_CAPTURE) + relative;
  }

  DicomTime FormatDicomTime(std::int64_t microseconds, const std::string& offset)
  {
    std::time_t seconds = static_cast<std::time_t>(microseconds / SECOND_MICROSECONDS);
    struct tm parts = {};
    if (const std::optional<std::int64_t> zone = ParseOffset(offset))
    {
      seconds += static_cast<std::time_t>(*zone);
      gmtime_r(&seconds, &parts);
    }
    else
    {
      localtime_r(&seconds, &parts);
    }
    char date[16];
    char time[16];
    std::strftime(date, sizeof(date), "%Y%m%d", &parts);
    std::strftime(time, sizeof(time), "%H%M%S", &parts);
    return {date, time};
  }

  void CompleteObject(DicomObject& object, const ObjectOptions& options)
  {
    const DicomTime now =
      FormatDicomTime(options.nowMicroseconds, object.GetText("TimezoneOffsetFromUTC"));
    if (!object.Has("PatientID"))
    {
      object.Set("PatientID", options.hasParentStudy ? "" : GenerateUuid());
    }
    SetIfAbsent(object, {"PatientName", "PatientBirthDate", "PatientSex", "ReferringPhysicianName",
                         "StudyID", "AccessionNumber"});
    object.SetDefault("StudyInstanceUID", GenerateUid());
    object.SetDefault("StudyDate", options.hasParentStudy ? "" : now.date);
    object.SetDefault("StudyTime", options.hasParentStudy ? "" : now.time);
    object.SetDefault("SeriesInstanceUID", GenerateUid());
    object.SetDefault("SOPInstanceUID", GenerateUid());
    if (!options.hasParentSeries)
    {
      object.SetDefault("SeriesDate", now.date);
      object.SetDefault("SeriesTime", now.time);
    }
    SetIfEmpty(object, "SeriesNumber", std::to_string(options.seriesNumber.value_or(1)));
    object.SetDefault("InstanceNumber", std::to_string(options.instanceNumber.value_or(1)));
    object.SetDefault("ContentDate", now.date);
    object.SetDefault("ContentTime", now.time);
    object.SetDefault("InstanceCreationDate", now.date);
    object.SetDefault("InstanceCreationTime", now.time);
    if (options.hasAcquisitionTimes)
    {
      object.SetDefault("AcquisitionDate", now.date);
      object.SetDefault("AcquisitionTime", now.time);
    }
    object.SetDefault("Manufacturer", "");
    object.SetDefault("ManufacturerModelName", "Orthanc");
    object.SetDefault("SoftwareVersions", options.softwareVersions);
  }

  void CheckDocumentClass(const DicomObject& object, DocumentKind kind)
  {
    const DocumentType& type = GetDocumentType(kind);
    if (object.Has("SOPClassUID") && object.GetText("SOPClassUID") != type.sopClassUid)
    {
      throw Failure(FailureKind::OutOfRange, std::string("Tag \"SOPClassUID\": a ") + type.name +
                                               " needs the SOP class " + type.sopClassUid);
    }
  }

  void CompleteDocument(DicomObject& object,
                        DocumentKind kind,
                        std::string_view content,
                        const ObjectOptions& options)
  {
    CheckDocumentClass(object, kind);
    const DocumentType& type = GetDocumentType(kind);
    if (type.isModel)
    {
      CompleteModel(object, options);
    }
    CompleteObject(object, options);
    object.Set("SOPClassUID", type.sopClassUid);
    if (!options.modality.empty() && !object.Has("Modality"))
    {
      object.Set("Modality", options.modality);
    }
    object.SetDefault("Modality", type.isModel ? "M3D" : options.defaultModality);
    object.SetDefault("ConversionType", "WSD");
    object.SetDefault("BurnedInAnnotation", options.isBurnedIn ? "YES" : "NO");
    object.SetDefault("AcquisitionDateTime", "");
    object.SetDefault("MIMETypeOfEncapsulatedDocument", type.mime);
    object.SetDefault("DocumentTitle", FindTitle(kind, content, options));
    if (options.conceptName.has_value() && !object.Has("ConceptNameCodeSequence"))
    {
      object.SetCode("ConceptNameCodeSequence", options.conceptName->value,
                     options.conceptName->scheme,
                     ShortenToLongString(options.conceptName->meaning));
    }
    object.SetDefaultSequence("ConceptNameCodeSequence");
    if (kind == DocumentKind::Cda)
    {
      const std::string identifier = ReadCdaHeader(content).instanceIdentifier;
      if (!identifier.empty())
      {
        object.SetDefault("HL7InstanceIdentifier", identifier);
      }
    }
    SetPredecessor(object, options);
  }

  void
  CompleteCapture(DicomObject& object, const CapturedImage& image, const ObjectOptions& options)
  {
    CompleteObject(object, options);
    object.SetDefault("Modality", options.modality.empty() ? "OT" : options.modality);
    object.SetDefault("SOPClassUID", FindCaptureClass(object, image));
    if (IsCapture(object))
    {
      CompleteCaptureModules(object, options);
    }
    if (!options.title.empty())
    {
      object.SetDefault("ImageComments", ShortenToShortText(options.title));
    }
    DescribePixels(object, image);
    if (image.lossyBytes > 0)
    {
      // PS3.3 C.7.6.1.1.5
      const double ratio =
        static_cast<double>(image.uncompressedBytes) / static_cast<double>(image.lossyBytes);
      char text[32];
      std::snprintf(text, sizeof(text), "%.3g", ratio);
      object.Set("LossyImageCompression", "01");
      object.Set("LossyImageCompressionRatio", text);
      object.Set("LossyImageCompressionMethod", "ISO_10918_1");
    }
    SetPredecessor(object, options);
  }

  void CompleteRawData(DicomObject& object, const ObjectOptions& options)
  {
    CompleteObject(object, options);
    object.SetDefault("Modality", options.modality.empty() ? "OT" : options.modality);
    SetPredecessor(object, options);
    if (object.Has("SOPClassUID") && object.GetText("SOPClassUID") != RAW_DATA)
    {
      return;
    }
    object.Set("SOPClassUID", RAW_DATA);
    object.SetDefault("CreatorVersionUID", CREATOR_VERSION_UID);
    object.SetDefault("AcquisitionDateTime", "");
    object.SetDefaultSequence("AcquisitionContextSequence");
  }
} // namespace OrthancPlugins
