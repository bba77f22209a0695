// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "FolderNaming.h"

#include "Utf8Text.h"

#include <cstdio>
#include <string_view>
#include <vector>

namespace OrthancPlugins
{
  namespace
  {
    // Locale-free; the host runs in a locale where bytes above 127 are neither space nor letter
    bool IsSpace(char c)
    {
      return c == ' ' || (c >= '\t' && c <= '\r');
    }

    bool IsAlphanumeric(char c)
    {
      return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    }

    char ToUpper(char c)
    {
      return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    }

    std::string GetTag(const DicomTags& tags, const char* keyword)
    {
      const DicomTags::const_iterator found = tags.find(keyword);
      return found == tags.end() ? std::string() : found->second;
    }

    std::string StripSpaces(const std::string& text)
    {
      std::size_t first = 0;
      std::size_t last = text.size();
      while (first < last && IsSpace(text[first]))
      {
        first++;
      }
      while (last > first && IsSpace(text[last - 1]))
      {
        last--;
      }
      return text.substr(first, last - first);
    }

    // Drops bytes; there is no transliteration in the host
    std::string KeepAscii(const std::string& text)
    {
      std::string result;
      for (const char c : text)
      {
        if (c == '\n' || (c >= ' ' && c <= '~'))
        {
          result.push_back(c);
        }
      }
      return result;
    }

    void AppendOnce(std::string& target, char c)
    {
      if (target.empty() || target.back() != c)
      {
        target.push_back(c);
      }
    }

    std::string KeepAlphanumeric(const std::string& text)
    {
      std::string result;
      for (const char c : text)
      {
        if (c == '^' || IsSpace(c))
        {
          AppendOnce(result, ' ');
        }
        else if (IsAlphanumeric(c) || c == '.' || c == '_')
        {
          result.push_back(c);
        }
      }
      return StripSpaces(result);
    }

    bool IsSpaceInName(char c)
    {
      constexpr std::string_view FORBIDDEN = ":*?\"<>|/\\";
      return (c >= '\0' && c <= ' ') || FORBIDDEN.find(c) != std::string_view::npos;
    }

    std::string Join(const std::vector<std::string>& parts)
    {
      std::string result;
      for (std::size_t i = 0; i < parts.size(); i++)
      {
        result += (i == 0 ? "" : " - ") + parts[i];
      }
      return result;
    }

    void
    AppendIfPresent(std::vector<std::string>& parts, const DicomTags& tags, const char* keyword)
    {
      const std::string value = GetTag(tags, keyword);
      if (!value.empty())
      {
        parts.push_back(value);
      }
    }
  } // namespace

  FolderNaming::FolderNaming(const HostVersion& version, bool isUtf8)
    : hasDashes_(version.IsAtLeast(1, 13, 0)),
      isAlphanumeric_(!version.IsAtLeast(1, 12, 11) && !isUtf8),
      skipsCarets_(version.IsAtLeast(1, 12, 2)),
      isUtf8_(isUtf8)
  {
  }

  std::string FolderNaming::NormalizeName(const std::string& text, bool isUtf8)
  {
    std::string result;
    for (const char c : isUtf8&& IsValidUtf8(text) ? text : KeepAscii(text))
    {
      if (IsSpaceInName(c))
      {
        AppendOnce(result, ' ');
      }
      else
      {
        result.push_back(c);
      }
    }
    return StripSpaces(result);
  }

  std::string FolderNaming::CleanName(const std::string& text) const
  {
    return isAlphanumeric_ ? KeepAlphanumeric(text) : NormalizeName(text, isUtf8_);
  }

  std::string FolderNaming::MakeFolder(const std::string& text, const std::string& fallback) const
  {
    const std::string stripped = StripSpaces(isAlphanumeric_ ? KeepAscii(text) : text);
    if (stripped.empty() || (skipsCarets_ && stripped.find_first_not_of('^') == std::string::npos))
    {
      return fallback;
    }
    return CleanName(stripped);
  }

  std::string FolderNaming::GetPatientFolder(const DicomTags& patient) const
  {
    const std::string id = GetTag(patient, "PatientID");
    const std::string name = GetTag(patient, "PatientName");
    if (!hasDashes_)
    {
      return MakeFolder(id + " " + name, "Unknown Patient");
    }
    return MakeFolder(name.empty() ? id : id + " - " + name, "Unknown Patient");
  }

  std::string FolderNaming::GetStudyFolder(const DicomTags& study) const
  {
    if (!hasDashes_)
    {
      return MakeFolder(GetTag(study, "AccessionNumber") + " " + GetTag(study, "StudyDescription"),
                        "Unknown Study");
    }
    std::vector<std::string> parts;
    AppendIfPresent(parts, study, "AccessionNumber");
    AppendIfPresent(parts, study, "StudyDescription");
    return MakeFolder(Join(parts), "Unknown Study");
  }

  std::string FolderNaming::GetSeriesFolder(const DicomTags& series) const
  {
    if (!hasDashes_)
    {
      return MakeFolder(GetTag(series, "Modality") + " " + GetTag(series, "SeriesDescription"),
                        "Unknown Series");
    }
    std::vector<std::string> parts;
    AppendIfPresent(parts, series, "SeriesNumber");
    AppendIfPresent(parts, series, "Modality");
    AppendIfPresent(parts, series, "SeriesDescription");
    return MakeFolder(Join(parts), "Unknown Series");
  }

  std::string FolderNaming::GetFileName(const DicomTags& series, std::uint32_t index) const
  {
    std::string name = GetTag(series, "Modality").substr(0, 2);
    for (char& c : name)
    {
      c = ToUpper(c);
    }
    // The host prints its unsigned index as a signed number
    char number[16];
    std::snprintf(number, sizeof(number), "%0*d", 8 - static_cast<int>(name.size()),
                  static_cast<int>(index));
    return CleanName(name + number + ".dcm");
  }
} // namespace OrthancPlugins
