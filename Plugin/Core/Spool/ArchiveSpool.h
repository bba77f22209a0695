// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "ArchiveRecord.h"
#include "MappedFile.h"
#include "PartSink.h"

#include "../IClock.h"
#include "../Settings.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace OrthancPlugins
{
  // What is known of an archive when it is asked for
  struct NewArchive
  {
    ArchiveRequest request;
    std::uint64_t instancesCount = 0;
    std::uint64_t uncompressedBytes = 0;
    std::uint64_t expectedBytes = 0;
    std::string fingerprint;
    std::string owner;
    std::string idempotencyKey;
    std::string notifyUrl;
  };

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

    // A new record in state Pending, durable on return. Throws Failure(StorageFull) if the expected size
    // can never fit: larger than the quota without the pinned archives, or than the disk. Throws
    // Failure(Conflict) if the owner has an archive with the same idempotency key: of several who come
    // at the same time, one gets it, and the others find it by FindByIdempotencyKey()
    ArchiveRecord Create(const NewArchive& archive);

    std::optional<ArchiveRecord> Find(const std::string& archiveId) const;

    // As Find(), without a copy of the record
    std::optional<ArchiveState> FindState(const std::string& archiveId) const;

    // Remembers that this job of the host works on that archive, durable on return. An archive may have
    // several jobs over time, one of them public. Throws Failure(NotFound) if there is no such record
    void LinkJob(const std::string& jobId, const std::string& archiveId, JobRole role);

    // By any of its jobs
    std::optional<std::string> FindByJob(const std::string& jobId) const;

    // Empty if no public job is linked. The smallest ID if an old spool has several
    std::string GetPublicJob(const std::string& archiveId) const;

    std::optional<std::string> FindByIdempotencyKey(const std::string& owner,
                                                    const std::string& key) const;

    // The newest archive of that owner with the same fingerprint whose file is there (preferred), or
    // that is Pending and waits for no other; never "exceptId"
    std::optional<std::string> FindTwin(const std::string& owner,
                                        const std::string& fingerprint,
                                        const std::string& exceptId) const;

    // Gives a Pending archive the file of a Ready one (a hard link: either may go without the other),
    // with its sizes and report; durable on return. False if that is not possible any more, or not on
    // this file system
    bool Adopt(const std::string& archiveId, const std::string& leaderId);

    // Changes facts of a record that nothing else depends on, under its claim: "change" gets a copy,
    // which is durable on return. Not for id, state, request, sizes. Throws Failure(NotFound)
    void Update(const std::string& archiveId, const std::function<void(ArchiveRecord&)>& change);

    // Counts a download; durable some time later (with one of the next sweeps). Nothing happens if there
    // is no such archive
    void NoteDownload(const std::string& archiveId);

    // The jobs that were linked to an archive, in no particular order
    std::vector<std::string> ListJobs(const std::string& archiveId) const;

    // A new "<id>.part", empty, its journal removed. Throws Failure(NotFound) if there is no record,
    // Failure(Conflict) if it is not Pending, Failure(StorageFull) if the expected size does not fit now
    std::unique_ptr<PartSink> OpenPart(const std::string& archiveId);

    // The part file that an interrupted run has left, cut to "sizeBytes" and continued there, with its
    // journal as far as that has whole lines. Throws as OpenPart(), and Failure(NotFound) if there is no
    // part file or it is shorter. What is refused stays as it is
    std::unique_ptr<PartSink> ReopenPart(const std::string& archiveId, std::uint64_t sizeBytes);

    // The journal of the part file; empty if there is none. After a crash its end may be torn
    std::string ReadJournal(const std::string& archiveId) const;

    // The part file was closed: gives it its final name, then the record is Ready. Sweeps afterwards.
    // Throws Failure(Canceled), and drops the part file, if the record is gone or not Pending any more
    void Publish(const std::string& archiveId, const ArchiveReport& report);

    // The attempt has failed, another one is due at that time: stays Pending, counts the attempt, keeps
    // the part file (its sink must be gone) and its journal only if "keepsPart". Nothing happens unless it
    // is Pending. Throws Failure(NotFound) if there is no record, and what the disk says: it waits then,
    // too
    void Postpone(const std::string& archiveId,
                  FailureKind kind,
                  const std::string& text,
                  std::int64_t nextAttemptMicroseconds,
                  bool keepsPart);

    // Drops the part file; the record is Failed. Nothing happens unless it is Pending. Throws
    // Failure(NotFound) if there is no record, and what the disk says: the archive has failed then, too
    void Fail(const std::string& archiveId, FailureKind kind, const std::string& text);

    // Back to Pending (resubmission): drops part and finished file, forgets attempts, times, downloads
    void Restart(const std::string& archiveId);

    // The finished file; Failure(NotFound) if there is none (not ready, failed, evicted)
    std::unique_ptr<MappedFile> OpenArchive(const std::string& archiveId) const;

    // Removes the finished file, keeps the record as Evicted. False if there was no file
    bool Evict(const std::string& archiveId);

    // Removes the archive with its record and its links, if there is one
    void Remove(const std::string& archiveId);

    // Evicts by age, number and bytes, removes what has ended by history, writes what is not on disk yet.
    // Never touches the file of what is Pending or pinned. Throws nothing: what cannot be removed now is
    // tried again by the next sweep
    void Sweep();

    // In no particular order. Shared with the index: immutable snapshots, no copies
    std::vector<std::shared_ptr<const ArchiveRecord>> List() const;

    // What the files of the spool take (records, links and parts too; shared ones once), and the most
    // they may take; absent: no limit but the disk
    std::uint64_t GetUsedBytes() const;
    std::optional<std::uint64_t> GetQuotaBytes() const;

    // How many finished files the limits have removed since the start
    std::uint64_t GetEvictionsCount() const;

    // When the retention by age will remove the file; absent: never (pinned, no limit, no file)
    std::optional<std::int64_t> GetExpiryMicroseconds(const ArchiveRecord& record) const;

    // A temporary file in the spool directory, see FileSink::Unnamed
    std::unique_ptr<FileSink> OpenTemporary() const;

    // What the operator should know about the directory as it was found: others may enter it, or records
    // that cannot be read (they are left as they are, with their files)
    std::vector<std::string> GetWarnings() const;

  private:
    struct PImpl;
    std::unique_ptr<PImpl> pimpl_;
  };
} // namespace OrthancPlugins
