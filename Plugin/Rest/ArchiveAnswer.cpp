// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "ArchiveAnswer.h"

#include "AnswerSinks.h"
#include "ArchiveRequestParser.h"
#include "JobView.h"
#include "OutputSender.h"

#include "../Core/Archive/ArchiveBuilder.h"
#include "../Core/Archive/StoredArchive.h"
#include "../Core/Archive/VolumePlanner.h"
#include "../Core/Failure.h"
#include "../Core/Jobs/ArchiveContent.h"
#include "../Core/Jobs/JobMeter.h"
#include "../Core/Jobs/RepeatedRequest.h"
#include "../Core/Notify/UrlPolicy.h"
#include "../Http/ContentDisposition.h"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace OrthancPlugins
{
  namespace
  {
    constexpr const char* TOO_LARGE =
      "The archive is larger than this version of Orthanc can send in one answer: POST the request "
      "with \"Asynchronous\": true, then download /jobs/{id}/archive in pages "
      "(?offset=0&length=1073741824 and so on)";

    constexpr const char* VOLUME_TOO_LARGE =
      "The medium has become larger than its volume (\"VolumeSizeMB\")";

    // ---- Asynchronous

    constexpr std::size_t MAX_KEY_LENGTH = 255;

    // Empty if there is none
    std::string ReadIdempotencyKey(const HttpRequest& http)
    {
      const std::optional<std::string> key = http.FindHeader("idempotency-key");
      if (!key.has_value())
      {
        return "";
      }
      const bool isVisible =
        std::all_of(key->begin(), key->end(), [](char c) { return c > 0x20 && c < 0x7F; });
      if (key->empty() || key->size() > MAX_KEY_LENGTH || !isVisible)
      {
        throw Failure(FailureKind::BadRequest,
                      "The header Idempotency-Key must have 1 to 255 visible ASCII characters");
      }
      return *key;
    }

    JobSubmission
    MakeSubmission(const Services& services, const HttpRequest& http, const ParsedRequest& request)
    {
      JobSubmission submission;
      submission.request = request.archive;
      submission.owner = http.user.value_or("");
      submission.idempotencyKey = ReadIdempotencyKey(http);
      submission.notifyUrl = request.notifyUrl;
      submission.password = request.password;
      if (!request.notifyUrl.empty())
      {
        CheckNotifyUrl(services.settings.webhooks, request.notifyUrl);
      }
      return submission;
    }

    // The job of the first request with that key: its resources may have gone since
    std::optional<std::string> FindFirstJob(const Services& services,
                                            const JobSubmission& submission)
    {
      if (submission.idempotencyKey.empty())
      {
        return std::nullopt;
      }
      const std::optional<std::string> archiveId =
        services.spool.FindByIdempotencyKey(submission.owner, submission.idempotencyKey);
      const std::optional<JobFacts> facts =
        archiveId.has_value() ? services.controller.Describe(*archiveId) : std::nullopt;
      if (!facts.has_value() || facts->jobId.empty())
      {
        return std::nullopt;
      }
      RequireSameArchive(facts->record->request, submission.request);
      return facts->jobId;
    }

    // What the archive takes in the spool while it is made: the files of an image are collected beside
    // it first
    std::uint64_t EstimateSpoolBytes(const ArchivePlan& plan, const BuilderOptions& options)
    {
      const std::uint64_t bytes = EstimateArchive(plan, options).expectedBytes;
      return options.format == ArchiveFormat::Iso ? 2 * bytes : bytes;
    }

    void AddPlan(const Services& services,
                 const ParsedRequest& request,
                 const ArchivePlan& plan,
                 JobSubmission& submission)
    {
      const BuilderOptions options = MakeBuilderOptions(request.archive, services.settings.archive);
      submission.instancesCount = plan.entries.size();
      submission.uncompressedBytes = plan.uncompressedBytes;
      submission.expectedBytes = EstimateSpoolBytes(plan, options);
      if (FindVolumeBytes(options).has_value())
      {
        PlanVolumes(plan, options); // refuses what can never fit
      }
      if (services.settings.jobs.isReused && request.isReused && !options.isEncrypted)
      {
        submission.fingerprint = ComputeFingerprint(plan, options);
      }
    }

    void AnswerWithJob(const Services& services,
                       const HttpRequest& http,
                       const ParsedRequest& request,
                       IHttpAnswer& answer)
    {
      JobSubmission submission = MakeSubmission(services, http, request);
      if (const std::optional<std::string> jobId = FindFirstJob(services, submission))
      {
        answer.SendJson(FormatSubmission(*jobId));
        return;
      }
      AddPlan(services, request, services.planner.Plan(request.archive), submission);
      answer.SendJson(FormatSubmission(services.controller.Submit(submission)));
      services.metrics.JobSubmitted(GetJobType(submission.request.kind));
    }

    // ---- Nothing but the size

    void
    AnswerWithEstimate(const Services& services, const ArchiveRequest& request, IHttpAnswer& answer)
    {
      const ArchivePlan plan = services.planner.Plan(request);
      const BuilderOptions options = MakeBuilderOptions(request, services.settings.archive);
      answer.SendJson(FormatEstimate(EstimateArchive(plan, options)));
    }

    // ---- Synchronous

    // Everything that one synchronous answer needs, by reference
    struct SynchronousAnswer
    {
      const Services& services;
      const HttpRequest& http;
      const ZipHead& head;
      IHttpAnswer& answer;
      StreamDirectory::Ticket& ticket;
    };

    // Can be resumed if its bytes are known before they are made, so that a part is possible without
    // the rest
    ZipHead MakeHead(const Services& services,
                     const HttpRequest& http,
                     const ArchiveRequest& request,
                     const ArchivePlan& plan,
                     const BuilderOptions& options)
    {
      ZipHead head;
      head.mime = GetMime(request.format);
      head.contentDisposition =
        FormatContentDisposition(request.filename, services.settings.archive.isAttachment);
      head.tooLargeMessage = TOO_LARGE;
      if (http.method == HttpMethod::Get && StoredArchive::IsPossible(plan, options))
      {
        head.validators.entityTag = "\"" + ComputeFingerprint(plan, options) + "\"";
      }
      return head;
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
      head.mime = context.head.mime;
      head.contentDisposition = context.head.contentDisposition;
      head.lengthBytes = ArchiveBuilder::GetExactLength(plan, options);
      const bool isChunked = !head.lengthBytes.has_value() &&
                             context.services.settings.archive.isChunked &&
                             !AsksForIdentity(context.http);
      head.framing = isChunked ? StreamFraming::Chunked : StreamFraming::Plain;

      SetValidatorHeaders(context.head.validators, context.answer);
      DeferredSink sink(context.answer, head);
      LimitingSink volume(sink, FindVolumeBytes(options), VOLUME_TOO_LARGE);
      ArchiveBuilder builder(std::move(plan), options, context.services.store, volume);
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
      LimitingSink volume(sink, FindVolumeBytes(options), VOLUME_TOO_LARGE);
      ArchiveReport report;
      {
        ArchiveBuilder builder(std::move(plan), options, context.services.store, volume);
        report = Drive(builder, context.ticket);
      }
      const MappedFile mapped(file->GetDescriptor());
      SendZipFile(mapped.GetData(), mapped.GetSizeBytes(), std::nullopt, context.head, context.http,
                  context.answer);
      return report;
    }

    /**
     * Passes bytes on as long as nobody cancels the stream.
     **/
    class CancelableSink final : public IByteSink
    {
    public:
      CancelableSink(IByteSink& target, StreamDirectory::Ticket& ticket)
        : target_(target),
          ticket_(ticket)
      {
      }

      void Write(const void* data, std::size_t sizeBytes) override
      {
        target_.Write(data, sizeBytes);
        writtenBytes_ += sizeBytes;
        ticket_.Report(0, writtenBytes_);
      }

    private:
      IByteSink& target_;
      StreamDirectory::Ticket& ticket_;
      std::uint64_t writtenBytes_ = 0;
    };

    // Through a file: a part is a single buffer for the host, and as memory of ours it would count as
    // often as there are requests
    void SendPart(const SynchronousAnswer& context, StoredArchive& archive, const ByteRange& range)
    {
      const std::unique_ptr<FileSink> file = context.services.spool.OpenTemporary();
      CancelableSink sink(*file, context.ticket);
      archive.Read(range.offset, range.sizeBytes, sink);
      const MappedFile mapped(file->GetDescriptor());
      SetZipHeaders(context.head, context.answer);
      context.answer.SendPartial(mapped.GetData(), range.sizeBytes, range.offset,
                                 archive.GetLengthBytes());
    }

    // Whether the part is made on its own. Not if it is all of the archive, which is rather sent while
    // it is made
    bool IsMadeAlone(const Services& services,
                     const RangeDecision& decision,
                     std::uint64_t totalBytes,
                     const IHttpAnswer& answer)
    {
      const std::uint64_t limit =
        std::min(services.settings.archive.maxRangeBytes, answer.GetMaxPartialBytes());
      return decision.verdict == RangeVerdict::Part && decision.range.sizeBytes < totalBytes &&
             decision.range.sizeBytes <= limit;
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
      const bool isTranscoded =
        options.transcode.has_value() ||
        (options.media.has_value() && options.media->request.profile != MediaProfile::None);
      if (!isTranscoded && options.onMissing == MissingPolicy::Fail)
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

    // Counts a stream when it has ended, however it has
    class StreamCount
    {
    public:
      StreamCount(const Services& services, const std::string& streamId)
        : services_(services),
          streamId_(streamId)
      {
      }

      ~StreamCount()
      {
        if (const std::optional<StreamSnapshot> stream = services_.streams.Find(streamId_))
        {
          CountStream(*stream, services_.metrics);
        }
      }

      StreamCount(const StreamCount&) = delete;
      StreamCount& operator=(const StreamCount&) = delete;

    private:
      const Services& services_;
      const std::string streamId_;
    };

    // Runs what makes the archive as a stream that "/jobs" shows
    template <typename Body>
    void RunStream(StreamDirectory::Ticket& ticket, Body&& body)
    {
      try
      {
        ticket.WaitForSlot();
        ticket.FinishSuccess(body());
      }
      catch (const Failure& failure)
      {
        // The destructor of the ticket would not know the reason, which "/jobs" is to show
        ticket.FinishFailure(failure.GetKind(), failure.what());
        throw;
      }
    }

    // Answers a request for a part of the archive, or for nothing of it, without making the rest. False
    // if everything is to be sent
    bool AnswerWithPart(const Services& services,
                        const HttpRequest& http,
                        const ArchiveRequest& request,
                        const ArchivePlan& plan,
                        const BuilderOptions& options,
                        const ZipHead& head,
                        IHttpAnswer& answer)
    {
      if (head.validators.IsEmpty())
      {
        return false;
      }
      const std::uint64_t totalBytes = ArchiveBuilder::GetExactLength(plan, options).value();
      const RangeDecision decision = DecideRange(http, head.validators, totalBytes);
      if (SendWithoutContent(decision, head.validators, totalBytes, answer))
      {
        return true;
      }
      if (!IsMadeAlone(services, decision, totalBytes, answer))
      {
        return false;
      }

      StoredArchive archive(plan, options, services.store, services.crcs);
      const std::unique_ptr<StreamDirectory::Ticket> ticket = services.streams.Begin(
        request, plan.entries.size(), plan.uncompressedBytes, http.user.value_or(""));
      RunStream(*ticket,
                [&]
                {
                  SendPart({services, http, head, answer, *ticket}, archive, decision.range);
                  return ArchiveReport();
                });
      // A client may ask for hundreds of them: the history is for archives
      services.streams.Forget(ticket->GetId());
      return true;
    }

    // What a synchronous answer holds: one volume
    ArchivePlan PlanOneVolume(ArchivePlan plan, const BuilderOptions& options)
    {
      std::vector<ArchivePlan> volumes = PlanVolumes(std::move(plan), options);
      if (volumes.size() > 1)
      {
        throw Failure(FailureKind::BadRequest,
                      "The medium needs " + std::to_string(volumes.size()) +
                        " volumes: POST the request with \"Asynchronous\": true, then download "
                        "/jobs/{id}/archive-1 and so on");
      }
      return std::move(volumes.front());
    }

    void AnswerWithZip(const Services& services,
                       const HttpRequest& http,
                       const ParsedRequest& parsed,
                       IHttpAnswer& answer)
    {
      const ArchiveRequest& request = parsed.archive;
      BuilderOptions options = MakeBuilderOptions(request, services.settings.archive);
      options.password = parsed.password;
      options.crcs = &services.crcs;
      options.hasJournal = false; // nobody continues a stream: it would only grow
      ArchivePlan plan = PlanOneVolume(services.planner.Plan(request), options);
      const ZipHead head = MakeHead(services, http, request, plan, options);
      if (AnswerWithPart(services, http, request, plan, options, head, answer))
      {
        return;
      }

      const bool isStreamed = IsStreamed(services, answer);
      if (!isStreamed)
      {
        CheckSize(plan, options, answer.GetMaxFileBytes());
      }
      const std::unique_ptr<StreamDirectory::Ticket> ticket = services.streams.Begin(
        request, plan.entries.size(), plan.uncompressedBytes, http.user.value_or(""));
      const StreamCount count(services, ticket->GetId());
      const SynchronousAnswer context = {services, http, head, answer, *ticket};
      RunStream(*ticket,
                [&]
                {
                  return isStreamed ? StreamZip(context, std::move(plan), options)
                                    : SendZipThroughFile(context, std::move(plan), options);
                });
    }
  } // namespace

  void AnswerArchive(const Services& services,
                     const HttpRequest& http,
                     const ParsedRequest& request,
                     IHttpAnswer& answer)
  {
    if (request.isEstimate)
    {
      AnswerWithEstimate(services, request.archive, answer);
    }
    else if (request.archive.isSynchronous)
    {
      AnswerWithZip(services, http, request, answer);
    }
    else
    {
      AnswerWithJob(services, http, request, answer);
    }
  }
} // namespace OrthancPlugins
