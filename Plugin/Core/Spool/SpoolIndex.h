// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "ArchiveRecord.h"

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
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

    void Link(const std::string& jobId, const std::string& archiveId);

    std::optional<std::string> FindByJob(const std::string& jobId) const;

    std::vector<std::string> FindJobs(const std::string& archiveId) const;

    // With its links
    void Erase(const std::string& archiveId);

  private:
    void Unlink(const std::string& jobId);

    mutable boost::mutex mutex_;
    boost::condition_variable released_;
    std::set<std::string> claimed_;
    std::map<std::string, RecordPointer> records_;
    std::map<std::string, std::string> archiveOfJob_;
    std::map<std::string, std::set<std::string>> jobsOfArchive_;
  };
} // namespace OrthancPlugins
