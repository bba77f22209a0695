// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "Application.h"

#include "Core/Jobs/JobMeter.h"
#include "Core/Metrics/HostJobMeter.h"
#include "Core/Metrics/MetricsExporter.h"
#include "RouteTable.h"
#include "SettingsParser.h"

#include "Core/Failure.h"
#include "Core/Media/OverlayFolder.h"
#include "Core/Spool/DictionaryFile.h"
#include "Host/ErrorCodes.h"
#include "Host/HostConfiguration.h"
#include "Host/HostLog.h"
#include "Host/OrthancDicomStore.h"
#include "Host/OrthancDictionary.h"
#include "Host/OrthancHttpAnswer.h"
#include "Host/OrthancJobQueue.h"
#include "Host/OrthancMetrics.h"
#include "Host/OrthancRestApi.h"
#include "Host/PluginProperties.h"
#include "Host/ReceivedInstances.h"
#include "Host/RestRegistration.h"
#include "Host/SystemClock.h"

#include <boost/thread.hpp>

#include <exception>
#include <string>
#include <vector>

namespace OrthancPlugins
{
  namespace
  {
    ParsedSettings ReadSettings(OrthancPluginContext* context)
    {
      ParsedSettings parsed =
        ParseSettings(GetHostConfiguration(context), GetHostBaseDirectory(context));
      for (const std::string& warning : parsed.warnings)
      {
        LogWarning(warning);
      }
      return parsed;
    }

    // A folder that is wrong is found now, not by the first request
    void CheckOverlays(const MediaSettings& settings)
    {
      for (const auto& [name, directory] : settings.overlays)
      {
        try
        {
          const OverlayFolder ignored(directory);
        }
        catch (const Failure& failure)
        {
          throw Failure(failure.GetKind(),
                        "Option \"AdvancedRest.Media.Overlays." + name + "\": " + failure.what());
        }
      }
    }
  } // namespace

  struct Application::PImpl
  {
    explicit PImpl(OrthancPluginContext* context)
      : version(HostVersion::Parse(context->orthancVersion)),
        settings(ReadSettings(context).settings),
        host(context, version),
        hostMetrics(host),
        hostJobs(hostMetrics, metrics),
        store(context, host, settings, version),
        planner(store, version),
        spool(settings.spool, clock),
        monitor(settings.jobs.maxWaiters, clock),
        factory(spool, store, planner, settings.archive, settings.jobs, monitor, clock),
        queue(context, host),
        notifier(settings.webhooks,
                 {settings.spool.directory,
                  [this](const std::string& id) { return spool.FindState(id).has_value(); },
                  &LogWarning,
                  [this](bool isDelivered, bool isGivenUp)
                  { metrics.DeliveryAttempted(isDelivered, isGivenUp); }},
                 clock),
        jobMeter(metrics, notifier),
        controller(settings.jobs, spool, queue, factory, monitor, clock),
        streams(settings.archive.maxStreams, settings.host.jobsHistorySize, clock, monitor),
        exporter(settings, hostMetrics, metrics, MakeCollectors(), clock),
        dictionary(
          ParseDictionaryFile(LoadDictionaryFile(settings.spool.directory)),
          [context](const PrivateTag& tag) { AnnouncePrivateTag(context, tag); },
          [this](const std::string& text) { SaveDictionaryFile(settings.spool.directory, text); }),
        pages({settings.spool.directory, settings.documents.previewTimeoutSeconds,
               std::uint64_t(settings.documents.previewMemoryMegabytes) << 20,
               std::uint64_t(settings.documents.previewCacheMegabytes) << 20}),
        routes(settings),
        services{settings,   version,
                 clock,      store,
                 host,       planner,
                 spool,      queue,
                 factory,    monitor,
                 controller, streams,
                 crcs,       notifier,
                 metrics,    exporter,
                 numbers,    newStudies,
                 dictionary, pages,
                 appFiles,   clock.GetNowMicroseconds(),
                 &LogWarning}
    {
    }

    HostVersion version;
    Settings settings;
    SystemClock clock;
    PluginMetrics metrics; // outlives everything that counts
    OrthancRestApi host;
    OrthancMetrics hostMetrics;
    HostJobMeter hostJobs;
    OrthancDicomStore store;
    ArchivePlanner planner;
    ArchiveSpool spool;
    JobMonitor monitor;
    JobFactory factory;
    OrthancJobQueue queue;
    Notifier notifier; // outlives the controller, which reports to it
    JobMeter jobMeter;
    JobController controller;
    StreamDirectory streams;
    MetricsExporter exporter;
    CrcMemory crcs{CrcMemory::USUAL_ENTRIES};
    NumberReservations numbers;
    NameLocks newStudies;
    PrivateDictionary dictionary;
    PdfPageRenderer pages;
    const AppFiles appFiles{GetAppFiles()};
    RouteTable routes;
    Services services;
    boost::thread keeper;

    // Called once while the exporter is made: used by its thread later
    std::vector<MetricsCollector> MakeCollectors()
    {
      return {
        {"jobs", settings.metrics.refreshSeconds,
         [this] {
           return ReadJobFamilies(hostMetrics, controller, spool, streams,
                                  clock.GetNowMicroseconds());
         }},
        {"spool", settings.metrics.refreshSeconds, [this] { return ReadSpoolFamilies(spool); }}};
    }

    // The host keeps a copy of what it is given
    void ShowInExplorer(OrthancPluginContext* context) const
    {
      const AppFiles::File* const script = appFiles.Find("Explorer/explorer.js");
      if (settings.app.isEnabled)
      {
        SetPluginRootUri(context, "/advanced-rest/app/");
      }
      if (settings.app.isEnabled && script != nullptr)
      {
        ExtendOrthancExplorer(context, std::string(script->content));
      }
    }

    void CountInstance(const ReceivedInstance& instance)
    {
      metrics.InstanceReceived(instance.source, instance.sizeBytes, clock.GetNowMicroseconds());
      if (settings.metrics.countsModalities)
      {
        metrics.ModalityReceived(instance.modality);
      }
    }

    // Body of the thread that keeps jobs and spool in order
    void Keep()
    {
      bool isRecovered = false;
      for (;;)
      {
        try
        {
          if (!isRecovered)
          {
            controller.Recover();
            isRecovered = true;
          }
          controller.Tick();
        }
        catch (const std::exception& error)
        {
          LogError(std::string("Cannot keep the jobs in order: ") + error.what());
        }
        controller.WaitForWork();
      }
    }

    void StopKeeping()
    {
      if (keeper.joinable())
      {
        keeper.interrupt();
        keeper.join();
      }
    }
  };

  Application::Application(OrthancPluginContext* context)
    : pimpl_(std::make_unique<PImpl>(context))
  {
    PImpl& all = *pimpl_;
    CheckOverlays(all.settings.archive.media);
    all.controller.SetObserver(all.jobMeter);
    for (const std::string& warning : all.spool.GetWarnings())
    {
      LogWarning(warning);
    }

    RegisterErrorCodes(context);
    RegisterJobRestorer(context, [&all](const std::string& type, const std::string& saved)
                        { return all.factory.Restore(type, saved); });
    ObserveReceivedInstances(context, all.settings.metrics.countsModalities,
                             [&all](const ReceivedInstance& instance)
                             { all.CountInstance(instance); });
    RegisterRestRoutes(context, all.routes.GetUris(), all.settings.host.hasAuthentication,
                       [&all](std::size_t row, const HttpRequest& request, IHttpAnswer& answer)
                       { all.routes.Dispatch(row, all.services, request, answer); });
    RegisterLargeBodies(context, all.routes.GetUris(), all.routes.GetRowsWithLargeBodies());

    all.ShowInExplorer(context);

    if (!CanHostStream(all.version))
    {
      LogWarning(
        "This version of Orthanc cannot stream answers of plugins: synchronous archives are made "
        "as temporary files in the spool and must stay below 2 GiB; larger ones need "
        "\"Asynchronous\": true and a download in pages");
    }
  }

  Application::~Application()
  {
    OnStopped();
    ClearRestRoutes();
    ClearReceivedInstances();
    ClearJobRestorer();
    ClearErrorCodes();
  }

  void Application::OnStarted()
  {
    pimpl_->keeper = boost::thread([this] { pimpl_->Keep(); });
    pimpl_->notifier.Start();
    pimpl_->hostJobs.Start();
    pimpl_->exporter.Start();
  }

  void Application::OnJobEvent(JobEventType type, const std::string& hostJobId)
  {
    pimpl_->controller.NoteHostEvent(hostJobId);
    if (type == JobEventType::Submitted)
    {
      pimpl_->hostJobs.NoteSubmitted(hostJobId);
    }
    else
    {
      pimpl_->hostJobs.NoteEnded(hostJobId, type == JobEventType::Succeeded);
    }
  }

  PluginMetrics& Application::GetMetrics()
  {
    return pimpl_->metrics;
  }

  void Application::OnStopped()
  {
    pimpl_->monitor.Shutdown();
    pimpl_->streams.Shutdown();
    pimpl_->exporter.Stop();
    pimpl_->hostJobs.Stop();
    pimpl_->StopKeeping();
    pimpl_->notifier.Stop();
  }
} // namespace OrthancPlugins
