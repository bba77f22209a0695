// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "ArchiveJob.h"

#include "ArchiveContent.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <new>
#include <utility>

#include <boost/thread/lock_guard.hpp>
#include <boost/thread/mutex.hpp>

namespace OrthancPlugins
{
  namespace
  {
    // Short, so that pause, cancel and shutdown do not wait
    constexpr std::chrono::milliseconds STEP_DURATION(200);

    enum class Phase
    {
      Planning,
      Writing,
      Publishing,
      Succeeded,
      Failed
    };

    BuilderOptions MakeBuilderOptions(const ArchiveRequest& request,
                                      const ArchiveSettings& settings)
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

    float ComputeProgress(std::uint64_t done, std::uint64_t total)
    {
      if (total == 0)
      {
        return 0;
      }
      const double ratio = static_cast<double>(done) / static_cast<double>(total);
      return static_cast<float>(std::min(ratio, 1.0));
    }
  } // namespace

  struct ArchiveJob::PImpl
  {
    const std::string archiveId;
    ArchiveSpool& spool;
    IDicomStore& store;
    const ArchivePlanner& planner;
    const ArchiveSettings& settings;

    // Of the thread that drives the job
    Phase phase = Phase::Planning;
    std::unique_ptr<FileSink> sink;
    std::unique_ptr<ArchiveBuilder> builder; // after its sink: destroyed before it

    // What the others may read
    std::atomic<float> progress{0};
    mutable boost::mutex mutex;
    ArchiveContent content;

    PImpl(const std::string& id,
          ArchiveSpool& archiveSpool,
          IDicomStore& dicomStore,
          const ArchivePlanner& archivePlanner,
          const ArchiveSettings& archiveSettings)
      : archiveId(id),
        spool(archiveSpool),
        store(dicomStore),
        planner(archivePlanner),
        settings(archiveSettings)
    {
      ShowRecord();
    }

    // The content as the record has it
    void ShowRecord()
    {
      std::optional<ArchiveRecord> record = spool.Find(archiveId);
      if (!record.has_value())
      {
        return;
      }
      const boost::lock_guard<boost::mutex> lock(mutex);
      content = ArchiveContent();
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

    // Threads end, the part file is closed
    void Release()
    {
      builder.reset();
      sink.reset();
    }

    JobStep Step()
    {
      if (phase == Phase::Failed)
      {
        return JobStep::Failure;
      }
      if (phase == Phase::Succeeded)
      {
        return JobStep::Success;
      }
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
      phase = state == ArchiveState::Failed ? Phase::Failed : Phase::Succeeded;
      return state == ArchiveState::Failed ? JobStep::Failure : JobStep::Success;
    }

    JobStep Work()
    {
      switch (phase)
      {
      case Phase::Planning:
        Plan();
        return JobStep::Again;
      case Phase::Writing:
        Write();
        return JobStep::Again;
      default:
        Publish();
        return JobStep::Success;
      }
    }

    void Plan()
    {
      const std::optional<ArchiveRecord> record = spool.Find(archiveId);
      if (!record.has_value())
      {
        throw Failure(FailureKind::Canceled, "The archive was removed");
      }
      ArchivePlan plan = planner.Plan(record->request);
      ShowPlan(plan);
      sink = spool.OpenPart(archiveId);
      builder = std::make_unique<ArchiveBuilder>(
        std::move(plan), MakeBuilderOptions(record->request, settings), store, *sink);
      phase = Phase::Writing;
    }

    void Write()
    {
      const auto end = std::chrono::steady_clock::now() + STEP_DURATION;
      bool isComplete = false;
      do
      {
        isComplete = !builder->Step();
      } while (!isComplete && std::chrono::steady_clock::now() < end);
      ShowWritten();
      if (isComplete)
      {
        phase = Phase::Publishing;
      }
    }

    void Publish()
    {
      const ArchiveReport report = builder->GetReport();
      builder.reset();
      sink->Close();
      sink.reset();
      spool.Publish(archiveId, report);
      phase = Phase::Succeeded;

      const boost::lock_guard<boost::mutex> lock(mutex);
      content.report = report;
      progress = 1.0f;
    }

    void Abort(FailureKind kind, const std::string& text)
    {
      Release();
      phase = Phase::Failed;
      ShowFailure(kind, text);
      try
      {
        spool.Fail(archiveId, kind, text);
      }
      catch (const Failure&)
      {
        // No record any more, or a disk that takes none: the content says what has happened
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
  };

  ArchiveJob::ArchiveJob(const std::string& archiveId,
                         ArchiveSpool& spool,
                         IDicomStore& store,
                         const ArchivePlanner& planner,
                         const ArchiveSettings& settings)
    : pimpl_(std::make_unique<PImpl>(archiveId, spool, store, planner, settings))
  {
  }

  // The record stays Pending if it is: after a restart, the job runs again
  ArchiveJob::~ArchiveJob() = default;

  JobStep ArchiveJob::Step()
  {
    return pimpl_->StepGuarded();
  }

  void ArchiveJob::Stop(JobStopReason reason)
  {
    const bool hasEnded = pimpl_->phase == Phase::Succeeded || pimpl_->phase == Phase::Failed;
    if (hasEnded)
    {
      return;
    }
    if (reason == JobStopReason::Canceled)
    {
      pimpl_->Abort(FailureKind::Canceled, "The job was canceled");
    }
    else if (reason == JobStopReason::Failure)
    {
      pimpl_->Abort(FailureKind::Internal, "The host has stopped the job");
    }
  }

  void ArchiveJob::Reset()
  {
    pimpl_->Release();
    pimpl_->phase = Phase::Planning;
    try
    {
      // A file that was published is kept: the next step has nothing to do
      if (pimpl_->spool.FindState(pimpl_->archiveId) != ArchiveState::Ready)
      {
        pimpl_->spool.Restart(pimpl_->archiveId);
      }
    }
    catch (const Failure&)
    {
      // The host ignores refusals here: the next step finds the same record and fails
    }
    pimpl_->ShowRecord();
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
