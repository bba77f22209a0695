// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "ArchiveRecordJson.h"

#include "../Uuid.h"

#include <json/json.h>

#include <exception>
#include <limits>
#include <memory>
#include <new>

namespace OrthancPlugins
{
  namespace
  {
    constexpr unsigned FORMAT_VERSION = 3;
    constexpr int MAXIMUM_DEPTH = 100;

    template <typename T>
    struct EnumName
    {
      T value;
      const char* name;
    };

    constexpr EnumName<ArchiveState> STATES[] = {{ArchiveState::Pending, "Pending"},
                                                 {ArchiveState::Ready, "Ready"},
                                                 {ArchiveState::Failed, "Failed"},
                                                 {ArchiveState::Evicted, "Evicted"}};

    constexpr EnumName<ResourceLevel> LEVELS[] = {{ResourceLevel::Patient, "Patient"},
                                                  {ResourceLevel::Study, "Study"},
                                                  {ResourceLevel::Series, "Series"},
                                                  {ResourceLevel::Instance, "Instance"}};

    constexpr EnumName<ArchiveDensity> DENSITIES[] = {{ArchiveDensity::Fast, "Fast"},
                                                      {ArchiveDensity::Dense, "Dense"},
                                                      {ArchiveDensity::Store, "Store"}};

    constexpr EnumName<MissingPolicy> MISSING_POLICIES[] = {{MissingPolicy::Fail, "Fail"},
                                                            {MissingPolicy::Report, "Report"}};

    constexpr EnumName<TranscodeFailurePolicy> TRANSCODE_POLICIES[] = {
      {TranscodeFailurePolicy::KeepOriginal, "KeepOriginal"},
      {TranscodeFailurePolicy::Fail, "Fail"}};

    constexpr EnumName<ArchiveKind> KINDS[] = {{ArchiveKind::Archive, "Archive"},
                                               {ArchiveKind::Media, "Media"}};

    constexpr EnumName<ArchiveFormat> FORMATS[] = {{ArchiveFormat::Zip, "Zip"},
                                                   {ArchiveFormat::Iso, "Iso"}};

    constexpr EnumName<MediaProfile> PROFILES[] = {
      {MediaProfile::None, "None"},
      {MediaProfile::StdGenCd, "STD-GEN-CD"},
      {MediaProfile::StdGenDvdJpeg, "STD-GEN-DVD-JPEG"},
      {MediaProfile::StdGenUsbJpeg, "STD-GEN-USB-JPEG"},
      {MediaProfile::StdGenDvdJ2k, "STD-GEN-DVD-J2K"},
      {MediaProfile::StdGenUsbJ2k, "STD-GEN-USB-J2K"}};

    constexpr EnumName<FailureKind> FAILURE_KINDS[] = {
      {FailureKind::BadRequest, "BadRequest"},
      {FailureKind::BadFormat, "BadFormat"},
      {FailureKind::BadType, "BadType"},
      {FailureKind::OutOfRange, "OutOfRange"},
      {FailureKind::NotFound, "NotFound"},
      {FailureKind::UnknownResource, "UnknownResource"},
      {FailureKind::NotAllowed, "NotAllowed"},
      {FailureKind::Conflict, "Conflict"},
      {FailureKind::TooLarge, "TooLarge"},
      {FailureKind::RangeInvalid, "RangeInvalid"},
      {FailureKind::NotImplemented, "NotImplemented"},
      {FailureKind::Unavailable, "Unavailable"},
      {FailureKind::Canceled, "Canceled"},
      {FailureKind::ClientGone, "ClientGone"},
      {FailureKind::CannotWrite, "CannotWrite"},
      {FailureKind::StorageFull, "StorageFull"},
      {FailureKind::SourceMissing, "SourceMissing"},
      {FailureKind::NotTranscodable, "NotTranscodable"},
      {FailureKind::Internal, "Internal"}};

    template <typename T, std::size_t N>
    const char* ToName(const EnumName<T> (&names)[N], T value)
    {
      for (const EnumName<T>& candidate : names)
      {
        if (candidate.value == value)
        {
          return candidate.name;
        }
      }
      throw Failure(FailureKind::Internal, "A value of a record has no name");
    }

    [[noreturn]] void ThrowBadMember(const char* key)
    {
      throw Failure(FailureKind::BadFormat, std::string("Bad member in a record: ") + key);
    }

    // A JSON object whose members are read with their types checked
    class ObjectReader
    {
    public:
      ObjectReader(const Json::Value& value, const char* name)
        : value_(value)
      {
        if (!value.isObject())
        {
          ThrowBadMember(name);
        }
      }

      bool Has(const char* key) const { return value_.isMember(key); }

      const Json::Value& Get(const char* key) const
      {
        if (!Has(key))
        {
          ThrowBadMember(key);
        }
        return value_[key];
      }

      std::string GetString(const char* key) const
      {
        const Json::Value& member = Get(key);
        if (member.type() != Json::stringValue)
        {
          ThrowBadMember(key);
        }
        return member.asString();
      }

      std::uint64_t GetUnsigned(const char* key) const
      {
        const Json::Value& member = Get(key);
        const bool isNumber = member.type() == Json::intValue || member.type() == Json::uintValue;
        if (!isNumber || !member.isUInt64())
        {
          ThrowBadMember(key);
        }
        return member.asUInt64();
      }

      std::int64_t GetTime(const char* key) const
      {
        const std::uint64_t value = GetUnsigned(key);
        if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
        {
          ThrowBadMember(key);
        }
        return static_cast<std::int64_t>(value);
      }

      void ReadString(std::string& target, const char* key) const
      {
        if (Has(key))
        {
          target = GetString(key);
        }
      }

      void ReadBool(bool& target, const char* key) const
      {
        if (Has(key))
        {
          const Json::Value& member = Get(key);
          if (!member.isBool())
          {
            ThrowBadMember(key);
          }
          target = member.asBool();
        }
      }

      void ReadUnsigned(std::uint64_t& target, const char* key) const
      {
        if (Has(key))
        {
          target = GetUnsigned(key);
        }
      }

      void ReadUnsigned32(unsigned& target, const char* key) const
      {
        if (Has(key))
        {
          const std::uint64_t value = GetUnsigned(key);
          if (value > std::numeric_limits<std::uint32_t>::max())
          {
            ThrowBadMember(key);
          }
          target = static_cast<unsigned>(value);
        }
      }

      void ReadTime(std::int64_t& target, const char* key) const
      {
        if (Has(key))
        {
          target = GetTime(key);
        }
      }

      // Empty: none
      void ReadId(std::string& target, const char* key) const
      {
        ReadString(target, key);
        if (!target.empty() && !IsUuid(target))
        {
          ThrowBadMember(key);
        }
      }

      void ReadInt(int& target, const char* key) const
      {
        if (Has(key))
        {
          const Json::Value& member = Get(key);
          const bool isNumber = member.type() == Json::intValue || member.type() == Json::uintValue;
          if (!isNumber || !member.isInt())
          {
            ThrowBadMember(key);
          }
          target = member.asInt();
        }
      }

      void ReadStrings(std::vector<std::string>& target, const char* key) const
      {
        if (!Has(key))
        {
          return;
        }
        const Json::Value& member = Get(key);
        if (!member.isArray())
        {
          ThrowBadMember(key);
        }
        target.clear();
        target.reserve(member.size());
        for (const Json::Value& item : member)
        {
          if (item.type() != Json::stringValue)
          {
            ThrowBadMember(key);
          }
          target.push_back(item.asString());
        }
      }

      template <typename T, std::size_t N>
      void ReadEnum(T& target, const EnumName<T> (&names)[N], const char* key) const
      {
        if (!Has(key))
        {
          return;
        }
        const std::string text = GetString(key);
        for (const EnumName<T>& candidate : names)
        {
          if (text == candidate.name)
          {
            target = candidate.value;
            return;
          }
        }
        ThrowBadMember(key);
      }

    private:
      const Json::Value& value_;
    };

    Json::Value FormatStrings(const std::vector<std::string>& strings)
    {
      Json::Value value(Json::arrayValue);
      for (const std::string& item : strings)
      {
        value.append(item);
      }
      return value;
    }

    Json::Value FormatTranscode(const TranscodeTarget& transcode)
    {
      Json::Value value(Json::objectValue);
      value["TransferSyntax"] = transcode.transferSyntaxUid;
      if (transcode.lossyQuality.has_value())
      {
        value["LossyQuality"] = *transcode.lossyQuality;
      }
      return value;
    }

    TranscodeTarget ParseTranscode(const Json::Value& value)
    {
      const ObjectReader reader(value, "Transcode");
      TranscodeTarget transcode;
      transcode.transferSyntaxUid = reader.GetString("TransferSyntax");
      if (reader.Has("LossyQuality"))
      {
        transcode.lossyQuality = 0;
        reader.ReadUnsigned32(*transcode.lossyQuality, "LossyQuality");
      }
      return transcode;
    }

    Json::Value FormatMedia(const MediaRequest& media)
    {
      Json::Value value(Json::objectValue);
      value["Extended"] = media.isExtended;
      value["Profile"] = ToName(PROFILES, media.profile);
      value["Readme"] = media.hasReadme;
      value["Pdf"] = media.hasPdf;
      value["Index"] = media.hasIndex;
      value["Overlay"] = media.overlay;
      value["VolumeSizeMB"] = media.volumeSizeMB;
      return value;
    }

    MediaRequest ParseMedia(const Json::Value& value)
    {
      const ObjectReader reader(value, "Media");
      MediaRequest media;
      reader.ReadBool(media.isExtended, "Extended");
      reader.ReadEnum(media.profile, PROFILES, "Profile");
      reader.ReadBool(media.hasReadme, "Readme");
      reader.ReadBool(media.hasPdf, "Pdf");
      reader.ReadBool(media.hasIndex, "Index");
      reader.ReadString(media.overlay, "Overlay");
      reader.ReadUnsigned32(media.volumeSizeMB, "VolumeSizeMB");
      return media;
    }

    Json::Value FormatRequest(const ArchiveRequest& request)
    {
      Json::Value value(Json::objectValue);
      value["Kind"] = ToName(KINDS, request.kind);
      if (request.level.has_value())
      {
        value["Level"] = ToName(LEVELS, *request.level);
      }
      value["Resources"] = FormatStrings(request.resources);
      value["IsPost"] = request.isPost;
      value["IsSynchronous"] = request.isSynchronous;
      value["Priority"] = request.priority;
      if (request.transcode.has_value())
      {
        value["Transcode"] = FormatTranscode(*request.transcode);
      }
      value["Filename"] = request.filename;
      if (!request.userDataJson.empty())
      {
        value["UserData"] = request.userDataJson;
      }
      value["Utf8"] = request.isUtf8;
      value["Compression"] = ToName(DENSITIES, request.density);
      value["OnMissing"] = ToName(MISSING_POLICIES, request.onMissing);
      value["OnTranscodeFailure"] = ToName(TRANSCODE_POLICIES, request.onTranscodeFailure);
      value["Manifest"] = request.hasManifest;
      value["Naming"] = request.naming;
      if (request.kind == ArchiveKind::Media)
      {
        value["Media"] = FormatMedia(request.media);
      }
      value["Format"] = ToName(FORMATS, request.format);
      value["Encrypted"] = request.isEncrypted;
      return value;
    }

    ArchiveRequest ParseRequest(const Json::Value& value)
    {
      const ObjectReader reader(value, "Request");
      ArchiveRequest request;
      reader.ReadEnum(request.kind, KINDS, "Kind");
      if (reader.Has("Level"))
      {
        request.level = ResourceLevel::Patient;
        reader.ReadEnum(*request.level, LEVELS, "Level");
      }
      reader.Get("Resources");
      reader.ReadStrings(request.resources, "Resources");
      if (request.level.has_value() && request.resources.size() != 1)
      {
        ThrowBadMember("Resources");
      }
      reader.ReadBool(request.isPost, "IsPost");
      reader.ReadBool(request.isSynchronous, "IsSynchronous");
      reader.ReadInt(request.priority, "Priority");
      if (reader.Has("Transcode"))
      {
        request.transcode = ParseTranscode(reader.Get("Transcode"));
      }
      reader.ReadString(request.filename, "Filename");
      reader.ReadString(request.userDataJson, "UserData");
      reader.ReadBool(request.isUtf8, "Utf8");
      reader.ReadEnum(request.density, DENSITIES, "Compression");
      reader.ReadEnum(request.onMissing, MISSING_POLICIES, "OnMissing");
      reader.ReadEnum(request.onTranscodeFailure, TRANSCODE_POLICIES, "OnTranscodeFailure");
      reader.ReadBool(request.hasManifest, "Manifest");
      reader.ReadString(request.naming, "Naming");
      if (reader.Has("Media"))
      {
        request.media = ParseMedia(reader.Get("Media"));
      }
      reader.ReadEnum(request.format, FORMATS, "Format");
      reader.ReadBool(request.isEncrypted, "Encrypted");
      return request;
    }

    Json::Value FormatVolumes(const std::vector<ArchiveVolume>& volumes)
    {
      Json::Value value(Json::arrayValue);
      for (const ArchiveVolume& volume : volumes)
      {
        Json::Value item(Json::objectValue);
        item["OffsetBytes"] = static_cast<Json::UInt64>(volume.offsetBytes);
        item["SizeBytes"] = static_cast<Json::UInt64>(volume.sizeBytes);
        value.append(item);
      }
      return value;
    }

    // One behind the other, from the begin of the file
    std::vector<ArchiveVolume> ParseVolumes(const Json::Value& value)
    {
      if (!value.isArray())
      {
        ThrowBadMember("Volumes");
      }
      std::vector<ArchiveVolume> volumes;
      std::uint64_t end = 0;
      for (const Json::Value& item : value)
      {
        const ObjectReader reader(item, "Volumes");
        const ArchiveVolume volume{reader.GetUnsigned("OffsetBytes"),
                                   reader.GetUnsigned("SizeBytes")};
        if (volume.offsetBytes != end || volume.sizeBytes == 0 ||
            volume.sizeBytes > std::numeric_limits<std::uint64_t>::max() - end)
        {
          ThrowBadMember("Volumes");
        }
        end += volume.sizeBytes;
        volumes.push_back(volume);
      }
      return volumes;
    }

    Json::Value FormatReport(const ArchiveReport& report)
    {
      Json::Value value(Json::objectValue);
      value["Missing"] = FormatStrings(report.missing);
      value["NotTranscoded"] = FormatStrings(report.notTranscoded);
      if (!report.warnings.empty())
      {
        value["Warnings"] = FormatStrings(report.warnings);
      }
      if (!report.volumes.empty())
      {
        value["Volumes"] = FormatVolumes(report.volumes);
      }
      return value;
    }

    ArchiveReport ParseReport(const Json::Value& value)
    {
      const ObjectReader reader(value, "Report");
      ArchiveReport report;
      reader.ReadStrings(report.missing, "Missing");
      reader.ReadStrings(report.notTranscoded, "NotTranscoded");
      reader.ReadStrings(report.warnings, "Warnings");
      if (reader.Has("Volumes"))
      {
        report.volumes = ParseVolumes(reader.Get("Volumes"));
      }
      return report;
    }

    Json::Value FormatFailure(const ArchiveRecord& record)
    {
      Json::Value value(Json::objectValue);
      value["Kind"] = ToName(FAILURE_KINDS, record.failureKind);
      value["Text"] = record.failureText;
      return value;
    }

    void ParseFailure(ArchiveRecord& record, const Json::Value& value)
    {
      const ObjectReader reader(value, "Failure");
      reader.ReadEnum(record.failureKind, FAILURE_KINDS, "Kind");
      reader.ReadString(record.failureText, "Text");
    }

    Json::Value ParseJson(std::string_view text)
    {
      Json::CharReaderBuilder builder;
      Json::CharReaderBuilder::strictMode(&builder.settings_);
      builder["stackLimit"] = MAXIMUM_DEPTH;
      const std::unique_ptr<Json::CharReader> reader(builder.newCharReader());
      Json::Value value;
      if (!reader->parse(text.data(), text.data() + text.size(), &value, nullptr))
      {
        throw Failure(FailureKind::BadFormat, "A record is no JSON");
      }
      return value;
    }

    void CheckVersion(const ObjectReader& reader)
    {
      const std::uint64_t version = reader.GetUnsigned("Version");
      if (version > FORMAT_VERSION)
      {
        throw Failure(FailureKind::BadFormat, "A record was written by a newer version");
      }
      if (version == 0)
      {
        ThrowBadMember("Version");
      }
    }

    // What version 1 did not have: absent members keep their defaults
    void ParseJob(ArchiveRecord& record, const ObjectReader& reader)
    {
      reader.ReadString(record.owner, "Owner");
      reader.ReadString(record.idempotencyKey, "IdempotencyKey");
      reader.ReadString(record.notifyUrl, "NotifyUrl");
      reader.ReadString(record.fingerprint, "Fingerprint");
      reader.ReadUnsigned(record.expectedBytes, "ExpectedBytes");
      reader.ReadId(record.leaderId, "LeaderID");
      reader.ReadBool(record.isReused, "IsReused");
      reader.ReadUnsigned32(record.attempts, "Attempts");
      reader.ReadTime(record.nextAttemptMicroseconds, "NextAttemptMicroseconds");
      reader.ReadBool(record.isPaused, "IsPaused");
      reader.ReadTime(record.startedMicroseconds, "StartedMicroseconds");
      reader.ReadUnsigned(record.runtimeMicroseconds, "RuntimeMicroseconds");
      reader.ReadUnsigned(record.downloadsCount, "DownloadsCount");
      reader.ReadTime(record.downloadedMicroseconds, "DownloadedMicroseconds");
      reader.ReadBool(record.isPinned, "IsPinned");
      reader.ReadTime(record.evictedMicroseconds, "EvictedMicroseconds");
    }

    ArchiveRecord ParseRecord(const Json::Value& value)
    {
      const ObjectReader reader(value, "Record");
      CheckVersion(reader);
      ArchiveRecord record;
      record.id = reader.GetString("ID");
      if (!IsUuid(record.id))
      {
        ThrowBadMember("ID");
      }
      reader.Get("State");
      reader.ReadEnum(record.state, STATES, "State");
      record.request = ParseRequest(reader.Get("Request"));
      record.createdMicroseconds = reader.GetTime("CreatedMicroseconds");
      reader.ReadTime(record.completedMicroseconds, "CompletedMicroseconds");
      reader.ReadUnsigned(record.sizeBytes, "SizeBytes");
      reader.ReadUnsigned(record.instancesCount, "InstancesCount");
      reader.ReadUnsigned(record.uncompressedBytes, "UncompressedBytes");
      if (reader.Has("Report"))
      {
        record.report = ParseReport(reader.Get("Report"));
      }
      if (reader.Has("Failure"))
      {
        ParseFailure(record, reader.Get("Failure"));
      }
      ParseJob(record, reader);
      return record;
    }

    Json::Value ToJson(std::int64_t value)
    {
      return Json::Value(static_cast<Json::Int64>(value));
    }

    Json::Value ToJson(std::uint64_t value)
    {
      return Json::Value(static_cast<Json::UInt64>(value));
    }

    bool HasFailure(const ArchiveRecord& record)
    {
      return record.state == ArchiveState::Failed || record.attempts > 0 ||
             !record.failureText.empty();
    }

    void FormatJob(Json::Value& value, const ArchiveRecord& record)
    {
      value["Owner"] = record.owner;
      value["IdempotencyKey"] = record.idempotencyKey;
      value["NotifyUrl"] = record.notifyUrl;
      value["Fingerprint"] = record.fingerprint;
      value["ExpectedBytes"] = ToJson(record.expectedBytes);
      value["LeaderID"] = record.leaderId;
      value["IsReused"] = record.isReused;
      value["Attempts"] = record.attempts;
      value["NextAttemptMicroseconds"] = ToJson(record.nextAttemptMicroseconds);
      value["IsPaused"] = record.isPaused;
      value["StartedMicroseconds"] = ToJson(record.startedMicroseconds);
      value["RuntimeMicroseconds"] = ToJson(record.runtimeMicroseconds);
      value["DownloadsCount"] = ToJson(record.downloadsCount);
      value["DownloadedMicroseconds"] = ToJson(record.downloadedMicroseconds);
      value["IsPinned"] = record.isPinned;
      value["EvictedMicroseconds"] = ToJson(record.evictedMicroseconds);
    }
  } // namespace

  std::string FormatArchiveRecord(const ArchiveRecord& record)
  {
    Json::Value value(Json::objectValue);
    value["Version"] = FORMAT_VERSION;
    value["ID"] = record.id;
    value["State"] = ToName(STATES, record.state);
    value["Request"] = FormatRequest(record.request);
    value["CreatedMicroseconds"] = ToJson(record.createdMicroseconds);
    value["CompletedMicroseconds"] = ToJson(record.completedMicroseconds);
    value["SizeBytes"] = ToJson(record.sizeBytes);
    value["InstancesCount"] = ToJson(record.instancesCount);
    value["UncompressedBytes"] = ToJson(record.uncompressedBytes);
    value["Report"] = FormatReport(record.report);
    FormatJob(value, record);
    if (HasFailure(record))
    {
      value["Failure"] = FormatFailure(record);
    }

    Json::StreamWriterBuilder builder;
    builder["indentation"] = " ";
    builder["emitUTF8"] = true; // every byte of a text comes back as it was
    return Json::writeString(builder, value) + "\n";
  }

  ArchiveRecord ParseArchiveRecord(std::string_view text)
  {
    try
    {
      return ParseRecord(ParseJson(text));
    }
    catch (const Failure&)
    {
      throw;
    }
    catch (const std::bad_alloc&)
    {
      throw;
    }
    catch (const std::exception&)
    {
      // JsonCpp throws beyond its stack limit
      throw Failure(FailureKind::BadFormat, "A record is no JSON of ours");
    }
  }
} // namespace OrthancPlugins
