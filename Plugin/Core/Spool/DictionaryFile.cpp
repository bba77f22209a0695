// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "DictionaryFile.h"

#include "SpoolFiles.h"

#include <cerrno>

#include <fcntl.h>

namespace OrthancPlugins
{
  namespace
  {
    // No name of an archive or a job, so that the spool leaves it alone
    std::string GetPath(const std::string& spoolDirectory)
    {
      return spoolDirectory + "/private-dictionary.dic";
    }
  } // namespace

  std::string LoadDictionaryFile(const std::string& spoolDirectory)
  {
    const std::string path = GetPath(spoolDirectory);
    return FindFile(path).has_value() ? ReadSmallFile(path) : "";
  }

  void SaveDictionaryFile(const std::string& spoolDirectory, const std::string& text)
  {
    const FileDescriptor directory(
      ::open(spoolDirectory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (directory.Get() < 0)
    {
      ThrowWriteFailure(errno, "Cannot write the private dictionary");
    }
    const std::string path = GetPath(spoolDirectory);
    ReplaceDurably(path, path + ".tmp", directory.Get(), text);
  }
} // namespace OrthancPlugins
