// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "ArchiveBuilder.h"

#include "ChunkingSink.h"
#include "ContainerWriter.h"
#include "CrcMemory.h"
#include "EntryPipeline.h"
#include "GeneratedFile.h"
#include "MediaFiles.h"
#include "ReportFiles.h"
#include "VolumePlanner.h"

#include "../Failure.h"
#include "../Zip/Deflater.h"
#include "../Zip/ZipLength.h"
#include "../Zip/ZipWriter.h"

#include <algorithm>
#include <atomic>
#include <deque>
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

    // Entries of an interrupted archive that are looked at again in one step
    constexpr std::size_t INSPECTED_PER_STEP = 1000;

    // Headers in a ZIP, or the rest of a sector and the records in an image
    constexpr std::uint64_t AROUND_FILE_BYTES = 4096;

    // CRC and digest of a file of ours, before it is written
    class DigestSink final : public IByteSink
    {
    public:
      DigestSink() { digest_.Begin(); }

      void Write(const void* data, std::size_t sizeBytes) override
      {
        sizes_.crc32 = UpdateCrc32(sizes_.crc32, data, sizeBytes);
        sizes_.uncompressedBytes += sizeBytes;
        digest_.Update(data, sizeBytes);
      }

      // Of a stored file
      ZipSizes GetSizes() const
      {
        ZipSizes sizes = sizes_;
        sizes.compressedBytes = sizes.uncompressedBytes;
        return sizes;
      }

      Sha256Digest GetDigest() { return digest_.End(); }

    private:
      ZipSizes sizes_;
      Sha256 digest_;
    };

    class EntrySink final : public IByteSink
    {
    public:
      explicit EntrySink(ContainerWriter& writer)
        : writer_(writer)
      {
      }

      void Write(const void* data, std::size_t sizeBytes) override
      {
        writer_.Write(data, sizeBytes);
      }

    private:
      ContainerWriter& writer_;
    };

    bool IsEveryEntryStored(const ArchivePlan& plan, ArchiveDensity density)
    {
      return std::all_of(plan.entries.begin(), plan.entries.end(),
                         [density](const PlannedEntry& entry)
                         { return EntryPipeline::GetMethod(entry, density) == ZipMethod::Stored; });
    }

    TranscodePolicy GetTranscodePolicy(const BuilderOptions& options)
    {
      TranscodePolicy policy;
      policy.target = options.transcode;
      policy.onFailure = options.onTranscodeFailure;
      policy.profile =
        options.media.has_value() ? options.media->request.profile : MediaProfile::None;
      return policy;
    }

    // A file of a medium is referenced by its DICOMDIR, or it is none
    EntryInspector MakeInspector(const BuilderOptions& options)
    {
      if (!options.media.has_value())
      {
        return EntryInspector();
      }
      SummaryOptions summaryOptions;
      summaryOptions.isExtended = options.media->request.isExtended;
      const MediaProfile profile = options.media->request.profile;
      return [summaryOptions, profile](const PlannedEntry& planned, const IInstanceData& data)
      {
        auto summary = std::make_shared<const DicomSummary>(ReadDicomSummary(data, summaryOptions));
        CheckProfile(profile, planned.instance.id, summary->transferSyntaxUid);
        return summary;
      };
    }

    BuilderOptions Complete(BuilderOptions options, const ArchivePlan& plan)
    {
      if (options.media.has_value())
      {
        options.media->createdUtc = GetLatestReception(plan);
      }
      return options;
    }

    PipelineOptions ToPipelineOptions(const BuilderOptions& options, std::size_t firstEntry)
    {
      PipelineOptions result;
      result.density = options.density;
      result.transcode = GetTranscodePolicy(options);
      result.inspector = MakeInspector(options);
      result.hasDigest = options.hasManifest;
      result.threads = options.threads;
      result.windowBytes = options.windowBytes;
      result.firstEntry = firstEntry;
      // What is read before its first byte is written may still be left out
      result.crcs = options.onMissing == MissingPolicy::Fail ? options.crcs : nullptr;
      return result;
    }

    // Reads the headers of the entries before, which are complete
    PipelineOptions ToInspectingOptions(const BuilderOptions& options, std::size_t endEntry)
    {
      PipelineOptions result;
      result.transcode = GetTranscodePolicy(options);
      result.inspector = MakeInspector(options);
      result.inspectsOnly = true;
      result.threads = options.threads;
      result.windowBytes = options.windowBytes;
      result.endEntry = endEntry;
      return result;
    }
  } // namespace

  struct ArchiveBuilder::PImpl
  {
    enum class Phase
    {
      Inspecting, // what an interrupted builder has completed
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
        options(Complete(optionsArgument, plan)),
        exactLength(GetExactLength(plan, options)),
        sink(target, state.archiveBytes),
        writer(options, sink),
        reports(plan, options.hasManifest, GetTranscodePolicy(options).IsNeeded()),
        pipeline(plan, ToPipelineOptions(options, state.entriesDone), store)
    {
      if (options.media.has_value())
      {
        media = std::make_unique<MediaFiles>(plan, *options.media, store);
      }
      if (state.entriesDone > 0)
      {
        Adopt(state);
      }
      if (media && entriesDone > 0)
      {
        phase = Phase::Inspecting;
        inspection =
          std::make_unique<EntryPipeline>(plan, ToInspectingOptions(options, entriesDone), store);
      }
    }

    // What is remembered of entries that are complete
    void Adopt(const JournalState& state);
    void NoteMissing(std::size_t index);
    void NoteEntry(std::size_t index, EntryOrigin origin, const Sha256Digest& digest);
    void NoteDone(std::size_t index);

    void StepInspecting();
    void NoteInspected(const EntryPiece& taken);

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
    bool HasRoom(std::uint64_t sizeBytes) const;
    void StepGenerated();
    bool BeginGenerated();
    void EndGenerated();

    void FinishArchive();

    void AddToJournal(JournalEntry entry);
    std::string TakeJournal();

    const ArchivePlan plan;
    const BuilderOptions options;
    const std::optional<std::uint64_t> exactLength;
    ChunkingSink sink;
    ContainerWriter writer;
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
    std::size_t inspectedCount = 0; // of those that were adopted

    // Of the whole archive
    ReportFiles reports;
    std::unique_ptr<MediaFiles> media; // empty for an archive

    std::deque<GeneratedFile> generated; // what is left of them
    bool isManifestPlanned = false;
    bool isInGenerated = false;
    std::size_t nextPiece = 0;

    // Of the journal: what was not taken yet, with the end of its bytes in the archive
    std::deque<std::pair<std::uint64_t, JournalEntry>> untold;
    std::optional<JournalWriter> journal; // from the first entry on

    // The last ones: their threads end first
    std::unique_ptr<EntryPipeline> inspection;
    EntryPipeline pipeline;
  };

  void ArchiveBuilder::PImpl::StepInspecting()
  {
    for (std::size_t i = 0; i < INSPECTED_PER_STEP && inspectedCount < entriesDone; i++)
    {
      const EntryPiece* const taken = inspection->Next(i == 0 ? IDLE_MILLISECONDS : 0);
      if (taken == nullptr)
      {
        return;
      }
      NoteInspected(*taken);
      inspectedCount++;
    }
    if (inspectedCount == entriesDone)
    {
      inspection.reset();
      phase = Phase::Entries;
    }
  }

  void ArchiveBuilder::PImpl::NoteInspected(const EntryPiece& taken)
  {
    if (!reports.IsMissing(taken.entry))
    {
      ThrowIfFailed(taken, plan.entries[taken.entry].instance.id);
      media->Add(taken.entry, *taken.facts.summary);
    }
  }

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
    reports.NoteMissing(index);
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
    reports.NoteEntry(index, origin, digest);
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

    if (media)
    {
      media->Add(piece->entry, *piece->facts.summary);
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

  void ArchiveBuilder::PImpl::PlanGeneratedFiles()
  {
    if (media)
    {
      for (GeneratedFile& file :
           media->MakeFiles([this](std::uint64_t sizeBytes) { return HasRoom(sizeBytes); }))
      {
        generated.push_back(std::move(file));
      }
    }
    for (GeneratedFile& file : reports.MakeReports())
    {
      generated.push_back(std::move(file));
    }
    if (media)
    {
      generated.push_back(media->MakeDicomDir());
    }
  }

  // Whether the volume takes one more file, with all that has to follow
  bool ArchiveBuilder::PImpl::HasRoom(std::uint64_t sizeBytes) const
  {
    const std::optional<std::uint64_t> limitBytes = FindVolumeBytes(options);
    return !limitBytes.has_value() || writer.GetBytesWritten() + media->GetReservedBytes() +
                                          generated.size() * AROUND_FILE_BYTES + sizeBytes <=
                                        *limitBytes;
  }

  // Stored, so that its length is known where the length of the whole archive is announced. False if
  // the file is left out
  bool ArchiveBuilder::PImpl::BeginGenerated()
  {
    const GeneratedFile& file = generated.front();
    if (file.prepare && !file.prepare())
    {
      return false;
    }
    DigestSink digest;
    for (std::size_t i = 0; i < file.piecesCount; i++)
    {
      file.write(i, digest);
    }
    reports.NoteGenerated(file.path, digest.GetDigest());
    writer.BeginEntry(ZipEntry{file.path, ZipMethod::Stored, file.modifiedUtc}, digest.GetSizes());
    isInGenerated = true;
    nextPiece = 0;
    return true;
  }

  void ArchiveBuilder::PImpl::EndGenerated()
  {
    writer.EndEntry();
    isInGenerated = false;
    if (generated.front().finish)
    {
      generated.front().finish();
    }
    generated.pop_front();
  }

  void ArchiveBuilder::PImpl::StepGenerated()
  {
    const std::uint64_t before = writer.GetBytesWritten();
    while (!generated.empty() && writer.GetBytesWritten() - before < STEP_BYTES)
    {
      if (!isInGenerated && !BeginGenerated())
      {
        generated.pop_front();
        continue;
      }
      if (nextPiece < generated.front().piecesCount)
      {
        EntrySink entry(writer);
        generated.front().write(nextPiece, entry);
        nextPiece++;
      }
      if (nextPiece >= generated.front().piecesCount)
      {
        EndGenerated();
      }
    }
    if (!generated.empty())
    {
      return;
    }
    if (options.hasManifest && !isManifestPlanned)
    {
      isManifestPlanned = true; // it lists all the others
      generated.push_back(reports.MakeManifest());
      return;
    }
    phase = Phase::Directory;
  }

  void ArchiveBuilder::PImpl::FinishArchive()
  {
    if (!writer.Finish())
    {
      return;
    }
    if (exactLength.has_value() && writer.GetBytesWritten() != *exactLength)
    {
      throw Failure(FailureKind::Internal, "The archive has not the announced length");
    }
    if (media)
    {
      report.warnings = media->GetWarnings();
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
          if (builder.inspection)
          {
            builder.inspection->Cancel();
          }
        }
      }
    } guard{*pimpl_};

    switch (pimpl_->phase)
    {
    case PImpl::Phase::Inspecting:
      pimpl_->StepInspecting();
      break;
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
    return !options.transcode.has_value() && !options.media.has_value() && !options.isEncrypted &&
           options.onMissing == MissingPolicy::Fail && IsEveryEntryStored(plan, options.density);
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
