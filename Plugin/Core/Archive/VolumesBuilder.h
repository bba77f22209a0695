// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "ArchiveBuilder.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace OrthancPlugins
{
  /**
   * Makes the volumes of a request, one behind the other, in one sink. An archive is one volume.
   *
   * Order of calls: as for ArchiveBuilder. Not thread-safe.
   **/
  class VolumesBuilder
  {
  public:
    // Store and sink must outlive the builder. Only a single volume is continued
    VolumesBuilder(std::vector<ArchivePlan> volumes,
                   const BuilderOptions& options,
                   IDicomStore& store,
                   IByteSink& sink,
                   const JournalState& state);

    // Throws as ArchiveBuilder::Step(), and Failure(TooLarge) for a volume that exceeds its size
    bool Step();

    std::string TakeJournal();

    // Of all volumes together
    std::uint64_t GetInputBytesDone() const;
    std::uint64_t GetBytesWritten() const;
    const ArchiveReport& GetReport() const { return report_; } // once complete

  private:
    void BeginVolume(const JournalState& state);
    void EndVolume();

    std::vector<ArchivePlan> volumes_; // those to come are there
    BuilderOptions options_;
    IDicomStore& store_;
    IByteSink& sink_;
    const std::size_t count_;
    std::size_t index_ = 0;
    std::uint64_t inputBytesBefore_ = 0;
    std::uint64_t bytesBefore_ = 0;
    ArchiveReport report_;
    std::unique_ptr<ArchiveBuilder> builder_; // empty once all are complete
  };
} // namespace OrthancPlugins
