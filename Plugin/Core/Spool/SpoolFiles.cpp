// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "SpoolFiles.h"

#include "FileSink.h"

#include "../Failure.h"

#include <cerrno>
#include <filesystem>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

namespace OrthancPlugins
{
  FileDescriptor::~FileDescriptor()
  {
    if (descriptor_ >= 0)
    {
      ::close(descriptor_);
    }
  }

  void ThrowWriteFailure(int error, const std::string& action)
  {
    if (error == ENOSPC || error == EDQUOT || error == EFBIG)
    {
      throw Failure(FailureKind::StorageFull, "The disk of the spool is full");
    }
    throw Failure(FailureKind::CannotWrite, action + ": " + std::system_category().message(error));
  }

  std::string ReadSmallFile(const std::string& path)
  {
    const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    struct stat status = {};
    if (file.Get() < 0 || ::fstat(file.Get(), &status) != 0 || !S_ISREG(status.st_mode))
    {
      throw Failure(FailureKind::Internal, "Cannot open a file of the spool");
    }
    std::string content(static_cast<std::size_t>(status.st_size), '\0');
    std::size_t done = 0;
    while (done < content.size())
    {
      const ssize_t count = ::read(file.Get(), content.data() + done, content.size() - done);
      if (count > 0)
      {
        done += static_cast<std::size_t>(count);
      }
      else if (count == 0 || errno != EINTR)
      {
        throw Failure(FailureKind::Internal, "Cannot read a file of the spool");
      }
    }
    return content;
  }

  std::optional<FileFacts> FindFile(const std::string& path)
  {
    struct stat status = {};
    if (::lstat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode))
    {
      return std::nullopt;
    }
    return FileFacts{static_cast<std::uint64_t>(status.st_size), status.st_mtime, status.st_ino};
  }

  bool RemoveFile(const std::string& path)
  {
    if (::unlink(path.c_str()) == 0)
    {
      return true;
    }
    if (errno != ENOENT)
    {
      ThrowWriteFailure(errno, "Cannot remove a file of the spool");
    }
    return false;
  }

  bool DropFile(const std::string& path)
  {
    // A paused job that was canceled keeps its part file open until the host forgets it
    const FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    const bool existed = RemoveFile(path);
    if (file.Get() >= 0)
    {
      [[maybe_unused]] const int ignored = ::ftruncate(file.Get(), 0);
    }
    return existed;
  }

  void RenameFile(const std::string& from, const std::string& to)
  {
    if (::rename(from.c_str(), to.c_str()) != 0)
    {
      ThrowWriteFailure(errno, "Cannot rename a file of the spool");
    }
  }

  bool LinkFile(const std::string& from, const std::string& to)
  {
    return ::link(from.c_str(), to.c_str()) == 0;
  }

  std::optional<std::uint64_t> FindFreeBytes(int directoryDescriptor)
  {
    struct statvfs status = {};
    if (::fstatvfs(directoryDescriptor, &status) != 0 || status.f_blocks == 0)
    {
      return std::nullopt; // file systems without a size say zero blocks
    }
    return static_cast<std::uint64_t>(status.f_bavail) * status.f_frsize;
  }

  void SyncDirectory(int descriptor)
  {
    // EINVAL: a file system that has no fsync(2) for directories
    if (::fsync(descriptor) != 0 && errno != EINVAL)
    {
      ThrowWriteFailure(errno, "Cannot sync the directory of the spool");
    }
  }

  void ReplaceDurably(const std::string& path,
                      const std::string& temporaryPath,
                      int directoryDescriptor,
                      const std::string& content)
  {
    try
    {
      FileSink sink(temporaryPath);
      sink.Write(content.data(), content.size());
      sink.Close();
      RenameFile(temporaryPath, path);
    }
    catch (const Failure&)
    {
      ::unlink(temporaryPath.c_str());
      throw;
    }
    SyncDirectory(directoryDescriptor);
  }

  std::vector<std::string> ListDirectory(const std::string& path)
  {
    std::vector<std::string> names;
    std::error_code error;
    std::filesystem::directory_iterator entry(path, error);
    while (!error && entry != std::filesystem::directory_iterator())
    {
      names.push_back(entry->path().filename().string());
      entry.increment(error);
    }
    if (error)
    {
      throw Failure(FailureKind::CannotWrite,
                    "Cannot list the spool directory " + path + ": " + error.message());
    }
    return names;
  }
} // namespace OrthancPlugins
