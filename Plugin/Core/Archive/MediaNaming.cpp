// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "MediaNaming.h"

#include "../Failure.h"

#include <cstddef>

namespace OrthancPlugins
{
  namespace
  {
    constexpr std::uint64_t MAX_FLAT_FILES = 999999;
    constexpr std::uint64_t FOLDER_FILES = 10000;
    constexpr std::uint64_t MAX_FOLDERS = 9999999;
    constexpr std::size_t FOLDER_DIGITS = 7;
    constexpr std::size_t FILE_DIGITS = 6;

    std::string Pad(std::uint64_t number, std::size_t width)
    {
      const std::string digits = std::to_string(number);
      return std::string(width - digits.size(), '0') + digits;
    }
  } // namespace

  std::string MakeMediaFileId(std::uint64_t index, std::uint64_t filesCount)
  {
    if (index >= filesCount)
    {
      throw Failure(FailureKind::Internal, "No such file on the medium");
    }
    if (filesCount > FOLDER_FILES * MAX_FOLDERS)
    {
      throw Failure(FailureKind::TooLarge, "More files than a medium has names for");
    }
    if (filesCount <= MAX_FLAT_FILES)
    {
      return "IMAGES/IM" + std::to_string(index);
    }
    return "IMAGES/D" + Pad(index / FOLDER_FILES + 1, FOLDER_DIGITS) + "/IM" +
           Pad(index % FOLDER_FILES, FILE_DIGITS);
  }
} // namespace OrthancPlugins
