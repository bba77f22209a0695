// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "EventHandlers.h"

#include "HostJobs.h"
#include "JobCatalog.h"
#include "JobView.h"

#include "../Core/Failure.h"

#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace OrthancPlugins
{
  namespace
  {
    constexpr std::int64_t HEARTBEAT_MILLISECONDS = 15'000;
    constexpr const char* EVENT_MIME = "text/event-stream";

    // ---- What is sent

    struct Message
    {
      std::string event;
      std::string data;    // one line
      bool isLast = false; // nothing follows about this job
    };

    Message MakeState(const JobStatus& status)
    {
      return {"state", FormatStatus(status), HasEnded(status.state)};
    }

    Message MakeState(const HostJob& job)
    {
      return {"state", FormatStatus(job.id, job.state, job.progress), HasEnded(job.state)};
    }

    Message MakeRemoved(const std::string& jobId)
    {
      return {"removed", FormatIdentifier(jobId), true};
    }

    /**
     * The answer as a stream of events, each of which leaves at once. Not thread-safe.
     **/
    class EventWriter
    {
    public:
      EventWriter(const Services& services, IHttpAnswer& answer)
        : run_(std::to_string(services.startedMicroseconds)),
          answer_(answer)
      {
      }

      void Begin()
      {
        answer_.SetHeader("Cache-Control", "no-store");
        answer_.SetHeader("X-Accel-Buffering", "no"); // nginx would hold the events back
        sink_ = &answer_.BeginStream(EVENT_MIME, std::nullopt, StreamFraming::Plain);
      }

      void Send(std::uint64_t id, const Message& message)
      {
        Write("id: " + run_ + "-" + std::to_string(id) + "\nevent: " + message.event +
              "\ndata: " + message.data + "\n\n");
      }

      // A comment: tells that both sides are there
      void SendHeartbeat() { Write(":\n\n"); }

      void End() { answer_.EndStream(); }

      // The number in an ID of this run; absent for those of another one
      std::optional<std::uint64_t> ParseId(const std::string& text) const
      {
        const std::string prefix = run_ + "-";
        if (text.compare(0, prefix.size(), prefix) != 0)
        {
          return std::nullopt;
        }
        std::uint64_t id = 0;
        const char* const end = text.data() + text.size();
        const std::from_chars_result result = std::from_chars(text.data() + prefix.size(), end, id);
        return result.ec == std::errc() && result.ptr == end ? std::make_optional(id)
                                                             : std::nullopt;
      }

    private:
      void Write(const std::string& text)
      {
        sink_->Write(text.data(), text.size());
        answer_.FlushStream();
      }

      std::string run_;
      IHttpAnswer& answer_;
      IByteSink* sink_ = nullptr; // null until begun
    };

    // ---- Whose events

    /**
     * What one client hears of: one job, or all that it may see.
     **/
    class EventSource
    {
    public:
      EventSource(const Services& services, const AccessPolicy& access)
        : services_(services),
          access_(access)
      {
      }

      EventSource(const Services& services, const AccessPolicy& access, const JobEntry& job)
        : services_(services),
          access_(access),
          job_(job)
      {
      }

      // For the monitor
      std::string GetJobId() const { return job_.has_value() ? job_->id : ""; }

      // How things stand now
      std::vector<Message> Look() const
      {
        return job_.has_value() ? std::vector<Message>{LookAtJob()} : LookAtAll();
      }

      // Absent if it is not for this client
      std::optional<Message> Convert(const JobEvent& event) const
      {
        const JobStatus& status = event.status;
        switch (event.kind)
        {
        case JobEventKind::Foreign:
          return ConvertForeign(status.jobId);
        case JobEventKind::Removed:
          return MaySee(status) ? std::make_optional(MakeRemoved(status.jobId)) : std::nullopt;
        case JobEventKind::State:
          return MaySee(status) ? std::make_optional(MakeState(status)) : std::nullopt;
        case JobEventKind::Progress:
          break;
        }
        return MaySee(status) ? std::make_optional(Message{"progress", FormatStatus(status), false})
                              : std::nullopt;
      }

      // Whether nothing can follow "message": a job may have been submitted again meanwhile
      bool IsOver(const Message& message) const
      {
        return job_.has_value() && message.isLast && LookAtJob().isLast;
      }

    private:
      bool MaySee(const JobStatus& status) const
      {
        return job_.has_value() || access_.MaySee(status.owner);
      }

      Message LookAtJob() const
      {
        if (job_->kind == JobKind::Foreign)
        {
          const std::optional<HostJob> job = FindHostJob(services_, job_->id);
          return job.has_value() ? MakeState(*job) : MakeRemoved(job_->id);
        }
        const std::optional<JobStatus> status = FindStatus(services_, *job_);
        return status.has_value() ? MakeState(*status) : MakeRemoved(job_->id);
      }

      std::vector<Message> LookAtAll() const
      {
        std::vector<Message> messages;
        const HostAnswer host = services_.host.Call(HttpMethod::Get, "/jobs?expand", "");
        CheckAnswer(host);
        for (const JobEntry& job :
             ListJobs(services_, access_, ParseHostJobs(host.body), JobHistory::Short))
        {
          if (HasEnded(job.state))
          {
            continue;
          }
          if (job.kind == JobKind::Foreign)
          {
            const std::optional<HostJob> shown = ParseHostJob(job.hostJson);
            messages.push_back(MakeState(shown.value_or(HostJob())));
          }
          else if (const std::optional<JobStatus> status = FindStatus(services_, job))
          {
            messages.push_back(MakeState(*status));
          }
        }
        return messages;
      }

      std::optional<Message> ConvertForeign(const std::string& jobId) const
      {
        if (!access_.MaySeeForeign() || services_.spool.FindByJob(jobId).has_value())
        {
          return std::nullopt;
        }
        const std::optional<HostJob> job = FindHostJob(services_, jobId);
        return job.has_value() ? MakeState(*job) : MakeRemoved(jobId);
      }

      const Services& services_;
      const AccessPolicy& access_;
      std::optional<JobEntry> job_; // absent: all
    };

    // ---- The story

    void CheckStreaming(const IHttpAnswer& answer)
    {
      if (!answer.CanStream())
      {
        throw Failure(FailureKind::NotImplemented,
                      "This version of Orthanc cannot stream events: use \"/jobs/{id}?wait=30\"");
      }
    }

    // Absent: the plugin shuts down
    std::optional<JobEvents> Wait(JobMonitor::Waiter& waiter,
                                  const std::string& jobId,
                                  std::uint64_t lastId,
                                  std::int64_t milliseconds)
    {
      try
      {
        return waiter.Wait(jobId, lastId, milliseconds);
      }
      catch (const Failure& failure)
      {
        if (failure.GetKind() != FailureKind::Unavailable)
        {
          throw;
        }
        return std::nullopt;
      }
    }

    // True if nothing can follow
    bool
    Send(EventWriter& writer, const EventSource& source, std::uint64_t id, const Message& message)
    {
      writer.Send(id, message);
      return source.IsOver(message);
    }

    bool SendAll(EventWriter& writer,
                 const EventSource& source,
                 std::uint64_t id,
                 const std::vector<Message>& messages)
    {
      bool isOver = false;
      for (const Message& message : messages)
      {
        isOver = Send(writer, source, id, message) || isOver;
      }
      return isOver;
    }

    // The client must forget what it knows: events were missed
    bool SendReset(EventWriter& writer, const EventSource& source, std::uint64_t id)
    {
      const std::vector<Message> messages = source.Look();
      writer.Send(id, {"reset", "{}", false});
      return SendAll(writer, source, id, messages);
    }

    bool SendEvents(EventWriter& writer, const EventSource& source, const JobEvents& events)
    {
      if (events.hasGap)
      {
        return SendReset(writer, source, events.lastId);
      }
      if (events.events.empty())
      {
        writer.SendHeartbeat();
      }
      bool isOver = false;
      for (const JobEvent& event : events.events)
      {
        if (const std::optional<Message> message = source.Convert(event))
        {
          isOver = Send(writer, source, event.id, *message) || isOver;
        }
      }
      return isOver;
    }

    // Until there is nothing to say any more
    void Follow(EventWriter& writer,
                const EventSource& source,
                JobMonitor::Waiter& waiter,
                std::uint64_t lastId)
    {
      for (;;)
      {
        const std::optional<JobEvents> events =
          Wait(waiter, source.GetJobId(), lastId, HEARTBEAT_MILLISECONDS);
        if (!events.has_value() || SendEvents(writer, source, *events))
        {
          return;
        }
        lastId = std::max(lastId, events->lastId);
      }
    }

    // The client has seen the end, and comes back only because the connection was closed
    bool HasSeenTheEnd(const EventSource& source, JobMonitor::Waiter& waiter, std::uint64_t lastId)
    {
      if (source.GetJobId().empty() || !source.Look().front().isLast)
      {
        return false;
      }
      const std::optional<JobEvents> events = Wait(waiter, source.GetJobId(), lastId, 0);
      return !events.has_value() || (events->events.empty() && !events->hasGap);
    }

    void Continue(EventWriter& writer,
                  const EventSource& source,
                  JobMonitor::Waiter& waiter,
                  std::uint64_t lastId,
                  IHttpAnswer& answer)
    {
      if (HasSeenTheEnd(source, waiter, lastId))
      {
        answer.SendEmptyStatus(204); // an EventSource does not come back after that
        return;
      }
      writer.Begin();
      Follow(writer, source, waiter, lastId);
      writer.End();
    }

    void Serve(const Services& services,
               const EventSource& source,
               const HttpRequest& request,
               IHttpAnswer& answer)
    {
      const std::unique_ptr<JobMonitor::Waiter> waiter = services.monitor.Enter();
      EventWriter writer(services, answer);
      const std::uint64_t lastId = services.monitor.GetLastEventId();
      const std::optional<std::string> header = request.FindHeader("last-event-id");
      const std::optional<std::uint64_t> seen = writer.ParseId(header.value_or(""));
      if (seen.has_value() && *seen <= lastId)
      {
        Continue(writer, source, *waiter, *seen, answer);
        return;
      }
      const std::vector<Message> messages = source.Look();
      writer.Begin();
      if (header.has_value() && !header->empty())
      {
        writer.Send(lastId, {"reset", "{}", false});
      }
      if (!SendAll(writer, source, lastId, messages))
      {
        Follow(writer, source, *waiter, lastId);
      }
      writer.End();
    }
  } // namespace

  void GetJobEvents(const Services& services, const HttpRequest& request, IHttpAnswer& answer)
  {
    const AccessPolicy access = MakeAccess(services, request);
    const std::optional<JobEntry> job = FindJob(services, access, request.groups.at(0));
    if (!job.has_value() ||
        (job->kind == JobKind::Foreign && !FindHostJob(services, job->id).has_value()))
    {
      throw Failure(FailureKind::NotFound, "No job found with this id");
    }
    CheckStreaming(answer);
    Serve(services, EventSource(services, access, *job), request, answer);
  }

  void GetAllEvents(const Services& services, const HttpRequest& request, IHttpAnswer& answer)
  {
    CheckStreaming(answer);
    const AccessPolicy access = MakeAccess(services, request);
    Serve(services, EventSource(services, access), request, answer);
  }
} // namespace OrthancPlugins
