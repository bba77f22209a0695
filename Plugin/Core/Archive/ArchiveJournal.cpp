// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "ArchiveJournal.h"

#include "ArchiveFingerprint.h"

#include "../Zip/Deflater.h"

#include <array>
#include <charconv>
#include <utility>

namespace OrthancPlugins
{
  namespace
  {
    constexpr std::string_view HEADER = "OrthancAdvancedRest journal 1 ";
    constexpr std::size_t CHECKSUM_DIGITS = 8;

    constexpr std::string_view KIND_ENTRY = "E";
    constexpr std::string_view KIND_MISSING = "M";

    constexpr unsigned FLAG_DEFLATED = 1;
    constexpr unsigned FLAG_DESCRIPTOR = 2;
    constexpr unsigned FLAG_ZIP64 = 4;
    constexpr unsigned FLAGS_END = 8;

    constexpr std::size_t MISSING_FIELDS = 2;
    constexpr std::size_t ENTRY_FIELDS = 8; // and one more with a digest

    constexpr std::array<std::pair<char, EntryOrigin>, 3> ORIGINS = {
      {{'o', EntryOrigin::Original}, {'t', EntryOrigin::Transcoded}, {'k', EntryOrigin::Kept}}};

    void AppendNumber(std::string& target, std::uint64_t value)
    {
      char digits[20];
      const std::to_chars_result result = std::to_chars(digits, digits + sizeof(digits), value);
      target.push_back(' ');
      target.append(digits, result.ptr);
    }

    void AppendHexadecimal(std::string& target, std::uint32_t value)
    {
      static const char DIGITS[] = "0123456789abcdef";
      target.push_back(' ');
      for (unsigned shift = 32; shift > 0; shift -= 4)
      {
        target.push_back(DIGITS[(value >> (shift - 4)) & 15]);
      }
    }

    template <typename Number>
    std::optional<Number> ParseNumber(std::string_view text, int base)
    {
      Number value = 0;
      const char* const end = text.data() + text.size();
      const std::from_chars_result result = std::from_chars(text.data(), end, value, base);
      return result.ec == std::errc() && result.ptr == end ? std::optional<Number>(value)
                                                           : std::nullopt;
    }

    std::optional<std::uint32_t> ParseHexadecimal(std::string_view text)
    {
      return text.size() == CHECKSUM_DIGITS ? ParseNumber<std::uint32_t>(text, 16) : std::nullopt;
    }

    unsigned GetFlags(const ZipRecord& record)
    {
      return (record.method == ZipMethod::Deflated ? FLAG_DEFLATED : 0u) |
             (record.hasDescriptor ? FLAG_DESCRIPTOR : 0u) | (record.isZip64 ? FLAG_ZIP64 : 0u);
    }

    char GetLetter(EntryOrigin origin)
    {
      for (const auto& [letter, value] : ORIGINS)
      {
        if (value == origin)
        {
          return letter;
        }
      }
      return ORIGINS.front().first;
    }

    std::optional<EntryOrigin> ParseOrigin(std::string_view text)
    {
      for (const auto& [letter, value] : ORIGINS)
      {
        if (text.size() == 1 && text[0] == letter)
        {
          return value;
        }
      }
      return std::nullopt;
    }

    // The fields of a line, without a copy
    struct Fields
    {
      std::array<std::string_view, ENTRY_FIELDS + 2> values;
      std::size_t count = 0;
    };

    Fields Split(std::string_view line)
    {
      Fields fields;
      while (fields.count < fields.values.size())
      {
        const std::size_t space = line.find(' ');
        fields.values[fields.count] = line.substr(0, space);
        fields.count++;
        if (space == std::string_view::npos)
        {
          break;
        }
        line.remove_prefix(space + 1);
      }
      return fields;
    }

    std::optional<JournalEntry> ParseMissing(const Fields& fields)
    {
      const std::optional<std::size_t> index = ParseNumber<std::size_t>(fields.values[1], 10);
      if (fields.count != MISSING_FIELDS || !index.has_value())
      {
        return std::nullopt;
      }
      JournalEntry entry;
      entry.index = *index;
      entry.isMissing = true;
      return entry;
    }

    std::optional<JournalEntry> ParsePresent(const Fields& fields, bool hasDigest)
    {
      if (fields.count != ENTRY_FIELDS + (hasDigest ? 1 : 0))
      {
        return std::nullopt;
      }
      const std::optional<std::size_t> index = ParseNumber<std::size_t>(fields.values[1], 10);
      const std::optional<std::uint64_t> offset = ParseNumber<std::uint64_t>(fields.values[2], 10);
      const std::optional<unsigned> flags = ParseNumber<unsigned>(fields.values[3], 10);
      const std::optional<std::uint32_t> crc = ParseHexadecimal(fields.values[4]);
      const std::optional<std::uint64_t> compressed =
        ParseNumber<std::uint64_t>(fields.values[5], 10);
      const std::optional<std::uint64_t> uncompressed =
        ParseNumber<std::uint64_t>(fields.values[6], 10);
      const std::optional<EntryOrigin> origin = ParseOrigin(fields.values[7]);
      const std::optional<Sha256Digest> digest =
        hasDigest ? ParseDigest(fields.values[8]) : Sha256Digest();
      if (!index.has_value() || !offset.has_value() || !flags.has_value() || *flags >= FLAGS_END ||
          !crc.has_value() || !compressed.has_value() || !uncompressed.has_value() ||
          !origin.has_value() || !digest.has_value())
      {
        return std::nullopt;
      }
      JournalEntry entry;
      entry.index = *index;
      entry.record.localHeaderOffset = *offset;
      entry.record.method = (*flags & FLAG_DEFLATED) != 0 ? ZipMethod::Deflated : ZipMethod::Stored;
      entry.record.hasDescriptor = (*flags & FLAG_DESCRIPTOR) != 0;
      entry.record.isZip64 = (*flags & FLAG_ZIP64) != 0;
      entry.record.crc32 = *crc;
      entry.record.compressedBytes = *compressed;
      entry.record.uncompressedBytes = *uncompressed;
      entry.origin = *origin;
      entry.digest = *digest;
      return entry;
    }

    std::optional<JournalEntry> ParseLine(std::string_view line, bool hasDigest)
    {
      const Fields fields = Split(line);
      return fields.values[0] == KIND_ENTRY     ? ParsePresent(fields, hasDigest)
             : fields.values[0] == KIND_MISSING ? ParseMissing(fields)
                                                : std::nullopt;
    }
  } // namespace

  std::optional<JournalState>
  ReadJournal(std::string_view journal, const ArchivePlan& plan, const BuilderOptions& options)
  {
    JournalReader reader(journal, plan, options);
    while (reader.Next().has_value())
    {
    }
    if (reader.GetEntriesDone() == 0)
    {
      return std::nullopt;
    }
    JournalState state;
    state.entriesDone = reader.GetEntriesDone();
    state.archiveBytes = reader.GetArchiveBytes();
    state.text = journal.substr(0, reader.GetTextBytes());
    return state;
  }

  JournalWriter::JournalWriter(const ArchivePlan& plan, const BuilderOptions& options)
    : hasDigest_(options.hasManifest)
  {
    AppendLine(begin_, std::string(HEADER) + ComputeFingerprint(plan, options));
  }

  // The end may be half a line: the line feed keeps it apart from the next one
  JournalWriter::JournalWriter(const BuilderOptions& options, std::uint32_t checksum)
    : hasDigest_(options.hasManifest),
      begin_("\n"),
      checksum_(checksum)
  {
  }

  void JournalWriter::AppendLine(std::string& target, std::string line)
  {
    checksum_ = UpdateCrc32(checksum_, line.data(), line.size());
    AppendHexadecimal(line, checksum_);
    target.append(line).append("\n");
  }

  void JournalWriter::Append(std::string& target, const JournalEntry& entry)
  {
    target.append(std::exchange(begin_, std::string()));

    std::string line(entry.isMissing ? KIND_MISSING : KIND_ENTRY);
    AppendNumber(line, entry.index);
    if (!entry.isMissing)
    {
      AppendNumber(line, entry.record.localHeaderOffset);
      AppendNumber(line, GetFlags(entry.record));
      AppendHexadecimal(line, entry.record.crc32);
      AppendNumber(line, entry.record.compressedBytes);
      AppendNumber(line, entry.record.uncompressedBytes);
      line.append(" ").push_back(GetLetter(entry.origin));
      line.append(hasDigest_ ? " " + FormatDigest(entry.digest) : "");
    }
    AppendLine(target, std::move(line));
  }

  JournalReader::JournalReader(std::string_view journal,
                               const ArchivePlan& plan,
                               const BuilderOptions& options)
    : journal_(journal),
      plan_(plan),
      options_(options)
  {
    std::string_view line;
    std::uint32_t checksum = 0;
    if (journal.substr(0, HEADER.size()) != HEADER || !FindLine(line, checksum) ||
        line.substr(HEADER.size()) != ComputeFingerprint(plan, options))
    {
      position_ = journal.size();
      return;
    }
    checksum_ = checksum;
  }

  // The next line that is complete and continues the one before; what does not is passed over
  bool JournalReader::FindLine(std::string_view& line, std::uint32_t& checksum)
  {
    for (;;)
    {
      const std::size_t end = journal_.find('\n', position_);
      if (end == std::string_view::npos)
      {
        return false;
      }
      const std::string_view text = journal_.substr(position_, end - position_);
      position_ = end + 1;
      if (text.size() <= CHECKSUM_DIGITS || text[text.size() - CHECKSUM_DIGITS - 1] != ' ')
      {
        continue;
      }
      line = text.substr(0, text.size() - CHECKSUM_DIGITS - 1);
      checksum = UpdateCrc32(checksum_, line.data(), line.size());
      if (ParseHexadecimal(text.substr(text.size() - CHECKSUM_DIGITS)) == checksum)
      {
        return true;
      }
    }
  }

  // Whether a builder with this plan and these options may have written it
  bool JournalReader::Accept(const JournalEntry& entry) const
  {
    if (entry.index != entriesDone_ || entry.index >= plan_.entries.size())
    {
      return false;
    }
    if (entry.isMissing)
    {
      return options_.onMissing == MissingPolicy::Report;
    }
    const ZipRecord& record = entry.record;
    const bool isDeflated = record.method == ZipMethod::Deflated;
    return record.localHeaderOffset == archiveBytes_ && (isDeflated || !record.hasDescriptor) &&
           (isDeflated || record.compressedBytes == record.uncompressedBytes) &&
           (options_.transcode.has_value() || entry.origin == EntryOrigin::Original);
  }

  std::optional<JournalEntry> JournalReader::Next()
  {
    std::string_view line;
    std::uint32_t checksum = 0;
    if (!FindLine(line, checksum))
    {
      return std::nullopt;
    }
    std::optional<JournalEntry> entry = ParseLine(line, options_.hasManifest);
    if (!entry.has_value() || !Accept(*entry))
    {
      position_ = journal_.size();
      return std::nullopt;
    }
    if (!entry->isMissing)
    {
      const PlannedEntry& planned = plan_.entries[entry->index];
      entry->record.path = planned.path;
      entry->record.modifiedUtc = planned.instance.receptionUtc;
      archiveBytes_ += GetEntryBytes(entry->record);
    }
    entriesDone_++;
    textBytes_ = position_;
    checksum_ = checksum;
    return entry;
  }
} // namespace OrthancPlugins
