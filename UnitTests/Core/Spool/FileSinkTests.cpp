// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../../Plugin/Core/Spool/FileSink.h"

#include "../../../Plugin/Core/Spool/MappedFile.h"

#include "ExpectFailure.h"
#include "TestDirectory.h"

#include <fcntl.h>
#include <sys/stat.h>

namespace OrthancPlugins
{
  namespace
  {
    std::string GetText(const MappedFile& file)
    {
      const unsigned char* const data = file.GetData();
      return data == nullptr ? std::string() : std::string(data, data + file.GetSizeBytes());
    }
  } // namespace

  TEST(FileSink, WritesAPrivateFile)
  {
    const TestDirectory directory;
    const std::string path = (directory.GetRoot() / "file").string();
    FileSink sink(path);

    sink.Write("Hello, ", 7);
    sink.Write("", 0);
    sink.Write("world", 5);
    EXPECT_EQ(FD_CLOEXEC, ::fcntl(sink.GetDescriptor(), F_GETFD) & FD_CLOEXEC);
    sink.Close();

    EXPECT_EQ("Hello, world", TestDirectory::ReadFile(path));
    EXPECT_EQ(12u, sink.GetBytesWritten());
    EXPECT_EQ(-1, sink.GetDescriptor());
    struct stat status = {};
    ASSERT_EQ(0, ::stat(path.c_str(), &status));
    EXPECT_EQ(0600u, status.st_mode & 07777u);
  }

  TEST(FileSink, TruncatesWhatIsThere)
  {
    const TestDirectory directory;
    const std::string path = (directory.GetRoot() / "file").string();
    TestDirectory::WriteFile(path, "something longer");

    FileSink sink(path);
    sink.Write("new", 3);
    sink.Close();

    EXPECT_EQ("new", TestDirectory::ReadFile(path));
  }

  TEST(FileSink, ContinuesWhatIsThere)
  {
    const TestDirectory directory;
    const std::string path = (directory.GetRoot() / "file").string();
    TestDirectory::WriteFile(path, "kept and cut");

    FileSink sink(FileSink::Continued{path, 5});
    EXPECT_EQ(5u, sink.GetBytesWritten());
    sink.Write("on", 2);
    sink.Sync();
    EXPECT_EQ("kept on", TestDirectory::ReadFile(path));
    sink.Close();

    EXPECT_EQ(7u, sink.GetBytesWritten());
    ExpectFailure(FailureKind::CannotWrite, [&] { sink.Sync(); });
  }

  TEST(FileSink, ContinuesNothingElse)
  {
    const TestDirectory directory;
    const std::string root = directory.GetRoot().string();
    TestDirectory::WriteFile(root + "/short", "1234");
    std::filesystem::create_symlink(root + "/short", root + "/link");
    using Continued = FileSink::Continued;

    ExpectFailure(FailureKind::NotFound, [&] { FileSink sink(Continued{root + "/short", 5}); });
    ExpectFailure(FailureKind::NotFound, [&] { FileSink sink(Continued{root + "/absent", 0}); });
    ExpectFailure(FailureKind::NotFound, [&] { FileSink sink(Continued{"/dev/null", 0}); });
    ExpectFailure(FailureKind::CannotWrite, [&] { FileSink sink(Continued{root + "/link", 0}); });
    ExpectFailure(FailureKind::CannotWrite, [&] { FileSink sink(Continued{root, 0}); });

    EXPECT_EQ("1234", TestDirectory::ReadFile(root + "/short"));
  }

  TEST(FileSink, SyncReportsAndTheSinkIsOfNoUseAnyMore)
  {
    FileSink sink("/dev/null");

    ExpectFailure(FailureKind::CannotWrite, [&] { sink.Sync(); });
    ExpectFailure(FailureKind::CannotWrite, [&] { sink.Write("x", 1); });
  }

  TEST(FileSink, DoesNotFollowLinks)
  {
    const TestDirectory directory;
    const std::string target = (directory.GetRoot() / "target").string();
    const std::string link = (directory.GetRoot() / "link").string();
    TestDirectory::WriteFile(target, "precious");
    std::filesystem::create_symlink(target, link);

    ExpectFailure(FailureKind::CannotWrite, [&] { FileSink sink(link); });

    EXPECT_EQ("precious", TestDirectory::ReadFile(target));
  }

  TEST(FileSink, CannotBeMadeWithoutItsDirectory)
  {
    const TestDirectory directory;
    const std::string nowhere = (directory.GetRoot() / "nowhere").string();

    ExpectFailure(FailureKind::CannotWrite, [&] { FileSink sink(nowhere + "/file"); });
    ExpectFailure(FailureKind::CannotWrite, [&] { FileSink sink(FileSink::Unnamed{nowhere}); });
  }

  TEST(FileSink, FullDeviceIsAFullStorage)
  {
    FileSink sink("/dev/full");

    const std::string text = ExpectFailure(FailureKind::StorageFull, [&] { sink.Write("x", 1); });

    EXPECT_EQ("The disk of the spool is full", text);
    EXPECT_EQ(0u, sink.GetBytesWritten());
  }

  TEST(FileSink, FailedSinkRefusesFurtherUse)
  {
    FileSink sink("/dev/full");
    ExpectFailure(FailureKind::StorageFull, [&] { sink.Write("x", 1); });

    ExpectFailure(FailureKind::CannotWrite, [&] { sink.Write("", 0); });
    ExpectFailure(FailureKind::CannotWrite, [&] { sink.Close(); });
  }

  TEST(FileSink, ShortWriteIsContinuedUntilTheLimit)
  {
    const TestDirectory directory;
    const std::string path = (directory.GetRoot() / "file").string();
    const std::string data(10'000, 'x');
    FileSink sink(path);
    {
      const FileSizeLimit limit(4'000);

      ExpectFailure(FailureKind::StorageFull, [&] { sink.Write(data.data(), data.size()); });
    }

    EXPECT_EQ(4'000u, sink.GetBytesWritten());
  }

  TEST(FileSink, ClosedSinkRefusesFurtherUse)
  {
    const TestDirectory directory;
    FileSink sink((directory.GetRoot() / "file").string());
    sink.Close();

    ExpectFailure(FailureKind::CannotWrite, [&] { sink.Write("x", 1); });
    ExpectFailure(FailureKind::CannotWrite, [&] { sink.Close(); });
  }

  TEST(FileSink, CloseReportsWhatCannotBeSynced)
  {
    // A character device has no fsync(2)
    FileSink sink("/dev/null");
    sink.Write("x", 1);

    ExpectFailure(FailureKind::CannotWrite, [&] { sink.Close(); });
  }

  TEST(FileSink, UnnamedFileLeavesNoName)
  {
    const TestDirectory directory;
    FileSink sink(FileSink::Unnamed{directory.GetRoot().string()});

    sink.Write("content", 7);
    const MappedFile mapped(sink.GetDescriptor());

    EXPECT_EQ("content", GetText(mapped));
    EXPECT_TRUE(TestDirectory::ListNames(directory.GetRoot().string()).empty());
  }

  TEST(MappedFile, OutlivesItsName)
  {
    const TestDirectory directory;
    const std::string path = (directory.GetRoot() / "file").string();
    TestDirectory::WriteFile(path, std::string(100'000, 'a') + "end");
    const MappedFile mapped(path);

    std::filesystem::remove(path);

    EXPECT_EQ(100'003u, mapped.GetSizeBytes());
    EXPECT_EQ("end", GetText(mapped).substr(100'000));
  }

  TEST(MappedFile, EmptyFileHasNoData)
  {
    const TestDirectory directory;
    const std::string path = (directory.GetRoot() / "file").string();
    TestDirectory::WriteFile(path, "");

    const MappedFile mapped(path);

    EXPECT_EQ(0u, mapped.GetSizeBytes());
  }

  TEST(MappedFile, RefusesWhatIsNoFile)
  {
    const TestDirectory directory;
    const std::string root = directory.GetRoot().string();
    std::filesystem::create_symlink("/etc/passwd", root + "/link");

    ExpectFailure(FailureKind::NotFound, [&] { MappedFile file(root + "/absent"); });
    ExpectFailure(FailureKind::Internal, [&] { MappedFile file(root); });
    ExpectFailure(FailureKind::Internal, [&] { MappedFile file("/dev/null"); });
    ExpectFailure(FailureKind::Internal, [&] { MappedFile file(root + "/link"); });
    ExpectFailure(FailureKind::Internal, [&] { MappedFile file(-1); });
  }
} // namespace OrthancPlugins
