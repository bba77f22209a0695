// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../../Plugin/Core/Dicom/DicomDirBuilder.h"
#include "../../../Plugin/Core/Dicom/KeyElements.h"
#include "../../../Plugin/Core/Failure.h"
#include "../../Fakes/DicomFiles.h"
#include "../../Fakes/MemorySink.h"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcdeftag.h>
#include <dcmtk/dcmdata/dcdicdir.h>
#include <dcmtk/dcmdata/dcfilefo.h>
#include <dcmtk/dcmdata/dcmetinf.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <utility>

namespace OrthancPlugins
{
  namespace
  {
    constexpr const char* EXPLICIT = "1.2.840.10008.1.2.1";
    constexpr const char* CT_IMAGE = "1.2.840.10008.5.1.4.1.1.2";

    // A file as its elements, by tag
    using Elements = std::map<std::uint32_t, std::pair<std::string, std::string>>;

    Elements MakeImage(const std::string& patientId,
                       const std::string& studyUid,
                       const std::string& seriesUid,
                       const std::string& instanceUid)
    {
      return {{0x00080016, {"UI", CT_IMAGE}},   {0x00080018, {"UI", instanceUid}},
              {0x00080020, {"DA", "20260102"}}, {0x00080030, {"TM", "101112"}},
              {0x00080050, {"SH", "A1"}},       {0x00080060, {"CS", "CT"}},
              {0x00081030, {"LO", "Study"}},    {0x00100010, {"PN", "Doe^" + patientId}},
              {0x00100020, {"LO", patientId}},  {0x0020000D, {"UI", studyUid}},
              {0x0020000E, {"UI", seriesUid}},  {0x00200010, {"SH", "S1"}},
              {0x00200011, {"IS", "1"}},        {0x00200013, {"IS", "1"}}};
    }

    Elements Without(Elements elements, std::initializer_list<std::uint32_t> tags)
    {
      for (const std::uint32_t tag : tags)
      {
        elements.erase(tag);
      }
      return elements;
    }

    Elements
    With(Elements elements, std::uint32_t tag, const std::string& vr, const std::string& value)
    {
      elements[tag] = {vr, value};
      return elements;
    }

    DicomSummary Summarize(const Elements& elements)
    {
      std::string dataset;
      for (const auto& [tag, content] : elements)
      {
        AppendElement(dataset, tag, content.first, content.second);
      }
      return ReadDicomSummary(MemoryFile(MakeRawDicomFile(EXPLICIT, dataset)), SummaryOptions());
    }

    DicomDirOptions MakeOptions()
    {
      DicomDirOptions options;
      options.fallbackDate = "20260715";
      options.fallbackTime = "235959";
      return options;
    }

    // "IMAGES/IM0", "IMAGES/IM1"...
    void AddAll(DicomDirBuilder& builder, const std::vector<Elements>& files)
    {
      for (std::size_t i = 0; i < files.size(); i++)
      {
        builder.Add("IMAGES/IM" + std::to_string(i), Summarize(files[i]));
      }
    }

    std::string Write(const DicomDirBuilder& builder)
    {
      MemorySink sink;
      builder.Write(sink);
      EXPECT_EQ(builder.GetSizeBytes(), sink.GetContent().size());
      return sink.GetContent();
    }

    std::uint32_t GetUint32(std::string_view bytes, std::size_t offset)
    {
      std::uint32_t value = 0;
      for (std::size_t i = 0; i < 4; i++)
      {
        value |= static_cast<std::uint32_t>(static_cast<unsigned char>(bytes.at(offset + i)))
                 << (8 * i);
      }
      return value;
    }

    // The elements of the record at this offset of the file
    std::string_view GetRecord(std::string_view file, std::uint32_t offset)
    {
      EXPECT_EQ(std::string("\xFE\xFF\0\xE0", 4), file.substr(offset, 4));
      return file.substr(offset + 8, GetUint32(file, offset + 4));
    }

    std::string_view GetDataset(std::string_view file)
    {
      file.remove_prefix(132);
      const std::uint32_t metaBytes = GetUint32(file, 8);
      return file.substr(12 + metaBytes);
    }

    std::uint32_t GetOffset(std::string_view elements, std::uint32_t tag)
    {
      return GetUint32(FindValue(elements, tag).value(), 0);
    }

    std::string GetText(std::string_view elements, std::uint32_t tag)
    {
      return std::string(FindValue(elements, tag).value_or("(none)"));
    }

    // Each record by the offsets alone: the keys asked for, and what is below in brackets
    std::string
    ShowTree(std::string_view file, std::uint32_t offset, const std::vector<std::uint32_t>& tags)
    {
      std::string tree;
      while (offset != 0)
      {
        const std::string_view record = GetRecord(file, offset);
        tree += tree.empty() ? "" : ", ";
        tree += GetText(record, 0x00041430);
        for (const std::uint32_t tag : tags)
        {
          if (FindValue(record, tag).has_value())
          {
            tree += " " + GetText(record, tag);
          }
        }
        const std::uint32_t lower = GetOffset(record, 0x00041420);
        tree += lower == 0 ? "" : " [" + ShowTree(file, lower, tags) + "]";
        offset = GetOffset(record, 0x00041400);
      }
      return tree;
    }

    std::string ShowTree(const DicomDirBuilder& builder, const std::vector<std::uint32_t>& tags)
    {
      const std::string file = Write(builder);
      return ShowTree(file, GetOffset(GetDataset(file), 0x00041200), tags);
    }

    std::string ShowTree(const std::vector<Elements>& files, const std::vector<std::uint32_t>& tags)
    {
      DicomDirBuilder builder(MakeOptions());
      AddAll(builder, files);
      return ShowTree(builder, tags);
    }

    // Where a record belongs: patient, study, series, file
    const std::vector<std::uint32_t> PLACES = {0x00100020, 0x0020000D, 0x0020000E, 0x00041500};

    // The only file of a medium in memory, removed afterwards
    class MediaFolder
    {
    public:
      explicit MediaFolder(const std::string& content)
        : folder_(std::filesystem::path(testing::TempDir()) /
                  ("dicomdir-" + std::to_string(reinterpret_cast<std::uintptr_t>(this))))
      {
        std::filesystem::create_directories(folder_);
        std::ofstream stream(folder_ / "DICOMDIR", std::ios::binary);
        stream << content;
      }

      ~MediaFolder()
      {
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
      }

      MediaFolder(const MediaFolder&) = delete;
      MediaFolder& operator=(const MediaFolder&) = delete;

      std::string GetPath() const { return (folder_ / "DICOMDIR").string(); }

    private:
      std::filesystem::path folder_;
    };

    std::string JoinWarnings(const DicomDirBuilder& builder)
    {
      std::string text;
      for (const std::string& warning : builder.GetWarnings())
      {
        text += warning + "\n";
      }
      return text;
    }
  } // namespace

  TEST(DicomDirBuilder, TreeInTheOrderOfTheFiles)
  {
    const std::string tree =
      ShowTree({MakeImage("P2", "1.2", "1.2.1", "1.1"), MakeImage("P1", "1.3", "1.3.1", "1.2"),
                MakeImage("P2", "1.2", "1.2.2", "1.3"), MakeImage("P2", "1.4", "1.4.1", "1.4"),
                MakeImage("P2", "1.2", "1.2.1", "1.5")},
               PLACES);

    EXPECT_EQ("PATIENT P2 ["
              "STUDY 1.2 ["
              "SERIES 1.2.1 [IMAGE IMAGES\\IM0, IMAGE IMAGES\\IM4], "
              "SERIES 1.2.2 [IMAGE IMAGES\\IM2]], "
              "STUDY 1.4 [SERIES 1.4.1 [IMAGE IMAGES\\IM3]]], "
              "PATIENT P1 [STUDY 1.3 [SERIES 1.3.1 [IMAGE IMAGES\\IM1]]]",
              tree);
  }

  TEST(DicomDirBuilder, DcmtkReadsWhatIsWritten)
  {
    DicomDirOptions options = MakeOptions();
    options.descriptorFileId = "README.TXT";
    DicomDirBuilder builder(options);
    AddAll(builder, {MakeImage("P1", "1.2", "1.2.1", "1.1"), MakeImage("P1", "1.2", "1.2.1", "1.2"),
                     MakeImage("P2", "1.3", "1.3.1", "1.3")});
    const MediaFolder folder(Write(builder));

    DcmDicomDir directory(folder.GetPath().c_str());

    ASSERT_TRUE(directory.error().good()) << directory.error().text();
    EXPECT_TRUE(directory.verify(OFFalse).good());
    OFString text;
    DcmDataset& dataset = *directory.getDirFileFormat().getDataset();
    EXPECT_EQ(EXS_LittleEndianExplicit, dataset.getOriginalXfer());
    dataset.findAndGetOFString(DCM_FileSetID, text);
    EXPECT_EQ("ORTHANC_MEDIA", std::string(text.c_str()));
    dataset.findAndGetOFString(DCM_FileSetDescriptorFileID, text);
    EXPECT_EQ("README.TXT", std::string(text.c_str()));
    directory.getDirFileFormat().getMetaInfo()->findAndGetOFString(DCM_MediaStorageSOPClassUID,
                                                                   text);
    EXPECT_EQ("1.2.840.10008.1.3.10", std::string(text.c_str()));
    directory.getDirFileFormat().getMetaInfo()->findAndGetOFString(DCM_MediaStorageSOPInstanceUID,
                                                                   text);
    EXPECT_EQ("2.25.", std::string(text.c_str()).substr(0, 5));
    EXPECT_LE(text.size(), 64u);
    DcmDirectoryRecord& root = directory.getRootRecord();
    ASSERT_EQ(2u, root.cardSub());
    DcmDirectoryRecord* const series = root.getSub(0)->getSub(0)->getSub(0);
    ASSERT_EQ(2u, series->cardSub());
    EXPECT_EQ(ERT_Series, series->getRecordType());
    DcmDirectoryRecord* const image = series->getSub(1);
    EXPECT_EQ(ERT_Image, image->getRecordType());
    image->findAndGetOFStringArray(DCM_ReferencedFileID, text);
    EXPECT_EQ("IMAGES\\IM1", std::string(text.c_str()));
    image->findAndGetOFString(DCM_ReferencedSOPClassUIDInFile, text);
    EXPECT_EQ(CT_IMAGE, std::string(text.c_str()));
    image->findAndGetOFString(DCM_ReferencedSOPInstanceUIDInFile, text);
    EXPECT_EQ("1.2", std::string(text.c_str()));
    image->findAndGetOFString(DCM_ReferencedTransferSyntaxUIDInFile, text);
    EXPECT_EQ(EXPLICIT, std::string(text.c_str()));
  }

  TEST(DicomDirBuilder, LastRootRecordAndLengths)
  {
    DicomDirBuilder builder(MakeOptions());
    AddAll(builder,
           {MakeImage("P1", "1.2", "1.2.1", "1.1"), MakeImage("P2", "1.3", "1.3.1", "1.3")});
    const std::string file = Write(builder);
    const std::string_view dataset = GetDataset(file);

    EXPECT_EQ("P1", GetText(GetRecord(file, GetOffset(dataset, 0x00041200)), 0x00100020));
    EXPECT_EQ("P2", GetText(GetRecord(file, GetOffset(dataset, 0x00041202)), 0x00100020));
    EXPECT_EQ(std::string("\0\0", 2), FindValue(dataset, 0x00041212).value());
    const std::string_view records = FindValue(dataset, 0x00041220).value();
    EXPECT_EQ(file.data() + file.size(), records.data() + records.size());
  }

  TEST(DicomDirBuilder, WithoutFilesItIsEmpty)
  {
    const DicomDirBuilder builder(MakeOptions());
    const std::string file = Write(builder);

    EXPECT_EQ(0u, GetOffset(GetDataset(file), 0x00041200));
    EXPECT_EQ(0u, GetOffset(GetDataset(file), 0x00041202));
    const MediaFolder folder(file);
    DcmDicomDir directory(folder.GetPath().c_str());
    EXPECT_TRUE(directory.error().good());
    EXPECT_EQ(0u, directory.getRootRecord().cardSub());
  }

  TEST(DicomDirBuilder, KeysInTheOrderOfTheirTags)
  {
    DicomDirBuilder builder(MakeOptions());
    AddAll(builder,
           {With(Without(MakeImage("", "", "", "1.1"),
                         {0x00080020, 0x00080030, 0x00080060, 0x00200010, 0x00200011, 0x00200013}),
                 0x00080005, "CS", "ISO_IR 100")});
    const std::string file = Write(builder);

    std::string_view records = FindValue(GetDataset(file), 0x00041220).value();
    unsigned recordsCount = 0;
    while (!records.empty())
    {
      const std::uint32_t length = GetUint32(records, 4);
      std::string_view record = records.substr(8, length);
      std::uint32_t previous = 0;
      while (!record.empty())
      {
        const KeyElement element = TakeElement(record);
        EXPECT_LT(previous, element.tag);
        EXPECT_EQ(0u, element.value.size() % 2);
        previous = element.tag;
      }
      records.remove_prefix(8 + length);
      recordsCount++;
    }
    EXPECT_EQ(4u, recordsCount);
  }

  TEST(DicomDirBuilder, OneStudyOfTwoPatientsIsInBoth)
  {
    DicomDirBuilder builder(MakeOptions());
    AddAll(builder, {MakeImage("PA", "1.2", "1.2.1", "1.1"), MakeImage("PB", "1.2", "1.2.2", "1.2"),
                     MakeImage("PB", "1.2", "1.2.2", "1.3")});

    EXPECT_EQ("PATIENT PA [STUDY 1.2 [SERIES 1.2.1 [IMAGE IMAGES\\IM0]]], "
              "PATIENT PB [STUDY 1.2 [SERIES 1.2.2 [IMAGE IMAGES\\IM1, IMAGE IMAGES\\IM2]]]",
              ShowTree(builder, PLACES));
    EXPECT_EQ("Study 1.2 is of several patients; the directory shows it in each\n",
              JoinWarnings(builder));
  }

  TEST(DicomDirBuilder, OneSeriesOfTwoStudiesIsInBoth)
  {
    DicomDirBuilder builder(MakeOptions());
    AddAll(builder, {MakeImage("PA", "1.2", "1.9", "1.1"), MakeImage("PA", "1.3", "1.9", "1.2")});

    EXPECT_EQ("PATIENT PA ["
              "STUDY 1.2 [SERIES 1.9 [IMAGE IMAGES\\IM0]], "
              "STUDY 1.3 [SERIES 1.9 [IMAGE IMAGES\\IM1]]]",
              ShowTree(builder, PLACES));
    EXPECT_EQ("Series 1.9 is of several studies; the directory shows it in each\n",
              JoinWarnings(builder));
  }

  TEST(DicomDirBuilder, OneSeriesAndStudyOfTwoPatientsStayApart)
  {
    EXPECT_EQ("PATIENT PA [STUDY 1.2 [SERIES 1.9 [IMAGE IMAGES\\IM0]]], "
              "PATIENT PB [STUDY 1.2 [SERIES 1.9 [IMAGE IMAGES\\IM1]]]",
              ShowTree({MakeImage("PA", "1.2", "1.9", "1.1"), MakeImage("PB", "1.2", "1.9", "1.2")},
                       PLACES));
  }

  TEST(DicomDirBuilder, FilesOfOneInstanceAreAllReferenced)
  {
    DicomDirBuilder builder(MakeOptions());
    AddAll(builder, {MakeImage("PA", "1.2", "1.8", "1.1"), MakeImage("PA", "1.2", "1.9", "1.1"),
                     MakeImage("PA", "1.2", "1.9", "1.1")});

    EXPECT_EQ("PATIENT PA [STUDY 1.2 [SERIES 1.8 [IMAGE IMAGES\\IM0], "
              "SERIES 1.9 [IMAGE IMAGES\\IM1, IMAGE IMAGES\\IM2]]]",
              ShowTree(builder, PLACES));
    EXPECT_EQ("SOP Instance 1.1 is in several files; the directory refers to each\n",
              JoinWarnings(builder));
  }

  TEST(DicomDirBuilder, PatientsWithoutIdAreToldByTheirNames)
  {
    const auto make = [](const char* name, const char* birthDate, const char* study)
    {
      const Elements image =
        MakeImage("", study, std::string(study) + ".1", std::string(study) + ".1.1");
      return With(With(image, 0x00100010, "PN", name), 0x00100030, "DA", birthDate);
    };
    DicomDirBuilder builder(MakeOptions());
    AddAll(builder, {make("Roe^A", "", "1.1"), make("Roe^B", "", "1.2"), make("Roe^A^^", "", "1.3"),
                     make("Roe^A", "19700101", "1.4"), make("", "", "1.5"), make("", "", "1.6"),
                     MakeImage("UNKNOWN", "1.7", "1.7.1", "1.7.1.1")});
    const std::string file = Write(builder);

    std::set<std::string> ids;
    unsigned patientsCount = 0;
    for (std::uint32_t offset = GetOffset(GetDataset(file), 0x00041200); offset != 0;)
    {
      const std::string_view record = GetRecord(file, offset);
      ids.insert(GetText(record, 0x00100020));
      patientsCount++;
      offset = GetOffset(record, 0x00041400);
    }
    EXPECT_EQ(6u, patientsCount); // the first and the third file are of one patient
    EXPECT_EQ(6u, ids.size());
    EXPECT_EQ(0u, ids.count(""));
    EXPECT_EQ(5,
              std::count_if(ids.begin(), ids.end(),
                            [](const std::string& id) { return id.substr(0, 8) == "UNKNOWN-"; }));
  }

  TEST(DicomDirBuilder, InventedPatientIdsAreTheSameOnEachMedium)
  {
    const Elements first = MakeImage("", "1.2", "1.2.1", "1.1");
    const Elements other = With(MakeImage("", "1.3", "1.3.1", "1.2"), 0x00100010, "PN", "Roe^B");

    const std::string onOne = ShowTree({first}, {0x00100020});
    const std::string onTwo = ShowTree({other, first}, {0x00100020});

    EXPECT_NE(std::string::npos, onTwo.find(onOne)) << onTwo;
  }

  TEST(DicomDirBuilder, OnePatientOfSeveralNamesHasTheFirst)
  {
    DicomDirBuilder builder(MakeOptions());
    const Elements image = MakeImage("P1", "1.2", "1.2.1", "1.1");
    AddAll(builder,
           {With(image, 0x00100010, "PN", ""), With(image, 0x00100010, "PN", "Doe^J"),
            With(image, 0x00100010, "PN", "Doe^J^"), With(image, 0x00100010, "PN", "Roe^J")});

    EXPECT_EQ("PATIENT Doe^J [STUDY [SERIES [IMAGE, IMAGE, IMAGE, IMAGE]]]",
              ShowTree(builder, {0x00100010}));
    const std::string warnings = JoinWarnings(builder);
    EXPECT_NE(std::string::npos, warnings.find("several names"));
    EXPECT_EQ(std::string::npos, warnings.find("Doe"));
    EXPECT_EQ(std::string::npos, warnings.find("Roe"));
    EXPECT_EQ(std::string::npos, warnings.find("P1"));
  }

  TEST(DicomDirBuilder, MissingNumbersAreCountedAroundThoseInUse)
  {
    const auto make = [](const char* study, const char* series, const char* instance) {
      return Without(MakeImage("P1", study, series, instance),
                     {0x00200010, 0x00200011, 0x00200013});
    };
    const std::vector<Elements> files = {
      make("1.2", "1.2.1", "1"),
      With(With(make("1.2", "1.2.2", "2"), 0x00200011, "IS", " 1 "), 0x00200013, "IS", "2"),
      With(make("1.2", "1.2.2", "3"), 0x00200013, "IS", ""),
      make("1.2", "1.2.2", "4"),
      make("1.2", "1.2.3", "5"),
      With(make("1.3", "1.3.1", "6"), 0x00200010, "SH", "1"),
      make("1.4", "1.4.1", "7")};

    EXPECT_EQ(
      "PATIENT ["
      "STUDY 2 [SERIES 2 [IMAGE 1], SERIES  1 [IMAGE 2, IMAGE 1, IMAGE 3], SERIES 3 [IMAGE 1]], "
      "STUDY 1 [SERIES 1 [IMAGE 1]], "
      "STUDY 3 [SERIES 1 [IMAGE 1]]]",
      ShowTree(files, {0x00200010, 0x00200011, 0x00200013}));
  }

  TEST(DicomDirBuilder, MissingDatesComeFromWhereTheyAreKnown)
  {
    const Elements bare = Without(MakeImage("P1", "1.2", "1.2.1", "1"), {0x00080020, 0x00080030});
    const Elements empty =
      With(With(bare, 0x00080020, "DA", ""), 0x00080030, "TM", std::string(4, ' '));
    const Elements ofSeries = With(bare, 0x00080021, "DA", "20250101");
    const Elements ofContent =
      With(With(bare, 0x00080023, "DA", "20250303"), 0x00080033, "TM", "0303");
    const Elements full = MakeImage("P1", "1.2", "1.2.1", "2");
    const std::vector<std::uint32_t> tags = {0x00080020, 0x00080030};
    const auto show = [&](const std::vector<Elements>& files)
    {
      const std::string tree = ShowTree(files, tags);
      const std::size_t begin = tree.find("STUDY");
      return tree.substr(begin, tree.find(" [", begin) - begin);
    };

    EXPECT_EQ("STUDY 20260715 235959", show({bare}));
    EXPECT_EQ("STUDY 20260715 235959", show({empty}));
    EXPECT_EQ("STUDY 20250101 235959", show({ofSeries}));
    EXPECT_EQ("STUDY 20250303 0303", show({ofContent}));
    EXPECT_EQ("STUDY 20250101 0303", show({empty, ofSeries, ofContent}));
    EXPECT_EQ("STUDY 20260102 101112", show({empty, ofContent, full}));
  }

  TEST(DicomDirBuilder, MissingKeysOfEachTypeAreInvented)
  {
    struct Row
    {
      const char* sopClass;
      const char* record;
      std::vector<std::pair<std::uint32_t, std::string>> keys;
    };
    const std::vector<Row> rows = {
      {"1.2.840.10008.5.1.4.1.1.88.11",
       "SR DOCUMENT",
       {{0x00080023, "20260102"},
        {0x00080033, "101112"},
        {0x00200013, "1"},
        {0x0040A491, "PARTIAL"},
        {0x0040A493, "UNVERIFIED"},
        {0x0040A030, "(none)"},
        {0x0040A730, "(none)"}}},
      {"1.2.840.10008.5.1.4.1.1.11.1",
       "PRESENTATION",
       {{0x00700080, "UNKNOWN"},
        {0x00700081, ""},
        {0x00700082, "20260102"},
        {0x00700083, "101112"},
        {0x00700084, ""},
        {0x00081115, "(none)"}}},
      {"1.2.840.10008.5.1.4.1.1.481.2", "RT DOSE", {{0x3004000A, "UNKNOWN"}}},
      {"1.2.840.10008.5.1.4.1.1.481.3",
       "RT STRUCTURE SET",
       {{0x30060002, "UNKNOWN"}, {0x30060008, ""}, {0x30060009, ""}}},
      {"1.2.840.10008.5.1.4.1.1.481.5",
       "RT PLAN",
       {{0x300A0002, "UNKNOWN"}, {0x300A0006, ""}, {0x300A0007, ""}}},
      {"1.2.840.10008.5.1.4.1.1.481.4", "RT TREAT RECORD", {{0x30080250, ""}, {0x30080251, ""}}},
      {"1.2.840.10008.5.1.4.1.1.104.1",
       "ENCAP DOC",
       {{0x00080023, ""},
        {0x00080033, ""},
        {0x0040A043, ""},
        {0x00420010, ""},
        {0x00420012, "application/pdf"},
        {0x0040E001, "(none)"}}},
      {"1.2.840.10008.5.1.4.1.1.66", "RAW DATA", {{0x00080023, "20260102"}, {0x00200013, ""}}},
      {"1.2.840.10008.5.1.4.1.1.4.2",
       "SPECTROSCOPY",
       {{0x00280008, "1"},
        {0x00280010, std::string("\1\0", 2)},
        {0x00289001, std::string("\1\0\0\0", 4)}}},
      {"1.2.840.113619.4.27", "PRIVATE", {{0x00200013, "(none)"}}}};

    for (const Row& row : rows)
    {
      SCOPED_TRACE(row.record);
      DicomDirBuilder builder(MakeOptions());
      AddAll(builder, {With(Without(MakeImage("P1", "1.2", "1.2.1", "1"), {0x00200013}), 0x00080016,
                            "UI", row.sopClass)});
      const std::string file = Write(builder);
      std::uint32_t offset = GetOffset(GetDataset(file), 0x00041200);
      for (unsigned level = 0; level < 3; level++)
      {
        offset = GetOffset(GetRecord(file, offset), 0x00041420);
      }
      const std::string_view record = GetRecord(file, offset);

      EXPECT_EQ(row.record, GetText(record, 0x00041430));
      EXPECT_EQ(std::string(row.record) == "PRIVATE", FindValue(record, 0x00041432).has_value());
      for (const auto& [tag, value] : row.keys)
      {
        EXPECT_EQ(value, GetText(record, tag)) << std::hex << tag;
      }
      const MediaFolder folder(file);
      DcmDicomDir directory(folder.GetPath().c_str());
      EXPECT_TRUE(directory.error().good());
      EXPECT_EQ(1u, directory.getRootRecord().cardSub());
    }
  }

  TEST(DicomDirBuilder, MissingUidsAndModalityAreInvented)
  {
    DicomDirBuilder builder(MakeOptions());
    AddAll(builder, {Without(MakeImage("P1", "", "", "1"), {0x0020000D, 0x0020000E, 0x00080060}),
                     MakeImage("P2", "", "", "2"), MakeImage("P2", "", "", "3")});
    const std::string file = Write(builder);
    const std::uint32_t first = GetOffset(GetDataset(file), 0x00041200);
    const std::string_view patient = GetRecord(file, first);
    const std::string_view study = GetRecord(file, GetOffset(patient, 0x00041420));
    const std::string_view series = GetRecord(file, GetOffset(study, 0x00041420));

    EXPECT_EQ("2.25.", GetText(study, 0x0020000D).substr(0, 5));
    EXPECT_LE(GetText(study, 0x0020000D).size(), 44u);
    EXPECT_EQ("2.25.", GetText(series, 0x0020000E).substr(0, 5));
    EXPECT_NE(GetText(study, 0x0020000D), GetText(series, 0x0020000E));
    EXPECT_EQ("OT", GetText(series, 0x00080060));
    EXPECT_EQ("PATIENT [STUDY [SERIES [IMAGE]]], PATIENT [STUDY [SERIES [IMAGE, IMAGE]]]",
              ShowTree(file, first, {}));
    EXPECT_EQ("", JoinWarnings(builder));
  }

  TEST(DicomDirBuilder, WhatOneFileLacksAnotherMayKnow)
  {
    const Elements image = MakeImage("P1", "1.2", "1.2.1", "1");
    const Elements bare = Without(image, {0x00200010, 0x00200011, 0x00080060});

    EXPECT_EQ("PATIENT [STUDY S1 [SERIES CT 1 [IMAGE, IMAGE]]]",
              ShowTree({bare, image}, {0x00200010, 0x00080060, 0x00200011}));
    // Not beyond ASCII: its bytes mean something in the other file's character set only
    EXPECT_EQ("PATIENT [STUDY 1 [SERIES [IMAGE, IMAGE]]]",
              ShowTree({bare, With(image, 0x00200010, "SH", "\xC4")}, {0x00200010}));
  }

  TEST(DicomDirBuilder, EachRecordHasTheCharacterSetOfItsFile)
  {
    const auto make = [](const char* id, const char* study, const char* set)
    { return With(MakeImage(id, study, std::string(study) + ".1", study), 0x00080005, "CS", set); };

    EXPECT_EQ("PATIENT ISO_IR 100 [STUDY ISO_IR 100 [SERIES ISO_IR 100 [IMAGE ISO_IR 100]]], "
              "PATIENT \\ISO 2022 IR 87 [STUDY \\ISO 2022 IR 87 [SERIES \\ISO 2022 IR 87 "
              "[IMAGE \\ISO 2022 IR 87]], STUDY [SERIES [IMAGE]]]",
              ShowTree({make("P1", "1.1", "ISO_IR 100"), make("P2", "1.2", "\\ISO 2022 IR 87"),
                        make("P2", "1.3", "")},
                       {0x00080005}));
  }

  TEST(DicomDirBuilder, ProtocolsAndPalettesAreBesideThePatients)
  {
    const Elements protocol =
      With(With(Elements(), 0x00080016, "UI", "1.2.840.10008.5.1.4.38.1"), 0x00080018, "UI", "1.9");
    DicomDirBuilder builder(MakeOptions());
    AddAll(builder, {protocol, MakeImage("P1", "1.2", "1.2.1", "1")});
    const std::string file = Write(builder);

    EXPECT_EQ("PATIENT P1 [STUDY 1.2 [SERIES 1.2.1 [IMAGE IMAGES\\IM1]]], "
              "HANGING PROTOCOL IMAGES\\IM0",
              ShowTree(builder, PLACES));
    const std::uint32_t last = GetOffset(GetDataset(file), 0x00041202);
    EXPECT_EQ("HANGING PROTOCOL", GetText(GetRecord(file, last), 0x00041430));
    const MediaFolder folder(file);
    DcmDicomDir directory(folder.GetPath().c_str());
    EXPECT_TRUE(directory.error().good());
  }

  TEST(DicomDirBuilder, SameFilesSameBytes)
  {
    const std::vector<Elements> files = {MakeImage("", "1.2", "1.2.1", "1.1"),
                                         Without(MakeImage("P1", "", "", "1.2"), {0x00200013}),
                                         MakeImage("P2", "1.3", "1.3.1", "1.3")};
    const auto write = [&](const std::vector<Elements>& all)
    {
      DicomDirBuilder builder(MakeOptions());
      AddAll(builder, all);
      const std::string once = Write(builder);
      EXPECT_EQ(once, Write(builder));
      return once;
    };

    EXPECT_EQ(write(files), write(files));
    EXPECT_NE(write(files), write({files[0], files[2], files[1]}));
  }

  TEST(DicomDirBuilder, WhatIsNoFileIdIsRefused)
  {
    const DicomSummary summary = Summarize(MakeImage("P1", "1.2", "1.2.1", "1"));
    DicomDirBuilder builder(MakeOptions());

    for (const char* path :
         {"", "/", "IMAGES/", "/IMAGES", "IMAGES//IM0", "images/IM0", "IMAGES/IM0.DCM",
          "IMAGES/IM1234567", "IMAGES\\IM0", "A/B/C/D/E/F/G/H/I", "../IM0", "IM\u00C40", "IM 0"})
    {
      try
      {
        builder.Add(path, summary);
        ADD_FAILURE() << path;
      }
      catch (const Failure& failure)
      {
        EXPECT_EQ(FailureKind::Internal, failure.GetKind()) << path;
      }
    }
    builder.Add("A/B/C/D/E/F/G/IM123456", summary);
    EXPECT_EQ("PATIENT [STUDY [SERIES [IMAGE A\\B\\C\\D\\E\\F\\G\\IM123456]]]",
              ShowTree(builder, {0x00041500}));
  }

  TEST(DicomDirBuilder, FailuresOfTheSinkPassThrough)
  {
    DicomDirBuilder builder(MakeOptions());
    AddAll(builder, {MakeImage("P1", "1.2", "1.2.1", "1")});
    const std::string whole = Write(builder);

    for (std::size_t accepted = 0; accepted < whole.size(); accepted += 97)
    {
      FailingSink sink(accepted, FailureKind::ClientGone);
      EXPECT_THROW(builder.Write(sink), Failure);
      EXPECT_EQ(whole.substr(0, accepted), sink.GetContent());
    }
    EXPECT_EQ(whole, Write(builder));
  }

  TEST(DicomDirBuilder, WarningsAreFewAndWithoutPatientData)
  {
    DicomDirBuilder builder(MakeOptions());
    const DicomSummary summary = Summarize(MakeImage("P1", "1.2", "1.2.1", "1"));
    for (unsigned i = 0; i < 2500; i++)
    {
      DicomSummary copy = summary;
      copy.sopInstanceUid = "1.5." + std::to_string(i / 2);
      builder.Add("IM" + std::to_string(i), copy);
    }
    DicomSummary hostile = summary;
    hostile.sopInstanceUid = "Doe^John 1970";
    DicomDirBuilder other(MakeOptions());
    other.Add("A", hostile);
    other.Add("B", hostile);

    EXPECT_EQ(1000u, builder.GetWarnings().size());
    EXPECT_EQ("Further collisions: 251", builder.GetWarnings().back());
    EXPECT_EQ("SOP Instance (not a UID) is in several files; the directory refers to each\n",
              JoinWarnings(other));
  }

  TEST(DicomDirBuilder, ManyFilesAreLinkedInOrder)
  {
    constexpr unsigned COUNT = 20000;
    DicomSummary summary = Summarize(MakeImage("P1", "1.2", "1.2.1", "1"));
    DicomDirBuilder builder(MakeOptions());
    for (unsigned i = 0; i < COUNT; i++)
    {
      summary.sopInstanceUid = "1.2." + std::to_string(i);
      summary.seriesInstanceUid = "1.2.3." + std::to_string(i / 100);
      builder.Add("IMAGES/IM" + std::to_string(i), summary);
    }
    const std::string file = Write(builder);

    std::uint32_t study = GetOffset(GetDataset(file), 0x00041200);
    study = GetOffset(GetRecord(file, study), 0x00041420);
    unsigned filesCount = 0;
    for (std::uint32_t series = GetOffset(GetRecord(file, study), 0x00041420); series != 0;
         series = GetOffset(GetRecord(file, series), 0x00041400))
    {
      for (std::uint32_t image = GetOffset(GetRecord(file, series), 0x00041420); image != 0;
           image = GetOffset(GetRecord(file, image), 0x00041400))
      {
        ASSERT_EQ("IMAGES\\IM" + std::to_string(filesCount),
                  GetText(GetRecord(file, image), 0x00041500));
        filesCount++;
      }
    }
    EXPECT_EQ(COUNT, filesCount);
    EXPECT_TRUE(builder.GetWarnings().empty());
  }
} // namespace OrthancPlugins
