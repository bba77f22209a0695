// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "JobActions.h"

#include "HostJobs.h"

#include <vector>

namespace OrthancPlugins
{
  namespace
  {
    JobOutcome ToOutcome(bool isDone)
    {
      return isDone ? JobOutcome::Done : JobOutcome::Refused;
    }

    // A stream cannot pause: its client waits. It cannot be done again either: its client has gone
    bool ApplyToStream(const Services& services, const JobEntry& stream, const std::string& verb)
    {
      if (verb == "cancel")
      {
        services.streams.Cancel(stream.id);
        return true;
      }
      return verb == "pause" && HasEnded(stream.state);
    }

    bool ApplyToArchive(JobController& controller, const JobEntry& job, const std::string& verb)
    {
      if (verb == "cancel")
      {
        return controller.Cancel(job.archiveId);
      }
      if (verb == "pause")
      {
        return controller.Pause(job.archiveId);
      }
      return verb == "resume" ? controller.Resume(job.archiveId)
                              : controller.Resubmit(job.archiveId);
    }

    // What the host does not delete now, its history drops later; it is not shown any more
    bool DeleteArchiveJob(const Services& services, const JobEntry& job)
    {
      const std::vector<std::string> executors = services.spool.ListJobs(job.archiveId);
      if (!services.controller.Remove(job.archiveId))
      {
        return false;
      }
      if (HasJobDeletion(services.version))
      {
        for (const std::string& executor : executors)
        {
          CallJob(services, HttpMethod::Delete, executor);
        }
      }
      return true;
    }

    JobOutcome DeleteForeignJob(const Services& services, const JobEntry& job)
    {
      if (!HasJobDeletion(services.version))
      {
        return JobOutcome::NotSupported;
      }
      const HostAnswer host = CallJob(services, HttpMethod::Delete, job.id);
      if (IsNotFound(host))
      {
        // Unknown, or not ended: the host does not say which
        return JobOutcome::Refused;
      }
      CheckAnswer(host);
      services.monitor.ReportForeign(job.id);
      return JobOutcome::Done;
    }
  } // namespace

  JobOutcome ApplyVerb(const Services& services, const JobEntry& job, const std::string& verb)
  {
    if (job.kind == JobKind::Stream)
    {
      return ToOutcome(ApplyToStream(services, job, verb));
    }
    if (job.kind == JobKind::Archive)
    {
      return ToOutcome(ApplyToArchive(services.controller, job, verb));
    }
    const HostAnswer host = CallJobVerb(services, job.id, verb);
    if (IsRefusal(host))
    {
      return IsNotFound(host) ? JobOutcome::NotFound : JobOutcome::Refused;
    }
    CheckAnswer(host);
    return JobOutcome::Done;
  }

  JobOutcome DeleteJob(const Services& services, const JobEntry& job)
  {
    switch (job.kind)
    {
    case JobKind::Stream:
      return ToOutcome(services.streams.Forget(job.id));
    case JobKind::Archive:
      return ToOutcome(DeleteArchiveJob(services, job));
    case JobKind::Foreign:
      break;
    }
    return DeleteForeignJob(services, job);
  }
} // namespace OrthancPlugins
