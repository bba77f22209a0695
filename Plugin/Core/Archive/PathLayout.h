// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "SafeNames.h"

#include <cstddef>
#include <string>
#include <vector>

namespace OrthancPlugins
{
  // Longest path in an archive: room for the folder into which users unpack, below the 260 characters
  // of Windows (MAX_PATH)
  constexpr std::size_t MAX_PATH_BYTES = 240;

  // Levels of a path, the file included, so that MAX_PATH_BYTES can always be kept
  constexpr std::size_t MAX_PATH_LEVELS = 8;

  /**
   * The folders and files of one archive, in the order in which the host would name them. Gives paths
   * that are relative, safe in each component (SafeNames.h), at most MAX_PATH_BYTES long and unique
   * without case: no two files share a path, no two folders, no file and folder. The same calls give
   * the same paths. The names of our own reports are taken in the root.
   *
   * In a folder, the host appends "-2", "-3"... to the second, third... item of exactly the same name.
   * Where the host's result is safe and unique it stays, byte by byte, but before the extension of a
   * file ("1-2.dcm", not "1.dcm-2"). Only then come the others: unsafe names are made safe, and what
   * still clashes gets a suffix that is checked.
   *
   * A path that is too long is shortened from its root: each name gets what the names below it do not
   * need, which is at least 16 bytes per folder and 24 per file, and room for a suffix.
   *
   * Order of calls: (AddFolder | AddFile)*, then GetFilePaths(). Not thread-safe.
   **/
  class PathLayout
  {
  public:
    static constexpr std::size_t ROOT = 0;

    PathLayout();

    // A new folder, even if the parent has one of this name. Returns its number. At most
    // MAX_PATH_LEVELS - 1 folders deep
    std::size_t AddFolder(std::size_t parent, const std::string& name, const std::string& fallback);

    // The suffix that makes a name unique goes before the extension (".dcm") if the name ends with it
    void AddFile(std::size_t parent,
                 const std::string& name,
                 const std::string& fallback,
                 const std::string& extension);

    // In the order of AddFile()
    std::vector<std::string> GetFilePaths() const;

  private:
    struct Item
    {
      std::size_t parent;
      std::string name; // as the host would have it
      std::string safeName;
      std::size_t folder; // its number, ROOT for a file
      std::size_t extensionBytes;
    };

    using Numbers = std::vector<std::size_t>; // of items

    Numbers GetBytesBelow() const;
    std::vector<Numbers> GetChildren() const;
    std::vector<std::string> GetHostNames(const Numbers& children) const;
    void NameChildren(std::vector<std::string>& paths,
                      std::size_t folder,
                      const Numbers& children,
                      const Numbers& bytesBelow,
                      std::size_t prefixBytes) const;

    std::vector<Item> items_;
    std::size_t foldersCount_ = 1;
  };
} // namespace OrthancPlugins
