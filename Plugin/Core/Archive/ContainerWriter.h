// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "BuilderOptions.h"

#include "../IByteSink.h"
#include "../Media/IsoWriter.h"
#include "../Zip/ZipWriter.h"

#include <cstddef>
#include <cstdint>
#include <memory>

namespace OrthancPlugins
{
  /**
   * What the entries of an archive go into: a ZIP, or an image of a volume, which is complete in a
   * temporary file before its first byte leaves.
   *
   * Order of calls and failures: those of ZipWriter; for an image only stored entries. Not thread-safe.
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

    // The next bytes of the end, about a step's; false if there are more: to be called again
    bool Finish();

    // Of entries and what is around them: progress, and for a ZIP its length
    std::uint64_t GetBytesWritten() const;

  private:
    IByteSink& sink_;
    std::unique_ptr<ZipCipher> cipher_; // empty: not encrypted
    ZipWriter zip_;
    std::unique_ptr<IsoWriter> iso_; // empty: a ZIP
    std::uint64_t isoBytes_ = 0;
  };
} // namespace OrthancPlugins
