// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "HostLog.h"

#include "GlobalContext.h"

namespace OrthancPlugins
{
  void LogInfo(const std::string& line) noexcept
  {
    if (OrthancPluginContext* const context = FindGlobalContext())
    {
      OrthancPluginLogInfo(context, line.c_str());
    }
  }

  void LogWarning(const std::string& line) noexcept
  {
    if (OrthancPluginContext* const context = FindGlobalContext())
    {
      OrthancPluginLogWarning(context, line.c_str());
    }
  }

  void LogError(const std::string& line) noexcept
  {
    if (OrthancPluginContext* const context = FindGlobalContext())
    {
      OrthancPluginLogError(context, line.c_str());
    }
  }
} // namespace OrthancPlugins
