// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "FuzzTarget.h"

#include "../../Plugin/Core/Archive/FolderNaming.h"
#include "../../Plugin/Core/Archive/MediaNaming.h"
#include "../../Plugin/Core/Archive/NamingTemplate.h"
#include "../../Plugin/Core/Archive/PathLayout.h"
#include "../../Plugin/Core/Archive/Utf8Text.h"

#include <algorithm>
#include <map>
#include <set>

namespace OrthancPlugins
{
  namespace
  {
    constexpr HostVersion VERSIONS[] = {{1, 10, 1}, {1, 12, 7}, {1, 13, 0}};
    constexpr std::size_t MAX_ITEMS = 300;

    // The calls to a layout, to be made twice
    struct Item
    {
      bool isFolder;
      std::size_t parent;
      std::string name;
    };

    struct Case
    {
      std::vector<Item> items;
      std::vector<std::size_t> filesFolders; // of each file
    };

    std::string MakeName(FuzzInput& input, const FolderNaming& naming, std::uint8_t choice)
    {
      const std::string text = input.TakeText('\0');
      const DicomTags tags = {{"PatientID", text},         {"PatientName", input.TakeText('\0')},
                              {"AccessionNumber", text},   {"StudyDescription", text},
                              {"SeriesDescription", text}, {"Modality", text},
                              {"SeriesNumber", text}};
      switch (choice % 5)
      {
      case 0:
        return naming.GetPatientFolder(tags);
      case 1:
        return naming.GetStudyFolder(tags);
      case 2:
        return naming.GetSeriesFolder(tags);
      case 3:
        return naming.GetFileName(tags, choice);
      default:
        return text;
      }
    }

    Case ReadCase(FuzzInput& input, const FolderNaming& naming)
    {
      Case result;
      std::vector<std::size_t> depths = {0}; // of the folders, the root first
      while (!input.IsEmpty() && result.items.size() < MAX_ITEMS)
      {
        const std::uint8_t choice = input.TakeByte();
        const std::size_t parent = input.TakeByte() % depths.size();
        const std::string name = MakeName(input, naming, static_cast<std::uint8_t>(choice >> 1));
        const bool isFolder = (choice & 1) != 0 && depths[parent] + 1 < MAX_PATH_LEVELS;
        if (isFolder)
        {
          depths.push_back(depths[parent] + 1);
        }
        else
        {
          result.filesFolders.push_back(parent);
        }
        result.items.push_back({isFolder, parent, name});
      }
      return result;
    }

    std::vector<std::string> Lay(const Case& input)
    {
      PathLayout layout;
      for (const Item& item : input.items)
      {
        if (item.isFolder)
        {
          layout.AddFolder(item.parent, item.name, "Unknown");
        }
        else
        {
          layout.AddFile(item.parent, item.name, "Unknown.dcm", ".dcm");
        }
      }
      return layout.GetFilePaths();
    }

    void CheckComponents(const std::string& path)
    {
      Require(!path.empty() && path.size() <= MAX_PATH_BYTES, "a path is not too long");
      Require(std::count(path.begin(), path.end(), '/') <
                static_cast<std::ptrdiff_t>(MAX_PATH_LEVELS),
              "a path is not too deep");
      std::size_t begin = 0;
      for (std::size_t end = 0; end != std::string::npos; begin = end + 1)
      {
        end = path.find('/', begin);
        const std::string name = path.substr(begin, end == std::string::npos ? end : end - begin);
        Require(!name.empty() && name.size() <= MAX_NAME_BYTES, "a name is not too long");
        Require(MakeSafeName(name, "?") == name, "a name is safe");
        Require(IsValidUtf8(name), "a name is UTF-8");
      }
    }

    void CheckPaths(const std::vector<std::string>& paths,
                    const std::vector<std::size_t>& filesFolders)
    {
      std::set<std::string> files;
      std::map<std::string, std::size_t> folders; // folded path -> its number
      Require(paths.size() == filesFolders.size(), "every file has a path");
      for (std::size_t i = 0; i < paths.size(); i++)
      {
        CheckComponents(paths[i]);
        Require(files.insert(FoldCase(paths[i])).second, "paths are unique without case");
        const std::size_t slash = paths[i].rfind('/');
        const std::string folder =
          slash == std::string::npos ? "" : FoldCase(paths[i].substr(0, slash));
        Require(folders.emplace(folder, filesFolders[i]).first->second == filesFolders[i],
                "folders are not joined");
      }
      for (const auto& [folder, number] : folders)
      {
        Require(files.count(folder) == 0, "no file is a folder");
      }
    }

    void CheckTemplate(const std::string& text, const DicomTags& tags)
    {
      const bool isAccepted = Succeeds([&] { NamingTemplate::CheckNaming(text); });
      if (!isAccepted || NamingTemplate::IsHost(text))
      {
        return;
      }
      const NamingTemplate naming(text);
      const std::string id = "6e2c0ec2-5d99c8ca-c1c21cee-79a09605-68391d12";
      const std::vector<NamingTemplate::Part> parts =
        naming.Render(NamingValues{tags, tags, tags, tags, id, 7});
      Require(!parts.empty() && parts.size() <= MAX_PATH_LEVELS, "a path has few levels");
      const NamingTemplate::Part& last = parts.back();
      Require(last.text.size() >= last.extension.size() &&
                last.text.compare(last.text.size() - last.extension.size(), std::string::npos,
                                  last.extension) == 0,
              "a file ends with its extension");
    }

    void CheckMedia(std::uint64_t index, std::uint64_t count)
    {
      std::string name;
      if (index >= count || !Succeeds([&] { name = MakeMediaFileId(index, count); }))
      {
        return;
      }
      std::size_t length = 0;
      for (const char c : name)
      {
        length = c == '/' ? 0 : length + 1;
        Require(length <= 8 && ((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/'),
                "a file ID is one of PS3.10");
      }
      Require(index == 0 || MakeMediaFileId(index - 1, count) != name, "file IDs are unique");
    }
  } // namespace

  void FuzzNaming(std::string_view bytes)
  {
    FuzzInput input(bytes);
    const std::uint8_t choice = input.TakeByte();
    const bool isUtf8 = (choice & 1) != 0;
    const FolderNaming naming(VERSIONS[(choice >> 1) % 3], isUtf8);
    const std::string templateText = input.TakeText('\0');
    const DicomTags tags = {{"PatientID", input.TakeText('\0')},
                            {"StudyDescription", input.TakeText('\0')}};
    CheckTemplate(templateText, tags);
    CheckMedia(input.TakeNumber() % 20'000'000, input.TakeNumber() % 20'000'000);
    const std::string normal = FolderNaming::NormalizeName(templateText, isUtf8);
    Require(IsValidUtf8(normal), "a normal name is UTF-8");

    const Case layout = ReadCase(input, naming);
    const std::vector<std::string> paths = Lay(layout);
    CheckPaths(paths, layout.filesFolders);
    Require(Lay(layout) == paths, "the same calls give the same paths");
  }
} // namespace OrthancPlugins
