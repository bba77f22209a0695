// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include <cstdint>
#include <ctime>
#include <optional>
#include <string>
#include <vector>

namespace OrthancPlugins
{
  // Owner of a file descriptor; -1 is none
  class FileDescriptor final
  {
  public:
    explicit FileDescriptor(int descriptor)
      : descriptor_(descriptor)
    {
    }
    ~FileDescriptor();

    FileDescriptor(const FileDescriptor&) = delete;
    FileDescriptor& operator=(const FileDescriptor&) = delete;

    int Get() const { return descriptor_; }

  private:
    int descriptor_;
  };

  struct FileFacts
  {
    std::uint64_t sizeBytes = 0;
    std::time_t modifiedUtc = 0;
    std::uint64_t inode = 0;
  };

  // The system calls of the spool on small files and names. The place where errno becomes a Failure:
  // StorageFull when the disk or the quota is full, CannotWrite otherwise
  [[noreturn]] void ThrowWriteFailure(int error, const std::string& action);

  // Throws Failure(Internal)
  std::string ReadSmallFile(const std::string& path);

  // Absent if there is no such regular file
  std::optional<FileFacts> FindFile(const std::string& path);

  // False if there was no such file
  bool RemoveFile(const std::string& path);

  // As RemoveFile(), and the space is free even while somebody holds the file open for writing. Only for
  // files that nobody maps
  bool DropFile(const std::string& path);

  void RenameFile(const std::string& from, const std::string& to);

  // A second name for a file. False if that is not possible here (no such file, no hard links, too many)
  bool LinkFile(const std::string& from, const std::string& to);

  // Of the disk that holds the directory, for us; absent if it does not say
  std::optional<std::uint64_t> FindFreeBytes(int directoryDescriptor);

  // Names in a directory become durable by this alone
  void SyncDirectory(int descriptor);

  // Either the old content or the new one is under that path, also after a crash
  void ReplaceDurably(const std::string& path,
                      const std::string& temporaryPath,
                      int directoryDescriptor,
                      const std::string& content);

  // File names in no particular order, without "." and ".."
  std::vector<std::string> ListDirectory(const std::string& path);
} // namespace OrthancPlugins
