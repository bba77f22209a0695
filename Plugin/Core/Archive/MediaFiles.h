// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "ArchivePlan.h"
#include "BuilderOptions.h"
#include "GeneratedFile.h"

#include "../Dicom/DicomSummary.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace OrthancPlugins
{
  /**
   * What a medium has beside the files of its plan: the DICOMDIR, and what was asked for.
   *
   * Order of calls: Add() for each file that is on the medium, in the order of the plan; then the
   * others. Keeps references to plan and store. Not thread-safe.
   **/
  class MediaFiles
  {
  public:
    MediaFiles(const ArchivePlan& plan, const MediaBuild& build, IDicomStore& store);
    ~MediaFiles();

    // "index" in the plan
    void Add(std::size_t index, const DicomSummary& summary);

    // Documents, previews, INDEX.HTM, README.TXT, overlay: in this order, as each knows of those before.
    // Documents and previews for which "hasRoom" says no are left out
    std::vector<GeneratedFile> MakeFiles(const std::function<bool(std::uint64_t)>& hasRoom);

    // The last file of a medium
    GeneratedFile MakeDicomDir();

    // What these files will take at most, documents and previews apart
    std::uint64_t GetReservedBytes() const;

    // Without patient data; once everything is written
    std::vector<std::string> GetWarnings() const;

  private:
    struct PImpl;
    std::unique_ptr<PImpl> pimpl_;
  };
} // namespace OrthancPlugins
