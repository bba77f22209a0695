// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "../Core/HostVersion.h"
#include "../Core/Settings.h"

namespace OrthancPlugins
{
  // Whether the host compresses buffers for clients that take gzip: then we must not. Orthanc before 1.12
  // compresses the answers of plugins unless told otherwise, newer ones if told so. Between them the
  // default has changed: there, nobody compresses
  inline bool IsHostCompressing(const HostSettings& settings, const HostVersion& version)
  {
    return settings.isCompressing.value_or(!version.IsAtLeast(1, 12, 7));
  }
} // namespace OrthancPlugins
