// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "ArchiveSpool.h"

#include "ArchiveRecordJson.h"
#include "SpoolFiles.h"
#include "SpoolIndex.h"
#include "SpoolNames.h"
#include "SpoolRetention.h"
#include "SpoolStore.h"

#include "../Uuid.h"

#include <algorithm>
#include <tuple>

namespace OrthancPlugins
{
  namespace
  {
    constexpr unsigned RECORDS_PER_SWEEP = 200; // that are written; a write takes some milliseconds

    [[noreturn]] void ThrowNoFile(const ArchiveRecord& record)
    {
      switch (record.state)
      {
      case ArchiveState::Pending:
        throw Failure(FailureKind::NotFound, "Archive " + record.id + " is not ready yet");
      case ArchiveState::Failed:
        throw Failure(FailureKind::NotFound, "Archive " + record.id + " has failed");
      case ArchiveState::Evicted:
      case ArchiveState::Ready:
        break;
      }
      throw Failure(FailureKind::NotFound, "Archive " + record.id + " has been removed");
    }
  } // namespace

  struct ArchiveSpool::PImpl
  {
    using Claim = SpoolIndex::Claim;
    using RecordPointer = SpoolIndex::RecordPointer;

    SpoolStore store;
    SpoolRetention retention;

    PImpl(const SpoolSettings& settings, IClock& clock)
      : store(settings, clock),
        retention(store)
    {
    }

    void CreateClaimed(const ArchiveRecord& record)
    {
      if (!record.idempotencyKey.empty() &&
          store.index.FindByKey(record.owner, record.idempotencyKey).has_value())
      {
        throw Failure(FailureKind::Conflict, "There is an archive with this idempotency key");
      }
      store.SaveNew(record);
    }

    void RequirePending(const std::string& archiveId) const
    {
      if (store.Require(archiveId)->state != ArchiveState::Pending)
      {
        throw Failure(FailureKind::Conflict, "Archive " + archiveId + " is not pending");
      }
    }

    // Somebody may have begun anew, or ended the archive, while nobody had claimed it
    void RequireCurrent(const std::string& archiveId, SpoolSpace::Ticket ticket) const
    {
      RequirePending(archiveId);
      if (!store.space.IsCurrent(archiveId, ticket))
      {
        throw Failure(FailureKind::Conflict, "Archive " + archiveId + " is begun anew elsewhere");
      }
    }

    SpoolSpace::Ticket BeginPart(const std::string& archiveId, bool isContinued)
    {
      const Claim claim(store.index, archiveId);
      RequirePending(archiveId);
      if (!isContinued)
      {
        store.DropPart(archiveId); // who may still hold the old one writes into nothing
        return store.space.BeginPart(archiveId);
      }
      return store.space.ContinuePart(archiveId, GetKeptBytes(archiveId));
    }

    std::uint64_t GetKeptBytes(const std::string& archiveId) const
    {
      const std::optional<FileFacts> part = FindFile(store.names.GetPartPath(archiveId));
      const std::optional<FileFacts> journal = FindFile(store.names.GetJournalPath(archiveId));
      return (part.has_value() ? part->sizeBytes : 0) +
             (journal.has_value() ? journal->sizeBytes : 0);
    }

    std::unique_ptr<PartSink> MakeSink(const std::string& archiveId,
                                       SpoolSpace::Ticket ticket,
                                       std::unique_ptr<FileSink> part)
    {
      return std::make_unique<PartSink>(std::move(part), store.names.GetJournalPath(archiveId),
                                        [this, archiveId, ticket](std::uint64_t sizeBytes)
                                        { retention.Promise(archiveId, ticket, sizeBytes); });
    }

    // A crash may have left the beginning of a line, to which nothing may be appended
    void CutJournal(const std::string& archiveId)
    {
      const std::string path = store.names.GetJournalPath(archiveId);
      if (FindFile(path).has_value())
      {
        const std::string text = ReadSmallFile(path);
        FileSink(FileSink::Continued{path, text.rfind('\n') + 1}).Sync();
      }
    }
  };

  ArchiveSpool::ArchiveSpool(const SpoolSettings& settings, IClock& clock)
    : pimpl_(std::make_unique<PImpl>(settings, clock))
  {
    pimpl_->retention.Sweep("");
  }

  ArchiveSpool::~ArchiveSpool() = default;

  ArchiveRecord ArchiveSpool::Create(const NewArchive& archive)
  {
    ArchiveRecord record;
    record.id = GenerateUuid();
    record.request = archive.request;
    record.createdMicroseconds = pimpl_->store.clock.GetNowMicroseconds();
    record.instancesCount = archive.instancesCount;
    record.uncompressedBytes = archive.uncompressedBytes;
    record.expectedBytes = archive.expectedBytes;
    record.fingerprint = archive.fingerprint;
    record.owner = archive.owner;
    record.idempotencyKey = archive.idempotencyKey;
    record.notifyUrl = archive.notifyUrl;

    pimpl_->retention.CheckPossible(record.expectedBytes);
    pimpl_->retention.MakeRoom(FormatArchiveRecord(record).size());
    if (record.idempotencyKey.empty())
    {
      pimpl_->CreateClaimed(record);
      return record;
    }
    // Who comes second with the same key waits for the first; keys are no identifiers of archives
    const SpoolIndex::Claim claim(pimpl_->store.index,
                                  "key " + record.owner + '\n' + record.idempotencyKey);
    pimpl_->CreateClaimed(record);
    return record;
  }

  std::optional<ArchiveRecord> ArchiveSpool::Find(const std::string& archiveId) const
  {
    const SpoolIndex::RecordPointer record = pimpl_->store.index.Find(archiveId);
    return record == nullptr ? std::nullopt : std::make_optional(*record);
  }

  std::optional<ArchiveState> ArchiveSpool::FindState(const std::string& archiveId) const
  {
    const SpoolIndex::RecordPointer record = pimpl_->store.index.Find(archiveId);
    return record == nullptr ? std::nullopt : std::make_optional(record->state);
  }

  void ArchiveSpool::LinkJob(const std::string& jobId, const std::string& archiveId, JobRole role)
  {
    const SpoolIndex::Claim claim(pimpl_->store.index, archiveId);
    pimpl_->store.Require(archiveId);
    pimpl_->store.Link(jobId, archiveId, role);
  }

  std::optional<std::string> ArchiveSpool::FindByJob(const std::string& jobId) const
  {
    return pimpl_->store.index.FindByJob(jobId);
  }

  std::string ArchiveSpool::GetPublicJob(const std::string& archiveId) const
  {
    return pimpl_->store.index.FindPublicJob(archiveId);
  }

  std::vector<std::string> ArchiveSpool::ListJobs(const std::string& archiveId) const
  {
    return pimpl_->store.index.FindJobs(archiveId);
  }

  std::optional<std::string> ArchiveSpool::FindByIdempotencyKey(const std::string& owner,
                                                                const std::string& key) const
  {
    return pimpl_->store.index.FindByKey(owner, key);
  }

  std::optional<std::string> ArchiveSpool::FindTwin(const std::string& owner,
                                                    const std::string& fingerprint,
                                                    const std::string& exceptId) const
  {
    SpoolIndex::RecordPointer best;
    const auto isBetter = [](const ArchiveRecord& a, const ArchiveRecord& b)
    {
      return std::make_tuple(a.state == ArchiveState::Ready, a.createdMicroseconds, a.id) >
             std::make_tuple(b.state == ArchiveState::Ready, b.createdMicroseconds, b.id);
    };
    for (const auto& record : pimpl_->store.index.FindByFingerprint(owner, fingerprint))
    {
      const bool isLeader = record->state == ArchiveState::Pending && record->leaderId.empty();
      const bool isPossible = record->state == ArchiveState::Ready || isLeader;
      if (isPossible && record->id != exceptId && (best == nullptr || isBetter(*record, *best)))
      {
        best = record;
      }
    }
    return best == nullptr ? std::nullopt : std::make_optional(best->id);
  }

  bool ArchiveSpool::Adopt(const std::string& archiveId, const std::string& leaderId)
  {
    if (archiveId == leaderId)
    {
      return false;
    }
    SpoolStore& store = pimpl_->store;
    // Always in the same order: two who need two never wait for each other
    const SpoolIndex::Claim first(store.index, std::min(archiveId, leaderId));
    const SpoolIndex::Claim second(store.index, std::max(archiveId, leaderId));
    const SpoolIndex::RecordPointer record = store.index.Find(archiveId);
    const SpoolIndex::RecordPointer leader = store.index.Find(leaderId);
    if (record == nullptr || record->state != ArchiveState::Pending || leader == nullptr ||
        leader->state != ArchiveState::Ready)
    {
      return false;
    }
    return store.MakeReused(*record, *leader);
  }

  void ArchiveSpool::Update(const std::string& archiveId,
                            const std::function<void(ArchiveRecord&)>& change)
  {
    const SpoolIndex::Claim claim(pimpl_->store.index, archiveId);
    ArchiveRecord record = *pimpl_->store.Require(archiveId);
    change(record);
    pimpl_->store.Save(record);
  }

  void ArchiveSpool::NoteDownload(const std::string& archiveId)
  {
    const SpoolIndex::Claim claim(pimpl_->store.index, archiveId);
    const SpoolIndex::RecordPointer found = pimpl_->store.index.Find(archiveId);
    if (found == nullptr)
    {
      return;
    }
    ArchiveRecord record = *found;
    record.downloadsCount++;
    record.downloadedMicroseconds = pimpl_->store.clock.GetNowMicroseconds();
    pimpl_->store.SaveLater(record);
  }

  std::unique_ptr<PartSink> ArchiveSpool::OpenPart(const std::string& archiveId)
  {
    const SpoolSpace::Ticket ticket = pimpl_->BeginPart(archiveId, false);
    // Not claimed meanwhile: what is evicted for it is claimed one by one
    pimpl_->retention.Promise(archiveId, ticket, pimpl_->store.Require(archiveId)->expectedBytes);

    const SpoolIndex::Claim claim(pimpl_->store.index, archiveId);
    pimpl_->RequireCurrent(archiveId, ticket);
    return pimpl_->MakeSink(archiveId, ticket,
                            std::make_unique<FileSink>(pimpl_->store.names.GetPartPath(archiveId)));
  }

  std::unique_ptr<PartSink> ArchiveSpool::ReopenPart(const std::string& archiveId,
                                                     std::uint64_t sizeBytes)
  {
    const SpoolSpace::Ticket ticket = pimpl_->BeginPart(archiveId, true);
    pimpl_->retention.Promise(archiveId, ticket, pimpl_->store.Require(archiveId)->expectedBytes);

    const SpoolIndex::Claim claim(pimpl_->store.index, archiveId);
    pimpl_->RequireCurrent(archiveId, ticket);
    auto part = std::make_unique<FileSink>(
      FileSink::Continued{pimpl_->store.names.GetPartPath(archiveId), sizeBytes});
    pimpl_->CutJournal(archiveId);
    return pimpl_->MakeSink(archiveId, ticket, std::move(part));
  }

  std::string ArchiveSpool::ReadJournal(const std::string& archiveId) const
  {
    const std::string path = pimpl_->store.names.GetJournalPath(archiveId);
    return FindFile(path).has_value() ? ReadSmallFile(path) : "";
  }

  void ArchiveSpool::Publish(const std::string& archiveId, const ArchiveReport& report)
  {
    {
      const SpoolIndex::Claim claim(pimpl_->store.index, archiveId);
      const SpoolIndex::RecordPointer record = pimpl_->store.index.Find(archiveId);
      if (record == nullptr || record->state != ArchiveState::Pending)
      {
        pimpl_->store.DropPart(archiveId);
        throw Failure(FailureKind::Canceled, "Archive " + archiveId + " was canceled");
      }
      pimpl_->store.MakeReady(*record, report);
    }
    pimpl_->retention.Sweep(archiveId);
  }

  void ArchiveSpool::Postpone(const std::string& archiveId,
                              FailureKind kind,
                              const std::string& text,
                              std::int64_t nextAttemptMicroseconds,
                              bool keepsPart)
  {
    SpoolStore& store = pimpl_->store;
    const SpoolIndex::Claim claim(store.index, archiveId);
    const SpoolIndex::RecordPointer found = store.Require(archiveId);
    if (found->state != ArchiveState::Pending)
    {
      return;
    }
    ArchiveRecord record = *found;
    record.attempts++;
    record.failureKind = kind;
    record.failureText = text;
    record.nextAttemptMicroseconds = nextAttemptMicroseconds;
    const bool isPartKept = keepsPart && !ReadJournal(archiveId).empty();
    if (isPartKept)
    {
      store.space.KeepPart(archiveId, pimpl_->GetKeptBytes(archiveId));
    }
    store.SaveAnyhow(record, isPartKept ? SpoolStore::PartUse::Keep : SpoolStore::PartUse::Drop);
  }

  void ArchiveSpool::Fail(const std::string& archiveId, FailureKind kind, const std::string& text)
  {
    SpoolStore& store = pimpl_->store;
    const SpoolIndex::Claim claim(store.index, archiveId);
    const SpoolIndex::RecordPointer found = store.Require(archiveId);
    if (found->state != ArchiveState::Pending)
    {
      return;
    }
    ArchiveRecord record = *found;
    record.state = ArchiveState::Failed;
    record.report = ArchiveReport();
    record.failureKind = kind;
    record.failureText = text;
    record.nextAttemptMicroseconds = 0;
    record.completedMicroseconds = store.clock.GetNowMicroseconds();
    store.SaveAnyhow(record, SpoolStore::PartUse::Drop);
  }

  void ArchiveSpool::Restart(const std::string& archiveId)
  {
    SpoolStore& store = pimpl_->store;
    const SpoolIndex::Claim claim(store.index, archiveId);
    ArchiveRecord record = *store.Require(archiveId);
    store.DropPart(archiveId);
    if (RemoveFile(store.names.GetArchivePath(archiveId)))
    {
      store.space.RemoveFile(archiveId);
      SyncDirectory(store.directory.Get()); // or the old file might make the new record Ready
    }
    record.state = ArchiveState::Pending;
    record.sizeBytes = 0;
    record.completedMicroseconds = 0;
    record.evictedMicroseconds = 0;
    record.report = ArchiveReport();
    record.failureKind = FailureKind::Internal;
    record.failureText.clear();
    record.leaderId.clear();
    record.isReused = false;
    record.attempts = 0;
    record.nextAttemptMicroseconds = 0;
    record.startedMicroseconds = 0;
    record.runtimeMicroseconds = 0;
    record.downloadsCount = 0;
    record.downloadedMicroseconds = 0;
    store.Save(record);
  }

  std::unique_ptr<MappedFile> ArchiveSpool::OpenArchive(const std::string& archiveId) const
  {
    const SpoolIndex::RecordPointer record = pimpl_->store.Require(archiveId);
    if (record->state != ArchiveState::Ready)
    {
      ThrowNoFile(*record);
    }
    auto file = std::make_unique<MappedFile>(pimpl_->store.names.GetArchivePath(archiveId));
    if (file->GetSizeBytes() != record->sizeBytes)
    {
      throw Failure(FailureKind::Internal, "The file of archive " + archiveId + " was changed");
    }
    return file;
  }

  bool ArchiveSpool::Evict(const std::string& archiveId)
  {
    const SpoolIndex::Claim claim(pimpl_->store.index, archiveId);
    return pimpl_->store.Evict(archiveId, SpoolStore::Durability::Now);
  }

  void ArchiveSpool::Remove(const std::string& archiveId)
  {
    const SpoolIndex::Claim claim(pimpl_->store.index, archiveId);
    pimpl_->store.Remove(archiveId);
  }

  void ArchiveSpool::Sweep()
  {
    pimpl_->retention.Sweep("");
    pimpl_->store.FlushSome(RECORDS_PER_SWEEP);
  }

  std::vector<std::shared_ptr<const ArchiveRecord>> ArchiveSpool::List() const
  {
    return pimpl_->store.index.List();
  }

  std::uint64_t ArchiveSpool::GetUsedBytes() const
  {
    return pimpl_->store.GetUsedBytes();
  }

  std::optional<std::uint64_t> ArchiveSpool::GetQuotaBytes() const
  {
    return pimpl_->store.GetQuotaBytes();
  }

  std::uint64_t ArchiveSpool::GetEvictionsCount() const
  {
    return pimpl_->retention.GetEvictionsCount();
  }

  std::optional<std::int64_t> ArchiveSpool::GetExpiryMicroseconds(const ArchiveRecord& record) const
  {
    return pimpl_->retention.GetExpiryMicroseconds(record);
  }

  std::unique_ptr<FileSink> ArchiveSpool::OpenTemporary() const
  {
    return std::make_unique<FileSink>(FileSink::Unnamed{pimpl_->store.names.GetDirectory()});
  }

  std::vector<std::string> ArchiveSpool::GetWarnings() const
  {
    return pimpl_->store.warnings;
  }
} // namespace OrthancPlugins
