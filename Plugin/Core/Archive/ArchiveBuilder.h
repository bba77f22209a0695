// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "ArchiveEstimate.h"
#include "ArchiveFingerprint.h"
#include "ArchiveJournal.h"
#include "ArchivePlan.h"
#include "ArchiveReport.h"
#include "BuilderOptions.h"

#include "../IByteSink.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace OrthancPlugins
{
  /**
   * The engine of every archive: drives the pipeline and the ZipWriter. Streams, files and jobs use it
   * alike.
   *
   * Order of calls: Step() until it returns false. What reached the sink before that is no ZIP archive,
   * on purpose. After an exception the builder refuses further use. One thread drives it; the getters
   * of progress may be called by any thread. The destructor stops and joins the pipeline's threads.
   **/
  class ArchiveBuilder
  {
  public:
    // Starts the pipeline's threads. Store and sink must outlive the builder
    ArchiveBuilder(ArchivePlan plan,
                   const BuilderOptions& options,
                   IDicomStore& store,
                   IByteSink& sink);

    // Continues an archive that an interrupted builder has begun with the same plan and options: "state"
    // is what ReadJournal() returned, the sink has exactly its bytes already
    ArchiveBuilder(ArchivePlan plan,
                   const BuilderOptions& options,
                   IDicomStore& store,
                   IByteSink& sink,
                   const JournalState& state);

    ~ArchiveBuilder();

    // Hands the next finished bytes to the sink (about 1 MiB at most; waits for the pipeline if there
    // are none yet). Returns false once the archive is complete, its central directory included.
    // Throws what the sink throws, Failure(SourceMissing) and Failure(NotTranscodable) by policy
    bool Step();

    // Whether GetExactLength() has a value
    static bool IsLengthKnown(const ArchivePlan& plan, const BuilderOptions& options);

    // Exact length of the whole archive if it is known before the first byte: every entry stored,
    // nothing transcoded, nothing that may be reported as missing
    static std::optional<std::uint64_t> GetExactLength(const ArchivePlan& plan,
                                                       const BuilderOptions& options);

    // Text about the entries that were completed since the last call and whose bytes the sink has, to be
    // appended to a journal once these are safe. Empty if there are none, or without
    // BuilderOptions::hasJournal. By the driving thread
    std::string TakeJournal();

    std::uint64_t GetInputBytesDone() const; // of ArchivePlan::uncompressedBytes
    std::uint64_t GetBytesWritten() const;   // of the whole archive, also if it was continued
    const ArchiveReport& GetReport() const;  // only by the driving thread

  private:
    struct PImpl;
    std::unique_ptr<PImpl> pimpl_;
  };
} // namespace OrthancPlugins
