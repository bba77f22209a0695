// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "FileSink.h"

#include "SpoolFiles.h"
#include "SpoolNames.h"

#include "../Failure.h"

#include <cerrno>

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

namespace OrthancPlugins
{
  namespace
  {
    constexpr mode_t FILE_MODE = S_IRUSR | S_IWUSR;

    // Some network and overlay file systems know no O_TMPFILE
    int OpenWithoutName(const std::string& directory)
    {
      const int descriptor =
        ::open(directory.c_str(), O_TMPFILE | O_EXCL | O_RDWR | O_CLOEXEC, FILE_MODE);
      if (descriptor >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL))
      {
        return descriptor;
      }
      std::string path = SpoolNames(directory).GetTemporaryTemplate();
      const int named = ::mkostemp(path.data(), O_CLOEXEC);
      if (named >= 0)
      {
        ::unlink(path.c_str());
      }
      return named;
    }

    // At its end; -1 and errno if that is not possible
    int OpenAndCut(const FileSink::Continued& continued)
    {
      const int descriptor =
        ::open(continued.path.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
      if (descriptor < 0)
      {
        return -1;
      }
      struct stat status = {};
      int error = ENOENT;
      if (::fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode) &&
          static_cast<std::uint64_t>(status.st_size) >= continued.sizeBytes)
      {
        const off_t end = static_cast<off_t>(continued.sizeBytes);
        const bool isDone =
          ::ftruncate(descriptor, end) == 0 && ::lseek(descriptor, end, SEEK_SET) == end;
        error = isDone ? 0 : errno;
      }
      if (error != 0)
      {
        ::close(descriptor);
        errno = error;
        return -1;
      }
      return descriptor;
    }
  } // namespace

  FileSink::FileSink(const std::string& path)
    : descriptor_(
        ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, FILE_MODE))
  {
    if (descriptor_ < 0)
    {
      ThrowWriteFailure(errno, "Cannot create a file of the spool");
    }
  }

  FileSink::FileSink(const Unnamed& unnamed)
    : descriptor_(OpenWithoutName(unnamed.directory))
  {
    if (descriptor_ < 0)
    {
      ThrowWriteFailure(errno, "Cannot create a temporary file in the spool");
    }
  }

  FileSink::FileSink(const Continued& continued)
    : descriptor_(OpenAndCut(continued)),
      bytesWritten_(continued.sizeBytes)
  {
    if (descriptor_ >= 0)
    {
      return;
    }
    if (errno == ENOENT)
    {
      throw Failure(FailureKind::NotFound, "There is no such file in the spool, or it is shorter");
    }
    ThrowWriteFailure(errno, "Cannot continue a file of the spool");
  }

  FileSink::~FileSink()
  {
    if (descriptor_ >= 0)
    {
      ::close(descriptor_);
    }
  }

  void FileSink::CheckUsable() const
  {
    if (hasFailed_ || descriptor_ < 0)
    {
      throw Failure(FailureKind::CannotWrite, "The file is closed, or has failed before");
    }
  }

  void FileSink::Write(const void* data, std::size_t sizeBytes)
  {
    CheckUsable();
    const char* next = static_cast<const char*>(data);
    std::size_t left = sizeBytes;
    while (left > 0)
    {
      const ssize_t count = ::write(descriptor_, next, left);
      if (count > 0)
      {
        next += count;
        left -= static_cast<std::size_t>(count);
        bytesWritten_ += static_cast<std::uint64_t>(count);
      }
      else if (count == 0 || errno != EINTR)
      {
        hasFailed_ = true;
        ThrowWriteFailure(count == 0 ? EIO : errno, "Cannot write to a file of the spool");
      }
    }
  }

  void FileSink::Sync()
  {
    CheckUsable();
    if (::fdatasync(descriptor_) != 0)
    {
      // What the system could not write, it does not try again
      const int error = errno;
      hasFailed_ = true;
      ThrowWriteFailure(error, "Cannot write a file of the spool to the disk");
    }
  }

  void FileSink::Close()
  {
    CheckUsable();
    // Linux closes the descriptor whatever close(2) returns: it must not be closed twice
    const int syncError = ::fsync(descriptor_) == 0 ? 0 : errno;
    const int closeError = ::close(descriptor_) == 0 ? 0 : errno;
    descriptor_ = -1;
    if (syncError != 0)
    {
      ThrowWriteFailure(syncError, "Cannot write a file of the spool to the disk");
    }
    if (closeError != 0 && closeError != EINTR)
    {
      ThrowWriteFailure(closeError, "Cannot close a file of the spool");
    }
  }
} // namespace OrthancPlugins
