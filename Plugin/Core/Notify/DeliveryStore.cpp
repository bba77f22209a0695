// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "DeliveryStore.h"

#include "DeliveryRecordJson.h"

#include "../Failure.h"
#include "../Spool/SpoolFiles.h"
#include "../Spool/SpoolNames.h"

#include <boost/thread/mutex.hpp>

#include <algorithm>
#include <cerrno>
#include <map>
#include <optional>
#include <set>
#include <tuple>

#include <fcntl.h>
#include <sys/stat.h>

namespace OrthancPlugins
{
  namespace
  {
    constexpr const char* FOLDER = "/deliveries";
    constexpr mode_t FOLDER_MODE = 0700;

    bool IsDirectory(const std::string& path)
    {
      struct stat status = {};
      return ::lstat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
    }

    void SyncDirectoryAt(const std::string& path)
    {
      const FileDescriptor directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
      SyncDirectory(directory.Get());
    }
  } // namespace

  struct DeliveryStore::PImpl
  {
    PImpl(const std::string& spoolDirectory, std::size_t maximum)
      : spool(spoolDirectory),
        names(spoolDirectory + FOLDER),
        maxRecords(maximum)
    {
    }

    const std::string spool;
    const SpoolNames names;
    const std::size_t maxRecords;

    mutable boost::mutex mutex;
    std::map<std::string, RecordPointer> records;
    std::map<std::string, RecordPointer> pending; // a part of the records
    std::set<std::string> claims;                 // IDs that are being added

    void Put(const DeliveryRecord& record)
    {
      const RecordPointer pointer = std::make_shared<const DeliveryRecord>(record);
      const boost::mutex::scoped_lock lock(mutex);
      records[record.id] = pointer;
      claims.erase(record.id);
      if (record.state == DeliveryState::Pending)
      {
        pending[record.id] = pointer;
      }
      else
      {
        pending.erase(record.id);
      }
    }

    // False if the ID is known
    bool Claim(const std::string& id)
    {
      const boost::mutex::scoped_lock lock(mutex);
      return records.count(id) == 0 && claims.insert(id).second;
    }

    void Unclaim(const std::string& id)
    {
      const boost::mutex::scoped_lock lock(mutex);
      claims.erase(id);
    }

    bool IsFull() const
    {
      const boost::mutex::scoped_lock lock(mutex);
      return records.size() + claims.size() > maxRecords;
    }

    std::optional<std::string> FindOldestEnded() const
    {
      const boost::mutex::scoped_lock lock(mutex);
      RecordPointer oldest;
      for (const auto& [id, record] : records)
      {
        const bool hasEnded = record->state != DeliveryState::Pending;
        if (hasEnded &&
            (oldest == nullptr || record->completedMicroseconds < oldest->completedMicroseconds))
        {
          oldest = record;
        }
      }
      return oldest == nullptr ? std::nullopt : std::make_optional(oldest->id);
    }

    void Remove(const std::string& id)
    {
      RemoveFile(names.GetRecordPath(id));
      const boost::mutex::scoped_lock lock(mutex);
      records.erase(id);
      pending.erase(id);
    }

    void MakeRoom()
    {
      while (IsFull())
      {
        const std::optional<std::string> oldest = FindOldestEnded();
        if (!oldest.has_value())
        {
          throw Failure(FailureKind::Unavailable,
                        "Too many notifications wait for their receivers");
        }
        Remove(*oldest);
      }
    }

    void MakeFolder() const
    {
      const std::string& folder = names.GetDirectory();
      if (IsDirectory(folder))
      {
        return;
      }
      if (::mkdir(folder.c_str(), FOLDER_MODE) != 0 && errno != EEXIST)
      {
        ThrowWriteFailure(errno, "Cannot make the folder of the deliveries");
      }
      SyncDirectoryAt(spool);
    }

    void Write(const DeliveryRecord& record) const
    {
      MakeFolder();
      const FileDescriptor folder(
        ::open(names.GetDirectory().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
      ReplaceDurably(names.GetRecordPath(record.id), names.GetRecordTemporaryPath(record.id),
                     folder.Get(), FormatDeliveryRecord(record));
    }

    void Read(const std::string& id)
    {
      const DeliveryRecord record = ParseDeliveryRecord(ReadSmallFile(names.GetRecordPath(id)));
      if (record.id != id)
      {
        throw Failure(FailureKind::BadFormat, "The record is of another delivery");
      }
      Put(record);
    }

    void ReadOrRemove(const SpoolName& name)
    {
      if (name.kind == SpoolFile::Record)
      {
        Read(name.id);
      }
      else if (name.kind == SpoolFile::Temporary)
      {
        RemoveFile(names.GetPath(name));
      }
    }

    std::vector<std::string>
    ListRemovable(std::int64_t completedBeforeMicroseconds,
                  const std::function<bool(const std::string& archiveId)>& isArchiveKnown) const
    {
      std::vector<RecordPointer> ended;
      {
        const boost::mutex::scoped_lock lock(mutex);
        for (const auto& [id, record] : records)
        {
          if (record->state != DeliveryState::Pending)
          {
            ended.push_back(record);
          }
        }
      }
      std::vector<std::string> ids;
      for (const RecordPointer& record : ended)
      {
        if (record->completedMicroseconds < completedBeforeMicroseconds ||
            !isArchiveKnown(record->archiveId))
        {
          ids.push_back(record->id);
        }
      }
      return ids;
    }
  };

  DeliveryStore::DeliveryStore(const std::string& spoolDirectory, std::size_t maxRecords)
    : pimpl_(std::make_unique<PImpl>(spoolDirectory, maxRecords))
  {
  }

  DeliveryStore::~DeliveryStore() = default;

  std::vector<std::string> DeliveryStore::Load()
  {
    std::vector<std::string> warnings;
    const std::string& folder = pimpl_->names.GetDirectory();
    if (!IsDirectory(folder))
    {
      return warnings;
    }
    for (const std::string& fileName : ListDirectory(folder))
    {
      const std::optional<SpoolName> name = SpoolNames::Parse(fileName);
      if (!name.has_value())
      {
        continue;
      }
      try
      {
        pimpl_->ReadOrRemove(*name);
      }
      catch (const Failure& failure)
      {
        warnings.push_back("Delivery " + fileName + " of the spool is ignored: " + failure.what());
      }
    }
    return warnings;
  }

  bool DeliveryStore::Add(const DeliveryRecord& record)
  {
    if (!pimpl_->Claim(record.id))
    {
      return false;
    }
    try
    {
      pimpl_->MakeRoom();
    }
    catch (const Failure&)
    {
      pimpl_->Unclaim(record.id);
      throw;
    }
    try
    {
      pimpl_->Write(record);
    }
    catch (const Failure&)
    {
      pimpl_->Put(record);
      throw;
    }
    pimpl_->Put(record);
    return true;
  }

  void DeliveryStore::Update(const DeliveryRecord& record)
  {
    // Who sees an attempt finds it after a crash, too
    try
    {
      pimpl_->Write(record);
    }
    catch (const Failure&)
    {
      pimpl_->Put(record);
      throw;
    }
    pimpl_->Put(record);
  }

  DeliveryStore::RecordPointer DeliveryStore::Find(const std::string& id) const
  {
    const boost::mutex::scoped_lock lock(pimpl_->mutex);
    const auto found = pimpl_->records.find(id);
    return found == pimpl_->records.end() ? nullptr : found->second;
  }

  std::vector<DeliveryStore::RecordPointer> DeliveryStore::ListPending() const
  {
    std::vector<RecordPointer> list;
    {
      const boost::mutex::scoped_lock lock(pimpl_->mutex);
      for (const auto& [id, record] : pimpl_->pending)
      {
        list.push_back(record);
      }
    }
    std::sort(list.begin(), list.end(),
              [](const RecordPointer& a, const RecordPointer& b)
              { return a->nextAttemptMicroseconds < b->nextAttemptMicroseconds; });
    return list;
  }

  std::vector<DeliveryStore::RecordPointer>
  DeliveryStore::ListByArchive(const std::string& archiveId) const
  {
    std::vector<RecordPointer> list;
    {
      const boost::mutex::scoped_lock lock(pimpl_->mutex);
      for (const auto& [id, record] : pimpl_->records)
      {
        if (record->archiveId == archiveId)
        {
          list.push_back(record);
        }
      }
    }
    std::sort(list.begin(), list.end(),
              [](const RecordPointer& a, const RecordPointer& b) {
                return std::tie(a->createdMicroseconds, a->id) <
                       std::tie(b->createdMicroseconds, b->id);
              });
    return list;
  }

  void DeliveryStore::Sweep(std::int64_t completedBeforeMicroseconds,
                            const std::function<bool(const std::string& archiveId)>& isArchiveKnown)
  {
    for (const std::string& id : pimpl_->ListRemovable(completedBeforeMicroseconds, isArchiveKnown))
    {
      try
      {
        pimpl_->Remove(id);
      }
      catch (const Failure&)
      {
        // The next sweep
      }
    }
  }
} // namespace OrthancPlugins
