// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "BulkHandlers.h"

#include "HostJobs.h"
#include "JobActions.h"
#include "JobCatalog.h"
#include "JobQuery.h"
#include "JobView.h"

#include "../Core/Failure.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace OrthancPlugins
{
  namespace
  {
    // What is done to each job, and which jobs are worth it
    struct BulkAction
    {
      bool (*isApplicable)(JobState state);
      JobOutcome (*apply)(const Services& services, const JobEntry& job);
    };

    const BulkAction CANCEL = {[](JobState state) { return !HasEnded(state); },
                               [](const Services& services, const JobEntry& job)
                               { return ApplyVerb(services, job, "cancel"); }};

    const BulkAction RESUBMIT = {[](JobState state) { return state == JobState::Failure; },
                                 [](const Services& services, const JobEntry& job)
                                 { return ApplyVerb(services, job, "resubmit"); }};

    const BulkAction DELETION = {[](JobState state) { return HasEnded(state); }, &DeleteJob};

    std::vector<JobEntry> ListAllJobs(const Services& services, const HttpRequest& request)
    {
      const HostAnswer host = services.host.Call(HttpMethod::Get, "/jobs?expand", "");
      if (!IsSuccess(host))
      {
        throw Failure(FailureKind::Internal, "Orthanc does not list its jobs");
      }
      return ListJobs(services, MakeAccess(services, request), ParseHostJobs(host.body),
                      JobHistory::Whole);
    }

    bool IsMeant(const JobFilter& filter, const BulkAction& action, const JobEntry& job)
    {
      const bool isNamed = !filter.ids.empty();
      return IsMatching(filter, job.id, job.type, job.state, job.createdMicroseconds) &&
             (isNamed || action.isApplicable(job.state));
    }

    // The reason, unless it is done. One job does not keep the others from it
    std::optional<std::string>
    TryOn(const Services& services, const BulkAction& action, const JobEntry& job)
    {
      try
      {
        switch (action.apply(services, job))
        {
        case JobOutcome::Done:
          return std::nullopt;
        case JobOutcome::Refused:
          return "Not possible in the present state of the job";
        case JobOutcome::NotFound:
          return "No job found with this id";
        case JobOutcome::NotSupported:
          break;
        }
        return "Not possible with this version of Orthanc";
      }
      catch (const Failure& failure)
      {
        return failure.what();
      }
    }

    void Apply(const Services& services,
               const HttpRequest& request,
               const BulkAction& action,
               IHttpAnswer& answer)
    {
      const JobFilter filter = ParseJobFilter(request.body);
      std::vector<JobEntry> jobs = ListAllJobs(services, request);
      SortAndCut(jobs, ListPage());

      std::vector<std::string> done;
      std::map<std::string, std::string> failed;
      for (const std::string& id : filter.ids)
      {
        failed[id] = "No such job, or the filter does not match it";
      }
      for (const JobEntry& job : jobs)
      {
        if (!IsMeant(filter, action, job))
        {
          continue;
        }
        if (const std::optional<std::string> reason = TryOn(services, action, job))
        {
          failed[job.id] = *reason;
          continue;
        }
        failed.erase(job.id);
        done.push_back(job.id);
      }
      answer.SendJson(FormatOutcome(done, failed));
    }
  } // namespace

  void CancelJobs(const Services& services, const HttpRequest& request, IHttpAnswer& answer)
  {
    Apply(services, request, CANCEL, answer);
  }

  void ResubmitJobs(const Services& services, const HttpRequest& request, IHttpAnswer& answer)
  {
    Apply(services, request, RESUBMIT, answer);
  }

  void DeleteJobs(const Services& services, const HttpRequest& request, IHttpAnswer& answer)
  {
    Apply(services, request, DELETION, answer);
  }
} // namespace OrthancPlugins
