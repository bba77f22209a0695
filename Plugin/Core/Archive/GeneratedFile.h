// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "../IByteSink.h"

#include <cstddef>
#include <ctime>
#include <functional>
#include <optional>
#include <string>

namespace OrthancPlugins
{
  /**
   * A file of ours in an archive. It is written twice, since CRC and length come before the content: so
   * that a manifest of a million lines needs no memory.
   **/
  struct GeneratedFile
  {
    std::string path;
    std::optional<std::time_t> modifiedUtc;

    // Before anything else; false: the file is left out. May be empty
    std::function<bool()> prepare;

    std::size_t piecesCount = 1;

    // The same bytes each time
    std::function<void(std::size_t piece, IByteSink& sink)> write;

    // Once it is in the archive. May be empty
    std::function<void()> finish;
  };
} // namespace OrthancPlugins
