// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "PathLayout.h"

#include <algorithm>

namespace OrthancPlugins
{
  namespace
  {
    constexpr std::size_t MIN_FOLDER_BYTES = 16;
    constexpr std::size_t MIN_FILE_BYTES = 24;
    constexpr std::size_t SUFFIX_BYTES = 8; // "-9999999"

    constexpr const char* RESERVED_IN_ROOT[] = {"MANIFEST.sha256", "MISSING.txt",
                                                "TRANSCODING.txt"};

    static_assert((MAX_PATH_LEVELS - 1) * (MIN_FOLDER_BYTES + SUFFIX_BYTES + 1) + MIN_FILE_BYTES +
                      SUFFIX_BYTES <=
                    MAX_PATH_BYTES,
                  "The deepest path must keep the limit");
  } // namespace

  PathLayout::PathLayout() = default;

  std::size_t
  PathLayout::AddFolder(std::size_t parent, const std::string& name, const std::string& fallback)
  {
    items_.push_back(Item{parent, MakeSafeName(name, fallback), foldersCount_, 0});
    return foldersCount_++;
  }

  void PathLayout::AddFile(std::size_t parent,
                           const std::string& name,
                           const std::string& fallback,
                           const std::string& extension)
  {
    std::string safe = MakeSafeName(name, fallback);
    const bool hasExtension =
      safe.size() > extension.size() &&
      safe.compare(safe.size() - extension.size(), extension.size(), extension) == 0;
    items_.push_back(
      Item{parent, std::move(safe), ROOT, hasExtension ? extension.size() : std::size_t(0)});
  }

  // Per folder: the bytes that the longest path below it needs at least
  std::vector<std::size_t> PathLayout::GetBytesBelow() const
  {
    std::vector<std::size_t> below(foldersCount_, 0);

    // Parents come before their children
    for (auto item = items_.rbegin(); item != items_.rend(); ++item)
    {
      const std::size_t length = item->name.size();
      const std::size_t needed =
        item->folder == ROOT
          ? std::min(length, MIN_FILE_BYTES) + SUFFIX_BYTES
          : std::min(length, MIN_FOLDER_BYTES) + SUFFIX_BYTES + 1 + below[item->folder];
      below[item->parent] = std::max(below[item->parent], needed);
    }
    return below;
  }

  std::vector<std::string> PathLayout::GetFilePaths() const
  {
    const std::vector<std::size_t> below = GetBytesBelow();
    std::vector<std::string> prefixes(foldersCount_);
    std::vector<NameRegistry> registries(foldersCount_);
    for (const char* const name : RESERVED_IN_ROOT)
    {
      registries[ROOT].Reserve(name);
    }

    std::vector<std::string> paths;
    for (const Item& item : items_)
    {
      const std::string& prefix = prefixes[item.parent];
      const std::size_t after = item.folder == ROOT ? 0 : 1 + below[item.folder];
      const std::size_t room = std::min(MAX_NAME_BYTES, MAX_PATH_BYTES - prefix.size() - after);
      std::string path =
        prefix + registries[item.parent].Claim(item.name, room, item.extensionBytes);
      if (item.folder == ROOT)
      {
        paths.push_back(std::move(path));
      }
      else
      {
        prefixes[item.folder] = path + "/";
      }
    }
    return paths;
  }
} // namespace OrthancPlugins
