// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "ArchiveRecord.h"
#include "SpoolFiles.h"
#include "SpoolIndex.h"
#include "SpoolNames.h"
#include "SpoolSpace.h"

#include "../IClock.h"
#include "../Settings.h"

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <boost/thread/mutex.hpp>

namespace OrthancPlugins
{
  /**
   * The directory, the index and the books of the spool, changed together. Owns the lock of the
   * directory. Whoever changes an archive has claimed it (SpoolIndex::Claim). Thread-safe.
   **/
  class SpoolStore
  {
  public:
    using Claim = SpoolIndex::Claim;
    using RecordPointer = SpoolIndex::RecordPointer;

    // Takes the directory and reads it
    SpoolStore(const SpoolSettings& settings, IClock& clock);
    ~SpoolStore();

    // Throws Failure(NotFound)
    RecordPointer Require(const std::string& archiveId) const;

    // A record that did not exist; if it cannot be saved, nothing is left of it
    void SaveNew(const ArchiveRecord& record);

    // On disk, then in memory; unchanged in memory if that is not possible
    void Save(const ArchiveRecord& record);

    enum class PartUse
    {
      Keep,
      Drop
    };

    // On disk, then in memory: what was seen survives a crash. In memory also if the disk takes nothing
    // now; it is written later
    void SaveAnyhow(const ArchiveRecord& record, PartUse use);

    // In memory; on disk with the next FlushSome(). For what a crash may undo
    void SaveLater(const ArchiveRecord& record);

    // At most so many of what is to be saved. Claims. Throws nothing
    void FlushSome(unsigned maxCount);

    void Link(const std::string& jobId, const std::string& archiveId, JobRole role);

    // With the journal, and with what was promised
    void DropPart(const std::string& archiveId);

    void MakeReady(const ArchiveRecord& pending, const ArchiveReport& report);

    // False if a second name for the file of the leader is not possible
    bool MakeReused(const ArchiveRecord& pending, const ArchiveRecord& leader);

    enum class Durability
    {
      Now,
      Later
    };

    // Removes the finished file. False if there was none
    bool Evict(const std::string& archiveId, Durability durability);

    // The record goes first: what a crash leaves of the rest belongs to no record. Without a finished
    // file, a crash may bring the record back
    void Remove(const std::string& archiveId);

    // What all files take; the most that they may take, as configured; and what they may take now, with
    // the disk in mind
    std::uint64_t GetUsedBytes() const;
    std::optional<std::uint64_t> GetQuotaBytes() const;
    std::optional<std::uint64_t> GetLimitBytes() const;

    const SpoolSettings settings;
    IClock& clock;
    const SpoolNames names;
    const FileDescriptor directory;
    const FileDescriptor lock;
    SpoolIndex index;
    SpoolSpace space;
    std::vector<std::string> warnings; // constant after construction

  private:
    void Write(const ArchiveRecord& record);
    void ForgetUnsaved(const std::string& archiveId);
    void Complete(ArchiveRecord& record);

    // If nobody else needs the disk; absent if it does not say
    std::optional<std::uint64_t> FindPossibleBytes() const;
    std::optional<std::uint64_t>
    GetQuotaBytes(const std::optional<std::uint64_t>& possibleBytes) const;

    boost::mutex unsavedMutex_;
    std::set<std::string> unsaved_;
  };
} // namespace OrthancPlugins
