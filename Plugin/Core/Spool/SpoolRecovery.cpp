// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "SpoolRecovery.h"

#include "ArchiveRecordJson.h"
#include "SpoolFiles.h"

#include "../Uuid.h"

#include <map>
#include <set>

namespace OrthancPlugins
{
  namespace
  {
    constexpr std::int64_t MICROSECONDS_PER_SECOND = 1'000'000;
    constexpr std::size_t UUID_CHARACTERS = 36;

    struct Link
    {
      std::string archiveId;
      JobRole role = JobRole::Public;
    };

    // Version 1 had no second line
    Link ParseLink(const std::string& text)
    {
      const std::string archiveId = text.substr(0, UUID_CHARACTERS);
      const std::string rest = text.substr(archiveId.size());
      if (!IsUuid(archiveId))
      {
        return Link();
      }
      if (rest.empty() || rest == "\n")
      {
        return Link{archiveId, JobRole::Public};
      }
      if (rest == "\nexecutor\n" || rest == "\nexecutor")
      {
        return Link{archiveId, JobRole::Executor};
      }
      throw Failure(FailureKind::BadFormat, "It was written by a newer version");
    }

    // The file names of the directory by kind
    struct Inventory
    {
      std::vector<std::string> records;
      std::set<std::string> archives;
      std::set<std::string> parts;
      std::set<std::string> journals;
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
          inventory.parts.insert(name->id);
          break;
        case SpoolFile::Journal:
          inventory.journals.insert(name->id);
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
      Recovery(const SpoolNames& names,
               int directoryDescriptor,
               SpoolIndex& index,
               SpoolSpace& space)
        : names_(names),
          directoryDescriptor_(directoryDescriptor),
          index_(index),
          space_(space),
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
        CountUnreadable();
        return std::move(warnings_);
      }

    private:
      void RecoverRecord(const std::string& id)
      {
        try
        {
          const std::string text = ReadSmallFile(names_.GetRecordPath(id));
          ArchiveRecord record = ParseArchiveRecord(text);
          if (record.id != id)
          {
            throw Failure(FailureKind::BadFormat, "The record is of another archive");
          }
          space_.SetRecord(id, text.size());
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
        const std::optional<FileFacts> facts = FindArchive(record.id);
        if (record.state == ArchiveState::Pending && facts.has_value())
        {
          // The name is given to complete and synced files only
          record.state = ArchiveState::Ready;
          record.sizeBytes = facts->sizeBytes;
          record.completedMicroseconds =
            static_cast<std::int64_t>(facts->modifiedUtc) * MICROSECONDS_PER_SECOND;
          record.nextAttemptMicroseconds = 0;
          Save(record);
        }
        else if (record.state == ArchiveState::Ready && !facts.has_value())
        {
          // Not worth a write: the next start comes to the same result
          record.state = ArchiveState::Evicted;
          record.isPinned = false;
        }
        if (record.state == ArchiveState::Ready)
        {
          CountFile(record.id, *facts);
        }
      }

      std::optional<FileFacts> FindArchive(const std::string& id) const
      {
        return inventory_.archives.count(id) == 0 ? std::nullopt
                                                  : FindFile(names_.GetArchivePath(id));
      }

      // Files of several names count once
      void CountFile(const std::string& id, const FileFacts& facts)
      {
        const auto [first, isNew] = archiveOfInode_.emplace(facts.inode, id);
        if (isNew)
        {
          space_.AddFile(id, facts.sizeBytes);
        }
        else
        {
          space_.ShareFile(id, first->second);
        }
      }

      void Save(const ArchiveRecord& record)
      {
        try
        {
          const std::string text = FormatArchiveRecord(record);
          ReplaceDurably(names_.GetRecordPath(record.id), names_.GetRecordTemporaryPath(record.id),
                         directoryDescriptor_, text);
          space_.SetRecord(record.id, text.size());
        }
        catch (const Failure&)
        {
          // The next start comes to the same result: a full disk does not stop this one
        }
      }

      void RecoverLink(const std::string& jobId)
      {
        Link link;
        std::string text;
        try
        {
          text = ReadSmallFile(names_.GetLinkPath(jobId));
          link = ParseLink(text);
        }
        catch (const Failure& failure)
        {
          warnings_.push_back("Link " + jobId + " of the spool is ignored: " + failure.what());
          return;
        }
        if (index_.Find(link.archiveId) != nullptr)
        {
          index_.Link(jobId, link.archiveId, link.role);
          space_.AddLink(jobId, link.archiveId, text.size());
        }
        else if (unreadable_.count(link.archiveId) == 0)
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
        for (const std::string& id : inventory_.parts)
        {
          RecoverPart(id);
        }
        for (const std::string& id : inventory_.journals)
        {
          if (inventory_.parts.count(id) == 0 && unreadable_.count(id) == 0)
          {
            Drop(names_.GetJournalPath(id));
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

      // What is left alone takes its room all the same
      void CountUnreadable()
      {
        for (const std::string& id : unreadable_)
        {
          std::uint64_t sizeBytes = 0;
          for (const std::string& path : {names_.GetRecordPath(id), names_.GetArchivePath(id),
                                          names_.GetPartPath(id), names_.GetJournalPath(id)})
          {
            const std::optional<FileFacts> facts = FindFile(path);
            sizeBytes += facts.has_value() ? facts->sizeBytes : 0;
          }
          space_.SetRecord(id, sizeBytes);
        }
      }

      // A part file is of use to a job that will run, if its journal says what of it is safe
      void RecoverPart(const std::string& id)
      {
        if (unreadable_.count(id) != 0)
        {
          return;
        }
        const SpoolIndex::RecordPointer record = index_.Find(id);
        const bool isPending = record != nullptr && record->state == ArchiveState::Pending;
        const std::optional<FileFacts> part = FindFile(names_.GetPartPath(id));
        const std::optional<FileFacts> journal = FindFile(names_.GetJournalPath(id));
        if (isPending && part.has_value() && journal.has_value() && journal->sizeBytes > 0)
        {
          space_.KeepPart(id, part->sizeBytes + journal->sizeBytes);
          return;
        }
        Drop(names_.GetPartPath(id));
        Drop(names_.GetJournalPath(id));
      }

      void Drop(const std::string& path)
      {
        try
        {
          RemoveFile(path);
        }
        catch (const Failure& failure)
        {
          warnings_.emplace_back(failure.what());
        }
      }

      const SpoolNames& names_;
      const int directoryDescriptor_;
      SpoolIndex& index_;
      SpoolSpace& space_;
      const Inventory inventory_;
      std::set<std::string> unreadable_;
      std::map<std::uint64_t, std::string> archiveOfInode_;
      std::vector<std::string> warnings_;
    };
  } // namespace

  std::vector<std::string> RecoverSpool(const SpoolNames& names,
                                        int directoryDescriptor,
                                        SpoolIndex& index,
                                        SpoolSpace& space)
  {
    return Recovery(names, directoryDescriptor, index, space).Run();
  }
} // namespace OrthancPlugins
