// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "MetricsExporter.h"

#include "HostFamilies.h"
#include "HostMetricsText.h"
#include "SystemFamilies.h"

#include <boost/thread/lock_guard.hpp>
#include <boost/thread/mutex.hpp>

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

namespace OrthancPlugins
{
  namespace
  {
    constexpr std::int64_t MICROSECONDS_PER_SECOND = 1'000'000;

    // What costs little may be asked for more often than the database
    constexpr unsigned FAST_SECONDS = 5;

    void Append(std::vector<MetricFamily>& target, const std::vector<MetricFamily>& families)
    {
      target.insert(target.end(), families.begin(), families.end());
    }

    MetricFamily MakeBuildInfo(const HostIdentity& identity)
    {
      MetricFamily family =
        MakeGauge("orthanc_build_info", "1, with what is running as labels.", std::int64_t{1});
      family.samples[0].labels = {{"api_version", identity.apiVersion},
                                  {"database", identity.database},
                                  {"plugin_version", PLUGIN_VERSION},
                                  {"storage", identity.storage},
                                  {"version", identity.version}};
      return family;
    }
  } // namespace

  struct MetricsExporter::PImpl
  {
    PImpl(const Settings& allSettings,
          IHostMetrics& anyHost,
          PluginMetrics& pluginMetrics,
          std::vector<MetricsCollector>&& more,
          IClock& anyClock)
      : settings(allSettings),
        host(anyHost),
        metrics(pluginMetrics),
        clock(anyClock),
        startedMicroseconds(anyClock.GetNowMicroseconds()),
        isEnabled(allSettings.host.areMetricsEnabled),
        refresher(MakeCollectors(std::move(more)), anyClock)
    {
    }

    const Settings& settings;
    IHostMetrics& host;
    PluginMetrics& metrics;
    IClock& clock;
    const std::int64_t startedMicroseconds;

    mutable boost::mutex mutex; // guards what is below
    bool isEnabled;
    unsigned switches = 0; // how often it was changed
    HostFacts facts;

    MetricsRefresher refresher; // its thread uses all of the above

    std::vector<MetricsCollector> MakeCollectors(std::vector<MetricsCollector>&& more)
    {
      const unsigned slow = settings.metrics.refreshSeconds;
      const unsigned fast = std::min(slow, FAST_SECONDS);
      std::vector<MetricsCollector> collectors = {
        {"process", fast, [] { return ReadProcessFamilies(); }}};
      std::move(more.begin(), more.end(), std::back_inserter(collectors));
      collectors.push_back({"host", slow, [this] { return ReadHost(); }});
      collectors.push_back({"statistics", slow, [this] { return ReadStatistics(); }});
      collectors.push_back({"server", slow, [this] { return ReadServer(); }});
      // Last: a file system of the network may not answer
      collectors.push_back({"filesystem", slow, [this] { return ReadFilesystems(); }});
      return collectors;
    }

    unsigned CountSwitches() const
    {
      const boost::lock_guard<boost::mutex> lock(mutex);
      return switches;
    }

    // ---- Collectors: by the thread of the refresher

    std::vector<MetricFamily> ReadHost()
    {
      const unsigned before = CountSwitches();
      const bool isOn = host.IsEnabled();
      std::vector<HostMetric> parsed = ParseHostMetrics(host.ReadText());
      const boost::lock_guard<boost::mutex> lock(mutex);
      facts.metrics = std::move(parsed);
      // What was switched meanwhile is newer
      isEnabled = switches == before ? isOn : isEnabled;
      return {};
    }

    std::vector<MetricFamily> ReadStatistics()
    {
      const HostStatistics statistics = host.ReadStatistics();
      const boost::lock_guard<boost::mutex> lock(mutex);
      facts.statistics = statistics;
      return {};
    }

    std::vector<MetricFamily> ReadServer()
    {
      const HostIdentity identity = host.ReadIdentity();
      const boost::lock_guard<boost::mutex> lock(mutex);
      facts.identity = identity;
      return {MakeBuildInfo(identity)};
    }

    std::vector<MetricFamily> ReadFilesystems() const
    {
      std::vector<MetricFamily> families =
        ReadFilesystemFamilies({{"storage", settings.host.storageDirectory},
                                {"index", settings.host.indexDirectory},
                                {"temporary", settings.host.temporaryDirectory},
                                {"spool", settings.spool.directory}});
      families.push_back(MakeGauge("orthanc_memory_limit_bytes",
                                   "Memory limit of the container, 0 if there is none.",
                                   static_cast<std::int64_t>(ReadMemoryLimit())));
      return families;
    }

    // ---- Answers

    HostFacts GetFacts()
    {
      const boost::lock_guard<boost::mutex> lock(mutex);
      HostFacts copy = facts;
      copy.jobs = metrics.GetJobTotals();
      copy.upSeconds = static_cast<std::uint64_t>(std::max<std::int64_t>(
                         clock.GetNowMicroseconds() - startedMicroseconds, 0)) /
                       MICROSECONDS_PER_SECOND;
      return copy;
    }

    std::vector<MetricFamily> MakeLimits() const
    {
      return {MakeGauge("orthanc_storage_limit_bytes",
                        "MaximumStorageSize, 0 if there is no limit.",
                        static_cast<std::int64_t>(settings.host.maxStorageBytes)),
              MakeGauge("orthanc_patients_limit", "MaximumPatientCount, 0 if there is no limit.",
                        static_cast<std::int64_t>(settings.host.maxPatients))};
    }

    // Of the collectors themselves
    std::vector<MetricFamily>
    MakeCollectorFamilies(const std::vector<std::shared_ptr<const CollectorResult>>& results) const
    {
      MetricFamily success;
      success.name = "orthanc_exporter_collector_success";
      success.help = "Whether a collector has succeeded the last time.";
      MetricFamily duration;
      duration.name = "orthanc_exporter_collector_duration_seconds";
      duration.help = "Time that a collector took the last time.";
      std::optional<std::int64_t> oldest;
      for (std::size_t i = 0; i < results.size(); i++)
      {
        MetricSample sample;
        sample.labels = {{"collector", refresher.GetCollectors()[i].name}};
        sample.value = std::int64_t{results[i]->isSuccessful ? 1 : 0};
        success.samples.push_back(sample);
        sample.value = results[i]->durationSeconds;
        duration.samples.push_back(sample);
        const std::int64_t collected =
          results[i]->collectedMicroseconds.value_or(startedMicroseconds);
        oldest = std::min(oldest.value_or(collected), collected);
      }
      const std::int64_t now = clock.GetNowMicroseconds();
      const double age =
        static_cast<double>(std::max<std::int64_t>(now - oldest.value_or(now), 0)) /
        MICROSECONDS_PER_SECOND;
      return {success, duration,
              MakeGauge("orthanc_exporter_snapshot_age_seconds",
                        "Age of the oldest value that was collected in the background.", age)};
    }

    std::vector<MetricFamily> Collect(std::int64_t timeoutMilliseconds)
    {
      const auto results = refresher.Get(timeoutMilliseconds);
      std::vector<MetricFamily> families;
      for (const std::shared_ptr<const CollectorResult>& result : results)
      {
        Append(families, result->families);
      }
      const HostFacts current = GetFacts();
      Append(families, MakeHostFamilies(current));
      Append(families, MakeLimits());
      Append(families, metrics.Collect());
      Append(families, MakeCollectorFamilies(results));
      const std::vector<MetricFamily> legacy = MakeLegacyFamilies(current);
      std::vector<MetricFamily> foreign = MakeForeignFamilies(current.metrics, families);
      if (settings.metrics.hasHostNames)
      {
        Append(families, legacy);
      }
      Append(families, foreign);
      return families;
    }
  };

  MetricsExporter::MetricsExporter(const Settings& settings,
                                   IHostMetrics& host,
                                   PluginMetrics& metrics,
                                   std::vector<MetricsCollector> more,
                                   IClock& clock)
    : pimpl_(std::make_unique<PImpl>(settings, host, metrics, std::move(more), clock))
  {
  }

  MetricsExporter::~MetricsExporter() = default;

  void MetricsExporter::Start()
  {
    pimpl_->refresher.Start();
  }

  void MetricsExporter::Stop()
  {
    pimpl_->refresher.Stop();
  }

  bool MetricsExporter::IsEnabled() const
  {
    const boost::lock_guard<boost::mutex> lock(pimpl_->mutex);
    return pimpl_->isEnabled;
  }

  void MetricsExporter::NoteSwitch(bool isEnabled)
  {
    const boost::lock_guard<boost::mutex> lock(pimpl_->mutex);
    pimpl_->isEnabled = isEnabled;
    pimpl_->switches++;
  }

  std::vector<MetricFamily> MetricsExporter::Collect(std::int64_t timeoutMilliseconds)
  {
    return pimpl_->Collect(timeoutMilliseconds);
  }
} // namespace OrthancPlugins
