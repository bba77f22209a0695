// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../../Plugin/Core/Archive/FolderNaming.h"

#include <gtest/gtest.h>

namespace OrthancPlugins
{
  namespace
  {
    const HostVersion A{1, 10, 1};
    const HostVersion B{1, 12, 7};
    const HostVersion BEFORE_DASHES{1, 12, 11};
    const HostVersion C{1, 13, 0};

    struct PatientRow
    {
      const char* id; // null: absent
      const char* name;
      const char* onA;
      const char* onB;
      const char* on11211;
      const char* onC;
      const char* onCUtf8;
    };

    // The columns of A, B and C agree with archives that these hosts wrote
    const PatientRow PATIENTS[] = {
      {"P1", "Doe^John", "P1 Doe John", "P1 Doe John", "P1 Doe^John", "P1 - Doe^John",
       "P1 - Doe^John"},
      {"P1", nullptr, "P1", "P1", "P1", "P1", "P1"},
      {"P1", "", "P1", "P1", "P1", "P1", "P1"},
      {nullptr, "Name", "Name", "Name", "Name", "- Name", "- Name"},
      {nullptr, nullptr, "Unknown Patient", "Unknown Patient", "Unknown Patient", "Unknown Patient",
       "Unknown Patient"},
      {"", "^^", "", "Unknown Patient", "Unknown Patient", "- ^^", "- ^^"},
      {"", "M\xC3\xBCller^J\xC3\xB6rg", "Mller Jrg", "Mller Jrg", "Mller^Jrg", "- Mller^Jrg",
       "- M\xC3\xBCller^J\xC3\xB6rg"},
      {"", "\xE5\xB1\xB1^\xE5\xA4\xAA", "", "Unknown Patient", "^", "- ^",
       "- \xE5\xB1\xB1^\xE5\xA4\xAA"},
      {"\xE5\xB1\xB1", "", "Unknown Patient", "Unknown Patient", "", "", "\xE5\xB1\xB1"},
      {"..", "..", ".. ..", ".. ..", ".. ..", ".. - ..", ".. - .."},
      {"P/../x", "a\\b", "P..x ab", "P..x ab", "P .. x a b", "P .. x - a b", "P .. x - a b"},
      {"-", "--", "", "", "- --", "- - --", "- - --"},
      {"  sp ", "x  y", "sp x y", "sp x y", "sp x y", "sp - x y", "sp - x y"},
      {"q\"<>|:*?", "t", "q t", "q t", "q t", "q - t", "q - t"},
      {"100%", "%s%n", "100 sn", "100 sn", "100% %s%n", "100% - %s%n", "100% - %s%n"},
      {"a\tb", "c\nd", "ab c d", "ab c d", "ab c d", "ab - c d", "a b - c d"},
      {"a\x01\x7F", "b", "a b", "a b", "a b", "a - b", "a \x7F - b"},
      {"\xE9", "b", "b", "b", "b", "- b", "- b"}, // no UTF-8
      {"a_b.c,d", "e-f", "a_b.cd ef", "a_b.cd ef", "a_b.c,d e-f", "a_b.c,d - e-f", "a_b.c,d - e-f"},
    };

    DicomTags MakePatient(const PatientRow& row)
    {
      DicomTags tags;
      if (row.id != nullptr)
      {
        tags["PatientID"] = row.id;
      }
      if (row.name != nullptr)
      {
        tags["PatientName"] = row.name;
      }
      return tags;
    }
  } // namespace

  TEST(FolderNaming, PatientFoldersAreThoseOfEachVersion)
  {
    for (const PatientRow& row : PATIENTS)
    {
      const DicomTags tags = MakePatient(row);

      EXPECT_EQ(row.onA, FolderNaming(A, false).GetPatientFolder(tags));
      EXPECT_EQ(row.onB, FolderNaming(B, false).GetPatientFolder(tags));
      EXPECT_EQ(row.on11211, FolderNaming(BEFORE_DASHES, false).GetPatientFolder(tags));
      EXPECT_EQ(row.onC, FolderNaming(C, false).GetPatientFolder(tags));
      EXPECT_EQ(row.onCUtf8, FolderNaming(C, true).GetPatientFolder(tags));
    }
  }

  TEST(FolderNaming, Utf8OnOldHostsKeepsTheirPartsWithTheCharactersOfNewOnes)
  {
    const DicomTags tags{{"PatientID", "P-1"}, {"PatientName", "M\xC3\xBCller^J/x"}};

    EXPECT_EQ("P-1 M\xC3\xBCller^J x", FolderNaming(A, true).GetPatientFolder(tags));
    EXPECT_EQ("P-1 M\xC3\xBCller^J x", FolderNaming(B, true).GetPatientFolder(tags));
    EXPECT_EQ("P-1 - M\xC3\xBCller^J x", FolderNaming(C, true).GetPatientFolder(tags));
  }

  TEST(FolderNaming, CaretsAloneAreNothingSince1122)
  {
    const DicomTags tags{{"StudyDescription", "^"}};

    EXPECT_EQ("", FolderNaming(HostVersion{1, 12, 1}, false).GetStudyFolder(tags));
    EXPECT_EQ("Unknown Study", FolderNaming(HostVersion{1, 12, 2}, false).GetStudyFolder(tags));
    EXPECT_EQ("Unknown Study", FolderNaming(C, false).GetStudyFolder(tags));
  }

  TEST(FolderNaming, StudyFolders)
  {
    const DicomTags both{{"AccessionNumber", "A1"}, {"StudyDescription", "Brain"}};
    const DicomTags description{{"AccessionNumber", ""}, {"StudyDescription", "Brain"}};
    const DicomTags dots{{"StudyDescription", ".."}};

    EXPECT_EQ("A1 Brain", FolderNaming(A, false).GetStudyFolder(both));
    EXPECT_EQ("A1 - Brain", FolderNaming(C, false).GetStudyFolder(both));
    EXPECT_EQ("Brain", FolderNaming(A, false).GetStudyFolder(description));
    EXPECT_EQ("Brain", FolderNaming(C, false).GetStudyFolder(description));
    EXPECT_EQ("..", FolderNaming(C, false).GetStudyFolder(dots));
    EXPECT_EQ("Unknown Study", FolderNaming(A, false).GetStudyFolder({}));
    EXPECT_EQ("Unknown Study", FolderNaming(C, false).GetStudyFolder({}));
  }

  TEST(FolderNaming, SeriesFoldersHaveTheirNumberSince1130)
  {
    const DicomTags all{{"SeriesNumber", "7"}, {"Modality", "CT"}, {"SeriesDescription", "Thin"}};
    const DicomTags number{{"SeriesNumber", "7"}};

    EXPECT_EQ("CT Thin", FolderNaming(A, false).GetSeriesFolder(all));
    EXPECT_EQ("CT Thin", FolderNaming(BEFORE_DASHES, false).GetSeriesFolder(all));
    EXPECT_EQ("7 - CT - Thin", FolderNaming(C, false).GetSeriesFolder(all));
    EXPECT_EQ("Unknown Series", FolderNaming(B, false).GetSeriesFolder(number));
    EXPECT_EQ("7", FolderNaming(C, false).GetSeriesFolder(number));
    EXPECT_EQ("Unknown Series", FolderNaming(C, false).GetSeriesFolder({}));
  }

  TEST(FolderNaming, FileNamesBeginWithTheModality)
  {
    struct Row
    {
      const char* modality;
      std::uint32_t index;
      const char* onB;
      const char* onC;
      const char* onCUtf8;
    };
    const Row ROWS[] = {
      {"", 0, "00000000.dcm", "00000000.dcm", "00000000.dcm"},
      {"c", 1, "C0000001.dcm", "C0000001.dcm", "C0000001.dcm"},
      {"CT", 1, "CT000001.dcm", "CT000001.dcm", "CT000001.dcm"},
      {"mra", 12, "MR000012.dcm", "MR000012.dcm", "MR000012.dcm"},
      {"CT", 123456789, "CT123456789.dcm", "CT123456789.dcm", "CT123456789.dcm"},
      {"CT", 4294967295u, "CT00001.dcm", "CT-00001.dcm", "CT-00001.dcm"},
      {"..", 2, "..000002.dcm", "..000002.dcm", "..000002.dcm"},
      {"/x", 3, "X000003.dcm", "X000003.dcm", "X000003.dcm"},
      {"%n", 4, "N000004.dcm", "%N000004.dcm", "%N000004.dcm"},
      {"\xC3\xA9", 5, "000005.dcm", "000005.dcm",
       "\xC3\xA9"
       "000005.dcm"},
      {"\xE6\x97\xA5", 6, "000006.dcm", "000006.dcm", "000006.dcm"}, // cut in the middle
      {"^^", 7, "000007.dcm", "^^000007.dcm", "^^000007.dcm"},
    };
    for (const Row& row : ROWS)
    {
      const DicomTags tags{{"Modality", row.modality}};

      EXPECT_EQ(row.onB, FolderNaming(B, false).GetFileName(tags, row.index));
      EXPECT_EQ(row.onC, FolderNaming(C, false).GetFileName(tags, row.index));
      EXPECT_EQ(row.onCUtf8, FolderNaming(C, true).GetFileName(tags, row.index));
    }
  }
} // namespace OrthancPlugins
