// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "SpoolStore.h"

#include "ArchiveRecordJson.h"
#include "SpoolRecovery.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include <boost/thread/lock_guard.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace OrthancPlugins
{
  namespace
  {
    constexpr const char* EXECUTOR_LINE = "executor\n";

    // "/spool/" has the parent "/spool" for the standard library
    std::string RemoveTrailingSlashes(std::string path)
    {
      while (path.size() > 1 && path.back() == '/')
      {
        path.pop_back();
      }
      return path;
    }

    // The names of new directories survive a power failure, as far as their parents allow it
    void SyncParents(std::filesystem::path path)
    {
      while (path.has_relative_path())
      {
        path = path.parent_path();
        const std::string parent = path.empty() ? "." : path.string();
        const FileDescriptor opened(::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        if (opened.Get() >= 0)
        {
          [[maybe_unused]] const int ignored = ::fsync(opened.Get()); // they are not ours
        }
      }
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
      // If it fails, so does open(2), unless it exists
      if (::mkdir(path.c_str(), S_IRWXU) == 0)
      {
        SyncParents(path);
      }
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

    // Absent if it is for us alone. Who has made it may have reasons: its mode is not changed
    std::optional<std::string> FindModeWarning(int descriptor, const std::string& directory)
    {
      struct stat status = {};
      if (::fstat(descriptor, &status) != 0 || (status.st_mode & (S_IRWXG | S_IRWXO)) == 0)
      {
        return std::nullopt;
      }
      return "Other users may enter the spool directory " + directory +
             ": its mode should be 0700, that of its files is 0600 anyway";
    }

    bool IsEmpty(const ArchiveReport& report)
    {
      return report.missing.empty() && report.notTranscoded.empty();
    }

    // Takes a new file back if what must follow fails
    class Rollback
    {
    public:
      using Forget = void (SpoolSpace::*)(const std::string& archiveId);

      Rollback(SpoolSpace& space,
               Forget forget,
               const std::string& archiveId,
               const std::string& path)
        : space_(space),
          forget_(forget),
          archiveId_(archiveId),
          path_(path)
      {
      }

      ~Rollback()
      {
        if (!path_.empty())
        {
          ::unlink(path_.c_str());
          (space_.*forget_)(archiveId_);
        }
      }

      Rollback(const Rollback&) = delete;
      Rollback& operator=(const Rollback&) = delete;

      void Dismiss() { path_.clear(); }

    private:
      SpoolSpace& space_;
      const Forget forget_;
      const std::string archiveId_;
      std::string path_;
    };

    [[noreturn]] void ThrowUnknown(const std::string& archiveId)
    {
      throw Failure(FailureKind::NotFound, "There is no archive " + archiveId + " in the spool");
    }

    std::string FormatLink(const std::string& archiveId, JobRole role)
    {
      return archiveId + "\n" + (role == JobRole::Executor ? EXECUTOR_LINE : "");
    }

    std::uint64_t GetSize(const std::string& path)
    {
      const std::optional<FileFacts> facts = FindFile(path);
      return facts.has_value() ? facts->sizeBytes : 0;
    }
  } // namespace

  SpoolStore::SpoolStore(const SpoolSettings& spoolSettings, IClock& spoolClock)
    : settings(spoolSettings),
      clock(spoolClock),
      names(RemoveTrailingSlashes(spoolSettings.directory)),
      directory(OpenDirectory(names.GetDirectory())),
      lock(OpenLock(names))
  {
    TakeLock(lock.Get(), names.GetDirectory());
    warnings = RecoverSpool(names, directory.Get(), index, space);
    if (std::optional<std::string> warning = FindModeWarning(directory.Get(), names.GetDirectory()))
    {
      warnings.push_back(std::move(*warning));
    }
  }

  SpoolStore::~SpoolStore() = default;

  SpoolStore::RecordPointer SpoolStore::Require(const std::string& archiveId) const
  {
    RecordPointer record = index.Find(archiveId);
    if (record == nullptr)
    {
      ThrowUnknown(archiveId);
    }
    return record;
  }

  void SpoolStore::Write(const ArchiveRecord& record)
  {
    const std::string text = FormatArchiveRecord(record);
    space.SetRecord(record.id, text.size());
    ReplaceDurably(names.GetRecordPath(record.id), names.GetRecordTemporaryPath(record.id),
                   directory.Get(), text);
    ForgetUnsaved(record.id);
  }

  void SpoolStore::ForgetUnsaved(const std::string& archiveId)
  {
    const boost::lock_guard<boost::mutex> guard(unsavedMutex_);
    unsaved_.erase(archiveId);
  }

  void SpoolStore::SaveNew(const ArchiveRecord& record)
  {
    Rollback rollback(space, &SpoolSpace::Forget, record.id, names.GetRecordPath(record.id));
    Save(record);
    rollback.Dismiss();
  }

  void SpoolStore::Save(const ArchiveRecord& record)
  {
    Write(record);
    index.Put(record);
  }

  void SpoolStore::SaveAnyhow(const ArchiveRecord& record, PartUse use)
  {
    try
    {
      if (use == PartUse::Drop)
      {
        DropPart(record.id); // before the record: the disk may be full
      }
      Write(record);
    }
    catch (const Failure&)
    {
      SaveLater(record);
      throw;
    }
    index.Put(record);
  }

  void SpoolStore::SaveLater(const ArchiveRecord& record)
  {
    index.Put(record);
    const boost::lock_guard<boost::mutex> guard(unsavedMutex_);
    unsaved_.insert(record.id);
  }

  void SpoolStore::FlushSome(unsigned maxCount)
  {
    std::vector<std::string> ids;
    {
      const boost::lock_guard<boost::mutex> guard(unsavedMutex_);
      auto next = unsaved_.begin();
      while (next != unsaved_.end() && ids.size() < maxCount)
      {
        ids.push_back(*next++);
      }
    }
    for (const std::string& id : ids)
    {
      const Claim claim(index, id);
      const RecordPointer record = index.Find(id);
      try
      {
        if (record != nullptr)
        {
          Write(*record);
        }
        else
        {
          ForgetUnsaved(id);
        }
      }
      catch (const Failure&)
      {
        // Stays unsaved: the next call tries again
      }
    }
  }

  void SpoolStore::Link(const std::string& jobId, const std::string& archiveId, JobRole role)
  {
    const std::string text = FormatLink(archiveId, role);
    ReplaceDurably(names.GetLinkPath(jobId), names.GetLinkTemporaryPath(jobId), directory.Get(),
                   text);
    space.AddLink(jobId, archiveId, text.size());
    index.Link(jobId, archiveId, role);
  }

  void SpoolStore::DropPart(const std::string& archiveId)
  {
    DropFile(names.GetPartPath(archiveId));
    RemoveFile(names.GetJournalPath(archiveId));
    space.EndPart(archiveId);
  }

  void SpoolStore::MakeReady(const ArchiveRecord& pending, const ArchiveReport& report)
  {
    const std::optional<FileFacts> part = FindFile(names.GetPartPath(pending.id));
    if (!part.has_value())
    {
      throw Failure(FailureKind::CannotWrite, "The part file of " + pending.id + " is gone");
    }
    ArchiveRecord record = pending;
    record.report = report;
    record.isReused = false;
    record.leaderId.clear();
    if (!IsEmpty(report))
    {
      Write(record); // or a crash after the rename would lose what is missing
    }
    RemoveFile(names.GetJournalPath(record.id));
    RenameFile(names.GetPartPath(record.id), names.GetArchivePath(record.id));
    space.FinishPart(record.id, part->sizeBytes);
    Rollback rollback(space, &SpoolSpace::RemoveFile, record.id, names.GetArchivePath(record.id));
    SyncDirectory(directory.Get());
    record.sizeBytes = part->sizeBytes;
    Complete(record);
    rollback.Dismiss();
  }

  void SpoolStore::Complete(ArchiveRecord& record)
  {
    record.state = ArchiveState::Ready;
    record.completedMicroseconds = clock.GetNowMicroseconds();
    record.nextAttemptMicroseconds = 0;
    record.evictedMicroseconds = 0;
    Save(record);
  }

  bool SpoolStore::MakeReused(const ArchiveRecord& pending, const ArchiveRecord& leader)
  {
    ArchiveRecord record = pending;
    record.report = leader.report;
    record.instancesCount = leader.instancesCount;
    record.uncompressedBytes = leader.uncompressedBytes;
    record.leaderId = leader.id;
    record.isReused = true;
    Write(record); // as for MakeReady(): the file makes this record Ready
    if (!LinkFile(names.GetArchivePath(leader.id), names.GetArchivePath(record.id)))
    {
      Write(pending);
      return false;
    }
    space.ShareFile(record.id, leader.id);
    Rollback rollback(space, &SpoolSpace::RemoveFile, record.id, names.GetArchivePath(record.id));
    SyncDirectory(directory.Get());
    record.sizeBytes = leader.sizeBytes;
    Complete(record);
    rollback.Dismiss();
    DropPart(record.id);
    return true;
  }

  bool SpoolStore::Evict(const std::string& archiveId, Durability durability)
  {
    const RecordPointer found = index.Find(archiveId);
    if (found == nullptr || found->state != ArchiveState::Ready)
    {
      return false;
    }
    const bool hadFile = RemoveFile(names.GetArchivePath(archiveId));
    space.RemoveFile(archiveId);
    ArchiveRecord record = *found;
    record.state = ArchiveState::Evicted;
    record.evictedMicroseconds = clock.GetNowMicroseconds();
    record.isPinned = false;
    SaveLater(record); // true whatever the disk says next: the file is gone
    if (durability == Durability::Now)
    {
      Write(record);
    }
    return hadFile;
  }

  void SpoolStore::Remove(const std::string& archiveId)
  {
    const RecordPointer record = index.Find(archiveId);
    if (record == nullptr)
    {
      return;
    }
    const std::vector<std::string> jobs = index.FindJobs(archiveId);
    RemoveFile(names.GetRecordPath(archiveId));
    index.Erase(archiveId);
    if (record->state == ArchiveState::Ready || record->state == ArchiveState::Pending)
    {
      SyncDirectory(directory.Get());
      RemoveFile(names.GetArchivePath(archiveId));
      DropPart(archiveId);
    }
    for (const std::string& jobId : jobs)
    {
      RemoveFile(names.GetLinkPath(jobId));
    }
    space.Forget(archiveId);
  }

  std::uint64_t SpoolStore::GetUsedBytes() const
  {
    const SpoolSpace::Totals totals = space.GetTotals();
    std::uint64_t usedBytes = totals.finishedBytes + totals.metadataBytes;
    for (const std::string& id : space.ListParts())
    {
      usedBytes += GetSize(names.GetPartPath(id)) + GetSize(names.GetJournalPath(id));
    }
    return usedBytes;
  }

  std::optional<std::uint64_t> SpoolStore::GetQuotaBytes() const
  {
    return GetQuotaBytes(FindPossibleBytes());
  }

  std::optional<std::uint64_t> SpoolStore::GetLimitBytes() const
  {
    const std::optional<std::uint64_t> possibleBytes = FindPossibleBytes();
    const std::optional<std::uint64_t> quotaBytes = GetQuotaBytes(possibleBytes);
    if (!possibleBytes.has_value() || !quotaBytes.has_value())
    {
      return possibleBytes.has_value() ? possibleBytes : quotaBytes;
    }
    return std::min(*quotaBytes, *possibleBytes);
  }

  std::optional<std::uint64_t> SpoolStore::FindPossibleBytes() const
  {
    const std::optional<std::uint64_t> freeBytes = FindFreeBytes(directory.Get());
    return freeBytes.has_value() ? std::make_optional(*freeBytes + GetUsedBytes()) : std::nullopt;
  }

  std::optional<std::uint64_t>
  SpoolStore::GetQuotaBytes(const std::optional<std::uint64_t>& possibleBytes) const
  {
    if (settings.maxBytes.has_value() || !settings.maxDiskPercent.has_value() ||
        !possibleBytes.has_value())
    {
      return settings.maxBytes;
    }
    return *possibleBytes / 100 * *settings.maxDiskPercent;
  }
} // namespace OrthancPlugins
