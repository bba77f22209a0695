// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "ArchivePlan.h"
#include "ArchiveReport.h"
#include "ArchiveRequest.h"

#include "../IByteSink.h"

#include <cstdint>
#include <memory>
#include <optional>

namespace OrthancPlugins
{
  struct BuilderOptions
  {
    ArchiveDensity density = ArchiveDensity::Fast;
    MissingPolicy onMissing = MissingPolicy::Fail;
    TranscodeFailurePolicy onTranscodeFailure = TranscodeFailurePolicy::KeepOriginal;
    std::optional<TranscodeTarget> transcode;
    bool hasManifest = false;
    unsigned threads = 2;                          // that read and compress
    std::uint64_t windowBytes = 16u << 20;         // of data in flight, beyond one entry
  };

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

    ~ArchiveBuilder();

    // Hands the next finished bytes to the sink (about 1 MiB at most; waits for the pipeline if there
    // are none yet). Returns false once the archive is complete, its central directory included.
    // Throws what the sink throws, Failure(SourceMissing) and Failure(NotTranscodable) by policy
    bool Step();

    // Exact length of the whole archive if it is known before the first byte: every entry stored,
    // nothing transcoded, nothing that may be reported as missing
    static std::optional<std::uint64_t> GetExactLength(const ArchivePlan& plan,
                                                       const BuilderOptions& options);

    std::uint64_t GetInputBytesDone() const;       // of ArchivePlan::uncompressedBytes
    std::uint64_t GetBytesWritten() const;
    const ArchiveReport& GetReport() const;        // only by the driving thread

  private:
    struct PImpl;
    std::unique_ptr<PImpl> pimpl_;
  };
}
