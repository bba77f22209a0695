// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "ArchivePlan.h"
#include "EntrySource.h"
#include "Sha256.h"

#include "../ArchivePolicies.h"
#include "../Dicom/DicomSummary.h"
#include "../Failure.h"
#include "../Zip/ZipFormat.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>

namespace OrthancPlugins
{
  class CrcMemory;

  // Looks at a file as it goes into the archive, before its first byte does. Called by several threads
  // at once. Throws Failure(SourceMissing) for a file that is to be left out, or fails the archive
  using EntryInspector = std::function<std::shared_ptr<const DicomSummary>(
    const PlannedEntry& planned, const IInstanceData& data)>;

  struct PipelineOptions
  {
    ArchiveDensity density = ArchiveDensity::Fast;
    TranscodePolicy transcode;
    EntryInspector inspector;  // may be empty
    bool inspectsOnly = false; // no bytes: one empty piece an entry
    bool hasDigest = false;    // SHA-256 of every entry
    unsigned threads = 2;
    std::uint64_t windowBytes = 16u << 20;
    CrcMemory* crcs = nullptr;  // saves reading large stored files twice; may be null
    std::size_t firstEntry = 0; // those before are not read
    std::size_t endEntry =
      std::numeric_limits<std::size_t>::max(); // nor this one, and those behind
  };

  // What is known of an entry before its first byte
  struct EntryFacts
  {
    std::uint64_t sizeBytes = 0; // uncompressed, as opened
    ZipMethod method = ZipMethod::Stored;
    EntryOrigin origin = EntryOrigin::Original;
    // Absent: deflated, in several pieces, no digest. Of a large stored file it may be what the memory
    // of CRCs says: to be compared with that of the pieces
    std::optional<std::uint32_t> crc32;
    Sha256Digest digest = {}; // if PipelineOptions::hasDigest
    // What the inspector says, shared with whoever keeps it
    std::shared_ptr<const DicomSummary> summary;
  };

  struct EntryFailure
  {
    FailureKind kind;
    std::string message;
  };

  // The next bytes of an entry as they go into the ZIP
  struct EntryPiece
  {
    std::size_t entry = 0; // index in the plan
    bool isFirst = false;
    bool isLast = false;
    EntryFacts facts; // the same in all pieces of the entry
    const unsigned char* data = nullptr;
    std::size_t sizeBytes = 0;
    std::uint32_t inputCrc32 = 0; // of the uncompressed bytes of this piece
    std::size_t inputBytes = 0;
    std::optional<EntryFailure> failure; // then the entry ends here, without bytes
  };

  // Throws the failure of a piece, if it has one, with the instance in its message
  void ThrowIfFailed(const EntryPiece& piece, const std::string& instanceId);

  /**
   * Reads and compresses the entries of a plan on its own threads and hands them out in order.
   *
   * Entries up to SINGLE_PIECE_BYTES are one piece; larger ones are cut into pieces of BLOCK_BYTES that
   * several threads compress. At most "windowBytes" are in flight, beyond one entry held in memory by
   * the store: once the receiver is slow, nothing more is read. What the receiver waits for may always
   * be read, so a window of any size makes progress.
   *
   * Next(), NextInBulk() and Cancel() by one thread. The destructor lets calls to the store end and joins
   * the threads.
   **/
  class EntryPipeline
  {
  public:
    static constexpr std::size_t BLOCK_BYTES = std::size_t(1) << 20;
    static constexpr std::size_t SINGLE_PIECE_BYTES = std::size_t(4) << 20;

    // Plan and store must outlive the pipeline. Throws Failure(Unavailable) if no thread can be started
    EntryPipeline(const ArchivePlan& plan, const PipelineOptions& options, IDicomStore& store);
    ~EntryPipeline();

    // Gives back the piece of the last call and returns the next one, which is valid until the next
    // call, or null if none is ready in time. Not to be called after the last piece of the plan.
    // Throws Failure(Internal) if the pipeline itself has failed
    const EntryPiece* Next(unsigned timeoutMilliseconds);

    // The same for a receiver that collects: while it waits, it is not woken for each small piece, but
    // once there are about "wantedBytes", or when no thread finds more to do before it takes some
    const EntryPiece* NextInBulk(unsigned timeoutMilliseconds, std::size_t wantedBytes);

    // Nothing more is read from now on
    void Cancel();

    // Method of an entry that is not transcoded, and whose size is known
    static ZipMethod GetMethod(const PlannedEntry& entry, ArchiveDensity density);

    // What an entry may become at worst
    static std::uint64_t GetDeflateBound(std::uint64_t sizeBytes);

  private:
    struct PImpl;
    std::unique_ptr<PImpl> pimpl_;
  };
} // namespace OrthancPlugins
