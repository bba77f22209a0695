// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "ZipWriter.h"

#include "../Failure.h"

#include <algorithm>
#include <functional>

namespace OrthancPlugins
{
  namespace
  {
    // A segment has room for the largest record; positions are segment * SEGMENT_BYTES + offset
    constexpr std::size_t SEGMENT_BYTES = std::size_t(1) << 20;
    constexpr std::size_t MAX_CENTRAL_BYTES = 46 + ZIP_MAX_PATH_BYTES + 64;
    constexpr std::size_t FIRST_SEGMENT_BYTES = 16 * 1024;
    constexpr std::size_t FIRST_SLOTS = 64;             // a power of two
    constexpr std::size_t ENCRYPTED_BYTES = 256 * 1024; // passed to the sink at once

    std::uint64_t GetExtraBytes(bool isEncrypted)
    {
      return isEncrypted ? ZIP_CIPHER_EXTRA_BYTES : 0;
    }
  } // namespace

  ZipWriter::Directory::Directory()
    : slots_(FIRST_SLOTS, 0)
  {
  }

  std::string_view ZipWriter::Directory::GetPath(std::uint64_t slot) const
  {
    const std::uint64_t position = slot - 1;
    const std::string& segment = segments_[static_cast<std::size_t>(position / SEGMENT_BYTES)];
    return GetCentralHeaderPath(segment.data() + position % SEGMENT_BYTES);
  }

  // The slot of this path, or the free one where it belongs
  std::size_t ZipWriter::Directory::FindSlot(std::string_view path) const
  {
    const std::size_t mask = slots_.size() - 1;
    std::size_t index = std::hash<std::string_view>()(path) & mask;
    while (slots_[index] != 0 && GetPath(slots_[index]) != path)
    {
      index = (index + 1) & mask;
    }
    return index;
  }

  bool ZipWriter::Directory::Contains(std::string_view path) const
  {
    return slots_[FindSlot(path)] != 0;
  }

  void ZipWriter::Directory::Grow()
  {
    const std::vector<std::uint64_t> old = std::move(slots_);
    slots_.assign(old.size() * 2, 0);
    for (const std::uint64_t slot : old)
    {
      if (slot != 0)
      {
        slots_[FindSlot(GetPath(slot))] = slot;
      }
    }
  }

  void ZipWriter::Directory::Add(const ZipRecord& record)
  {
    if ((used_ + 1) * 2 > slots_.size())
    {
      Grow();
    }
    if (segments_.empty() || segments_.back().size() + MAX_CENTRAL_BYTES > SEGMENT_BYTES)
    {
      segments_.emplace_back();
      segments_.back().reserve(segments_.size() == 1 ? FIRST_SEGMENT_BYTES : SEGMENT_BYTES);
    }
    std::string& segment = segments_.back();
    const std::uint64_t position = (segments_.size() - 1) * SEGMENT_BYTES + segment.size();
    AppendCentralHeader(segment, record);
    slots_[FindSlot(record.path)] = position + 1;
    used_++;
  }

  ZipWriter::ZipWriter(IByteSink& sink)
    : ZipWriter(sink, nullptr)
  {
  }

  ZipWriter::ZipWriter(IByteSink& sink, ZipCipher* cipher)
    : sink_(sink),
      cipher_(cipher),
      encrypted_(cipher == nullptr ? nullptr : new unsigned char[ENCRYPTED_BYTES])
  {
  }

  // Until the caller sets the next state, an exception leaves the writer failed
  void ZipWriter::Enter(State expected)
  {
    if (state_ != expected)
    {
      state_ = State::Failed;
      throw Failure(FailureKind::Internal,
                    "The ZIP writer has failed, or its calls are out of order");
    }
    state_ = State::Failed;
  }

  void ZipWriter::Emit(const void* data, std::size_t sizeBytes)
  {
    sink_.Write(data, sizeBytes);
    bytesWritten_ += sizeBytes;
  }

  void ZipWriter::Encrypt(const unsigned char* data, std::size_t sizeBytes)
  {
    while (sizeBytes > 0)
    {
      const std::size_t size = std::min(sizeBytes, ENCRYPTED_BYTES);
      cipher_->Encrypt(data, size, encrypted_.get());
      Emit(encrypted_.get(), size);
      data += size;
      sizeBytes -= size;
    }
  }

  void ZipWriter::SetSizes(const ZipSizes& sizes)
  {
    record_.crc32 = sizes.crc32;
    record_.compressedBytes = sizes.compressedBytes + GetExtraBytes(record_.isEncrypted);
    record_.uncompressedBytes = sizes.uncompressedBytes;
  }

  // The path may hold names of patients: not in messages
  void ZipWriter::CheckPath(std::string_view path) const
  {
    if (!IsSafeZipPath(path))
    {
      throw Failure(FailureKind::BadRequest, "An entry of the ZIP archive has an unsafe path");
    }
    if (directory_.Contains(path))
    {
      throw Failure(FailureKind::BadRequest, "Two entries of the ZIP archive have the same path");
    }
  }

  void ZipWriter::Begin(const ZipEntry& entry, State next)
  {
    CheckPath(entry.path);
    path_.assign(entry.path);
    record_.path = path_;
    record_.method = entry.method;
    record_.modifiedUtc = entry.modifiedUtc;
    record_.localHeaderOffset = bytesWritten_;
    header_.clear();
    AppendLocalHeader(header_, record_);
    Emit(header_.data(), header_.size());
    if (record_.isEncrypted)
    {
      unsigned char header[ZIP_CIPHER_HEADER_BYTES];
      cipher_->Begin(header);
      Emit(header, sizeof(header));
    }
    dataOffset_ = bytesWritten_;
    state_ = next;
  }

  void ZipWriter::BeginEntry(const ZipEntry& entry, const ZipSizes& sizes)
  {
    Enter(State::BetweenEntries);
    record_ = ZipRecord();
    record_.isEncrypted = cipher_ != nullptr;
    SetSizes(sizes);
    record_.isZip64 = record_.compressedBytes >= ZIP64_LIMIT_BYTES ||
                      record_.uncompressedBytes >= ZIP64_LIMIT_BYTES;
    Begin(entry, State::InEntry);
  }

  void ZipWriter::BeginStreamedEntry(const ZipEntry& entry, std::uint64_t maxBytes)
  {
    Enter(State::BetweenEntries);
    if (entry.method != ZipMethod::Deflated)
    {
      throw Failure(FailureKind::Internal, "Only deflated entries may have a data descriptor");
    }
    record_ = ZipRecord();
    record_.isEncrypted = cipher_ != nullptr;
    record_.hasDescriptor = true;
    record_.isZip64 = maxBytes + GetExtraBytes(record_.isEncrypted) >= ZIP64_LIMIT_BYTES;
    Begin(entry, State::InStreamedEntry);
  }

  void ZipWriter::Write(const void* data, std::size_t sizeBytes)
  {
    const State state = state_;
    Enter(state == State::InStreamedEntry ? State::InStreamedEntry : State::InEntry);
    if (record_.isEncrypted)
    {
      Encrypt(static_cast<const unsigned char*>(data), sizeBytes);
    }
    else if (sizeBytes > 0)
    {
      Emit(data, sizeBytes);
    }
    state_ = state;
  }

  void ZipWriter::End(const ZipSizes& sizes)
  {
    if (bytesWritten_ - dataOffset_ != sizes.compressedBytes)
    {
      throw Failure(FailureKind::Internal,
                    "An entry of the ZIP archive has not the announced size");
    }
    if (record_.isEncrypted)
    {
      unsigned char trailer[ZIP_CIPHER_TRAILER_BYTES];
      cipher_->End(trailer);
      Emit(trailer, sizeof(trailer));
    }
    if (record_.hasDescriptor)
    {
      header_.clear();
      AppendDataDescriptor(header_, record_);
      Emit(header_.data(), header_.size());
    }
    directory_.Add(record_);
    entriesCount_++;
    state_ = State::BetweenEntries;
  }

  void ZipWriter::EndEntry()
  {
    Enter(State::InEntry);
    End(ZipSizes{record_.crc32, record_.compressedBytes - GetExtraBytes(record_.isEncrypted),
                 record_.uncompressedBytes});
  }

  void ZipWriter::EndStreamedEntry(const ZipSizes& sizes)
  {
    Enter(State::InStreamedEntry);
    SetSizes(sizes);
    if (!record_.isZip64 && (record_.compressedBytes >= ZIP64_LIMIT_BYTES ||
                             record_.uncompressedBytes >= ZIP64_LIMIT_BYTES))
    {
      throw Failure(FailureKind::Internal, "An entry of the ZIP archive outgrew its maximum");
    }
    End(sizes);
  }

  void ZipWriter::AdoptEntry(const ZipRecord& record)
  {
    Enter(State::BetweenEntries);
    CheckPath(record.path);
    if (record.localHeaderOffset != bytesWritten_)
    {
      throw Failure(FailureKind::Internal, "An entry of the ZIP archive is not where it should be");
    }
    directory_.Add(record);
    bytesWritten_ += GetEntryBytes(record);
    entriesCount_++;
    state_ = State::BetweenEntries;
  }

  void ZipWriter::Finish()
  {
    Enter(State::BetweenEntries);
    ZipEnd end;
    end.entriesCount = entriesCount_;
    end.directoryOffset = bytesWritten_;
    for (const std::string& segment : directory_.GetSegments())
    {
      Emit(segment.data(), segment.size());
    }
    end.directoryBytes = bytesWritten_ - end.directoryOffset;
    header_.clear();
    AppendEnd(header_, end);
    Emit(header_.data(), header_.size());
    state_ = State::Finished;
  }
} // namespace OrthancPlugins
