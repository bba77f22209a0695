// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "../Core/HostVersion.h"

#include <string_view>

namespace OrthancPlugins
{
  // Whether that version of the host knows this transfer syntax UID, be it able to transcode to it or
  // not
  bool IsKnownTransferSyntax(std::string_view uid, const HostVersion& version);
} // namespace OrthancPlugins
