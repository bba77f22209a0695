// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "ContainerWriter.h"

namespace OrthancPlugins
{
  namespace
  {
    std::unique_ptr<ZipCipher> MakeCipher(const BuilderOptions& options)
    {
      return options.isEncrypted ? std::make_unique<ZipCipher>(options.password) : nullptr;
    }
  } // namespace

  ContainerWriter::ContainerWriter(const BuilderOptions& options, IByteSink& sink)
    : cipher_(MakeCipher(options)),
      zip_(sink, cipher_.get())
  {
  }

  ContainerWriter::~ContainerWriter() = default;

  void ContainerWriter::BeginEntry(const ZipEntry& entry, const ZipSizes& sizes)
  {
    zip_.BeginEntry(entry, sizes);
  }

  void ContainerWriter::EndEntry()
  {
    zip_.EndEntry();
  }

  void ContainerWriter::BeginStreamedEntry(const ZipEntry& entry, std::uint64_t maxBytes)
  {
    zip_.BeginStreamedEntry(entry, maxBytes);
  }

  void ContainerWriter::EndStreamedEntry(const ZipSizes& sizes)
  {
    zip_.EndStreamedEntry(sizes);
  }

  void ContainerWriter::Write(const void* data, std::size_t sizeBytes)
  {
    zip_.Write(data, sizeBytes);
  }

  void ContainerWriter::AdoptEntry(const ZipRecord& record)
  {
    zip_.AdoptEntry(record);
  }

  const ZipRecord& ContainerWriter::GetLastEntry() const
  {
    return zip_.GetLastEntry();
  }

  bool ContainerWriter::Finish()
  {
    zip_.Finish();
    return true;
  }

  std::uint64_t ContainerWriter::GetBytesWritten() const
  {
    return zip_.GetBytesWritten();
  }
} // namespace OrthancPlugins
