// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "MappedFile.h"

#include "SpoolFiles.h"

#include "../Failure.h"

#include <cerrno>
#include <limits>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace OrthancPlugins
{
  namespace
  {
    int OpenForReading(const std::string& path)
    {
      const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
      if (descriptor >= 0)
      {
        return descriptor;
      }
      if (errno == ENOENT)
      {
        throw Failure(FailureKind::NotFound, "The file is not in the spool");
      }
      throw Failure(FailureKind::Internal, "Cannot open a file of the spool");
    }
  } // namespace

  MappedFile::MappedFile(const std::string& path)
  {
    const FileDescriptor file(OpenForReading(path));
    Map(file.Get());
  }

  MappedFile::MappedFile(int descriptor)
  {
    Map(descriptor);
  }

  MappedFile::~MappedFile()
  {
    if (data_ != nullptr)
    {
      ::munmap(const_cast<unsigned char*>(data_), static_cast<std::size_t>(sizeBytes_));
    }
  }

  void MappedFile::Map(int descriptor)
  {
    struct stat status = {};
    if (::fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode))
    {
      throw Failure(FailureKind::Internal, "What should be mapped is no file");
    }
    const std::uint64_t sizeBytes = static_cast<std::uint64_t>(status.st_size);
    if (sizeBytes == 0)
    {
      return; // mmap(2) refuses empty files; no data is what we then have
    }
    if (sizeBytes > std::numeric_limits<std::size_t>::max())
    {
      throw Failure(FailureKind::Internal, "A file is larger than the address space");
    }
    const std::size_t length = static_cast<std::size_t>(sizeBytes);
    void* memory = ::mmap(nullptr, length, PROT_READ, MAP_SHARED, descriptor, 0);
    if (memory == MAP_FAILED)
    {
      throw Failure(FailureKind::Internal, "Cannot map a file of the spool");
    }
    ::posix_madvise(memory, length, POSIX_MADV_SEQUENTIAL);
    data_ = static_cast<const unsigned char*>(memory);
    sizeBytes_ = sizeBytes;
  }
} // namespace OrthancPlugins
