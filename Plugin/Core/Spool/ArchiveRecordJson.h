// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "ArchiveRecord.h"

#include <string>
#include <string_view>

namespace OrthancPlugins
{
  // The text of a record's file: Resources/Formats/Spool.md. Thread-safe
  std::string FormatArchiveRecord(const ArchiveRecord& record);

  // Optional members that are missing have their defaults, members of a wrong type or value are
  // errors. Throws Failure(BadFormat), with a message that holds nothing of the text
  ArchiveRecord ParseArchiveRecord(std::string_view text);
} // namespace OrthancPlugins
