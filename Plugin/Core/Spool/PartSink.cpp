// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "PartSink.h"

#include "SpoolFiles.h"

#include "../Failure.h"

#include <utility>

namespace OrthancPlugins
{
  namespace
  {
    // So that not every write asks for room. What is reserved too much is lost to others meanwhile
    constexpr std::uint64_t STEP_BYTES = 1u << 20;

    std::unique_ptr<FileSink> OpenJournal(const std::string& path)
    {
      const std::optional<FileFacts> facts = FindFile(path);
      return facts.has_value()
               ? std::make_unique<FileSink>(FileSink::Continued{path, facts->sizeBytes})
               : std::make_unique<FileSink>(path);
    }
  } // namespace

  struct PartSink::PImpl
  {
    const std::unique_ptr<FileSink> part;
    const Reserve reserve;
    const std::unique_ptr<FileSink> journal;
    std::uint64_t reservedBytes = 0; // for both files

    PImpl(std::unique_ptr<FileSink> partFile, const std::string& path, Reserve reserveFunction)
      : part(std::move(partFile)),
        reserve(std::move(reserveFunction)),
        journal(OpenJournal(path))
    {
    }

    void MakeRoom(std::uint64_t moreBytes)
    {
      const std::uint64_t neededBytes =
        part->GetBytesWritten() + journal->GetBytesWritten() + moreBytes;
      if (neededBytes <= reservedBytes)
      {
        return;
      }
      const std::uint64_t aheadBytes = (neededBytes / STEP_BYTES + 1) * STEP_BYTES;
      if (!TryReserve(aheadBytes))
      {
        reserve(neededBytes);
        reservedBytes = neededBytes;
      }
    }

    bool TryReserve(std::uint64_t sizeBytes)
    {
      try
      {
        reserve(sizeBytes);
      }
      catch (const Failure& failure)
      {
        if (failure.GetKind() == FailureKind::StorageFull)
        {
          return false; // what is really needed may still fit
        }
        throw;
      }
      reservedBytes = sizeBytes;
      return true;
    }
  };

  PartSink::PartSink(std::unique_ptr<FileSink> part,
                     const std::string& journalPath,
                     Reserve reserve)
    : pimpl_(std::make_unique<PImpl>(std::move(part), journalPath, std::move(reserve)))
  {
  }

  PartSink::~PartSink() = default;

  void PartSink::Write(const void* data, std::size_t sizeBytes)
  {
    pimpl_->MakeRoom(sizeBytes);
    pimpl_->part->Write(data, sizeBytes);
  }

  void PartSink::Checkpoint(const std::string& journalText)
  {
    if (journalText.empty())
    {
      return;
    }
    pimpl_->MakeRoom(journalText.size());
    pimpl_->part->Sync();
    pimpl_->journal->Write(journalText.data(), journalText.size());
    pimpl_->journal->Sync();
  }

  void PartSink::Close()
  {
    pimpl_->part->Close();
  }

  std::uint64_t PartSink::GetBytesWritten() const
  {
    return pimpl_->part->GetBytesWritten();
  }

  int PartSink::GetDescriptor() const
  {
    return pimpl_->part->GetDescriptor();
  }
} // namespace OrthancPlugins
