// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "SpoolSpace.h"

#include <algorithm>
#include <limits>

#include <boost/thread/lock_guard.hpp>

namespace OrthancPlugins
{
  namespace
  {
    constexpr std::uint64_t MAXIMUM_MARGIN_BYTES = 256u << 10;
    constexpr std::uint64_t MARGIN_DIVISOR = 16;

    std::uint64_t AddSaturated(std::uint64_t a, std::uint64_t b)
    {
      return a > std::numeric_limits<std::uint64_t>::max() - b
               ? std::numeric_limits<std::uint64_t>::max()
               : a + b;
    }
  } // namespace

  SpoolSpace::Totals SpoolSpace::GetTotals() const
  {
    const boost::lock_guard<boost::mutex> lock(mutex_);
    return totals_;
  }

  void SpoolSpace::SetRecord(const std::string& archiveId, std::uint64_t sizeBytes)
  {
    const boost::lock_guard<boost::mutex> lock(mutex_);
    Metadata& metadata = metadata_[archiveId];
    totals_.metadataBytes += sizeBytes - metadata.recordBytes;
    metadata.recordBytes = sizeBytes;
  }

  void SpoolSpace::AddLink(const std::string& jobId,
                           const std::string& archiveId,
                           std::uint64_t sizeBytes)
  {
    const boost::lock_guard<boost::mutex> lock(mutex_);
    ForgetLink(jobId);
    archiveOfLink_[jobId] = archiveId;
    metadata_[archiveId].links[jobId] = sizeBytes;
    totals_.metadataBytes += sizeBytes;
  }

  void SpoolSpace::ForgetLink(const std::string& jobId)
  {
    const auto found = archiveOfLink_.find(jobId);
    if (found != archiveOfLink_.end())
    {
      std::map<std::string, std::uint64_t>& links = metadata_[found->second].links;
      totals_.metadataBytes -= links[jobId];
      links.erase(jobId);
      archiveOfLink_.erase(found);
    }
  }

  void SpoolSpace::AddFile(const std::string& archiveId, std::uint64_t sizeBytes)
  {
    const boost::lock_guard<boost::mutex> lock(mutex_);
    AddFileLocked(archiveId, sizeBytes);
  }

  void SpoolSpace::AddFileLocked(const std::string& archiveId, std::uint64_t sizeBytes)
  {
    RemoveFileLocked(archiveId);
    fileOfArchive_[archiveId] = ++lastNumber_;
    files_[lastNumber_] = File{sizeBytes, 1};
    totals_.finishedBytes += sizeBytes;
  }

  void SpoolSpace::ShareFile(const std::string& archiveId, const std::string& leaderId)
  {
    const boost::lock_guard<boost::mutex> lock(mutex_);
    RemoveFileLocked(archiveId);
    const auto found = fileOfArchive_.find(leaderId);
    if (found != fileOfArchive_.end())
    {
      files_[found->second].owners++;
      fileOfArchive_[archiveId] = found->second;
    }
  }

  void SpoolSpace::RemoveFile(const std::string& archiveId)
  {
    const boost::lock_guard<boost::mutex> lock(mutex_);
    RemoveFileLocked(archiveId);
  }

  void SpoolSpace::RemoveFileLocked(const std::string& archiveId)
  {
    const auto found = fileOfArchive_.find(archiveId);
    if (found == fileOfArchive_.end())
    {
      return;
    }
    const auto file = files_.find(found->second);
    fileOfArchive_.erase(found);
    file->second.owners--;
    if (file->second.owners == 0)
    {
      totals_.finishedBytes -= file->second.sizeBytes;
      files_.erase(file);
    }
  }

  std::uint64_t SpoolSpace::GetFileNumber(const std::string& archiveId) const
  {
    const boost::lock_guard<boost::mutex> lock(mutex_);
    const auto found = fileOfArchive_.find(archiveId);
    return found == fileOfArchive_.end() ? 0 : found->second;
  }

  SpoolSpace::Ticket SpoolSpace::BeginPart(const std::string& archiveId)
  {
    const boost::lock_guard<boost::mutex> lock(mutex_);
    EndPartLocked(archiveId);
    parts_[archiveId] = Part{++lastNumber_, 0, false};
    return lastNumber_;
  }

  bool SpoolSpace::IsCurrent(const std::string& archiveId, Ticket ticket) const
  {
    const boost::lock_guard<boost::mutex> lock(mutex_);
    const auto found = parts_.find(archiveId);
    return found != parts_.end() && found->second.ticket == ticket;
  }

  std::uint64_t SpoolSpace::TryPromise(const std::string& archiveId,
                                       Ticket ticket,
                                       std::uint64_t sizeBytes,
                                       const std::optional<std::uint64_t>& limitBytes)
  {
    const boost::lock_guard<boost::mutex> lock(mutex_);
    const auto found = parts_.find(archiveId);
    if (found == parts_.end())
    {
      return 0;
    }
    if (found->second.ticket != ticket)
    {
      return found->second.isContinued ? std::numeric_limits<std::uint64_t>::max() : 0;
    }
    if (sizeBytes <= found->second.promisedBytes)
    {
      return 0;
    }
    const std::uint64_t moreBytes = sizeBytes - found->second.promisedBytes;
    const std::uint64_t excess = GetExcessLocked(moreBytes, limitBytes);
    if (excess == 0)
    {
      found->second.promisedBytes = sizeBytes;
      totals_.promisedBytes += moreBytes;
    }
    return excess;
  }

  SpoolSpace::Ticket SpoolSpace::ContinuePart(const std::string& archiveId, std::uint64_t sizeBytes)
  {
    const boost::lock_guard<boost::mutex> lock(mutex_);
    EndPartLocked(archiveId);
    parts_[archiveId] = Part{++lastNumber_, sizeBytes, true};
    totals_.promisedBytes += sizeBytes;
    return lastNumber_;
  }

  void SpoolSpace::KeepPart(const std::string& archiveId, std::uint64_t sizeBytes)
  {
    ContinuePart(archiveId, sizeBytes);
  }

  void SpoolSpace::EndPart(const std::string& archiveId)
  {
    const boost::lock_guard<boost::mutex> lock(mutex_);
    EndPartLocked(archiveId);
  }

  void SpoolSpace::EndPartLocked(const std::string& archiveId)
  {
    const auto found = parts_.find(archiveId);
    if (found != parts_.end())
    {
      totals_.promisedBytes -= found->second.promisedBytes;
      parts_.erase(found);
    }
  }

  void SpoolSpace::FinishPart(const std::string& archiveId, std::uint64_t sizeBytes)
  {
    const boost::lock_guard<boost::mutex> lock(mutex_);
    EndPartLocked(archiveId);
    AddFileLocked(archiveId, sizeBytes);
  }

  std::vector<std::string> SpoolSpace::ListParts() const
  {
    const boost::lock_guard<boost::mutex> lock(mutex_);
    std::vector<std::string> ids;
    ids.reserve(parts_.size());
    for (const auto& [id, part] : parts_)
    {
      ids.push_back(id);
    }
    return ids;
  }

  void SpoolSpace::Forget(const std::string& archiveId)
  {
    const boost::lock_guard<boost::mutex> lock(mutex_);
    RemoveFileLocked(archiveId);
    EndPartLocked(archiveId);
    const auto found = metadata_.find(archiveId);
    if (found == metadata_.end())
    {
      return;
    }
    totals_.metadataBytes -= found->second.recordBytes;
    for (const auto& [jobId, sizeBytes] : found->second.links)
    {
      totals_.metadataBytes -= sizeBytes;
      archiveOfLink_.erase(jobId);
    }
    metadata_.erase(found);
  }

  std::uint64_t SpoolSpace::GetExcess(std::uint64_t moreBytes,
                                      const std::optional<std::uint64_t>& limitBytes) const
  {
    const boost::lock_guard<boost::mutex> lock(mutex_);
    return GetExcessLocked(moreBytes, limitBytes);
  }

  std::uint64_t SpoolSpace::GetExcessLocked(std::uint64_t moreBytes,
                                            const std::optional<std::uint64_t>& limitBytes) const
  {
    if (!limitBytes.has_value())
    {
      return 0;
    }
    const std::uint64_t takenBytes =
      AddSaturated(totals_.finishedBytes + totals_.metadataBytes, totals_.promisedBytes);
    const std::uint64_t wantedBytes =
      AddSaturated(AddSaturated(takenBytes, moreBytes), GetMargin(*limitBytes));
    return wantedBytes > *limitBytes ? wantedBytes - *limitBytes : 0;
  }

  std::uint64_t SpoolSpace::GetMargin(std::uint64_t limitBytes)
  {
    return std::min(limitBytes / MARGIN_DIVISOR, MAXIMUM_MARGIN_BYTES);
  }
} // namespace OrthancPlugins
