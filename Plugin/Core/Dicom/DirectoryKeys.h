// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace OrthancPlugins
{
  // PS3.5 7.4. Type 3 has no place in a record here: who wants one makes it an option
  enum class KeyType
  {
    Mandatory,   // 1: invented if missing
    Conditional, // 1C: as in the file
    Empty,       // 2: empty if missing
    Optional     // 3: as in the file
  };

  struct DirectoryKey
  {
    std::uint32_t tag;
    const char* vr;
    KeyType type;
  };

  // In ascending order of tags, without (0008,0005)
  using DirectoryKeys = std::vector<DirectoryKey>;

  struct DirectoryRecordType
  {
    std::string name; // defined term of (0004,1430)
    bool isRoot;      // beside the patients, not below a series (PS3.3 F.4)
    DirectoryKeys keys;
  };

  // PS3.3 F.5
  const DirectoryKeys& GetPatientKeys();
  const DirectoryKeys& GetStudyKeys();
  const DirectoryKeys& GetSeriesKeys(); // with SeriesDescription, Type 3

  // By the SOP Class UID of a file. Classes of DICOM that are not listed are images; classes of others
  // are PRIVATE
  const DirectoryRecordType& FindRecordType(std::string_view sopClassUid);

  // By the defined term; PRIVATE if it is unknown
  const DirectoryRecordType& GetRecordType(std::string_view name);
} // namespace OrthancPlugins
