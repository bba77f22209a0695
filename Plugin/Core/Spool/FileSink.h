// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "../IByteSink.h"

#include <cstdint>
#include <string>

namespace OrthancPlugins
{
  /**
   * Bytes into a file, mode 0600. Close() syncs and reports; the destructor only releases.
   * Throws Failure(StorageFull) when the disk or the quota is full, Failure(CannotWrite) otherwise.
   **/
  class FileSink final : public IByteSink
  {
  public:
    // Creates or truncates the file
    explicit FileSink(const std::string& path);

    // A file without a name: it disappears with the last descriptor, also after a crash
    struct Unnamed
    {
      std::string directory;
    };
    explicit FileSink(const Unnamed& unnamed);

    // A file that exists, cut to a size and continued there. Throws Failure(NotFound) if there is none,
    // or if it is shorter
    struct Continued
    {
      std::string path;
      std::uint64_t sizeBytes = 0;
    };
    explicit FileSink(const Continued& continued);

    ~FileSink() override;

    FileSink(const FileSink&) = delete;
    FileSink& operator=(const FileSink&) = delete;

    void Write(const void* data, std::size_t sizeBytes) override;

    // What was written so far is safe on return (fdatasync)
    void Sync();

    // Writes to the disk (fsync) and closes
    void Close();

    // Open until destruction or Close()
    int GetDescriptor() const { return descriptor_; }

    // Of the whole file
    std::uint64_t GetBytesWritten() const { return bytesWritten_; }

  private:
    void CheckUsable() const;

    int descriptor_ = -1;
    std::uint64_t bytesWritten_ = 0;
    bool hasFailed_ = false;
  };
} // namespace OrthancPlugins
