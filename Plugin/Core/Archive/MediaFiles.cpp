// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "MediaFiles.h"

#include "../Dicom/DicomDirBuilder.h"

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

    DicomDirOptions MakeDirectoryOptions(const MediaBuild& build)
    {
      DicomDirOptions options;
      options.fileSetId = build.fileSetId;
      options.isExtended = build.request.isExtended;
      options.fallbackDate = FormatUtc(build.createdUtc, "%Y%m%d");
      options.fallbackTime = FormatUtc(build.createdUtc, "%H%M%S");
      return options;
    }
  } // namespace

  struct MediaFiles::PImpl
  {
    PImpl(const ArchivePlan& planArgument, const MediaBuild& build)
      : plan(planArgument),
        directory(MakeDirectoryOptions(build))
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
