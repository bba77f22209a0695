// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "../Core/EmbeddedFiles.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace OrthancPlugins
{
  /**
   * The files of our page as clients get them: compressed once, with the tag by which a browser knows
   * them again. Immutable, hence thread-safe.
   **/
  class AppFiles
  {
  public:
    struct File
    {
      std::string_view content; // lives as long as the plugin
      std::string compressed;   // gzip
      std::string entityTag;    // with its quotes: of the content, whatever its coding
      const char* mime = "";
    };

    // The contents must outlive the object
    explicit AppFiles(const std::vector<EmbeddedFile>& files);

    // By its exact name, "messages/en.json"; null if there is no such file
    const File* Find(const std::string& name) const;

  private:
    std::map<std::string, File> files_;
  };
} // namespace OrthancPlugins
