// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../../Plugin/Core/Dicom/DicomSummary.h"
#include "../../../Plugin/Core/Dicom/KeyElements.h"
#include "../../../Plugin/Core/Failure.h"
#include "../../Fakes/DicomFiles.h"

#include <boost/thread/thread.hpp>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcdeftag.h>
#include <dcmtk/dcmdata/dcfilefo.h>
#include <dcmtk/dcmdata/dcuid.h>

#include <gtest/gtest.h>
#include <zlib.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

namespace OrthancPlugins
{
  namespace
  {
    constexpr const char* IMPLICIT = "1.2.840.10008.1.2";
    constexpr const char* EXPLICIT = "1.2.840.10008.1.2.1";
    constexpr const char* DEFLATED = "1.2.840.10008.1.2.1.99";
    constexpr const char* EXPLICIT_BIG = "1.2.840.10008.1.2.2";
    constexpr const char* JPEG_BASELINE = "1.2.840.10008.1.2.4.50";
    constexpr const char* CT_IMAGE = "1.2.840.10008.5.1.4.1.1.2";
    constexpr const char* INSTANCE_UID = "1.2.3.4.5";
    constexpr std::uint32_t UNDEFINED_LENGTH = 0xFFFFFFFF;

    DicomSummary Read(const std::string& file)
    {
      return ReadDicomSummary(MemoryFile(file), SummaryOptions());
    }

    // Absent if the file is accepted. Any other exception fails the test
    std::optional<FailureKind> GetFailure(const std::string& file)
    {
      try
      {
        const DicomSummary summary = Read(file);
        EXPECT_FALSE(summary.sopInstanceUid.empty());
        return std::nullopt;
      }
      catch (const Failure& failure)
      {
        return failure.GetKind();
      }
    }

    // Elements of a record as text: "00080020 DA 20260102" per line
    std::string Show(std::string_view keys)
    {
      std::string text;
      while (!keys.empty())
      {
        const KeyElement element = TakeElement(keys);
        char tag[16];
        snprintf(tag, sizeof(tag), "%08X ", element.tag);
        text += tag + std::string(element.vr);
        text += element.vr == "SQ" ? " ...\n" : " " + std::string(element.value) + "\n";
      }
      return text;
    }

    std::string GetValue(const std::string& keys, std::uint32_t tag)
    {
      return std::string(FindValue(keys, tag).value_or("(none)"));
    }

    // One item of a sequence in explicit VR little endian, made from others
    std::string MakeItem(const std::string& elements)
    {
      std::string item;
      AppendTag(item, 0xFFFEE000);
      AppendUint32(item, static_cast<std::uint32_t>(elements.size()));
      return item + elements;
    }

    std::string MakeElement(std::uint32_t tag, std::string_view vr, std::string_view value)
    {
      std::string element;
      AppendElement(element, tag, vr, value);
      return element;
    }

    std::string MakeIdentification(const std::string& sopClassUid)
    {
      return MakeElement(0x00080016, "UI", sopClassUid) +
             MakeElement(0x00080018, "UI", INSTANCE_UID);
    }

    std::string MakeRaw(const std::string& dataset)
    {
      return MakeRawDicomFile(EXPLICIT, dataset);
    }

    void PutText(DcmItem& item, const DcmTagKey& tag, const char* value)
    {
      ASSERT_TRUE(item.putAndInsertString(tag, value).good());
    }

    // An image with all keys
    std::unique_ptr<DcmFileFormat> MakeImage()
    {
      std::unique_ptr<DcmFileFormat> file = std::make_unique<DcmFileFormat>();
      DcmDataset& dataset = *file->getDataset();
      PutText(dataset, DCM_SpecificCharacterSet, "ISO_IR 100");
      PutText(dataset, DCM_SOPClassUID, CT_IMAGE);
      PutText(dataset, DCM_SOPInstanceUID, INSTANCE_UID);
      PutText(dataset, DCM_StudyDate, "20260102");
      PutText(dataset, DCM_SeriesDate, "20260103");
      PutText(dataset, DCM_StudyTime, "101112");
      PutText(dataset, DCM_AcquisitionTime, "131415");
      PutText(dataset, DCM_AccessionNumber, "A1");
      PutText(dataset, DCM_Modality, "CT");
      PutText(dataset, DCM_StudyDescription,
              "c\xE9r\xE9"
              "brale");
      PutText(dataset, DCM_SeriesDescription, "Axial");
      PutText(dataset, DCM_PatientName, "M\xFCller^J\xF6rg");
      PutText(dataset, DCM_PatientID, "P1");
      PutText(dataset, DCM_PatientBirthDate, "19700101");
      PutText(dataset, DCM_PatientSex, "O");
      PutText(dataset, DCM_StudyInstanceUID, "1.2.3");
      PutText(dataset, DCM_SeriesInstanceUID, "1.2.3.4");
      PutText(dataset, DCM_StudyID, "S1");
      PutText(dataset, DCM_SeriesNumber, "3");
      PutText(dataset, DCM_InstanceNumber, "7");
      PutText(dataset, DCM_NumberOfFrames, "4");
      dataset.putAndInsertUint16(DCM_Rows, 2);
      dataset.putAndInsertUint16(DCM_Columns, 2);
      DcmItem* item = nullptr;
      dataset.findOrCreateSequenceItem(DCM_ReferencedStudySequence, item, -2);
      PutText(*item, DCM_ReferencedSOPInstanceUID, "1.2.9");
      const std::string pixels(16, '\1');
      dataset.putAndInsertUint8Array(DCM_PixelData, reinterpret_cast<const Uint8*>(pixels.data()),
                                     pixels.size());
      return file;
    }

    void ExpectImage(const DicomSummary& summary)
    {
      EXPECT_EQ("00080005 CS ISO_IR 100\n"
                "00100010 PN M\xFCller^J\xF6rg \n"
                "00100020 LO P1\n",
                Show(summary.patientKeys));
      EXPECT_EQ("00080005 CS ISO_IR 100\n"
                "00080020 DA 20260102\n"
                "00080030 TM 101112\n"
                "00080050 SH A1\n"
                "00081030 LO c\xE9r\xE9"
                "brale \n"
                "0020000D UI 1.2.3" +
                  std::string("\0\n", 2) + "00200010 SH S1\n",
                Show(summary.studyKeys));
      EXPECT_EQ("00080005 CS ISO_IR 100\n"
                "00080060 CS CT\n"
                "0020000E UI 1.2.3.4" +
                  std::string("\0\n", 2) + "00200011 IS 3 \n",
                Show(summary.seriesKeys));
      EXPECT_EQ("00080005 CS ISO_IR 100\n"
                "00200013 IS 7 \n",
                Show(summary.instanceKeys));
      EXPECT_EQ("IMAGE", summary.recordType);
      EXPECT_EQ(CT_IMAGE, summary.sopClassUid);
      EXPECT_EQ(INSTANCE_UID, summary.sopInstanceUid);
      EXPECT_EQ("P1", summary.patientId);
      EXPECT_EQ("M\xFCller^J\xF6rg", summary.patientNameRaw);
      EXPECT_EQ("1.2.3", summary.studyInstanceUid);
      EXPECT_EQ("1.2.3.4", summary.seriesInstanceUid);
      EXPECT_EQ("20260103", summary.substituteDate);
      EXPECT_EQ("131415", summary.substituteTime);
      EXPECT_EQ("M\u00FCller^J\u00F6rg", summary.patientName);
      EXPECT_EQ("19700101", summary.patientBirthDate);
      EXPECT_EQ("O", summary.patientSex);
      EXPECT_EQ("20260102", summary.studyDate);
      EXPECT_EQ("101112", summary.studyTime);
      EXPECT_EQ("c\u00E9r\u00E9"
                "brale",
                summary.studyDescription);
      EXPECT_EQ("A1", summary.accessionNumber);
      EXPECT_EQ("CT", summary.modality);
      EXPECT_EQ("3", summary.seriesNumber);
      EXPECT_EQ("Axial", summary.seriesDescription);
      EXPECT_EQ("7", summary.instanceNumber);
      EXPECT_EQ("", summary.mimeType);
      EXPECT_EQ(4u, summary.framesCount);
    }

    std::string Deflate(const std::string& bytes)
    {
      z_stream stream = {};
      EXPECT_EQ(Z_OK, deflateInit2(&stream, 9, Z_DEFLATED, -MAX_WBITS, 9, Z_DEFAULT_STRATEGY));
      std::string deflated(deflateBound(&stream, bytes.size()), '\0');
      stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
      stream.avail_in = static_cast<uInt>(bytes.size());
      stream.next_out = reinterpret_cast<Bytef*>(&deflated[0]);
      stream.avail_out = static_cast<uInt>(deflated.size());
      EXPECT_EQ(Z_STREAM_END, deflate(&stream, Z_FINISH));
      deflated.resize(stream.total_out);
      deflateEnd(&stream);
      return deflated;
    }

    // The beginning of so many nested sequences of undefined length
    std::string MakeNested(std::uint32_t tag, unsigned depth, bool isExplicit)
    {
      std::string level;
      AppendTag(level, tag);
      if (isExplicit)
      {
        level += std::string("SQ\0\0", 4);
      }
      AppendUint32(level, UNDEFINED_LENGTH);
      AppendTag(level, 0xFFFEE000);
      AppendUint32(level, UNDEFINED_LENGTH);
      std::string nested;
      for (unsigned i = 0; i < depth; i++)
      {
        nested += level;
      }
      return nested;
    }

    // As HAS CONCEPT MOD or another relationship, with one code as name
    std::string
    MakeContentItem(const char* relationship, const char* name, const std::string& nested)
    {
      const std::string code = MakeElement(0x00080100, "SH", name) +
                               MakeElement(0x00080102, "SH", "DCM") +
                               MakeElement(0x00080104, "LO", name) +
                               MakeElement(0x0008010F, "CS", "DCMR"); // ContextIdentifier's mapping
      std::string item = MakeElement(0x0040A010, "CS", relationship) +
                         MakeElement(0x0040A040, "CS", "CODE") +
                         MakeElement(0x0040A043, "SQ", MakeItem(code)) +
                         MakeElement(0x0040A168, "SQ", MakeItem(code));
      if (!nested.empty())
      {
        item += MakeElement(0x0040A730, "SQ", nested);
      }
      return MakeItem(item);
    }
  } // namespace

  TEST(DicomSummary, SameInEachTransferSyntax)
  {
    for (const char* syntax : {IMPLICIT, EXPLICIT, EXPLICIT_BIG, DEFLATED})
    {
      SCOPED_TRACE(syntax);
      const DicomSummary summary = Read(WriteDicomFile(*MakeImage(), syntax));

      ExpectImage(summary);
      EXPECT_EQ(syntax, summary.transferSyntaxUid);
    }
  }

  TEST(DicomSummary, EncapsulatedPixelsAreNotLookedAt)
  {
    std::string dataset = MakeIdentification(CT_IMAGE) + MakeElement(0x00100020, "LO", "P1");
    AppendTag(dataset, 0x7FE00010);
    dataset += std::string("OB\0\0\xFF\xFF\xFF\xFF", 8) + "no fragments at all";

    const DicomSummary summary = Read(MakeRawDicomFile(JPEG_BASELINE, dataset));

    EXPECT_EQ(JPEG_BASELINE, summary.transferSyntaxUid);
    EXPECT_EQ("P1", summary.patientId);
  }

  TEST(DicomSummary, FilesThatAreNotWhatTheySayAreReadAsTheyAre)
  {
    const std::string explicitFile = WriteDicomFile(*MakeImage(), EXPLICIT);
    const std::string implicitFile = WriteDicomFile(*MakeImage(), IMPLICIT);
    const auto getDataset = [](const std::string& file)
    { return file.substr(file.find(std::string("\x08\0\x05\0", 4))); };

    ExpectImage(Read(MakeRawDicomFile(IMPLICIT, getDataset(explicitFile))));
    ExpectImage(Read(MakeRawDicomFile(EXPLICIT, getDataset(implicitFile))));
  }

  TEST(DicomSummary, ExtendedAddsTheSeriesDescriptionOnly)
  {
    const std::string file = WriteDicomFile(*MakeImage(), EXPLICIT);
    const DicomSummary plain = Read(file);
    const DicomSummary extended = ReadDicomSummary(MemoryFile(file), SummaryOptions{true});

    EXPECT_EQ("00080005 CS ISO_IR 100\n"
              "00080060 CS CT\n"
              "0008103E LO Axial \n"
              "0020000E UI 1.2.3.4" +
                std::string("\0\n", 2) + "00200011 IS 3 \n",
              Show(extended.seriesKeys));
    EXPECT_EQ(plain.patientKeys, extended.patientKeys);
    EXPECT_EQ(plain.studyKeys, extended.studyKeys);
    EXPECT_EQ(plain.instanceKeys, extended.instanceKeys);
  }

  TEST(DicomSummary, KeysKeepTheirBytesAndPeopleGetUtf8)
  {
    struct Row
    {
      const char* characterSet;
      const char* bytes;
      const char* readable;
    };
    const Row rows[] = {
      {"ISO_IR 100", "Test-\xE9\xFC\xE4\xF6\xF2", "Test-\u00E9\u00FC\u00E4\u00F6\u00F2"},
      {"ISO_IR 101", "W\xB3odek", "W\u0142odek"},
      {"ISO_IR 126", "\xC4\xE9\xEF\xED\xF5\xF3\xE9\xEF\xF2",
       "\u0394\u03B9\u03BF\u03BD\u03C5\u03C3\u03B9\u03BF\u03C2"},
      {"ISO_IR 144", "\xBB\xEE\xDA\x63\x65\xDC\xD1\xE0\xD3",
       "\u041B\u044E\u043Ace\u043C\u0431\u0440\u0433"},
      {"ISO_IR 192", "\xE7\x8E\x8B^\xE5\xB0\x8F\xE6\x9D\xB1", "\u738B^\u5C0F\u6771"},
      {"GB18030", "Wang^XiaoDong=\xCD\xF5^\xD0\xA1\xB6\xAB", "Wang^XiaoDong=\u738B^\u5C0F\u4E1C"},
      {"\\ISO 2022 IR 87", "Yamada^Tarou=\x1B$B;3ED\x1B(B^\x1B$BB@O:\x1B(B",
       "Yamada^Tarou=\u5C71\u7530^\u592A\u90CE"},
      {"ISO 2022 IR 13\\ISO 2022 IR 87",
       "\xD4\xCF\xC0\xDE^\xC0\xDB\xB3=\x1B$B;3ED\x1B(J^\x1B$BB@O:\x1B(J",
       "\uFF94\uFF8F\uFF80\uFF9E^\uFF80\uFF9B\uFF73=\u5C71\u7530^\u592A\u90CE"},
      {"\\ISO 2022 IR 159\\ISO 2022 IR 87", "\x1B$(D0!\x1B(B \x1B$B;3\x1B(B", "\u4E02 \u5C71"},
      {"\\ISO 2022 IR 87", "A\x1B$B;3\x7F\x1B(B\xFF\x1B*", "A\u5C71\uFFFD\uFFFD\uFFFD*"},
      {"\\ISO 2022 IR 149", "Hong^Gildong=\x1B$)C\xFB\xF3^\x1B$)C\xD1\xCE\xD4\xD7",
       "Hong^Gildong=\u6D2A^\u5409\u6D1E"},
      // What cannot be decoded keeps its bytes as well
      {"", "\xC8\xAB Kim", "\uFFFD\uFFFD Kim"},
      {"", "A\x1B$B", "A\uFFFD$B"},
      {"ISO_IR 999", "M\xFCller", "M\uFFFDller"},
      {"ISO_IR 192", "M\xFCller \xC3\xBC", "M\uFFFDller \u00FC"}};

    for (const Row& row : rows)
    {
      SCOPED_TRACE(row.readable);
      const DicomSummary summary =
        Read(MakeRaw(MakeElement(0x00080005, "CS", row.characterSet) +
                     MakeIdentification(CT_IMAGE) + MakeElement(0x00100010, "PN", row.bytes)));

      EXPECT_EQ(row.bytes, GetValue(summary.patientKeys, 0x00100010));
      EXPECT_EQ(*row.characterSet == 0 ? "(none)" : row.characterSet,
                GetValue(summary.patientKeys, 0x00080005));
      EXPECT_EQ(row.readable, summary.patientName);
    }
  }

  TEST(DicomSummary, NulsAtTheEndOfTextAreDropped)
  {
    const DicomSummary summary = Read(MakeRaw(
      MakeIdentification(CT_IMAGE) + MakeElement(0x00081030, "LO", std::string("Head\0\0", 6)) +
      MakeElement(0x00100010, "PN", std::string("Doe^J\0", 6)) +
      MakeElement(0x00100020, "LO", std::string("\0\0", 2))));

    EXPECT_EQ("00081030 LO Head\n", Show(summary.studyKeys));
    EXPECT_EQ("00100010 PN Doe^J \n00100020 LO \n", Show(summary.patientKeys));
    EXPECT_EQ("", summary.patientId);
  }

  TEST(DicomSummary, RecordTypeByClass)
  {
    const std::pair<const char*, const char*> rows[] = {
      {UID_CTImageStorage, "IMAGE"},
      {"1.2.840.10008.5.1.4.1.1.66.4", "IMAGE"},  // segmentation
      {"1.2.840.10008.5.1.4.1.1.30", "IMAGE"},    // parametric map
      {"1.2.840.10008.5.1.4.1.1.481.1", "IMAGE"}, // RT image
      {"1.2.840.10008.5.1.4.1.1.99999", "IMAGE"}, // of a later standard
      {"1.2.840.10008.5.1.4.1.1.88.11", "SR DOCUMENT"},
      {"1.2.840.10008.5.1.4.1.1.88.67", "SR DOCUMENT"},
      {"1.2.840.10008.5.1.4.1.1.78.6", "SR DOCUMENT"},
      {"1.2.840.10008.5.1.4.1.1.79.1", "SR DOCUMENT"},
      {"1.2.840.10008.5.1.4.1.1.88.59", "KEY OBJECT DOC"},
      {"1.2.840.10008.5.1.4.1.1.11.1", "PRESENTATION"},
      {"1.2.840.10008.5.1.4.1.1.131", "PRESENTATION"},
      {"1.2.840.10008.5.1.4.1.1.481.2", "RT DOSE"},
      {"1.2.840.10008.5.1.4.1.1.481.3", "RT STRUCTURE SET"},
      {"1.2.840.10008.5.1.4.1.1.481.5", "RT PLAN"},
      {"1.2.840.10008.5.1.4.1.1.481.8", "RT PLAN"},
      {"1.2.840.10008.5.1.4.1.1.481.4", "RT TREAT RECORD"},
      {"1.2.840.10008.5.1.4.1.1.481.9", "RT TREAT RECORD"},
      {"1.2.840.10008.5.1.4.1.1.481.10", "RADIOTHERAPY"},
      {"1.2.840.10008.5.1.4.34.7", "PLAN"},
      {"1.2.840.10008.5.1.4.1.1.104.1", "ENCAP DOC"},
      {"1.2.840.10008.5.1.4.1.1.104.3", "ENCAP DOC"},
      {"1.2.840.10008.5.1.4.1.1.9.1.1", "WAVEFORM"},
      {"1.2.840.10008.5.1.4.1.1.9.100.1", "WF PRESENTATION"},
      {"1.2.840.10008.5.1.4.1.1.66", "RAW DATA"},
      {"1.2.840.10008.5.1.4.1.1.66.1", "REGISTRATION"},
      {"1.2.840.10008.5.1.4.1.1.66.3", "REGISTRATION"},
      {"1.2.840.10008.5.1.4.1.1.66.2", "FIDUCIAL"},
      {"1.2.840.10008.5.1.4.1.1.66.5", "SURFACE"},
      {"1.2.840.10008.5.1.4.1.1.66.6", "TRACT"},
      {"1.2.840.10008.5.1.4.1.1.67", "VALUE MAP"},
      {"1.2.840.10008.5.1.4.1.1.68.1", "SURFACE SCAN"},
      {"1.2.840.10008.5.1.4.1.1.4.2", "SPECTROSCOPY"},
      {"1.2.840.10008.5.1.4.1.1.77.1.5.3", "STEREOMETRIC"},
      {"1.2.840.10008.5.1.4.1.1.78.1", "MEASUREMENT"},
      {"1.2.840.10008.5.1.4.1.1.80.1", "MEASUREMENT"},
      {"1.2.840.10008.5.1.4.1.1.90.1", "ASSESSMENT"},
      {"1.2.840.10008.5.1.4.1.1.91.1", "ANNOTATION"},
      {"1.2.840.10008.5.1.4.1.1.201.1", "INVENTORY"},
      {"1.2.840.10008.5.1.4.38.1", "HANGING PROTOCOL"},
      {"1.2.840.10008.5.1.4.39.1", "PALETTE"},
      {"1.2.840.10008.5.1.4.43.1", "IMPLANT"},
      {"1.2.840.113619.4.27", "PRIVATE"},
      {"1.3.12.2.1107.5.9.1", "PRIVATE"}};

    for (const auto& [sopClass, type] : rows)
    {
      const DicomSummary summary = Read(MakeRaw(MakeIdentification(sopClass)));

      EXPECT_EQ(type, summary.recordType) << sopClass;
      EXPECT_EQ(summary.recordType == "PRIVATE", !summary.privateRecordUid.empty()) << sopClass;
    }
  }

  TEST(DicomSummary, ReportKeepsTheModifiersOfItsTitleOnly)
  {
    const std::string language = MakeContentItem("HAS CONCEPT MOD", "121049",
                                                 MakeContentItem("HAS CONCEPT MOD", "121046", "") +
                                                   MakeContentItem("INFERRED FROM", "9", ""));
    const std::string findings =
      MakeContentItem("CONTAINS", "121070", MakeContentItem("HAS CONCEPT MOD", "111", ""));
    const std::string title = MakeItem(MakeElement(0x00080100, "SH", "126000"));
    const std::string observers = MakeItem(MakeElement(0x0040A030, "DT", "20260101") +
                                           MakeElement(0x0040A075, "PN", "Secret")) +
                                  MakeItem(MakeElement(0x0040A030, "DT", "20260301")) +
                                  MakeItem(MakeElement(0x0040A030, "DT", "20260201"));
    const auto makeReport = [&](const char* flag)
    {
      return MakeRaw(
        MakeIdentification("1.2.840.10008.5.1.4.1.1.88.33") +
        MakeElement(0x00080023, "DA", "20260401") + MakeElement(0x00080033, "TM", "10") +
        MakeElement(0x00200013, "IS", "1") +
        MakeElement(0x0040A032, "DT", "20250101") + // ObservationDateTime: no key
        MakeElement(0x0040A043, "SQ", title) + MakeElement(0x0040A073, "SQ", observers) +
        MakeElement(0x0040A491, "CS", "COMPLETE") + MakeElement(0x0040A493, "CS", flag) +
        MakeElement(0x0040A730, "SQ", findings + language + findings));
    };

    const std::string keys = Read(makeReport("VERIFIED")).instanceKeys;

    EXPECT_EQ("00080023 DA 20260401\n"
              "00080033 TM 10\n"
              "00200013 IS 1 \n"
              "0040A030 DT 20260301\n"
              "0040A043 SQ ...\n"
              "0040A491 CS COMPLETE\n"
              "0040A493 CS VERIFIED\n"
              "0040A730 SQ ...\n",
              Show(keys));
    const std::string content(*FindValue(keys, 0x0040A730));
    EXPECT_NE(std::string::npos, content.find("121049"));
    EXPECT_NE(std::string::npos, content.find("121046")); // a modifier of the modifier
    EXPECT_EQ(std::string::npos, content.find("121070"));
    EXPECT_EQ(std::string::npos, content.find("INFERRED"));
    EXPECT_EQ(std::string::npos, content.find("DCMR")); // not of the basic code
    EXPECT_EQ(std::string::npos, keys.find("Secret"));
    EXPECT_EQ("(none)", GetValue(Read(makeReport("UNVERIFIED")).instanceKeys, 0x0040A030));
  }

  TEST(DicomSummary, SequencesAreTheSameInEachTransferSyntax)
  {
    DcmFileFormat file;
    DcmDataset& dataset = *file.getDataset();
    PutText(dataset, DCM_SOPClassUID, UID_GrayscaleSoftcopyPresentationStateStorage);
    PutText(dataset, DCM_SOPInstanceUID, INSTANCE_UID);
    DcmItem* series = nullptr;
    dataset.findOrCreateSequenceItem(DCM_ReferencedSeriesSequence, series, -2);
    PutText(*series, DCM_SeriesInstanceUID, "1.2.3.4");
    PutText(*series, DCM_RetrieveAETitle, "NOWHERE");
    DcmItem* image = nullptr;
    series->findOrCreateSequenceItem(DCM_ReferencedImageSequence, image, -2);
    PutText(*image, DCM_ReferencedSOPClassUID, CT_IMAGE);
    PutText(*image, DCM_ReferencedSOPInstanceUID, "1.2.3.4.6");
    image->putAndInsertUint16(DCM_ReferencedSegmentNumber, 258);
    PutText(dataset, DCM_ContentLabel, "LABEL");
    PutText(dataset, DCM_PresentationCreationDate, "20260102");

    const std::string keys = Read(WriteDicomFile(file, EXPLICIT)).instanceKeys;

    const std::string reference = MakeElement(0x00081150, "UI", CT_IMAGE) +
                                  MakeElement(0x00081155, "UI", "1.2.3.4.6") +
                                  MakeElement(0x0062000B, "US", std::string("\2\1", 2));
    EXPECT_EQ(MakeElement(0x00081115, "SQ",
                          MakeItem(MakeElement(0x00081140, "SQ", MakeItem(reference)) +
                                   MakeElement(0x0020000E, "UI", "1.2.3.4"))) +
                MakeElement(0x00700080, "CS", "LABEL") + MakeElement(0x00700082, "DA", "20260102"),
              keys);
    for (const char* syntax : {IMPLICIT, EXPLICIT_BIG, DEFLATED})
    {
      EXPECT_EQ(keys, Read(WriteDicomFile(file, syntax)).instanceKeys) << syntax;
    }
  }

  TEST(DicomSummary, BigElementsAreSkippedAndNotRead)
  {
    constexpr std::uint32_t DOCUMENT_BYTES = 0xF0000000;
    std::string head = MakeIdentification("1.2.840.10008.5.1.4.1.1.104.1") +
                       MakeElement(0x00200013, "IS", "5") +
                       MakeElement(0x00420010, "ST", "Discharge letter");
    AppendTag(head, 0x00420011);
    head += std::string("OB\0\0", 4);
    AppendUint32(head, DOCUMENT_BYTES);
    const RangedFile file(MakeRaw(head), DOCUMENT_BYTES,
                          MakeElement(0x00420012, "LO", "application/pdf"));

    const DicomSummary summary = ReadDicomSummary(file, SummaryOptions());

    EXPECT_EQ("application/pdf", summary.mimeType);
    EXPECT_EQ("Discharge letter", summary.documentTitle);
    EXPECT_EQ("application/pdf", GetValue(summary.instanceKeys, 0x00420012));
    EXPECT_EQ(0u, summary.framesCount);
    EXPECT_LT(file.readBytes, 256u * 1024);
  }

  TEST(DicomSummary, NothingIsReadBehindTheLastKey)
  {
    const std::string image = WriteDicomFile(*MakeImage(), EXPLICIT);
    const RangedFile file(image, std::uint64_t(1) << 40, "");

    ExpectImage(ReadDicomSummary(file, SummaryOptions()));

    EXPECT_EQ(1u, file.readsCount);
    EXPECT_LE(file.readBytes, 64u * 1024);
  }

  TEST(DicomSummary, RangesAreReadInPiecesWhileAnElementCrossesThem)
  {
    std::string dataset = MakeIdentification(CT_IMAGE);
    for (unsigned i = 0; i < 5000; i++)
    {
      dataset += MakeElement(0x00090100 + i, "LO", "a private value");
    }
    dataset += MakeElement(0x00100020, "LO", "P1");
    const RangedFile file(MakeRaw(dataset), 0, "");

    EXPECT_EQ("P1", ReadDicomSummary(file, SummaryOptions()).patientId);
    EXPECT_LE(file.largestRead, 1024u * 1024);
    EXPECT_LE(file.readsCount, 3u);
  }

  TEST(DicomSummary, DocumentsWithoutMimeTypeGetThatOfTheirClass)
  {
    const DicomSummary summary = Read(MakeRaw(MakeIdentification("1.2.840.10008.5.1.4.1.1.104.3")));

    EXPECT_EQ("model/stl", summary.mimeType);
    EXPECT_EQ("model/stl", GetValue(summary.instanceKeys, 0x00420012));
  }

  TEST(DicomSummary, WhatNoDirectoryCanReferToIsRefused)
  {
    const std::string good = MakeIdentification(CT_IMAGE);
    std::string unknownClass;
    AppendElement(unknownClass, 0x00080016, "UN", CT_IMAGE);
    const std::pair<const char*, std::string> rows[] = {
      {"empty", ""},
      {"text", std::string(500, 'x')},
      {"no meta header", good + std::string(500, '\0')},
      {"preamble only", std::string(128, '\0') + "DICM"},
      {"no transfer syntax",
       std::string(128, '\0') + "DICM" + MakeElement(0x00020001, "OB", "12") + good},
      {"implicit meta header",
       std::string(128, '\0') + "DICM" + std::string("\2\0\x10\0\x12\0\0\0", 8) + EXPLICIT + good},
      {"endless meta header",
       std::string(128, '\0') + "DICM" + std::string("\2\0\1\0OB\0\0\xFF\xFF\xFF\xFF", 12) + good},
      {"no dataset", MakeRaw("")},
      {"no class", MakeRaw(MakeElement(0x00080018, "UI", INSTANCE_UID))},
      {"empty class",
       MakeRaw(MakeElement(0x00080016, "UI", "") + MakeElement(0x00080018, "UI", "1"))},
      {"unknown class", MakeRaw(unknownClass + MakeElement(0x00080018, "UI", INSTANCE_UID))},
      {"no instance", MakeRaw(MakeElement(0x00080016, "UI", CT_IMAGE))},
      {"absurd length", MakeRaw(good + std::string("\x09\0\1\0UN\0\0\xFE\xFF\xFF\xFF", 12))},
      {"absurd identifier",
       MakeRawDicomFile(IMPLICIT, std::string("\x08\0\x16\0\xF0\xFF\xFF\x7F", 8) + good)},
      {"item outside", MakeRaw(good + std::string("\xFE\xFF\0\xE0\0\0\0\0", 8))},
      {"sequence of elements", MakeRaw(good + MakeElement(0x00091115, "SQ", "") +
                                       std::string("\x09\0\2\0SQ\0\0\xFF\xFF\xFF\xFF", 12) + good)},
      {"no deflate stream", MakeRawDicomFile(DEFLATED, "\x06 no deflate stream")},
      {"deflate stream cut off",
       MakeRawDicomFile(DEFLATED,
                        Deflate(good + MakeElement(0x00090001, "LO", "x")).substr(0, 40))}};

    for (const auto& [name, file] : rows)
    {
      EXPECT_EQ(FailureKind::SourceMissing, GetFailure(file)) << name;
    }
  }

  TEST(DicomSummary, HostileNestingEndsInAFailure)
  {
    const std::string report = MakeIdentification("1.2.840.10008.5.1.4.1.1.88.33");
    for (const std::uint32_t tag : {0x00091115u, 0x0040A730u, 0x00081111u})
    {
      EXPECT_EQ(FailureKind::SourceMissing,
                GetFailure(MakeRaw(report + MakeNested(tag, 100000, true))));
    }
    // Without an explicit VR the file says less, and nothing else changes
    std::string implicitReport;
    AppendTag(implicitReport, 0x00080016);
    AppendUint32(implicitReport, 28);
    implicitReport += "1.2.840.10008.5.1.4.1.1.88.3";
    EXPECT_EQ(FailureKind::SourceMissing,
              GetFailure(MakeRawDicomFile(IMPLICIT,
                                          implicitReport + MakeNested(0x0040A730, 100000, false))));
    EXPECT_EQ(FailureKind::SourceMissing,
              GetFailure(MakeRawDicomFile(DEFLATED,
                                          Deflate(report + MakeNested(0x00091115, 100000, true)))));
  }

  TEST(DicomSummary, MoreReferencesThanADirectoryTakesAreRefused)
  {
    const std::string item = MakeItem(MakeElement(0x0020000E, "UI", std::string(64, '1')));
    std::string items;
    while (items.size() < (20u << 20))
    {
      items += item;
    }

    EXPECT_EQ(FailureKind::SourceMissing,
              GetFailure(MakeRaw(MakeIdentification("1.2.840.10008.5.1.4.1.1.11.1") +
                                 MakeElement(0x00081115, "SQ", items))));
  }

  TEST(DicomSummary, LongElementsInflateWithoutBeingHeld)
  {
    const std::string dataset = MakeIdentification(CT_IMAGE) +
                                MakeElement(0x00090010, "OB", std::string(16 << 20, '\0')) +
                                MakeElement(0x00100020, "LO", "P1");

    EXPECT_EQ("P1", Read(MakeRawDicomFile(DEFLATED, Deflate(dataset))).patientId);
  }

  TEST(DicomSummary, CutOffAnywhereItFailsOrIsTheSame)
  {
    for (const char* syntax : {IMPLICIT, EXPLICIT, EXPLICIT_BIG, DEFLATED})
    {
      const std::string file = WriteDicomFile(*MakeImage(), syntax);
      std::size_t acceptedCount = 0;
      for (std::size_t size = 0; size < file.size(); size++)
      {
        const std::optional<FailureKind> failure = GetFailure(file.substr(0, size));
        EXPECT_EQ(FailureKind::SourceMissing, failure.value_or(FailureKind::SourceMissing)) << size;
        acceptedCount += failure.has_value() ? 0 : 1;
      }
      // Between two elements a file may end, and behind the last key nothing matters
      EXPECT_LT(acceptedCount, 120u) << syntax;
    }
  }

  TEST(DicomSummary, DamagedAnywhereItFailsOrIsRead)
  {
    const std::string report =
      MakeRaw(MakeIdentification("1.2.840.10008.5.1.4.1.1.88.33") +
              MakeElement(0x0040A043, "SQ", MakeItem(MakeElement(0x00080100, "SH", "126000"))) +
              MakeElement(0x0040A730, "SQ", MakeContentItem("HAS CONCEPT MOD", "1", "")) +
              MakeNested(0x00420099, 3, true));
    std::uint32_t random = 1;
    for (const std::string& file :
         {report, WriteDicomFile(*MakeImage(), IMPLICIT), WriteDicomFile(*MakeImage(), DEFLATED)})
    {
      for (unsigned round = 0; round < 5000; round++)
      {
        std::string damaged = file;
        for (unsigned i = 0; i < 3; i++)
        {
          random = random * 1664525 + 1013904223;
          damaged[132 + (random >> 8) % (damaged.size() - 132)] = static_cast<char>(random >> 24);
        }
        EXPECT_EQ(FailureKind::SourceMissing,
                  GetFailure(damaged).value_or(FailureKind::SourceMissing));
      }
    }
  }

  TEST(DicomSummary, NothingIsLogged)
  {
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    for (const char* characterSet :
         {"ISO_IR 999", "\\ISO 2022 IR 87", "\\ISO 2022 IR 159", "ISO_IR 100\\ISO 2022 IR 87",
          "ISO 2022 IR 149", "ISO_IR 192\\ISO_IR 100", "GB18030\\ISO 2022 IR 58", "\\\\"})
    {
      Read(MakeRaw(MakeElement(0x00080005, "CS", characterSet) + MakeIdentification(CT_IMAGE) +
                   MakeElement(0x00100010, "PN", "Secret\x1B$B;3\xFF\xFE^\x1B$)C\xFB")));
    }

    EXPECT_EQ("", testing::internal::GetCapturedStderr());
    EXPECT_EQ("", testing::internal::GetCapturedStdout());
  }

  TEST(DicomSummary, ManyThreadsReadTheSameFile)
  {
    const MemoryFile file(WriteDicomFile(*MakeImage(), IMPLICIT));
    std::atomic<unsigned> goodCount{0};
    boost::thread_group threads;

    for (unsigned i = 0; i < 4; i++)
    {
      threads.create_thread(
        [&]
        {
          for (unsigned round = 0; round < 50; round++)
          {
            const DicomSummary summary = ReadDicomSummary(file, SummaryOptions());
            goodCount += summary.patientName == "M\u00FCller^J\u00F6rg" ? 1 : 0;
          }
        });
    }
    threads.join_all();

    EXPECT_EQ(200u, goodCount);
  }
} // namespace OrthancPlugins
