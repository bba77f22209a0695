// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "OutputSender.h"

#include "../Core/Failure.h"
#include "../Http/HttpDate.h"

#include <algorithm>

namespace OrthancPlugins
{
  namespace
  {
    ByteRange ResolvePage(const std::optional<FilePage>& page, std::uint64_t fileBytes)
    {
      const std::uint64_t offset = page.has_value() ? page->offset : 0;
      if (offset >= fileBytes)
      {
        throw Failure(FailureKind::RangeInvalid,
                      "The offset lies beyond the end of the file, which has " +
                        std::to_string(fileBytes) + " bytes");
      }
      const std::uint64_t rest = fileBytes - offset;
      return {offset, page.has_value() ? std::min(rest, page->length.value_or(rest)) : rest};
    }
  } // namespace

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

  const char* GetMime(ArchiveFormat format)
  {
    return format == ArchiveFormat::Iso ? "application/x-iso9660-image" : "application/zip";
  }

  Validators MakeValidators(const ArchiveRecord& record, const ByteRange& slice)
  {
    constexpr std::int64_t SECOND_MICROSECONDS = 1000000;
    Validators validators;
    validators.entityTag = "\"" + record.id + "-" + std::to_string(record.completedMicroseconds) +
                           "-" + std::to_string(record.sizeBytes);
    if (slice.sizeBytes != record.sizeBytes)
    {
      validators.entityTag += "-" + std::to_string(slice.offset);
    }
    validators.entityTag += "\"";
    validators.lastModified = record.completedMicroseconds / SECOND_MICROSECONDS;
    return validators;
  }

  void SetValidatorHeaders(const Validators& validators, IHttpAnswer& answer)
  {
    if (!validators.entityTag.empty())
    {
      answer.SetHeader("ETag", validators.entityTag);
    }
    if (validators.lastModified.has_value())
    {
      answer.SetHeader("Last-Modified", FormatHttpDate(*validators.lastModified));
    }
    if (!validators.IsEmpty())
    {
      answer.SetHeader("Accept-Ranges", "bytes");
    }
  }

  void SetZipHeaders(const ZipHead& head, IHttpAnswer& answer)
  {
    answer.SetHeader("Content-Disposition", head.contentDisposition);
    SetValidatorHeaders(head.validators, answer);
  }

  bool SendWithoutContent(const RangeDecision& decision,
                          const Validators& validators,
                          std::uint64_t totalBytes,
                          IHttpAnswer& answer)
  {
    switch (decision.verdict)
    {
    case RangeVerdict::NotModified:
      // RFC 9110 15.4.5: the tag, or else the date
      if (!validators.entityTag.empty())
      {
        answer.SetHeader("ETag", validators.entityTag);
      }
      else if (validators.lastModified.has_value())
      {
        answer.SetHeader("Last-Modified", FormatHttpDate(*validators.lastModified));
      }
      answer.SendEmptyStatus(304);
      return true;

    case RangeVerdict::PreconditionFailed:
      answer.SendEmptyStatus(412);
      return true;

    case RangeVerdict::Unsatisfiable:
      answer.SetHeader("Content-Range", FormatUnsatisfiedRange(totalBytes));
      answer.SendEmptyStatus(416);
      return true;

    case RangeVerdict::Whole:
    case RangeVerdict::Part:
      break;
    }
    return false;
  }

  bool SendZipFile(const unsigned char* data,
                   std::uint64_t sizeBytes,
                   const std::optional<FilePage>& page,
                   const ZipHead& head,
                   const HttpRequest& request,
                   IHttpAnswer& answer)
  {
    const ByteRange slice = ResolvePage(page, sizeBytes);
    const RangeDecision decision = DecideRange(request, head.validators, slice.sizeBytes);
    if (SendWithoutContent(decision, head.validators, slice.sizeBytes, answer))
    {
      return false;
    }

    const bool isPart = decision.verdict == RangeVerdict::Part &&
                        decision.range.sizeBytes <= answer.GetMaxPartialBytes();
    const ByteRange range = isPart ? decision.range : ByteRange{0, slice.sizeBytes};
    const std::optional<std::uint64_t> limit = answer.GetMaxFileBytes();
    if (!isPart && limit.has_value() && range.sizeBytes > *limit)
    {
      throw Failure(FailureKind::TooLarge, head.tooLargeMessage);
    }

    SetZipHeaders(head, answer);
    const unsigned char* const begin = data + slice.offset + range.offset;
    if (isPart)
    {
      answer.SendPartial(begin, range.sizeBytes, range.offset, slice.sizeBytes);
    }
    else
    {
      answer.SendFile(begin, range.sizeBytes, head.mime);
    }
    return slice.offset + range.offset + range.sizeBytes == sizeBytes;
  }
} // namespace OrthancPlugins
