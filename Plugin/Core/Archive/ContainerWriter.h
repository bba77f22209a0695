// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "BuilderOptions.h"

#include "../IByteSink.h"
#include "../Zip/ZipWriter.h"

#include <cstddef>
#include <cstdint>
#include <memory>

namespace OrthancPlugins
{
  /**
   * What the entries of an archive go into: a ZIP.
   *
   * Order of calls and failures: those of ZipWriter. Not thread-safe.
   **/
  class ContainerWriter
  {
  public:
    // The sink must outlive the writer
    ContainerWriter(const BuilderOptions& options, IByteSink& sink);
    ~ContainerWriter();

    void BeginEntry(const ZipEntry& entry, const ZipSizes& sizes);
    void EndEntry();
    void BeginStreamedEntry(const ZipEntry& entry, std::uint64_t maxBytes);
    void EndStreamedEntry(const ZipSizes& sizes);
    void Write(const void* data, std::size_t sizeBytes);

    // What belongs to a ZIP only
    void AdoptEntry(const ZipRecord& record);
    const ZipRecord& GetLastEntry() const;

    // The next bytes of the end. False if there are more: to be called again
    bool Finish();

    // Of entries and what is around them: progress, and for a ZIP its length
    std::uint64_t GetBytesWritten() const;

  private:
    std::unique_ptr<ZipCipher> cipher_; // empty: not encrypted
    ZipWriter zip_;
  };
} // namespace OrthancPlugins
