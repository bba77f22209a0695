// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "Core/Settings.h"

#include <string>
#include <vector>

namespace OrthancPlugins
{
  struct ParsedSettings
  {
    Settings settings;
    std::vector<std::string> warnings; // for the log of the host
  };

  /**
   * The host's configuration -> Settings. Resources/Configuration.json documents every option.
   *
   * "configuration": the whole configuration of the host as JSON text. "baseDirectory": where relative
   * paths start (the host: the directory of its configuration file). Throws Failure(OutOfRange or
   * BadFormat) with a message that names the option: unknown options are refused too, because a
   * misspelt option would otherwise be silently without effect.
   **/
  ParsedSettings ParseSettings(const std::string& configuration, const std::string& baseDirectory);
} // namespace OrthancPlugins
