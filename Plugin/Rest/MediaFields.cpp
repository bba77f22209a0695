// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "MediaFields.h"

#include "RequestFields.h"

#include "../Core/Archive/MediaProfiles.h"

#include <json/value.h>

#include <limits>
#include <optional>

namespace OrthancPlugins
{
  namespace
  {
    constexpr std::size_t MAX_PASSWORD_BYTES = 1024;

    constexpr Choice<ArchiveFormat> FORMATS[] = {{"Zip", ArchiveFormat::Zip},
                                                 {"Iso", ArchiveFormat::Iso}};

    constexpr Choice<MediaProfile> PROFILES[] = {{"STD-GEN-CD", MediaProfile::StdGenCd},
                                                 {"STD-GEN-DVD-JPEG", MediaProfile::StdGenDvdJpeg},
                                                 {"STD-GEN-USB-JPEG", MediaProfile::StdGenUsbJpeg},
                                                 {"STD-GEN-DVD-J2K", MediaProfile::StdGenDvdJ2k},
                                                 {"STD-GEN-USB-J2K", MediaProfile::StdGenUsbJ2k}};

    Failure MakeVolumeFailure(const char* field)
    {
      return Failure(FailureKind::OutOfRange,
                     std::string("\"") + field + "\" must be an integer from 1 to 4294967295");
    }

    void CheckName(const std::string& overlay, const char* field)
    {
      if (overlay.empty())
      {
        throw Failure(FailureKind::OutOfRange,
                      std::string("\"") + field + "\" must be the name of an overlay");
      }
    }

    void RefuseForArchives(bool isThere, const char* field)
    {
      if (isThere)
      {
        throw Failure(FailureKind::OutOfRange, std::string("\"") + field + "\" is for media only");
      }
    }

    void CheckArchive(const ArchiveRequest& request)
    {
      const MediaRequest& media = request.media;
      RefuseForArchives(media.profile != MediaProfile::None, "Profile");
      RefuseForArchives(media.hasReadme, "Readme");
      RefuseForArchives(media.hasPdf, "Pdf");
      RefuseForArchives(media.hasIndex, "Index");
      RefuseForArchives(!media.overlay.empty(), "Overlay");
      RefuseForArchives(media.volumeSizeMB != 0, "VolumeSizeMB");
      RefuseForArchives(request.format == ArchiveFormat::Iso, "Format");
    }
  } // namespace

  void ReadMediaFields(ArchiveRequest& target, const Json::Value& fields)
  {
    MediaRequest& media = target.media;
    if (const std::optional<std::string> text = ReadString(fields, "Profile"))
    {
      media.profile = Choose(PROFILES, *text, "Profile");
    }
    if (const std::optional<std::string> text = ReadString(fields, "Format"))
    {
      target.format = Choose(FORMATS, *text, "Format");
    }
    media.hasReadme = ReadBoolean(fields, "Readme", media.hasReadme);
    media.hasPdf = ReadBoolean(fields, "Pdf", media.hasPdf);
    media.hasIndex = ReadBoolean(fields, "Index", media.hasIndex);
    if (const std::optional<std::string> text = ReadString(fields, "Overlay"))
    {
      CheckName(*text, "Overlay");
      media.overlay = *text;
    }
    if (fields.isMember("VolumeSizeMB"))
    {
      const Json::Value& value = GetInteger(fields, "VolumeSizeMB");
      if (!value.isUInt() || value.asUInt() == 0)
      {
        throw MakeVolumeFailure("VolumeSizeMB");
      }
      media.volumeSizeMB = value.asUInt();
    }
  }

  std::string ReadPassword(const Json::Value& fields)
  {
    if (!fields.isMember("Encrypt"))
    {
      return "";
    }
    const Json::Value& value = fields["Encrypt"];
    if (!value.isObject() || value.size() != 1 || !value["Password"].isString())
    {
      throw Failure(FailureKind::BadFormat,
                    "Field \"Encrypt\" must be an object with the string \"Password\" alone");
    }
    const std::string password = value["Password"].asString();
    if (password.empty() || password.size() > MAX_PASSWORD_BYTES)
    {
      throw Failure(FailureKind::OutOfRange, "The password in field \"Encrypt\" must have 1 to " +
                                               std::to_string(MAX_PASSWORD_BYTES) + " bytes");
    }
    return password;
  }

  void ReadMediaArguments(ArchiveRequest& target, const HttpRequest& request)
  {
    MediaRequest& media = target.media;
    media.isExtended =
      target.kind == ArchiveKind::Media && (media.isExtended || request.HasArgument("extended"));
    if (const std::optional<std::string> text = request.FindArgument("profile"))
    {
      media.profile = Choose(PROFILES, *text, "profile");
    }
    if (const std::optional<std::string> text = request.FindArgument("format"))
    {
      target.format = Choose(FORMATS, *text, "format");
    }
    media.hasReadme = ReadBooleanArgument(request, "readme", media.hasReadme);
    media.hasPdf = ReadBooleanArgument(request, "pdf", media.hasPdf);
    media.hasIndex = ReadBooleanArgument(request, "index", media.hasIndex);
    if (const std::optional<std::string> text = request.FindArgument("overlay"))
    {
      CheckName(*text, "overlay");
      media.overlay = *text;
    }
    if (request.HasArgument("volume-size-mb"))
    {
      const std::uint64_t value = request.GetUnsignedArgument("volume-size-mb", 0);
      if (value == 0 || value > std::numeric_limits<std::uint32_t>::max())
      {
        throw MakeVolumeFailure("volume-size-mb");
      }
      media.volumeSizeMB = static_cast<unsigned>(value);
    }
    if (request.HasArgument("encrypt") || request.HasArgument("password"))
    {
      throw Failure(FailureKind::BadRequest,
                    "A password must not be part of a URL: POST the request with \"Encrypt\"");
    }
  }

  void CheckMedia(const ArchiveRequest& request, const MediaSettings& settings)
  {
    if (request.kind == ArchiveKind::Archive)
    {
      CheckArchive(request);
      return;
    }
    const MediaRequest& media = request.media;
    if (request.transcode.has_value() &&
        !IsAllowedOnMedia(media.profile, request.transcode->transferSyntaxUid))
    {
      throw Failure(FailureKind::OutOfRange,
                    std::string("\"Transcode\" names a transfer syntax that the profile ") +
                      GetProfileName(media.profile) + " does not allow");
    }
    if (!media.overlay.empty() && settings.overlays.count(media.overlay) == 0)
    {
      throw Failure(FailureKind::OutOfRange, "\"Overlay\" is not the name of an overlay");
    }
    if (request.isEncrypted && request.format == ArchiveFormat::Iso)
    {
      throw Failure(FailureKind::OutOfRange,
                    "\"Encrypt\" is for \"Format\": \"Zip\" only: an image has no encryption");
    }
  }
} // namespace OrthancPlugins
