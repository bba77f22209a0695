// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "FuzzTarget.h"

#include "../../Plugin/Core/Archive/ArchiveJournal.h"

namespace OrthancPlugins
{
  namespace
  {
    ArchivePlan MakePlan(std::size_t entriesCount)
    {
      ArchivePlan plan;
      for (std::size_t i = 0; i < entriesCount; i++)
      {
        PlannedEntry entry;
        entry.path = "dir/" + std::to_string(i) + ".dcm";
        entry.instance.id = "instance-" + std::to_string(i);
        entry.instance.sizeBytes = 1000 + i;
        plan.entries.push_back(entry);
      }
      return plan;
    }

    // A journal as the builder would write it
    std::string
    WriteJournal(FuzzInput& input, const ArchivePlan& plan, const BuilderOptions& options)
    {
      JournalWriter writer(plan, options);
      std::string text;
      std::uint64_t offset = 0;
      for (std::size_t i = 0; i < plan.entries.size(); i++)
      {
        const std::uint8_t choice = input.TakeByte();
        JournalEntry entry;
        entry.index = i;
        entry.isMissing = (choice & 1) != 0 && options.onMissing == MissingPolicy::Report;
        entry.record.path = plan.entries[i].path;
        entry.record.method = (choice & 2) != 0 ? ZipMethod::Deflated : ZipMethod::Stored;
        entry.record.crc32 = choice * 0x01010101u;
        entry.record.compressedBytes = choice;
        entry.record.uncompressedBytes =
          entry.record.method == ZipMethod::Stored ? choice : plan.entries[i].instance.sizeBytes;
        entry.record.localHeaderOffset = offset;
        writer.Append(text, entry);
        offset += entry.isMissing ? 0 : 100 + choice;
      }
      return text;
    }

    void
    CheckJournal(std::string_view journal, const ArchivePlan& plan, const BuilderOptions& options)
    {
      const std::optional<JournalState> state = ReadJournal(journal, plan, options);
      if (!state.has_value())
      {
        return;
      }
      Require(state->entriesDone <= plan.entries.size() && state->entriesDone > 0,
              "not more entries than there are");
      Require(journal.substr(0, state->text.size()) == state->text,
              "the text is the beginning of the journal");
      const std::optional<JournalState> again = ReadJournal(state->text, plan, options);
      Require(again.has_value() && again->entriesDone == state->entriesDone &&
                again->archiveBytes == state->archiveBytes && again->text == state->text,
              "the text says the same again");
    }
  } // namespace

  void FuzzArchiveJournal(std::string_view bytes)
  {
    FuzzInput input(bytes);
    const std::uint8_t choice = input.TakeByte();
    const ArchivePlan plan = MakePlan(1 + choice % 5);
    BuilderOptions options;
    options.hasManifest = (choice & 64) != 0;
    options.onMissing = (choice & 128) != 0 ? MissingPolicy::Report : MissingPolicy::Fail;
    CheckJournal(input.GetRest(), plan, options);

    std::string journal = WriteJournal(input, plan, options);
    const std::optional<JournalState> whole = ReadJournal(journal, plan, options);
    CheckJournal(journal, plan, options);

    // Damaged somewhere: what is still believed was there before
    const std::size_t position = static_cast<std::size_t>(input.TakeNumber() % journal.size());
    const std::string untouched = journal;
    journal[position] = static_cast<char>(journal[position] ^ input.TakeByte());
    journal.resize(journal.size() - input.TakeByte() % 3);
    CheckJournal(journal, plan, options);
    const std::optional<JournalState> damaged = ReadJournal(journal, plan, options);
    Require(!damaged.has_value() || !whole.has_value() ||
              untouched.substr(0, damaged->text.size()) == damaged->text ||
              damaged->entriesDone <= whole->entriesDone,
            "damage adds nothing");
  }
} // namespace OrthancPlugins
