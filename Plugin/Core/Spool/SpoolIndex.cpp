// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "SpoolIndex.h"

#include <boost/thread/lock_guard.hpp>
#include <boost/thread/lock_types.hpp>
#include <boost/thread/thread_only.hpp>

namespace OrthancPlugins
{
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
  }

  void SpoolIndex::Link(const std::string& jobId, const std::string& archiveId)
  {
    const boost::lock_guard<boost::mutex> lock(mutex_);
    Unlink(jobId);
    archiveOfJob_[jobId] = archiveId;
    jobsOfArchive_[archiveId].insert(jobId);
  }

  std::optional<std::string> SpoolIndex::FindByJob(const std::string& jobId) const
  {
    const boost::lock_guard<boost::mutex> lock(mutex_);
    const auto found = archiveOfJob_.find(jobId);
    return found == archiveOfJob_.end() ? std::nullopt : std::make_optional(found->second);
  }

  std::vector<std::string> SpoolIndex::FindJobs(const std::string& archiveId) const
  {
    const boost::lock_guard<boost::mutex> lock(mutex_);
    const auto found = jobsOfArchive_.find(archiveId);
    return found == jobsOfArchive_.end()
             ? std::vector<std::string>()
             : std::vector<std::string>(found->second.begin(), found->second.end());
  }

  void SpoolIndex::Erase(const std::string& archiveId)
  {
    RecordPointer record;
    const boost::lock_guard<boost::mutex> lock(mutex_);
    records_[archiveId].swap(record);
    records_.erase(archiveId);
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
      jobsOfArchive_[found->second].erase(jobId);
      archiveOfJob_.erase(found);
    }
  }
} // namespace OrthancPlugins
