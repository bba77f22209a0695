// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../../Plugin/Core/Jobs/JobController.h"

#include "../../../Plugin/Core/Archive/ArchiveBuilder.h"
#include "../../Fakes/BusyDicomStore.h"
#include "../../Fakes/InlineJobQueue.h"
#include "../../Fakes/ManualClock.h"
#include "../Spool/ExpectFailure.h"
#include "../Spool/TestDirectory.h"

#include <atomic>
#include <utility>

#include <boost/thread/lock_guard.hpp>
#include <boost/thread/mutex.hpp>
#include <boost/thread/thread.hpp>

namespace OrthancPlugins
{
  namespace
  {
    constexpr std::int64_t SECOND = 1'000'000;

    // The ends that it was told, in order
    class RecordingObserver final : public IJobObserver
    {
    public:
      void OnJobEnded(const std::string& jobId, const ArchiveRecord& record) override
      {
        const boost::lock_guard<boost::mutex> lock(mutex_);
        ends_.emplace_back(jobId, record.state);
      }

      std::vector<std::pair<std::string, ArchiveState>> GetEnds() const
      {
        const boost::lock_guard<boost::mutex> lock(mutex_);
        return ends_;
      }

    private:
      mutable boost::mutex mutex_;
      std::vector<std::pair<std::string, ArchiveState>> ends_;
    };
  } // namespace

  class JobControllerTest : public ::testing::Test
  {
  protected:
    using Ends = std::vector<std::pair<std::string, ArchiveState>>;

    JobControllerTest()
      : planner_(store_, version_)
    {
      store_.memory.AddSeries("patient", "study", "series",
                              {std::string(40'000, 'a'), std::string(40'000, 'b')});
      submission_.request.level = ResourceLevel::Study;
      submission_.request.resources = {"study"};
      submission_.request.filename = "study.zip";
      submission_.request.isSynchronous = false;
      submission_.instancesCount = 2;
      submission_.uncompressedBytes = 80'000;
      submission_.expectedBytes = 1000;
      submission_.owner = "alice";
      Start();
    }

    ~JobControllerTest() override { Stop(); }

    // As the server stops: jobs first. The host never gives an ID twice
    void Stop()
    {
      for (std::size_t i = 0; i < queue_.GetCount(); i++)
      {
        queue_.Forget(i);
      }
      controller_.reset();
      factory_.reset();
      monitor_.reset();
      spool_.reset();
    }

    void Start()
    {
      SpoolSettings settings;
      settings.directory = directory_.GetSpool();
      settings.maxDiskPercent.reset();
      spool_ = std::make_unique<ArchiveSpool>(settings, clock_);
      monitor_ = std::make_unique<JobMonitor>(4, clock_);
      factory_ =
        std::make_unique<JobFactory>(*spool_, store_, planner_, archive_, jobs_, *monitor_, clock_);
      controller_ =
        std::make_unique<JobController>(jobs_, *spool_, queue_, *factory_, *monitor_, clock_);
      controller_->SetObserver(observer_);
    }

    // With the registry as the host has saved it; "restored" are indices of its jobs
    void Restart(const std::vector<std::size_t>& restored)
    {
      std::vector<std::string> saved;
      for (const std::size_t index : restored)
      {
        saved.push_back(queue_.GetJob(index).GetSavedState());
      }
      Stop();
      Start();
      for (std::size_t i = 0; i < restored.size(); i++)
      {
        queue_.Restore(restored[i], factory_->Restore("Archive", saved[i]));
      }
    }

    std::string ComputeOwnFingerprint() const
    {
      return ComputeFingerprint(planner_.Plan(submission_.request),
                                MakeBuilderOptions(submission_.request, archive_));
    }

    std::string Submit() { return controller_->Submit(submission_); }

    std::string SubmitReusable()
    {
      submission_.fingerprint = ComputeOwnFingerprint();
      return Submit();
    }

    std::string GetArchive(const std::string& jobId) const
    {
      return spool_->FindByJob(jobId).value();
    }

    JobFacts Describe(const std::string& jobId) const
    {
      return controller_->Describe(GetArchive(jobId)).value();
    }

    JobState GetState(const std::string& jobId) const { return Describe(jobId).state; }

    ArchiveRecord GetRecord(const std::string& jobId) const
    {
      return spool_->Find(GetArchive(jobId)).value();
    }

    void Advance(std::int64_t seconds) { clock_.Advance(seconds * SECOND); }

    std::size_t CountEnds(const std::string& jobId) const
    {
      std::size_t count = 0;
      for (const auto& [id, state] : observer_.GetEnds())
      {
        count += id == jobId ? 1u : 0u;
      }
      return count;
    }

    TestDirectory directory_;
    ManualClock clock_;
    BusyDicomStore store_;
    HostVersion version_{1, 12, 7};
    ArchivePlanner planner_;
    ArchiveSettings archive_;
    JobSettings jobs_;
    JobSubmission submission_;
    RecordingObserver observer_;
    std::unique_ptr<ArchiveSpool> spool_;
    InlineJobQueue queue_;
    std::unique_ptr<JobMonitor> monitor_;
    std::unique_ptr<JobFactory> factory_;
    std::unique_ptr<JobController> controller_;
  };

  // ---- Submission

  TEST_F(JobControllerTest, OneJobOfTheHostDoesTheWork)
  {
    submission_.request.priority = 7;
    const std::string id = Submit();
    EXPECT_EQ(InlineJobQueue::MakeId(0), id);
    EXPECT_EQ(JobState::Pending, GetState(id));
    EXPECT_EQ(7, Describe(id).priority);
    EXPECT_EQ(std::vector<int>{7}, queue_.priorities);

    EXPECT_EQ(JobStep::Success, queue_.Run(0));

    const JobFacts facts = Describe(id);
    EXPECT_EQ(id, facts.jobId);
    EXPECT_EQ(JobState::Success, facts.state);
    EXPECT_EQ(80'000u, facts.status.inputBytesDone);
    EXPECT_EQ(facts.record->sizeBytes, facts.status.archiveBytes);
    EXPECT_EQ("alice", facts.status.owner);
    EXPECT_GT(facts.record->runtimeMicroseconds, 0u);
    EXPECT_EQ(clock_.GetNowMicroseconds(), facts.record->startedMicroseconds);
    EXPECT_EQ((Ends{{id, ArchiveState::Ready}}), observer_.GetEnds());
    EXPECT_EQ(JobState::Success, monitor_->Find(id)->state);
  }

  TEST_F(JobControllerTest, EventsTellTheLifeOfAJob)
  {
    const std::string id = Submit();
    queue_.Run(0);

    std::vector<JobState> states;
    for (const JobEvent& event : monitor_->Enter()->Wait(id, 0, 0).events)
    {
      EXPECT_EQ(JobEventKind::State, event.kind);
      EXPECT_EQ("alice", event.status.owner);
      states.push_back(event.status.state);
    }
    EXPECT_EQ((std::vector<JobState>{JobState::Pending, JobState::Running, JobState::Success}),
              states);
  }

  TEST_F(JobControllerTest, JobMayEndBeforeItsIdIsKnown)
  {
    queue_.isImmediate = true;

    const std::string id = Submit();

    EXPECT_EQ(JobState::Success, GetState(id));
    EXPECT_EQ((Ends{{id, ArchiveState::Ready}}), observer_.GetEnds());
    EXPECT_EQ(JobState::Success, monitor_->Find(id)->state);
    controller_->Tick();
    EXPECT_EQ(1u, queue_.GetCount());
  }

  TEST_F(JobControllerTest, RefusedSubmissionLeavesNothing)
  {
    queue_.isRefusing = true;

    ExpectFailure(FailureKind::Internal, [&] { Submit(); });

    EXPECT_TRUE(spool_->List().empty());
    controller_->Tick();
    EXPECT_EQ(0u, queue_.GetCount());
  }

  TEST_F(JobControllerTest, UnknownArchivesHaveNoJob)
  {
    EXPECT_FALSE(controller_->Describe("unknown").has_value());
    EXPECT_FALSE(controller_->Cancel("unknown"));
    EXPECT_FALSE(controller_->Pause("unknown"));
    EXPECT_FALSE(controller_->Resume("unknown"));
    EXPECT_FALSE(controller_->Resubmit("unknown"));
    EXPECT_FALSE(controller_->Remove("unknown"));
    ExpectFailure(FailureKind::NotFound, [&] { controller_->SetPriority("unknown", 1); });
  }

  // ---- Idempotency

  TEST_F(JobControllerTest, SameKeyGivesTheFirstJob)
  {
    submission_.idempotencyKey = "key";
    const std::string first = Submit();

    EXPECT_EQ(first, Submit());
    queue_.Run(0);
    EXPECT_EQ(first, Submit());
    submission_.owner = "bob";
    EXPECT_NE(first, Submit());

    EXPECT_EQ(2u, spool_->List().size());
    EXPECT_EQ(2u, queue_.GetCount());
  }

  TEST_F(JobControllerTest, KeyIsNoWayToTheArchiveOfAnotherRequest)
  {
    submission_.idempotencyKey = "key";
    Submit();
    submission_.request.resources = {"another"};

    ExpectFailure(FailureKind::Conflict, [&] { Submit(); });

    EXPECT_EQ(1u, spool_->List().size());
    EXPECT_EQ(1u, queue_.GetCount());
  }

  TEST_F(JobControllerTest, SameKeyAtTheSameTimeGivesOneJob)
  {
    submission_.idempotencyKey = "key";
    std::set<std::string> ids;
    boost::mutex mutex;
    boost::thread_group threads;
    for (unsigned i = 0; i < 8; i++)
    {
      threads.create_thread(
        [&]
        {
          const std::string id = controller_->Submit(submission_);
          const boost::lock_guard<boost::mutex> lock(mutex);
          ids.insert(id);
        });
    }
    threads.join_all();

    EXPECT_EQ(1u, ids.size());
    EXPECT_EQ(1u, spool_->List().size());
  }

  TEST_F(JobControllerTest, KeyOfARefusedSubmissionIsFree)
  {
    submission_.idempotencyKey = "key";
    queue_.isRefusing = true;
    ExpectFailure(FailureKind::Internal, [&] { Submit(); });
    queue_.isRefusing = false;

    EXPECT_EQ(InlineJobQueue::MakeId(0), Submit());
  }

  // ---- Reuse

  TEST_F(JobControllerTest, FinishedResultIsReused)
  {
    const std::string first = SubmitReusable();
    queue_.Run(0);
    const unsigned openedCount = store_.memory.openedCount;

    const std::string second = SubmitReusable();

    EXPECT_EQ(InlineJobQueue::MakeId(1), second);
    EXPECT_TRUE(GetRecord(second).isReused);
    EXPECT_EQ(JobState::Success, GetState(second));
    EXPECT_EQ(JobStep::Success, queue_.Run(1));
    EXPECT_EQ(openedCount, store_.memory.openedCount);
    EXPECT_EQ((Ends{{first, ArchiveState::Ready}, {second, ArchiveState::Ready}}),
              observer_.GetEnds());
    EXPECT_NE(std::string::npos, queue_.GetJob(1).GetContent().find("\"Reused\":true"));
    EXPECT_TRUE(controller_->Remove(GetArchive(first)));
    EXPECT_NE(nullptr, spool_->OpenArchive(GetArchive(second)));
  }

  TEST_F(JobControllerTest, OthersAndSwitchesReuseNothing)
  {
    SubmitReusable();
    queue_.Run(0);

    submission_.owner = "bob";
    EXPECT_FALSE(GetRecord(Submit()).isReused);
    submission_.owner = "alice";
    submission_.fingerprint.clear();
    EXPECT_FALSE(GetRecord(Submit()).isReused);
    jobs_.isReused = false;
    Stop();
    Start();
    const std::string id = SubmitReusable();
    queue_.RunAll();

    EXPECT_FALSE(GetRecord(id).isReused);
  }

  TEST_F(JobControllerTest, SameRequestFollowsTheOneThatRuns)
  {
    const std::string leader = SubmitReusable();
    queue_.StepOnce(0);

    const std::string follower = SubmitReusable();

    EXPECT_EQ(GetArchive(follower), follower);
    EXPECT_EQ(1u, queue_.GetCount());
    EXPECT_EQ(JobState::Pending, GetState(follower));
    EXPECT_FALSE(Describe(follower).queuePosition.has_value());
    controller_->Tick();
    EXPECT_EQ(JobState::Pending, GetState(follower));
    queue_.Run(0);
    controller_->Tick();
    EXPECT_EQ(JobState::Success, GetState(follower));
    EXPECT_EQ(1u, queue_.GetCount());
    EXPECT_EQ((Ends{{leader, ArchiveState::Ready}, {follower, ArchiveState::Ready}}),
              observer_.GetEnds());
  }

  TEST_F(JobControllerTest, NobodyFollowsIfJobsBelongToTheHost)
  {
    jobs_.isEnabled = false;
    Stop();
    Start();

    SubmitReusable();
    const std::string second = SubmitReusable();

    EXPECT_EQ(InlineJobQueue::MakeId(1), second);
    queue_.Run(0);
    const unsigned openedCount = store_.memory.openedCount;
    EXPECT_EQ(JobStep::Success, queue_.Run(1)); // finds the finished result
    EXPECT_EQ(openedCount, store_.memory.openedCount);
    EXPECT_TRUE(GetRecord(second).isReused);
  }

  TEST_F(JobControllerTest, CancelOfALeaderHarmsNoFollower)
  {
    const std::string leader = SubmitReusable();
    const std::string first = SubmitReusable();
    const std::string second = SubmitReusable();

    EXPECT_TRUE(controller_->Cancel(GetArchive(leader)));
    controller_->Tick();

    EXPECT_EQ(JobState::Failure, GetState(leader));
    ASSERT_EQ(2u, queue_.GetCount());
    EXPECT_EQ(JobState::Pending, GetState(first));
    EXPECT_EQ(JobState::Pending, GetState(second));
    queue_.Run(1);
    controller_->Tick();
    EXPECT_EQ(JobState::Success, GetState(first));
    EXPECT_EQ(JobState::Success, GetState(second));
    EXPECT_EQ(2u, queue_.GetCount());
    EXPECT_EQ(3u, observer_.GetEnds().size());
  }

  TEST_F(JobControllerTest, FollowerMayBeCanceled)
  {
    const std::string leader = SubmitReusable();
    const std::string follower = SubmitReusable();

    EXPECT_TRUE(controller_->Cancel(GetArchive(follower)));

    EXPECT_EQ(JobState::Failure, GetState(follower));
    EXPECT_EQ(FailureKind::Canceled, GetRecord(follower).failureKind);
    EXPECT_EQ(JobState::Pending, GetState(leader));
    EXPECT_EQ((Ends{{follower, ArchiveState::Failed}}), observer_.GetEnds());
    EXPECT_TRUE(controller_->Resubmit(GetArchive(follower)));
    EXPECT_EQ(2u, queue_.GetCount());
    EXPECT_EQ(follower, Describe(follower).jobId);
  }

  TEST_F(JobControllerTest, PausedFollowerWaits)
  {
    SubmitReusable();
    const std::string follower = SubmitReusable();
    EXPECT_TRUE(controller_->Pause(GetArchive(follower)));
    queue_.Run(0);

    controller_->Tick();
    EXPECT_EQ(JobState::Paused, GetState(follower));
    EXPECT_TRUE(controller_->Resume(GetArchive(follower)));
    controller_->Tick();

    EXPECT_EQ(JobState::Success, GetState(follower));
  }

  TEST_F(JobControllerTest, FollowerOfAPausedLeaderGoesOnAlone)
  {
    const std::string leader = SubmitReusable();
    const std::string follower = SubmitReusable();
    EXPECT_TRUE(controller_->Pause(GetArchive(leader)));

    controller_->Tick();
    queue_.RunAll();

    EXPECT_EQ(JobState::Paused, GetState(leader));
    EXPECT_EQ(JobState::Success, GetState(follower));
  }

  TEST_F(JobControllerTest, UrgentFollowerRaisesItsLeader)
  {
    const std::string leader = SubmitReusable();
    submission_.request.priority = 9;

    SubmitReusable();

    EXPECT_EQ(9, Describe(leader).priority);
    EXPECT_EQ(9, queue_.priorities.back());
  }

  TEST_F(JobControllerTest, FollowerThatBecomesUrgentRaisesItsLeader)
  {
    const std::string leader = SubmitReusable();
    const std::string follower = SubmitReusable();

    controller_->SetPriority(GetArchive(follower), 9);

    EXPECT_EQ(9, Describe(follower).priority);
    EXPECT_EQ(9, Describe(leader).priority);
    EXPECT_EQ(9, queue_.priorities.back());
    controller_->SetPriority(GetArchive(follower), 3);
    EXPECT_EQ(3, Describe(follower).priority);
    EXPECT_EQ(9, Describe(leader).priority);
  }

  TEST_F(JobControllerTest, SourcesThatChangeMeanwhileAreNoTwin)
  {
    const std::string leader = SubmitReusable();
    const std::string follower = SubmitReusable();
    const std::string before = GetRecord(leader).fingerprint;
    store_.memory.AddSeries("patient2", "study2", "series2", {std::string(10, 'c')});
    store_.memory.patients[0].studies[0].series[0].instances.pop_back();

    queue_.Run(0);
    controller_->Tick();

    EXPECT_NE(before, GetRecord(leader).fingerprint);
    EXPECT_EQ(JobState::Pending, GetState(follower));
    EXPECT_EQ(2u, queue_.GetCount());
  }

  TEST_F(JobControllerTest, SameRequestsAtTheSameTimeMakeOneArchive)
  {
    submission_.fingerprint = ComputeOwnFingerprint();
    boost::thread_group threads;
    for (unsigned i = 0; i < 8; i++)
    {
      threads.create_thread([&] { controller_->Submit(submission_); });
    }
    threads.join_all();
    EXPECT_EQ(1u, queue_.GetCount());

    queue_.Run(0);
    controller_->Tick();

    EXPECT_EQ(8u, observer_.GetEnds().size());
    for (const auto& record : spool_->List())
    {
      EXPECT_EQ(ArchiveState::Ready, record->state);
    }
  }

  // ---- Cancel

  TEST_F(JobControllerTest, WaitingJobIsCanceledAtOnce)
  {
    const std::string id = Submit();

    EXPECT_TRUE(controller_->Cancel(GetArchive(id)));

    EXPECT_EQ(JobState::Failure, GetState(id));
    EXPECT_EQ(JobState::Failure, queue_.GetState(0));
    EXPECT_EQ(FailureKind::Canceled, GetRecord(id).failureKind);
    EXPECT_TRUE(controller_->Cancel(GetArchive(id)));
    controller_->Tick();
    EXPECT_EQ((Ends{{id, ArchiveState::Failed}}), observer_.GetEnds());
    EXPECT_EQ(1u, queue_.GetCount());
  }

  TEST_F(JobControllerTest, RunningJobEndsAfterItsStep)
  {
    const std::string id = Submit();
    queue_.StepOnce(0);
    EXPECT_EQ(JobState::Running, GetState(id));

    EXPECT_TRUE(controller_->Cancel(GetArchive(id)));
    EXPECT_EQ(JobState::Running, GetState(id));
    queue_.StepOnce(0);

    EXPECT_EQ(JobState::Failure, GetState(id));
    EXPECT_EQ((Ends{{id, ArchiveState::Failed}}), observer_.GetEnds());
  }

  TEST_F(JobControllerTest, JobThatTheHostHasForgottenIsCanceled)
  {
    const std::string id = Submit();
    queue_.Forget(0);

    EXPECT_TRUE(controller_->Cancel(GetArchive(id)));

    EXPECT_EQ(JobState::Failure, GetState(id));
  }

  TEST_F(JobControllerTest, CancelBehindOurBackIsNoticed)
  {
    const std::string id = Submit();
    const std::string other = Submit();
    controller_->Tick();
    queue_.Cancel(id);
    Advance(11);

    controller_->Tick();

    EXPECT_EQ(JobState::Failure, GetState(id));
    EXPECT_EQ(FailureKind::Canceled, GetRecord(id).failureKind);
    EXPECT_EQ(JobState::Pending, GetState(other));
    EXPECT_EQ((Ends{{id, ArchiveState::Failed}}), observer_.GetEnds());
  }

  TEST_F(JobControllerTest, PausedJobCanceledBehindOurBackIsNoticed)
  {
    const std::string id = Submit();
    queue_.StepOnce(0);
    queue_.Pause(id);
    queue_.StepOnce(0);
    ASSERT_EQ(JobState::Paused, GetState(id));
    queue_.Cancel(id);
    Advance(11);

    controller_->Tick();

    EXPECT_EQ(JobState::Failure, GetState(id));
  }

  TEST_F(JobControllerTest, HostThatDoesNotAnswerCancelsNothing)
  {
    const std::string id = Submit();
    queue_.isUnavailable = true;

    ExpectFailure(FailureKind::Unavailable, [&] { controller_->Cancel(GetArchive(id)); });
    Advance(11);
    EXPECT_NO_THROW(controller_->Tick());

    EXPECT_EQ(JobState::Pending, GetState(id));
    queue_.isUnavailable = false;
    EXPECT_EQ(JobStep::Success, queue_.Run(0));
  }

  // ---- Pause

  TEST_F(JobControllerTest, WaitingJobPausesAndResumes)
  {
    const std::string id = Submit();
    const std::string archiveId = GetArchive(id);
    EXPECT_FALSE(controller_->Resume(archiveId));

    EXPECT_TRUE(controller_->Pause(archiveId));
    EXPECT_TRUE(controller_->Pause(archiveId));
    EXPECT_EQ(JobState::Paused, GetState(id));
    EXPECT_EQ(JobState::Paused, monitor_->Find(id)->state);
    controller_->Tick();
    EXPECT_EQ(0u, queue_.RunAll());
    EXPECT_TRUE(controller_->Resume(archiveId));
    EXPECT_FALSE(controller_->Resume(archiveId));

    EXPECT_EQ(JobState::Pending, GetState(id));
    EXPECT_EQ(JobStep::Success, queue_.Run(0));
    EXPECT_TRUE(controller_->Pause(archiveId)); // nothing to do
    EXPECT_EQ(JobState::Success, GetState(id));
  }

  TEST_F(JobControllerTest, RunningJobPausesAfterItsStep)
  {
    const std::string id = Submit();
    queue_.StepOnce(0);

    EXPECT_TRUE(controller_->Pause(GetArchive(id)));
    EXPECT_EQ(JobState::Running, GetState(id));
    EXPECT_FALSE(controller_->Resume(GetArchive(id)));
    queue_.StepOnce(0);
    EXPECT_EQ(JobState::Paused, GetState(id));
    EXPECT_TRUE(controller_->Resume(GetArchive(id)));

    EXPECT_EQ(JobStep::Success, queue_.Run(0));
    EXPECT_EQ(1u, queue_.GetCount());
  }

  TEST_F(JobControllerTest, PauseSurvivesALostRegistry)
  {
    const std::string id = Submit();
    controller_->Pause(GetArchive(id));

    Restart({});
    controller_->Recover();
    controller_->Tick();

    EXPECT_EQ(JobState::Paused, GetState(id));
    EXPECT_EQ(1u, queue_.GetCount());
    EXPECT_TRUE(controller_->Resume(GetArchive(id)));
    EXPECT_EQ(JobStep::Success, queue_.Run(1));
    EXPECT_EQ(JobState::Success, GetState(id));
  }

  TEST_F(JobControllerTest, PauseSurvivesAnOldRegistry)
  {
    for (const bool isRunning : {false, true})
    {
      const std::string id = Submit();
      const std::size_t first = queue_.GetCount() - 1;
      controller_->Pause(GetArchive(id));
      queue_.Resume(id); // as the registry of some seconds ago has it
      Restart({first});
      if (isRunning)
      {
        EXPECT_EQ(JobStep::Again, queue_.StepOnce(first));
      }
      EXPECT_EQ(JobState::Paused, GetState(id));

      controller_->Recover();
      controller_->Tick();
      EXPECT_EQ(JobStep::Failure, queue_.StepOnce(first));

      EXPECT_EQ(JobState::Failure, queue_.GetState(first));
      EXPECT_EQ(JobState::Paused, GetState(id));
      EXPECT_EQ(0u, queue_.RunAll());
      EXPECT_TRUE(controller_->Resume(GetArchive(id)));
      EXPECT_EQ(JobState::Pending, GetState(id));
      EXPECT_EQ(1u, queue_.RunAll());
      EXPECT_EQ(JobState::Success, GetState(id));
    }
  }

  TEST_F(JobControllerTest, PausedJobOfAnOldRegistryMayBeResumedBeforeTheRecovery)
  {
    const std::string id = Submit();
    controller_->Pause(GetArchive(id));
    queue_.Resume(id);
    Restart({0});
    EXPECT_EQ(JobStep::Again, queue_.StepOnce(0));

    EXPECT_TRUE(controller_->Resume(GetArchive(id)));
    EXPECT_EQ(JobState::Running, GetState(id));
    controller_->Recover();
    controller_->Tick();

    EXPECT_EQ(JobStep::Success, queue_.Run(0));
    EXPECT_EQ(JobState::Success, GetState(id));
    EXPECT_EQ(1u, queue_.GetCount());
  }

  // ---- Retry

  TEST_F(JobControllerTest, FailureThatMayPassIsTriedAgain)
  {
    const std::string id = Submit();
    store_.isBusy = true;

    EXPECT_EQ(JobStep::Failure, queue_.Run(0));

    EXPECT_EQ(JobState::Retry, GetState(id));
    EXPECT_EQ(JobState::Retry, monitor_->Find(id)->state);
    EXPECT_EQ(1u, GetRecord(id).attempts);
    EXPECT_EQ(clock_.GetNowMicroseconds() + 10 * SECOND, GetRecord(id).nextAttemptMicroseconds);
    EXPECT_TRUE(observer_.GetEnds().empty());
    Advance(9);
    controller_->Tick();
    EXPECT_EQ(1u, queue_.GetCount());
    store_.isBusy = false;
    Advance(1);
    controller_->Tick();
    ASSERT_EQ(2u, queue_.GetCount());
    EXPECT_EQ(JobState::Pending, GetState(id));
    EXPECT_EQ(JobStep::Success, queue_.Run(1));
    EXPECT_EQ(id, Describe(id).jobId);
    EXPECT_EQ(JobState::Success, GetState(id));
    EXPECT_EQ((Ends{{id, ArchiveState::Ready}}), observer_.GetEnds());
  }

  TEST_F(JobControllerTest, AttemptsAreBoundedAndFurtherApart)
  {
    jobs_.maxRetries = 3;
    jobs_.retryDelaySeconds = 1000;
    Stop();
    Start();
    const std::string id = Submit();
    store_.isBusy = true;

    for (const std::int64_t delay : {1000, 2000, 3600})
    {
      EXPECT_EQ(1u, queue_.RunAll());
      EXPECT_EQ(clock_.GetNowMicroseconds() + delay * SECOND,
                GetRecord(id).nextAttemptMicroseconds);
      Advance(delay);
      controller_->Tick();
    }
    EXPECT_EQ(1u, queue_.RunAll());

    EXPECT_EQ(JobState::Failure, GetState(id));
    EXPECT_EQ(FailureKind::Unavailable, GetRecord(id).failureKind);
    EXPECT_EQ((Ends{{id, ArchiveState::Failed}}), observer_.GetEnds());
    EXPECT_EQ(4u, queue_.GetCount());
  }

  TEST_F(JobControllerTest, FailureThatStaysIsNotTriedAgain)
  {
    const std::string id = Submit();
    store_.memory.unreadable = {"series-0001"};

    queue_.Run(0);

    EXPECT_EQ(JobState::Failure, GetState(id));
    EXPECT_EQ(0u, GetRecord(id).attempts);
  }

  TEST_F(JobControllerTest, NothingIsTriedAgainIfJobsBelongToTheHost)
  {
    jobs_.isEnabled = false;
    Stop();
    Start();
    const std::string id = Submit();
    store_.isBusy = true;

    queue_.Run(0);

    EXPECT_EQ(JobState::Failure, GetState(id));
  }

  TEST_F(JobControllerTest, RetryMayBeCanceledAndPaused)
  {
    const std::string first = Submit();
    const std::string second = Submit();
    store_.isBusy = true;
    queue_.RunAll();
    store_.isBusy = false;

    EXPECT_TRUE(controller_->Cancel(GetArchive(first)));
    EXPECT_TRUE(controller_->Pause(GetArchive(second)));
    EXPECT_EQ(JobState::Failure, GetState(first));
    EXPECT_EQ(JobState::Paused, GetState(second));
    Advance(100);
    controller_->Tick();
    EXPECT_EQ(2u, queue_.GetCount());
    EXPECT_TRUE(controller_->Resume(GetArchive(second)));
    controller_->Tick();
    queue_.RunAll();

    EXPECT_EQ(JobState::Success, GetState(second));
    EXPECT_EQ(3u, queue_.GetCount());
  }

  TEST_F(JobControllerTest, RetrySurvivesARestart)
  {
    const std::string id = Submit();
    store_.isBusy = true;
    queue_.Run(0);
    store_.isBusy = false;

    Restart({0});
    controller_->Recover();
    controller_->Tick();
    EXPECT_EQ(JobState::Retry, GetState(id));
    Advance(10);
    controller_->Tick();
    queue_.RunAll();

    EXPECT_EQ(JobState::Success, GetState(id));
  }

  TEST_F(JobControllerTest, RetryContinuesWhatWasWritten)
  {
    std::vector<std::string> contents;
    for (char seed = 'a'; seed < 'e'; seed++)
    {
      std::string content(3 << 20, seed);
      for (std::size_t i = 0; i < content.size(); i++)
      {
        content[i] = static_cast<char>(i * i * static_cast<unsigned char>(seed) >> 7);
      }
      contents.push_back(content);
    }
    store_.memory.AddSeries("big", "bigStudy", "bigSeries", contents);
    submission_.request.resources = {"bigStudy"};
    submission_.request.density = ArchiveDensity::Store;
    const std::string whole = Submit();
    queue_.Run(0);
    store_.memory.openedCount = 0;
    store_.busyInstances = {"bigSeries-0003"};
    const std::string id = Submit();
    queue_.Run(1);
    ASSERT_EQ(JobState::Retry, GetState(id));
    store_.busyInstances.clear();
    store_.memory.openedCount = 0;
    Advance(10);

    controller_->Tick();
    EXPECT_EQ(JobStep::Success, queue_.Run(2));

    EXPECT_LT(store_.memory.openedCount, 4u);
    const auto expected = spool_->OpenArchive(GetArchive(whole));
    const auto actual = spool_->OpenArchive(GetArchive(id));
    ASSERT_EQ(expected->GetSizeBytes(), actual->GetSizeBytes());
    EXPECT_TRUE(std::equal(expected->GetData(), expected->GetData() + expected->GetSizeBytes(),
                           actual->GetData()));
  }

  // ---- Priority

  TEST_F(JobControllerTest, PriorityReplacesTheJobBehindTheSameId)
  {
    const std::string id = Submit();

    controller_->SetPriority(GetArchive(id), 5);

    ASSERT_EQ(2u, queue_.GetCount());
    EXPECT_EQ(JobState::Failure, queue_.GetState(0));
    EXPECT_EQ(5, queue_.priorities[1]);
    EXPECT_EQ(5, Describe(id).priority);
    EXPECT_EQ(id, Describe(id).jobId);
    EXPECT_EQ(JobState::Pending, GetState(id));
    EXPECT_EQ(JobStep::Success, queue_.Run(1));
    EXPECT_EQ(JobState::Success, GetState(id));
    EXPECT_EQ((Ends{{id, ArchiveState::Ready}}), observer_.GetEnds());
  }

  TEST_F(JobControllerTest, ReplacedJobCannotTouchTheArchive)
  {
    const std::string id = Submit();
    controller_->SetPriority(GetArchive(id), 5);
    queue_.Resubmit(id); // by somebody who asks the host itself
    queue_.StepOnce(1);

    EXPECT_EQ(JobStep::Failure, queue_.Run(0));

    EXPECT_EQ(JobState::Running, GetState(id));
    EXPECT_EQ(JobStep::Success, queue_.Run(1));
    EXPECT_EQ(1u, CountEnds(id));
  }

  TEST_F(JobControllerTest, SamePriorityReplacesNothing)
  {
    const std::string id = Submit();

    controller_->SetPriority(GetArchive(id), 0);

    EXPECT_EQ(1u, queue_.GetCount());
  }

  TEST_F(JobControllerTest, OnlyWaitingJobsGetAnotherPriority)
  {
    const std::string running = Submit();
    queue_.StepOnce(0);
    const std::string ended = Submit();
    queue_.Run(1);

    ExpectFailure(FailureKind::Conflict, [&] { controller_->SetPriority(GetArchive(running), 1); });
    ExpectFailure(FailureKind::Conflict, [&] { controller_->SetPriority(GetArchive(ended), 1); });

    EXPECT_EQ(0, Describe(running).priority);
    EXPECT_EQ(2u, queue_.GetCount());
  }

  TEST_F(JobControllerTest, PausedJobKeepsItsNewPriority)
  {
    const std::string id = Submit();
    controller_->Pause(GetArchive(id));

    controller_->SetPriority(GetArchive(id), 4);

    EXPECT_EQ(JobState::Paused, GetState(id));
    controller_->Tick();
    EXPECT_EQ(1u, queue_.GetCount());
    EXPECT_TRUE(controller_->Resume(GetArchive(id)));
    EXPECT_EQ(4, queue_.priorities.back());
    EXPECT_EQ(JobStep::Success, queue_.Run(1));
  }

  TEST_F(JobControllerTest, JobThatCannotBeReplacedIsSubmittedLater)
  {
    const std::string id = Submit();
    queue_.isRefusing = true;
    ExpectFailure(FailureKind::Internal, [&] { controller_->SetPriority(GetArchive(id), 4); });
    queue_.isRefusing = false;

    controller_->Tick();

    EXPECT_EQ(4, queue_.priorities.back());
    EXPECT_EQ(1u, queue_.RunAll());
    EXPECT_EQ(JobState::Success, GetState(id));
  }

  // ---- Resubmission and removal

  TEST_F(JobControllerTest, FailedJobIsResubmitted)
  {
    store_.memory.unreadable = {"series-0000"};
    const std::string id = Submit();
    queue_.Run(0);
    store_.memory.unreadable.clear();

    EXPECT_TRUE(controller_->Resubmit(GetArchive(id)));
    EXPECT_EQ(JobState::Pending, GetState(id));
    EXPECT_FALSE(controller_->Resubmit(GetArchive(id)));
    EXPECT_EQ(1u, queue_.RunAll());

    EXPECT_EQ(JobState::Success, GetState(id));
    EXPECT_EQ((Ends{{id, ArchiveState::Failed}, {id, ArchiveState::Ready}}), observer_.GetEnds());
  }

  TEST_F(JobControllerTest, CanceledJobThatTheHostHasForgottenIsResubmitted)
  {
    const std::string id = Submit();
    controller_->Cancel(GetArchive(id));
    queue_.Forget(0);

    EXPECT_TRUE(controller_->Resubmit(GetArchive(id)));

    EXPECT_EQ(JobStep::Success, queue_.Run(1));
    EXPECT_EQ(id, Describe(id).jobId);
    EXPECT_FALSE(controller_->Resubmit(GetArchive(id)));
  }

  TEST_F(JobControllerTest, EachFailedRunIsObserved)
  {
    store_.memory.unreadable = {"series-0000"};
    const std::string id = Submit();
    queue_.Run(0);
    controller_->Resubmit(GetArchive(id));
    queue_.RunAll();

    EXPECT_EQ(2u, CountEnds(id));
  }

  TEST_F(JobControllerTest, EndedJobIsRemoved)
  {
    const std::string id = Submit();
    const std::string archiveId = GetArchive(id);
    EXPECT_FALSE(controller_->Remove(archiveId));
    queue_.Run(0);

    EXPECT_TRUE(controller_->Remove(archiveId));

    EXPECT_FALSE(controller_->Remove(archiveId));
    EXPECT_FALSE(spool_->FindState(archiveId).has_value());
    EXPECT_FALSE(monitor_->Find(id).has_value());
    EXPECT_EQ(JobEventKind::Removed, monitor_->Enter()->Wait(id, 0, 0).events.back().kind);
  }

  TEST_F(JobControllerTest, WhatTheRetentionRemovesIsForgotten)
  {
    const std::string id = Submit();
    queue_.Run(0);
    Advance(3600 * 24 * 10);
    controller_->Tick();
    Advance(3600 * 24 * 10);

    controller_->Tick();

    EXPECT_TRUE(spool_->List().empty());
    EXPECT_FALSE(monitor_->Find(id).has_value());
  }

  // ---- Restart

  TEST_F(JobControllerTest, RestoredJobGoesOn)
  {
    const std::string id = Submit();
    queue_.StepOnce(0);

    Restart({0});
    EXPECT_EQ(JobState::Pending, GetState(id)); // even before anything is recovered
    controller_->Recover();
    controller_->Tick();

    EXPECT_EQ(1u, queue_.GetCount());
    EXPECT_EQ(JobStep::Success, queue_.Run(0));
    EXPECT_EQ((Ends{{id, ArchiveState::Ready}}), observer_.GetEnds());
  }

  TEST_F(JobControllerTest, LostJobIsContinuedByANewOne)
  {
    submission_.request.priority = 3;
    const std::string id = Submit();
    queue_.StepOnce(0);

    Restart({});
    controller_->Recover();
    controller_->Tick();

    ASSERT_EQ(2u, queue_.GetCount());
    EXPECT_EQ(3, queue_.priorities[1]);
    EXPECT_EQ(id, Describe(id).jobId);
    EXPECT_EQ(JobStep::Success, queue_.Run(1));
    EXPECT_EQ(JobState::Success, GetState(id));
  }

  TEST_F(JobControllerTest, JobThatWasNotLinkedYetIsRecognized)
  {
    NewArchive archive;
    archive.request = submission_.request;
    const std::string archiveId = spool_->Create(archive).id;
    Stop();
    Start();
    QueuedJob shown;
    shown.id = InlineJobQueue::MakeId(0);
    shown.archiveId = archiveId;
    queue_.Restore(shown, factory_->CreateArchiveJob(archiveId));

    controller_->Recover();
    controller_->Tick();

    EXPECT_EQ(shown.id, spool_->GetPublicJob(archiveId));
    EXPECT_EQ(1u, queue_.GetCount());
  }

  TEST_F(JobControllerTest, ArchiveWithoutAnyJobGetsOne)
  {
    NewArchive archive;
    archive.request = submission_.request;
    archive.idempotencyKey = "key";
    archive.owner = "alice";
    const std::string archiveId = spool_->Create(archive).id;
    Stop();
    Start();

    submission_.idempotencyKey = "key";
    EXPECT_EQ(InlineJobQueue::MakeId(0), Submit()); // before anything was recovered
    controller_->Recover();
    controller_->Tick();

    EXPECT_EQ(InlineJobQueue::MakeId(0), spool_->GetPublicJob(archiveId));
    EXPECT_EQ(1u, queue_.GetCount());
  }

  TEST_F(JobControllerTest, SeveralRestoredJobsMakeOneArchive)
  {
    const std::string id = Submit();
    controller_->SetPriority(GetArchive(id), 5);

    Restart({0, 1});
    controller_->Recover();
    controller_->Tick();
    queue_.Resubmit(InlineJobQueue::MakeId(0));
    queue_.RunAll();

    EXPECT_EQ(2u, queue_.GetCount());
    EXPECT_EQ(JobState::Success, GetState(id));
  }

  TEST_F(JobControllerTest, EndThatACrashHasKeptFromTheObserverIsTold)
  {
    const std::string id = Submit();
    const std::string saved = queue_.GetJob(0).GetSavedState();
    queue_.Run(0);
    Stop();
    Start();
    QueuedJob shown;
    shown.id = id;
    queue_.Restore(shown, factory_->Restore("Archive", saved));

    EXPECT_EQ(JobStep::Success, queue_.Run(1));

    EXPECT_EQ(2u, CountEnds(id));
  }

  TEST_F(JobControllerTest, LatestEndsAreToldAgainAlthoughTheHostHasForgottenTheirJobs)
  {
    const std::string early = Submit();
    queue_.Run(0);
    Advance(60);
    const std::string late = Submit();
    queue_.Run(1);
    const std::string canceled = Submit();
    controller_->Cancel(GetArchive(canceled));
    Advance(24 * 3600);

    Restart({});
    EXPECT_EQ(3u, observer_.GetEnds().size());
    controller_->Recover();

    EXPECT_EQ(1u, CountEnds(early));
    EXPECT_EQ(2u, CountEnds(late));
    EXPECT_EQ(2u, CountEnds(canceled));
    EXPECT_EQ(JobState::Success, GetState(late));
    controller_->Recover();
    EXPECT_EQ(2u, CountEnds(late));
  }

  TEST_F(JobControllerTest, FollowersSurviveARestart)
  {
    const std::string leader = SubmitReusable();
    const std::string follower = SubmitReusable();

    Restart({});
    controller_->Recover();
    controller_->Tick();
    EXPECT_EQ(2u, queue_.GetCount());
    queue_.RunAll();
    controller_->Tick();

    EXPECT_EQ(JobState::Success, GetState(leader));
    EXPECT_EQ(JobState::Success, GetState(follower));
  }

  TEST_F(JobControllerTest, RecoveryIsTriedAgain)
  {
    const std::string id = Submit();
    Restart({});
    queue_.isUnavailable = true;
    ExpectFailure(FailureKind::Unavailable, [&] { controller_->Recover(); });
    controller_->Tick();
    EXPECT_EQ(1u, queue_.GetCount());
    queue_.isUnavailable = false;

    controller_->Recover();
    controller_->Tick();

    EXPECT_EQ(1u, queue_.RunAll());
    EXPECT_EQ(JobState::Success, GetState(id));
  }

  // ---- Description

  TEST_F(JobControllerTest, QueuePositionCountsAllThatWait)
  {
    QueuedJob foreign;
    foreign.id = "foreign";
    foreign.priority = 5;
    queue_.AddForeign(foreign);
    foreign.id = "running";
    foreign.state = JobState::Running;
    queue_.AddForeign(foreign);
    const std::string first = Submit();
    const std::string second = Submit();
    submission_.request.priority = 9;
    const std::string urgent = Submit();

    EXPECT_EQ(1u, Describe(urgent).queuePosition);
    EXPECT_EQ(3u, Describe(first).queuePosition);
    EXPECT_EQ(4u, Describe(second).queuePosition);
    queue_.Run(2);
    EXPECT_FALSE(Describe(urgent).queuePosition.has_value());
    EXPECT_EQ(2u, Describe(first).queuePosition);
  }

  TEST_F(JobControllerTest, RunningJobHasSpeedAndEta)
  {
    const std::string id = Submit();
    queue_.StepOnce(0);
    JobStatus status = monitor_->Find(id).value();
    status.state = JobState::Running;
    status.inputBytesDone = 20'000;
    status.bytesPerSecond = 10'000;
    monitor_->Report(status);

    const JobFacts facts = Describe(id);

    EXPECT_EQ(10'000u, facts.bytesPerSecond);
    EXPECT_EQ(clock_.GetNowMicroseconds() + 6 * SECOND, facts.etaMicroseconds);
  }

  // ---- Events of the host and waiting

  TEST_F(JobControllerTest, EventsOfOthersAreForeign)
  {
    const std::string id = Submit();

    controller_->NoteHostEvent(id);
    controller_->NoteHostEvent("foreign");

    std::vector<std::string> foreign;
    for (const JobEvent& event : monitor_->Enter()->Wait("", 0, 0).events)
    {
      if (event.kind == JobEventKind::Foreign)
      {
        foreign.push_back(event.status.jobId);
      }
    }
    EXPECT_EQ(std::vector<std::string>{"foreign"}, foreign);
  }

  // Some hosts tell of a job before its submission returns
  TEST_F(JobControllerTest, JobThatIsBeingSubmittedIsNotForeign)
  {
    queue_.onSubmit = [&]
    {
      controller_->NoteHostEvent(InlineJobQueue::MakeId(0));
      controller_->NoteHostEvent("foreign");
    };

    Submit();

    std::set<std::string> foreign;
    for (const JobEvent& event : monitor_->Enter()->Wait("", 0, 0).events)
    {
      if (event.kind == JobEventKind::Foreign)
      {
        foreign.insert(event.status.jobId);
      }
    }
    EXPECT_EQ(std::set<std::string>{"foreign"}, foreign);
  }

  TEST_F(JobControllerTest, WorkEndsTheWait)
  {
    controller_->Tick();
    boost::thread keeper([&] { controller_->WaitForWork(); });

    Submit();
    keeper.join(); // returns, or the test hangs

    queue_.Run(0);
    controller_->WaitForWork();
  }

  TEST_F(JobControllerTest, WaitMayBeInterrupted)
  {
    boost::thread keeper([&] { controller_->WaitForWork(); });

    keeper.interrupt();
    keeper.join();
  }

  // ---- All at once

  TEST_F(JobControllerTest, ManyThreadsLeaveNothingUnfinished)
  {
    submission_.fingerprint = ComputeOwnFingerprint();
    constexpr unsigned CLIENTS = 4;
    constexpr unsigned REQUESTS = 15;
    std::atomic<unsigned> activeCount{CLIENTS};
    boost::thread_group threads;
    for (unsigned c = 0; c < CLIENTS; c++)
    {
      threads.create_thread(
        [&, c]
        {
          JobSubmission submission = submission_;
          submission.owner = "user" + std::to_string(c % 2);
          for (unsigned i = 0; i < REQUESTS; i++)
          {
            submission.fingerprint = i % 3 == 0 ? submission_.fingerprint : "";
            const std::string archiveId =
              spool_->FindByJob(controller_->Submit(submission)).value();
            controller_->Describe(archiveId);
            switch ((c + i) % 5)
            {
            case 0:
              controller_->Cancel(archiveId);
              controller_->Resubmit(archiveId);
              break;
            case 1:
              controller_->Pause(archiveId);
              while (!controller_->Resume(archiveId) &&
                     spool_->FindState(archiveId) == ArchiveState::Pending)
              {
                boost::this_thread::yield();
              }
              break;
            case 2:
              try
              {
                controller_->SetPriority(archiveId, static_cast<int>(i + 1));
              }
              catch (const Failure& failure)
              {
                EXPECT_EQ(FailureKind::Conflict, failure.GetKind());
              }
              break;
            default:
              break;
            }
          }
          activeCount--;
        });
    }
    boost::thread worker(
      [&]
      {
        while (activeCount != 0)
        {
          queue_.RunAll();
        }
      });
    boost::thread keeper(
      [&]
      {
        while (activeCount != 0)
        {
          controller_->Tick();
          controller_->NoteHostEvent("foreign");
        }
      });
    threads.join_all();
    worker.join();
    keeper.join();

    for (unsigned round = 0; round < 5; round++)
    {
      queue_.RunAll();
      Advance(11);
      controller_->Tick();
    }

    const auto records = spool_->List();
    EXPECT_EQ(CLIENTS * REQUESTS, records.size());
    for (const auto& record : records)
    {
      EXPECT_NE(ArchiveState::Pending, record->state);
      const std::string jobId = spool_->GetPublicJob(record->id);
      EXPECT_GE(CountEnds(jobId), 1u);
      const bool isReady = record->state == ArchiveState::Ready;
      EXPECT_EQ(isReady ? JobState::Success : JobState::Failure, monitor_->Find(jobId)->state);
    }
  }
} // namespace OrthancPlugins
