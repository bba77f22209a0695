// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "ResourceJson.h"

#include "JsonCursor.h"
#include "OrthancRestApi.h"

#include <json/value.h>

#include <charconv>
#include <utility>

namespace OrthancPlugins
{
  namespace
  {
    // FileContentType of the host
    constexpr int CONTENT_TYPE_DICOM = 1;

    const Json::Value& GetMember(const Json::Value& object, const char* name)
    {
      static const Json::Value& NOTHING = Json::Value::nullSingleton();
      if (!object.isObject())
      {
        return NOTHING;
      }
      const Json::Value* const member =
        object.find(name, name + std::char_traits<char>::length(name));
      return member == nullptr ? NOTHING : *member;
    }

    std::string GetString(const Json::Value& object, const char* name)
    {
      const Json::Value& member = GetMember(object, name);
      return member.isString() ? member.asString() : std::string();
    }

    std::uint64_t GetUnsigned(const Json::Value& object, const char* name)
    {
      const Json::Value& member = GetMember(object, name);
      return member.isUInt64() ? member.asUInt64() : 0;
    }

    template <typename Number>
    std::optional<Number> ParseNumber(std::string_view text)
    {
      Number number = 0;
      const char* const end = text.data() + text.size();
      const auto [next, error] = std::from_chars(text.data(), end, number);
      return error == std::errc() && next == end ? std::optional<Number>(number) : std::nullopt;
    }

    // Sequences are main tags too on new hosts; they have no text
    DicomTags GetTags(const Json::Value& object, const char* name)
    {
      DicomTags tags;
      const Json::Value& member = GetMember(object, name);
      if (member.isObject())
      {
        for (const std::string& keyword : member.getMemberNames())
        {
          const Json::Value& value = member[keyword];
          if (value.isString())
          {
            tags[keyword] = value.asString();
          }
        }
      }
      return tags;
    }

    std::vector<std::string> GetIds(const Json::Value& object, const char* name)
    {
      std::vector<std::string> ids;
      for (const Json::Value& item : GetMember(object, name))
      {
        if (item.isString())
        {
          ids.push_back(item.asString());
        }
      }
      return ids;
    }

    std::optional<ResourceLevel> ParseLevel(const std::string& type)
    {
      for (const ResourceLevel level : {ResourceLevel::Patient, ResourceLevel::Study,
                                        ResourceLevel::Series, ResourceLevel::Instance})
      {
        if (type == GetLevelNames(level).type)
        {
          return level;
        }
      }
      return std::nullopt;
    }

    void ReadAttachment(StoredInstance& instance, const Json::Value& json)
    {
      instance.sizeBytes = GetUnsigned(json, "FileSize");
      instance.attachmentUuid = GetString(json, "FileUuid");
      for (const Json::Value& attachment : GetMember(json, "Attachments"))
      {
        const Json::Value& type = GetMember(attachment, "ContentType");
        if (type.isInt() && type.asInt() == CONTENT_TYPE_DICOM)
        {
          instance.sizeBytes = GetUnsigned(attachment, "UncompressedSize");
          instance.attachmentUuid = GetString(attachment, "Uuid");
          instance.isStorageCompressed =
            GetUnsigned(attachment, "CompressedSize") != instance.sizeBytes;
        }
      }
    }

    StoredInstance ToInstance(const Json::Value& json, bool hasTags)
    {
      StoredInstance instance;
      instance.id = GetString(json, "ID");
      ReadAttachment(instance, json);
      const Json::Value& metadata = GetMember(json, "Metadata");
      instance.transferSyntaxUid = GetString(metadata, "TransferSyntax");
      instance.indexInSeries = ParseNumber<std::int64_t>(GetString(metadata, "IndexInSeries"));
      instance.receptionUtc = ParseHostDate(GetString(metadata, "ReceptionDate"));
      if (hasTags)
      {
        instance.tags = GetTags(json, "MainDicomTags");
      }
      return instance;
    }

    std::optional<std::size_t> GetInstancesCount(const Json::Value& json,
                                                 const HostResource& resource)
    {
      if (resource.level == ResourceLevel::Series && json.isMember("Instances"))
      {
        return resource.childIds.size();
      }
      return ParseNumber<std::size_t>(GetString(GetMember(json, "RequestedTags"), COUNT_TAG));
    }

    // Values that are plain text, as GetString() and GetUnsigned() read them
    void TakeAttachment(JsonCursor& cursor, StoredInstance& instance)
    {
      std::uint64_t type = 0, size = 0, compressedSize = 0;
      std::string_view uuid;
      cursor.ForEachMember(
        [&](std::string_view key)
        {
          if (key == "ContentType")
          {
            type = cursor.TakeUnsigned();
          }
          else if (key == "UncompressedSize")
          {
            size = cursor.TakeUnsigned();
          }
          else if (key == "CompressedSize")
          {
            compressedSize = cursor.TakeUnsigned();
          }
          else if (key == "Uuid")
          {
            uuid = cursor.TakeText();
          }
          else
          {
            cursor.TakeRaw();
          }
        });
      if (type == CONTENT_TYPE_DICOM)
      {
        instance.sizeBytes = size;
        instance.attachmentUuid = uuid;
        instance.isStorageCompressed = compressedSize != size;
      }
    }

    void TakeMetadata(JsonCursor& cursor, StoredInstance& instance)
    {
      cursor.ForEachMember(
        [&](std::string_view key)
        {
          if (key == "TransferSyntax")
          {
            instance.transferSyntaxUid = cursor.TakeText();
          }
          else if (key == "IndexInSeries")
          {
            instance.indexInSeries = ParseNumber<std::int64_t>(cursor.TakeText());
          }
          else if (key == "ReceptionDate")
          {
            instance.receptionUtc = ParseHostDate(cursor.TakeText());
          }
          else
          {
            cursor.TakeRaw();
          }
        });
    }

    struct Description
    {
      std::string_view type;
      std::string_view seriesId;
      std::string_view tags;       // JSON
      std::uint64_t sizeBytes = 0; // where the host does not list attachments
      std::string_view attachmentUuid;
      StoredInstance instance;
    };

    Description TakeDescription(JsonCursor& cursor)
    {
      Description description;
      StoredInstance& instance = description.instance;
      cursor.ForEachMember(
        [&](std::string_view key)
        {
          if (key == "ID")
          {
            instance.id = cursor.TakeText();
          }
          else if (key == "Type")
          {
            description.type = cursor.TakeText();
          }
          else if (key == "ParentSeries")
          {
            description.seriesId = cursor.TakeText();
          }
          else if (key == "MainDicomTags")
          {
            description.tags = cursor.TakeRaw();
          }
          else if (key == "FileSize")
          {
            description.sizeBytes = cursor.TakeUnsigned();
          }
          else if (key == "FileUuid")
          {
            description.attachmentUuid = cursor.TakeText();
          }
          else if (key == "Attachments")
          {
            cursor.ForEachElement([&] { TakeAttachment(cursor, instance); });
          }
          else if (key == "Metadata")
          {
            TakeMetadata(cursor, instance);
          }
          else
          {
            cursor.TakeRaw();
          }
        });
      if (instance.attachmentUuid.empty())
      {
        instance.sizeBytes = description.sizeBytes;
        instance.attachmentUuid = description.attachmentUuid;
      }
      return description;
    }

    // False, and maybe some instances consumed, if only JsonCpp can tell
    bool TryReadInstances(std::string_view text, bool hasTags, const InstanceConsumer& consumer)
    {
      JsonCursor cursor(text);
      cursor.ForEachElement(
        [&]
        {
          Description description = TakeDescription(cursor);
          if (cursor.IsGood() && description.type == GetLevelNames(ResourceLevel::Instance).type)
          {
            if (hasTags && !description.tags.empty())
            {
              Json::Value json = Json::objectValue;
              json["Tags"] = OrthancRestApi::ParseJson(description.tags);
              description.instance.tags = GetTags(json, "Tags");
            }
            consumer(std::string(description.seriesId), std::move(description.instance));
          }
        });
      return cursor.IsAtEnd();
    }
  } // namespace

  const LevelNames& GetLevelNames(ResourceLevel level)
  {
    static const LevelNames NAMES[] = {
      {"Patient", "", "Studies", "ParentPatient"},
      {"Study", "ParentPatient", "Series", "ParentStudy"},
      {"Series", "ParentStudy", "Instances", "ParentSeries"},
      {"Instance", "ParentSeries", "", ""},
    };
    return NAMES[static_cast<std::size_t>(level)];
  }

  std::optional<HostResource> ToResource(const Json::Value& json)
  {
    const std::optional<ResourceLevel> level = ParseLevel(GetString(json, "Type"));
    if (!level.has_value())
    {
      return std::nullopt;
    }
    HostResource resource;
    resource.level = *level;
    resource.id = GetString(json, "ID");
    resource.parentId = GetString(json, GetLevelNames(*level).parent);
    if (*level == ResourceLevel::Instance)
    {
      resource.instance = ToInstance(json, true);
    }
    else
    {
      resource.childIds = GetIds(json, GetLevelNames(*level).children);
      resource.tags = GetTags(json, "MainDicomTags");
      resource.patientTags = GetTags(json, "PatientMainDicomTags");
      resource.instancesCount = GetInstancesCount(json, resource);
    }
    return resource;
  }

  void ReadInstances(std::string_view text, bool hasTags, const InstanceConsumer& consumer)
  {
    std::vector<std::pair<std::string, StoredInstance>> instances;
    const auto keep = [&](std::string seriesId, StoredInstance instance)
    { instances.emplace_back(std::move(seriesId), std::move(instance)); };
    if (!TryReadInstances(text, hasTags, keep))
    {
      instances.clear();
      for (const Json::Value& json : OrthancRestApi::ParseJson(text))
      {
        if (GetString(json, "Type") == GetLevelNames(ResourceLevel::Instance).type)
        {
          keep(GetString(json, GetLevelNames(ResourceLevel::Instance).parent),
               ToInstance(json, hasTags));
        }
      }
    }
    for (auto& [seriesId, instance] : instances)
    {
      consumer(std::move(seriesId), std::move(instance));
    }
  }

  std::optional<std::time_t> ParseHostDate(std::string_view text)
  {
    // "YYYYMMDDTHHMMSS", maybe with a fraction
    if (text.size() < 15 || text[8] != 'T' || (text.size() > 15 && text[15] != '.'))
    {
      return std::nullopt;
    }
    const auto parse = [&](std::size_t begin, std::size_t size)
    { return ParseNumber<unsigned>(text.substr(begin, size)); };
    const std::optional<unsigned> year = parse(0, 4), month = parse(4, 2), day = parse(6, 2),
                                  hour = parse(9, 2), minute = parse(11, 2), second = parse(13, 2);
    if (!year || !month || !day || !hour || !minute || !second || *year < 1970 || *month < 1 ||
        *month > 12 || *day < 1 || *day > 31 || *hour > 23 || *minute > 59 || *second > 60)
    {
      return std::nullopt;
    }
    std::tm time = {};
    time.tm_year = static_cast<int>(*year) - 1900;
    time.tm_mon = static_cast<int>(*month) - 1;
    time.tm_mday = static_cast<int>(*day);
    time.tm_hour = static_cast<int>(*hour);
    time.tm_min = static_cast<int>(*minute);
    time.tm_sec = static_cast<int>(*second);
    return timegm(&time);
  }
} // namespace OrthancPlugins
