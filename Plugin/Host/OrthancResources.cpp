// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "OrthancResources.h"

#include "TwoAtATime.h"

#include "../Core/Failure.h"

#include <json/value.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <string_view>
#include <utility>

namespace OrthancPlugins
{
  namespace
  {
    // Instances per call: bounds the JSON in memory, here and in the host
    constexpr std::size_t BULK_COUNT = 1000;
    constexpr std::size_t FIND_COUNT = 4000;

    std::optional<std::uint64_t> ParseSize(std::string_view text)
    {
      std::uint64_t size = 0;
      const char* const end = text.data() + text.size();
      const auto [next, error] = std::from_chars(text.data(), end, size);
      return error == std::errc() && next == end ? std::optional<std::uint64_t>(size)
                                                 : std::nullopt;
    }

    Json::Value MakeBulk(const std::vector<std::string>& ids, std::size_t begin)
    {
      Json::Value bulk = Json::objectValue;
      bulk["Metadata"] = true;
      bulk["Resources"] = Json::arrayValue;
      for (std::size_t i = begin; i < std::min(ids.size(), begin + BULK_COUNT); i++)
      {
        bulk["Resources"].append(ids[i]);
      }
      return bulk;
    }

    Json::Value MakeFind(ResourceLevel level,
                         ResourceLevel parentLevel,
                         const std::string& parentId,
                         const std::vector<const char*>& content)
    {
      Json::Value find = Json::objectValue;
      find["Level"] = GetLevelNames(level).type;
      find["Query"] = Json::objectValue;
      find[GetLevelNames(parentLevel).query] = parentId;
      find["ResponseContent"] = Json::arrayValue;
      for (const char* const item : content)
      {
        find["ResponseContent"].append(item);
      }
      return find;
    }

    Json::Value MakeSeriesFind(ResourceLevel parentLevel, const std::string& parentId)
    {
      Json::Value find =
        MakeFind(ResourceLevel::Series, parentLevel, parentId, {"MainDicomTags", "Parent"});
      find["RequestedTags"].append(COUNT_TAG);
      return find;
    }

    // How many instances to ask for at a time: while the host writes the JSON of one answer, its
    // database can work for the next one. Each call costs a scan of the database; the last one is the
    // smallest, as nothing is left to do meanwhile
    std::vector<std::size_t> SplitInstances(std::size_t count)
    {
      constexpr std::size_t MIN_COUNT = 400;
      constexpr std::size_t MANY_COUNT = 2000;

      std::vector<std::size_t> sizes;
      std::size_t rest = count;
      const auto take = [&](std::size_t percent)
      {
        const std::size_t size = std::min(FIND_COUNT, (count * percent + 99) / 100);
        sizes.push_back(size);
        rest -= size;
      };
      if (count >= MANY_COUNT)
      {
        take(45);
        take(35);
      }
      else if (count >= MIN_COUNT)
      {
        take(60);
      }
      for (; rest > FIND_COUNT; rest -= FIND_COUNT)
      {
        sizes.push_back(FIND_COUNT);
      }
      sizes.push_back(rest);
      return sizes;
    }
  } // namespace

  // Since 1.12.5 a find can be restricted to what is below a resource, in order of identifiers
  struct OrthancResources::FindRange
  {
    ResourceLevel parentLevel;
    std::string parentId;
    bool hasSeries; // whether the answer must tell the series
    std::size_t since;
    std::size_t limit;
  };

  std::vector<HostResource> OrthancResources::Lookup(const std::vector<std::string>& ids) const
  {
    std::vector<HostResource> resources;
    for (std::size_t begin = 0; begin < ids.size(); begin += BULK_COUNT)
    {
      const Json::Value bulk = MakeBulk(ids, begin);
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
    if (!HasFind() || level == ResourceLevel::Instance)
    {
      found = Lookup({id});
    }
    else
    {
      const Json::Value find =
        level == ResourceLevel::Series
          ? MakeSeriesFind(level, id)
          : MakeFind(level, level, id, {"MainDicomTags", "Parent", "Children"});
      for (const Json::Value& json : api_.PostJson("/tools/find", find))
      {
        if (std::optional<HostResource> resource = ToResource(json))
        {
          found.push_back(std::move(*resource));
        }
      }
    }
    return found.size() == 1 && found.front().level == level && found.front().id == id
             ? std::optional<HostResource>(std::move(found.front()))
             : std::nullopt;
  }

  std::vector<HostResource> OrthancResources::LookupSeries(const HostResource& study) const
  {
    return HasFind() ? FindSeries(study) : Lookup(study.childIds);
  }

  // An administrator may limit the number of answers to one query: what is cut off is looked up
  std::vector<HostResource> OrthancResources::FindSeries(const HostResource& study) const
  {
    std::unordered_map<std::string, HostResource> found;
    for (const Json::Value& json :
         api_.PostJson("/tools/find", MakeSeriesFind(ResourceLevel::Study, study.id)))
    {
      if (std::optional<HostResource> resource = ToResource(json))
      {
        std::string id = resource->id;
        found[std::move(id)] = std::move(*resource);
      }
    }
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

  std::vector<std::vector<StoredInstance>>
  OrthancResources::ListInstances(ResourceLevel parentLevel,
                                  const std::string& parentId,
                                  const std::vector<HostResource>& allSeries,
                                  const DescribeOptions& options) const
  {
    if (!HasFind())
    {
      return ListByIdentifier(allSeries, options);
    }
    std::size_t expectedCount = 0;
    std::unordered_map<std::string, std::size_t> numbers;
    for (std::size_t i = 0; i < allSeries.size(); i++)
    {
      expectedCount += allSeries[i].instancesCount.value_or(0);
      numbers.emplace(allSeries[i].id, i);
    }
    const FindRange range{parentLevel, parentId, allSeries.size() > 1, 0, 0};

    std::vector<std::vector<StoredInstance>> instances(allSeries.size());
    for (FoundInstance& found : FindInstances(range, expectedCount, options))
    {
      const auto number = numbers.find(found.seriesId);
      if (allSeries.size() == 1)
      {
        instances.front().push_back(std::move(found.instance));
      }
      else if (number != numbers.end())
      {
        instances[number->second].push_back(std::move(found.instance));
      }
    }
    for (std::size_t i = 0; i < allSeries.size(); i++)
    {
      const std::optional<std::size_t>& count = allSeries[i].instancesCount;
      if (!count.has_value() || instances[i].size() < *count)
      {
        AddMissing(allSeries[i], options, instances[i]);
      }
    }
    return instances;
  }

  OrthancResources::FoundInstances OrthancResources::FindPage(const FindRange& range,
                                                              const DescribeOptions& options) const
  {
    std::vector<const char*> content = {"Attachments", "Metadata"};
    if (range.hasSeries)
    {
      content.push_back("Parent");
    }
    if (options.instanceTags)
    {
      content.push_back("MainDicomTags");
    }
    Json::Value find =
      MakeFind(ResourceLevel::Instance, range.parentLevel, range.parentId, content);
    find["Since"] = static_cast<Json::Value::UInt64>(range.since);
    find["Limit"] = static_cast<Json::Value::UInt64>(range.limit);

    FoundInstances page;
    page.reserve(range.limit);
    api_.Post("/tools/find", find,
              [&](std::string_view text)
              {
                ReadInstances(
                  text, options.instanceTags,
                  [&](std::string seriesId, StoredInstance instance) {
                    page.push_back(FoundInstance{std::move(seriesId), std::move(instance)});
                  });
              });
    return page;
  }

  // An administrator may limit the number of answers, and other instances may come and go between two
  // pages and shift one out of sight. So each page begins with the last instance of the one before: if
  // it does, nothing is missing in between
  OrthancResources::FoundInstances OrthancResources::FindInstances(
    FindRange range, std::size_t expectedCount, const DescribeOptions& options) const
  {
    std::vector<FindRange> ranges;
    std::size_t end = 0;
    for (const std::size_t size : SplitInstances(expectedCount))
    {
      range.since = end == 0 ? 0 : end - 1;
      end += size;
      range.limit = end - range.since;
      ranges.push_back(range);
    }
    // One more than there should be, in case that there is
    ranges.back().limit++;

    std::vector<FoundInstances> pages(ranges.size());
    RunTwoAtATime(ranges.size(), [&](std::size_t i) { pages[i] = FindPage(ranges[i], options); });

    FoundInstances all = std::move(pages.front());
    const auto append = [&](FoundInstances& page)
    {
      if (all.empty() || page.empty() || page.front().instance.id != all.back().instance.id)
      {
        return false;
      }
      all.insert(all.end(), std::make_move_iterator(page.begin() + 1),
                 std::make_move_iterator(page.end()));
      return page.size() > 1;
    };
    for (std::size_t i = 1; i < pages.size() && append(pages[i]); i++)
    {
    }
    while (!all.empty() && (all.size() < expectedCount || all.size() >= end + 1))
    {
      range.since = all.size() - 1;
      range.limit = FIND_COUNT;
      FoundInstances page = FindPage(range, options);
      if (!append(page))
      {
        break;
      }
    }
    return all;
  }

  // In the order of the series
  void OrthancResources::AddMissing(const HostResource& series,
                                    const DescribeOptions& options,
                                    std::vector<StoredInstance>& instances) const
  {
    std::unordered_map<std::string, StoredInstance> known;
    for (StoredInstance& instance : instances)
    {
      std::string id = instance.id;
      known.emplace(std::move(id), std::move(instance));
    }
    instances.clear();
    for (const HostResource& whole : Lookup({series.id}))
    {
      std::vector<std::string> missing;
      for (const std::string& id : whole.childIds)
      {
        if (known.count(id) == 0)
        {
          missing.push_back(id);
        }
      }
      known.merge(LookupInstances(missing, options));
      for (const std::string& id : whole.childIds)
      {
        const auto found = known.find(id);
        if (found != known.end())
        {
          instances.push_back(std::move(found->second));
        }
      }
    }
  }

  std::unordered_map<std::string, StoredInstance>
  OrthancResources::LookupInstances(const std::vector<std::string>& ids,
                                    const DescribeOptions& options) const
  {
    std::unordered_map<std::string, StoredInstance> found;
    found.reserve(ids.size());
    const auto keep = [&](const std::string&, StoredInstance instance)
    {
      std::string id = instance.id;
      found.emplace(std::move(id), std::move(instance));
    };

    // One call at a time: the host looks up each resource on its own, and two such calls fight for the
    // lock of its database
    for (std::size_t begin = 0; begin < ids.size(); begin += BULK_COUNT)
    {
      api_.Post("/tools/bulk-content", MakeBulk(ids, begin),
                [&](std::string_view text) { ReadInstances(text, options.instanceTags, keep); });
    }
    return found;
  }

  std::vector<std::vector<StoredInstance>>
  OrthancResources::ListByIdentifier(const std::vector<HostResource>& allSeries,
                                     const DescribeOptions& options) const
  {
    std::vector<std::string> ids;
    for (const HostResource& series : allSeries)
    {
      ids.insert(ids.end(), series.childIds.begin(), series.childIds.end());
    }
    std::unordered_map<std::string, StoredInstance> found = LookupInstances(ids, options);
    std::vector<std::vector<StoredInstance>> instances(allSeries.size());
    for (std::size_t i = 0; i < allSeries.size(); i++)
    {
      for (const std::string& id : allSeries[i].childIds)
      {
        const auto known = found.find(id);
        if (known != found.end())
        {
          instances[i].push_back(std::move(known->second));
        }
      }
      CorrectSizes(allSeries[i].id, instances[i]);
    }
    return instances;
  }

  // POST /tools/find by parent, with attachments
  bool OrthancResources::HasFind() const
  {
    return version_.IsAtLeast(1, 12, 5);
  }

  std::optional<Json::Value> OrthancResources::FindJson(const std::string& path) const
  {
    try
    {
      return api_.GetJson(path);
    }
    catch (const Failure& failure)
    {
      if (failure.GetKind() != FailureKind::UnknownResource &&
          failure.GetKind() != FailureKind::NotFound)
      {
        throw;
      }
      return std::nullopt;
    }
  }

  // 1.10.1 tells the lower 32 bits of "FileSize" only; the sum of a series is told in full
  void OrthancResources::CorrectSizes(const std::string& seriesId,
                                      std::vector<StoredInstance>& instances) const
  {
    const std::optional<Json::Value> found = FindJson("/series/" + seriesId + "/statistics");
    if (!found.has_value())
    {
      instances.clear(); // deleted since it was listed
      return;
    }
    const Json::Value& statistics = *found;
    std::uint64_t sum = 0;
    for (const StoredInstance& instance : instances)
    {
      sum += instance.sizeBytes;
    }
    const Json::Value sumTold =
      statistics.isObject() ? statistics["DicomUncompressedSize"] : Json::Value();
    const std::optional<std::uint64_t> total =
      sumTold.isString() ? ParseSize(sumTold.asString()) : std::nullopt;
    if (!total.has_value() ||
        *total <= std::max<std::uint64_t>(sum, std::numeric_limits<std::uint32_t>::max()))
    {
      return;
    }
    for (StoredInstance& instance : instances)
    {
      CorrectSize(instance);
    }
  }

  void OrthancResources::CorrectSize(StoredInstance& instance) const
  {
    if (HasFind())
    {
      return;
    }
    const std::optional<std::uint64_t> size =
      ParseSize(api_.GetText("/instances/" + instance.id + "/attachments/dicom/size"));
    instance.sizeBytes = size.value_or(instance.sizeBytes);
  }

} // namespace OrthancPlugins
