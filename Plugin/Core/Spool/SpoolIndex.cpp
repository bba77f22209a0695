// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "SpoolIndex.h"

#include <algorithm>

#include <boost/thread/lock_guard.hpp>
#include <boost/thread/lock_types.hpp>
#include <boost/thread/thread_only.hpp>

namespace OrthancPlugins
{
  namespace
  {
    using Lookup = std::map<std::pair<std::string, std::string>, std::set<std::string>>;

    void Add(Lookup& lookup,
             const std::string& owner,
             const std::string& text,
             const std::string& archiveId)
    {
      if (!text.empty())
      {
        lookup[{owner, text}].insert(archiveId);
      }
    }

    void Remove(Lookup& lookup,
                const std::string& owner,
                const std::string& text,
                const std::string& archiveId)
    {
      const auto found = lookup.find({owner, text});
      if (found != lookup.end())
      {
        found->second.erase(archiveId);
        if (found->second.empty())
        {
          lookup.erase(found);
        }
      }
    }
  } // namespace

  SpoolIndex::Claim::Claim(SpoolIndex& index, const std::string& archiveId)
    : index_(index),
      archiveId_(archiveId)
  {
    const boost::this_thread::disable_interruption uninterrupted;
    boost::unique_lock<boost::mutex> lock(index_.mutex_);
    while (!index_.claimed_.insert(archiveId_).second)
    {
      index_.released_.wait(lock);
    }
  }

  SpoolIndex::Claim::~Claim()
  {
    const boost::lock_guard<boost::mutex> lock(index_.mutex_);
    index_.claimed_.erase(archiveId_);
    index_.released_.notify_all();
  }

  SpoolIndex::RecordPointer SpoolIndex::Find(const std::string& archiveId) const
  {
    const boost::lock_guard<boost::mutex> lock(mutex_);
    const auto found = records_.find(archiveId);
    return found == records_.end() ? nullptr : found->second;
  }

  std::vector<SpoolIndex::RecordPointer> SpoolIndex::List() const
  {
    const boost::lock_guard<boost::mutex> lock(mutex_);
    std::vector<RecordPointer> records;
    records.reserve(records_.size());
    for (const auto& [id, record] : records_)
    {
      records.push_back(record);
    }
    return records;
  }

  void SpoolIndex::Put(const ArchiveRecord& record)
  {
    RecordPointer copy = std::make_shared<const ArchiveRecord>(record);
    const boost::lock_guard<boost::mutex> lock(mutex_);
    records_[record.id].swap(copy); // the old one is destroyed without the lock
    if (copy != nullptr)
    {
      RemoveFromLookups(*copy);
    }
    AddToLookups(record);
  }

  void SpoolIndex::AddToLookups(const ArchiveRecord& record)
  {
    Add(archivesOfKey_, record.owner, record.idempotencyKey, record.id);
    Add(archivesOfFingerprint_, record.owner, record.fingerprint, record.id);
  }

  void SpoolIndex::RemoveFromLookups(const ArchiveRecord& record)
  {
    Remove(archivesOfKey_, record.owner, record.idempotencyKey, record.id);
    Remove(archivesOfFingerprint_, record.owner, record.fingerprint, record.id);
  }

  void SpoolIndex::Link(const std::string& jobId, const std::string& archiveId, JobRole role)
  {
    const boost::lock_guard<boost::mutex> lock(mutex_);
    Unlink(jobId);
    archiveOfJob_[jobId] = JobLink{archiveId, role};
    jobsOfArchive_[archiveId].insert(jobId);
  }

  std::optional<std::string> SpoolIndex::FindByJob(const std::string& jobId) const
  {
    const boost::lock_guard<boost::mutex> lock(mutex_);
    const auto found = archiveOfJob_.find(jobId);
    return found == archiveOfJob_.end() ? std::nullopt
                                        : std::make_optional(found->second.archiveId);
  }

  std::vector<std::string> SpoolIndex::FindJobs(const std::string& archiveId) const
  {
    const boost::lock_guard<boost::mutex> lock(mutex_);
    const auto found = jobsOfArchive_.find(archiveId);
    return found == jobsOfArchive_.end()
             ? std::vector<std::string>()
             : std::vector<std::string>(found->second.begin(), found->second.end());
  }

  std::string SpoolIndex::FindPublicJob(const std::string& archiveId) const
  {
    const boost::lock_guard<boost::mutex> lock(mutex_);
    const auto jobs = jobsOfArchive_.find(archiveId);
    if (jobs != jobsOfArchive_.end())
    {
      for (const std::string& jobId : jobs->second)
      {
        const auto link = archiveOfJob_.find(jobId);
        if (link != archiveOfJob_.end() && link->second.role == JobRole::Public)
        {
          return jobId;
        }
      }
    }
    return "";
  }

  std::optional<std::string> SpoolIndex::FindByKey(const std::string& owner,
                                                   const std::string& key) const
  {
    const boost::lock_guard<boost::mutex> lock(mutex_);
    const auto found = archivesOfKey_.find({owner, key});
    if (found == archivesOfKey_.end())
    {
      return std::nullopt;
    }
    const auto oldest = std::min_element(
      found->second.begin(), found->second.end(),
      [this](const std::string& a, const std::string& b)
      { return records_.at(a)->createdMicroseconds < records_.at(b)->createdMicroseconds; });
    return *oldest;
  }

  std::vector<SpoolIndex::RecordPointer>
  SpoolIndex::FindByFingerprint(const std::string& owner, const std::string& fingerprint) const
  {
    const boost::lock_guard<boost::mutex> lock(mutex_);
    std::vector<RecordPointer> records;
    const auto found = archivesOfFingerprint_.find({owner, fingerprint});
    if (found != archivesOfFingerprint_.end())
    {
      for (const std::string& id : found->second)
      {
        records.push_back(records_.at(id));
      }
    }
    return records;
  }

  void SpoolIndex::Erase(const std::string& archiveId)
  {
    RecordPointer record; // destroyed without the lock
    const boost::lock_guard<boost::mutex> lock(mutex_);
    records_[archiveId].swap(record);
    records_.erase(archiveId);
    if (record != nullptr)
    {
      RemoveFromLookups(*record);
    }
    for (const std::string& jobId : jobsOfArchive_[archiveId])
    {
      archiveOfJob_.erase(jobId);
    }
    jobsOfArchive_.erase(archiveId);
  }

  void SpoolIndex::Unlink(const std::string& jobId)
  {
    const auto found = archiveOfJob_.find(jobId);
    if (found != archiveOfJob_.end())
    {
      jobsOfArchive_[found->second.archiveId].erase(jobId);
      archiveOfJob_.erase(found);
    }
  }
} // namespace OrthancPlugins
