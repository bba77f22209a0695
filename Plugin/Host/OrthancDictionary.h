// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "SdkFeatures.h"

#include "../Core/Dicom/PrivateDictionary.h"

namespace OrthancPlugins
{
  // Puts a private attribute into the host's dictionary, so that its own routes show it. What the host
  // refuses (it knows another VR, another attribute has the name, its SDK has no such VR) is a warning in
  // the log
  void AnnouncePrivateTag(OrthancPluginContext* context, const PrivateTag& tag);
} // namespace OrthancPlugins
