// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace OrthancPlugins
{
  /**
   * A whole file as read-only memory. The file may be unlinked meanwhile; it must never be truncated
   * (only files of the spool are mapped, and these are only ever replaced as a whole).
   * Immutable, hence thread-safe.
   **/
  class MappedFile
  {
  public:
    // Throws Failure(NotFound) if there is no such file, Failure(Internal) if it cannot be mapped
    explicit MappedFile(const std::string& path);

    // From an open descriptor, which is not kept and not closed
    explicit MappedFile(int descriptor);

    ~MappedFile();

    MappedFile(const MappedFile&) = delete;
    MappedFile& operator=(const MappedFile&) = delete;

    const unsigned char* GetData() const { return data_; }

    std::uint64_t GetSizeBytes() const { return sizeBytes_; }

  private:
    void Map(int descriptor);

    const unsigned char* data_ = nullptr;
    std::uint64_t sizeBytes_ = 0;
  };
} // namespace OrthancPlugins
