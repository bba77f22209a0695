// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "ArchiveRecord.h"

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <boost/thread/condition_variable.hpp>
#include <boost/thread/mutex.hpp>

namespace OrthancPlugins
{
  /**
   * What the spool holds, in memory: records by archive, archives by job, and which archive is being
   * changed. Thread-safe; no I/O.
   **/
  class SpoolIndex
  {
  public:
    // Shared by the index and by who reads the record while it is replaced
    using RecordPointer = std::shared_ptr<const ArchiveRecord>;

    /**
     * The right to change one archive, its files included: the others wait. So the files and the index
     * of an archive change together, and the mutex is free during I/O.
     **/
    class Claim
    {
    public:
      Claim(SpoolIndex& index, const std::string& archiveId);
      ~Claim();

      Claim(const Claim&) = delete;
      Claim& operator=(const Claim&) = delete;

    private:
      SpoolIndex& index_;
      std::string archiveId_;
    };

    // Null if there is none
    RecordPointer Find(const std::string& archiveId) const;

    std::vector<RecordPointer> List() const;

    void Put(const ArchiveRecord& record);

    void Link(const std::string& jobId, const std::string& archiveId, JobRole role);

    std::optional<std::string> FindByJob(const std::string& jobId) const;

    std::vector<std::string> FindJobs(const std::string& archiveId) const;

    // The smallest of several; empty if there is none
    std::string FindPublicJob(const std::string& archiveId) const;

    // The oldest of several
    std::optional<std::string> FindByKey(const std::string& owner, const std::string& key) const;

    std::vector<RecordPointer> FindByFingerprint(const std::string& owner,
                                                 const std::string& fingerprint) const;

    // With its links
    void Erase(const std::string& archiveId);

  private:
    // A key or a fingerprint, with its owner first
    using OwnedText = std::pair<std::string, std::string>;

    struct JobLink
    {
      std::string archiveId;
      JobRole role = JobRole::Public;
    };

    // The mutex is locked, here and below
    void Unlink(const std::string& jobId);
    void AddToLookups(const ArchiveRecord& record);
    void RemoveFromLookups(const ArchiveRecord& record);

    mutable boost::mutex mutex_;
    boost::condition_variable released_;
    std::set<std::string> claimed_;
    std::map<std::string, RecordPointer> records_;
    std::map<std::string, JobLink> archiveOfJob_;
    std::map<std::string, std::set<std::string>> jobsOfArchive_;
    std::map<OwnedText, std::set<std::string>> archivesOfKey_;
    std::map<OwnedText, std::set<std::string>> archivesOfFingerprint_;
  };
} // namespace OrthancPlugins
