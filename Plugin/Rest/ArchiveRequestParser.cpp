// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "ArchiveRequestParser.h"

#include "MediaFields.h"
#include "RequestFields.h"
#include "TransferSyntaxes.h"

#include "../Core/Archive/NamingTemplate.h"
#include "../Core/Failure.h"

#include <json/value.h>
#include <json/writer.h>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <memory>
#include <set>
#include <string_view>

namespace OrthancPlugins
{
  namespace
  {
    constexpr Choice<ArchiveDensity> DENSITIES[] = {{"Fast", ArchiveDensity::Fast},
                                                    {"Dense", ArchiveDensity::Dense},
                                                    {"Store", ArchiveDensity::Store}};

    constexpr Choice<MissingPolicy> MISSING_POLICIES[] = {{"Fail", MissingPolicy::Fail},
                                                          {"Report", MissingPolicy::Report}};

    constexpr Choice<TranscodeFailurePolicy> TRANSCODE_FAILURE_POLICIES[] = {
      {"KeepOriginal", TranscodeFailurePolicy::KeepOriginal},
      {"Fail", TranscodeFailurePolicy::Fail}};

    std::string
    ParseTransferSyntax(const std::string& uid, const HostVersion& version, const char* field)
    {
      if (!IsKnownTransferSyntax(uid, version))
      {
        throw Failure(FailureKind::OutOfRange,
                      std::string("\"") + field + "\" must be the UID of a known transfer syntax");
      }
      return uid;
    }

    // ---- JSON body

    int ReadPriority(const Json::Value& fields)
    {
      constexpr const char* FIELD = "Priority";
      if (!fields.isMember(FIELD))
      {
        return 0;
      }
      const Json::Value& value = GetInteger(fields, FIELD);
      if (!value.isInt())
      {
        throw MakeSizeFailure(FIELD);
      }
      return value.asInt();
    }

    unsigned
    ReadLossyQuality(const Json::Value& fields, unsigned fallback, const HostVersion& version)
    {
      constexpr const char* FIELD = "LossyQuality";
      if (!fields.isMember(FIELD))
      {
        return fallback;
      }
      const Json::Value& value = GetInteger(fields, FIELD);
      if (value.isInt64() && value.asInt64() < 0)
      {
        throw Failure(version.IsAtLeast(1, 13, 0) ? FailureKind::BadType : FailureKind::BadFormat,
                      std::string("Unsigned integer value expected in field: ") + FIELD);
      }
      if (!value.isUInt())
      {
        throw MakeSizeFailure(FIELD);
      }
      return value.asUInt();
    }

    // "Synchronous" wins: "Asynchronous" is then not even checked
    bool ReadIsSynchronous(const Json::Value& fields)
    {
      if (fields.isMember("Synchronous"))
      {
        return ReadBoolean(fields, "Synchronous", true);
      }
      return !ReadBoolean(fields, "Asynchronous", false);
    }

    std::string WriteCompact(const Json::Value& value)
    {
      Json::StreamWriterBuilder builder;
      builder["indentation"] = "";
      return Json::writeString(builder, value);
    }

    void ReadHostFields(ArchiveRequest& target,
                        const Json::Value& fields,
                        const Settings& settings,
                        const HostVersion& version)
    {
      target.isSynchronous = ReadIsSynchronous(fields);
      target.priority = ReadPriority(fields);
      // Of media; the host checks it for archives as well
      const bool isExtended = ReadBoolean(fields, "Extended", target.media.isExtended);
      target.media.isExtended = target.kind == ArchiveKind::Media && isExtended;
      if (const std::optional<std::string> uid = ReadString(fields, "Transcode"))
      {
        target.transcode =
          TranscodeTarget{ParseTransferSyntax(*uid, version, "Transcode"),
                          ReadLossyQuality(fields, settings.host.lossyQuality, version)};
      }
      const Json::Value& filename = fields["Filename"];
      if (filename.isString() && !filename.asString().empty())
      {
        target.filename = filename.asString();
      }
      const Json::Value& userData = fields["UserData"];
      if (!userData.isNull())
      {
        target.userDataJson = WriteCompact(userData);
      }
      target.isUtf8 = ReadBoolean(fields, "Utf8", target.isUtf8);
    }

    void ReadOwnFields(ArchiveRequest& target, const Json::Value& fields)
    {
      if (const std::optional<std::string> text = ReadString(fields, "Compression"))
      {
        target.density = Choose(DENSITIES, *text, "Compression");
      }
      if (const std::optional<std::string> text = ReadString(fields, "OnMissing"))
      {
        target.onMissing = Choose(MISSING_POLICIES, *text, "OnMissing");
      }
      if (const std::optional<std::string> text = ReadString(fields, "OnTranscodeFailure"))
      {
        target.onTranscodeFailure = Choose(TRANSCODE_FAILURE_POLICIES, *text, "OnTranscodeFailure");
      }
      if (const std::optional<std::string> text = ReadString(fields, "Naming"))
      {
        target.naming = *text;
      }
      target.hasManifest = ReadBoolean(fields, "Manifest", target.hasManifest);
    }

    void ReadJobFields(ParsedRequest& target, const Json::Value& fields)
    {
      target.isEstimate = ReadBoolean(fields, "Estimate", target.isEstimate);
      target.isReused = ReadBoolean(fields, "Reuse", target.isReused);
      if (const std::optional<std::string> url = ReadString(fields, "NotifyUrl"))
      {
        if (url->empty())
        {
          throw Failure(FailureKind::OutOfRange, "Field \"NotifyUrl\" must not be empty");
        }
        target.notifyUrl = *url;
      }
    }

    // Fields are only read from objects: the host accepts any other JSON as if it were {}
    void ReadFields(ParsedRequest& target,
                    const Json::Value& body,
                    const Settings& settings,
                    const HostVersion& version)
    {
      const Json::Value none(Json::objectValue);
      const Json::Value& fields = body.isObject() ? body : none;
      ReadHostFields(target.archive, fields, settings, version);
      ReadOwnFields(target.archive, fields);
      ReadMediaFields(target.archive, fields);
      target.password = ReadPassword(fields);
      target.archive.isEncrypted = !target.password.empty();
      ReadJobFields(target, fields);
    }

    std::vector<std::string> ReadResources(const Json::Value& body)
    {
      if (body.isObject() && !body.isMember("Resources"))
      {
        throw Failure(FailureKind::BadFormat, "Missing field Resources in the JSON body");
      }
      const Json::Value& list = body.isObject() ? body["Resources"] : body;
      if (!list.isArray() || !std::all_of(list.begin(), list.end(),
                                          [](const Json::Value& item) { return item.isString(); }))
      {
        throw Failure(FailureKind::BadFormat,
                      "Expected a list of strings (Orthanc identifiers) in field: Resources");
      }
      std::vector<std::string> resources;
      for (const Json::Value& item : list)
      {
        resources.push_back(item.asString());
      }
      return resources;
    }

    // ---- Query

    unsigned ReadQualityArgument(const HttpRequest& request, unsigned fallback)
    {
      constexpr const char* NAME = "lossy-quality";
      if (request.FindArgument(NAME) == "")
      {
        return fallback;
      }
      const std::uint64_t value = request.GetUnsignedArgument(NAME, fallback);
      if (value > std::numeric_limits<unsigned>::max())
      {
        throw Failure(FailureKind::OutOfRange,
                      std::string("Argument \"") + NAME + "\" is beyond 32 bits");
      }
      return static_cast<unsigned>(value);
    }

    // Without duplicates, in lexical order. What follows the last comma only counts if there is
    // something, what lies between two commas always does
    std::vector<std::string> SplitResources(std::string_view text)
    {
      std::set<std::string> resources;
      while (!text.empty())
      {
        const std::size_t end = std::min(text.find(','), text.size());
        resources.emplace(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
      }
      return std::vector<std::string>(resources.begin(), resources.end());
    }
  } // namespace

  std::string GetDefaultFilename(const ArchiveRequest& request)
  {
    const bool isNamed = request.level.has_value() && !request.resources.empty();
    return (isNamed ? request.resources.front() : "Archive") +
           (request.format == ArchiveFormat::Iso ? ".iso" : ".zip");
  }

  ArchiveRequestParser::ArchiveRequestParser(const Settings& settings, const HostVersion& version)
    : ArchiveRequestParser(settings, version, ArchiveKind::Archive, false)
  {
  }

  ArchiveRequestParser::ArchiveRequestParser(const Settings& settings,
                                             const HostVersion& version,
                                             ArchiveKind kind,
                                             bool isExtended)
    : settings_(settings),
      version_(version),
      kind_(kind),
      isExtended_(isExtended)
  {
  }

  ArchiveRequest ArchiveRequestParser::MakeDefault(std::optional<ResourceLevel> level,
                                                   const HttpRequest& request) const
  {
    ArchiveRequest target;
    target.kind = kind_;
    target.media.isExtended = isExtended_;
    target.level = level;
    if (level.has_value())
    {
      target.resources = {request.groups.at(0)};
    }
    target.isPost = request.method == HttpMethod::Post;
    target.isUtf8 = settings_.archive.hasUtf8Names || settings_.host.hasZipUtf8;
    target.density = settings_.archive.density;
    target.onMissing = settings_.archive.onMissing;
    target.onTranscodeFailure = settings_.archive.onTranscodeFailure;
    target.hasManifest = settings_.archive.hasManifest;
    target.naming = settings_.archive.naming;
    return target;
  }

  void ArchiveRequestParser::ReadArguments(ArchiveRequest& target, const HttpRequest& request) const
  {
    if (const std::optional<std::string> uid = request.FindArgument("transcode"))
    {
      target.transcode = TranscodeTarget{ParseTransferSyntax(*uid, version_, "transcode"),
                                         ReadQualityArgument(request, settings_.host.lossyQuality)};
    }
    if (const std::optional<std::string> filename = request.FindArgument("filename");
        filename.has_value() && !filename->empty())
    {
      target.filename = *filename;
    }
    if (const std::optional<std::string> text = request.FindArgument("compression"))
    {
      target.density = Choose(DENSITIES, *text, "compression");
    }
    if (const std::optional<std::string> text = request.FindArgument("on-missing"))
    {
      target.onMissing = Choose(MISSING_POLICIES, *text, "on-missing");
    }
    if (const std::optional<std::string> text = request.FindArgument("on-transcode-failure"))
    {
      target.onTranscodeFailure = Choose(TRANSCODE_FAILURE_POLICIES, *text, "on-transcode-failure");
    }
    target.naming = request.FindArgument("naming").value_or(target.naming);
    target.isUtf8 = ReadBooleanArgument(request, "utf8", target.isUtf8);
    target.hasManifest = ReadBooleanArgument(request, "manifest", target.hasManifest);
    ReadMediaArguments(target, request);
  }

  // What only shows once everything is read
  void ArchiveRequestParser::Complete(ArchiveRequest& target) const
  {
    NamingTemplate::CheckNaming(target.naming);
    CheckMedia(target, settings_.archive.media);
    if (target.filename.empty())
    {
      target.filename = GetDefaultFilename(target);
    }
  }

  ParsedRequest ArchiveRequestParser::ParseGet(ResourceLevel level,
                                               const HttpRequest& request) const
  {
    ParsedRequest target;
    target.archive = MakeDefault(level, request);
    ReadArguments(target.archive, request);
    target.isEstimate = ReadBooleanArgument(request, "estimate", false);
    Complete(target.archive);
    return target;
  }

  ParsedRequest ArchiveRequestParser::ParsePost(ResourceLevel level,
                                                const HttpRequest& request) const
  {
    ParsedRequest target;
    target.archive = MakeDefault(level, request);
    ReadFields(target, ParseJsonBody(request.body), settings_, version_);
    Complete(target.archive);
    return target;
  }

  ParsedRequest ArchiveRequestParser::ParseBatchGet(const HttpRequest& request) const
  {
    const std::optional<std::string> resources = request.FindArgument("resources");
    if (!resources.has_value())
    {
      throw Failure(FailureKind::BadRequest, "Missing resources argument");
    }
    ParsedRequest target;
    target.archive = MakeDefault(std::nullopt, request);
    target.archive.resources = SplitResources(*resources);
    ReadArguments(target.archive, request);
    target.isEstimate = ReadBooleanArgument(request, "estimate", false);
    Complete(target.archive);
    return target;
  }

  ParsedRequest ArchiveRequestParser::ParseBatchPost(const HttpRequest& request) const
  {
    ParsedRequest target;
    target.archive = MakeDefault(std::nullopt, request);
    const Json::Value body = ParseJsonBody(request.body);
    ReadFields(target, body, settings_, version_);
    target.archive.resources = ReadResources(body);
    Complete(target.archive);
    return target;
  }
} // namespace OrthancPlugins
