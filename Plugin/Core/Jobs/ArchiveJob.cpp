// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "ArchiveJob.h"

#include "ArchiveContent.h"

#include "../Archive/VolumePlanner.h"
#include "../Archive/VolumesBuilder.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <new>
#include <utility>

#include <boost/thread/lock_guard.hpp>
#include <boost/thread/mutex.hpp>
#include <boost/thread/thread.hpp>

namespace OrthancPlugins
{
  namespace
  {
    using SteadyClock = std::chrono::steady_clock;

    // Short, so that pause, cancel and shutdown do not wait
    constexpr std::chrono::milliseconds STEP_DURATION(200);
    constexpr boost::chrono::milliseconds PAUSED_STEP(20);

    // What a crash may cost at most
    constexpr std::uint64_t CHECKPOINT_BYTES = 64u << 20;
    constexpr std::chrono::seconds CHECKPOINT_INTERVAL(5);

    constexpr std::int64_t MICROSECONDS_PER_SECOND = 1'000'000;
    constexpr std::int64_t MAX_RETRY_DELAY_SECONDS = 3600;

    enum class Phase
    {
      Planning,
      Writing,
      Publishing,
      Succeeded,
      Failed
    };

    float ComputeProgress(std::uint64_t done, std::uint64_t total)
    {
      if (total == 0)
      {
        return 0;
      }
      const double ratio = static_cast<double>(done) / static_cast<double>(total);
      return static_cast<float>(std::min(ratio, 1.0));
    }

    bool MayPass(FailureKind kind)
    {
      return kind == FailureKind::StorageFull || kind == FailureKind::Unavailable;
    }

    // Not if the room is what others wait for
    bool KeepsPart(FailureKind kind)
    {
      return kind != FailureKind::StorageFull;
    }

    std::int64_t ComputeRetryDelaySeconds(const JobSettings& settings, unsigned attempts)
    {
      std::int64_t seconds = settings.retryDelaySeconds;
      for (unsigned i = 0; i < attempts && seconds < MAX_RETRY_DELAY_SECONDS; i++)
      {
        seconds *= 2;
      }
      return std::min(seconds, MAX_RETRY_DELAY_SECONDS);
    }
  } // namespace

  void RestartArchive(ArchiveSpool& spool, const std::string& archiveId)
  {
    spool.Restart(archiveId);
    const std::optional<ArchiveRecord> record = spool.Find(archiveId);
    if (record.has_value() && record->isPaused)
    {
      spool.Update(archiveId, [](ArchiveRecord& changed) { changed.isPaused = false; });
    }
  }

  struct ArchiveJob::PImpl
  {
    const std::string archiveId;
    ExecutorServices services;
    ArchiveSpool& spool;
    ExecutorClaims& claims;

    // Of the thread that drives the job
    ExecutorClaims::Token token;
    Phase phase = Phase::Planning;
    std::unique_ptr<PartSink> sink;
    std::unique_ptr<VolumesBuilder> builder; // after its sink: destroyed before it
    std::string publicJobId;                 // empty until it is linked
    std::string owner;
    bool hasEnded = false;                 // by this executor: to be told once
    std::int64_t startedMicroseconds = 0;  // of this run; 0: no step yet
    std::uint64_t runtimeMicroseconds = 0; // up to the present step
    SteadyClock::time_point stepBegin;
    std::uint64_t writingSinceMicroseconds = 0; // runtime when the builder was made
    std::uint64_t writingSinceBytes = 0;        // of input that were done then
    std::uint64_t checkpointBytes = 0;
    SteadyClock::time_point checkpointTime;

    // What the others may read
    std::atomic<float> progress{0};
    mutable boost::mutex mutex;
    ArchiveContent content;

    std::string type; // never changes

    PImpl(const std::string& id, const ExecutorServices& executorServices)
      : archiveId(id),
        services(executorServices),
        spool(services.spool),
        claims(*services.claims),
        token(claims.MakeToken())
    {
      ShowRecord();
      type = GetJobType(content.request.kind);
    }

    ~PImpl()
    {
      Release();
      claims.Release(archiveId, token);
    }

    PImpl(const PImpl&) = delete;
    PImpl& operator=(const PImpl&) = delete;

    // ---- What the others see

    // The content as the record has it
    void ShowRecord()
    {
      std::optional<ArchiveRecord> record = spool.Find(archiveId);
      const boost::lock_guard<boost::mutex> lock(mutex);
      content.archiveId = archiveId;
      if (!record.has_value())
      {
        return;
      }
      content = ArchiveContent();
      content.archiveId = archiveId;
      content.isReused = record->isReused;
      content.request = std::move(record->request);
      content.request.resources.clear(); // not shown, and there may be many
      content.instancesCount = record->instancesCount;
      content.uncompressedBytes = record->uncompressedBytes;
      content.archiveBytes = record->sizeBytes;
      if (record->state == ArchiveState::Failed)
      {
        content.failureKind = record->failureKind;
        content.failureText = record->failureText;
      }
      else if (record->state != ArchiveState::Pending)
      {
        content.report = std::move(record->report);
      }
      progress = (record->state == ArchiveState::Ready || record->state == ArchiveState::Evicted)
                   ? 1.0f
                   : 0.0f;
    }

    void ShowFailure(FailureKind kind, const std::string& text)
    {
      const boost::lock_guard<boost::mutex> lock(mutex);
      content.failureKind = kind;
      content.failureText = text;
    }

    void ShowPlan(const ArchivePlan& plan)
    {
      const boost::lock_guard<boost::mutex> lock(mutex);
      content.instancesCount = plan.entries.size();
      content.uncompressedBytes = plan.uncompressedBytes;
    }

    void ShowWritten()
    {
      const boost::lock_guard<boost::mutex> lock(mutex);
      content.archiveBytes = builder->GetBytesWritten();
      progress = ComputeProgress(builder->GetInputBytesDone(), content.uncompressedBytes);
    }

    std::uint64_t GetRuntime() const
    {
      const auto step =
        std::chrono::duration_cast<std::chrono::microseconds>(SteadyClock::now() - stepBegin);
      return runtimeMicroseconds + static_cast<std::uint64_t>(step.count());
    }

    std::uint64_t ComputeSpeed(std::uint64_t runtime) const
    {
      const std::uint64_t micros = runtime - writingSinceMicroseconds;
      const std::uint64_t bytes = builder->GetInputBytesDone() - writingSinceBytes;
      return micros == 0
               ? 0
               : static_cast<std::uint64_t>(static_cast<double>(bytes) * MICROSECONDS_PER_SECOND /
                                            static_cast<double>(micros));
    }

    // "runtime" up to now. Nobody knows the job before it is linked
    void Report(JobState state, std::uint64_t runtime)
    {
      if (publicJobId.empty())
      {
        publicJobId = spool.GetPublicJob(archiveId);
      }
      if (publicJobId.empty())
      {
        return;
      }
      JobStatus status;
      status.jobId = publicJobId;
      status.owner = owner;
      status.state = state;
      status.startedMicroseconds = startedMicroseconds;
      status.runtimeMicroseconds = runtime;
      if (builder != nullptr)
      {
        status.inputBytesDone = builder->GetInputBytesDone();
        status.archiveBytes = builder->GetBytesWritten();
        status.bytesPerSecond = ComputeSpeed(runtime);
      }
      {
        const boost::lock_guard<boost::mutex> lock(mutex);
        status.inputBytesTotal = content.uncompressedBytes;
      }
      services.monitor.Report(status);
    }

    // ---- Steps

    // Threads end, the part file is closed
    void Release()
    {
      builder.reset();
      sink.reset();
    }

    JobStep Step()
    {
      const std::optional<ArchiveState> state = spool.FindState(archiveId);
      if (!state.has_value())
      {
        throw phase == Phase::Planning
          ? Failure(FailureKind::NotFound, "There is no archive " + archiveId + " in the spool")
          : Failure(FailureKind::Canceled, "The archive was removed");
      }
      return *state == ArchiveState::Pending ? Work() : Conclude(*state);
    }

    // The record has ended by another way: before a restart, or canceled by a client meanwhile
    JobStep Conclude(ArchiveState state)
    {
      Release();
      ShowRecord();
      hasEnded = true;
      phase = state == ArchiveState::Failed ? Phase::Failed : Phase::Succeeded;
      return state == ArchiveState::Failed ? JobStep::Failure : JobStep::Success;
    }

    JobStep Work()
    {
      switch (phase)
      {
      case Phase::Planning:
        return Plan();
      case Phase::Writing:
        Write();
        return JobStep::Again;
      default:
        Publish();
        return JobStep::Success;
      }
    }

    ArchiveRecord FindRecord() const
    {
      const std::optional<ArchiveRecord> record = spool.Find(archiveId);
      if (!record.has_value())
      {
        throw Failure(FailureKind::Canceled, "The archive was removed");
      }
      return *record;
    }

    JobStep Plan()
    {
      const ArchiveRecord record = FindRecord();
      BeginRun(record);
      if (TryAdopt(record))
      {
        return Conclude(ArchiveState::Ready);
      }
      ArchivePlan plan = services.planner.Plan(record.request);
      ShowPlan(plan);
      BuilderOptions options = MakeBuilderOptions(record.request, services.archive);
      options.password = GetPassword(record);
      KeepFingerprint(record, plan, options);
      MakeBuilder(std::move(plan), options);
      phase = Phase::Writing;
      return JobStep::Again;
    }

    // Empty if the archive is not encrypted
    std::string GetPassword(const ArchiveRecord& record) const
    {
      if (!record.request.isEncrypted)
      {
        return "";
      }
      const std::optional<std::string> password = services.passwords->Find(archiveId);
      if (!password.has_value())
      {
        throw Failure(FailureKind::Conflict,
                      "Orthanc was restarted before this archive was complete: its password was "
                      "in memory only, so the archive must be asked for again");
      }
      return *password;
    }

    void BeginRun(const ArchiveRecord& record)
    {
      owner = record.owner;
      if (startedMicroseconds == 0)
      {
        startedMicroseconds = services.clock.GetNowMicroseconds();
        runtimeMicroseconds = record.runtimeMicroseconds;
      }
    }

    // The same archive may have been finished meanwhile
    bool TryAdopt(const ArchiveRecord& record)
    {
      if (!services.jobs.isReused || record.fingerprint.empty())
      {
        return false;
      }
      const std::optional<std::string> twin =
        spool.FindTwin(record.owner, record.fingerprint, archiveId);
      return twin.has_value() && spool.FindState(*twin) == ArchiveState::Ready &&
             spool.Adopt(archiveId, *twin);
    }

    // The sources may have changed since the request was accepted: what is made now must not be taken
    // for what was asked for then
    void KeepFingerprint(const ArchiveRecord& record,
                         const ArchivePlan& plan,
                         const BuilderOptions& options)
    {
      if (record.fingerprint.empty())
      {
        return;
      }
      const std::string fingerprint = ComputeFingerprint(plan, options);
      if (fingerprint != record.fingerprint)
      {
        spool.Update(archiveId, [&](ArchiveRecord& changed) { changed.fingerprint = fingerprint; });
      }
    }

    void MakeBuilder(ArchivePlan plan, const BuilderOptions& options)
    {
      std::vector<ArchivePlan> volumes = PlanVolumes(std::move(plan), options);
      JournalState state = FindBegun(volumes, options);
      if (state.entriesDone == 0)
      {
        sink = spool.OpenPart(archiveId);
      }
      builder =
        std::make_unique<VolumesBuilder>(std::move(volumes), options, services.store, *sink, state);
      writingSinceMicroseconds = GetRuntime();
      writingSinceBytes = builder->GetInputBytesDone();
      checkpointBytes = sink->GetBytesWritten();
      checkpointTime = SteadyClock::now();
    }

    // What an interrupted run has left, with the sink that continues it; no entries: nothing
    JournalState FindBegun(const std::vector<ArchivePlan>& volumes, const BuilderOptions& options)
    {
      if (!options.hasJournal || volumes.size() != 1)
      {
        return JournalState();
      }
      std::optional<JournalState> state =
        ReadJournal(spool.ReadJournal(archiveId), volumes.front(), options);
      return state.has_value() && TryReopen(state->archiveBytes) ? std::move(*state)
                                                                 : JournalState();
    }

    bool TryReopen(std::uint64_t sizeBytes)
    {
      try
      {
        sink = spool.ReopenPart(archiveId, sizeBytes);
        return true;
      }
      catch (const Failure& failure)
      {
        if (failure.GetKind() != FailureKind::NotFound)
        {
          throw;
        }
        return false; // the file is shorter than its journal: begin anew
      }
    }

    void Write()
    {
      const auto end = SteadyClock::now() + STEP_DURATION;
      bool isComplete = false;
      do
      {
        isComplete = !builder->Step();
        CheckpointIfDue();
      } while (!isComplete && SteadyClock::now() < end);
      ShowWritten();
      if (isComplete)
      {
        phase = Phase::Publishing;
      }
    }

    void CheckpointIfDue()
    {
      if (sink->GetBytesWritten() - checkpointBytes >= CHECKPOINT_BYTES ||
          SteadyClock::now() - checkpointTime >= CHECKPOINT_INTERVAL)
      {
        Checkpoint();
      }
    }

    void Checkpoint()
    {
      const std::string journal = builder->TakeJournal();
      if (!journal.empty())
      {
        sink->Checkpoint(journal);
      }
      checkpointBytes = sink->GetBytesWritten();
      checkpointTime = SteadyClock::now();
    }

    void TryCheckpoint()
    {
      try
      {
        if (builder != nullptr && phase == Phase::Writing && claims.Holds(archiveId, token))
        {
          Checkpoint();
        }
      }
      catch (const Failure&)
      {
        // The next run begins where the last checkpoint was
      }
    }

    void Publish()
    {
      const ArchiveReport report = builder->GetReport();
      builder.reset();
      sink->Close();
      sink.reset();
      if (!claims.Holds(archiveId, token))
      {
        throw Failure(FailureKind::Canceled, "Another job continues this archive");
      }
      SaveRun(!report.missing.empty());
      spool.Publish(archiveId, report);
      services.passwords->Forget(archiveId);
      phase = Phase::Succeeded;
      hasEnded = true;

      const boost::lock_guard<boost::mutex> lock(mutex);
      content.report = report;
      progress = 1.0f;
    }

    // What is incomplete serves no other request
    void SaveRun(bool isIncomplete)
    {
      const std::uint64_t runtime = GetRuntime();
      spool.Update(archiveId,
                   [&](ArchiveRecord& record)
                   {
                     record.startedMicroseconds = startedMicroseconds;
                     record.runtimeMicroseconds = runtime;
                     if (isIncomplete)
                     {
                       record.fingerprint.clear();
                     }
                   });
    }

    // ---- Ends

    void Abort(FailureKind kind, const std::string& text)
    {
      if (MayPass(kind) && KeepsPart(kind))
      {
        TryCheckpoint();
      }
      Release();
      phase = Phase::Failed;
      ShowFailure(kind, text);
      if (!claims.Holds(archiveId, token))
      {
        return;
      }
      hasEnded = true;
      try
      {
        EndRecord(kind, text);
      }
      catch (const Failure&)
      {
        // No record any more, or a disk that takes none: the content says what has happened
      }
    }

    void EndRecord(FailureKind kind, const std::string& text)
    {
      const std::optional<ArchiveRecord> record = spool.Find(archiveId);
      if (!record.has_value() || record->state != ArchiveState::Pending)
      {
        return;
      }
      if (!TryPostpone(*record, kind, text))
      {
        spool.Fail(archiveId, kind, text); // before anything else is written: the disk may be full
      }
      if (startedMicroseconds != 0)
      {
        SaveRun(false);
      }
    }

    bool TryPostpone(const ArchiveRecord& record, FailureKind kind, const std::string& text)
    {
      if (!services.jobs.isEnabled || !MayPass(kind) || record.attempts >= services.jobs.maxRetries)
      {
        return false;
      }
      const std::int64_t delay = ComputeRetryDelaySeconds(services.jobs, record.attempts);
      try
      {
        spool.Postpone(archiveId, kind, text,
                       services.clock.GetNowMicroseconds() + delay * MICROSECONDS_PER_SECOND,
                       KeepsPart(kind));
        return true;
      }
      catch (const Failure&)
      {
        // A disk that takes no record now: what is in memory counts, and is written later
        const std::optional<ArchiveRecord> postponed = spool.Find(archiveId);
        return postponed.has_value() && postponed->nextAttemptMicroseconds > 0;
      }
    }

    JobStep StepGuarded()
    {
      try
      {
        return Step();
      }
      catch (const Failure& failure)
      {
        Abort(failure.GetKind(), failure.what());
      }
      catch (const std::bad_alloc&)
      {
        Abort(FailureKind::Internal, "Not enough memory");
      }
      catch (const std::exception&)
      {
        // The text is a library's: it might quote patient data
        Abort(FailureKind::Internal, "Unexpected error while the archive was made");
      }
      return JobStep::Failure;
    }

    // The host has brought back a paused job as one that waits: its registry is older than the pause.
    // The keeper takes the job out of the queue
    bool MustWait() const
    {
      if (phase != Phase::Planning || !services.jobs.isEnabled ||
          claims.IsSuperseded(archiveId, token))
      {
        return false;
      }
      const std::optional<ArchiveRecord> record = spool.Find(archiveId);
      return record.has_value() && record->state == ArchiveState::Pending && record->isPaused;
    }

    JobStep StepWithClaim()
    {
      if (phase == Phase::Failed)
      {
        return JobStep::Failure;
      }
      if (phase == Phase::Succeeded)
      {
        return JobStep::Success;
      }
      if (MustWait())
      {
        boost::this_thread::sleep_for(PAUSED_STEP);
        return JobStep::Again;
      }
      stepBegin = SteadyClock::now();
      if (!claims.Enter(archiveId, token))
      {
        return GiveUp();
      }
      const JobStep step = StepGuarded();
      runtimeMicroseconds = GetRuntime();
      if (step == JobStep::Again && claims.Holds(archiveId, token))
      {
        Report(JobState::Running, runtimeMicroseconds);
      }
      claims.Leave(archiveId, token);
      TellEnd();
      return step;
    }

    JobStep GiveUp()
    {
      Release();
      phase = Phase::Failed;
      ShowFailure(FailureKind::Canceled, "Another job continues this archive");
      return JobStep::Failure;
    }

    void TellEnd()
    {
      if (hasEnded)
      {
        hasEnded = false;
        claims.Release(archiveId, token);
        claims.NoteEnd(archiveId);
      }
    }

    // What was written is kept, but no thread and no file is held
    void Pause()
    {
      if (!claims.Holds(archiveId, token))
      {
        Release();
        return;
      }
      stepBegin = SteadyClock::now();
      TryCheckpoint();
      try
      {
        SaveRun(false);
      }
      catch (const Failure&)
      {
        // Only the time spent would be lost, and only by a restart
      }
      Report(JobState::Paused, runtimeMicroseconds);
      Release();
      claims.Release(archiveId, token);
      phase = Phase::Planning;
    }
  };

  ArchiveJob::ArchiveJob(const std::string& archiveId, const ExecutorServices& services)
    : pimpl_(std::make_unique<PImpl>(archiveId, services))
  {
  }

  // The record stays Pending if it is: after a restart, the job runs again
  ArchiveJob::~ArchiveJob() = default;

  JobStep ArchiveJob::Step()
  {
    return pimpl_->StepWithClaim();
  }

  void ArchiveJob::Stop(JobStopReason reason)
  {
    const bool hasEnded = pimpl_->phase == Phase::Succeeded || pimpl_->phase == Phase::Failed;
    if (hasEnded)
    {
      return;
    }
    pimpl_->stepBegin = SteadyClock::now();
    switch (reason)
    {
    case JobStopReason::Success:
      break;
    case JobStopReason::Paused:
      pimpl_->Pause();
      break;
    case JobStopReason::Canceled:
      pimpl_->Abort(FailureKind::Canceled, "The job was canceled");
      break;
    case JobStopReason::Failure:
      pimpl_->Abort(FailureKind::Internal, "The host has stopped the job");
      break;
    }
    pimpl_->TellEnd();
  }

  void ArchiveJob::Reset()
  {
    PImpl& job = *pimpl_;
    job.Release();
    job.claims.Release(job.archiveId, job.token);
    job.token = job.claims.MakeToken();
    job.phase = Phase::Planning;
    job.startedMicroseconds = 0;
    job.runtimeMicroseconds = 0;
    try
    {
      // What is published is kept, and what others work on: the next step finds out
      const std::optional<ArchiveState> state = job.spool.FindState(job.archiveId);
      if (state == ArchiveState::Failed || state == ArchiveState::Evicted)
      {
        RestartArchive(job.spool, job.archiveId);
      }
    }
    catch (const Failure&)
    {
      // The host ignores refusals here: the next step finds the same record and fails
    }
    job.ShowRecord();
  }

  std::string ArchiveJob::GetType() const
  {
    return pimpl_->type;
  }

  float ArchiveJob::GetProgress() const
  {
    return pimpl_->progress;
  }

  std::string ArchiveJob::GetContent() const
  {
    ArchiveContent content;
    {
      const boost::lock_guard<boost::mutex> lock(pimpl_->mutex);
      content = pimpl_->content;
    }
    return FormatArchiveContent(content);
  }

  std::string ArchiveJob::GetSavedState() const
  {
    return "{\"ArchiveId\":\"" + pimpl_->archiveId + "\"}"; // a UUID: nothing to escape
  }
} // namespace OrthancPlugins
