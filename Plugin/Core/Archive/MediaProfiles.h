// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "../ArchivePolicies.h"

#include <string_view>

namespace OrthancPlugins
{
  // What every general purpose profile allows, and to what is transcoded what does not fit
  constexpr const char* EXPLICIT_VR_LITTLE_ENDIAN = "1.2.840.10008.1.2.1";

  // Whether the files of such a medium may have that transfer syntax (PS3.11 annexes D, H, J)
  bool IsAllowedOnMedia(MediaProfile profile, std::string_view transferSyntaxUid);

  // As in PS3.11 ("STD-GEN-CD"); empty without a profile
  const char* GetProfileName(MediaProfile profile);
} // namespace OrthancPlugins
