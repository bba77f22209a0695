// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "SpoolRecovery.h"

#include "ArchiveRecordJson.h"
#include "SpoolFiles.h"

#include "../Uuid.h"

#include <set>

namespace OrthancPlugins
{
  namespace
  {
    constexpr std::int64_t MICROSECONDS_PER_SECOND = 1'000'000;

    // The file names of the directory by kind
    struct Inventory
    {
      std::vector<std::string> records;
      std::set<std::string> archives;
      std::vector<std::string> parts;
      std::vector<std::string> links;
      std::vector<SpoolName> temporaries;
    };

    Inventory TakeInventory(const SpoolNames& names)
    {
      Inventory inventory;
      for (const std::string& fileName : ListDirectory(names.GetDirectory()))
      {
        const std::optional<SpoolName> name = SpoolNames::Parse(fileName);
        if (!name.has_value())
        {
          continue;
        }
        switch (name->kind)
        {
        case SpoolFile::Record:
          inventory.records.push_back(name->id);
          break;
        case SpoolFile::Archive:
          inventory.archives.insert(name->id);
          break;
        case SpoolFile::Part:
          inventory.parts.push_back(name->id);
          break;
        case SpoolFile::Link:
          inventory.links.push_back(name->id);
          break;
        case SpoolFile::Temporary:
          inventory.temporaries.push_back(*name);
          break;
        case SpoolFile::Lock:
          break;
        }
      }
      return inventory;
    }

    class Recovery
    {
    public:
      Recovery(const SpoolNames& names, int directoryDescriptor, SpoolIndex& index)
        : names_(names),
          directoryDescriptor_(directoryDescriptor),
          index_(index),
          inventory_(TakeInventory(names))
      {
      }

      std::vector<std::string> Run()
      {
        for (const std::string& id : inventory_.records)
        {
          RecoverRecord(id);
        }
        for (const std::string& jobId : inventory_.links)
        {
          RecoverLink(jobId);
        }
        RemoveLeftovers();
        return std::move(warnings_);
      }

    private:
      void RecoverRecord(const std::string& id)
      {
        try
        {
          ArchiveRecord record = ParseArchiveRecord(ReadSmallFile(names_.GetRecordPath(id)));
          if (record.id != id)
          {
            throw Failure(FailureKind::BadFormat, "The record is of another archive");
          }
          Reconcile(record);
          index_.Put(record);
        }
        catch (const Failure& failure)
        {
          unreadable_.insert(id);
          warnings_.push_back("Record " + id + " of the spool is ignored: " + failure.what());
        }
      }

      // The directory is newer than the record: a crash was between the two
      void Reconcile(ArchiveRecord& record)
      {
        const bool hasFile = inventory_.archives.count(record.id) != 0;
        if (record.state == ArchiveState::Pending && hasFile)
        {
          // The name is given to complete and synced files only
          const std::optional<FileFacts> facts = FindFile(names_.GetArchivePath(record.id));
          if (facts.has_value())
          {
            record.state = ArchiveState::Ready;
            record.sizeBytes = facts->sizeBytes;
            record.completedMicroseconds =
              static_cast<std::int64_t>(facts->modifiedUtc) * MICROSECONDS_PER_SECOND;
            Save(record);
          }
        }
        else if (record.state == ArchiveState::Ready && !hasFile)
        {
          record.state = ArchiveState::Evicted;
          Save(record);
        }
      }

      void Save(const ArchiveRecord& record)
      {
        try
        {
          ReplaceDurably(names_.GetRecordPath(record.id), names_.GetRecordTemporaryPath(record.id),
                         directoryDescriptor_, FormatArchiveRecord(record));
        }
        catch (const Failure&)
        {
          // The next start comes to the same result: a full disk does not stop this one
        }
      }

      void RecoverLink(const std::string& jobId)
      {
        std::string archiveId;
        try
        {
          archiveId = ReadSmallFile(names_.GetLinkPath(jobId));
        }
        catch (const Failure& failure)
        {
          warnings_.push_back("Link " + jobId + " of the spool is ignored: " + failure.what());
          return;
        }
        if (!archiveId.empty() && archiveId.back() == '\n')
        {
          archiveId.pop_back();
        }
        if (index_.Find(archiveId) != nullptr)
        {
          index_.Link(jobId, archiveId);
        }
        else if (unreadable_.count(archiveId) == 0)
        {
          Drop(names_.GetLinkPath(jobId));
        }
      }

      void RemoveLeftovers()
      {
        for (const SpoolName& name : inventory_.temporaries)
        {
          Drop(names_.GetPath(name));
        }
        // Jobs begin anew: of a part file, nothing is used
        for (const std::string& id : inventory_.parts)
        {
          if (unreadable_.count(id) == 0)
          {
            Drop(names_.GetPartPath(id));
          }
        }
        for (const std::string& id : inventory_.archives)
        {
          const SpoolIndex::RecordPointer record = index_.Find(id);
          const bool isReady = record != nullptr && record->state == ArchiveState::Ready;
          if (!isReady && unreadable_.count(id) == 0)
          {
            Drop(names_.GetArchivePath(id));
          }
        }
      }

      void Drop(const std::string& path)
      {
        try
        {
          RemoveFile(path);
        }
        catch (const Failure& failure)
        {
          warnings_.push_back(failure.what());
        }
      }

      const SpoolNames& names_;
      const int directoryDescriptor_;
      SpoolIndex& index_;
      const Inventory inventory_;
      std::set<std::string> unreadable_;
      std::vector<std::string> warnings_;
    };
  } // namespace

  std::vector<std::string>
  RecoverSpool(const SpoolNames& names, int directoryDescriptor, SpoolIndex& index)
  {
    return Recovery(names, directoryDescriptor, index).Run();
  }
} // namespace OrthancPlugins
