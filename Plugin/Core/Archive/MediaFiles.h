// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "ArchivePlan.h"
#include "BuilderOptions.h"
#include "GeneratedFile.h"

#include "../Dicom/DicomSummary.h"

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace OrthancPlugins
{
  /**
   * What a medium has beside the files of its plan: the DICOMDIR, and what was asked for.
   *
   * Order of calls: Add() for each file that is on the medium, in the order of the plan; then the
   * others. Keeps references to the plan. Not thread-safe.
   **/
  class MediaFiles
  {
  public:
    MediaFiles(const ArchivePlan& plan, const MediaBuild& build);
    ~MediaFiles();

    // "index" in the plan
    void Add(std::size_t index, const DicomSummary& summary);

    // The last file of a medium
    GeneratedFile MakeDicomDir();

    // Of the DICOMDIR, without patient data
    const std::vector<std::string>& GetWarnings() const;

  private:
    struct PImpl;
    std::unique_ptr<PImpl> pimpl_;
  };
} // namespace OrthancPlugins
