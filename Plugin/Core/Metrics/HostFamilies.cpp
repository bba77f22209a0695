// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "HostFamilies.h"

#include "SystemFamilies.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace OrthancPlugins
{
  namespace
  {
    constexpr double MEBIBYTE = 1048576.0;

    struct LegacyName
    {
      const char* name;
      const char* help;
    };

    // What the three versions publish together
    constexpr LegacyName LEGACY_NAMES[] = {
      {"orthanc_count_patients", "Patients in the database."},
      {"orthanc_count_studies", "Studies in the database."},
      {"orthanc_count_series", "Series in the database."},
      {"orthanc_count_instances", "Instances in the database."},
      {"orthanc_disk_size_mb", "Size of the attachments in the storage area, in MiB."},
      {"orthanc_uncompressed_size_mb", "Size of the attachments before compression, in MiB."},
      {"orthanc_jobs_pending", "Jobs that wait."},
      {"orthanc_jobs_running", "Jobs that run."},
      {"orthanc_jobs_completed", "Jobs that have ended since the start."},
      {"orthanc_jobs_success", "Jobs that have succeeded since the start."},
      {"orthanc_jobs_failed", "Jobs that have failed since the start."},
      {"orthanc_jobs_total_completed", "Jobs that have ended since the start."},
      {"orthanc_jobs_total_success", "Jobs that have succeeded since the start."},
      {"orthanc_jobs_total_failed", "Jobs that have failed since the start."},
      {"orthanc_rest_api_active_requests", "Most requests at a time, of the last 10 seconds."},
      {"orthanc_rest_api_duration_ms", "Longest request of the last 10 seconds."},
      {"orthanc_storage_create_duration_ms",
       "Longest write to the storage, of the last 10 seconds."},
      {"orthanc_storage_read_duration_ms", "Longest read of the storage, of the last 10 seconds."},
      {"orthanc_storage_remove_duration_ms",
       "Longest removal from the storage, of the last 10 seconds."},
      {"orthanc_store_dicom_duration_ms",
       "Longest storing of an instance, of the last 10 seconds."},
      {"orthanc_find_scp_duration_ms", "Longest answer to C-FIND, of the last 10 seconds."},
      {"orthanc_get_scp_duration_ms", "Longest answer to C-GET, of the last 10 seconds."},
      {"orthanc_move_scp_duration_ms", "Longest answer to C-MOVE, of the last 10 seconds."},
      {"orthanc_dicom_cache_count", "Parsed instances in the cache."},
      {"orthanc_dicom_cache_size", "Size of the cache of parsed instances, in MiB."},
      {"orthanc_dicom_cache_size_mb", "Size of the cache of parsed instances, in MiB."},
      {"orthanc_storage_cache_count", "Attachments in the cache."},
      {"orthanc_storage_cache_size_mb", "Size of the cache of attachments, in MiB."},
      {"orthanc_storage_cache_hit_count", "Reads that the cache of attachments has served."},
      {"orthanc_storage_cache_miss_count", "Reads that the cache of attachments has not served."},
      {"orthanc_storage_read_bytes", "Bytes read from the storage area."},
      {"orthanc_storage_written_bytes", "Bytes written to the storage area."},
      {"orthanc_memory_trimming_duration_ms", "Longest return of memory, of the last 10 seconds."},
      {"orthanc_up_time_s", "Seconds since the start."},
      {"orthanc_last_change", "Number of the last change."},
      {"orthanc_available_dicom_threads", "Threads for DICOM that wait for work."},
      {"orthanc_available_http_threads_count", "Threads for HTTP that wait for work."},
      {"orthanc_logged_errors_count", "Errors in the log."},
      {"orthanc_logged_warnings_count", "Warnings in the log."},
      {"orthanc_storage_available_threads", "Threads that read the storage and wait for work."},
      {"orthanc_storage_memory_capacity_mb", "Memory for reading the storage, in MiB."},
      {"orthanc_storage_memory_count", "Attachments in the memory for reading the storage."},
      {"orthanc_storage_memory_max_usage_mb", "Most memory used for reading the storage, in MiB."},
      {"orthanc_storage_memory_usage_mb", "Memory in use for reading the storage, in MiB."},
      {"orthanc_dicom_parser_available_threads", "Threads that parse and wait for work."},
      {"orthanc_dicom_parser_cache_count", "Parsed instances in the cache."},
      {"orthanc_dicom_parser_cache_hit_count",
       "Reads that the cache of parsed instances has served."},
      {"orthanc_dicom_parser_cache_miss_count", "Reads that this cache has not served."},
      {"orthanc_dicom_parser_cache_size_mb", "Size of the cache of parsed instances, in MiB."},
      {"orthanc_dicom_parser_memory_capacity_mb", "Memory for parsing, in MiB."},
      {"orthanc_dicom_parser_memory_count", "Instances in the memory for parsing."},
      {"orthanc_dicom_parser_memory_max_usage_mb", "Most memory used for parsing, in MiB."},
      {"orthanc_dicom_parser_memory_usage_mb", "Memory in use for parsing, in MiB."},
      {"orthanc_transcoder_available_threads", "Threads that transcode and wait for work."},
      {"orthanc_transcoder_cache_count", "Transcoded instances in the cache."},
      {"orthanc_transcoder_cache_hit_count",
       "Reads that the cache of transcoded instances has served."},
      {"orthanc_transcoder_cache_miss_count", "Reads that this cache has not served."},
      {"orthanc_transcoder_cache_size_mb", "Size of the cache of transcoded instances, in MiB."},
      {"orthanc_transcoder_memory_capacity_mb", "Memory for transcoding, in MiB."},
      {"orthanc_transcoder_memory_count", "Instances in the memory for transcoding."},
      {"orthanc_transcoder_memory_max_usage_mb", "Most memory used for transcoding, in MiB."},
      {"orthanc_transcoder_memory_usage_mb", "Memory in use for transcoding, in MiB."},
      {"orthanc_sequential_reader_available_threads",
       "Threads that read ahead and wait for work."}};

    struct Derived
    {
      const char* hostName;
      const char* family;
      const char* label; // empty: none
      const char* value;
      double factor;
    };

    // Values of the host with base units and labels. What a host does not publish is not there
    constexpr Derived DERIVED[] = {
      {"orthanc_storage_cache_count", "orthanc_cache_entries", "cache", "storage", 1},
      {"orthanc_dicom_cache_count", "orthanc_cache_entries", "cache", "parser", 1},
      {"orthanc_dicom_parser_cache_count", "orthanc_cache_entries", "cache", "parser", 1},
      {"orthanc_transcoder_cache_count", "orthanc_cache_entries", "cache", "transcoder", 1},
      {"orthanc_storage_cache_size_mb", "orthanc_cache_bytes", "cache", "storage", MEBIBYTE},
      {"orthanc_dicom_cache_size", "orthanc_cache_bytes", "cache", "parser", MEBIBYTE},
      {"orthanc_dicom_cache_size_mb", "orthanc_cache_bytes", "cache", "parser", MEBIBYTE},
      {"orthanc_dicom_parser_cache_size_mb", "orthanc_cache_bytes", "cache", "parser", MEBIBYTE},
      {"orthanc_transcoder_cache_size_mb", "orthanc_cache_bytes", "cache", "transcoder", MEBIBYTE},
      {"orthanc_storage_cache_hit_count", "orthanc_cache_hits_total", "cache", "storage", 1},
      {"orthanc_dicom_parser_cache_hit_count", "orthanc_cache_hits_total", "cache", "parser", 1},
      {"orthanc_transcoder_cache_hit_count", "orthanc_cache_hits_total", "cache", "transcoder", 1},
      {"orthanc_storage_cache_miss_count", "orthanc_cache_misses_total", "cache", "storage", 1},
      {"orthanc_dicom_parser_cache_miss_count", "orthanc_cache_misses_total", "cache", "parser", 1},
      {"orthanc_transcoder_cache_miss_count", "orthanc_cache_misses_total", "cache", "transcoder",
       1},
      {"orthanc_available_dicom_threads", "orthanc_threads_available", "pool", "dicom", 1},
      {"orthanc_available_http_threads_count", "orthanc_threads_available", "pool", "http", 1},
      {"orthanc_storage_available_threads", "orthanc_threads_available", "pool", "storage", 1},
      {"orthanc_dicom_parser_available_threads", "orthanc_threads_available", "pool", "parser", 1},
      {"orthanc_transcoder_available_threads", "orthanc_threads_available", "pool", "transcoder",
       1},
      {"orthanc_sequential_reader_available_threads", "orthanc_threads_available", "pool", "reader",
       1},
      {"orthanc_storage_read_bytes", "orthanc_storage_area_read_bytes_total", "", "", 1},
      {"orthanc_storage_written_bytes", "orthanc_storage_area_written_bytes_total", "", "", 1},
      {"orthanc_store_dicom_duration_ms", "orthanc_operation_max_seconds", "operation", "store",
       1e-3},
      {"orthanc_storage_create_duration_ms", "orthanc_operation_max_seconds", "operation",
       "storage_create", 1e-3},
      {"orthanc_storage_read_duration_ms", "orthanc_operation_max_seconds", "operation",
       "storage_read", 1e-3},
      {"orthanc_storage_remove_duration_ms", "orthanc_operation_max_seconds", "operation",
       "storage_remove", 1e-3},
      {"orthanc_rest_api_duration_ms", "orthanc_operation_max_seconds", "operation", "rest", 1e-3},
      {"orthanc_logged_errors_count", "orthanc_log_messages_total", "level", "error", 1},
      {"orthanc_logged_warnings_count", "orthanc_log_messages_total", "level", "warning", 1}};

    struct DerivedFamily
    {
      const char* name;
      const char* help;
    };

    constexpr DerivedFamily DERIVED_FAMILIES[] = {
      {"orthanc_cache_entries", "Entries in a cache of Orthanc."},
      {"orthanc_cache_bytes", "Size of a cache of Orthanc."},
      {"orthanc_cache_hits_total", "Reads that a cache of Orthanc has served."},
      {"orthanc_cache_misses_total", "Reads that a cache of Orthanc has not served."},
      {"orthanc_threads_available", "Threads of a pool of Orthanc that wait for work."},
      {"orthanc_storage_area_read_bytes_total",
       "Bytes that Orthanc has read from the storage area."},
      {"orthanc_storage_area_written_bytes_total",
       "Bytes that Orthanc has written to the storage area."},
      {"orthanc_operation_max_seconds",
       "Longest operation of the last 10 seconds before the value was last updated by Orthanc."},
      {"orthanc_log_messages_total", "Messages in the log of Orthanc, by level."}};

    using MetricMap = std::map<std::string, const HostMetric*>;

    MetricMap MapUnlabelled(const std::vector<HostMetric>& metrics)
    {
      MetricMap found;
      for (const HostMetric& metric : metrics)
      {
        if (metric.labels.empty())
        {
          found.emplace(metric.name, &metric);
        }
      }
      return found;
    }

    double ToDouble(const MetricNumber& number)
    {
      return std::visit([](auto value) { return static_cast<double>(value); }, number);
    }

    std::int64_t ToInteger(std::uint64_t number)
    {
      return static_cast<std::int64_t>(number);
    }

    MetricSample MakeLabelled(const char* label, const std::string& value, MetricNumber number)
    {
      MetricSample sample;
      sample.labels = {{label, value}};
      sample.value = number;
      return sample;
    }

    bool EndsWith(std::string_view text, std::string_view end)
    {
      return text.size() > end.size() && text.substr(text.size() - end.size()) == end;
    }

    MetricFamily MakeDerived(const DerivedFamily& description, const MetricMap& host)
    {
      MetricFamily family;
      family.name = description.name;
      family.help = description.help;
      family.type = EndsWith(family.name, "_total") ? MetricType::Counter : MetricType::Gauge;
      std::set<std::string> seen;
      for (const Derived& row : DERIVED)
      {
        const auto found = host.find(row.hostName);
        if (found == host.end() || family.name != row.family || !seen.insert(row.value).second)
        {
          continue;
        }
        const MetricNumber& number = found->second->value;
        MetricSample sample;
        if (*row.label != '\0')
        {
          sample.labels = {{row.label, row.value}};
        }
        sample.value = row.factor == 1 ? number : MetricNumber(ToDouble(number) * row.factor);
        family.samples.push_back(sample);
      }
      return family;
    }

    MetricFamily MakeResources(const HostStatistics& statistics)
    {
      MetricFamily family;
      family.name = "orthanc_resources";
      family.help = "Resources in the database, by level.";
      family.samples = {MakeLabelled("level", "patient", ToInteger(statistics.patients)),
                        MakeLabelled("level", "study", ToInteger(statistics.studies)),
                        MakeLabelled("level", "series", ToInteger(statistics.series)),
                        MakeLabelled("level", "instance", ToInteger(statistics.instances))};
      return family;
    }

    MetricFamily MakeChanges(const HostStatistics& statistics)
    {
      MetricFamily family =
        MakeGauge("orthanc_changes_total", "Changes that the database has numbered so far.",
                  statistics.lastChange);
      family.type = MetricType::Counter;
      return family;
    }

    // ---- Names of the host

    void Set(std::map<std::string, MetricSample>& values, const char* name, MetricNumber number)
    {
      MetricSample sample;
      sample.value = number;
      values[name] = sample;
    }

    void
    SetIfMissing(std::map<std::string, MetricSample>& values, const char* name, const char* source)
    {
      const auto found = values.find(source);
      if (found != values.end())
      {
        values.emplace(name, found->second);
      }
    }

    void SetStatistics(std::map<std::string, MetricSample>& values,
                       const HostStatistics& statistics)
    {
      Set(values, "orthanc_count_patients", ToInteger(statistics.patients));
      Set(values, "orthanc_count_studies", ToInteger(statistics.studies));
      Set(values, "orthanc_count_series", ToInteger(statistics.series));
      Set(values, "orthanc_count_instances", ToInteger(statistics.instances));
      Set(values, "orthanc_disk_size_mb", static_cast<double>(statistics.diskBytes) / MEBIBYTE);
      Set(values, "orthanc_uncompressed_size_mb",
          static_cast<double>(statistics.uncompressedBytes) / MEBIBYTE);
      Set(values, "orthanc_last_change", statistics.lastChange);
    }

    void SetJobs(std::map<std::string, MetricSample>& values, const JobTotals& jobs)
    {
      for (const char* name : {"orthanc_jobs_completed", "orthanc_jobs_total_completed"})
      {
        Set(values, name, ToInteger(jobs.succeeded + jobs.failed));
      }
      for (const char* name : {"orthanc_jobs_success", "orthanc_jobs_total_success"})
      {
        Set(values, name, ToInteger(jobs.succeeded));
      }
      for (const char* name : {"orthanc_jobs_failed", "orthanc_jobs_total_failed"})
      {
        Set(values, name, ToInteger(jobs.failed));
      }
    }

    std::map<std::string, MetricSample> CollectLegacy(const HostFacts& facts)
    {
      std::map<std::string, MetricSample> values;
      for (const auto& [name, metric] : MapUnlabelled(facts.metrics))
      {
        MetricSample sample;
        sample.value = metric->value;
        sample.timestampMilliseconds = metric->timestampMilliseconds;
        values[name] = sample;
      }
      if (facts.statistics.has_value())
      {
        SetStatistics(values, *facts.statistics);
      }
      SetJobs(values, facts.jobs);
      if (values.count("orthanc_up_time_s") == 0)
      {
        Set(values, "orthanc_up_time_s", ToInteger(facts.upSeconds));
      }
      SetIfMissing(values, "orthanc_dicom_cache_count", "orthanc_dicom_parser_cache_count");
      SetIfMissing(values, "orthanc_dicom_cache_size_mb", "orthanc_dicom_parser_cache_size_mb");
      SetIfMissing(values, "orthanc_dicom_cache_size_mb", "orthanc_dicom_cache_size");
      SetIfMissing(values, "orthanc_dicom_cache_size", "orthanc_dicom_cache_size_mb");
      return values;
    }

    bool IsLegacy(const std::string& name)
    {
      return std::any_of(std::begin(LEGACY_NAMES), std::end(LEGACY_NAMES),
                         [&](const LegacyName& legacy) { return name == legacy.name; });
    }

    // ---- Names of other plugins

    // Two names with the same stem could mean the same series, or the same family, to a reader
    std::string GetStem(const std::string& name)
    {
      for (const char* end : {"_total", "_created", "_bucket", "_sum", "_count", "_info"})
      {
        if (EndsWith(name, end))
        {
          return name.substr(0, name.size() - std::string_view(end).size());
        }
      }
      return name;
    }
  } // namespace

  std::vector<MetricFamily> MakeHostFamilies(const HostFacts& facts)
  {
    std::vector<MetricFamily> families;
    if (facts.statistics.has_value())
    {
      families.push_back(MakeResources(*facts.statistics));
      families.push_back(MakeGauge("orthanc_storage_bytes",
                                   "Size of the attachments in the storage area.",
                                   ToInteger(facts.statistics->diskBytes)));
      families.push_back(MakeGauge("orthanc_storage_uncompressed_bytes",
                                   "Size of the attachments before compression.",
                                   ToInteger(facts.statistics->uncompressedBytes)));
      families.push_back(MakeChanges(*facts.statistics));
    }
    if (facts.identity.has_value())
    {
      families.push_back(MakeGauge("orthanc_configured_modalities",
                                   "DICOM modalities that Orthanc knows.",
                                   ToInteger(facts.identity->modalities)));
      families.push_back(MakeGauge("orthanc_configured_peers", "Orthanc peers that Orthanc knows.",
                                   ToInteger(facts.identity->peers)));
    }
    const MetricMap host = MapUnlabelled(facts.metrics);
    for (const DerivedFamily& description : DERIVED_FAMILIES)
    {
      families.push_back(MakeDerived(description, host));
    }
    return families;
  }

  std::vector<MetricFamily> MakeLegacyFamilies(const HostFacts& facts)
  {
    const std::map<std::string, MetricSample> values = CollectLegacy(facts);
    std::vector<MetricFamily> families;
    for (const LegacyName& legacy : LEGACY_NAMES)
    {
      const auto found = values.find(legacy.name);
      if (found != values.end())
      {
        MetricFamily family;
        family.name = legacy.name;
        family.help = legacy.help;
        family.samples.push_back(found->second);
        families.push_back(family);
      }
    }
    return families;
  }

  std::vector<MetricFamily> MakeForeignFamilies(const std::vector<HostMetric>& metrics,
                                                const std::vector<MetricFamily>& reserved)
  {
    std::set<std::string> stems;
    for (const MetricFamily& family : reserved)
    {
      stems.insert(family.name);
      stems.insert(GetStem(family.name));
    }

    std::map<std::string, MetricFamily> families;
    for (const HostMetric& metric : metrics)
    {
      if (IsLegacy(metric.name) || stems.count(metric.name) != 0 ||
          stems.count(GetStem(metric.name)) != 0)
      {
        continue;
      }
      MetricFamily& family = families[metric.name];
      family.name = metric.name;
      family.help = "Published by Orthanc or by another plugin.";
      family.type = MetricType::Unknown;
      MetricSample sample;
      sample.labels = metric.labels;
      sample.value = metric.value;
      sample.timestampMilliseconds = metric.timestampMilliseconds;
      family.samples.push_back(sample);
    }

    std::vector<MetricFamily> sorted;
    sorted.reserve(families.size());
    for (auto& [name, family] : families)
    {
      sorted.push_back(std::move(family));
    }
    return sorted;
  }
} // namespace OrthancPlugins
