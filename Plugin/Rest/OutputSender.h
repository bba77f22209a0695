// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "../Core/Spool/MappedFile.h"
#include "../Http/HttpRequest.h"
#include "../Http/IHttpAnswer.h"

#include <cstdint>
#include <optional>
#include <string>

namespace OrthancPlugins
{
  // A part of a file, as "?offset=&length=" asks for it
  struct FilePage
  {
    std::uint64_t offset = 0;
    std::optional<std::uint64_t> length; // absent: up to the end
  };

  // Absent if the request names neither an offset nor a length. Throws Failure(OutOfRange) for what is
  // no unsigned integer, and for the length 0
  std::optional<FilePage> ParseFilePage(const HttpRequest& request);

  // Status 200 with the whole ZIP, or the page of it. A page ends at the end of the file at the latest.
  // Throws Failure(RangeInvalid) if it begins there or later, Failure(TooLarge) with the given message
  // if the host cannot deliver that many bytes in one answer
  void SendZipFile(const MappedFile& file,
                   const std::optional<FilePage>& page,
                   const std::string& contentDisposition,
                   const std::string& tooLargeMessage,
                   IHttpAnswer& answer);
} // namespace OrthancPlugins
