// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "JobHandlers.h"

#include "HostJobs.h"
#include "JobActions.h"
#include "JobCatalog.h"
#include "JobQuery.h"
#include "JobView.h"
#include "JsonList.h"

#include "../Core/Failure.h"

#include <boost/chrono.hpp>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace OrthancPlugins
{
  namespace
  {
    constexpr const char* JSON_MIME = "application/json; charset=utf-8";

    Failure MakeNoJob()
    {
      return Failure(FailureKind::NotFound, "No job found with this id, or it has not ended");
    }

    void SendDone(IHttpAnswer& answer)
    {
      answer.SendBuffer("{}", "application/json");
    }

    // ---- Lists

    // Up to some version "?expand=false" expands
    bool IsExpanded(const HttpRequest& request, const HostVersion& version)
    {
      const std::optional<std::string> text = request.FindArgument("expand");
      if (!text.has_value() || !version.IsAtLeast(1, 12, 0))
      {
        return text.has_value();
      }
      if (text->empty() || *text == "1" || *text == "true")
      {
        return true;
      }
      if (*text == "0" || *text == "false")
      {
        return false;
      }
      throw Failure(FailureKind::OutOfRange, "Expected a Boolean for GET argument \"expand\"");
    }

    void Filter(std::vector<JobEntry>& jobs, const JobFilter& filter)
    {
      jobs.erase(std::remove_if(jobs.begin(), jobs.end(),
                                [&](const JobEntry& job) {
                                  return !IsMatching(filter, job.id, job.type, job.state,
                                                     job.createdMicroseconds);
                                }),
                 jobs.end());
    }

    // As the host's list
    void SortById(std::vector<JobEntry>& jobs)
    {
      std::sort(jobs.begin(), jobs.end(),
                [](const JobEntry& left, const JobEntry& right) { return left.id < right.id; });
    }

    std::optional<std::string> FormatEntry(const Services& services, const JobEntry& job)
    {
      return job.kind == JobKind::Foreign ? std::make_optional(job.hostJson)
                                          : FormatOwnJob(services, job);
    }

    void SendJobs(const Services& services,
                  const std::vector<JobEntry>& jobs,
                  bool isExpanded,
                  IHttpAnswer& answer)
    {
      JsonList list(answer);
      for (const JobEntry& job : jobs)
      {
        const std::optional<std::string> item =
          isExpanded ? FormatEntry(services, job) : FormatText(job.id);
        if (item.has_value())
        {
          list.Add(*item);
        }
      }
      list.Send();
    }

    // ---- One job

    // What "/jobs/{id}" says at one moment
    struct JobLook
    {
      bool isFound = false;
      bool hasEnded = false;
      std::string id;   // the public one
      std::string json; // of a job of ours
      HostAnswer host;  // else
      bool isForeign = false;
    };

    // A job of the host whose archive we have forgotten is not shown any more
    bool IsShown(const std::optional<HostJob>& job)
    {
      return !job.has_value() || job->archiveId.empty();
    }

    JobLook LookAtHost(const Services& services, const std::string& jobId)
    {
      JobLook look;
      look.id = jobId;
      look.isForeign = true;
      look.host = CallJob(services, HttpMethod::Get, jobId);
      const std::optional<HostJob> job =
        IsSuccess(look.host) ? ParseHostJob(look.host.body) : std::nullopt;
      look.isFound = !IsNotFound(look.host) && IsShown(job);
      look.hasEnded = !job.has_value() || HasEnded(job->state);
      return look;
    }

    JobLook LookAt(const Services& services, const AccessPolicy& access, const std::string& jobId)
    {
      const std::optional<JobEntry> job = FindJob(services, access, jobId);
      if (job.has_value() && job->kind == JobKind::Foreign)
      {
        return LookAtHost(services, jobId);
      }
      JobLook look;
      const std::optional<std::string> json =
        job.has_value() ? FormatOwnJob(services, *job) : std::nullopt;
      if (json.has_value())
      {
        look.isFound = true;
        look.hasEnded = HasEnded(job->state);
        look.id = job->id;
        look.json = *json;
      }
      return look;
    }

    void Send(const JobLook& look, IHttpAnswer& answer)
    {
      if (!look.isFound)
      {
        answer.SendEmptyStatus(404);
      }
      else if (look.isForeign)
      {
        Forward(look.host, JSON_MIME, answer);
      }
      else
      {
        answer.SendJson(look.json);
      }
    }

    // ---- Waiting

    std::int64_t ParseWaitMilliseconds(const HttpRequest& request, const JobSettings& settings)
    {
      const std::uint64_t seconds = request.GetUnsignedArgument("wait", 0);
      return static_cast<std::int64_t>(std::min<std::uint64_t>(seconds, settings.maxWaitSeconds)) *
             1000;
    }

    // Whether these events may have ended the job
    bool IsNews(const JobEvents& events)
    {
      return events.hasGap || std::any_of(events.events.begin(), events.events.end(),
                                          [](const JobEvent& event)
                                          { return event.kind != JobEventKind::Progress; });
    }

    // False when the time is over
    bool WaitForNews(JobMonitor::Waiter& waiter,
                     const std::string& jobId,
                     std::uint64_t& lastId,
                     boost::chrono::steady_clock::time_point end)
    {
      for (;;)
      {
        const std::int64_t milliseconds = boost::chrono::duration_cast<boost::chrono::milliseconds>(
                                            end - boost::chrono::steady_clock::now())
                                            .count();
        if (milliseconds <= 0)
        {
          return false;
        }
        const JobEvents events = waiter.Wait(jobId, lastId, milliseconds);
        if (events.events.empty() && !events.hasGap)
        {
          return false;
        }
        lastId = events.lastId;
        if (IsNews(events))
        {
          return true;
        }
      }
    }

    // Events after "lastId" are not missed: it is taken before the look
    JobLook WaitForEnd(const Services& services,
                       const AccessPolicy& access,
                       const std::string& jobId,
                       std::int64_t milliseconds)
    {
      const auto end =
        boost::chrono::steady_clock::now() + boost::chrono::milliseconds(milliseconds);
      const std::unique_ptr<JobMonitor::Waiter> waiter = services.monitor.Enter();
      std::uint64_t lastId = services.monitor.GetLastEventId();
      JobLook look = LookAt(services, access, jobId);
      while (look.isFound && !look.hasEnded && WaitForNews(*waiter, look.id, lastId, end))
      {
        look = LookAt(services, access, jobId);
      }
      // The progress is more than what the last news said
      return look.isFound && !look.hasEnded ? LookAt(services, access, jobId) : look;
    }

    // ---- Verbs and deletion of what is the host's

    void PostForeignVerb(const Services& services,
                         const JobEntry& job,
                         const std::string& verb,
                         IHttpAnswer& answer)
    {
      const HostAnswer host = CallJobVerb(services, job.id, verb);
      if (IsRefusal(host))
      {
        answer.SendEmptyStatus(400);
      }
      else
      {
        Forward(host, "application/json", answer);
      }
    }

    void EraseForeignJob(const Services& services, const JobEntry& job, IHttpAnswer& answer)
    {
      const HostAnswer host = CallJob(services, HttpMethod::Delete, job.id);
      if (IsNotFound(host))
      {
        throw MakeNoJob();
      }
      if (IsSuccess(host))
      {
        services.monitor.ReportForeign(job.id);
      }
      Forward(host, "text/plain", answer);
    }
  } // namespace

  void GetJobs(const Services& services, const HttpRequest& request, IHttpAnswer& answer)
  {
    const bool isExpanded = IsExpanded(request, services.version);
    const std::optional<JobQuery> query = ParseJobQuery(request);
    const HostAnswer host = services.host.Call(HttpMethod::Get, "/jobs?expand", "");
    if (!IsSuccess(host))
    {
      Forward(host, JSON_MIME, answer);
      return;
    }
    std::vector<JobEntry> jobs =
      ListJobs(services, MakeAccess(services, request), ParseHostJobs(host.body),
               query.has_value() ? JobHistory::Whole : JobHistory::Short);
    if (!query.has_value())
    {
      SortById(jobs);
      SendJobs(services, jobs, isExpanded, answer);
      return;
    }
    Filter(jobs, query->filter);
    if (query->isCount)
    {
      answer.SendJson(FormatCount(jobs.size()));
      return;
    }
    SortAndCut(jobs, query->page);
    SendJobs(services, jobs, isExpanded, answer);
  }

  void GetJob(const Services& services, const HttpRequest& request, IHttpAnswer& answer)
  {
    const std::string& jobId = request.groups.at(0);
    const std::int64_t milliseconds = ParseWaitMilliseconds(request, services.settings.jobs);
    const AccessPolicy access = MakeAccess(services, request);
    JobLook look = LookAt(services, access, jobId);
    if (look.isFound && !look.hasEnded && milliseconds > 0)
    {
      look = WaitForEnd(services, access, jobId, milliseconds);
    }
    Send(look, answer);
  }

  void EraseJob(const Services& services, const HttpRequest& request, IHttpAnswer& answer)
  {
    const std::optional<JobEntry> job =
      FindJob(services, MakeAccess(services, request), request.groups.at(0));
    const bool isForeign = !job.has_value() || job->kind == JobKind::Foreign;
    if (isForeign && !HasJobDeletion(services.version))
    {
      answer.SendNotAllowed("GET");
    }
    else if (!job.has_value())
    {
      throw MakeNoJob();
    }
    else if (isForeign)
    {
      EraseForeignJob(services, *job, answer);
    }
    else if (DeleteJob(services, *job) == JobOutcome::Done)
    {
      answer.SendBuffer("", "text/plain");
    }
    else
    {
      throw MakeNoJob();
    }
  }

  void PostJobVerb(const Services& services, const HttpRequest& request, IHttpAnswer& answer)
  {
    const std::string& verb = request.groups.at(1);
    if (!IsVerb(verb))
    {
      answer.SendNotAllowed(HasOutputDeletion(services.version) ? "GET,DELETE" : "GET");
      return;
    }
    const std::optional<JobEntry> job =
      FindJob(services, MakeAccess(services, request), request.groups.at(0));
    if (job.has_value() && job->kind == JobKind::Foreign)
    {
      PostForeignVerb(services, *job, verb, answer);
      return;
    }
    const bool isDone = job.has_value() && ApplyVerb(services, *job, verb) == JobOutcome::Done;
    if (isDone)
    {
      SendDone(answer);
    }
    else
    {
      answer.SendEmptyStatus(400);
    }
  }

  void PutJobPriority(const Services& services, const HttpRequest& request, IHttpAnswer& answer)
  {
    const int priority = ParsePriority(request.body);
    const std::optional<JobEntry> job =
      FindJob(services, MakeAccess(services, request), request.groups.at(0));
    const bool isForeign = job.has_value() && job->kind == JobKind::Foreign;
    if (!job.has_value() || (isForeign && !FindHostJob(services, job->id).has_value()))
    {
      throw Failure(FailureKind::NotFound, "No job found with this id");
    }
    if (isForeign)
    {
      throw Failure(FailureKind::Conflict,
                    "The priority of a job of Orthanc itself cannot be changed");
    }
    if (job->kind == JobKind::Stream)
    {
      throw Failure(FailureKind::Conflict,
                    "The priority of a synchronous archive cannot be changed");
    }
    services.controller.SetPriority(job->archiveId, priority);
    SendDone(answer);
  }
} // namespace OrthancPlugins
