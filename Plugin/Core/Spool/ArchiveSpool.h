// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "ArchiveRecord.h"
#include "FileSink.h"
#include "MappedFile.h"

#include "../IClock.h"
#include "../Settings.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace OrthancPlugins
{
  /**
   * The archives on disk: records, unfinished and finished files, and which job made which archive.
   * Resources/Formats/Spool.md describes every file.
   *
   * A record is written, synced and renamed; a finished file gets its name by Publish() alone.
   * Thread-safe; no lock is held during I/O on large files. One process owns a spool directory.
   **/
  class ArchiveSpool
  {
  public:
    // Makes the directory (mode 0700), reads the records, removes leftovers. Throws Failure(CannotWrite)
    // if the directory cannot be used, or is used by another process. The clock must outlive the spool
    ArchiveSpool(const SpoolSettings& settings, IClock& clock);
    ~ArchiveSpool();

    // A new record in state Pending, durable on return
    ArchiveRecord Create(const ArchiveRequest& request, std::uint64_t instancesCount,
                         std::uint64_t uncompressedBytes);

    std::optional<ArchiveRecord> Find(const std::string& archiveId) const;

    // As Find(), without a copy of the record
    std::optional<ArchiveState> FindState(const std::string& archiveId) const;

    // Remembers that this job of the host works on that archive, durable on return. An archive may have
    // several jobs over time. Throws Failure(NotFound) if there is no such record
    void LinkJob(const std::string& jobId, const std::string& archiveId);

    std::optional<std::string> FindByJob(const std::string& jobId) const;

    // The jobs that were linked to an archive, in no particular order
    std::vector<std::string> ListJobs(const std::string& archiveId) const;

    // A new "<id>.part", empty. Throws Failure(NotFound) if there is no record, Failure(Conflict) if it
    // is not Pending
    std::unique_ptr<FileSink> OpenPart(const std::string& archiveId);

    // The part file was closed: gives it its final name, then the record is Ready. Sweeps afterwards.
    // Throws Failure(Canceled), and drops the part file, if the record is gone or not Pending any more
    void Publish(const std::string& archiveId, const ArchiveReport& report);

    // Drops the part file; the record is Failed. Nothing happens unless it is Pending. Throws
    // Failure(NotFound) if there is no record, and what the disk says: the archive has failed then, too
    void Fail(const std::string& archiveId, FailureKind kind, const std::string& text);

    // Back to Pending (resubmission, or continued after a restart); drops part and finished file
    void Restart(const std::string& archiveId);

    // The finished file; Failure(NotFound) if there is none (not ready, failed, evicted)
    std::unique_ptr<MappedFile> OpenArchive(const std::string& archiveId) const;

    // Removes the finished file, keeps the record as Evicted. False if there was no file
    bool Evict(const std::string& archiveId);

    // Removes the archive with its record and its links, if there is one
    void Remove(const std::string& archiveId);

    // Evicts and removes by age and number, never what is Pending. Throws nothing: what cannot be removed
    // now is tried again by the next sweep
    void Sweep();

    // In no particular order
    std::vector<ArchiveRecord> List() const;

    // A temporary file in the spool directory, see FileSink::Unnamed
    std::unique_ptr<FileSink> OpenTemporary() const;

    // What the operator should know about the directory as it was found: records that cannot be read
    // (they are left as they are, with their files)
    std::vector<std::string> GetWarnings() const;

  private:
    struct PImpl;
    std::unique_ptr<PImpl> pimpl_;
  };
}
