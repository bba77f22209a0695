// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "SpoolStore.h"

#include <atomic>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace OrthancPlugins
{
  /**
   * Decides what is kept in the spool and what goes: by age, by number, by bytes, and to make room for
   * what is being written. What is Pending or pinned never goes. Thread-safe; the caller holds no claim.
   **/
  class SpoolRetention
  {
  public:
    // The store must outlive this object
    explicit SpoolRetention(SpoolStore& store)
      : store_(store)
    {
    }

    // Evicts and removes what the limits ask for, except one archive (may be empty). Throws nothing
    void Sweep(const std::string& exceptId);

    // Throws Failure(StorageFull) if an archive of that size can never fit
    void CheckPossible(std::uint64_t sizeBytes) const;

    // Evicts for a record that is about to be written, as far as possible
    void MakeRoom(std::uint64_t sizeBytes);

    // Promises that size to a part file, evicts for it. Throws Failure(StorageFull) if there is no room
    void Promise(const std::string& archiveId, SpoolSpace::Ticket ticket, std::uint64_t sizeBytes);

    // When the file is removed by age; absent: never
    std::optional<std::int64_t> GetExpiryMicroseconds(const ArchiveRecord& record) const;

    // How many files went since the start
    std::uint64_t GetEvictionsCount() const { return evictions_; }

  private:
    using RecordPointer = SpoolStore::RecordPointer;

    // Archives that share a file: it is gone when all of them are evicted
    struct Group
    {
      std::vector<RecordPointer> records;
      std::uint64_t sizeBytes = 0;
      std::int64_t usedMicroseconds = 0;
      bool isPinned = false;
    };

    bool HasExpired(const ArchiveRecord& record) const;
    bool IsForgotten(const ArchiveRecord& record) const;
    std::vector<Group> ListGroups() const;
    std::uint64_t GetEvictableBytes() const;
    std::uint64_t GetPinnedBytes() const;
    std::vector<RecordPointer> ListEnded() const;

    void SweepByAge();
    void SweepHistory();
    void SweepByNumber(const std::string& exceptId);
    void SweepByBytes(std::uint64_t moreBytes, const std::string& exceptId);

    // The group that was not used for the longest time. False if there is none
    bool EvictOldest(std::set<std::string>& excluded);
    bool TryEvict(const std::string& archiveId);
    void TryRemove(const RecordPointer& candidate);

    SpoolStore& store_;
    std::atomic<std::uint64_t> evictions_{0};
  };
} // namespace OrthancPlugins
