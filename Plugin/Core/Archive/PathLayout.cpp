// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "PathLayout.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

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

    bool EndsWith(const std::string& text, const std::string& end)
    {
      return text.size() > end.size() &&
             text.compare(text.size() - end.size(), end.size(), end) == 0;
    }

    bool IsSafe(const std::string& name)
    {
      return !name.empty() && MakeSafeName(name, std::string()) == name;
    }
  } // namespace

  PathLayout::PathLayout() = default;

  std::size_t
  PathLayout::AddFolder(std::size_t parent, const std::string& name, const std::string& fallback)
  {
    items_.push_back(Item{parent, name, MakeSafeName(name, fallback), foldersCount_, 0});
    return foldersCount_++;
  }

  void PathLayout::AddFile(std::size_t parent,
                           const std::string& name,
                           const std::string& fallback,
                           const std::string& extension)
  {
    std::string safeName = MakeSafeName(name, fallback);
    const std::size_t extensionBytes =
      EndsWith(name, extension) && EndsWith(safeName, extension) ? extension.size() : 0;
    items_.push_back(Item{parent, name, std::move(safeName), ROOT, extensionBytes});
  }

  // Per folder: the bytes that the longest path below it needs at least
  PathLayout::Numbers PathLayout::GetBytesBelow() const
  {
    Numbers below(foldersCount_, 0);

    // Parents come before their children
    for (auto item = items_.rbegin(); item != items_.rend(); ++item)
    {
      const std::size_t length = item->safeName.size();
      const std::size_t needed =
        item->folder == ROOT
          ? std::min(length, MIN_FILE_BYTES) + SUFFIX_BYTES
          : std::min(length, MIN_FOLDER_BYTES) + SUFFIX_BYTES + 1 + below[item->folder];
      below[item->parent] = std::max(below[item->parent], needed);
    }
    return below;
  }

  std::vector<PathLayout::Numbers> PathLayout::GetChildren() const
  {
    std::vector<Numbers> children(foldersCount_);
    for (std::size_t i = 0; i < items_.size(); i++)
    {
      children[items_[i].parent].push_back(i);
    }
    return children;
  }

  // With the host's suffixes, which it does not check
  std::vector<std::string> PathLayout::GetHostNames(const Numbers& children) const
  {
    std::vector<std::string> names;
    names.reserve(children.size());
    std::unordered_map<std::string, unsigned> counters;
    for (const std::size_t child : children)
    {
      const Item& item = items_[child];
      const unsigned counter = ++counters[item.name];
      names.push_back(item.name);
      if (counter > 1)
      {
        names.back().insert(item.name.size() - item.extensionBytes, "-" + std::to_string(counter));
      }
    }
    return names;
  }

  // Gives the children their bare names: first where the host's name can stay, then the others
  void PathLayout::NameChildren(std::vector<std::string>& paths,
                                std::size_t folder,
                                const Numbers& children,
                                const Numbers& bytesBelow,
                                std::size_t prefixBytes) const
  {
    NameRegistry registry;
    if (folder == ROOT)
    {
      for (const char* const name : RESERVED_IN_ROOT)
      {
        registry.Take(name);
      }
    }
    const auto getRoom = [&](const Item& item)
    {
      const std::size_t after = item.folder == ROOT ? 0 : 1 + bytesBelow[item.folder];
      return std::min(MAX_NAME_BYTES, MAX_PATH_BYTES - prefixBytes - after);
    };

    const std::vector<std::string> hostNames = GetHostNames(children);
    for (std::size_t i = 0; i < children.size(); i++)
    {
      const std::string& name = hostNames[i];
      if (name.size() <= getRoom(items_[children[i]]) && IsSafe(name) && registry.Take(name))
      {
        paths[children[i]] = name;
      }
    }
    for (const std::size_t child : children)
    {
      const Item& item = items_[child];
      if (paths[child].empty())
      {
        paths[child] = registry.TakeSimilar(item.safeName, getRoom(item), item.extensionBytes);
      }
    }
  }

  std::vector<std::string> PathLayout::GetFilePaths() const
  {
    const Numbers bytesBelow = GetBytesBelow();
    const std::vector<Numbers> children = GetChildren();
    std::vector<std::string> prefixes(foldersCount_);
    std::vector<std::string> paths(items_.size());

    // Parents come before their children
    for (std::size_t folder = 0; folder < foldersCount_; folder++)
    {
      const std::string& prefix = prefixes[folder];
      NameChildren(paths, folder, children[folder], bytesBelow, prefix.size());
      for (const std::size_t child : children[folder])
      {
        paths[child].insert(0, prefix);
        if (items_[child].folder != ROOT)
        {
          prefixes[items_[child].folder] = paths[child] + "/";
        }
      }
    }

    std::vector<std::string> filePaths;
    for (std::size_t i = 0; i < items_.size(); i++)
    {
      if (items_[i].folder == ROOT)
      {
        filePaths.push_back(std::move(paths[i]));
      }
    }
    return filePaths;
  }
} // namespace OrthancPlugins
