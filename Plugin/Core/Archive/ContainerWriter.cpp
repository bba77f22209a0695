// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "ContainerWriter.h"

#include "ChunkingSink.h"

#include "../Failure.h"

namespace OrthancPlugins
{
  namespace
  {
    std::unique_ptr<ZipCipher> MakeCipher(const BuilderOptions& options)
    {
      return options.isEncrypted ? std::make_unique<ZipCipher>(options.password) : nullptr;
    }

    std::unique_ptr<IsoWriter> MakeIsoWriter(const BuilderOptions& options)
    {
      if (options.format != ArchiveFormat::Iso)
      {
        return nullptr;
      }
      IsoOptions iso;
      if (options.media.has_value())
      {
        iso.volumeId = options.media->fileSetId;
        iso.createdUtc = options.media->createdUtc;
      }
      iso.temporaryDirectory = options.temporaryDirectory;
      return std::make_unique<IsoWriter>(iso);
    }

    [[noreturn]] void ThrowNoZip()
    {
      throw Failure(FailureKind::Internal, "An image has no such entries");
    }
  } // namespace

  ContainerWriter::ContainerWriter(const BuilderOptions& options, IByteSink& sink)
    : sink_(sink),
      cipher_(MakeCipher(options)),
      zip_(sink, cipher_.get()),
      iso_(MakeIsoWriter(options))
  {
  }

  ContainerWriter::~ContainerWriter() = default;

  void ContainerWriter::BeginEntry(const ZipEntry& entry, const ZipSizes& sizes)
  {
    if (iso_)
    {
      iso_->BeginFile(std::string(entry.path), sizes.uncompressedBytes, entry.modifiedUtc);
      return;
    }
    zip_.BeginEntry(entry, sizes);
  }

  void ContainerWriter::EndEntry()
  {
    if (iso_)
    {
      iso_->EndFile();
      return;
    }
    zip_.EndEntry();
  }

  void ContainerWriter::BeginStreamedEntry(const ZipEntry& entry, std::uint64_t maxBytes)
  {
    if (iso_)
    {
      ThrowNoZip();
    }
    zip_.BeginStreamedEntry(entry, maxBytes);
  }

  void ContainerWriter::EndStreamedEntry(const ZipSizes& sizes)
  {
    zip_.EndStreamedEntry(sizes);
  }

  void ContainerWriter::Write(const void* data, std::size_t sizeBytes)
  {
    if (iso_)
    {
      iso_->Write(data, sizeBytes);
      isoBytes_ += sizeBytes;
      return;
    }
    zip_.Write(data, sizeBytes);
  }

  void ContainerWriter::AdoptEntry(const ZipRecord& record)
  {
    if (iso_)
    {
      ThrowNoZip();
    }
    zip_.AdoptEntry(record);
  }

  const ZipRecord& ContainerWriter::GetLastEntry() const
  {
    return zip_.GetLastEntry();
  }

  bool ContainerWriter::Finish()
  {
    if (iso_)
    {
      return !iso_->WriteImage(sink_, ChunkingSink::MAX_CHUNK_BYTES);
    }
    zip_.Finish();
    return true;
  }

  std::uint64_t ContainerWriter::GetBytesWritten() const
  {
    return iso_ ? isoBytes_ : zip_.GetBytesWritten();
  }
} // namespace OrthancPlugins
