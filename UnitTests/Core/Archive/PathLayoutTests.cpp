// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../../Plugin/Core/Archive/PathLayout.h"

#include <gtest/gtest.h>

namespace OrthancPlugins
{
  namespace
  {
    using Paths = std::vector<std::string>;

    // One file in each folder
    Paths LayOutFolders(const std::vector<std::string>& names)
    {
      PathLayout layout;
      for (const std::string& name : names)
      {
        layout.AddFile(layout.AddFolder(PathLayout::ROOT, name, "Unknown"), "1.dcm", "Unknown",
                       ".dcm");
      }
      Paths folders;
      for (const std::string& path : layout.GetFilePaths())
      {
        folders.push_back(path.substr(0, path.find('/')));
      }
      return folders;
    }

    Paths LayOutFiles(const std::vector<std::string>& names)
    {
      PathLayout layout;
      for (const std::string& name : names)
      {
        layout.AddFile(PathLayout::ROOT, name, "Unknown", ".dcm");
      }
      return layout.GetFilePaths();
    }
  } // namespace

  TEST(PathLayout, IsEmptyAtFirst)
  {
    EXPECT_TRUE(PathLayout().GetFilePaths().empty());
  }

  TEST(PathLayout, FoldersOfDifferentResourcesNeverMeet)
  {
    EXPECT_EQ(Paths({"same", "same-2", "same-2-2"}), LayOutFolders({"same", "same", "same-2"}));
    EXPECT_EQ(Paths({"same-2", "same", "same-3"}), LayOutFolders({"same-2", "same", "same"}));
    EXPECT_EQ(Paths({"same", "SAME-2"}), LayOutFolders({"same", "SAME"}));
    EXPECT_EQ(Paths({"x", "x-2", "x-3"}), LayOutFolders({"x", "x", "x"}));
  }

  TEST(PathLayout, SafeNamesOfTheHostComeBeforeRepairedOnes)
  {
    EXPECT_EQ(Paths({"Study-2", "Study"}), LayOutFolders({"Study.", "Study"}));
    EXPECT_EQ(Paths({"Unknown-2", "Unknown"}), LayOutFolders({"..", "Unknown"}));
    EXPECT_EQ(Paths({"CON_", "nul_-2", "nul_"}), LayOutFolders({"CON", "nul", "nul_"}));
  }

  TEST(PathLayout, FilesKeepTheirExtension)
  {
    EXPECT_EQ(Paths({"1.dcm", "1-2.dcm", "1-3.dcm"}), LayOutFiles({"1.dcm", "1.dcm", "1.dcm"}));
    EXPECT_EQ(Paths({"1.dcm", "1-2.dcm", "1-3.dcm"}), LayOutFiles({"1.dcm", "1-2.dcm", "1.dcm"}));
    EXPECT_EQ(Paths({"a", "a-2", "A-3"}), LayOutFiles({"a", "a", "A"}));
    EXPECT_EQ(Paths({"Unknown", ".dcm"}), LayOutFiles({"", ".dcm"}));
  }

  TEST(PathLayout, FilesAndFoldersShareTheirNames)
  {
    PathLayout layout;
    layout.AddFile(PathLayout::ROOT, "a", "Unknown", "");
    layout.AddFile(layout.AddFolder(PathLayout::ROOT, "A", "Unknown"), "b", "Unknown", "");
    layout.AddFile(PathLayout::ROOT, "a-2", "Unknown", "");

    EXPECT_EQ(Paths({"a", "A-3/b", "a-2"}), layout.GetFilePaths());
  }

  TEST(PathLayout, OurReportsOwnTheirNamesInTheRootOnly)
  {
    EXPECT_EQ(Paths({"MANIFEST.sha256-2", "missing.TXT-2", "Transcoding.txt-2"}),
              LayOutFolders({"MANIFEST.sha256", "missing.TXT", "Transcoding.txt"}));

    PathLayout layout;
    layout.AddFile(layout.AddFolder(PathLayout::ROOT, "a", "Unknown"), "MISSING.txt", "Unknown",
                   "");
    EXPECT_EQ(Paths({"a/MISSING.txt"}), layout.GetFilePaths());
  }

  TEST(PathLayout, LongPathsAreShortenedFromTheirRoot)
  {
    PathLayout layout;
    const std::size_t patient = layout.AddFolder(PathLayout::ROOT, std::string(300, 'p'), "U");
    const std::size_t study = layout.AddFolder(patient, std::string(300, 's'), "U");
    const std::size_t series = layout.AddFolder(study, std::string(300, 'e'), "U");
    layout.AddFile(series, "CT000001.dcm", "U", ".dcm");
    layout.AddFile(series, "CT000001.dcm", "U", ".dcm");

    const Paths paths = layout.GetFilePaths();

    const std::string folder =
      std::string(120, 'p') + "/" + std::string(73, 's') + "/" + std::string(24, 'e') + "/";
    EXPECT_EQ(Paths({folder + "CT000001.dcm", folder + "CT000001-2.dcm"}), paths);
    EXPECT_LE(paths[1].size(), MAX_PATH_BYTES);
  }

  TEST(PathLayout, PathsThatFitAreNotTouched)
  {
    PathLayout layout;
    const std::size_t patient = layout.AddFolder(PathLayout::ROOT, std::string(60, 'p'), "U");
    const std::size_t study = layout.AddFolder(patient, std::string(80, 's'), "U");
    const std::size_t series = layout.AddFolder(study, std::string(70, 'e'), "U");
    layout.AddFile(series, "CT000001.dcm", "U", ".dcm");

    EXPECT_EQ(std::string(60, 'p') + "/" + std::string(80, 's') + "/" + std::string(70, 'e') +
                "/CT000001.dcm",
              layout.GetFilePaths().front());
  }

  TEST(PathLayout, TheDeepestPathKeepsTheLimitWithSuffixesOnEachLevel)
  {
    PathLayout layout;
    std::vector<std::size_t> parents = {PathLayout::ROOT};
    for (std::size_t level = 1; level < MAX_PATH_LEVELS; level++)
    {
      const std::size_t parent = parents.back();
      for (int i = 0; i < 12; i++)
      {
        parents.push_back(layout.AddFolder(parent, std::string(200, 'x'), "U"));
      }
    }
    for (int i = 0; i < 200; i++)
    {
      layout.AddFile(parents.back(), std::string(200, 'f') + ".dcm", "U", ".dcm");
    }

    for (const std::string& path : layout.GetFilePaths())
    {
      EXPECT_LE(path.size(), MAX_PATH_BYTES);
      EXPECT_EQ(".dcm", path.substr(path.size() - 4));
    }
  }
} // namespace OrthancPlugins
