// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "RouteTable.h"

#include "Rest/AppHandlers.h"
#include "Rest/ArchiveHandlers.h"
#include "Rest/BulkHandlers.h"
#include "Rest/CreateDicomHandlers.h"
#include "Rest/DeliveryHandlers.h"
#include "Rest/DocumentHandlers.h"
#include "Rest/DocumentReadHandlers.h"
#include "Rest/EventHandlers.h"
#include "Rest/JobHandlers.h"
#include "Rest/JobOutputHandlers.h"
#include "Rest/MediaHandlers.h"
#include "Rest/MetricsHandlers.h"
#include "Rest/RequestMeter.h"
#include "Rest/SpoolHandlers.h"
#include "Rest/XmlAnswer.h"

namespace OrthancPlugins
{
  namespace
  {
    using Handler = void (*)(const Services&, const HttpRequest&, IHttpAnswer&);

    enum class Feature
    {
      Archive,
      Media,
      Outputs,
      Jobs,
      Metrics,
      Documents,
      App
    };

    bool IsEnabled(Feature feature, const Settings& settings)
    {
      switch (feature)
      {
      case Feature::Archive:
        return settings.archive.isEnabled;

      case Feature::Media:
        return settings.archive.media.isEnabled;

      case Feature::Outputs:
        return settings.archive.isEnabled || settings.archive.media.isEnabled;

      case Feature::Jobs:
        return settings.jobs.isEnabled;

      case Feature::Metrics:
        return settings.metrics.isEnabled;

      case Feature::Documents:
        return settings.documents.isEnabled;

      case Feature::App:
        return settings.app.isEnabled;
      }
      return false;
    }

    void CallHandler(Handler handler,
                     const Services& services,
                     const HttpRequest& request,
                     IHttpAnswer& answer)
    {
      if (IsXmlWanted(request))
      {
        XmlAnswer xml(answer);
        handler(services, request, xml);
      }
      else
      {
        handler(services, request, answer);
      }
    }
  } // namespace

  struct RouteTable::Row
  {
    Feature feature;
    const char* uri;
    Handler get;
    Handler post;
    Handler put;
    Handler erase;
  };

  // clang-format off
  const RouteTable::Row RouteTable::ROWS[] =
  {
    // Switch           URI                               GET              POST              PUT              DELETE
    { Feature::Archive, "/patients/([^/]+)/archive",      &GetPatientZip,  &PostPatientZip,  nullptr,         nullptr },
    { Feature::Archive, "/studies/([^/]+)/archive",       &GetStudyZip,    &PostStudyZip,    nullptr,         nullptr },
    { Feature::Archive, "/series/([^/]+)/archive",        &GetSeriesZip,   &PostSeriesZip,   nullptr,         nullptr },
    { Feature::Archive, "/instances/([^/]+)/archive",     &GetInstanceZip, &PostInstanceZip, nullptr,         nullptr },
    { Feature::Archive, "/tools/create-archive",          &GetBatchZip,    &PostBatchZip,    nullptr,         nullptr },
    { Feature::Media,   "/patients/([^/]+)/media",        &GetPatientMedia,  &PostPatientMedia,  nullptr,     nullptr },
    { Feature::Media,   "/studies/([^/]+)/media",         &GetStudyMedia,    &PostStudyMedia,    nullptr,     nullptr },
    { Feature::Media,   "/series/([^/]+)/media",          &GetSeriesMedia,   &PostSeriesMedia,   nullptr,     nullptr },
    { Feature::Media,   "/instances/([^/]+)/media",       &GetInstanceMedia, &PostInstanceMedia, nullptr,     nullptr },
    { Feature::Media,   "/tools/create-media",            &GetBatchMedia,    &PostBatchMedia,    nullptr,     nullptr },
    { Feature::Media,   "/tools/create-media-extended",   &GetExtendedBatchMedia,
                                                          &PostExtendedBatchMedia,               nullptr,     nullptr },
    { Feature::Jobs,    "/jobs",                          &GetJobs,        nullptr,          nullptr,         nullptr },
    { Feature::Jobs,    "/jobs/([^/]+)",                  &GetJob,         nullptr,          nullptr,         &EraseJob },
    { Feature::Jobs,    "/jobs/([^/]+)/(cancel|pause|resume|resubmit)",
                                                          &GetJobOutput,   &PostJobVerb,     nullptr,         &EraseJobOutput },
    { Feature::Jobs,    "/jobs/([^/]+)/(priority)",       &GetJobOutput,   nullptr,          &PutJobPriority, &EraseJobOutput },
    { Feature::Jobs,    "/jobs/([^/]+)/events",           &GetJobEvents,   nullptr,          nullptr,         nullptr },
    { Feature::Jobs,    "/jobs/([^/]+)/deliveries",       &GetJobDeliveries, nullptr,        nullptr,         nullptr },
    { Feature::Jobs,    "/jobs/([^/]+)/archive/pin",      nullptr,         nullptr,          &PinJobArchive,  &UnpinJobArchive },
    { Feature::Outputs, "/jobs/([^/]+)/(archive|archive-[0-9]+)",
                                                          &GetJobOutput,   nullptr,          nullptr,         &EraseJobOutput },
    { Feature::Jobs,    "/jobs/([^/]+)/([^/]+)",          &GetJobOutput,   nullptr,          nullptr,         &EraseJobOutput },
    { Feature::Jobs,    "/advanced-rest/jobs/cancel",     nullptr,         &CancelJobs,      nullptr,         nullptr },
    { Feature::Jobs,    "/advanced-rest/jobs/resubmit",   nullptr,         &ResubmitJobs,    nullptr,         nullptr },
    { Feature::Jobs,    "/advanced-rest/jobs/delete",     nullptr,         &DeleteJobs,      nullptr,         nullptr },
    { Feature::Jobs,    "/advanced-rest/archives",        &GetArchives,    nullptr,          nullptr,         nullptr },
    { Feature::Jobs,    "/advanced-rest/archives/([^/]+)",
                                                          &GetArchive,     nullptr,          nullptr,         &EraseArchive },
    { Feature::Jobs,    "/advanced-rest/events",          &GetAllEvents,   nullptr,          nullptr,         nullptr },
    { Feature::Metrics, "/tools/metrics-prometheus",      &GetMetrics,     nullptr,          nullptr,         nullptr },
    { Feature::Metrics, "/tools/metrics",                 &GetMetricsSwitch, nullptr,        &PutMetricsSwitch, nullptr },
    { Feature::Metrics, "/advanced-rest/monitoring",      &ListMonitoring, nullptr,          nullptr,         nullptr },
    { Feature::Metrics, "/advanced-rest/monitoring/([^/]+)",
                                                          &GetMonitoring,  nullptr,          nullptr,         nullptr },
    { Feature::Documents, "/tools/create-dicom",          nullptr,         &PostCreateDicom, nullptr,         nullptr },
    { Feature::Documents, "/instances/([^/]+)/pdf",       &GetInstancePdf, nullptr,          nullptr,         nullptr },
    { Feature::Documents, "/instances/([^/]+)/document",  &GetInstanceDocument, nullptr,     nullptr,         nullptr },
    { Feature::Documents, "/instances/([^/]+)/document/preview", &GetInstancePreview, nullptr, nullptr,      nullptr },
    { Feature::Documents, "/tools/create-document",       nullptr,         &PostDocument,    &PostDocument,   nullptr },
    { Feature::Documents, "/patients/([^/]+)/documents",  &GetPatientDocuments, &PostPatientDocument, &PostPatientDocument, nullptr },
    { Feature::Documents, "/studies/([^/]+)/documents",   &GetStudyDocuments, &PostStudyDocument, &PostStudyDocument,   nullptr },
    { Feature::Documents, "/series/([^/]+)/documents",    &GetSeriesDocuments, &PostSeriesDocument, &PostSeriesDocument, nullptr },
    { Feature::Documents, "/advanced-rest/private-dictionary",
                                &GetPrivateDictionary, &PostPrivateDictionary, &PutPrivateDictionary, &ErasePrivateDictionary },
    { Feature::App,     "/advanced-rest/app",             &GetAppPage,     nullptr,          nullptr,         nullptr },
    { Feature::App,     "/advanced-rest/app/(.*)",        &GetAppFile,     nullptr,          nullptr,         nullptr },
    { Feature::App,     "/advanced-rest/features",        &GetFeatures,    nullptr,          nullptr,         nullptr },
  };
  // clang-format on

  RouteTable::RouteTable(const Settings& settings)
  {
    for (const Row& row : ROWS)
    {
      if (IsEnabled(row.feature, settings))
      {
        enabled_.push_back(&row);
      }
    }
  }

  std::vector<std::string> RouteTable::GetUris() const
  {
    std::vector<std::string> uris;
    for (const Row* row : enabled_)
    {
      uris.emplace_back(row->uri);
    }
    return uris;
  }

  std::vector<std::size_t> RouteTable::GetRowsWithLargeBodies() const
  {
    std::vector<std::size_t> rows;
    for (std::size_t row = 0; row < enabled_.size(); row++)
    {
      if (enabled_[row]->feature == Feature::Documents && enabled_[row]->post != nullptr)
      {
        rows.push_back(row);
      }
    }
    return rows;
  }

  void RouteTable::Dispatch(std::size_t row,
                            const Services& services,
                            const HttpRequest& request,
                            IHttpAnswer& answer) const
  {
    const Row& target = *enabled_.at(row);
    RequestMeter meter(services.metrics, services.clock, MakeRouteTemplate(target.uri),
                       request.method, answer);
    try
    {
      Call(target, services, request, meter.GetAnswer());
    }
    catch (const Failure& failure)
    {
      // It is answered by who calls us, but its kind is to be counted
      meter.NoteFailure(failure.GetKind());
      throw;
    }
  }

  void RouteTable::Call(const Row& target,
                        const Services& services,
                        const HttpRequest& request,
                        IHttpAnswer& answer)
  {
    const std::pair<HttpMethod, std::pair<const char*, Handler>> columns[] = {
      {HttpMethod::Get, {"GET", target.get}},
      {HttpMethod::Post, {"POST", target.post}},
      {HttpMethod::Put, {"PUT", target.put}},
      {HttpMethod::Delete, {"DELETE", target.erase}},
    };

    std::string allowed;
    for (const auto& [method, column] : columns)
    {
      const auto& [name, handler] = column;
      if (handler == nullptr)
      {
        continue;
      }
      if (method == request.method)
      {
        CallHandler(handler, services, request, answer);
        return;
      }
      allowed += (allowed.empty() ? "" : ",") + std::string(name);
    }
    answer.SendNotAllowed(allowed);
  }
} // namespace OrthancPlugins
