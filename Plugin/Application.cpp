// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "Application.h"

#include "RouteTable.h"
#include "SettingsParser.h"

#include "Core/Failure.h"
#include "Host/ErrorCodes.h"
#include "Host/HostConfiguration.h"
#include "Host/HostLog.h"
#include "Host/OrthancDicomStore.h"
#include "Host/OrthancHttpAnswer.h"
#include "Host/OrthancJobQueue.h"
#include "Host/OrthancRestApi.h"
#include "Host/RestRegistration.h"
#include "Host/SystemClock.h"

#include <boost/chrono.hpp>
#include <boost/thread.hpp>
#include <json/value.h>

#include <optional>
#include <set>
#include <string>
#include <vector>

namespace OrthancPlugins
{
  namespace
  {
    constexpr unsigned SWEEP_INTERVAL_SECONDS = 60;

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

    std::vector<std::string> ListPending(const ArchiveSpool& spool)
    {
      std::vector<std::string> ids;
      for (const ArchiveRecord& record : spool.List())
      {
        if (record.state == ArchiveState::Pending)
        {
          ids.push_back(record.id);
        }
      }
      return ids;
    }

    std::set<std::string> ListHostJobs(OrthancRestApi& host)
    {
      std::set<std::string> ids;
      for (const Json::Value& id : host.GetJson("/jobs"))
      {
        ids.insert(id.asString());
      }
      return ids;
    }
  } // namespace

  struct Application::PImpl
  {
    explicit PImpl(OrthancPluginContext* context)
      : version(HostVersion::Parse(context->orthancVersion)),
        settings(ReadSettings(context).settings),
        host(context, version),
        store(context, host, settings, version),
        planner(store, version),
        spool(settings.spool, clock),
        factory(spool, store, planner, settings.archive),
        queue(context),
        unfinishedAtStart(ListPending(spool)),
        streams(settings.archive.maxStreams, settings.host.jobsHistorySize, clock),
        routes(settings),
        services{settings, version, clock, store, host, planner, spool, queue, factory, streams}
    {
    }

    HostVersion version;
    Settings settings;
    SystemClock clock;
    OrthancRestApi host;
    OrthancDicomStore store;
    ArchivePlanner planner;
    ArchiveSpool spool;
    JobFactory factory;
    OrthancJobQueue queue;
    std::vector<std::string> unfinishedAtStart;
    StreamDirectory streams;
    RouteTable routes;
    Services services;
    boost::thread keeper;

    bool HasJob(const std::string& archiveId, const std::set<std::string>& hostJobs) const
    {
      for (const std::string& jobId : spool.ListJobs(archiveId))
      {
        if (hostJobs.count(jobId) != 0)
        {
          return true;
        }
      }
      return false;
    }

    // Jobs that the host has lost (its registry is saved with a delay, or not at all) are submitted
    // again; their old IDs keep their results. Only what was there before the first request of this
    // run: a newer record may just not have its job yet
    void ResubmitLostJobs()
    {
      const std::set<std::string> hostJobs = ListHostJobs(host);
      for (const std::string& archiveId : unfinishedAtStart)
      {
        const std::optional<ArchiveRecord> record = spool.Find(archiveId);
        if (!record.has_value() || record->state != ArchiveState::Pending ||
            HasJob(archiveId, hostJobs))
        {
          continue;
        }
        const std::string jobId =
          queue.Submit(factory.CreateArchiveJob(archiveId), record->request.priority);
        spool.LinkJob(jobId, archiveId);
        LogWarning("The job of archive " + archiveId +
                   " was lost, it is continued by the new job " + jobId);
      }
    }

    // Body of the thread that keeps the spool in order
    void Keep()
    {
      try
      {
        ResubmitLostJobs();
      }
      catch (const std::exception& error)
      {
        LogError(std::string("Cannot continue unfinished archives: ") + error.what());
      }
      for (;;)
      {
        try
        {
          spool.Sweep();
        }
        catch (const std::exception& error)
        {
          LogError(std::string("Cannot clean up the spool: ") + error.what());
        }
        boost::this_thread::sleep_for(boost::chrono::seconds(SWEEP_INTERVAL_SECONDS));
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
    for (const std::string& warning : all.spool.GetWarnings())
    {
      LogWarning(warning);
    }

    RegisterErrorCodes(context);
    RegisterJobRestorer(context, [&all](const std::string& type, const std::string& saved)
                        { return all.factory.Restore(type, saved); });
    RegisterRestRoutes(context, all.routes.GetUris(),
                       [&all](std::size_t row, const HttpRequest& request, IHttpAnswer& answer)
                       { all.routes.Dispatch(row, all.services, request, answer); });

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
    ClearJobRestorer();
    ClearErrorCodes();
  }

  void Application::OnStarted()
  {
    pimpl_->keeper = boost::thread([this] { pimpl_->Keep(); });
  }

  void Application::OnStopped()
  {
    pimpl_->streams.Shutdown();
    pimpl_->StopKeeping();
  }
} // namespace OrthancPlugins
