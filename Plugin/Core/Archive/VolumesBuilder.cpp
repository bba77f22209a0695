// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "VolumesBuilder.h"

#include "VolumePlanner.h"

#include <utility>

namespace OrthancPlugins
{
  namespace
  {
    void Append(std::vector<std::string>& target, const std::vector<std::string>& source)
    {
      target.insert(target.end(), source.begin(), source.end());
    }
  } // namespace

  VolumesBuilder::VolumesBuilder(std::vector<ArchivePlan> volumes,
                                 const BuilderOptions& options,
                                 IDicomStore& store,
                                 IByteSink& sink,
                                 const JournalState& state)
    : volumes_(std::move(volumes)),
      options_(options),
      store_(store),
      sink_(sink),
      count_(volumes_.size())
  {
    options_.hasJournal = options.hasJournal && count_ == 1;
    BeginVolume(state);
  }

  void VolumesBuilder::BeginVolume(const JournalState& state)
  {
    if (options_.media.has_value())
    {
      options_.media->fileSetId = MakeFileSetId(index_, count_);
    }
    builder_ =
      std::make_unique<ArchiveBuilder>(std::move(volumes_[index_]), options_, store_, sink_, state);
  }

  bool VolumesBuilder::Step()
  {
    if (builder_ && !builder_->Step())
    {
      EndVolume();
    }
    return builder_ != nullptr;
  }

  void VolumesBuilder::EndVolume()
  {
    const ArchiveReport& report = builder_->GetReport();
    const std::uint64_t sizeBytes = builder_->GetBytesWritten();
    CheckVolume(index_, sizeBytes, options_);
    Append(report_.missing, report.missing);
    Append(report_.notTranscoded, report.notTranscoded);
    Append(report_.warnings, report.warnings);
    if (count_ > 1)
    {
      report_.volumes.push_back(ArchiveVolume{bytesBefore_, sizeBytes});
    }
    inputBytesBefore_ += builder_->GetInputBytesDone();
    bytesBefore_ += sizeBytes;
    builder_.reset();
    index_++;
    if (index_ < count_)
    {
      BeginVolume(JournalState());
    }
  }

  std::string VolumesBuilder::TakeJournal()
  {
    return builder_ ? builder_->TakeJournal() : "";
  }

  std::uint64_t VolumesBuilder::GetInputBytesDone() const
  {
    return inputBytesBefore_ + (builder_ ? builder_->GetInputBytesDone() : 0);
  }

  std::uint64_t VolumesBuilder::GetBytesWritten() const
  {
    return bytesBefore_ + (builder_ ? builder_->GetBytesWritten() : 0);
  }
} // namespace OrthancPlugins
