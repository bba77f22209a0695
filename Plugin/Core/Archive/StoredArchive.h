// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "ArchivePlan.h"
#include "BuilderOptions.h"
#include "CrcMemory.h"

#include "../IByteSink.h"

#include <cstdint>
#include <memory>

namespace OrthancPlugins
{
  /**
   * Any bytes of an archive of stored entries: the same that ArchiveBuilder writes, without reading what
   * lies before or behind them. A header needs the CRC of its file; where nobody remembers it, the file
   * is read, so the central directory may need all of them once. Memory as for ArchiveBuilder, and about
   * 24 bytes an entry. Not thread-safe; several of them may share one memory of CRCs.
   **/
  class StoredArchive
  {
  public:
    // The length of the archive is known in advance, and there is no manifest, which would need the
    // digest of every file
    static bool IsPossible(const ArchivePlan& plan, const BuilderOptions& options);

    // Opens nothing. Store and memory must outlive it. Throws Failure(Internal) if it is not possible,
    // Failure(BadRequest) if a path of the plan is unsafe
    StoredArchive(ArchivePlan plan,
                  const BuilderOptions& options,
                  IDicomStore& store,
                  CrcMemory& crcs);

    ~StoredArchive();

    std::uint64_t GetLengthBytes() const;

    // Writes the bytes [offset, offset + size) of the archive. Throws Failure(RangeInvalid) if they are
    // not all within it, Failure(SourceMissing), and what the sink throws
    void Read(std::uint64_t offset, std::uint64_t sizeBytes, IByteSink& sink);

  private:
    struct PImpl;
    std::unique_ptr<PImpl> pimpl_;
  };
} // namespace OrthancPlugins
