// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <boost/thread/mutex.hpp>

namespace OrthancPlugins
{
  /**
   * The books of the bytes in the spool: what records, links and finished files take, and what was
   * promised to part files. A file that several archives share counts once. Together they stay within
   * a limit, because a part file grows only within its promise. Thread-safe; no I/O.
   **/
  class SpoolSpace
  {
  public:
    struct Totals
    {
      std::uint64_t finishedBytes = 0;
      std::uint64_t metadataBytes = 0; // records and links
      std::uint64_t promisedBytes = 0; // to part files and their journals
    };

    Totals GetTotals() const;

    // ---- Records and links

    void SetRecord(const std::string& archiveId, std::uint64_t sizeBytes);
    void AddLink(const std::string& jobId, const std::string& archiveId, std::uint64_t sizeBytes);

    // ---- Finished files

    void AddFile(const std::string& archiveId, std::uint64_t sizeBytes);
    void ShareFile(const std::string& archiveId, const std::string& leaderId);
    void RemoveFile(const std::string& archiveId);

    // The same number for archives that share a file; 0 if there is no file
    std::uint64_t GetFileNumber(const std::string& archiveId) const;

    // ---- Part files

    // Names one writer of a part file: who has begun anew, has another one
    using Ticket = std::uint64_t;

    // A new writer: nothing is promised to it yet, and nothing any more to the one before
    Ticket BeginPart(const std::string& archiveId);

    bool IsCurrent(const std::string& archiveId, Ticket ticket) const;

    // Promises a size to a part file, unless the limit is in the way: then returns how many bytes are
    // missing. What was promised before is never taken back. A writer that is not the current one gets
    // everything if its file has no name any more, and nothing if another one continues it
    std::uint64_t TryPromise(const std::string& archiveId,
                             Ticket ticket,
                             std::uint64_t sizeBytes,
                             const std::optional<std::uint64_t>& limitBytes);

    // A new writer that continues the part file, which has that size
    Ticket ContinuePart(const std::string& archiveId, std::uint64_t sizeBytes);

    // The part file stays with that size, nobody writes it for now
    void KeepPart(const std::string& archiveId, std::uint64_t sizeBytes);

    void EndPart(const std::string& archiveId);

    // The part file is finished: what was promised becomes what it takes, in one step
    void FinishPart(const std::string& archiveId, std::uint64_t sizeBytes);

    std::vector<std::string> ListParts() const;

    // ---- All of an archive

    void Forget(const std::string& archiveId);

    // How many bytes are above the limit, if so many more are added
    std::uint64_t GetExcess(std::uint64_t moreBytes,
                            const std::optional<std::uint64_t>& limitBytes) const;

    // Of a limit, what is left for records, links and their next versions that are being written
    static std::uint64_t GetMargin(std::uint64_t limitBytes);

  private:
    struct File
    {
      std::uint64_t sizeBytes = 0;
      unsigned owners = 0;
    };

    struct Part
    {
      Ticket ticket = 0;
      std::uint64_t promisedBytes = 0;
      bool isContinued = false;
    };

    struct Metadata
    {
      std::uint64_t recordBytes = 0;
      std::map<std::string, std::uint64_t> links;
    };

    // The mutex is locked, here and below
    std::uint64_t GetExcessLocked(std::uint64_t moreBytes,
                                  const std::optional<std::uint64_t>& limitBytes) const;
    void RemoveFileLocked(const std::string& archiveId);
    void EndPartLocked(const std::string& archiveId);
    void AddFileLocked(const std::string& archiveId, std::uint64_t sizeBytes);
    void ForgetLink(const std::string& jobId);

    mutable boost::mutex mutex_;
    Totals totals_;
    std::uint64_t lastNumber_ = 0;
    std::map<std::string, Metadata> metadata_;
    std::map<std::string, std::string> archiveOfLink_;
    std::map<std::string, std::uint64_t> fileOfArchive_;
    std::map<std::uint64_t, File> files_;
    std::map<std::string, Part> parts_;
  };
} // namespace OrthancPlugins
