// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "ArchiveContent.h"

#include "../Archive/MediaProfiles.h"

#include <json/json.h>

#include <exception>
#include <limits>
#include <memory>
#include <new>

namespace OrthancPlugins
{
  namespace
  {
    constexpr std::uint64_t MEGABYTE = 1024 * 1024;
    constexpr int MAXIMUM_DEPTH = 100;

    constexpr int ERROR_INTERNAL = -1;
    constexpr int ERROR_PLUGIN = 1;
    constexpr int ERROR_NOT_IMPLEMENTED = 2;
    constexpr int ERROR_OUT_OF_RANGE = 3;
    constexpr int ERROR_BAD_TYPE = 5;
    constexpr int ERROR_BAD_SEQUENCE = 6;
    constexpr int ERROR_INEXISTENT_ITEM = 7;
    constexpr int ERROR_BAD_REQUEST = 8;
    constexpr int ERROR_INEXISTENT_FILE = 13;
    constexpr int ERROR_CANNOT_WRITE = 14;
    constexpr int ERROR_BAD_FORMAT = 15;
    constexpr int ERROR_UNKNOWN_RESOURCE = 17;
    constexpr int ERROR_FULL_STORAGE = 19;
    constexpr int ERROR_CANCELED = 37;
    constexpr int ERROR_BAD_RANGE = 41;

    // The host has a number and a text of its own for each
    struct HostError
    {
      int code;
      const char* description;
    };

    HostError GetHostError(FailureKind kind)
    {
      switch (kind)
      {
      case FailureKind::BadRequest:
        return {ERROR_BAD_REQUEST, "Bad request"};
      case FailureKind::BadFormat:
        return {ERROR_BAD_FORMAT, "Bad file format"};
      case FailureKind::BadType:
        return {ERROR_BAD_TYPE, "Bad type for a parameter"};
      case FailureKind::OutOfRange:
        return {ERROR_OUT_OF_RANGE, "Parameter out of range"};
      case FailureKind::NotFound:
        return {ERROR_INEXISTENT_ITEM, "Accessing an inexistent item"};
      case FailureKind::UnknownResource:
        return {ERROR_UNKNOWN_RESOURCE, "Unknown resource"};
      case FailureKind::Conflict:
        return {ERROR_BAD_SEQUENCE, "Bad sequence of calls"};
      case FailureKind::RangeInvalid:
        return {ERROR_BAD_RANGE, "Incorrect range request"};
      case FailureKind::Canceled:
        return {ERROR_CANCELED, "This job was canceled"};
      case FailureKind::ClientGone:
      case FailureKind::CannotWrite:
        return {ERROR_CANNOT_WRITE, "Cannot write to file"};
      case FailureKind::StorageFull:
        return {ERROR_FULL_STORAGE, "The file storage is full"};
      case FailureKind::SourceMissing:
        return {ERROR_INEXISTENT_FILE, "Inexistent file"};
      case FailureKind::NotTranscodable:
      case FailureKind::NotImplemented:
        return {ERROR_NOT_IMPLEMENTED, "Not implemented yet"};
      case FailureKind::NotAllowed:
      case FailureKind::TooLarge:
      case FailureKind::Unavailable:
        return {ERROR_PLUGIN, "Error encountered within the plugin engine"};
      case FailureKind::Internal:
        break;
      }
      return {ERROR_INTERNAL, "Internal error"};
    }

    const char* ToName(ArchiveDensity density)
    {
      switch (density)
      {
      case ArchiveDensity::Dense:
        return "Dense";
      case ArchiveDensity::Store:
        return "Store";
      case ArchiveDensity::Fast:
        break;
      }
      return "Fast";
    }

    unsigned ToMegabytes(std::uint64_t sizeBytes)
    {
      const std::uint64_t megabytes = sizeBytes / MEGABYTE;
      return megabytes > std::numeric_limits<unsigned>::max() ? std::numeric_limits<unsigned>::max()
                                                              : static_cast<unsigned>(megabytes);
    }

    // What is no JSON is shown as a text: a job always has a content
    Json::Value ParseUserData(const std::string& text)
    {
      Json::CharReaderBuilder builder;
      builder["stackLimit"] = MAXIMUM_DEPTH;
      builder["failIfExtra"] = true;
      const std::unique_ptr<Json::CharReader> reader(builder.newCharReader());
      try
      {
        Json::Value value;
        if (reader->parse(text.data(), text.data() + text.size(), &value, nullptr))
        {
          return value;
        }
      }
      catch (const std::bad_alloc&)
      {
        throw;
      }
      catch (const std::exception&)
      {
        // JsonCpp throws beyond its stack limit
      }
      return Json::Value(text);
    }

    Json::Value FormatInstances(const std::vector<std::string>& instances)
    {
      Json::Value identifiers(Json::arrayValue);
      for (const std::string& instance : instances)
      {
        identifiers.append(instance);
      }
      Json::Value value(Json::objectValue);
      value["Count"] = static_cast<Json::UInt64>(instances.size());
      value["Instances"] = identifiers;
      return value;
    }

    void FormatCounters(Json::Value& value, const ArchiveContent& content)
    {
      value["InstancesCount"] = static_cast<Json::UInt64>(content.instancesCount);
      value["UncompressedSizeMB"] = ToMegabytes(content.uncompressedBytes);
      value["ArchiveSizeMB"] = ToMegabytes(content.archiveBytes);
      value["UncompressedSize"] = std::to_string(content.uncompressedBytes);
      value["ArchiveSize"] = std::to_string(content.archiveBytes);
    }

    void FormatMedia(Json::Value& value, const ArchiveRequest& request)
    {
      value["Extended"] = request.media.isExtended;
      value["Format"] = request.format == ArchiveFormat::Iso ? "Iso" : "Zip";
      if (request.media.profile != MediaProfile::None)
      {
        value["Profile"] = GetProfileName(request.media.profile);
      }
      if (request.media.volumeSizeMB != 0)
      {
        value["VolumeSizeMB"] = request.media.volumeSizeMB;
      }
    }

    void FormatRequest(Json::Value& value, const ArchiveRequest& request)
    {
      if (request.transcode.has_value())
      {
        value["Transcode"] = request.transcode->transferSyntaxUid;
        if (request.transcode->lossyQuality.has_value())
        {
          value["LossyQuality"] = *request.transcode->lossyQuality;
        }
      }
      value["Utf8"] = request.isUtf8;
      value["Filename"] = request.filename;
      value["Compression"] = ToName(request.density);
      if (request.isEncrypted)
      {
        value["Encrypted"] = true;
      }
      if (request.kind == ArchiveKind::Media)
      {
        FormatMedia(value, request);
      }
      if (!request.userDataJson.empty())
      {
        value["UserData"] = ParseUserData(request.userDataJson);
      }
    }

    void FormatMediaReport(Json::Value& value, const ArchiveReport& report)
    {
      Json::Value warnings(Json::arrayValue);
      for (const std::string& warning : report.warnings)
      {
        warnings.append(warning);
      }
      value["Warnings"] = warnings;
      if (!report.volumes.empty())
      {
        value["VolumesCount"] = static_cast<Json::UInt64>(report.volumes.size());
      }
    }

    void
    FormatReport(Json::Value& value, const ArchiveRequest& request, const ArchiveReport& report)
    {
      if (request.kind == ArchiveKind::Media)
      {
        FormatMediaReport(value, report);
      }
      if (request.transcode.has_value())
      {
        value["NotTranscoded"] = FormatInstances(report.notTranscoded);
      }
      if (request.onMissing == MissingPolicy::Report)
      {
        value["Missing"] = FormatInstances(report.missing);
      }
    }

    void FormatFailure(Json::Value& value, FailureKind kind, const std::string& text)
    {
      value["ErrorCode"] = GetJobErrorCode(kind);
      value["ErrorDescription"] = GetJobErrorDescription(kind);
      value["ErrorDetails"] = text;
    }
  } // namespace

  const char* GetJobType(ArchiveKind kind)
  {
    return kind == ArchiveKind::Media ? "Media" : "Archive";
  }

  std::vector<std::string> ListOutputs(const ArchiveReport& report)
  {
    if (report.volumes.empty())
    {
      return {"archive"};
    }
    std::vector<std::string> outputs;
    for (std::size_t i = 1; i <= report.volumes.size(); i++)
    {
      outputs.push_back("archive-" + std::to_string(i));
    }
    return outputs;
  }

  std::string FormatArchiveContent(const ArchiveContent& content)
  {
    Json::Value value(Json::objectValue);
    value["Description"] = "REST API";
    if (!content.archiveId.empty())
    {
      value["ArchiveId"] = content.archiveId;
    }
    if (content.isReused)
    {
      value["Reused"] = true;
    }
    FormatCounters(value, content);
    FormatRequest(value, content.request);
    if (content.report.has_value())
    {
      FormatReport(value, content.request, *content.report);
    }
    if (content.failureKind.has_value())
    {
      FormatFailure(value, *content.failureKind, content.failureText);
    }

    // ASCII alone: bytes that are no UTF-8 become U+FFFD
    Json::StreamWriterBuilder builder;
    builder["indentation"] = "";
    builder["emitUTF8"] = false;
    return Json::writeString(builder, value);
  }

  int GetJobErrorCode(FailureKind kind)
  {
    return GetHostError(kind).code;
  }

  std::string GetJobErrorDescription(FailureKind kind)
  {
    return GetHostError(kind).description;
  }
} // namespace OrthancPlugins
