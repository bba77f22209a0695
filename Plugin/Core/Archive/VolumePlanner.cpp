// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "VolumePlanner.h"

#include "CompressionPolicy.h"
#include "EntryPipeline.h"

#include "../Failure.h"
#include "../Media/OverlayFolder.h"

#include <cstdint>
#include <utility>

namespace OrthancPlugins
{
  namespace
  {
    constexpr std::uint64_t MEGABYTE = 1'000'000; // as on the box
    constexpr std::size_t MAX_FILE_SET_ID = 16;   // CS

    // Headers of an entry in a ZIP, with ZIP64, time stamp and encryption, twice its path; records of
    // an image's directories
    constexpr std::uint64_t ENTRY_BYTES = 512;

    constexpr std::uint64_t SECTOR_BYTES = 2048; // ECMA-119 6.1.2
    constexpr std::uint64_t RECORD_BYTES = 1024; // of a file, in the DICOMDIR
    constexpr std::uint64_t SERIES_BYTES =
      8 * 1024; // of a series and what is above it, and its part
                // of README.TXT and INDEX.HTM
    constexpr std::uint64_t VOLUME_BYTES =
      128 * 1024; // DICOMDIR without records, README.TXT, image

    // What decompressing may make of a file
    constexpr std::uint64_t DECODED_FACTOR = 4;

    std::uint64_t GetFileBytes(const PlannedEntry& entry, const BuilderOptions& options)
    {
      const bool isTranscoded =
        options.transcode.has_value() || options.media->request.profile != MediaProfile::None;
      const bool isCompressed = IsCompressedTransferSyntax(entry.instance.transferSyntaxUid);
      const std::uint64_t factor = isTranscoded && isCompressed ? DECODED_FACTOR : 1;
      std::uint64_t sizeBytes = factor * entry.instance.sizeBytes;
      if (EntryPipeline::GetMethod(entry, options.density) == ZipMethod::Deflated)
      {
        sizeBytes = EntryPipeline::GetDeflateBound(sizeBytes);
      }
      return sizeBytes;
    }

    std::uint64_t GetBytes(const PlannedEntry& entry, const BuilderOptions& options)
    {
      return GetFileBytes(entry, options) + SECTOR_BYTES + ENTRY_BYTES + RECORD_BYTES +
             (entry.isSeriesStart ? SERIES_BYTES : 0);
    }

    // What every volume has, whatever its files are
    std::uint64_t GetCommonBytes(const BuilderOptions& options)
    {
      std::uint64_t sizeBytes = VOLUME_BYTES + options.media->institutionText.size() * 8;
      if (!options.media->overlayDirectory.empty())
      {
        const OverlayFolder overlay(options.media->overlayDirectory);
        for (const OverlayFile& file : overlay.GetFiles())
        {
          sizeBytes += file.sizeBytes + SECTOR_BYTES + ENTRY_BYTES;
        }
      }
      return sizeBytes;
    }

    /**
     * Fills volumes one after the other.
     **/
    class VolumeFiller
    {
    public:
      VolumeFiller(const ArchivePlan& plan, const BuilderOptions& options)
        : options_(options),
          limitBytes_(*FindVolumeBytes(options)),
          commonBytes_(GetCommonBytes(options)),
          hasUtf8Names_(plan.hasUtf8Names)
      {
        if (commonBytes_ > limitBytes_)
        {
          throw Failure(FailureKind::OutOfRange, "\"VolumeSizeMB\" is too small for any medium");
        }
        Begin();
      }

      // A whole series, or the part of it that is asked for
      void Add(PlannedEntry* begin, PlannedEntry* end)
      {
        std::uint64_t seriesBytes = 0;
        for (const PlannedEntry* entry = begin; entry != end; entry++)
        {
          seriesBytes += GetBytes(*entry, options_);
        }
        if (usedBytes_ + seriesBytes > limitBytes_ && !volumes_.back().entries.empty())
        {
          Begin();
        }
        for (PlannedEntry* entry = begin; entry != end; entry++)
        {
          AddEntry(std::move(*entry));
        }
      }

      std::vector<ArchivePlan> Finish()
      {
        for (ArchivePlan& volume : volumes_)
        {
          NameMediaFiles(volume);
        }
        return std::move(volumes_);
      }

    private:
      void Begin()
      {
        volumes_.emplace_back();
        volumes_.back().hasUtf8Names = hasUtf8Names_;
        usedBytes_ = commonBytes_;
      }

      void AddEntry(PlannedEntry&& entry)
      {
        std::uint64_t bytes = GetBytes(entry, options_);
        if (usedBytes_ + bytes > limitBytes_ && !volumes_.back().entries.empty())
        {
          Begin();
          if (!entry.isSeriesStart)
          {
            entry.isSeriesStart = true;
            bytes = GetBytes(entry, options_);
          }
        }
        if (usedBytes_ + bytes > limitBytes_)
        {
          throw Failure(FailureKind::OutOfRange,
                        "Instance " + entry.instance.id + " does not fit into a volume of " +
                          std::to_string(limitBytes_ / MEGABYTE) + " MB (\"VolumeSizeMB\")");
        }
        ArchivePlan& volume = volumes_.back();
        volume.uncompressedBytes += entry.instance.sizeBytes;
        volume.entries.push_back(std::move(entry));
        usedBytes_ += bytes;
      }

      const BuilderOptions& options_;
      const std::uint64_t limitBytes_;
      const std::uint64_t commonBytes_;
      const bool hasUtf8Names_;
      std::vector<ArchivePlan> volumes_;
      std::uint64_t usedBytes_ = 0;
    };
  } // namespace

  std::optional<std::uint64_t> FindVolumeBytes(const BuilderOptions& options)
  {
    if (!options.media.has_value() || options.media->request.volumeSizeMB == 0)
    {
      return std::nullopt;
    }
    return options.media->request.volumeSizeMB * MEGABYTE;
  }

  std::vector<ArchivePlan> PlanVolumes(ArchivePlan plan, const BuilderOptions& options)
  {
    std::vector<ArchivePlan> volumes;
    if (!FindVolumeBytes(options).has_value())
    {
      volumes.push_back(std::move(plan));
      return volumes;
    }
    VolumeFiller filler(plan, options);
    std::size_t begin = 0;
    while (begin < plan.entries.size())
    {
      std::size_t end = begin + 1;
      while (end < plan.entries.size() && !plan.entries[end].isSeriesStart)
      {
        end++;
      }
      filler.Add(plan.entries.data() + begin, plan.entries.data() + end);
      begin = end;
    }
    return filler.Finish();
  }

  void CheckVolume(std::size_t index, std::uint64_t sizeBytes, const BuilderOptions& options)
  {
    const std::optional<std::uint64_t> limitBytes = FindVolumeBytes(options);
    if (limitBytes.has_value() && sizeBytes > *limitBytes)
    {
      throw Failure(FailureKind::TooLarge,
                    "Volume " + std::to_string(index + 1) + " has become larger than " +
                      std::to_string(options.media->request.volumeSizeMB) + " MB");
    }
  }

  std::string MakeFileSetId(std::size_t index, std::size_t count)
  {
    if (count == 1)
    {
      return "ORTHANC_MEDIA";
    }
    const std::string number = std::to_string(index + 1);
    const std::string name = "ORTHANC_MEDIA_" + number;
    return name.size() <= MAX_FILE_SET_ID ? name : "ORTHANC_" + number;
  }
} // namespace OrthancPlugins
