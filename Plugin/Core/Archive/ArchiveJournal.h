// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "ArchivePlan.h"
#include "BuilderOptions.h"
#include "EntryPipeline.h"
#include "Sha256.h"

#include "../Zip/ZipFormat.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace OrthancPlugins
{
  // What the journal of an interrupted archive says: everything before is complete and in the sink
  struct JournalState
  {
    std::size_t entriesDone = 0;    // of the plan, missing ones included
    std::uint64_t archiveBytes = 0; // the offset of the next entry
    std::string text;               // the part of the journal that says so
  };

  // The journal as far as it was written by a builder with the same plan and options; an unfinished or
  // damaged end is ignored. Absent if it belongs to another plan, or has no entry
  std::optional<JournalState>
  ReadJournal(std::string_view journal, const ArchivePlan& plan, const BuilderOptions& options);

  // One line: what became of an entry of the plan. Resources/Formats/Journal.md
  struct JournalEntry
  {
    std::size_t index = 0; // in the plan
    bool isMissing = false;

    // Unless it is missing
    ZipRecord record; // without its path and date, which the plan has
    EntryOrigin origin = EntryOrigin::Original;
    Sha256Digest digest = {}; // if there is a manifest
  };

  /**
   * Makes the lines of a journal. Each has a checksum that goes on from the line before, the first line
   * names plan and options: no line fits anywhere else. Not thread-safe.
   **/
  class JournalWriter
  {
  public:
    JournalWriter(const ArchivePlan& plan, const BuilderOptions& options);

    // Goes on behind the line with this checksum, whatever the end of the journal looks like
    JournalWriter(const BuilderOptions& options, std::uint32_t checksum);

    void Append(std::string& target, const JournalEntry& entry);

  private:
    void AppendLine(std::string& target, std::string line);

    const bool hasDigest_;
    std::string begin_; // of the next text
    std::uint32_t checksum_ = 0;
  };

  /**
   * Reads the lines that belong to a plan, in its order, and passes over what is damaged. Keeps
   * references to all three arguments. Not thread-safe.
   **/
  class JournalReader
  {
  public:
    JournalReader(std::string_view journal, const ArchivePlan& plan, const BuilderOptions& options);

    // Absent at the end. Path and date of the record are those of the plan
    std::optional<JournalEntry> Next();

    // Behind the last entry
    std::size_t GetEntriesDone() const { return entriesDone_; }
    std::uint64_t GetArchiveBytes() const { return archiveBytes_; }
    std::size_t GetTextBytes() const { return textBytes_; }
    std::uint32_t GetChecksum() const { return checksum_; }

  private:
    bool FindLine(std::string_view& line, std::uint32_t& checksum);
    bool Accept(const JournalEntry& entry) const;

    const std::string_view journal_;
    const ArchivePlan& plan_;
    const BuilderOptions& options_;
    std::size_t position_ = 0;
    std::size_t textBytes_ = 0;
    std::uint32_t checksum_ = 0;
    std::size_t entriesDone_ = 0;
    std::uint64_t archiveBytes_ = 0;
  };
} // namespace OrthancPlugins
