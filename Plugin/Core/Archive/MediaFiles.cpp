// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "MediaFiles.h"

#include "../Dicom/DicomDirBuilder.h"

#include <algorithm>
#include <ctime>

namespace OrthancPlugins
{
  namespace
  {
    constexpr const char* DICOMDIR_PATH = "DICOMDIR";

    std::string FormatUtc(std::time_t utc, const char* format)
    {
      std::tm fields = {};
      gmtime_r(&utc, &fields);
      char text[16];
      return std::string(text, std::strftime(text, sizeof(text), format, &fields));
    }

    // For studies whose date no file knows: the last moment at which something was received, the same
    // for the same files
    std::time_t GetLatestReception(const ArchivePlan& plan)
    {
      std::time_t latest = 0;
      for (const PlannedEntry& entry : plan.entries)
      {
        latest = std::max(latest, entry.instance.receptionUtc.value_or(0));
      }
      return latest;
    }

    DicomDirOptions MakeDirectoryOptions(const ArchivePlan& plan, const MediaBuild& build)
    {
      const std::time_t fallback = GetLatestReception(plan);
      DicomDirOptions options;
      options.fileSetId = build.fileSetId;
      options.isExtended = build.request.isExtended;
      options.fallbackDate = FormatUtc(fallback, "%Y%m%d");
      options.fallbackTime = FormatUtc(fallback, "%H%M%S");
      return options;
    }
  } // namespace

  struct MediaFiles::PImpl
  {
    PImpl(const ArchivePlan& planArgument, const MediaBuild& build)
      : plan(planArgument),
        directory(MakeDirectoryOptions(planArgument, build))
    {
    }

    const ArchivePlan& plan;
    DicomDirBuilder directory;
  };

  MediaFiles::MediaFiles(const ArchivePlan& plan, const MediaBuild& build)
    : pimpl_(std::make_unique<PImpl>(plan, build))
  {
  }

  MediaFiles::~MediaFiles() = default;

  void MediaFiles::Add(std::size_t index, const DicomSummary& summary)
  {
    pimpl_->directory.Add(pimpl_->plan.entries[index].path, summary);
  }

  GeneratedFile MediaFiles::MakeDicomDir()
  {
    GeneratedFile file;
    file.path = DICOMDIR_PATH;
    file.write = [this](std::size_t, IByteSink& sink) { pimpl_->directory.Write(sink); };
    return file;
  }

  const std::vector<std::string>& MediaFiles::GetWarnings() const
  {
    return pimpl_->directory.GetWarnings();
  }
} // namespace OrthancPlugins
