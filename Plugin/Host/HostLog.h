// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include <string>

namespace OrthancPlugins
{
  // One line in the host's log; nothing without a global context. No patient data. Never throw.
  // Not by OrthancPluginLogMessage: hosts before 1.12.4 would lose the text
  void LogInfo(const std::string& line) noexcept;
  void LogWarning(const std::string& line) noexcept;
  void LogError(const std::string& line) noexcept;
} // namespace OrthancPlugins
