// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "PluginMetrics.h"

#include "LabelLimit.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <iterator>

namespace OrthancPlugins
{
  namespace
  {
    // Together with what the exporter adds, never more than 2,000 series
    constexpr std::size_t MAX_ROUTES = 45;
    constexpr std::size_t MAX_ROUTE_RESULTS = 160; // with method and status
    constexpr std::size_t MAX_JOB_TYPES = 10;
    constexpr std::size_t MAX_REASONS = 10;

    constexpr double MICROSECONDS_PER_SECOND = 1e6;

    const prometheus::Histogram::BucketBoundaries REQUEST_BOUNDS = {
      0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60};
    const prometheus::Histogram::BucketBoundaries JOB_BOUNDS = {0.1, 0.5, 1,   2.5, 5,   10,
                                                                30,  60,  120, 300, 900, 3600};

    // The defined terms of Modality (PS3.3 C.7.3.1.1.1) that instances have; others count as "other"
    constexpr const char* MODALITIES[] = {
      "ANN",        "AR",  "ASMT", "AU",  "BDUS",  "BI",   "BMD", "CFM",    "CR",      "CT",
      "CTPROTOCOL", "DMS", "DG",   "DOC", "DX",    "ECG",  "EPS", "ES",     "FID",     "GM",
      "HC",         "HD",  "IO",   "IOL", "IVOCT", "IVUS", "KER", "KO",     "LEN",     "LS",
      "M3D",        "MG",  "MR",   "NM",  "OAM",   "OCT",  "OP",  "OPM",    "OPT",     "OT",
      "PLAN",       "PR",  "PT",   "PX",  "REG",   "RF",   "RG",  "RTDOSE", "RTIMAGE", "RTPLAN",
      "RTSTRUCT",   "RWV", "SEG",  "SM",  "SR",    "US",   "VL",  "XA",     "XC"};

    const char* GetName(ArchiveKind kind)
    {
      return kind == ArchiveKind::Media ? "media" : "archive";
    }

    const char* GetName(EndOutcome outcome)
    {
      switch (outcome)
      {
      case EndOutcome::Success:
        return "success";
      case EndOutcome::Canceled:
        return "cancelled";
      case EndOutcome::Failure:
        break;
      }
      return "failure";
    }

    const char* GetName(DicomLevel level)
    {
      switch (level)
      {
      case DicomLevel::Patient:
        return "patient";
      case DicomLevel::Study:
        return "study";
      case DicomLevel::Series:
        return "series";
      case DicomLevel::Instance:
        break;
      }
      return "instance";
    }

    const char* GetName(InstanceSource source)
    {
      switch (source)
      {
      case InstanceSource::Dicom:
        return "dicom";
      case InstanceSource::Rest:
        return "rest";
      case InstanceSource::Plugin:
        return "plugin";
      case InstanceSource::Lua:
        return "lua";
      case InstanceSource::WebDav:
        return "webdav";
      case InstanceSource::Other:
        break;
      }
      return "other";
    }

    const char* GetName(DocumentLabel type)
    {
      switch (type)
      {
      case DocumentLabel::Pdf:
        return "pdf";
      case DocumentLabel::Cda:
        return "cda";
      case DocumentLabel::Stl:
        return "stl";
      case DocumentLabel::Obj:
        return "obj";
      case DocumentLabel::Mtl:
        return "mtl";
      case DocumentLabel::Other:
        break;
      }
      return "other";
    }

    std::string GetStatusClass(unsigned status)
    {
      return status >= 200 && status < 600 ? std::to_string(status / 100) + "xx" : "other";
    }

    MetricNumber ToNumber(double value)
    {
      // Whole numbers of a counter look like them: a double holds them exactly up to 2^53
      constexpr double EXACT = 9007199254740992.0;
      return std::abs(value) < EXACT && std::floor(value) == value
               ? MetricNumber(static_cast<std::int64_t>(value))
               : MetricNumber(value);
    }

    MetricSample ToSample(const prometheus::ClientMetric& metric, prometheus::MetricType type)
    {
      MetricSample sample;
      for (const prometheus::ClientMetric::Label& label : metric.label)
      {
        sample.labels.emplace_back(label.name, label.value);
      }
      std::sort(sample.labels.begin(), sample.labels.end());
      switch (type)
      {
      case prometheus::MetricType::Counter:
        sample.value = ToNumber(metric.counter.value);
        break;
      case prometheus::MetricType::Histogram:
        // What is observed while this is read may be in a bucket and not in the count: take the last
        // bucket, so that the answer agrees with itself
        sample.value = metric.histogram.sample_sum;
        for (const prometheus::ClientMetric::Bucket& bucket : metric.histogram.bucket)
        {
          sample.count = std::max(sample.count, bucket.cumulative_count);
          if (!std::isinf(bucket.upper_bound))
          {
            sample.buckets.push_back({bucket.upper_bound, bucket.cumulative_count});
          }
        }
        break;
      default:
        sample.value = ToNumber(metric.gauge.value);
        break;
      }
      return sample;
    }

    MetricFamily ToFamily(const prometheus::MetricFamily& family)
    {
      MetricFamily converted;
      converted.name = family.name;
      converted.help = family.help;
      converted.type = family.type == prometheus::MetricType::Counter     ? MetricType::Counter
                       : family.type == prometheus::MetricType::Histogram ? MetricType::Histogram
                                                                          : MetricType::Gauge;
      for (const prometheus::ClientMetric& metric : family.metric)
      {
        converted.samples.push_back(ToSample(metric, family.type));
      }
      return converted;
    }
    // The registry leaves out what has no series yet
    void AddEmpty(const std::vector<std::string>& names, std::vector<MetricFamily>& families)
    {
      for (const std::string& name : names)
      {
        const bool isThere =
          std::any_of(families.begin(), families.end(),
                      [&](const MetricFamily& family) { return family.name == name; });
        if (!isThere)
        {
          families.push_back({name, "", MetricType::Counter, {}});
        }
      }
    }
  } // namespace

  struct PluginMetrics::PImpl
  {
    using Counters = prometheus::Family<prometheus::Counter>;
    using Gauges = prometheus::Family<prometheus::Gauge>;
    using Histograms = prometheus::Family<prometheus::Histogram>;

    Counters& MakeCounters(const char* name, const char* help)
    {
      names.push_back(name);
      return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
    }

    Gauges& MakeGauges(const char* name, const char* help)
    {
      names.push_back(name);
      return prometheus::BuildGauge().Name(name).Help(help).Register(registry);
    }

    Histograms& MakeHistograms(const char* name, const char* help)
    {
      names.push_back(name);
      return prometheus::BuildHistogram().Name(name).Help(help).Register(registry);
    }

    std::vector<std::string> names; // both declared before what lives in them
    prometheus::Registry registry;

    Counters& received =
      MakeCounters("orthanc_instances_received_total",
                   "Instances that were stored since the start, by their origin.");
    Counters& receivedBytes = MakeCounters("orthanc_received_bytes_total",
                                           "Size of the instances that were stored, by origin.");
    Counters& modalities = MakeCounters("orthanc_instances_received_by_modality_total",
                                        "Instances that were stored since the start, by modality.");
    Gauges& lastReceived =
      MakeGauges("orthanc_last_instance_received_timestamp_seconds",
                 "When the last instance was stored, 0 if none was since the start.");
    Counters& created = MakeCounters("orthanc_resources_created_total",
                                     "Resources that are new since the start, by level.");
    Counters& deleted = MakeCounters("orthanc_resources_deleted_total",
                                     "Resources that were deleted since the start, by level.");
    Counters& stable = MakeCounters("orthanc_stable_resources_total",
                                    "Resources that have become stable since the start, by level.");
    Counters& submittedJobs = MakeCounters("orthanc_jobs_submitted_total",
                                           "Jobs that were submitted since the start, by type.");
    Counters& endedJobs = MakeCounters(
      "orthanc_jobs_ended_total", "Jobs that have ended since the start, by type and outcome.");
    Histograms& jobRuns =
      MakeHistograms("orthanc_job_duration_seconds", "Time that ended jobs have spent working.");
    Histograms& jobWaits =
      MakeHistograms("orthanc_job_wait_seconds", "Time that ended jobs have spent waiting.");
    Counters& requests = MakeCounters(
      "orthanc_http_requests_total",
      "Answered requests to the routes of the plugin. A client that left early counts as 4xx.");
    Histograms& requestDurations = MakeHistograms(
      "orthanc_http_request_duration_seconds", "Time until a request to the plugin was answered.");
    Gauges& requestsInFlight = MakeGauges("orthanc_http_requests_in_flight",
                                          "Requests to the plugin that are being answered.");
    Counters& responseBytes = MakeCounters("orthanc_http_response_bytes_total",
                                           "Bodies that the plugin has sent, by route.");
    Counters& archives = MakeCounters(
      "orthanc_archives_total", "Archives that have ended since the start, by kind and outcome.");
    Counters& archiveBytes =
      MakeCounters("orthanc_archive_bytes_total", "Size of the archives that were finished.");
    Counters& archiveInstances = MakeCounters("orthanc_archive_instances_total",
                                              "Instances in the archives that were finished.");
    Counters& archiveSkipped =
      MakeCounters("orthanc_archive_instances_skipped_total",
                   "Instances that an archive reports as missing or not transcoded.");
    Counters& archivesIncomplete =
      MakeCounters("orthanc_archives_incomplete_total",
                   "Archives that were finished with a report of what is missing.");
    Counters& archivesReused = MakeCounters("orthanc_archives_reused_total",
                                            "Requests that were served by an archive made before.");
    Histograms& archiveDurations =
      MakeHistograms("orthanc_archive_duration_seconds", "Time that finished archives took.");
    Counters& documents =
      MakeCounters("orthanc_documents_embedded_total",
                   "Documents that were to become instances, by type and outcome.");
    Counters& documentBytes =
      MakeCounters("orthanc_document_bytes_total", "Size of the documents that became instances.");
    Counters& rejected = MakeCounters("orthanc_create_dicom_rejected_total",
                                      "Refused requests to create an instance.");
    Counters& deliveries =
      MakeCounters("orthanc_webhook_attempts_total", "Attempts to notify a receiver, by outcome.");
    Counters& deliveriesLost =
      MakeCounters("orthanc_webhook_deliveries_failed_total", "Notifications that were given up.");
    Counters& scrapes =
      MakeCounters("orthanc_exporter_scrapes_total", "Answers with metrics since the start.");

    LabelLimit routes{MAX_ROUTES};
    LabelLimit routeResults{MAX_ROUTE_RESULTS};
    LabelLimit jobTypes{MAX_JOB_TYPES};
    LabelLimit reasons{MAX_REASONS};

    std::atomic<std::uint64_t> succeededJobs{0};
    std::atomic<std::uint64_t> failedJobs{0};

    // A series that is only made by its first event has no increase: make those that alerts ask for
    PImpl()
    {
      for (const InstanceSource source :
           {InstanceSource::Dicom, InstanceSource::Rest, InstanceSource::Plugin,
            InstanceSource::Lua, InstanceSource::WebDav, InstanceSource::Other})
      {
        received.Add({{"origin", GetName(source)}});
        receivedBytes.Add({{"origin", GetName(source)}});
      }
      for (const DicomLevel level :
           {DicomLevel::Patient, DicomLevel::Study, DicomLevel::Series, DicomLevel::Instance})
      {
        created.Add({{"level", GetName(level)}});
        deleted.Add({{"level", GetName(level)}});
        if (level != DicomLevel::Instance)
        {
          stable.Add({{"level", GetName(level)}});
        }
      }
      for (const ArchiveKind kind : {ArchiveKind::Archive, ArchiveKind::Media})
      {
        for (const EndOutcome outcome :
             {EndOutcome::Success, EndOutcome::Failure, EndOutcome::Canceled})
        {
          archives.Add({{"kind", GetName(kind)}, {"outcome", GetName(outcome)}});
        }
        for (Counters* family : {&archiveBytes, &archiveInstances, &archiveSkipped,
                                 &archivesIncomplete, &archivesReused})
        {
          family->Add({{"kind", GetName(kind)}});
        }
        archiveDurations.Add({{"kind", GetName(kind)}}, JOB_BOUNDS);
      }
      MakeJobSeries("Archive");
      for (const EndOutcome outcome : {EndOutcome::Success, EndOutcome::Failure})
      {
        documents.Add({{"type", GetName(DocumentLabel::Pdf)}, {"outcome", GetName(outcome)}});
      }
      documentBytes.Add({{"type", GetName(DocumentLabel::Pdf)}});
      rejected.Add({{"reason", "other"}});
      deliveries.Add({{"outcome", "delivered"}});
      deliveries.Add({{"outcome", "failed"}});
      deliveriesLost.Add({});
      scrapes.Add({});
      requestsInFlight.Add({});
      lastReceived.Add({});
    }

    // The label, with every series of that type
    std::string MakeJobSeries(const std::string& type)
    {
      const std::string label = jobTypes.Apply(type);
      submittedJobs.Add({{"type", label}});
      for (const EndOutcome outcome :
           {EndOutcome::Success, EndOutcome::Failure, EndOutcome::Canceled})
      {
        endedJobs.Add({{"type", label}, {"outcome", GetName(outcome)}});
      }
      jobRuns.Add({{"type", label}}, JOB_BOUNDS);
      jobWaits.Add({{"type", label}}, JOB_BOUNDS);
      return label;
    }
  };

  PluginMetrics::PluginMetrics()
    : pimpl_(std::make_unique<PImpl>())
  {
  }

  PluginMetrics::~PluginMetrics() = default;

  void PluginMetrics::RequestBegun()
  {
    pimpl_->requestsInFlight.Add({}).Increment();
  }

  void PluginMetrics::RequestEnded(const AnsweredRequest& request)
  {
    const std::string route = pimpl_->routes.Apply(request.route);
    const std::string code = GetStatusClass(request.status);
    const std::string result = pimpl_->routeResults.Apply(code + request.method + route);
    pimpl_->requestsInFlight.Add({}).Decrement();
    pimpl_->requests
      .Add(
        {{"route", result == "other" ? result : route}, {"method", request.method}, {"code", code}})
      .Increment();
    pimpl_->requestDurations.Add({{"route", route}}, REQUEST_BOUNDS)
      .Observe(std::max(request.durationSeconds, 0.0));
    pimpl_->responseBytes.Add({{"route", route}})
      .Increment(static_cast<double>(request.responseBytes));
  }

  void PluginMetrics::JobSubmitted(const std::string& type)
  {
    pimpl_->submittedJobs.Add({{"type", pimpl_->MakeJobSeries(type)}}).Increment();
  }

  void PluginMetrics::JobEnded(const EndedJob& job)
  {
    const std::string type = pimpl_->MakeJobSeries(job.type);
    pimpl_->endedJobs.Add({{"type", type}, {"outcome", GetName(job.outcome)}}).Increment();
    pimpl_->jobRuns.Add({{"type", type}}, JOB_BOUNDS).Observe(std::max(job.runSeconds, 0.0));
    pimpl_->jobWaits.Add({{"type", type}}, JOB_BOUNDS).Observe(std::max(job.waitSeconds, 0.0));
    (job.outcome == EndOutcome::Success ? pimpl_->succeededJobs : pimpl_->failedJobs)++;
  }

  void PluginMetrics::ArchiveEnded(const EndedArchive& archive)
  {
    const std::string kind = GetName(archive.kind);
    pimpl_->archives.Add({{"kind", kind}, {"outcome", GetName(archive.outcome)}}).Increment();
    if (archive.outcome != EndOutcome::Success)
    {
      return;
    }
    if (archive.isReused)
    {
      pimpl_->archivesReused.Add({{"kind", kind}}).Increment();
      return;
    }
    pimpl_->archiveBytes.Add({{"kind", kind}}).Increment(static_cast<double>(archive.sizeBytes));
    pimpl_->archiveInstances.Add({{"kind", kind}})
      .Increment(static_cast<double>(archive.instancesCount));
    pimpl_->archiveSkipped.Add({{"kind", kind}})
      .Increment(static_cast<double>(archive.skippedCount));
    pimpl_->archivesIncomplete.Add({{"kind", kind}}).Increment(archive.skippedCount > 0 ? 1 : 0);
    pimpl_->archiveDurations.Add({{"kind", kind}}, JOB_BOUNDS)
      .Observe(std::max(archive.durationSeconds, 0.0));
  }

  void
  PluginMetrics::DocumentEmbedded(DocumentLabel type, EndOutcome outcome, std::uint64_t sizeBytes)
  {
    pimpl_->documents.Add({{"type", GetName(type)}, {"outcome", GetName(outcome)}}).Increment();
    if (outcome == EndOutcome::Success)
    {
      pimpl_->documentBytes.Add({{"type", GetName(type)}})
        .Increment(static_cast<double>(sizeBytes));
    }
  }

  void PluginMetrics::CreateDicomRejected(const std::string& reason)
  {
    pimpl_->rejected.Add({{"reason", pimpl_->reasons.Apply(reason)}}).Increment();
  }

  void PluginMetrics::InstanceReceived(InstanceSource source,
                                       std::uint64_t sizeBytes,
                                       std::int64_t nowMicroseconds)
  {
    pimpl_->received.Add({{"origin", GetName(source)}}).Increment();
    pimpl_->receivedBytes.Add({{"origin", GetName(source)}})
      .Increment(static_cast<double>(sizeBytes));
    pimpl_->lastReceived.Add({}).Set(static_cast<double>(nowMicroseconds) /
                                     MICROSECONDS_PER_SECOND);
  }

  void PluginMetrics::ModalityReceived(const std::string& modality)
  {
    const bool isKnown =
      std::find(std::begin(MODALITIES), std::end(MODALITIES), modality) != std::end(MODALITIES);
    pimpl_->modalities.Add({{"modality", isKnown ? modality : "other"}}).Increment();
  }

  void PluginMetrics::ResourceCreated(DicomLevel level)
  {
    pimpl_->created.Add({{"level", GetName(level)}}).Increment();
  }

  void PluginMetrics::ResourceDeleted(DicomLevel level)
  {
    pimpl_->deleted.Add({{"level", GetName(level)}}).Increment();
  }

  void PluginMetrics::ResourceStable(DicomLevel level)
  {
    pimpl_->stable.Add({{"level", GetName(level)}}).Increment();
  }

  void PluginMetrics::DeliveryAttempted(bool isDelivered, bool isGivenUp)
  {
    pimpl_->deliveries.Add({{"outcome", isDelivered ? "delivered" : "failed"}}).Increment();
    pimpl_->deliveriesLost.Add({}).Increment(isGivenUp ? 1 : 0);
  }

  void PluginMetrics::ScrapeAnswered()
  {
    pimpl_->scrapes.Add({}).Increment();
  }

  JobTotals PluginMetrics::GetJobTotals() const
  {
    return {pimpl_->succeededJobs, pimpl_->failedJobs};
  }

  std::vector<MetricFamily> PluginMetrics::Collect() const
  {
    std::vector<MetricFamily> families;
    for (const prometheus::MetricFamily& family : pimpl_->registry.Collect())
    {
      families.push_back(ToFamily(family));
    }
    AddEmpty(pimpl_->names, families);
    return families;
  }
} // namespace OrthancPlugins
