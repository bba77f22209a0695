// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "ArchiveFingerprint.h"

#include "Sha256.h"

#include "../Media/OverlayFolder.h"

#include <string_view>

namespace OrthancPlugins
{
  namespace
  {
    // To be changed with every change of the engine that gives other bytes for the same plan
    constexpr std::string_view ENGINE_VERSION = "OrthancAdvancedRest engine 2";

    constexpr std::size_t BUFFER_BYTES = 64 * 1024;

    // Values one after the other, such that other values never give the same bytes
    class ValueDigest
    {
    public:
      ValueDigest() { digest_.Begin(); }

      void AddNumber(std::uint64_t value)
      {
        for (unsigned i = 0; i < 8; i++)
        {
          buffer_.push_back(
            static_cast<char>(static_cast<unsigned char>((value >> (8 * i)) & 0xFF)));
        }
      }

      void AddText(std::string_view text)
      {
        AddNumber(text.size());
        buffer_.append(text);
        if (buffer_.size() >= BUFFER_BYTES)
        {
          Flush();
        }
      }

      std::string Finish()
      {
        Flush();
        return FormatDigest(digest_.End());
      }

    private:
      void Flush()
      {
        digest_.Update(buffer_.data(), buffer_.size());
        buffer_.clear();
      }

      Sha256 digest_;
      std::string buffer_;
    };

    void AddOptions(ValueDigest& digest, const BuilderOptions& options)
    {
      digest.AddNumber(static_cast<std::uint64_t>(options.density));
      digest.AddNumber(static_cast<std::uint64_t>(options.onMissing));
      digest.AddNumber(static_cast<std::uint64_t>(options.onTranscodeFailure));
      digest.AddNumber(options.hasManifest ? 1 : 0);
      digest.AddNumber(options.transcode.has_value() ? 1 : 0);
      if (options.transcode.has_value())
      {
        digest.AddText(options.transcode->transferSyntaxUid);
        digest.AddNumber(options.transcode->lossyQuality.has_value() ? 1 : 0);
        digest.AddNumber(options.transcode->lossyQuality.value_or(0));
      }
    }

    void AddOverlay(ValueDigest& digest, const std::string& directory)
    {
      if (directory.empty())
      {
        return;
      }
      const OverlayFolder overlay(directory);
      for (const OverlayFile& file : overlay.GetFiles())
      {
        digest.AddText(file.path);
        digest.AddNumber(file.sizeBytes);
        digest.AddNumber(static_cast<std::uint64_t>(file.modifiedUtc));
      }
    }

    // Nothing for an archive, whose fingerprint stays what it was
    void AddMedia(ValueDigest& digest, const BuilderOptions& options)
    {
      if (!options.media.has_value())
      {
        return;
      }
      const MediaRequest& request = options.media->request;
      digest.AddText("medium");
      digest.AddText(options.media->fileSetId);
      digest.AddNumber((request.isExtended ? 1u : 0u) | (request.hasReadme ? 2u : 0u) |
                       (request.hasPdf ? 4u : 0u) | (request.hasIndex ? 8u : 0u));
      digest.AddNumber(static_cast<std::uint64_t>(request.profile));
      digest.AddNumber(request.volumeSizeMB);
      digest.AddNumber(static_cast<std::uint64_t>(options.format));
      digest.AddText(request.overlay);
      digest.AddText(options.media->institutionText);
      AddOverlay(digest, options.media->overlayDirectory);
    }

    void AddEntry(ValueDigest& digest, const PlannedEntry& entry)
    {
      const StoredInstance& instance = entry.instance;
      digest.AddText(entry.path);
      digest.AddText(instance.id);
      digest.AddText(instance.attachmentUuid);
      digest.AddText(instance.transferSyntaxUid);
      digest.AddNumber(instance.sizeBytes);
      digest.AddNumber((instance.receptionUtc.has_value() ? 1u : 0u) | (entry.isStored ? 2u : 0u));
      digest.AddNumber(static_cast<std::uint64_t>(instance.receptionUtc.value_or(0)));
    }
  } // namespace

  std::string ComputeFingerprint(const ArchivePlan& plan, const BuilderOptions& options)
  {
    ValueDigest digest;
    digest.AddText(ENGINE_VERSION);
    AddOptions(digest, options);
    AddMedia(digest, options);
    digest.AddNumber(plan.hasUtf8Names ? 1 : 0);
    digest.AddNumber(plan.entries.size());
    for (const PlannedEntry& entry : plan.entries)
    {
      AddEntry(digest, entry);
    }
    return digest.Finish();
  }
} // namespace OrthancPlugins
