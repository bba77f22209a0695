// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "JobController.h"

#include "ExecutorDirectory.h"
#include "JobAnnouncer.h"
#include "JobStates.h"
#include "NameLocks.h"
#include "RepeatedRequest.h"
#include "WorkSignal.h"

#include <algorithm>
#include <exception>
#include <map>
#include <tuple>
#include <vector>

#include <boost/thread/lock_guard.hpp>
#include <boost/thread/mutex.hpp>

namespace OrthancPlugins
{
  namespace
  {
    using RecordPointer = std::shared_ptr<const ArchiveRecord>;

    constexpr std::int64_t MICROSECONDS_PER_SECOND = 1'000'000;

    // The host tells nobody that a job was canceled while it waited: it is asked so often
    constexpr std::int64_t RECONCILE_INTERVAL_MICROSECONDS = 10 * MICROSECONDS_PER_SECOND;

    // Between an end and its announcement a crash may come: ends that are older by so much than the
    // latest one were announced for sure
    constexpr std::int64_t LATEST_ENDS_MICROSECONDS = 10 * MICROSECONDS_PER_SECOND;

    constexpr std::int64_t MAX_WAIT_MICROSECONDS = 60 * MICROSECONDS_PER_SECOND;

    // What was due already could not be done: not again at once
    constexpr std::int64_t OVERDUE_WAIT_MICROSECONDS = MICROSECONDS_PER_SECOND;

    constexpr const char* CANCELED = "The job was canceled";

    std::string NameArchive(const std::string& archiveId)
    {
      return "archive " + archiveId;
    }

    std::string NameFingerprint(const std::string& owner, const std::string& fingerprint)
    {
      return "fingerprint " + fingerprint + " " + owner;
    }

    std::string NameKey(const std::string& owner, const std::string& key)
    {
      return "key " + std::to_string(owner.size()) + " " + owner + " " + key;
    }

    NewArchive MakeArchive(const JobSubmission& submission)
    {
      NewArchive archive;
      archive.request = submission.request;
      archive.instancesCount = submission.instancesCount;
      archive.uncompressedBytes = submission.uncompressedBytes;
      archive.expectedBytes = submission.expectedBytes;
      archive.fingerprint = submission.fingerprint;
      archive.owner = submission.owner;
      archive.idempotencyKey = submission.idempotencyKey;
      archive.notifyUrl = submission.notifyUrl;
      return archive;
    }

    // Among equals, who came first; the host itself makes no promise about them
    bool RunsBefore(const QueuedJob& a, const QueuedJob& b)
    {
      return a.priority != b.priority           ? a.priority > b.priority
             : a.creationTime != b.creationTime ? a.creationTime < b.creationTime
                                                : a.id < b.id;
    }

    const QueuedJob* FindJob(const std::vector<QueuedJob>& jobs, const std::string& id)
    {
      const auto found =
        std::find_if(jobs.begin(), jobs.end(), [&](const QueuedJob& job) { return job.id == id; });
      return found == jobs.end() ? nullptr : &*found;
    }

    /**
     * A record whose job is not known to run yet: removed again unless it is kept.
     **/
    class NewRecord
    {
    public:
      NewRecord(ArchiveSpool& spool, const NewArchive& archive)
        : spool_(spool),
          record_(spool.Create(archive))
      {
      }

      ~NewRecord()
      {
        if (isKept_)
        {
          return;
        }
        try
        {
          spool_.Remove(record_.id);
        }
        catch (const std::exception&)
        {
          // The failure that brought us here is the one to report
        }
      }

      NewRecord(const NewRecord&) = delete;
      NewRecord& operator=(const NewRecord&) = delete;

      const ArchiveRecord& Get() const { return record_; }

      void Keep() { isKept_ = true; }

    private:
      ArchiveSpool& spool_;
      ArchiveRecord record_;
      bool isKept_ = false;
    };
  } // namespace

  struct JobController::PImpl
  {
    const JobSettings settings;
    ArchiveSpool& spool;
    IJobQueue& queue;
    IClock& clock;
    ExecutorClaims& claims;
    ArchivePasswords& passwords;
    WorkSignal signal;
    JobAnnouncer announcer;
    ExecutorDirectory executors;
    std::vector<std::string> unfinishedAtStart; // before the first request of this run
    const std::vector<std::string> latestEndsAtStart;

    // By archive, fingerprint and idempotency key; an archive's is taken before a fingerprint's
    NameLocks locks;

    boost::mutex mutex;
    std::int64_t reconciledMicroseconds = 0;

    PImpl(const JobSettings& jobSettings,
          ArchiveSpool& archiveSpool,
          IJobQueue& jobQueue,
          const JobFactory& jobFactory,
          JobMonitor& jobMonitor,
          IClock& jobClock)
      : settings(jobSettings),
        spool(archiveSpool),
        queue(jobQueue),
        clock(jobClock),
        claims(jobFactory.GetClaims()),
        passwords(jobFactory.GetPasswords()),
        announcer(archiveSpool, jobMonitor),
        executors(archiveSpool, jobQueue, jobFactory, jobMonitor, signal),
        unfinishedAtStart(ListPending()),
        latestEndsAtStart(ListLatestEnds())
    {
      if (unfinishedAtStart.empty())
      {
        executors.SetRecovered();
      }
    }

    // In the order in which they should go on
    std::vector<std::string> ListPending() const
    {
      std::vector<RecordPointer> pending;
      for (const RecordPointer& record : spool.List())
      {
        if (record->state == ArchiveState::Pending)
        {
          pending.push_back(record);
        }
      }
      std::sort(pending.begin(), pending.end(),
                [](const RecordPointer& a, const RecordPointer& b)
                {
                  return std::make_tuple(-static_cast<std::int64_t>(a->request.priority),
                                         a->createdMicroseconds, a->id) <
                         std::make_tuple(-static_cast<std::int64_t>(b->request.priority),
                                         b->createdMicroseconds, b->id);
                });
      std::vector<std::string> ids;
      ids.reserve(pending.size());
      for (const RecordPointer& record : pending)
      {
        ids.push_back(record->id);
      }
      return ids;
    }

    std::vector<std::string> ListLatestEnds() const
    {
      const std::vector<RecordPointer> records = spool.List();
      std::int64_t latest = 0;
      for (const RecordPointer& record : records)
      {
        latest = std::max(latest, record->completedMicroseconds);
      }
      std::vector<std::string> ids;
      for (const RecordPointer& record : records)
      {
        if (record->state != ArchiveState::Pending &&
            latest - record->completedMicroseconds < LATEST_ENDS_MICROSECONDS)
        {
          ids.push_back(record->id);
        }
      }
      return ids;
    }

    void Wake()
    {
      executors.NoteChange();
      signal.Wake();
    }

    void StartExecutor(const std::string& archiveId, int priority)
    {
      executors.Start(archiveId, priority);
      announcer.NoteLinked(archiveId);
    }

    // By the thread of an executor whose run has ended, or of who has ended an archive without one
    void NoteEnd(const std::string& archiveId)
    {
      const std::optional<ArchiveRecord> record = spool.Find(archiveId);
      if (!record.has_value())
      {
        executors.Forget(archiveId);
        return;
      }
      if (record->state == ArchiveState::Pending && !IsWaitingForRetry(*record))
      {
        return; // started again meanwhile
      }
      executors.Forget(archiveId);
      announcer.NoteEnd(*record);
      Wake();
    }

    // ---- Submission

    std::string SubmitNew(const JobSubmission& submission)
    {
      const ExecutorDirectory::Submission scope(
        executors); // no orphan, although it has no executor yet
      NewRecord created(spool, MakeArchive(submission));
      const ArchiveRecord& record = created.Get();
      if (!submission.password.empty())
      {
        passwords.Set(record.id, submission.password);
      }
      const std::optional<std::string> leader = FindLeader(record);
      if (leader.has_value())
      {
        spool.LinkJob(record.id, record.id, JobRole::Public);
        created.Keep();
        announcer.NoteLinked(record.id);
        RaisePriority(*leader, record.request.priority);
        Wake(); // the leader may have ended meanwhile
        return record.id;
      }
      StartExecutor(record.id, record.request.priority);
      created.Keep();
      Wake();
      return spool.GetPublicJob(record.id);
    }

    // The public ID of an archive that may have been left without one by a crash
    std::string CompleteSubmission(const std::string& archiveId, const ArchiveRequest& repeated)
    {
      const NameLocks::Lock lock(locks, NameArchive(archiveId));
      const std::optional<ArchiveRecord> record = spool.Find(archiveId);
      if (record.has_value())
      {
        RequireSameArchive(record->request, repeated);
      }
      if (record.has_value() && spool.GetPublicJob(archiveId).empty())
      {
        StartExecutor(archiveId, record->request.priority);
      }
      return spool.GetPublicJob(archiveId);
    }

    // The archive that is being made already and that this one follows from now on, durably. One that
    // is finished is adopted: the job then only reports
    std::optional<std::string> FindLeader(const ArchiveRecord& record)
    {
      if (!settings.isReused || record.fingerprint.empty())
      {
        return std::nullopt;
      }
      const NameLocks::Lock lock(locks, NameFingerprint(record.owner, record.fingerprint));
      const std::optional<ArchiveRecord> twin = FindTwin(record);
      if (!twin.has_value())
      {
        return std::nullopt;
      }
      if (twin->state == ArchiveState::Ready)
      {
        static_cast<void>(spool.Adopt(record.id, twin->id)); // else it is made anew
        return std::nullopt;
      }
      if (!settings.isEnabled || twin->isPaused)
      {
        return std::nullopt;
      }
      spool.Update(record.id, [&](ArchiveRecord& changed) { changed.leaderId = twin->id; });
      return twin->id;
    }

    std::optional<ArchiveRecord> FindTwin(const ArchiveRecord& record) const
    {
      const std::optional<std::string> id =
        spool.FindTwin(record.owner, record.fingerprint, record.id);
      std::optional<ArchiveRecord> twin = id.has_value() ? spool.Find(*id) : std::nullopt;
      const bool isUsable = twin.has_value() && (twin->state == ArchiveState::Ready ||
                                                 twin->state == ArchiveState::Pending);
      return isUsable ? twin : std::nullopt;
    }

    // Who follows must not wait longer than it would have waited alone
    void RaisePriority(const std::string& leaderId, int priority)
    {
      try
      {
        const std::optional<ArchiveRecord> leader = spool.Find(leaderId);
        if (leader.has_value() && leader->request.priority < priority)
        {
          SetPriority(leaderId, priority);
        }
      }
      catch (const Failure&)
      {
        // It runs already, or the host is busy: no reason to refuse the request
      }
    }

    // ---- Verbs. The caller holds the lock of the archive

    void Settle(const std::string& archiveId)
    {
      claims.Supersede(archiveId);
      executors.Forget(archiveId);
      try
      {
        spool.Fail(archiveId, FailureKind::Canceled, CANCELED);
      }
      catch (const Failure&)
      {
        // The disk takes no record now: it has failed in memory
      }
      NoteEnd(archiveId);
    }

    void Cancel(const std::string& archiveId)
    {
      const std::optional<QueuedJob> before = executors.FindJob(archiveId);
      if (before.has_value())
      {
        static_cast<void>(queue.Cancel(before->id));
        const std::optional<QueuedJob> after = queue.Find(before->id);
        if (after.has_value() && !IsFinal(after->state))
        {
          return; // it ends after its step, and settles the record itself
        }
      }
      if (spool.FindState(archiveId) == ArchiveState::Pending)
      {
        Settle(archiveId);
      }
    }

    void SetPaused(const std::string& archiveId, bool isPaused)
    {
      const std::optional<ArchiveRecord> record = spool.Find(archiveId);
      if (record.has_value() && record->isPaused != isPaused)
      {
        spool.Update(archiveId, [&](ArchiveRecord& changed) { changed.isPaused = isPaused; });
      }
    }

    void Pause(const std::string& archiveId)
    {
      const std::optional<QueuedJob> job = executors.FindJob(archiveId);
      const bool isRunning = job.has_value() && job->state == JobState::Running;
      if (job.has_value())
      {
        static_cast<void>(queue.Pause(job->id));
      }
      SetPaused(archiveId, true); // the host may forget it
      if (!isRunning)
      {
        announcer.NoteWaiting(archiveId);
      }
    }

    bool Resume(const ArchiveRecord& record)
    {
      const std::optional<QueuedJob> job = executors.FindJob(record.id);
      if (job.has_value() && !IsFinal(job->state))
      {
        // Before the recovery, the host may take it for one that was never paused
        const bool isResumed =
          queue.Resume(job->id) || (record.isPaused && !executors.IsRecovered());
        if (!isResumed)
        {
          return false;
        }
        SetPaused(record.id, false);
        announcer.NoteWaiting(record.id);
        return true;
      }
      if (!record.isPaused)
      {
        return false;
      }
      SetPaused(record.id, false);
      announcer.NoteWaiting(record.id);
      if (!IsFollower(record) && !IsWaitingForRetry(record))
      {
        StartExecutor(record.id, record.request.priority);
      }
      return true;
    }

    void Resubmit(const ArchiveRecord& record)
    {
      claims.Supersede(record.id);
      executors.Forget(record.id);
      RestartArchive(spool, record.id);
      announcer.NoteRestart(record.id);
      StartExecutor(record.id, record.request.priority);
    }

    void SetPriority(const std::string& archiveId, int priority)
    {
      const NameLocks::Lock lock(locks, NameArchive(archiveId));
      const std::optional<ArchiveRecord> record = spool.Find(archiveId);
      if (!record.has_value())
      {
        throw Failure(FailureKind::NotFound, "There is no archive " + archiveId);
      }
      const std::optional<QueuedJob> job =
        record->state == ArchiveState::Pending ? executors.FindJob(archiveId) : std::nullopt;
      const bool isRunning =
        job.has_value() ? job->state == JobState::Running : claims.IsClaimed(archiveId);
      if (record->state != ArchiveState::Pending || isRunning)
      {
        throw Failure(FailureKind::Conflict, "Only a job that waits can get another priority");
      }
      if (record->request.priority == priority)
      {
        return;
      }
      spool.Update(archiveId, [&](ArchiveRecord& changed) { changed.request.priority = priority; });
      if (job.has_value())
      {
        Replace(*job, archiveId, priority);
      }
    }

    // Who waits for an archive that is being made runs no sooner by a priority of its own
    void RaiseLeader(const std::string& archiveId, int priority)
    {
      const std::optional<ArchiveRecord> record = spool.Find(archiveId);
      if (record.has_value() && IsFollower(*record))
      {
        RaisePriority(record->leaderId, priority);
      }
    }

    // The host has no other way to change a priority. The old job cannot touch the record any more,
    // even if it has just begun to run
    void Replace(const QueuedJob& job, const std::string& archiveId, int priority)
    {
      claims.Supersede(archiveId);
      executors.Forget(archiveId);
      static_cast<void>(queue.Cancel(job.id));
      if (job.state == JobState::Paused)
      {
        SetPaused(archiveId, true); // resumed by a new executor
        return;
      }
      StartExecutor(archiveId, priority);
    }

    // ---- Work of the keeper

    void Recover()
    {
      const std::vector<QueuedJob> jobs = queue.List();
      for (const std::string& archiveId : unfinishedAtStart)
      {
        const NameLocks::Lock lock(locks, NameArchive(archiveId));
        if (spool.FindState(archiveId) == ArchiveState::Pending && !executors.Has(archiveId))
        {
          Adopt(archiveId, jobs);
        }
      }
      executors.SetRecovered(); // what has none now gets one by the next Tick()
      for (const std::string& archiveId : latestEndsAtStart)
      {
        NoteEnd(archiveId); // the observer may know it already
      }
      Wake();
    }

    // The jobs that the host has brought back
    void Adopt(const std::string& archiveId, const std::vector<QueuedJob>& jobs)
    {
      const std::optional<ArchiveRecord> record = spool.Find(archiveId);
      const bool isPaused = settings.isEnabled && record.has_value() && record->isPaused;
      for (const QueuedJob& job : jobs)
      {
        const std::optional<std::string> linked = spool.FindByJob(job.id);
        if (!linked.has_value() && job.archiveId == archiveId)
        {
          const bool isPublic = spool.GetPublicJob(archiveId).empty();
          spool.LinkJob(job.id, archiveId, isPublic ? JobRole::Public : JobRole::Executor);
        }
        else if (linked != archiveId)
        {
          continue;
        }
        if (isPaused && (job.state == JobState::Pending || job.state == JobState::Running))
        {
          claims.Supersede(archiveId);
          static_cast<void>(queue.Cancel(job.id)); // resumed by a new executor
        }
        else if (!IsFinal(job.state))
        {
          executors.Remember(archiveId, job.id);
        }
      }
    }

    template <typename Action>
    static void Try(const Action& action)
    {
      try
      {
        action();
      }
      catch (const Failure&)
      {
        // One archive must not keep the others; the next round tries again
      }
    }

    void AdvanceAll()
    {
      const std::vector<std::string> pending = ListPending();
      // After the list: whose submission is not over now is not in it
      const bool hasOrphans = executors.IsComplete();
      for (const std::string& archiveId : pending)
      {
        Try([&] { Advance(archiveId, hasOrphans); });
      }
    }

    void Advance(const std::string& archiveId, bool mayBeOrphan)
    {
      if (executors.Has(archiveId))
      {
        return;
      }
      const NameLocks::Lock lock(locks, NameArchive(archiveId));
      const std::optional<ArchiveRecord> record = spool.Find(archiveId);
      if (!record.has_value() || record->state != ArchiveState::Pending || record->isPaused ||
          executors.Has(archiveId))
      {
        return;
      }
      if (IsFollower(*record))
      {
        AdvanceFollower(*record);
      }
      else if (IsWaitingForRetry(*record))
      {
        AdvanceRetry(*record);
      }
      else if (mayBeOrphan)
      {
        StartExecutor(archiveId, record->request.priority);
      }
    }

    void AdvanceRetry(const ArchiveRecord& record)
    {
      if (clock.GetNowMicroseconds() < record.nextAttemptMicroseconds)
      {
        return;
      }
      spool.Update(record.id, [](ArchiveRecord& changed) { changed.nextAttemptMicroseconds = 0; });
      announcer.NoteWaiting(record.id);
      StartExecutor(record.id, record.request.priority);
    }

    void AdvanceFollower(const ArchiveRecord& record)
    {
      const std::optional<ArchiveRecord> leader = spool.Find(record.leaderId);
      if (leader.has_value() && leader->state == ArchiveState::Pending && !leader->isPaused &&
          !IsFollower(*leader))
      {
        return;
      }
      if (JoinTwin(record))
      {
        return;
      }
      spool.Update(record.id, [](ArchiveRecord& changed) { changed.leaderId.clear(); });
      StartExecutor(record.id, record.request.priority);
    }

    // The archive that it waited for has ended: takes its file, or waits for the next one that makes it.
    // False: it is the next one
    bool JoinTwin(const ArchiveRecord& record)
    {
      const NameLocks::Lock lock(locks, NameFingerprint(record.owner, record.fingerprint));
      const std::optional<ArchiveRecord> twin = FindTwin(record);
      if (!twin.has_value())
      {
        return false;
      }
      if (twin->state == ArchiveState::Ready)
      {
        if (!spool.Adopt(record.id, twin->id))
        {
          return false;
        }
        NoteEnd(record.id);
        return true;
      }
      if (twin->isPaused || IsFollower(*twin))
      {
        return false;
      }
      if (twin->id != record.leaderId)
      {
        spool.Update(record.id, [&](ArchiveRecord& changed) { changed.leaderId = twin->id; });
      }
      return true;
    }

    // Jobs that were canceled in the host while they waited, by others: the host tells nobody
    void Reconcile()
    {
      const std::int64_t now = clock.GetNowMicroseconds();
      {
        const boost::lock_guard<boost::mutex> lock(mutex);
        if (now >= reconciledMicroseconds &&
            now - reconciledMicroseconds < RECONCILE_INTERVAL_MICROSECONDS)
        {
          return;
        }
        reconciledMicroseconds = now;
      }
      // Before the list of the host: what comes later is in neither
      const std::map<std::string, std::string> expected = executors.List();
      if (expected.empty())
      {
        return;
      }
      const ExecutorDirectory::QueuedJobs jobs = executors.ListJobs(true);
      for (const auto& [archiveId, hostJobId] : expected)
      {
        const QueuedJob* const job = FindJob(*jobs, hostJobId);
        if (job == nullptr || IsFinal(job->state))
        {
          SettleLost(archiveId, hostJobId);
        }
      }
    }

    void SettleLost(const std::string& archiveId, const std::string& hostJobId)
    {
      const NameLocks::Lock lock(locks, NameArchive(archiveId));
      const std::optional<ArchiveRecord> record = spool.Find(archiveId);
      if (executors.Get(archiveId) != hostJobId || claims.IsClaimed(archiveId))
      {
        return;
      }
      if (record.has_value() && record->state == ArchiveState::Pending &&
          !IsWaitingForRetry(*record))
      {
        Settle(archiveId);
      }
      else
      {
        executors.Forget(archiveId);
      }
    }

    void ForgetArchive(const std::string& archiveId, const std::string& jobId)
    {
      executors.Forget(archiveId);
      claims.Forget(archiveId);
      announcer.Forget(archiveId, jobId);
    }

    // What the retention has removed
    void ForgetRemoved()
    {
      for (const auto& [archiveId, jobId] : announcer.ListRemoved())
      {
        ForgetArchive(archiveId, jobId);
      }
    }

    std::int64_t ComputeWaitMicroseconds() const
    {
      const std::int64_t now = clock.GetNowMicroseconds();
      std::int64_t wait = MAX_WAIT_MICROSECONDS;
      for (const RecordPointer& record : spool.List())
      {
        if (IsWaitingForRetry(*record) && !record->isPaused)
        {
          const std::int64_t due = record->nextAttemptMicroseconds - now;
          wait = std::min(wait, due > 0 ? due : OVERDUE_WAIT_MICROSECONDS);
        }
      }
      return executors.IsEmpty() ? wait : std::min(wait, RECONCILE_INTERVAL_MICROSECONDS);
    }

    // ---- Description

    void DescribeQueue(JobFacts& facts, const QueuedJob& job)
    {
      ExecutorDirectory::QueuedJobs jobs = executors.ListJobs(false);
      const QueuedJob* own = FindJob(*jobs, job.id);
      if (own == nullptr || own->state != JobState::Pending)
      {
        jobs = executors.ListJobs(true);
        own = FindJob(*jobs, job.id);
      }
      if (own == nullptr || own->state != JobState::Pending)
      {
        return; // it has begun to run at this moment
      }
      facts.queuePosition =
        1 + std::count_if(jobs->begin(), jobs->end(),
                          [&](const QueuedJob& other)
                          { return other.state == JobState::Pending && RunsBefore(other, *own); });
    }

    void DescribeSpeed(JobFacts& facts) const
    {
      const JobStatus& status = facts.status;
      if (status.bytesPerSecond == 0)
      {
        return;
      }
      facts.bytesPerSecond = status.bytesPerSecond;
      const std::uint64_t left =
        status.inputBytesTotal - std::min(status.inputBytesDone, status.inputBytesTotal);
      const double seconds = static_cast<double>(left) / static_cast<double>(status.bytesPerSecond);
      facts.etaMicroseconds =
        clock.GetNowMicroseconds() +
        static_cast<std::int64_t>(std::min(seconds, 1e9) * MICROSECONDS_PER_SECOND);
    }

    // Absent if it is not known: the host does not answer
    std::optional<QueuedJob> TryFindExecutorJob(const std::string& archiveId)
    {
      std::optional<QueuedJob> job;
      Try([&] { job = executors.FindJob(archiveId); });
      return job;
    }

    JobFacts Describe(const ArchiveRecord& found)
    {
      JobFacts facts;
      facts.jobId = spool.GetPublicJob(found.id);
      const std::optional<QueuedJob> job =
        found.state == ArchiveState::Pending ? TryFindExecutorJob(found.id) : std::nullopt;
      // After the host was asked: a job that has ended meanwhile has its end in the record
      facts.record = std::make_shared<const ArchiveRecord>(spool.Find(found.id).value_or(found));
      const bool isWorking = job.has_value() && !IsFinal(job->state) &&
                             facts.record->state == ArchiveState::Pending &&
                             !IsWaitingForRetry(*facts.record);
      facts.priority = facts.record->request.priority;
      const bool isHeld = facts.record->isPaused && !claims.IsClaimed(found.id);
      facts.state = isWorking && !isHeld ? job->state : GetRecordState(*facts.record);
      facts.status = announcer.MakeStatus(facts.jobId, *facts.record, facts.state);
      if (isWorking && facts.state == JobState::Pending)
      {
        Try([&] { DescribeQueue(facts, *job); });
      }
      if (facts.state == JobState::Running)
      {
        DescribeSpeed(facts);
      }
      return facts;
    }
  };

  JobController::JobController(const JobSettings& settings,
                               ArchiveSpool& spool,
                               IJobQueue& queue,
                               const JobFactory& factory,
                               JobMonitor& monitor,
                               IClock& clock)
    : pimpl_(std::make_unique<PImpl>(settings, spool, queue, factory, monitor, clock))
  {
    pimpl_->claims.SetListener([this](const std::string& archiveId)
                               { pimpl_->NoteEnd(archiveId); });
  }

  JobController::~JobController()
  {
    pimpl_->claims.SetListener(nullptr);
  }

  void JobController::SetObserver(IJobObserver& observer)
  {
    pimpl_->announcer.SetObserver(observer);
  }

  std::string JobController::Submit(const JobSubmission& submission)
  {
    if (submission.idempotencyKey.empty())
    {
      return pimpl_->SubmitNew(submission);
    }
    const NameLocks::Lock lock(pimpl_->locks, NameKey(submission.owner, submission.idempotencyKey));
    const std::optional<std::string> first =
      pimpl_->spool.FindByIdempotencyKey(submission.owner, submission.idempotencyKey);
    return first.has_value() ? pimpl_->CompleteSubmission(*first, submission.request)
                             : pimpl_->SubmitNew(submission);
  }

  std::optional<JobFacts> JobController::Describe(const std::string& archiveId) const
  {
    const std::optional<ArchiveRecord> record = pimpl_->spool.Find(archiveId);
    return record.has_value() ? std::make_optional(pimpl_->Describe(*record)) : std::nullopt;
  }

  bool JobController::Cancel(const std::string& archiveId)
  {
    const NameLocks::Lock lock(pimpl_->locks, NameArchive(archiveId));
    const std::optional<ArchiveState> state = pimpl_->spool.FindState(archiveId);
    if (state == ArchiveState::Pending)
    {
      pimpl_->Cancel(archiveId);
    }
    return state.has_value();
  }

  bool JobController::Pause(const std::string& archiveId)
  {
    const NameLocks::Lock lock(pimpl_->locks, NameArchive(archiveId));
    const std::optional<ArchiveState> state = pimpl_->spool.FindState(archiveId);
    if (state == ArchiveState::Pending)
    {
      pimpl_->Pause(archiveId);
    }
    return state.has_value();
  }

  bool JobController::Resume(const std::string& archiveId)
  {
    bool isResumed = false;
    {
      const NameLocks::Lock lock(pimpl_->locks, NameArchive(archiveId));
      const std::optional<ArchiveRecord> record = pimpl_->spool.Find(archiveId);
      isResumed =
        record.has_value() && record->state == ArchiveState::Pending && pimpl_->Resume(*record);
    }
    pimpl_->Wake();
    return isResumed;
  }

  bool JobController::Resubmit(const std::string& archiveId)
  {
    const NameLocks::Lock lock(pimpl_->locks, NameArchive(archiveId));
    const std::optional<ArchiveRecord> record = pimpl_->spool.Find(archiveId);
    if (!record.has_value() || record->state != ArchiveState::Failed)
    {
      return false;
    }
    pimpl_->Resubmit(*record);
    return true;
  }

  void JobController::SetPriority(const std::string& archiveId, int priority)
  {
    pimpl_->SetPriority(archiveId, priority);
    pimpl_->RaiseLeader(archiveId, priority);
  }

  bool JobController::Remove(const std::string& archiveId)
  {
    const NameLocks::Lock lock(pimpl_->locks, NameArchive(archiveId));
    const std::optional<ArchiveState> state = pimpl_->spool.FindState(archiveId);
    if (!state.has_value() || state == ArchiveState::Pending)
    {
      return false;
    }
    const std::string jobId = pimpl_->spool.GetPublicJob(archiveId);
    pimpl_->spool.Remove(archiveId);
    pimpl_->passwords.Forget(archiveId);
    pimpl_->ForgetArchive(archiveId, jobId);
    return true;
  }

  void JobController::Recover()
  {
    pimpl_->Recover();
  }

  void JobController::Tick()
  {
    pimpl_->AdvanceAll();
    PImpl::Try([this] { pimpl_->Reconcile(); });
    pimpl_->spool.Sweep();
    pimpl_->passwords.ForgetUnless([this](const std::string& id)
                                   { return pimpl_->spool.FindState(id).has_value(); });
    pimpl_->ForgetRemoved();
  }

  void JobController::WaitForWork()
  {
    pimpl_->signal.Wait(pimpl_->ComputeWaitMicroseconds());
  }

  void JobController::NoteHostEvent(const std::string& hostJobId)
  {
    pimpl_->executors.NoteHostEvent(hostJobId);
  }
} // namespace OrthancPlugins
