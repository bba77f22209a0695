// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "SpoolRetention.h"

#include "../Failure.h"

#include <algorithm>
#include <limits>
#include <map>
#include <tuple>

namespace OrthancPlugins
{
  namespace
  {
    constexpr std::int64_t MICROSECONDS_PER_HOUR = 3'600'000'000;

    // A clock that was set back makes nothing old
    bool IsOlder(std::int64_t since, std::int64_t now, std::uint64_t hours)
    {
      const std::int64_t age = now - since;
      return age >= 0 && static_cast<std::uint64_t>(age / MICROSECONDS_PER_HOUR) >= hours;
    }

    bool IsEvictable(const ArchiveRecord& record)
    {
      return record.state == ArchiveState::Ready && !record.isPinned;
    }

    bool HasNoFile(const ArchiveRecord& record)
    {
      return record.state == ArchiveState::Failed || record.state == ArchiveState::Evicted;
    }

    bool IsSpared(const ArchiveRecord& record)
    {
      return record.state == ArchiveState::Ready && record.isPinned;
    }

    std::int64_t GetLastUse(const ArchiveRecord& record)
    {
      return std::max(record.downloadedMicroseconds, record.completedMicroseconds);
    }

    std::int64_t GetEnd(const ArchiveRecord& record)
    {
      return std::max(record.completedMicroseconds, record.evictedMicroseconds);
    }

    auto GetUseOrder(const ArchiveRecord& record)
    {
      return std::make_tuple(GetLastUse(record), record.completedMicroseconds,
                             record.createdMicroseconds, record.id);
    }

    [[noreturn]] void ThrowFull()
    {
      throw Failure(FailureKind::StorageFull, "There is no room left in the spool");
    }
  } // namespace

  void SpoolRetention::Sweep(const std::string& exceptId)
  {
    SweepByAge();
    SweepByNumber(exceptId);
    SweepByBytes(0, exceptId);
    SweepHistory();
  }

  // ---- By age

  bool SpoolRetention::HasExpired(const ArchiveRecord& record) const
  {
    return store_.settings.maxAgeHours.has_value() && IsEvictable(record) &&
           IsOlder(record.completedMicroseconds, store_.clock.GetNowMicroseconds(),
                   *store_.settings.maxAgeHours);
  }

  std::optional<std::int64_t>
  SpoolRetention::GetExpiryMicroseconds(const ArchiveRecord& record) const
  {
    const std::optional<std::uint64_t>& hours = store_.settings.maxAgeHours;
    const std::int64_t latest =
      std::numeric_limits<std::int64_t>::max() - record.completedMicroseconds;
    if (!hours.has_value() || !IsEvictable(record) ||
        *hours > static_cast<std::uint64_t>(latest / MICROSECONDS_PER_HOUR))
    {
      return std::nullopt;
    }
    return record.completedMicroseconds + static_cast<std::int64_t>(*hours) * MICROSECONDS_PER_HOUR;
  }

  void SpoolRetention::SweepByAge()
  {
    for (const RecordPointer& record : store_.index.List())
    {
      if (HasExpired(*record))
      {
        TryEvict(record->id);
      }
    }
  }

  bool SpoolRetention::IsForgotten(const ArchiveRecord& record) const
  {
    return HasNoFile(record) &&
           IsOlder(GetEnd(record), store_.clock.GetNowMicroseconds(), store_.settings.historyHours);
  }

  // What has ended. If there are too many: those without a file first, then the oldest first
  std::vector<SpoolRetention::RecordPointer> SpoolRetention::ListEnded() const
  {
    std::vector<RecordPointer> ended;
    for (const RecordPointer& record : store_.index.List())
    {
      if (record->state != ArchiveState::Pending)
      {
        ended.push_back(record);
      }
    }
    if (ended.size() <= store_.settings.maxRecords)
    {
      return ended; // the order does not matter
    }
    std::sort(ended.begin(), ended.end(),
              [](const RecordPointer& a, const RecordPointer& b)
              {
                return std::make_tuple(!HasNoFile(*a), GetEnd(*a), a->createdMicroseconds, a->id) <
                       std::make_tuple(!HasNoFile(*b), GetEnd(*b), b->createdMicroseconds, b->id);
              });
    return ended;
  }

  void SpoolRetention::SweepHistory()
  {
    const std::vector<RecordPointer> ended = ListEnded();
    const std::size_t maxCount = store_.settings.maxRecords;
    std::size_t tooManyCount = ended.size() > maxCount ? ended.size() - maxCount : 0;
    for (const RecordPointer& record : ended)
    {
      if (IsForgotten(*record) || (tooManyCount > 0 && !IsSpared(*record)))
      {
        TryRemove(record);
        tooManyCount -= tooManyCount > 0 ? 1 : 0;
      }
    }
  }

  // ---- By number

  void SpoolRetention::SweepByNumber(const std::string& exceptId)
  {
    if (!store_.settings.maxArchives.has_value())
    {
      return;
    }
    std::vector<RecordPointer> ready;
    for (const RecordPointer& record : store_.index.List())
    {
      if (IsEvictable(*record))
      {
        ready.push_back(record);
      }
    }
    if (ready.size() <= *store_.settings.maxArchives)
    {
      return;
    }
    // What was just published is the last to go, whatever the clock says
    std::sort(ready.begin(), ready.end(),
              [&exceptId](const RecordPointer& a, const RecordPointer& b)
              {
                return std::make_pair(a->id == exceptId, GetUseOrder(*a)) >
                       std::make_pair(b->id == exceptId, GetUseOrder(*b));
              });
    for (std::size_t i = 0; i < ready.size(); i++)
    {
      if (i >= *store_.settings.maxArchives)
      {
        TryEvict(ready[i]->id);
      }
    }
  }

  // ---- By bytes

  std::vector<SpoolRetention::Group> SpoolRetention::ListGroups() const
  {
    std::map<std::uint64_t, Group> groups;
    for (const RecordPointer& record : store_.index.List())
    {
      const std::uint64_t number =
        record->state == ArchiveState::Ready ? store_.space.GetFileNumber(record->id) : 0;
      if (number != 0)
      {
        Group& group = groups[number];
        group.records.push_back(record);
        group.sizeBytes = record->sizeBytes;
        group.usedMicroseconds = std::max(group.usedMicroseconds, GetLastUse(*record));
        group.isPinned = group.isPinned || record->isPinned;
      }
    }
    std::vector<Group> list;
    list.reserve(groups.size());
    for (auto& [number, group] : groups)
    {
      list.push_back(std::move(group));
    }
    return list;
  }

  std::uint64_t SpoolRetention::GetEvictableBytes() const
  {
    std::uint64_t sizeBytes = 0;
    for (const Group& group : ListGroups())
    {
      sizeBytes += group.isPinned ? 0 : group.sizeBytes;
    }
    return sizeBytes;
  }

  std::uint64_t SpoolRetention::GetPinnedBytes() const
  {
    std::uint64_t sizeBytes = 0;
    for (const Group& group : ListGroups())
    {
      sizeBytes += group.isPinned ? group.sizeBytes : 0;
    }
    return sizeBytes;
  }

  void SpoolRetention::CheckPossible(std::uint64_t sizeBytes) const
  {
    const std::optional<std::uint64_t> quotaBytes = store_.GetQuotaBytes();
    if (store_.space.GetExcess(sizeBytes, quotaBytes) > 0)
    {
      const std::uint64_t takenBytes = GetPinnedBytes() + SpoolSpace::GetMargin(*quotaBytes) +
                                       store_.space.GetTotals().metadataBytes;
      if (takenBytes > *quotaBytes || sizeBytes > *quotaBytes - takenBytes)
      {
        throw Failure(FailureKind::StorageFull,
                      "The archive would be larger than the quota of the spool allows");
      }
    }
    const std::optional<std::uint64_t> freeBytes = FindFreeBytes(store_.directory.Get());
    if (freeBytes.has_value() && sizeBytes > *freeBytes &&
        sizeBytes - *freeBytes > GetEvictableBytes())
    {
      throw Failure(FailureKind::StorageFull,
                    "The archive would be larger than the free space on the disk of the spool");
    }
  }

  void SpoolRetention::MakeRoom(std::uint64_t sizeBytes)
  {
    SweepByBytes(sizeBytes, "");
  }

  void SpoolRetention::SweepByBytes(std::uint64_t moreBytes, const std::string& exceptId)
  {
    std::set<std::string> excluded{exceptId};
    while (store_.space.GetExcess(moreBytes, store_.GetLimitBytes()) > 0 && EvictOldest(excluded))
    {
    }
  }

  void SpoolRetention::Promise(const std::string& archiveId,
                               SpoolSpace::Ticket ticket,
                               std::uint64_t sizeBytes)
  {
    std::set<std::string> excluded;
    for (;;)
    {
      const std::uint64_t missingBytes =
        store_.space.TryPromise(archiveId, ticket, sizeBytes, store_.GetLimitBytes());
      if (missingBytes == 0)
      {
        return;
      }
      // Nothing is evicted in vain
      if (missingBytes > GetEvictableBytes() || !EvictOldest(excluded))
      {
        ThrowFull();
      }
    }
  }

  bool SpoolRetention::EvictOldest(std::set<std::string>& excluded)
  {
    const auto isExcluded = [&excluded](const RecordPointer& record)
    { return excluded.count(record->id) != 0; };
    const std::vector<Group> groups = ListGroups();
    const Group* oldest = nullptr;
    for (const Group& group : groups)
    {
      const bool isOlder = oldest == nullptr || group.usedMicroseconds < oldest->usedMicroseconds;
      if (isOlder && !group.isPinned &&
          std::none_of(group.records.begin(), group.records.end(), isExcluded))
      {
        oldest = &group;
      }
    }
    if (oldest == nullptr)
    {
      return false;
    }
    for (const RecordPointer& record : oldest->records)
    {
      if (!TryEvict(record->id))
      {
        excluded.insert(record->id);
      }
    }
    return true;
  }

  // ---- One archive that cannot be removed must not keep the others; the next sweep tries again

  bool SpoolRetention::TryEvict(const std::string& archiveId)
  {
    const SpoolStore::Claim claim(store_.index, archiveId);
    const RecordPointer record = store_.index.Find(archiveId);
    if (record == nullptr || !IsEvictable(*record))
    {
      return true; // somebody was faster
    }
    try
    {
      store_.Evict(archiveId, SpoolStore::Durability::Later);
      evictions_++;
      return true;
    }
    catch (const Failure&)
    {
      return false;
    }
  }

  void SpoolRetention::TryRemove(const RecordPointer& candidate)
  {
    const SpoolStore::Claim claim(store_.index, candidate->id);
    const RecordPointer record = store_.index.Find(candidate->id);
    if (record == nullptr || record->state != candidate->state || IsSpared(*record))
    {
      return; // it has changed meanwhile
    }
    try
    {
      store_.Remove(record->id);
    }
    catch (const Failure&)
    {
      return;
    }
  }
} // namespace OrthancPlugins
