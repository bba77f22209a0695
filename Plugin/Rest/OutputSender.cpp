// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "OutputSender.h"

#include "../Core/Failure.h"

#include <algorithm>

namespace OrthancPlugins
{
  std::optional<FilePage> ParseFilePage(const HttpRequest& request)
  {
    if (!request.HasArgument("offset") && !request.HasArgument("length"))
    {
      return std::nullopt;
    }
    FilePage page;
    page.offset = request.GetUnsignedArgument("offset", 0);
    if (request.HasArgument("length"))
    {
      page.length = request.GetUnsignedArgument("length", 0);
      if (*page.length == 0)
      {
        throw Failure(FailureKind::OutOfRange, "Argument \"length\" must be at least 1");
      }
    }
    return page;
  }

  void SendZipFile(const MappedFile& file,
                   const std::optional<FilePage>& page,
                   const std::string& contentDisposition,
                   const std::string& tooLargeMessage,
                   IHttpAnswer& answer)
  {
    const std::uint64_t offset = page.has_value() ? page->offset : 0;
    if (offset >= file.GetSizeBytes())
    {
      throw Failure(FailureKind::RangeInvalid,
                    "The offset lies beyond the end of the file, which has " +
                      std::to_string(file.GetSizeBytes()) + " bytes");
    }
    const std::uint64_t rest = file.GetSizeBytes() - offset;
    const std::uint64_t length =
      page.has_value() ? std::min(rest, page->length.value_or(rest)) : rest;
    const std::optional<std::uint64_t> limit = answer.GetMaxFileBytes();
    if (limit.has_value() && length > *limit)
    {
      throw Failure(FailureKind::TooLarge, tooLargeMessage);
    }
    answer.SetHeader("Content-Disposition", contentDisposition);
    answer.SendFile(file.GetData() + offset, length, "application/zip");
  }
} // namespace OrthancPlugins
