// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "HostConfiguration.h"

#include "HostBuffer.h"

#include "../Core/Failure.h"

namespace OrthancPlugins
{
  std::string GetHostConfiguration(OrthancPluginContext* context)
  {
    const HostString text = OwnString(context, OrthancPluginGetConfiguration(context));
    if (text == nullptr)
    {
      throw Failure(FailureKind::Internal, "The configuration of Orthanc cannot be read");
    }
    return text.get();
  }
} // namespace OrthancPlugins
