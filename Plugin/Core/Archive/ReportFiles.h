// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "ArchivePlan.h"
#include "EntrySource.h"
#include "GeneratedFile.h"
#include "Sha256.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace OrthancPlugins
{
  // One line of the manifest, as sha256sum makes it
  std::string MakeManifestLine(const Sha256Digest& digest, std::string_view path);

  constexpr const char* MANIFEST_PATH = "MANIFEST.sha256";

  /**
   * What is told about the files of an archive at its end: MISSING.txt, TRANSCODING.txt and
   * MANIFEST.sha256. Keeps references to the plan. Not thread-safe.
   *
   * Order of calls: (NoteMissing() | NoteEntry())*, then the files; NoteGenerated() for each file of
   * ours before the manifest.
   **/
  class ReportFiles
  {
  public:
    ReportFiles(const ArchivePlan& plan, bool hasManifest, bool hasTranscoding);

    // Indices in the plan, ascending
    void NoteMissing(std::size_t index) { missing_.push_back(index); }
    void NoteEntry(std::size_t index, EntryOrigin origin, const Sha256Digest& digest);
    void NoteGenerated(const std::string& path, const Sha256Digest& digest);

    bool IsMissing(std::size_t index) const;

    // What became of the files, without the manifest
    std::vector<GeneratedFile> MakeReports() const;

    // Of everything that was noted; only if there is a manifest
    GeneratedFile MakeManifest() const;

  private:
    std::string MakeMissingLine(std::size_t line) const;
    std::string MakeTranscodingLine(std::size_t line) const;
    std::string MakeManifestLineOf(std::size_t line) const;

    const ArchivePlan& plan_;
    const bool hasManifest_;
    std::vector<Sha256Digest> digests_; // if there is a manifest
    std::vector<EntryOrigin> origins_;  // if there is an account of the transcoding
    std::vector<std::size_t> missing_;  // indices in the plan, ascending
    std::vector<std::size_t> listed_;   // those with bytes in the archive, if there is a manifest
    std::vector<std::pair<std::string, Sha256Digest>> generated_;
  };
} // namespace OrthancPlugins
