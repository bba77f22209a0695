// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../../Plugin/Core/Failure.h"
#include "../../../Plugin/Core/Media/IsoWriter.h"
#include "../../Fakes/MemorySink.h"
#include "../Spool/ExpectFailure.h"
#include "../Spool/TestDirectory.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace OrthancPlugins
{
  namespace
  {
    // Sunday 2020-09-13 12:26:40 UTC
    constexpr std::time_t SOME_TIME = 1600000000;

    constexpr std::size_t SECTOR = 2048;

    using Files = std::vector<std::pair<std::string, std::string>>;

    IsoOptions MakeOptions(const TestDirectory& directory)
    {
      IsoOptions options;
      options.createdUtc = SOME_TIME;
      options.temporaryDirectory = directory.GetRoot().string();
      return options;
    }

    void AddFile(IsoWriter& writer, const std::string& path, const std::string& content)
    {
      writer.BeginFile(path, content.size(), SOME_TIME + 100);
      writer.Write(content.data(), content.size() / 2);
      writer.Write(content.data() + content.size() / 2, content.size() - content.size() / 2);
      writer.EndFile();
    }

    void AddFiles(IsoWriter& writer, const Files& files)
    {
      for (const auto& [path, content] : files)
      {
        AddFile(writer, path, content);
      }
    }

    std::string MakeImage(const IsoOptions& options, const Files& files, std::size_t stepBytes)
    {
      IsoWriter writer(options);
      AddFiles(writer, files);
      MemorySink sink;
      while (writer.WriteImage(sink, stepBytes))
      {
      }
      EXPECT_FALSE(writer.WriteImage(sink, stepBytes));
      return sink.GetContent();
    }

    std::uint64_t Get(const std::string& bytes, std::size_t offset, unsigned sizeBytes)
    {
      std::uint64_t value = 0;
      for (unsigned i = 0; i < sizeBytes; i++)
      {
        value |= std::uint64_t(static_cast<unsigned char>(bytes.at(offset + i))) << (8 * i);
      }
      return value;
    }

    struct ReadFile
    {
      std::uint64_t sizeBytes = 0;
      unsigned extentsCount = 0;
      std::string content;
      std::string time;
    };

    using ReadFiles = std::map<std::string, ReadFile>;

    std::string FromUcs2(const std::string& name)
    {
      std::string text;
      for (std::size_t i = 0; i + 1 < name.size(); i += 2)
      {
        const unsigned code =
          static_cast<unsigned char>(name[i]) * 256u + static_cast<unsigned char>(name[i + 1]);
        if (code < 0x80)
        {
          text.push_back(static_cast<char>(code));
        }
        else
        {
          text.push_back(static_cast<char>(0xC0 | code >> 6)); // the tests have two bytes at most
          text.push_back(static_cast<char>(0x80 | (code & 0x3F)));
        }
      }
      return text;
    }

    // ECMA-119 9.1: the records of a directory and all below
    void ReadDirectory(const std::string& image,
                       std::size_t sector,
                       std::size_t sizeBytes,
                       const std::string& parent,
                       bool isJoliet,
                       bool hasContent,
                       ReadFiles& files)
    {
      std::size_t at = sector * SECTOR;
      const std::size_t end = at + sizeBytes;
      while (at < end)
      {
        const std::size_t length = static_cast<std::size_t>(Get(image, at, 1));
        if (length == 0)
        {
          at = (at / SECTOR + 1) * SECTOR; // records do not cross sectors
          continue;
        }
        const std::size_t extent = static_cast<std::size_t>(Get(image, at + 2, 4));
        const std::size_t size = static_cast<std::size_t>(Get(image, at + 10, 4));
        const std::uint64_t flags = Get(image, at + 25, 1);
        std::string name = image.substr(at + 33, static_cast<std::size_t>(Get(image, at + 32, 1)));
        if (name != std::string(1, '\0') && name != std::string(1, '\1'))
        {
          name = isJoliet ? FromUcs2(name) : name;
          if ((flags & 2) != 0)
          {
            ReadDirectory(image, extent, size, parent + name + "/", isJoliet, hasContent, files);
          }
          else
          {
            ReadFile& file = files[parent + name];
            file.sizeBytes += size;
            file.extentsCount++;
            file.time = image.substr(at + 18, 7);
            file.content += hasContent ? image.substr(extent * SECTOR, size) : "";
          }
        }
        at += length;
      }
    }

    // Of the volume descriptor of this type (8.1.1): 1 primary, 2 supplementary (Joliet)
    ReadFiles ReadImage(const std::string& image, unsigned type, bool hasContent = true)
    {
      for (std::size_t at = 16 * SECTOR; Get(image, at, 1) != 255; at += SECTOR)
      {
        EXPECT_EQ("CD001", image.substr(at + 1, 5));
        if (Get(image, at, 1) == type)
        {
          ReadFiles files;
          ReadDirectory(image, static_cast<std::size_t>(Get(image, at + 156 + 2, 4)),
                        static_cast<std::size_t>(Get(image, at + 156 + 10, 4)), "", type == 2,
                        hasContent, files);
          return files;
        }
      }
      ADD_FAILURE() << "No such volume descriptor";
      return ReadFiles();
    }

    const Files SOME_FILES = {{"DICOMDIR", std::string(5000, 'd')},
                              {"IMAGES/IM0", std::string(100000, 'x') + "end"},
                              {"IMAGES/IM1", ""},
                              {"README.TXT", "Hello\r\n"},
                              {"VIEWER/a long n\xC3\xA4me.html", "page"}};
  } // namespace

  TEST(IsoWriter, BothTreesHoldAllFiles)
  {
    const TestDirectory directory;

    const std::string image = MakeImage(MakeOptions(directory), SOME_FILES, 100000);

    const ReadFiles joliet = ReadImage(image, 2);
    const ReadFiles primary = ReadImage(image, 1);
    ASSERT_EQ(SOME_FILES.size(), joliet.size());
    ASSERT_EQ(SOME_FILES.size(), primary.size());
    for (const auto& [path, content] : SOME_FILES)
    {
      const auto found = joliet.count(path) == 0 ? joliet.find(path + ";1") : joliet.find(path);
      ASSERT_NE(joliet.end(), found) << path;
      EXPECT_EQ(content, found->second.content) << path;
      EXPECT_EQ(std::string("\x78\x09\x0D\x0C\x1C\x14\0", 7), found->second.time) << path;
    }
    EXPECT_EQ(1u, primary.count("DICOMDIR.;1"));
    EXPECT_EQ(1u, primary.count("IMAGES/IM0.;1"));
    EXPECT_EQ(1u, primary.count("README.TXT;1"));
    for (const auto& [path, file] : primary)
    {
      const std::string name = path.substr(path.rfind('/') + 1);
      EXPECT_LE(name.find('.'), 8u) << path;
      EXPECT_LE(name.size(), 8u + 1 + 3 + 2) << path;
    }
    EXPECT_TRUE(std::filesystem::is_empty(directory.GetRoot()));
  }

  TEST(IsoWriter, VolumeDescriptor)
  {
    const TestDirectory directory;
    IsoOptions options = MakeOptions(directory);
    options.volumeId = "MEDIUM_1";

    const std::string image = MakeImage(options, SOME_FILES, 1 << 20);

    EXPECT_EQ(0u, image.size() % SECTOR);
    EXPECT_EQ(image.size(), Get(image, 16 * SECTOR + 80, 4) * SECTOR);
    EXPECT_EQ("MEDIUM_1" + std::string(24, ' '), image.substr(16 * SECTOR + 40, 32));
    EXPECT_EQ("2020091312264000", image.substr(16 * SECTOR + 813, 16));
    EXPECT_EQ(0u, Get(image, 16 * SECTOR + 829, 1)); // UTC
  }

  // One second later, in steps of another length, after another image
  TEST(IsoWriter, TheSameInputGivesTheSameBytes)
  {
    const TestDirectory directory;
    const std::string first = MakeImage(MakeOptions(directory), SOME_FILES, 1 << 20);
    const std::time_t start = std::time(nullptr);
    std::string second;
    do
    {
      second = MakeImage(MakeOptions(directory), SOME_FILES, 4096);
    } while (std::time(nullptr) == start);

    EXPECT_TRUE(first == second);

    IsoOptions options = MakeOptions(directory);
    options.createdUtc = 0;
    EXPECT_TRUE(MakeImage(options, SOME_FILES, 1 << 20) == MakeImage(options, SOME_FILES, 1 << 20));
  }

  TEST(IsoWriter, NoFilesAtAll)
  {
    const TestDirectory directory;

    EXPECT_TRUE(ReadImage(MakeImage(MakeOptions(directory), {}, 1), 1).empty());
  }

  TEST(IsoWriter, ManyFiles)
  {
    const TestDirectory directory;
    Files files;
    for (unsigned i = 0; i < 20000; i++)
    {
      files.emplace_back("IMAGES/IM" + std::to_string(i), std::to_string(i));
    }

    const ReadFiles read = ReadImage(MakeImage(MakeOptions(directory), files, 1 << 20), 1);

    ASSERT_EQ(files.size(), read.size());
    EXPECT_EQ("12345", read.at("IMAGES/IM12345.;1").content);
    EXPECT_EQ("0", read.at("IMAGES/IM0.;1").content);
  }

  // Level 1 cannot tell these apart by their first eight characters
  TEST(IsoWriter, ShortenedNamesStayUnique)
  {
    const TestDirectory directory;
    const Files files = {{"V/longname-one.html", "1"}, {"V/longname-two.html", "2"}, {"v/a", "3"}};

    const std::string image = MakeImage(MakeOptions(directory), files, 1 << 20);

    std::string contents;
    for (const auto& [path, file] : ReadImage(image, 1))
    {
      contents += file.content;
    }
    std::sort(contents.begin(), contents.end());
    EXPECT_EQ("123", contents);
    EXPECT_EQ(3u, ReadImage(image, 2).size());
  }

  // Zeros, of which neither the disk nor the memory of the test holds 4 GiB
  TEST(IsoWriter, LargeFilesHaveSeveralExtents)
  {
    const TestDirectory directory;
    const std::string block(4 << 20, '\0');
    const std::uint64_t blocksCount = 1025;
    const std::uint64_t size = blocksCount * block.size() + 1;
    IsoWriter writer(MakeOptions(directory));
    writer.BeginFile("HUGE", size, std::nullopt);
    for (std::uint64_t i = 0; i < blocksCount; i++)
    {
      writer.Write(block.data(), block.size());
    }
    writer.Write("x", 1);
    writer.EndFile();
    AddFile(writer, "AFTER", "content");

    MemorySink sink;
    EXPECT_TRUE(writer.WriteImage(sink, 400 * SECTOR)); // with all directories

    const ReadFiles files = ReadImage(sink.GetContent(), 1, false);
    EXPECT_EQ(size, files.at("HUGE.;1").sizeBytes);
    EXPECT_EQ(2u, files.at("HUGE.;1").extentsCount);
    EXPECT_EQ(7u, files.at("AFTER.;1").sizeBytes);
    EXPECT_LT(size, Get(sink.GetContent(), 16 * SECTOR + 80, 4) * SECTOR);
  }

  TEST(IsoWriter, RefusesPaths)
  {
    const TestDirectory directory;
    for (const std::string& path :
         {std::string(), std::string("../a"), std::string("/a"), std::string("a//b"),
          std::string("a\\b"), std::string("a\nb"), std::string("\xFF"), std::string(256, 'a'),
          std::string("used"), std::string("used/below"), std::string("folder"),
          std::string("1/2/3/4/5/6/7/8/file")})
    {
      IsoWriter writer(MakeOptions(directory));
      AddFile(writer, "used", "1");
      AddFile(writer, "folder/file", "1");

      ExpectFailure(FailureKind::BadRequest, [&] { AddFile(writer, path, "2"); });
      MemorySink sink;
      ExpectFailure(FailureKind::Internal, [&] { writer.WriteImage(sink, 1 << 20); });
      EXPECT_TRUE(sink.GetContent().empty());
    }
    const Files deepest = {{"1/2/3/4/5/6/7/file", "x"}, {std::string(255, 'n'), "y"}};
    EXPECT_EQ(2u, ReadImage(MakeImage(MakeOptions(directory), deepest, 1 << 20), 1).size());
  }

  TEST(IsoWriter, RefusesVolumeIds)
  {
    const TestDirectory directory;
    IsoOptions options = MakeOptions(directory);
    for (const std::string& id :
         {std::string(), std::string("lower"), std::string("A B"), std::string(33, 'A')})
    {
      options.volumeId = id;
      ExpectFailure(FailureKind::BadRequest, [&] { IsoWriter writer(options); });
    }
    options.volumeId = std::string(32, 'A');
    EXPECT_NO_THROW(IsoWriter writer(options));
  }

  TEST(IsoWriter, RefusesWrongSizesAndOrder)
  {
    const TestDirectory directory;
    MemorySink sink;
    for (const std::size_t written : {0u, 1u, 3u})
    {
      IsoWriter writer(MakeOptions(directory));
      writer.BeginFile("a", 2, std::nullopt);
      writer.Write("abc", written);
      ExpectFailure(FailureKind::Internal, [&] { writer.EndFile(); });
      ExpectFailure(FailureKind::Internal, [&] { writer.BeginFile("b", 1, std::nullopt); });
    }
    {
      IsoWriter writer(MakeOptions(directory));
      ExpectFailure(FailureKind::Internal, [&] { writer.Write("x", 1); });
    }
    {
      IsoWriter writer(MakeOptions(directory));
      writer.BeginFile("a", 0, std::nullopt);
      ExpectFailure(FailureKind::Internal, [&] { writer.WriteImage(sink, 1); });
    }
    {
      IsoWriter writer(MakeOptions(directory));
      writer.WriteImage(sink, 1);
      ExpectFailure(FailureKind::Internal, [&] { writer.BeginFile("a", 0, std::nullopt); });
    }
  }

  // Whatever the library's thread is doing
  TEST(IsoWriter, MayBeDestroyedAtAnyTime)
  {
    const TestDirectory directory;
    const Files files = {{"A", std::string(5000000, 'x')}, {"B", std::string(5000000, 'y')}};
    for (unsigned steps = 0; steps < 12; steps++)
    {
      MemorySink sink;
      IsoWriter writer(MakeOptions(directory));
      AddFiles(writer, files);
      for (unsigned i = 0; i < steps; i++)
      {
        EXPECT_TRUE(writer.WriteImage(sink, 500000));
      }
    }
    EXPECT_TRUE(std::filesystem::is_empty(directory.GetRoot()));
  }

  TEST(IsoWriter, FailingSink)
  {
    const TestDirectory directory;
    const std::size_t size = MakeImage(MakeOptions(directory), SOME_FILES, 1 << 20).size();
    for (std::size_t accepted = 0; accepted < size; accepted += SECTOR / 2)
    {
      FailingSink sink(accepted, FailureKind::StorageFull);
      IsoWriter writer(MakeOptions(directory));
      AddFiles(writer, SOME_FILES);
      ExpectFailure(FailureKind::StorageFull,
                    [&]
                    {
                      while (writer.WriteImage(sink, SECTOR))
                      {
                      }
                    });
      ExpectFailure(FailureKind::Internal, [&] { writer.WriteImage(sink, SECTOR); });
      EXPECT_EQ(accepted, sink.GetContent().size());
    }
  }

  TEST(IsoWriter, FullDisk)
  {
    const TestDirectory directory;
    IsoWriter writer(MakeOptions(directory));
    const std::string content(100000, 'x');
    writer.BeginFile("A", content.size(), std::nullopt);
    const FileSizeLimit limit(50000);

    ExpectFailure(FailureKind::StorageFull, [&] { writer.Write(content.data(), content.size()); });
  }

  TEST(IsoWriter, NoPlaceForTheTemporaryFile)
  {
    const TestDirectory directory;
    IsoOptions options = MakeOptions(directory);
    options.temporaryDirectory = (directory.GetRoot() / "missing").string();

    ExpectFailure(FailureKind::CannotWrite, [&] { IsoWriter writer(options); });
  }

  TEST(IsoWriter, SeveralAtATime)
  {
    const TestDirectory directory;
    IsoWriter first(MakeOptions(directory));
    IsoWriter second(MakeOptions(directory));
    MemorySink firstSink;
    MemorySink secondSink;
    AddFile(first, "A", std::string(3000000, '1'));
    AddFile(second, "A", std::string(3000000, '2'));

    bool hasFirst = true;
    bool hasSecond = true;
    while (hasFirst || hasSecond)
    {
      hasFirst = hasFirst && first.WriteImage(firstSink, 100000);
      hasSecond = hasSecond && second.WriteImage(secondSink, 70000);
    }

    EXPECT_EQ(std::string(3000000, '1'), ReadImage(firstSink.GetContent(), 1).at("A.;1").content);
    EXPECT_EQ(std::string(3000000, '2'), ReadImage(secondSink.GetContent(), 1).at("A.;1").content);
  }
} // namespace OrthancPlugins
