// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "ArchiveHandlers.h"

#include "AnswerSinks.h"
#include "ArchiveRequestParser.h"
#include "JobView.h"
#include "OutputSender.h"

#include "../Core/Archive/ArchiveBuilder.h"
#include "../Core/Failure.h"
#include "../Http/ContentDisposition.h"

#include <algorithm>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace OrthancPlugins
{
  namespace
  {
    constexpr const char* ZIP_MIME = "application/zip";

    constexpr const char* TOO_LARGE =
      "The archive is larger than this version of Orthanc can send in one answer: POST the request "
      "with \"Asynchronous\": true, then download /jobs/{id}/archive in pages "
      "(?offset=0&length=1073741824 and so on)";

    // ---- Asynchronous

    /**
     * A record of the spool whose job is not known to run yet: removed again unless it is kept.
     **/
    class PendingArchive
    {
    public:
      PendingArchive(ArchiveSpool& spool, const ArchiveRequest& request, const ArchivePlan& plan)
        : spool_(spool),
          id_(spool.Create(request, plan.entries.size(), plan.uncompressedBytes).id)
      {
      }

      ~PendingArchive()
      {
        if (isKept_)
        {
          return;
        }
        try
        {
          spool_.Remove(id_);
        }
        catch (const std::exception&)
        {
          // The failure that brought us here is the one to report; the spool sweeps what is left
        }
      }

      PendingArchive(const PendingArchive&) = delete;
      PendingArchive& operator=(const PendingArchive&) = delete;

      const std::string& GetId() const { return id_; }

      void Keep() { isKept_ = true; }

    private:
      ArchiveSpool& spool_;
      std::string id_;
      bool isKept_ = false;
    };

    // The job may run and even end before it is linked: nobody knows its ID until then. If it cannot be
    // linked, the record goes, and the job fails for want of it
    void AnswerWithJob(const Services& services,
                       const ArchiveRequest& request,
                       const ArchivePlan& plan,
                       IHttpAnswer& answer)
    {
      PendingArchive archive(services.spool, request, plan);
      const std::string jobId = services.jobs.Submit(
        services.jobFactory.CreateArchiveJob(archive.GetId()), request.priority);
      services.spool.LinkJob(jobId, archive.GetId());
      archive.Keep();
      answer.SendJson(FormatSubmission(jobId));
    }

    // ---- Synchronous

    BuilderOptions MakeOptions(const ArchiveRequest& request, const ArchiveSettings& settings)
    {
      BuilderOptions options;
      options.density = request.density;
      options.onMissing = request.onMissing;
      options.onTranscodeFailure = request.onTranscodeFailure;
      options.transcode = request.transcode;
      options.hasManifest = request.hasManifest;
      options.threads = settings.threads;
      options.windowBytes = settings.windowBytes;
      return options;
    }

    // Everything that one synchronous answer needs, by reference
    struct SynchronousAnswer
    {
      const Services& services;
      const HttpRequest& http;
      const ArchiveRequest& request;
      IHttpAnswer& answer;
      StreamDirectory::Ticket& ticket;
    };

    std::string MakeDisposition(const Services& services, const std::string& filename)
    {
      return FormatContentDisposition(filename, services.settings.archive.isAttachment);
    }

    bool IsStreamed(const Services& services, const IHttpAnswer& answer)
    {
      return answer.CanStream() && services.settings.host.isZipStreamed;
    }

    // Whether the client asked for a body without chunks: "TE: identity", maybe among other tokens and
    // with a weight (RFC 9110 10.1.4)
    bool AsksForIdentity(const HttpRequest& request)
    {
      std::string tokens = ",";
      for (const char c : request.FindHeader("te").value_or(""))
      {
        if (c != ' ' && c != '\t')
        {
          tokens += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        }
      }
      tokens += ',';
      return tokens.find(",identity,") != std::string::npos ||
             tokens.find(",identity;") != std::string::npos;
    }

    ArchiveReport Drive(ArchiveBuilder& builder, StreamDirectory::Ticket& ticket)
    {
      while (builder.Step())
      {
        ticket.Report(builder.GetInputBytesDone(), builder.GetBytesWritten());
      }
      ticket.Report(builder.GetInputBytesDone(), builder.GetBytesWritten());
      return builder.GetReport();
    }

    ArchiveReport
    StreamZip(const SynchronousAnswer& context, ArchivePlan plan, const BuilderOptions& options)
    {
      StreamHead head;
      head.mime = ZIP_MIME;
      head.contentDisposition = MakeDisposition(context.services, context.request.filename);
      head.lengthBytes = ArchiveBuilder::GetExactLength(plan, options);
      const bool isChunked = !head.lengthBytes.has_value() &&
                             context.services.settings.archive.isChunked &&
                             !AsksForIdentity(context.http);
      head.framing = isChunked ? StreamFraming::Chunked : StreamFraming::Plain;

      DeferredSink sink(context.answer, head);
      ArchiveBuilder builder(std::move(plan), options, context.services.store, sink);
      const ArchiveReport report = Drive(builder, context.ticket);
      sink.Begin();
      context.answer.EndStream();
      return report;
    }

    ArchiveReport SendZipThroughFile(const SynchronousAnswer& context,
                                     ArchivePlan plan,
                                     const BuilderOptions& options)
    {
      const std::unique_ptr<FileSink> file = context.services.spool.OpenTemporary();
      LimitingSink sink(*file, context.answer.GetMaxFileBytes(), TOO_LARGE);
      ArchiveReport report;
      {
        ArchiveBuilder builder(std::move(plan), options, context.services.store, sink);
        report = Drive(builder, context.ticket);
      }
      const MappedFile mapped(file->GetDescriptor());
      SendZipFile(mapped, std::nullopt, MakeDisposition(context.services, context.request.filename),
                  TOO_LARGE, context.answer);
      return report;
    }

    // Refuses what is too large for sure, before anything is read
    void CheckSize(const ArchivePlan& plan,
                   const BuilderOptions& options,
                   std::optional<std::uint64_t> limitBytes)
    {
      if (!limitBytes.has_value())
      {
        return;
      }
      std::uint64_t provenBytes = ArchiveBuilder::GetExactLength(plan, options).value_or(0);
      if (!options.transcode.has_value() && options.onMissing == MissingPolicy::Fail)
      {
        std::uint64_t storedBytes = 0;
        for (const PlannedEntry& entry : plan.entries)
        {
          storedBytes += entry.isStored ? entry.instance.sizeBytes : 0;
        }
        provenBytes = std::max(provenBytes, storedBytes);
      }
      if (provenBytes > *limitBytes)
      {
        throw Failure(FailureKind::TooLarge, TOO_LARGE);
      }
    }

    void AnswerWithZip(const Services& services,
                       const HttpRequest& http,
                       const ArchiveRequest& request,
                       ArchivePlan plan,
                       IHttpAnswer& answer)
    {
      const BuilderOptions options = MakeOptions(request, services.settings.archive);
      const bool isStreamed = IsStreamed(services, answer);
      if (!isStreamed)
      {
        CheckSize(plan, options, answer.GetMaxFileBytes());
      }
      const std::unique_ptr<StreamDirectory::Ticket> ticket =
        services.streams.Begin(request, plan.entries.size(), plan.uncompressedBytes);
      const SynchronousAnswer context = {services, http, request, answer, *ticket};
      try
      {
        ticket->WaitForSlot();
        ticket->FinishSuccess(isStreamed ? StreamZip(context, std::move(plan), options)
                                         : SendZipThroughFile(context, std::move(plan), options));
      }
      catch (const Failure& failure)
      {
        // The destructor of the ticket would not know the reason, which "/jobs" is to show
        ticket->FinishFailure(failure.GetKind(), failure.what());
        throw;
      }
    }

    void Answer(const Services& services,
                const HttpRequest& http,
                const ArchiveRequest& request,
                IHttpAnswer& answer)
    {
      ArchivePlan plan = services.planner.Plan(request);
      if (request.isSynchronous)
      {
        AnswerWithZip(services, http, request, std::move(plan), answer);
      }
      else
      {
        AnswerWithJob(services, request, plan, answer);
      }
    }

    void GetZip(const Services& services,
                ResourceLevel level,
                const HttpRequest& request,
                IHttpAnswer& answer)
    {
      const ArchiveRequestParser parser(services.settings, services.version);
      Answer(services, request, parser.ParseGet(level, request), answer);
    }

    void PostZip(const Services& services,
                 ResourceLevel level,
                 const HttpRequest& request,
                 IHttpAnswer& answer)
    {
      const ArchiveRequestParser parser(services.settings, services.version);
      Answer(services, request, parser.ParsePost(level, request), answer);
    }
  } // namespace

  void GetPatientZip(const Services& services, const HttpRequest& request, IHttpAnswer& answer)
  {
    GetZip(services, ResourceLevel::Patient, request, answer);
  }

  void GetStudyZip(const Services& services, const HttpRequest& request, IHttpAnswer& answer)
  {
    GetZip(services, ResourceLevel::Study, request, answer);
  }

  void GetSeriesZip(const Services& services, const HttpRequest& request, IHttpAnswer& answer)
  {
    GetZip(services, ResourceLevel::Series, request, answer);
  }

  void GetInstanceZip(const Services& services, const HttpRequest& request, IHttpAnswer& answer)
  {
    GetZip(services, ResourceLevel::Instance, request, answer);
  }

  void PostPatientZip(const Services& services, const HttpRequest& request, IHttpAnswer& answer)
  {
    PostZip(services, ResourceLevel::Patient, request, answer);
  }

  void PostStudyZip(const Services& services, const HttpRequest& request, IHttpAnswer& answer)
  {
    PostZip(services, ResourceLevel::Study, request, answer);
  }

  void PostSeriesZip(const Services& services, const HttpRequest& request, IHttpAnswer& answer)
  {
    PostZip(services, ResourceLevel::Series, request, answer);
  }

  void PostInstanceZip(const Services& services, const HttpRequest& request, IHttpAnswer& answer)
  {
    PostZip(services, ResourceLevel::Instance, request, answer);
  }

  void GetBatchZip(const Services& services, const HttpRequest& request, IHttpAnswer& answer)
  {
    const ArchiveRequestParser parser(services.settings, services.version);
    Answer(services, request, parser.ParseBatchGet(request), answer);
  }

  void PostBatchZip(const Services& services, const HttpRequest& request, IHttpAnswer& answer)
  {
    const ArchiveRequestParser parser(services.settings, services.version);
    Answer(services, request, parser.ParseBatchPost(request), answer);
  }
} // namespace OrthancPlugins
