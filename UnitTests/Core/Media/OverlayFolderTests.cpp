// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../../Plugin/Core/Failure.h"
#include "../../../Plugin/Core/Media/OverlayFolder.h"
#include "../Spool/ExpectFailure.h"
#include "../Spool/TestDirectory.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include <sys/stat.h>
#include <unistd.h>

namespace OrthancPlugins
{
  namespace
  {
    void Put(const TestDirectory& directory, const std::string& path, const std::string& content)
    {
      const std::filesystem::path file = directory.GetRoot() / path;
      std::filesystem::create_directories(file.parent_path());
      TestDirectory::WriteFile(file.string(), content);
    }

    std::vector<std::string> ListPaths(const OverlayFolder& folder)
    {
      std::vector<std::string> paths;
      for (const OverlayFile& file : folder.GetFiles())
      {
        paths.push_back(file.path);
      }
      return paths;
    }

    std::string ReadAll(const OverlayFolder& folder, const OverlayFile& file)
    {
      const std::unique_ptr<IInstanceData> data = folder.Open(file);
      std::vector<unsigned char> scratch;
      const std::size_t size = static_cast<std::size_t>(data->GetSizeBytes());
      const std::string first(static_cast<const char*>(data->Read(0, size / 2, scratch)), size / 2);
      return first +
             std::string(static_cast<const char*>(data->Read(size / 2, size - size / 2, scratch)),
                         size - size / 2);
    }

    using Paths = std::vector<std::string>;
  } // namespace

  TEST(OverlayFolder, RegularFilesInOrder)
  {
    const TestDirectory directory;
    const std::filesystem::path root = directory.GetRoot();
    Put(directory, "viewer/b.exe", "program");
    Put(directory, "viewer/a/\xC3\xA4.txt", "text");
    Put(directory, "AUTORUN.INF", "[autorun]");
    Put(directory, ".hidden/.file", "");
    Put(directory, "viewer/IMAGES/DICOMDIR", "reserved in the root only");
    std::filesystem::create_directory(root / "empty");
    std::filesystem::create_symlink("/etc/passwd", root / "link");
    std::filesystem::create_directory_symlink("/etc", root / "links");
    ASSERT_EQ(0, ::mkfifo((root / "pipe").c_str(), 0600));

    const OverlayFolder folder(root.string());

    EXPECT_EQ((Paths{".hidden/.file", "AUTORUN.INF", "viewer/IMAGES/DICOMDIR",
                     "viewer/a/\xC3\xA4.txt", "viewer/b.exe"}),
              ListPaths(folder));
    EXPECT_EQ("[autorun]", ReadAll(folder, folder.GetFiles()[1]));
    EXPECT_EQ("text", ReadAll(folder, folder.GetFiles()[3]));
    EXPECT_EQ("", ReadAll(folder, folder.GetFiles()[0]));
    EXPECT_EQ(7u, folder.GetFiles()[4].sizeBytes);
    EXPECT_LT(1600000000, folder.GetFiles()[4].modifiedUtc);
    EXPECT_EQ(0u, folder.Open(folder.GetFiles()[4])->GetMemoryBytes());
  }

  TEST(OverlayFolder, TheFolderItselfMayBeALink)
  {
    const TestDirectory directory;
    Put(directory, "real/a", "1");
    std::filesystem::create_directory_symlink("real", directory.GetRoot() / "link");

    EXPECT_EQ(Paths{"a"}, ListPaths(OverlayFolder((directory.GetRoot() / "link").string())));
  }

  TEST(OverlayFolder, NoFolder)
  {
    const TestDirectory directory;
    Put(directory, "file", "");
    for (const std::string name : {"missing", "file"})
    {
      ExpectFailure(FailureKind::SourceMissing,
                    [&] { OverlayFolder folder((directory.GetRoot() / name).string()); });
    }
    std::filesystem::remove(directory.GetRoot() / "file");
    EXPECT_TRUE(OverlayFolder(directory.GetRoot().string()).GetFiles().empty());
  }

  TEST(OverlayFolder, RefusesNamesOfTheMedium)
  {
    for (const std::string name : {"DICOMDIR", "dicomdir", "README.TXT", "Readme.txt", "INDEX.HTM",
                                   "IMAGES/x", "Images/x", "DOCUMENT/x", "preview/x", "PREVIEW",
                                   "MISSING.txt", "manifest.SHA256", "TRANSCODING.txt"})
    {
      const TestDirectory directory;
      Put(directory, name, "x");

      const std::string message = ExpectFailure(
        FailureKind::Conflict, [&] { OverlayFolder folder(directory.GetRoot().string()); });
      EXPECT_NE(std::string::npos, message.find(name.substr(0, name.find('/')))) << message;
      EXPECT_EQ(std::string::npos, message.find(directory.GetRoot().string()));
    }
  }

  TEST(OverlayFolder, RefusesNamesThatNoMediumCanHave)
  {
    for (const std::string name : {"a\\b", "line\nfeed", "\xFF", "C:"})
    {
      const TestDirectory directory;
      Put(directory, "sub/ok", "x");
      Put(directory, name, "x");

      ExpectFailure(FailureKind::Conflict,
                    [&] { OverlayFolder folder(directory.GetRoot().string()); });
    }
  }

  TEST(OverlayFolder, RefusesWhatHasChanged)
  {
    const TestDirectory directory;
    const std::filesystem::path root = directory.GetRoot();
    Put(directory, "a/shorter", "1234");
    Put(directory, "a/longer", "1234");
    Put(directory, "a/missing", "1234");
    Put(directory, "a/link", "1234");
    Put(directory, "b/file", "1234");
    Put(directory, "a/late", "1234");
    const OverlayFolder folder(root.string());
    const std::vector<OverlayFile>& files = folder.GetFiles();
    const std::unique_ptr<IInstanceData> late = folder.Open(files[0]);
    ASSERT_EQ("a/late", files[0].path);

    Put(directory, "a/shorter", "123");
    Put(directory, "a/longer", "12345");
    Put(directory, "a/late", "1");
    std::filesystem::remove(root / "a/missing");
    std::filesystem::remove(root / "a/link");
    std::filesystem::create_symlink("longer", root / "a/link");
    std::filesystem::rename(root / "b", root / "c");
    std::filesystem::create_directory_symlink("c", root / "b");

    std::vector<unsigned char> scratch;
    for (const OverlayFile& file : files)
    {
      ExpectFailure(FailureKind::SourceMissing, [&] { folder.Open(file); });
    }
    EXPECT_EQ(6u, files.size());
    ExpectFailure(FailureKind::SourceMissing, [&] { late->Read(0, 4, scratch); });
    ExpectFailure(FailureKind::SourceMissing, [&] { late->Read(3, 2, scratch); });
  }

  TEST(OverlayFolder, RefusesFoldersThatAreTooDeep)
  {
    const TestDirectory directory;
    std::string path;
    for (unsigned i = 0; i < 65; i++)
    {
      path += "d/";
    }
    Put(directory, path + "file", "x");

    ExpectFailure(FailureKind::SourceMissing,
                  [&] { OverlayFolder folder(directory.GetRoot().string()); });
    EXPECT_EQ(1u, OverlayFolder((directory.GetRoot() / "d").string()).GetFiles().size());
  }

  TEST(OverlayFolder, RefusesTooManyFiles)
  {
    const TestDirectory directory;
    for (const std::string name : {"a", "b/c", "b/d"})
    {
      Put(directory, name, "");
    }
    const std::string root = directory.GetRoot().string();

    EXPECT_EQ(3u, OverlayFolder(root, 3).GetFiles().size());
    ExpectFailure(FailureKind::TooLarge, [&] { OverlayFolder folder(root, 2); });
  }
} // namespace OrthancPlugins
