// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "ArchiveBuilder.h"

#include "ChunkingSink.h"
#include "CrcMemory.h"
#include "EntryPipeline.h"

#include "../Failure.h"
#include "../Zip/Deflater.h"
#include "../Zip/ZipLength.h"
#include "../Zip/ZipWriter.h"

#include <algorithm>
#include <atomic>
#include <deque>
#include <functional>
#include <utility>
#include <vector>

namespace OrthancPlugins
{
  namespace
  {
    constexpr std::size_t STEP_BYTES = ChunkingSink::MAX_CHUNK_BYTES;

    // How long a step waits: for anything at all, or for more to go with the bytes it has already
    constexpr unsigned IDLE_MILLISECONDS = 500;
    constexpr unsigned COALESCE_MILLISECONDS = 20;

    constexpr const char* const MANIFEST_PATH = "MANIFEST.sha256";
    constexpr const char* const MISSING_PATH = "MISSING.txt";
    constexpr const char* const TRANSCODING_PATH = "TRANSCODING.txt";

    constexpr const char* const MISSING_TITLE =
      "These instances could not be read and are not in this archive "
      "(Orthanc identifier, tab, path they would have had):\n";

    // A file of ours: text made line by line, twice (CRC and length come before the content), so that
    // a manifest of a million lines needs no memory
    struct GeneratedFile
    {
      const char* path;
      std::size_t linesCount;
      std::function<std::string(std::size_t)> makeLine;
    };

    std::string MakeManifestLine(const Sha256Digest& digest, std::string_view path)
    {
      return FormatDigest(digest).append("  ").append(path).append("\n"); // as sha256sum does
    }

    bool IsEveryEntryStored(const ArchivePlan& plan, ArchiveDensity density)
    {
      return std::all_of(plan.entries.begin(), plan.entries.end(),
                         [density](const PlannedEntry& entry)
                         { return EntryPipeline::GetMethod(entry, density) == ZipMethod::Stored; });
    }

    PipelineOptions ToPipelineOptions(const BuilderOptions& options, std::size_t firstEntry)
    {
      PipelineOptions result;
      result.density = options.density;
      result.onTranscodeFailure = options.onTranscodeFailure;
      result.transcode = options.transcode;
      result.hasDigest = options.hasManifest;
      result.threads = options.threads;
      result.windowBytes = options.windowBytes;
      result.firstEntry = firstEntry;
      // What is read before its first byte is written may still be left out
      result.crcs = options.onMissing == MissingPolicy::Fail ? options.crcs : nullptr;
      return result;
    }
  } // namespace

  BuilderOptions MakeBuilderOptions(const ArchiveRequest& request, const ArchiveSettings& settings)
  {
    BuilderOptions options;
    options.density = request.density;
    options.onMissing = request.onMissing;
    options.onTranscodeFailure = request.onTranscodeFailure;
    options.transcode = request.transcode;
    options.hasManifest = request.hasManifest;
    options.threads = settings.threads;
    options.windowBytes = settings.windowBytes;
    return options;
  }

  struct ArchiveBuilder::PImpl
  {
    enum class Phase
    {
      Entries,
      Generated,
      Directory,
      Done,
      Failed
    };

    PImpl(ArchivePlan planArgument,
          const BuilderOptions& optionsArgument,
          IDicomStore& store,
          IByteSink& target,
          const JournalState& state)
      : plan(std::move(planArgument)),
        options(optionsArgument),
        exactLength(GetExactLength(plan, options)),
        sink(target, state.archiveBytes),
        writer(sink),
        pipeline(plan, ToPipelineOptions(options, state.entriesDone), store)
    {
      if (options.hasManifest)
      {
        digests.resize(plan.entries.size());
      }
      if (options.hasManifest && options.transcode.has_value())
      {
        origins.resize(plan.entries.size(), EntryOrigin::Original);
      }
      if (state.entriesDone > 0)
      {
        Adopt(state);
      }
    }

    // What is remembered of entries that are complete
    void Adopt(const JournalState& state);
    void NoteMissing(std::size_t index);
    void NoteEntry(std::size_t index, EntryOrigin origin, const Sha256Digest& digest);
    void NoteDone(std::size_t index);

    void StepEntries();
    const EntryPiece* WaitForPiece(std::size_t pendingBytes);
    bool TakePiece(std::size_t pendingBytes);
    void LeaveOut(const EntryPiece& taken);
    void BeginEntry(const EntryPiece& taken);
    void WriteSlice();
    void EndPiece();
    void EndEntry(const PlannedEntry& planned);
    void RememberCrc(const PlannedEntry& planned);
    void ForgetCrc(const PlannedEntry& planned);

    void PlanGeneratedFiles();
    void StepGenerated();
    void BeginGenerated(const GeneratedFile& file);
    std::string MakeTranscodingLine(std::size_t index) const;
    std::string MakeMissingLine(std::size_t index) const;
    std::string MakeManifestLineOf(std::size_t index) const;

    void FinishArchive();

    void AddToJournal(JournalEntry entry);
    std::string TakeJournal();

    const ArchivePlan plan;
    const BuilderOptions options;
    const std::optional<std::uint64_t> exactLength;
    ChunkingSink sink;
    ZipWriter writer;
    ArchiveReport report;
    Phase phase = Phase::Entries;
    std::atomic<std::uint64_t> inputBytesDone{0};

    // Of the current entry
    const EntryPiece* piece = nullptr; // belongs to the pipeline
    std::size_t pieceBytesWritten = 0;
    bool isStreamed = false;
    ZipSizes sizes;
    std::uint64_t plannedBytesBefore = 0; // of the entries before
    std::size_t entriesDone = 0;

    // Of the whole archive
    std::vector<Sha256Digest> digests; // if there is a manifest
    std::vector<EntryOrigin> origins;  // if there is an account of the transcoding
    std::vector<std::size_t> missing;  // indices in the plan, ascending
    std::vector<std::size_t> listed;   // those with bytes in the archive, if there is a manifest

    std::vector<GeneratedFile> generated;
    std::vector<std::pair<const char*, Sha256Digest>> generatedDigests;
    std::size_t nextGenerated = 0;
    std::size_t nextLine = 0;

    // Of the journal: what was not taken yet, with the end of its bytes in the archive
    std::deque<std::pair<std::uint64_t, JournalEntry>> untold;
    std::optional<JournalWriter> journal; // from the first entry on

    EntryPipeline pipeline; // the last one: its threads end first
  };

  // Waits for the pipeline, then takes what else is ready, up to the size of a step
  void ArchiveBuilder::PImpl::StepEntries()
  {
    std::uint64_t stepBytes = 0;
    while (stepBytes < STEP_BYTES)
    {
      if (piece == nullptr)
      {
        const std::size_t pendingBytes = sink.GetPendingBytes();
        const bool isFirst = sink.GetBytesPassed() == 0;
        if (entriesDone == plan.entries.size() || (isFirst && pendingBytes > 0))
        {
          break; // the client waits for the very first bytes: no chunk is filled before
        }
        if (!TakePiece(pendingBytes))
        {
          break;
        }
      }
      if (piece != nullptr)
      {
        const std::uint64_t before = writer.GetBytesWritten();
        WriteSlice();
        stepBytes += writer.GetBytesWritten() - before;
      }
    }
    if (piece == nullptr && entriesDone == plan.entries.size())
    {
      PlanGeneratedFiles();
      phase = Phase::Generated;
      return; // what is pending goes out with the end of the archive
    }
    sink.Flush();
  }

  const EntryPiece* ArchiveBuilder::PImpl::WaitForPiece(std::size_t pendingBytes)
  {
    if (pendingBytes == 0)
    {
      return pipeline.Next(IDLE_MILLISECONDS);
    }
    if (pendingBytes < ChunkingSink::GOOD_CHUNK_BYTES)
    {
      return pipeline.NextInBulk(COALESCE_MILLISECONDS,
                                 ChunkingSink::GOOD_CHUNK_BYTES - pendingBytes);
    }
    return pipeline.Next(0);
  }

  // False if there is none in time. An entry that is left out leaves no piece
  bool ArchiveBuilder::PImpl::TakePiece(std::size_t pendingBytes)
  {
    const EntryPiece* taken = WaitForPiece(pendingBytes);
    if (taken == nullptr)
    {
      return false;
    }
    if (taken->failure.has_value())
    {
      LeaveOut(*taken);
      return true;
    }
    if (taken->isFirst)
    {
      BeginEntry(*taken);
    }
    piece = taken;
    pieceBytesWritten = 0;
    return true;
  }

  // Nothing can be left out once its header is written
  void ArchiveBuilder::PImpl::LeaveOut(const EntryPiece& taken)
  {
    if (options.onMissing != MissingPolicy::Report || !taken.isFirst ||
        taken.failure->kind != FailureKind::SourceMissing)
    {
      ThrowIfFailed(taken, plan.entries[taken.entry].instance.id);
    }
    NoteMissing(taken.entry);
    JournalEntry entry;
    entry.index = taken.entry;
    entry.isMissing = true;
    AddToJournal(entry);
  }

  void ArchiveBuilder::PImpl::NoteMissing(std::size_t index)
  {
    missing.push_back(index);
    report.missing.push_back(plan.entries[index].instance.id);
    NoteDone(index);
  }

  void ArchiveBuilder::PImpl::NoteEntry(std::size_t index,
                                        EntryOrigin origin,
                                        const Sha256Digest& digest)
  {
    if (origin == EntryOrigin::Kept)
    {
      report.notTranscoded.push_back(plan.entries[index].instance.id);
    }
    if (!digests.empty())
    {
      digests[index] = digest;
      listed.push_back(index);
    }
    if (!origins.empty())
    {
      origins[index] = origin;
    }
    NoteDone(index);
  }

  void ArchiveBuilder::PImpl::NoteDone(std::size_t index)
  {
    plannedBytesBefore += plan.entries[index].instance.sizeBytes;
    inputBytesDone = plannedBytesBefore;
    entriesDone++;
  }

  void ArchiveBuilder::PImpl::Adopt(const JournalState& state)
  {
    JournalReader reader(state.text, plan, options);
    while (const std::optional<JournalEntry> entry = reader.Next())
    {
      if (entry->isMissing)
      {
        NoteMissing(entry->index);
      }
      else
      {
        writer.AdoptEntry(entry->record);
        NoteEntry(entry->index, entry->origin, entry->digest);
      }
    }
    if (entriesDone != state.entriesDone || writer.GetBytesWritten() != state.archiveBytes)
    {
      throw Failure(FailureKind::Internal, "The journal of an archive does not belong to it");
    }
    journal.emplace(options, reader.GetChecksum());
  }

  void ArchiveBuilder::PImpl::AddToJournal(JournalEntry entry)
  {
    if (options.hasJournal)
    {
      entry.record.path = std::string_view(); // does not live as long
      untold.emplace_back(writer.GetBytesWritten(), std::move(entry));
    }
  }

  std::string ArchiveBuilder::PImpl::TakeJournal()
  {
    std::string text;
    while (!untold.empty() && untold.front().first <= sink.GetBytesPassed())
    {
      if (!journal.has_value())
      {
        journal.emplace(plan, options);
      }
      journal->Append(text, untold.front().second);
      untold.pop_front();
    }
    return text;
  }

  void ArchiveBuilder::PImpl::BeginEntry(const EntryPiece& taken)
  {
    const PlannedEntry& planned = plan.entries[taken.entry];
    const EntryFacts& facts = taken.facts;
    if (exactLength.has_value() && facts.sizeBytes != planned.instance.sizeBytes)
    {
      throw Failure(FailureKind::SourceMissing,
                    "The size of instance " + planned.instance.id + " is not the expected one");
    }

    const ZipEntry entry{planned.path, facts.method, planned.instance.receptionUtc};
    sizes = ZipSizes();
    isStreamed = facts.method == ZipMethod::Deflated && !taken.isLast;
    if (isStreamed)
    {
      writer.BeginStreamedEntry(entry, EntryPipeline::GetDeflateBound(facts.sizeBytes));
    }
    else
    {
      ZipSizes known;
      known.crc32 = *facts.crc32;
      known.uncompressedBytes = facts.sizeBytes;
      known.compressedBytes = facts.method == ZipMethod::Stored ? facts.sizeBytes : taken.sizeBytes;
      writer.BeginEntry(entry, known);
    }
  }

  void ArchiveBuilder::PImpl::WriteSlice()
  {
    const std::size_t sizeBytes = std::min(STEP_BYTES, piece->sizeBytes - pieceBytesWritten);
    writer.Write(piece->data + pieceBytesWritten, sizeBytes);
    pieceBytesWritten += sizeBytes;
    if (pieceBytesWritten == piece->sizeBytes)
    {
      EndPiece();
    }
  }

  void ArchiveBuilder::PImpl::EndPiece()
  {
    const PlannedEntry& planned = plan.entries[piece->entry];
    sizes.crc32 = CombineCrc32(sizes.crc32, piece->inputCrc32, piece->inputBytes);
    sizes.compressedBytes += piece->sizeBytes;
    sizes.uncompressedBytes += piece->inputBytes;
    inputBytesDone =
      plannedBytesBefore + std::min(sizes.uncompressedBytes, planned.instance.sizeBytes);
    if (piece->isLast)
    {
      EndEntry(planned);
    }
    piece = nullptr;
  }

  void ArchiveBuilder::PImpl::EndEntry(const PlannedEntry& planned)
  {
    // Large entries are read twice where CRC or digest come first: never promise one and send another
    if (piece->facts.crc32.has_value() && *piece->facts.crc32 != sizes.crc32)
    {
      ForgetCrc(planned);
      throw Failure(FailureKind::SourceMissing,
                    "Instance " + planned.instance.id + " has changed while it was read");
    }
    RememberCrc(planned);
    if (isStreamed)
    {
      writer.EndStreamedEntry(sizes);
    }
    else
    {
      writer.EndEntry();
    }

    NoteEntry(piece->entry, piece->facts.origin, piece->facts.digest);
    JournalEntry entry;
    entry.index = piece->entry;
    entry.record = writer.GetLastEntry();
    entry.origin = piece->facts.origin;
    entry.digest = piece->facts.digest;
    AddToJournal(entry);
  }

  void ArchiveBuilder::PImpl::RememberCrc(const PlannedEntry& planned)
  {
    if (options.crcs != nullptr && piece->facts.origin != EntryOrigin::Transcoded)
    {
      options.crcs->Remember(planned.instance, sizes.crc32);
    }
  }

  void ArchiveBuilder::PImpl::ForgetCrc(const PlannedEntry& planned)
  {
    if (options.crcs != nullptr)
    {
      options.crcs->Forget(planned.instance);
    }
  }

  std::string ArchiveBuilder::PImpl::MakeMissingLine(std::size_t index) const
  {
    if (index == 0)
    {
      return MISSING_TITLE;
    }
    const PlannedEntry& planned = plan.entries[missing[index - 1]];
    return planned.instance.id + "\t" + planned.path + "\n";
  }

  std::string ArchiveBuilder::PImpl::MakeTranscodingLine(std::size_t index) const
  {
    const PlannedEntry& planned = plan.entries[listed[index]];
    const EntryOrigin origin = origins[listed[index]];
    const char* const what = origin == EntryOrigin::Transcoded ? "transcoded"
                             : origin == EntryOrigin::Kept     ? "kept"
                                                               : "unchanged";
    return planned.instance.id + "\t" + what + "\t" + planned.path + "\n";
  }

  std::string ArchiveBuilder::PImpl::MakeManifestLineOf(std::size_t index) const
  {
    if (index < listed.size())
    {
      return MakeManifestLine(digests[listed[index]], plan.entries[listed[index]].path);
    }
    const auto& [path, digest] = generatedDigests[index - listed.size()];
    return MakeManifestLine(digest, path);
  }

  void ArchiveBuilder::PImpl::PlanGeneratedFiles()
  {
    if (!missing.empty())
    {
      generated.push_back({MISSING_PATH, missing.size() + 1,
                           [this](std::size_t index) { return MakeMissingLine(index); }});
    }
    if (!origins.empty())
    {
      generated.push_back({TRANSCODING_PATH, listed.size(),
                           [this](std::size_t index) { return MakeTranscodingLine(index); }});
    }
    if (options.hasManifest)
    {
      generated.push_back({MANIFEST_PATH, listed.size() + generated.size(),
                           [this](std::size_t index) { return MakeManifestLineOf(index); }});
    }
  }

  // Stored, so that its length is known where the length of the whole archive is announced
  void ArchiveBuilder::PImpl::BeginGenerated(const GeneratedFile& file)
  {
    ZipSizes known;
    Sha256 digest;
    digest.Begin();
    for (std::size_t i = 0; i < file.linesCount; i++)
    {
      const std::string line = file.makeLine(i);
      known.crc32 = UpdateCrc32(known.crc32, line.data(), line.size());
      known.uncompressedBytes += line.size();
      digest.Update(line.data(), line.size());
    }
    known.compressedBytes = known.uncompressedBytes;
    generatedDigests.emplace_back(file.path, digest.End());
    writer.BeginEntry(ZipEntry{file.path, ZipMethod::Stored, std::nullopt}, known);
  }

  void ArchiveBuilder::PImpl::StepGenerated()
  {
    const std::uint64_t before = writer.GetBytesWritten();
    while (nextGenerated < generated.size() && writer.GetBytesWritten() - before < STEP_BYTES)
    {
      const GeneratedFile& file = generated[nextGenerated];
      if (nextLine == 0)
      {
        BeginGenerated(file);
      }
      if (nextLine < file.linesCount)
      {
        const std::string line = file.makeLine(nextLine);
        writer.Write(line.data(), line.size());
        nextLine++;
      }
      if (nextLine >= file.linesCount)
      {
        writer.EndEntry();
        nextGenerated++;
        nextLine = 0;
      }
    }
    if (nextGenerated == generated.size())
    {
      phase = Phase::Directory;
    }
  }

  void ArchiveBuilder::PImpl::FinishArchive()
  {
    writer.Finish();
    if (exactLength.has_value() && writer.GetBytesWritten() != *exactLength)
    {
      throw Failure(FailureKind::Internal, "The archive has not the announced length");
    }
    sink.Flush();
    phase = Phase::Done;
  }

  ArchiveBuilder::ArchiveBuilder(ArchivePlan plan,
                                 const BuilderOptions& options,
                                 IDicomStore& store,
                                 IByteSink& sink)
    : ArchiveBuilder(std::move(plan), options, store, sink, JournalState())
  {
  }

  ArchiveBuilder::ArchiveBuilder(ArchivePlan plan,
                                 const BuilderOptions& options,
                                 IDicomStore& store,
                                 IByteSink& sink,
                                 const JournalState& state)
    : pimpl_(std::make_unique<PImpl>(std::move(plan), options, store, sink, state))
  {
  }

  ArchiveBuilder::~ArchiveBuilder() = default;

  std::string ArchiveBuilder::TakeJournal()
  {
    return pimpl_->TakeJournal();
  }

  bool ArchiveBuilder::Step()
  {
    // On the way out by an exception: refuses further use, and nothing more is read
    struct FailureGuard
    {
      PImpl& builder;
      bool isArmed = true;

      ~FailureGuard()
      {
        if (isArmed)
        {
          builder.phase = PImpl::Phase::Failed;
          builder.pipeline.Cancel();
        }
      }
    } guard{*pimpl_};

    switch (pimpl_->phase)
    {
    case PImpl::Phase::Entries:
      pimpl_->StepEntries();
      break;
    case PImpl::Phase::Generated:
      pimpl_->StepGenerated();
      break;
    case PImpl::Phase::Directory:
      pimpl_->FinishArchive();
      break;
    case PImpl::Phase::Done:
      break;
    case PImpl::Phase::Failed:
      throw Failure(FailureKind::Internal, "The archive has failed before");
    }
    guard.isArmed = false;
    return pimpl_->phase != PImpl::Phase::Done;
  }

  bool ArchiveBuilder::IsLengthKnown(const ArchivePlan& plan, const BuilderOptions& options)
  {
    return !options.transcode.has_value() && options.onMissing == MissingPolicy::Fail &&
           IsEveryEntryStored(plan, options.density);
  }

  std::optional<std::uint64_t> ArchiveBuilder::GetExactLength(const ArchivePlan& plan,
                                                              const BuilderOptions& options)
  {
    if (!IsLengthKnown(plan, options))
    {
      return std::nullopt;
    }
    ZipLength length;
    std::uint64_t manifestBytes = 0;
    for (const PlannedEntry& entry : plan.entries)
    {
      length.AddStoredEntry(entry.path, entry.instance.sizeBytes, entry.instance.receptionUtc);
      manifestBytes += MakeManifestLine(Sha256Digest(), entry.path).size();
    }
    if (options.hasManifest)
    {
      length.AddStoredEntry(MANIFEST_PATH, manifestBytes, std::nullopt);
    }
    return length.GetTotalBytes();
  }

  std::uint64_t ArchiveBuilder::GetInputBytesDone() const
  {
    return pimpl_->inputBytesDone;
  }

  std::uint64_t ArchiveBuilder::GetBytesWritten() const
  {
    return pimpl_->sink.GetBytesPassed();
  }

  const ArchiveReport& ArchiveBuilder::GetReport() const
  {
    return pimpl_->report;
  }
} // namespace OrthancPlugins
