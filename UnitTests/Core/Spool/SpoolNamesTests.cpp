// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../../Plugin/Core/Spool/SpoolNames.h"

#include "ExpectFailure.h"

namespace OrthancPlugins
{
  namespace
  {
    const std::string ID = "0f8fad5b-d9cb-469f-a165-70867728950e";

    struct GoodName
    {
      std::string fileName;
      SpoolFile kind;
      std::string id;
    };
  } // namespace

  TEST(SpoolNames, MakesPathsInItsDirectory)
  {
    const SpoolNames names("/spool");

    EXPECT_EQ("/spool/" + ID + ".json", names.GetRecordPath(ID));
    EXPECT_EQ("/spool/" + ID + ".json.tmp", names.GetRecordTemporaryPath(ID));
    EXPECT_EQ("/spool/" + ID + ".zip", names.GetArchivePath(ID));
    EXPECT_EQ("/spool/" + ID + ".part", names.GetPartPath(ID));
    EXPECT_EQ("/spool/" + ID + ".journal", names.GetJournalPath(ID));
    EXPECT_EQ("/spool/" + ID + ".job", names.GetLinkPath(ID));
    EXPECT_EQ("/spool/" + ID + ".job.tmp", names.GetLinkTemporaryPath(ID));
    EXPECT_EQ("/spool/lock", names.GetLockPath());
    EXPECT_EQ("/spool/temporary-XXXXXX", names.GetTemporaryTemplate());
  }

  TEST(SpoolNames, RefusesIdentifiersThatAreNoUuid)
  {
    const SpoolNames names("/spool");

    for (const char* bad :
         {"", ".", "..", "../x", "/etc/passwd", "0f8fad5b", "lock",
          "0f8fad5b-d9cb-469f-a165-70867728950e/", "../ad5b-d9cb-469f-a165-70867728950e",
          "0F8FAD5B-D9CB-469F-A165-70867728950E"})
    {
      ExpectFailure(FailureKind::BadFormat, [&] { names.GetRecordPath(bad); });
      ExpectFailure(FailureKind::BadFormat, [&] { names.GetArchivePath(bad); });
      ExpectFailure(FailureKind::BadFormat, [&] { names.GetPartPath(bad); });
      ExpectFailure(FailureKind::BadFormat, [&] { names.GetJournalPath(bad); });
      ExpectFailure(FailureKind::BadFormat, [&] { names.GetLinkPath(bad); });
      ExpectFailure(FailureKind::BadFormat, [&] { names.GetRecordTemporaryPath(bad); });
      ExpectFailure(FailureKind::BadFormat, [&] { names.GetLinkTemporaryPath(bad); });
    }
  }

  TEST(SpoolNames, ParsesWhatItMakes)
  {
    const GoodName rows[] = {{ID + ".json", SpoolFile::Record, ID},
                             {ID + ".zip", SpoolFile::Archive, ID},
                             {ID + ".part", SpoolFile::Part, ID},
                             {ID + ".journal", SpoolFile::Journal, ID},
                             {ID + ".job", SpoolFile::Link, ID},
                             {ID + ".json.tmp", SpoolFile::Temporary, ""},
                             {ID + ".job.tmp", SpoolFile::Temporary, ""},
                             {"temporary-a9Zx0B", SpoolFile::Temporary, ""},
                             {"lock", SpoolFile::Lock, ""}};
    for (const GoodName& row : rows)
    {
      const std::optional<SpoolName> name = SpoolNames::Parse(row.fileName);

      ASSERT_TRUE(name.has_value()) << row.fileName;
      EXPECT_EQ(row.kind, name->kind) << row.fileName;
      EXPECT_EQ(row.id, name->id) << row.fileName;
      EXPECT_EQ("/spool/" + row.fileName, SpoolNames("/spool").GetPath(*name));
    }
  }

  TEST(SpoolNames, LeavesForeignFilesAlone)
  {
    const std::string rows[] = {"",
                                ".",
                                "..",
                                "lost+found",
                                "LOCK",
                                "lock.json",
                                "locked",
                                ID,
                                ID + ".",
                                ID + ".zip.",
                                ID + ".ZIP",
                                ID + ".zip.tmp",
                                ID + ".part.tmp",
                                ID + ".journal.tmp",
                                ID + ".journals",
                                ID + ".json.bad",
                                ID + ".jso",
                                ID + ".json ",
                                ID + "json",
                                " " + ID + ".json",
                                "x" + ID + ".json",
                                ID.substr(1) + ".json",
                                ID + "0.json",
                                "0F8FAD5B-D9CB-469F-A165-70867728950E.json",
                                "{" + ID + "}.json",
                                ID + "/.json",
                                "../" + ID + ".json",
                                "temporary-",
                                "temporary-abcde",
                                "temporary-abcdefg",
                                "temporary-abc/ef",
                                "temporary-abc.ef",
                                "Temporary-abcdef",
                                "temporary_abcdef",
                                "notes.txt",
                                ".json",
                                std::string(10'000, 'a') + ".json",
                                ID + std::string(".json\0", 6)};
    for (const std::string& row : rows)
    {
      EXPECT_FALSE(SpoolNames::Parse(row).has_value()) << row.substr(0, 60);
    }
  }
} // namespace OrthancPlugins
