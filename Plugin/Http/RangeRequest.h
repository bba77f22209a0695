// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "HttpRequest.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace OrthancPlugins
{
  // By what a client knows a representation again (RFC 9110 8.8). Both may be missing: then nothing is
  // known about the bytes of the next answer, and nothing can be resumed
  struct Validators
  {
    std::string entityTag;                    // strong, with its quotes; empty: none
    std::optional<std::int64_t> lastModified; // seconds since 1970-01-01 UTC

    bool IsEmpty() const { return entityTag.empty() && !lastModified.has_value(); }
  };

  struct ByteRange
  {
    std::uint64_t offset = 0;
    std::uint64_t sizeBytes = 0; // at least 1
  };

  enum class RangeVerdict
  {
    Whole,              // 200: everything
    Part,               // 206: the range
    NotModified,        // 304
    PreconditionFailed, // 412
    Unsatisfiable       // 416, with the length of what there is
  };

  struct RangeDecision
  {
    RangeVerdict verdict = RangeVerdict::Whole;
    ByteRange range; // if Part
  };

  // What a Range header asks of a representation of that length (RFC 9110 14.1.2, 14.2): one range,
  // suffixes and open ends included. Several ranges, other units and whatever is malformed are ignored,
  // as a server may: Whole
  RangeDecision ParseRange(std::string_view header, std::uint64_t totalBytes);

  // How a request is to be answered, by its method, Range and all conditions, in the order of RFC 9110
  // 13.2.2: If-Match, else If-Unmodified-Since; If-None-Match, else If-Modified-Since; If-Range.
  // Always Whole without validators, and for other methods than GET
  RangeDecision
  DecideRange(const HttpRequest& request, const Validators& validators, std::uint64_t totalBytes);

  // Values of Content-Range (RFC 9110 14.4): "bytes 0-9/100", and "bytes */100" of a 416
  std::string FormatContentRange(const ByteRange& range, std::uint64_t totalBytes);
  std::string FormatUnsatisfiedRange(std::uint64_t totalBytes);
} // namespace OrthancPlugins
