// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "../IDicomStore.h"

#include <cstddef>
#include <cstdint>
#include <ctime>
#include <memory>
#include <string>
#include <vector>

namespace OrthancPlugins
{
  struct OverlayFile
  {
    std::string path; // below the folder, as on the medium: a safe path of a ZIP archive
    std::uint64_t sizeBytes = 0;
    std::time_t modifiedUtc = 0;
  };

  /**
   * A folder that the administrator has named, to be copied onto media: a portable viewer, autorun. All
   * regular files below it, hidden ones included; no link is followed below it, special files are left
   * out.
   *
   * Thread-safe once it is made.
   **/
  class OverlayFolder
  {
  public:
    static constexpr std::size_t USUAL_FILES = 100000;

    // Lists the files, sorted by their paths. Throws Failure(SourceMissing) if there is no such folder
    // or a part of it cannot be read, Failure(TooLarge) for more than "maxFiles", Failure(Conflict) for
    // a name that a medium cannot have, or has for its own files (DICOMDIR, IMAGES..., whatever the case
    // of their letters). Messages name paths below the folder only
    OverlayFolder(const std::string& directory, std::size_t maxFiles);

    // At most USUAL_FILES
    explicit OverlayFolder(const std::string& directory);

    ~OverlayFolder();
    OverlayFolder(const OverlayFolder&) = delete;
    OverlayFolder& operator=(const OverlayFolder&) = delete;

    const std::vector<OverlayFile>& GetFiles() const { return files_; }

    // Throws Failure(SourceMissing), also when read, if the file has not the listed size any more
    std::unique_ptr<IInstanceData> Open(const OverlayFile& file) const;

  private:
    const int directory_;
    std::vector<OverlayFile> files_;
  };
} // namespace OrthancPlugins
