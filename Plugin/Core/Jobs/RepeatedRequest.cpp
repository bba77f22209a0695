// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "RepeatedRequest.h"

#include "../Failure.h"

#include <optional>
#include <tuple>

namespace OrthancPlugins
{
  namespace
  {
    auto GetContent(const ArchiveRequest& request)
    {
      return std::tie(request.kind, request.format, request.level, request.resources,
                      request.isPost, request.isUtf8, request.density, request.onMissing,
                      request.onTranscodeFailure, request.hasManifest, request.naming,
                      request.isEncrypted);
    }

    auto GetContent(const MediaRequest& media)
    {
      return std::tie(media.isExtended, media.profile, media.hasReadme, media.hasPdf,
                      media.hasIndex, media.overlay, media.volumeSizeMB);
    }

    auto GetContent(const TranscodeTarget& target)
    {
      return std::tie(target.transferSyntaxUid, target.lossyQuality);
    }

    bool IsSame(const std::optional<TranscodeTarget>& first,
                const std::optional<TranscodeTarget>& second)
    {
      return first.has_value() == second.has_value() &&
             (!first.has_value() || GetContent(*first) == GetContent(*second));
    }
  } // namespace

  void RequireSameArchive(const ArchiveRequest& first, const ArchiveRequest& repeated)
  {
    if (GetContent(first) != GetContent(repeated) ||
        GetContent(first.media) != GetContent(repeated.media) ||
        !IsSame(first.transcode, repeated.transcode))
    {
      throw Failure(FailureKind::Conflict,
                    "The Idempotency-Key belongs to an earlier request for another archive");
    }
  }
} // namespace OrthancPlugins
