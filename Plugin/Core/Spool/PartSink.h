// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "FileSink.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace OrthancPlugins
{
  /**
   * The part file of an archive with its journal, which says what of the part file is safe. Grows within
   * the quota of the spool. Used by one thread; Close() syncs and reports, the destructor only releases.
   **/
  class PartSink final : public IByteSink
  {
  public:
    // "reserve" is called before the file grows, with the size that it will have at most; it throws
    // Failure(StorageFull)
    using Reserve = std::function<void(std::uint64_t sizeBytes)>;

    // "part" at its end; the journal is made, or continued
    PartSink(std::unique_ptr<FileSink> part, const std::string& journalPath, Reserve reserve);
    ~PartSink() override;

    void Write(const void* data, std::size_t sizeBytes) override;

    // What was written so far is synced first, then the text is appended to the journal and synced: the
    // journal never promises more than the disk has. Text consists of whole lines
    void Checkpoint(const std::string& journalText);

    void Close();

    std::uint64_t GetBytesWritten() const; // of the whole file

    int GetDescriptor() const; // of the part file, open until destruction or Close()

  private:
    struct PImpl;
    std::unique_ptr<PImpl> pimpl_;
  };
} // namespace OrthancPlugins
