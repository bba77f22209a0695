// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "StoredArchive.h"

#include "ArchiveBuilder.h"
#include "ChunkingSink.h"
#include "EntryPipeline.h"

#include "../Failure.h"
#include "../Zip/Deflater.h"
#include "../Zip/ZipLength.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace OrthancPlugins
{
  namespace
  {
    constexpr unsigned IDLE_MILLISECONDS = 100; // then the client gets what there is

    // Central headers for which CRCs are gathered together: something is sent from time to time
    constexpr std::size_t DIRECTORY_BATCH = 256;

    // APPNOTE 4.3.7: from here on, a local header has no CRC
    constexpr std::uint64_t LOCAL_CRC_END = 18;

    // What is asked for of the archive; the rest is dropped
    class RangeSink
    {
    public:
      RangeSink(ChunkingSink& target, std::uint64_t begin, std::uint64_t end)
        : target_(target),
          begin_(begin),
          end_(end)
      {
      }

      std::uint64_t GetBegin() const { return begin_; }
      std::uint64_t GetEnd() const { return end_; }

      bool Overlaps(std::uint64_t begin, std::uint64_t end) const
      {
        return begin < end_ && begin_ < end;
      }

      bool Contains(std::uint64_t begin, std::uint64_t end) const
      {
        return begin_ <= begin && end <= end_;
      }

      // Bytes that stand at "position" of the archive
      void Write(std::uint64_t position, const void* data, std::size_t sizeBytes)
      {
        const std::uint64_t begin = std::max(position, begin_);
        const std::uint64_t end = std::min(position + sizeBytes, end_);
        if (begin < end)
        {
          target_.Write(static_cast<const unsigned char*>(data) + (begin - position),
                        static_cast<std::size_t>(end - begin));
        }
      }

      void Write(std::uint64_t position, const std::string& bytes)
      {
        Write(position, bytes.data(), bytes.size());
      }

      void Flush() { target_.Flush(); }

      // Drops everything
      RangeSink MakeEmpty() const { return RangeSink(target_, 0, 0); }

    private:
      ChunkingSink& target_;
      const std::uint64_t begin_;
      const std::uint64_t end_;
    };

    // Indices [begin, end)
    struct IndexRange
    {
      std::size_t begin;
      std::size_t end;
    };

    // The records that overlap the bytes [begin, end): "offsets" are their beginnings and the last end
    IndexRange FindOverlapping(const std::vector<std::uint64_t>& offsets,
                               std::uint64_t begin,
                               std::uint64_t end)
    {
      const auto last = offsets.end() - 1;
      const auto after = std::upper_bound(offsets.begin(), last, begin);
      const std::size_t first =
        after == offsets.begin() ? 0 : static_cast<std::size_t>(after - offsets.begin()) - 1;
      const std::size_t behind =
        static_cast<std::size_t>(std::lower_bound(offsets.begin(), last, end) - offsets.begin());
      return begin >= *last ? IndexRange{behind, behind} : IndexRange{first, behind};
    }
  } // namespace

  struct StoredArchive::PImpl
  {
    PImpl(ArchivePlan planArgument,
          const BuilderOptions& optionsArgument,
          IDicomStore& dicomStore,
          CrcMemory& memory)
      : plan(std::move(planArgument)),
        options(optionsArgument),
        store(dicomStore),
        crcs(memory),
        known(plan.entries.size())
    {
    }

    void LayOut();
    void Read(RangeSink& range);

    // Local headers and data
    void WriteEntries(RangeSink& range);
    void WritePart(std::size_t index, RangeSink& range);
    void WriteData(std::size_t index, RangeSink& range);

    // The end of the archive
    void WriteDirectory(RangeSink& range);
    void WriteCentralHeaders(IndexRange entries, RangeSink& range);
    void GatherCrcs(IndexRange entries, RangeSink& nowhere);

    // Entries from end to end, several at a time
    void ReadWhole(IndexRange entries, RangeSink& range);
    PipelineOptions MakePipelineOptions(IndexRange entries) const;
    void WriteLocalHeader(std::size_t index, const EntryFacts& facts, RangeSink& range);
    void CheckCrc(std::size_t index, std::uint32_t announced, std::uint32_t computed);
    void CheckSize(std::size_t index, std::uint64_t sizeBytes) const;
    std::unique_ptr<IInstanceData> Open(std::size_t index);

    void Learn(std::size_t index, std::uint32_t crc32);
    std::optional<std::uint32_t> FindCrc(std::size_t index);
    std::uint32_t GetCrc(std::size_t index); // reads the file if nobody knows
    bool IsUnknownSmall(std::size_t index);  // to be read by the pipeline, at once

    ZipRecord MakeRecord(std::size_t index, std::uint32_t crc32) const;
    std::uint64_t GetDataOffset(std::size_t index) const
    {
      return localOffsets[index + 1] - plan.entries[index].instance.sizeBytes;
    }

    const ArchivePlan plan;
    const BuilderOptions options;
    IDicomStore& store;
    CrcMemory& crcs;

    // Where the records begin, and where the last one ends
    std::vector<std::uint64_t> localOffsets;
    std::vector<std::uint64_t> centralOffsets;
    std::string endRecord; // end of central directory
    std::uint64_t lengthBytes = 0;

    std::vector<std::optional<std::uint32_t>> known; // the memory may forget meanwhile
  };

  void StoredArchive::PImpl::LayOut()
  {
    ZipLength length;
    localOffsets.reserve(plan.entries.size() + 1);
    centralOffsets.reserve(plan.entries.size() + 1);
    for (const PlannedEntry& entry : plan.entries)
    {
      if (!IsSafeZipPath(entry.path))
      {
        throw Failure(FailureKind::BadRequest, "An entry of the ZIP archive has an unsafe path");
      }
      localOffsets.push_back(length.GetEnd().directoryOffset);
      centralOffsets.push_back(length.GetEnd().directoryBytes);
      length.AddStoredEntry(entry.path, entry.instance.sizeBytes, entry.instance.receptionUtc);
    }
    const ZipEnd& zipEnd = length.GetEnd();
    localOffsets.push_back(zipEnd.directoryOffset);
    centralOffsets.push_back(zipEnd.directoryBytes);
    for (std::uint64_t& offset : centralOffsets)
    {
      offset += zipEnd.directoryOffset;
    }
    AppendEnd(endRecord, zipEnd);
    lengthBytes = length.GetTotalBytes();
  }

  ZipRecord StoredArchive::PImpl::MakeRecord(std::size_t index, std::uint32_t crc32) const
  {
    const PlannedEntry& entry = plan.entries[index];
    ZipRecord record = MakeStoredRecord(entry.path, entry.instance.sizeBytes,
                                        entry.instance.receptionUtc, localOffsets[index]);
    record.crc32 = crc32;
    return record;
  }

  void StoredArchive::PImpl::Read(RangeSink& range)
  {
    WriteEntries(range);
    WriteDirectory(range);
    range.Write(centralOffsets.back(), endRecord);
    range.Flush();
  }

  void StoredArchive::PImpl::WriteEntries(RangeSink& range)
  {
    IndexRange entries = FindOverlapping(localOffsets, range.GetBegin(), range.GetEnd());
    const auto isWhole = [&](std::size_t index)
    { return range.Contains(localOffsets[index], localOffsets[index + 1]); };

    if (entries.begin < entries.end && !isWhole(entries.begin))
    {
      WritePart(entries.begin, range);
      entries.begin++;
    }
    const bool hasTail = entries.begin < entries.end && !isWhole(entries.end - 1);
    ReadWhole({entries.begin, entries.end - (hasTail ? 1 : 0)}, range);
    if (hasTail)
    {
      WritePart(entries.end - 1, range);
    }
  }

  void StoredArchive::PImpl::WritePart(std::size_t index, RangeSink& range)
  {
    const std::uint64_t begin = localOffsets[index];
    const bool needsCrc = range.Overlaps(begin, begin + LOCAL_CRC_END);
    if (needsCrc && IsUnknownSmall(index))
    {
      ReadWhole({index, index + 1}, range); // once for both, CRC and data
      return;
    }
    std::string header;
    AppendLocalHeader(header, MakeRecord(index, needsCrc ? GetCrc(index) : 0));
    range.Write(begin, header);
    WriteData(index, range);
  }

  void StoredArchive::PImpl::WriteData(std::size_t index, RangeSink& range)
  {
    const std::uint64_t dataOffset = GetDataOffset(index);
    const std::uint64_t end = std::min(localOffsets[index + 1], range.GetEnd());
    std::uint64_t position = std::max(dataOffset, range.GetBegin());
    if (position >= end)
    {
      return;
    }
    const std::unique_ptr<IInstanceData> source = Open(index);
    std::vector<unsigned char> scratch;
    while (position < end)
    {
      const std::size_t sizeBytes = static_cast<std::size_t>(
        std::min<std::uint64_t>(EntryPipeline::BLOCK_BYTES, end - position));
      range.Write(position, source->Read(position - dataOffset, sizeBytes, scratch), sizeBytes);
      position += sizeBytes;
    }
  }

  void StoredArchive::PImpl::WriteDirectory(RangeSink& range)
  {
    RangeSink nowhere = range.MakeEmpty();
    IndexRange entries = FindOverlapping(centralOffsets, range.GetBegin(), range.GetEnd());
    while (entries.begin < entries.end)
    {
      const IndexRange batch = {entries.begin,
                                std::min(entries.end, entries.begin + DIRECTORY_BATCH)};
      GatherCrcs(batch, nowhere);
      WriteCentralHeaders(batch, range);
      entries.begin = batch.end;
    }
  }

  void StoredArchive::PImpl::WriteCentralHeaders(IndexRange entries, RangeSink& range)
  {
    std::string header;
    for (std::size_t i = entries.begin; i < entries.end; i++)
    {
      header.clear();
      AppendCentralHeader(header, MakeRecord(i, GetCrc(i)));
      range.Write(centralOffsets[i], header);
    }
  }

  // Large files one by one: the pipeline would read them twice
  void StoredArchive::PImpl::GatherCrcs(IndexRange entries, RangeSink& nowhere)
  {
    std::size_t i = entries.begin;
    while (i < entries.end)
    {
      if (FindCrc(i).has_value())
      {
        i++;
        continue;
      }
      nowhere.Flush(); // reading takes time: the client gets what there is
      const std::size_t begin = i;
      while (i < entries.end && IsUnknownSmall(i))
      {
        i++;
      }
      ReadWhole({begin, i}, nowhere);
      if (begin == i)
      {
        GetCrc(i);
        i++;
      }
    }
  }

  PipelineOptions StoredArchive::PImpl::MakePipelineOptions(IndexRange entries) const
  {
    PipelineOptions result;
    result.density = ArchiveDensity::Store;
    result.threads =
      static_cast<unsigned>(std::min<std::size_t>(options.threads, entries.end - entries.begin));
    result.windowBytes = options.windowBytes;
    result.firstEntry = entries.begin;
    result.endEntry = entries.end;
    result.crcs = &crcs;
    return result;
  }

  void StoredArchive::PImpl::ReadWhole(IndexRange entries, RangeSink& range)
  {
    if (entries.begin == entries.end)
    {
      return;
    }
    EntryPipeline pipeline(plan, MakePipelineOptions(entries), store);
    std::uint64_t position = 0;
    std::uint32_t crc32 = 0;
    for (std::size_t i = entries.begin; i < entries.end;)
    {
      const EntryPiece* piece = pipeline.Next(IDLE_MILLISECONDS);
      if (piece == nullptr)
      {
        range.Flush();
        continue;
      }
      ThrowIfFailed(*piece, plan.entries[i].instance.id);
      if (piece->isFirst)
      {
        WriteLocalHeader(i, piece->facts, range);
        position = GetDataOffset(i);
        crc32 = 0;
      }
      range.Write(position, piece->data, piece->sizeBytes);
      position += piece->sizeBytes;
      crc32 = CombineCrc32(crc32, piece->inputCrc32, piece->inputBytes);
      if (piece->isLast)
      {
        CheckCrc(i, *piece->facts.crc32, crc32);
        i++;
      }
    }
  }

  void StoredArchive::PImpl::WriteLocalHeader(std::size_t index,
                                              const EntryFacts& facts,
                                              RangeSink& range)
  {
    CheckSize(index, facts.sizeBytes);
    std::string header;
    AppendLocalHeader(header, MakeRecord(index, *facts.crc32));
    range.Write(localOffsets[index], header);
  }

  // What was announced may be a CRC that was remembered
  void
  StoredArchive::PImpl::CheckCrc(std::size_t index, std::uint32_t announced, std::uint32_t computed)
  {
    const StoredInstance& instance = plan.entries[index].instance;
    if (announced != computed)
    {
      crcs.Forget(instance);
      throw Failure(FailureKind::SourceMissing,
                    "Instance " + instance.id + " has changed while it was read");
    }
    Learn(index, computed);
  }

  void StoredArchive::PImpl::CheckSize(std::size_t index, std::uint64_t sizeBytes) const
  {
    const StoredInstance& instance = plan.entries[index].instance;
    if (sizeBytes != instance.sizeBytes)
    {
      throw Failure(FailureKind::SourceMissing,
                    "The size of instance " + instance.id + " is not the expected one");
    }
  }

  std::unique_ptr<IInstanceData> StoredArchive::PImpl::Open(std::size_t index)
  {
    const StoredInstance& instance = plan.entries[index].instance;
    std::unique_ptr<IInstanceData> source = store.OpenInstance(instance);
    if (!source)
    {
      throw Failure(FailureKind::SourceMissing, "Cannot open instance " + instance.id);
    }
    CheckSize(index, source->GetSizeBytes());
    return source;
  }

  void StoredArchive::PImpl::Learn(std::size_t index, std::uint32_t crc32)
  {
    known[index] = crc32;
    crcs.Remember(plan.entries[index].instance, crc32);
  }

  std::optional<std::uint32_t> StoredArchive::PImpl::FindCrc(std::size_t index)
  {
    if (!known[index].has_value())
    {
      known[index] = crcs.Find(plan.entries[index].instance);
    }
    return known[index];
  }

  bool StoredArchive::PImpl::IsUnknownSmall(std::size_t index)
  {
    return plan.entries[index].instance.sizeBytes <= EntryPipeline::SINGLE_PIECE_BYTES &&
           !FindCrc(index).has_value();
  }

  std::uint32_t StoredArchive::PImpl::GetCrc(std::size_t index)
  {
    const std::optional<std::uint32_t> found = FindCrc(index);
    if (found.has_value())
    {
      return *found;
    }
    const std::unique_ptr<IInstanceData> source = Open(index);
    const std::uint64_t totalBytes = source->GetSizeBytes();
    std::vector<unsigned char> scratch;
    std::uint32_t crc32 = 0;
    for (std::uint64_t offset = 0; offset < totalBytes; offset += EntryPipeline::BLOCK_BYTES)
    {
      const std::size_t sizeBytes = static_cast<std::size_t>(
        std::min<std::uint64_t>(EntryPipeline::BLOCK_BYTES, totalBytes - offset));
      crc32 = UpdateCrc32(crc32, source->Read(offset, sizeBytes, scratch), sizeBytes);
    }
    Learn(index, crc32);
    return crc32;
  }

  bool StoredArchive::IsPossible(const ArchivePlan& plan, const BuilderOptions& options)
  {
    return !options.hasManifest && ArchiveBuilder::IsLengthKnown(plan, options);
  }

  StoredArchive::StoredArchive(ArchivePlan plan,
                               const BuilderOptions& options,
                               IDicomStore& store,
                               CrcMemory& crcs)
    : pimpl_(std::make_unique<PImpl>(std::move(plan), options, store, crcs))
  {
    if (!IsPossible(pimpl_->plan, options))
    {
      throw Failure(FailureKind::Internal, "The archive cannot be made in parts");
    }
    pimpl_->LayOut();
  }

  StoredArchive::~StoredArchive() = default;

  std::uint64_t StoredArchive::GetLengthBytes() const
  {
    return pimpl_->lengthBytes;
  }

  void StoredArchive::Read(std::uint64_t offset, std::uint64_t sizeBytes, IByteSink& sink)
  {
    if (offset > pimpl_->lengthBytes || sizeBytes > pimpl_->lengthBytes - offset)
    {
      throw Failure(FailureKind::RangeInvalid, "The range lies outside of the archive");
    }
    if (sizeBytes == 0)
    {
      return;
    }
    ChunkingSink chunks(sink, 0);
    RangeSink range(chunks, offset, offset + sizeBytes);
    pimpl_->Read(range);
  }
} // namespace OrthancPlugins
