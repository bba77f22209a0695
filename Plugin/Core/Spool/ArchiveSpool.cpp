// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "ArchiveSpool.h"

#include "ArchiveRecordJson.h"
#include "SpoolFiles.h"
#include "SpoolIndex.h"
#include "SpoolNames.h"
#include "SpoolRecovery.h"

#include "../Uuid.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <tuple>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace OrthancPlugins
{
  namespace
  {
    constexpr std::int64_t MICROSECONDS_PER_HOUR = 3'600'000'000;

    // "/spool/" has the parent "/spool" for the standard library
    std::string RemoveTrailingSlashes(std::string path)
    {
      while (path.size() > 1 && path.back() == '/')
      {
        path.pop_back();
      }
      return path;
    }

    // Parents as the system makes directories, the last one for us alone
    int OpenDirectory(const std::string& path)
    {
      std::error_code error;
      const std::filesystem::path parent = std::filesystem::path(path).parent_path();
      if (!parent.empty())
      {
        std::filesystem::create_directories(parent, error);
      }
      ::mkdir(path.c_str(), S_IRWXU); // if it fails, so does open(2), unless it exists
      const int descriptor = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
      if (descriptor < 0)
      {
        ThrowWriteFailure(errno, "Cannot use the spool directory " + path);
      }
      return descriptor;
    }

    int OpenLock(const SpoolNames& names)
    {
      const int descriptor = ::open(names.GetLockPath().c_str(),
                                    O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
      if (descriptor < 0)
      {
        ThrowWriteFailure(errno, "Cannot write to the spool directory " + names.GetDirectory());
      }
      return descriptor;
    }

    void TakeLock(int descriptor, const std::string& directory)
    {
      if (::flock(descriptor, LOCK_EX | LOCK_NB) == 0)
      {
        return;
      }
      if (errno == EWOULDBLOCK)
      {
        throw Failure(FailureKind::CannotWrite,
                      "The spool directory " + directory + " is used by another process");
      }
      ThrowWriteFailure(errno, "Cannot lock the spool directory " + directory);
    }

    bool IsEmpty(const ArchiveReport& report)
    {
      return report.missing.empty() && report.notTranscoded.empty();
    }

    // Removes a published file again if what must follow fails
    class Rollback
    {
    public:
      explicit Rollback(const std::string& path)
        : path_(path)
      {
      }

      ~Rollback()
      {
        if (!path_.empty())
        {
          ::unlink(path_.c_str());
        }
      }

      Rollback(const Rollback&) = delete;
      Rollback& operator=(const Rollback&) = delete;

      void Dismiss() { path_.clear(); }

    private:
      std::string path_;
    };

    [[noreturn]] void ThrowUnknown(const std::string& archiveId)
    {
      throw Failure(FailureKind::NotFound, "There is no archive " + archiveId + " in the spool");
    }

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

    const SpoolSettings settings;
    IClock& clock;
    const SpoolNames names;
    const FileDescriptor directory;
    const FileDescriptor lock;
    SpoolIndex index;
    std::vector<std::string> warnings; // constant after construction

    PImpl(const SpoolSettings& spoolSettings, IClock& spoolClock)
      : settings(spoolSettings),
        clock(spoolClock),
        names(RemoveTrailingSlashes(spoolSettings.directory)),
        directory(OpenDirectory(names.GetDirectory())),
        lock(OpenLock(names))
    {
      TakeLock(lock.Get(), names.GetDirectory());
      warnings = RecoverSpool(names, directory.Get(), index);
    }

    RecordPointer Require(const std::string& archiveId) const
    {
      RecordPointer record = index.Find(archiveId);
      if (record == nullptr)
      {
        ThrowUnknown(archiveId);
      }
      return record;
    }

    void WriteRecord(const ArchiveRecord& record)
    {
      ReplaceDurably(names.GetRecordPath(record.id), names.GetRecordTemporaryPath(record.id),
                     directory.Get(), FormatArchiveRecord(record));
    }

    // The caller has claimed the archive, here and below
    void DropPart(const std::string& archiveId) { DropFile(names.GetPartPath(archiveId)); }

    void MakeReady(const ArchiveRecord& pending, const ArchiveReport& report)
    {
      const std::optional<FileFacts> part = FindFile(names.GetPartPath(pending.id));
      if (!part.has_value())
      {
        throw Failure(FailureKind::CannotWrite, "The part file of " + pending.id + " is gone");
      }
      ArchiveRecord record = pending;
      record.report = report;
      if (!IsEmpty(report))
      {
        WriteRecord(record); // or a crash after the rename would lose what is missing
      }
      RenameFile(names.GetPartPath(record.id), names.GetArchivePath(record.id));
      Rollback rollback(names.GetArchivePath(record.id));
      SyncDirectory(directory.Get());
      record.state = ArchiveState::Ready;
      record.sizeBytes = part->sizeBytes;
      record.completedMicroseconds = clock.GetNowMicroseconds();
      WriteRecord(record);
      rollback.Dismiss();
      index.Put(record);
    }

    bool EvictClaimed(const std::string& archiveId)
    {
      const RecordPointer found = index.Find(archiveId);
      if (found == nullptr || found->state != ArchiveState::Ready)
      {
        return false;
      }
      const bool hadFile = RemoveFile(names.GetArchivePath(archiveId));
      ArchiveRecord record = *found;
      record.state = ArchiveState::Evicted;
      index.Put(record); // true whatever the disk says next: the file is gone
      WriteRecord(record);
      return hadFile;
    }

    // The record goes first: what a crash leaves of the rest belongs to no record
    void RemoveClaimed(const std::string& archiveId)
    {
      if (index.Find(archiveId) == nullptr)
      {
        return;
      }
      const std::vector<std::string> jobs = index.FindJobs(archiveId);
      RemoveFile(names.GetRecordPath(archiveId));
      index.Erase(archiveId);
      SyncDirectory(directory.Get());
      RemoveFile(names.GetArchivePath(archiveId));
      DropPart(archiveId);
      for (const std::string& jobId : jobs)
      {
        RemoveFile(names.GetLinkPath(jobId));
      }
    }

    bool IsTooOld(const ArchiveRecord& record) const
    {
      if (!settings.maxAgeHours.has_value() || record.state == ArchiveState::Pending)
      {
        return false;
      }
      const std::int64_t age = clock.GetNowMicroseconds() - record.completedMicroseconds;
      return age >= 0 &&
             static_cast<std::uint64_t>(age / MICROSECONDS_PER_HOUR) >= *settings.maxAgeHours;
    }

    void SweepByAge()
    {
      for (const RecordPointer& candidate : index.List())
      {
        if (IsTooOld(*candidate))
        {
          const Claim claim(index, candidate->id);
          const RecordPointer record = index.Find(candidate->id);
          if (record != nullptr && IsTooOld(*record))
          {
            Try([&] { RemoveClaimed(record->id); });
          }
        }
      }
    }

    // Latest completed first
    std::vector<RecordPointer> ListReady() const
    {
      std::vector<RecordPointer> ready;
      for (const RecordPointer& record : index.List())
      {
        if (record->state == ArchiveState::Ready)
        {
          ready.push_back(record);
        }
      }
      std::sort(ready.begin(), ready.end(),
                [](const RecordPointer& a, const RecordPointer& b)
                {
                  return std::tie(a->completedMicroseconds, a->createdMicroseconds, a->id) >
                         std::tie(b->completedMicroseconds, b->createdMicroseconds, b->id);
                });
      return ready;
    }

    void SweepByNumber()
    {
      if (!settings.maxArchives.has_value())
      {
        return;
      }
      const std::vector<RecordPointer> ready = ListReady();
      for (std::size_t i = 0; i < ready.size(); i++)
      {
        if (i >= *settings.maxArchives)
        {
          const Claim claim(index, ready[i]->id);
          Try([&] { EvictClaimed(ready[i]->id); });
        }
      }
    }

    // One archive that cannot be removed must not keep the others; the next sweep tries again
    template <typename Action>
    static void Try(const Action& action)
    {
      try
      {
        action();
      }
      catch (const Failure&)
      {
      }
    }
  };

  ArchiveSpool::ArchiveSpool(const SpoolSettings& settings, IClock& clock)
    : pimpl_(std::make_unique<PImpl>(settings, clock))
  {
    Sweep();
  }

  ArchiveSpool::~ArchiveSpool() = default;

  ArchiveRecord ArchiveSpool::Create(const ArchiveRequest& request,
                                     std::uint64_t instancesCount,
                                     std::uint64_t uncompressedBytes)
  {
    ArchiveRecord record;
    record.id = GenerateUuid();
    record.request = request;
    record.createdMicroseconds = pimpl_->clock.GetNowMicroseconds();
    record.instancesCount = instancesCount;
    record.uncompressedBytes = uncompressedBytes;

    // Nobody else knows the identifier yet
    Rollback rollback(pimpl_->names.GetRecordPath(record.id));
    pimpl_->WriteRecord(record);
    rollback.Dismiss();
    pimpl_->index.Put(record);
    return record;
  }

  std::optional<ArchiveRecord> ArchiveSpool::Find(const std::string& archiveId) const
  {
    const SpoolIndex::RecordPointer record = pimpl_->index.Find(archiveId);
    return record == nullptr ? std::nullopt : std::make_optional(*record);
  }

  std::optional<ArchiveState> ArchiveSpool::FindState(const std::string& archiveId) const
  {
    const SpoolIndex::RecordPointer record = pimpl_->index.Find(archiveId);
    return record == nullptr ? std::nullopt : std::make_optional(record->state);
  }

  void ArchiveSpool::LinkJob(const std::string& jobId, const std::string& archiveId)
  {
    const SpoolIndex::Claim claim(pimpl_->index, archiveId);
    pimpl_->Require(archiveId);
    ReplaceDurably(pimpl_->names.GetLinkPath(jobId), pimpl_->names.GetLinkTemporaryPath(jobId),
                   pimpl_->directory.Get(), archiveId + "\n");
    pimpl_->index.Link(jobId, archiveId);
  }

  std::optional<std::string> ArchiveSpool::FindByJob(const std::string& jobId) const
  {
    return pimpl_->index.FindByJob(jobId);
  }

  std::vector<std::string> ArchiveSpool::ListJobs(const std::string& archiveId) const
  {
    return pimpl_->index.FindJobs(archiveId);
  }

  std::unique_ptr<FileSink> ArchiveSpool::OpenPart(const std::string& archiveId)
  {
    const SpoolIndex::Claim claim(pimpl_->index, archiveId);
    if (pimpl_->Require(archiveId)->state != ArchiveState::Pending)
    {
      throw Failure(FailureKind::Conflict, "Archive " + archiveId + " is not pending");
    }
    pimpl_->DropPart(archiveId); // who may still hold the old one writes into nothing
    return std::make_unique<FileSink>(pimpl_->names.GetPartPath(archiveId));
  }

  void ArchiveSpool::Publish(const std::string& archiveId, const ArchiveReport& report)
  {
    {
      const SpoolIndex::Claim claim(pimpl_->index, archiveId);
      const SpoolIndex::RecordPointer record = pimpl_->index.Find(archiveId);
      if (record == nullptr || record->state != ArchiveState::Pending)
      {
        pimpl_->DropPart(archiveId);
        throw Failure(FailureKind::Canceled, "Archive " + archiveId + " was canceled");
      }
      pimpl_->MakeReady(*record, report);
    }
    Sweep();
  }

  void ArchiveSpool::Fail(const std::string& archiveId, FailureKind kind, const std::string& text)
  {
    const SpoolIndex::Claim claim(pimpl_->index, archiveId);
    const SpoolIndex::RecordPointer found = pimpl_->Require(archiveId);
    if (found->state != ArchiveState::Pending)
    {
      return;
    }
    ArchiveRecord record = *found;
    record.state = ArchiveState::Failed;
    record.report = ArchiveReport();
    record.failureKind = kind;
    record.failureText = text;
    record.completedMicroseconds = pimpl_->clock.GetNowMicroseconds();
    pimpl_->index.Put(record);
    pimpl_->DropPart(archiveId); // before the record: the disk may be full
    pimpl_->WriteRecord(record);
  }

  void ArchiveSpool::Restart(const std::string& archiveId)
  {
    const SpoolIndex::Claim claim(pimpl_->index, archiveId);
    const SpoolIndex::RecordPointer found = pimpl_->Require(archiveId);
    pimpl_->DropPart(archiveId);
    if (RemoveFile(pimpl_->names.GetArchivePath(archiveId)))
    {
      SyncDirectory(pimpl_->directory.Get()); // or the old file might make the new record Ready
    }
    ArchiveRecord record = *found;
    record.state = ArchiveState::Pending;
    record.sizeBytes = 0;
    record.completedMicroseconds = 0;
    record.report = ArchiveReport();
    record.failureKind = FailureKind::Internal;
    record.failureText.clear();
    pimpl_->WriteRecord(record);
    pimpl_->index.Put(record);
  }

  std::unique_ptr<MappedFile> ArchiveSpool::OpenArchive(const std::string& archiveId) const
  {
    const SpoolIndex::RecordPointer record = pimpl_->Require(archiveId);
    if (record->state != ArchiveState::Ready)
    {
      ThrowNoFile(*record);
    }
    auto file = std::make_unique<MappedFile>(pimpl_->names.GetArchivePath(archiveId));
    if (file->GetSizeBytes() != record->sizeBytes)
    {
      throw Failure(FailureKind::Internal, "The file of archive " + archiveId + " was changed");
    }
    return file;
  }

  bool ArchiveSpool::Evict(const std::string& archiveId)
  {
    const SpoolIndex::Claim claim(pimpl_->index, archiveId);
    return pimpl_->EvictClaimed(archiveId);
  }

  void ArchiveSpool::Remove(const std::string& archiveId)
  {
    const SpoolIndex::Claim claim(pimpl_->index, archiveId);
    pimpl_->RemoveClaimed(archiveId);
  }

  void ArchiveSpool::Sweep()
  {
    pimpl_->SweepByAge();
    pimpl_->SweepByNumber();
  }

  std::vector<ArchiveRecord> ArchiveSpool::List() const
  {
    std::vector<ArchiveRecord> records;
    for (const SpoolIndex::RecordPointer& record : pimpl_->index.List())
    {
      records.push_back(*record);
    }
    return records;
  }

  std::unique_ptr<FileSink> ArchiveSpool::OpenTemporary() const
  {
    return std::make_unique<FileSink>(FileSink::Unnamed{pimpl_->names.GetDirectory()});
  }

  std::vector<std::string> ArchiveSpool::GetWarnings() const
  {
    return pimpl_->warnings;
  }
} // namespace OrthancPlugins
