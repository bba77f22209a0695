// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "DeliveryRecord.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace OrthancPlugins
{
  /**
   * The deliveries on disk: a folder in the spool with one file for each, Resources/Formats/Spool.md.
   *
   * What the disk refuses is kept in memory until the process ends, so that a full disk does not silence
   * the news of it. Thread-safe; no lock is held during I/O.
   **/
  class DeliveryStore
  {
  public:
    using RecordPointer = std::shared_ptr<const DeliveryRecord>;

    // The folder is made when it is needed first
    DeliveryStore(const std::string& spoolDirectory, std::size_t maxRecords);
    ~DeliveryStore();

    // Once, before all else: reads what an earlier run has left. Returns what the operator should know
    // about files that cannot be read; they are left as they are
    std::vector<std::string> Load();

    // A new delivery, durable on return; false if its ID is known. An older one that has ended makes room.
    // Throws Failure(Unavailable) if too many are pending, and what the disk says
    bool Add(const DeliveryRecord& record);

    // The next version of a record that was added. Not for two threads with the same ID. Throws what
    // the disk says: the new version stands nevertheless
    void Update(const DeliveryRecord& record);

    // Null if there is none
    RecordPointer Find(const std::string& id) const;

    // Those that are due first come first
    std::vector<RecordPointer> ListPending() const;

    // In the order in which they were created
    std::vector<RecordPointer> ListByArchive(const std::string& archiveId) const;

    // Removes what has ended before that time, or belongs to an archive that is not known any more.
    // Throws nothing: what cannot be removed is tried again by the next sweep
    void Sweep(std::int64_t completedBeforeMicroseconds,
               const std::function<bool(const std::string& archiveId)>& isArchiveKnown);

  private:
    struct PImpl;
    std::unique_ptr<PImpl> pimpl_;
  };
} // namespace OrthancPlugins
