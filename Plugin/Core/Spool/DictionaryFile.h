// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include <string>

namespace OrthancPlugins
{
  // The file of the private dictionary, beside the archives of the spool. Mode 0600

  // Empty if there is none. Throws Failure(Internal) if it cannot be read
  std::string LoadDictionaryFile(const std::string& spoolDirectory);

  // Either the old text or the new one is there, also after a crash. Throws Failure(CannotWrite or
  // StorageFull)
  void SaveDictionaryFile(const std::string& spoolDirectory, const std::string& text);
} // namespace OrthancPlugins
