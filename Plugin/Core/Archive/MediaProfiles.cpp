// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "MediaProfiles.h"

namespace OrthancPlugins
{
  namespace
  {
    bool IsJpeg(std::string_view uid)
    {
      return uid == "1.2.840.10008.1.2.4.50" || // baseline
             uid == "1.2.840.10008.1.2.4.51" || // extended
             uid == "1.2.840.10008.1.2.4.70";   // lossless, first-order prediction
    }

    bool IsJpeg2000(std::string_view uid)
    {
      return uid == "1.2.840.10008.1.2.4.90" || // lossless only
             uid == "1.2.840.10008.1.2.4.91";
    }
  } // namespace

  bool IsAllowedOnMedia(MediaProfile profile, std::string_view transferSyntaxUid)
  {
    switch (profile)
    {
    case MediaProfile::None:
      return true;
    case MediaProfile::StdGenCd:
      break;
    case MediaProfile::StdGenDvdJpeg:
    case MediaProfile::StdGenUsbJpeg:
      return transferSyntaxUid == EXPLICIT_VR_LITTLE_ENDIAN || IsJpeg(transferSyntaxUid);
    case MediaProfile::StdGenDvdJ2k:
    case MediaProfile::StdGenUsbJ2k:
      return transferSyntaxUid == EXPLICIT_VR_LITTLE_ENDIAN || IsJpeg2000(transferSyntaxUid);
    }
    return transferSyntaxUid == EXPLICIT_VR_LITTLE_ENDIAN;
  }

  const char* GetProfileName(MediaProfile profile)
  {
    switch (profile)
    {
    case MediaProfile::None:
      break;
    case MediaProfile::StdGenCd:
      return "STD-GEN-CD";
    case MediaProfile::StdGenDvdJpeg:
      return "STD-GEN-DVD-JPEG";
    case MediaProfile::StdGenUsbJpeg:
      return "STD-GEN-USB-JPEG";
    case MediaProfile::StdGenDvdJ2k:
      return "STD-GEN-DVD-J2K";
    case MediaProfile::StdGenUsbJ2k:
      return "STD-GEN-USB-J2K";
    }
    return "";
  }
} // namespace OrthancPlugins
