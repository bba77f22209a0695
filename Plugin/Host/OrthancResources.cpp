// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "OrthancResources.h"

#include "../Core/Failure.h"

#include <json/value.h>

#include <algorithm>
#include <charconv>
#include <limits>

namespace OrthancPlugins
{
  namespace
  {
    // Instances per call: bounds the JSON in memory, here and in the host
    constexpr std::size_t BULK_COUNT = 1000;
    constexpr std::size_t FIND_COUNT = 4000;

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
    std::optional<Number> ParseNumber(const std::string& text)
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

    struct LevelNames
    {
      const char* type;
      const char* parent;   // member that names the parent
      const char* children; // member that lists the children
      const char* query;    // member of a query that restricts it to what is below such a resource
    };

    const LevelNames& GetNames(ResourceLevel level)
    {
      static const LevelNames NAMES[] = {
        {"Patient", "", "Studies", "ParentPatient"},
        {"Study", "ParentPatient", "Series", "ParentStudy"},
        {"Series", "ParentStudy", "Instances", "ParentSeries"},
        {"Instance", "ParentSeries", "", ""},
      };
      return NAMES[static_cast<std::size_t>(level)];
    }

    std::optional<ResourceLevel> ParseLevel(const std::string& type)
    {
      for (const ResourceLevel level : {ResourceLevel::Patient, ResourceLevel::Study,
                                        ResourceLevel::Series, ResourceLevel::Instance})
      {
        if (type == GetNames(level).type)
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

    StoredInstance ToInstance(const Json::Value& json)
    {
      StoredInstance instance;
      instance.id = GetString(json, "ID");
      ReadAttachment(instance, json);
      const Json::Value& metadata = GetMember(json, "Metadata");
      instance.transferSyntaxUid = GetString(metadata, "TransferSyntax");
      instance.indexInSeries = ParseNumber<std::int64_t>(GetString(metadata, "IndexInSeries"));
      instance.receptionUtc = ParseHostDate(GetString(metadata, "ReceptionDate"));
      instance.tags = GetTags(json, "MainDicomTags");
      return instance;
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
      resource.parentId = GetString(json, GetNames(*level).parent);
      if (*level == ResourceLevel::Instance)
      {
        resource.instance = ToInstance(json);
      }
      else
      {
        resource.childIds = GetIds(json, GetNames(*level).children);
        resource.tags = GetTags(json, "MainDicomTags");
        resource.patientTags = GetTags(json, "PatientMainDicomTags");
      }
      return resource;
    }

    Json::Value MakeFind(ResourceLevel level,
                         ResourceLevel parentLevel,
                         const std::string& parentId,
                         const std::vector<const char*>& content)
    {
      Json::Value find = Json::objectValue;
      find["Level"] = GetNames(level).type;
      find["Query"] = Json::objectValue;
      find[GetNames(parentLevel).query] = parentId;
      find["ResponseContent"] = Json::arrayValue;
      for (const char* const item : content)
      {
        find["ResponseContent"].append(item);
      }
      return find;
    }

    // All answers, page by page: an administrator may limit the number of answers to one query, and
    // what is cut off would be missing in the archive without a word
    template <typename Consumer>
    void
    FindAll(OrthancRestApi& api, Json::Value find, std::size_t expectedCount, Consumer&& consumer)
    {
      find["Limit"] = static_cast<Json::Value::UInt64>(FIND_COUNT);
      for (std::size_t count = 0; count < expectedCount;)
      {
        find["Since"] = static_cast<Json::Value::UInt64>(count);
        const Json::Value page = api.PostJson("/tools/find", find);
        if (!page.isArray() || page.empty())
        {
          return;
        }
        for (const Json::Value& item : page)
        {
          consumer(item);
        }
        count += page.size();
      }
    }
  } // namespace

  std::vector<HostResource> OrthancResources::Lookup(const std::vector<std::string>& ids) const
  {
    std::vector<HostResource> resources;
    for (std::size_t begin = 0; begin < ids.size(); begin += BULK_COUNT)
    {
      Json::Value bulk = Json::objectValue;
      bulk["Metadata"] = true;
      bulk["Resources"] = Json::arrayValue;
      for (std::size_t i = begin; i < std::min(ids.size(), begin + BULK_COUNT); i++)
      {
        bulk["Resources"].append(ids[i]);
      }
      for (const Json::Value& item : api_.PostJson("/tools/bulk-content", bulk))
      {
        if (std::optional<HostResource> resource = ToResource(item))
        {
          resources.push_back(std::move(*resource));
        }
      }
    }
    return resources;
  }

  std::optional<HostResource> OrthancResources::LookupAlone(ResourceLevel level,
                                                            const std::string& id) const
  {
    std::vector<HostResource> found;
    if (HasFind())
    {
      FindAll(api_, MakeFind(level, level, id, {"MainDicomTags", "Parent"}), 1,
              [&](const Json::Value& json)
              {
                if (std::optional<HostResource> resource = ToResource(json))
                {
                  found.push_back(std::move(*resource));
                }
              });
    }
    else
    {
      found = Lookup({id});
    }
    return found.size() == 1 && found.front().level == level && found.front().id == id
             ? std::optional<HostResource>(std::move(found.front()))
             : std::nullopt;
  }

  std::vector<HostResource> OrthancResources::LookupSeries(const HostResource& study) const
  {
    if (!HasFind())
    {
      return Lookup(study.childIds);
    }
    std::map<std::string, HostResource> found;
    FindAll(api_,
            MakeFind(ResourceLevel::Series, ResourceLevel::Study, study.id,
                     {"MainDicomTags", "Parent", "Children"}),
            study.childIds.size(),
            [&](const Json::Value& json)
            {
              if (std::optional<HostResource> resource = ToResource(json))
              {
                found[resource->id] = std::move(*resource);
              }
            });
    std::vector<HostResource> series;
    std::vector<std::string> missing;
    for (const std::string& id : study.childIds)
    {
      const auto known = found.find(id);
      if (known == found.end())
      {
        missing.push_back(id);
      }
      else
      {
        series.push_back(std::move(known->second));
      }
    }
    for (HostResource& other : Lookup(missing))
    {
      series.push_back(std::move(other));
    }
    return series;
  }

  OrthancResources::InstanceMap
  OrthancResources::FindInstances(ResourceLevel parentLevel,
                                  const std::string& parentId,
                                  std::size_t expectedCount,
                                  const DescribeOptions& options) const
  {
    InstanceMap found;
    if (HasFind())
    {
      std::vector<const char*> content = {"Attachments", "Metadata"};
      if (options.instanceTags)
      {
        content.push_back("MainDicomTags");
      }
      FindAll(api_, MakeFind(ResourceLevel::Instance, parentLevel, parentId, content),
              expectedCount,
              [&](const Json::Value& json)
              {
                StoredInstance instance = ToInstance(json);
                const std::string id = instance.id;
                found[id] = std::move(instance);
              });
    }
    return found;
  }

  std::vector<StoredInstance> OrthancResources::ListInstances(const HostResource& series,
                                                              InstanceMap& known) const
  {
    std::vector<std::string> missing;
    for (const std::string& id : series.childIds)
    {
      if (known.find(id) == known.end())
      {
        missing.push_back(id);
      }
    }
    // Between two pages of answers, other instances may come and go and shift one out of sight
    for (HostResource& resource : Lookup(missing))
    {
      if (resource.level == ResourceLevel::Instance)
      {
        known[resource.id] = std::move(resource.instance);
      }
    }
    std::vector<StoredInstance> instances;
    instances.reserve(series.childIds.size());
    for (const std::string& id : series.childIds)
    {
      const auto found = known.find(id);
      if (found != known.end())
      {
        instances.push_back(std::move(found->second));
        known.erase(found);
      }
    }
    if (!HasFind())
    {
      CorrectSizes(series.id, instances);
    }
    return instances;
  }

  // POST /tools/find by parent, with attachments
  bool OrthancResources::HasFind() const
  {
    return version_.IsAtLeast(1, 12, 5);
  }

  // 1.10.1 tells the lower 32 bits of "FileSize" only; the sum of a series is told in full
  void OrthancResources::CorrectSizes(const std::string& seriesId,
                                      std::vector<StoredInstance>& instances) const
  {
    const Json::Value statistics = api_.GetJson("/series/" + seriesId + "/statistics");
    std::uint64_t sum = 0;
    for (const StoredInstance& instance : instances)
    {
      sum += instance.sizeBytes;
    }
    const std::optional<std::uint64_t> total =
      ParseNumber<std::uint64_t>(GetString(statistics, "DicomUncompressedSize"));
    if (!total.has_value() ||
        *total <= std::max<std::uint64_t>(sum, std::numeric_limits<std::uint32_t>::max()))
    {
      return;
    }
    for (StoredInstance& instance : instances)
    {
      const std::optional<std::uint64_t> size = ParseNumber<std::uint64_t>(
        api_.GetText("/instances/" + instance.id + "/attachments/dicom/size"));
      instance.sizeBytes = size.value_or(instance.sizeBytes);
    }
  }

  std::optional<std::time_t> ParseHostDate(const std::string& text)
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
