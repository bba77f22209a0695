// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "HostConfiguration.h"

#include "HostBuffer.h"

#include "../Core/Failure.h"

#include <filesystem>

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

  std::string GetHostBaseDirectory(OrthancPluginContext* context)
  {
    // Not by OrthancPluginGetConfigurationPath(): newer SDKs call it deprecated, as there may be several
    // files; the host gives the path of the first, which is where its relative paths start
    char* result = nullptr;
    _OrthancPluginRetrieveDynamicString parameters;
    parameters.result = &result;
    parameters.argument = nullptr;
    const OrthancPluginErrorCode code =
      context->InvokeService(context, _OrthancPluginService_GetConfigurationPath, &parameters);
    const HostString text =
      OwnString(context, code == OrthancPluginErrorCode_Success ? result : nullptr);
    const std::filesystem::path path = text == nullptr ? "" : text.get();
    if (path.empty())
    {
      return std::filesystem::current_path().string();
    }
    const std::filesystem::path absolute = std::filesystem::absolute(path);
    return (std::filesystem::is_directory(absolute) ? absolute : absolute.parent_path()).string();
  }
} // namespace OrthancPlugins
