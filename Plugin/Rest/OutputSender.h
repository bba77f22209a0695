// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "../Core/Spool/ArchiveRecord.h"
#include "../Http/HttpRequest.h"
#include "../Http/IHttpAnswer.h"
#include "../Http/RangeRequest.h"

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

  // What the answer says about a ZIP archive besides its bytes
  struct ZipHead
  {
    std::string mime = "application/zip";
    std::string contentDisposition;
    std::string tooLargeMessage; // if the host cannot deliver that many bytes in one answer
    Validators validators;       // empty: the transfer cannot be resumed
  };

  // The media type of such an archive
  const char* GetMime(ArchiveFormat format);

  // Of a finished archive of the spool, or a slice of its file: the same until that is made anew, also
  // across restarts
  Validators MakeValidators(const ArchiveRecord& record, const ByteRange& slice);

  // The headers of a 200 and a 206: by what the transfer can be resumed, and all of them
  void SetValidatorHeaders(const Validators& validators, IHttpAnswer& answer);
  void SetZipHeaders(const ZipHead& head, IHttpAnswer& answer);

  // Answers with the 304, 412 or 416 that has been decided; false if it is a 200 or a 206
  bool SendWithoutContent(const RangeDecision& decision,
                          const Validators& validators,
                          std::uint64_t totalBytes,
                          IHttpAnswer& answer);

  // The ZIP, or the page of it, as the request asks for it: a 200, the range of it as a 206, or what
  // its conditions demand. A page ends at the end of the file at the latest; it is a representation of
  // its own, to which ranges relate. A range that the host cannot deliver becomes a 200 with
  // everything, because clients take a shortened 206 for all that they have asked for.
  // Returns whether the last byte was sent. Throws Failure(RangeInvalid) if the page begins
  // at the end of the file or later, Failure(TooLarge) with the head's message
  bool SendZipFile(const unsigned char* data,
                   std::uint64_t sizeBytes,
                   const std::optional<FilePage>& page,
                   const ZipHead& head,
                   const HttpRequest& request,
                   IHttpAnswer& answer);
} // namespace OrthancPlugins
