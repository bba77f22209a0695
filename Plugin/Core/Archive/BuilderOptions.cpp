// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "BuilderOptions.h"

namespace OrthancPlugins
{
  namespace
  {
    MediaBuild MakeMediaBuild(const MediaRequest& request, const MediaSettings& settings)
    {
      MediaBuild build;
      build.request = request;
      build.institutionText = settings.institutionText;
      const auto overlay = settings.overlays.find(request.overlay);
      if (overlay != settings.overlays.end())
      {
        build.overlayDirectory = overlay->second;
      }
      return build;
    }

    // What is transcoded gets other UIDs by another run, which the DICOMDIR would not have; an image of
    // a volume begins with what is known last; keys are never written
    bool IsContinued(const BuilderOptions& options)
    {
      const bool isTranscoded =
        options.transcode.has_value() ||
        (options.media.has_value() && options.media->request.profile != MediaProfile::None);
      return options.format == ArchiveFormat::Zip && !options.isEncrypted &&
             !(options.media.has_value() && isTranscoded);
    }
  } // namespace

  BuilderOptions MakeBuilderOptions(const ArchiveRequest& request, const ArchiveSettings& settings)
  {
    BuilderOptions options;
    options.density =
      request.format == ArchiveFormat::Iso ? ArchiveDensity::Store : request.density;
    options.onMissing = request.onMissing;
    options.onTranscodeFailure = request.onTranscodeFailure;
    options.transcode = request.transcode;
    options.hasManifest = request.hasManifest;
    if (request.kind == ArchiveKind::Media)
    {
      options.media = MakeMediaBuild(request.media, settings.media);
    }
    options.format = request.format;
    options.isEncrypted = request.isEncrypted;
    options.temporaryDirectory = settings.temporaryDirectory;
    options.threads = settings.threads;
    options.windowBytes = settings.windowBytes;
    options.hasJournal = IsContinued(options);
    return options;
  }
} // namespace OrthancPlugins
