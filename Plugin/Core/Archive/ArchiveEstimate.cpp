// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "ArchiveEstimate.h"

#include "ArchiveBuilder.h"
#include "CompressionPolicy.h"
#include "EntryPipeline.h"
#include "MediaProfiles.h"

#include "../Zip/ZipLength.h"

#include <algorithm>

namespace OrthancPlugins
{
  namespace
  {
    // CT, MR and multi-frame images without compression, deflated, as measured
    constexpr unsigned FAST_PERCENT = 55;
    constexpr unsigned DENSE_PERCENT = 54;

    // Pixel data that are compressed or decompressed by transcoding
    constexpr unsigned ENCODED_PERCENT = 50;
    constexpr unsigned DECODED_PERCENT = 250;

    // The header of the smallest DICOM file does not become smaller
    constexpr std::uint64_t MIN_DEFLATED_BYTES = 512;

    constexpr std::uint64_t MANIFEST_LINE_BYTES = 64 + 2 + 1;    // besides the path
    constexpr std::uint64_t TRANSCODING_LINE_BYTES = 10 + 2 + 1; // besides identifier and path

    constexpr std::uint64_t DICOMDIR_BYTES = 2048;
    constexpr std::uint64_t RECORD_BYTES = 512; // of a file, with its share of what is above it

    constexpr std::uint64_t ENCRYPTED_FILE_BYTES = 28 + 2 * 11; // WinZip AE-2
    constexpr std::uint64_t ISO_BYTES = 512 * 1024;
    constexpr std::uint64_t ISO_FILE_BYTES = 1024; // half a sector in the mean

    std::uint64_t GetShare(std::uint64_t sizeBytes, unsigned percent)
    {
      return sizeBytes / 100 * percent + sizeBytes % 100 * percent / 100;
    }

    // Of one that is transcoded; empty: it is not
    std::string GetTarget(const PlannedEntry& entry, const BuilderOptions& options)
    {
      const std::string& stored = entry.instance.transferSyntaxUid;
      if (options.transcode.has_value())
      {
        const std::string& target = options.transcode->transferSyntaxUid;
        return stored == target ? "" : target;
      }
      const bool fits =
        !options.media.has_value() || IsAllowedOnMedia(options.media->request.profile, stored);
      return fits ? "" : EXPLICIT_VR_LITTLE_ENDIAN;
    }

    std::uint64_t GetTranscodedBytes(const StoredInstance& instance, bool isTargetCompressed)
    {
      const bool isSourceCompressed = IsCompressedTransferSyntax(instance.transferSyntaxUid);
      return isSourceCompressed == isTargetCompressed
               ? instance.sizeBytes
               : GetShare(instance.sizeBytes,
                          isTargetCompressed ? ENCODED_PERCENT : DECODED_PERCENT);
    }

    std::uint64_t GetDeflatedBytes(std::uint64_t sizeBytes, ArchiveDensity density)
    {
      const unsigned percent = density == ArchiveDensity::Dense ? DENSE_PERCENT : FAST_PERCENT;
      return std::max(GetShare(sizeBytes, percent), std::min(sizeBytes, MIN_DEFLATED_BYTES));
    }

    ZipRecord MakeExpectedRecord(const PlannedEntry& entry, const BuilderOptions& options)
    {
      std::uint64_t sizeBytes = entry.instance.sizeBytes;
      ZipMethod method = EntryPipeline::GetMethod(entry, options.density);
      const std::string target = GetTarget(entry, options);
      if (!target.empty())
      {
        const bool isCompressed = IsCompressedTransferSyntax(target);
        sizeBytes = GetTranscodedBytes(entry.instance, isCompressed);
        method = isCompressed || options.density == ArchiveDensity::Store ? ZipMethod::Stored
                                                                          : ZipMethod::Deflated;
      }
      ZipRecord record = MakeStoredRecord(entry.path, sizeBytes, entry.instance.receptionUtc, 0);
      if (method == ZipMethod::Deflated)
      {
        record.method = method;
        record.compressedBytes = GetDeflatedBytes(sizeBytes, options.density);
        record.hasDescriptor = sizeBytes > EntryPipeline::SINGLE_PIECE_BYTES;
      }
      return record;
    }

    // What encryption and images of volumes add
    std::uint64_t GetContainerBytes(const ArchivePlan& plan, const BuilderOptions& options)
    {
      const std::uint64_t filesCount = plan.entries.size() + 1;
      if (options.format == ArchiveFormat::Iso)
      {
        return ISO_BYTES + filesCount * ISO_FILE_BYTES;
      }
      return options.isEncrypted ? filesCount * ENCRYPTED_FILE_BYTES : 0;
    }

    std::uint64_t EstimateLength(const ArchivePlan& plan, const BuilderOptions& options)
    {
      ZipLength length;
      std::uint64_t manifestBytes = 0;
      std::uint64_t transcodingBytes = 0;
      for (const PlannedEntry& entry : plan.entries)
      {
        length.AddEntry(MakeExpectedRecord(entry, options));
        manifestBytes += MANIFEST_LINE_BYTES + entry.path.size();
        transcodingBytes += TRANSCODING_LINE_BYTES + entry.instance.id.size() + entry.path.size();
      }
      if (options.hasManifest)
      {
        length.AddStoredEntry("MANIFEST.sha256", manifestBytes, std::nullopt);
      }
      if (options.hasManifest && options.transcode.has_value())
      {
        length.AddStoredEntry("TRANSCODING.txt", transcodingBytes, std::nullopt);
      }
      if (options.media.has_value())
      {
        length.AddStoredEntry("DICOMDIR", DICOMDIR_BYTES + RECORD_BYTES * plan.entries.size(),
                              std::nullopt);
      }
      return length.GetTotalBytes() + GetContainerBytes(plan, options);
    }
  } // namespace

  ArchiveEstimate EstimateArchive(const ArchivePlan& plan, const BuilderOptions& options)
  {
    const std::optional<std::uint64_t> exactLength = ArchiveBuilder::GetExactLength(plan, options);
    ArchiveEstimate estimate;
    estimate.instancesCount = plan.entries.size();
    estimate.uncompressedBytes = plan.uncompressedBytes;
    estimate.isExact = exactLength.has_value();
    estimate.expectedBytes = exactLength.has_value() ? *exactLength : EstimateLength(plan, options);
    return estimate;
  }
} // namespace OrthancPlugins
