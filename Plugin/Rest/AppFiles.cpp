// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "AppFiles.h"

#include "../Core/Archive/Sha256.h"
#include "../Core/Zip/Gzip.h"

#include <utility>

namespace OrthancPlugins
{
  namespace
  {
    constexpr std::size_t TAG_DIGITS = 32;

    // A browser must not guess: what is not known is a download
    const char* GetMime(std::string_view name)
    {
      static constexpr std::pair<std::string_view, const char*> TYPES[] = {
        {"html", "text/html; charset=utf-8"},        {"js", "text/javascript; charset=utf-8"},
        {"css", "text/css; charset=utf-8"},          {"json", "application/json; charset=utf-8"},
        {"svg", "image/svg+xml; charset=utf-8"},     {"png", "image/png"},
        {"webmanifest", "application/manifest+json"}};
      const std::string_view extension = name.substr(name.rfind('.') + 1);
      for (const auto& [known, mime] : TYPES)
      {
        if (extension == known)
        {
          return mime;
        }
      }
      return "application/octet-stream";
    }

    std::string MakeTag(std::string_view content)
    {
      Sha256 hash;
      hash.Begin();
      hash.Update(content.data(), content.size());
      return "\"" + FormatDigest(hash.End()).substr(0, TAG_DIGITS) + "\"";
    }
  } // namespace

  AppFiles::AppFiles(const std::vector<EmbeddedFile>& files)
  {
    for (const EmbeddedFile& file : files)
    {
      files_[std::string(file.name)] = {file.content, CompressGzip(file.content),
                                        MakeTag(file.content), GetMime(file.name)};
    }
  }

  const AppFiles::File* AppFiles::Find(const std::string& name) const
  {
    const auto found = files_.find(name);
    return found == files_.end() ? nullptr : &found->second;
  }
} // namespace OrthancPlugins
