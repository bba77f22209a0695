// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "ReportFiles.h"

#include <algorithm>
#include <functional>

namespace OrthancPlugins
{
  namespace
  {
    constexpr const char* MISSING_PATH = "MISSING.txt";
    constexpr const char* TRANSCODING_PATH = "TRANSCODING.txt";

    constexpr const char* MISSING_TITLE =
      "These instances could not be read and are not in this archive "
      "(Orthanc identifier, tab, path they would have had):\n";

    GeneratedFile MakeLinesFile(const char* path,
                                std::size_t linesCount,
                                const std::function<std::string(std::size_t)>& makeLine)
    {
      GeneratedFile file;
      file.path = path;
      file.piecesCount = linesCount;
      file.write = [makeLine](std::size_t index, IByteSink& sink)
      {
        const std::string line = makeLine(index);
        sink.Write(line.data(), line.size());
      };
      return file;
    }
  } // namespace

  std::string MakeManifestLine(const Sha256Digest& digest, std::string_view path)
  {
    return FormatDigest(digest).append("  ").append(path).append("\n");
  }

  ReportFiles::ReportFiles(const ArchivePlan& plan, bool hasManifest, bool hasTranscoding)
    : plan_(plan),
      hasManifest_(hasManifest)
  {
    if (hasManifest)
    {
      digests_.resize(plan.entries.size());
    }
    if (hasManifest && hasTranscoding)
    {
      origins_.resize(plan.entries.size(), EntryOrigin::Original);
    }
  }

  void ReportFiles::NoteEntry(std::size_t index, EntryOrigin origin, const Sha256Digest& digest)
  {
    if (hasManifest_)
    {
      digests_[index] = digest;
      listed_.push_back(index);
    }
    if (!origins_.empty())
    {
      origins_[index] = origin;
    }
  }

  void ReportFiles::NoteGenerated(const std::string& path, const Sha256Digest& digest)
  {
    if (hasManifest_)
    {
      generated_.emplace_back(path, digest);
    }
  }

  bool ReportFiles::IsMissing(std::size_t index) const
  {
    return std::binary_search(missing_.begin(), missing_.end(), index);
  }

  std::string ReportFiles::MakeMissingLine(std::size_t line) const
  {
    if (line == 0)
    {
      return MISSING_TITLE;
    }
    const PlannedEntry& planned = plan_.entries[missing_[line - 1]];
    return planned.instance.id + "\t" + planned.path + "\n";
  }

  std::string ReportFiles::MakeTranscodingLine(std::size_t line) const
  {
    const PlannedEntry& planned = plan_.entries[listed_[line]];
    const EntryOrigin origin = origins_[listed_[line]];
    const char* const what = origin == EntryOrigin::Transcoded ? "transcoded"
                             : origin == EntryOrigin::Kept     ? "kept"
                                                               : "unchanged";
    return planned.instance.id + "\t" + what + "\t" + planned.path + "\n";
  }

  std::string ReportFiles::MakeManifestLineOf(std::size_t line) const
  {
    if (line < listed_.size())
    {
      return MakeManifestLine(digests_[listed_[line]], plan_.entries[listed_[line]].path);
    }
    const auto& [path, digest] = generated_[line - listed_.size()];
    return MakeManifestLine(digest, path);
  }

  std::vector<GeneratedFile> ReportFiles::MakeReports() const
  {
    std::vector<GeneratedFile> files;
    if (!missing_.empty())
    {
      files.push_back(MakeLinesFile(MISSING_PATH, missing_.size() + 1,
                                    [this](std::size_t line) { return MakeMissingLine(line); }));
    }
    if (!origins_.empty())
    {
      files.push_back(MakeLinesFile(TRANSCODING_PATH, listed_.size(),
                                    [this](std::size_t line)
                                    { return MakeTranscodingLine(line); }));
    }
    return files;
  }

  GeneratedFile ReportFiles::MakeManifest() const
  {
    return MakeLinesFile(MANIFEST_PATH, listed_.size() + generated_.size(),
                         [this](std::size_t line) { return MakeManifestLineOf(line); });
  }
} // namespace OrthancPlugins
