// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../Plugin/Core/Failure.h"
#include "../../Plugin/Host/OrthancJobQueue.h"
#include "../../Plugin/Host/OrthancRestApi.h"
#include "../Fakes/FakeOrthanc.h"

#include <boost/thread/thread.hpp>
#include <gtest/gtest.h>

#include <atomic>

namespace OrthancPlugins
{
  namespace
  {
    // What the test sees of a job that belongs to the host
    struct Probe
    {
      std::atomic<int> aliveCount{0};
      int steps = 0;
      int resets = 0;
      std::vector<JobStopReason> stops;
      std::function<JobStep()> onStep = [] { return JobStep::Again; };
      std::string savedState = "{\"ArchiveId\":\"a\"}";
      std::string content; // empty: the number of steps
    };

    class ProbeJob final : public IJob
    {
    public:
      explicit ProbeJob(Probe& probe)
        : probe_(probe)
      {
        probe_.aliveCount++;
      }
      ~ProbeJob() override { probe_.aliveCount--; }

      JobStep Step() override
      {
        probe_.steps++;
        return probe_.onStep();
      }
      void Stop(JobStopReason reason) override { probe_.stops.push_back(reason); }
      void Reset() override
      {
        probe_.resets++;
        probe_.steps = 0;
      }
      std::string GetType() const override { return "Archive"; }
      float GetProgress() const override { return static_cast<float>(probe_.steps) / 4.0f; }
      std::string GetContent() const override
      {
        return probe_.content.empty() ? "{\"Steps\":" + std::to_string(probe_.steps) + "}"
                                      : probe_.content;
      }
      std::string GetSavedState() const override { return probe_.savedState; }

    private:
      Probe& probe_;
    };

    // The queue of a host, with the REST API that it needs
    class HostQueue
    {
    public:
      explicit HostQueue(FakeOrthanc& host)
        : api_(host.GetContext(), host.GetVersion()),
          queue_(host.GetContext(), api_)
      {
      }

      OrthancJobQueue* operator->() { return &queue_; }

    private:
      OrthancRestApi api_;
      OrthancJobQueue queue_;
    };

    FakeOrthanc::Job& Submit(FakeOrthanc& host, Probe& probe)
    {
      HostQueue(host)->Submit(std::make_unique<ProbeJob>(probe), 3);
      return **host.jobs.begin();
    }

    FakeOrthanc::RestAnswer MakeAnswer(unsigned status, const std::string& body)
    {
      FakeOrthanc::RestAnswer answer;
      answer.status = status;
      answer.body = body;
      return answer;
    }

    FakeOrthanc::RestAnswer MakeError(OrthancPluginErrorCode code)
    {
      FakeOrthanc::RestAnswer answer;
      answer.code = code;
      return answer;
    }

    std::string MakeJob(const std::string& id, const std::string& state, const std::string& content)
    {
      return R"({"ID":")" + id + R"(","State":")" + state +
             R"(","Priority":-3,"CreationTime":"20260102T030405.678901","Type":"Archive","Content":)" +
             content + "}";
    }

    const char* const HOSTS[] = {"1.10.1", "1.12.7", "1.13.0"};
  } // namespace

  TEST(OrthancJobQueue, SubmittedJobBelongsToTheHost)
  {
    Probe probe;
    {
      FakeOrthanc host("1.12.7");
      HostQueue queue(host);

      EXPECT_EQ("job-1", queue->Submit(std::make_unique<ProbeJob>(probe), -5));

      const FakeOrthanc::Job& job = **host.jobs.begin();
      EXPECT_EQ("Archive", job.type);
      EXPECT_EQ(-5, job.priority);
      EXPECT_TRUE(job.isSubmitted);
      EXPECT_EQ(1, probe.aliveCount);
    }
    EXPECT_EQ(0, probe.aliveCount);
  }

  TEST(OrthancJobQueue, CallbacksReachTheJob)
  {
    FakeOrthanc host("1.10.1");
    Probe probe;
    FakeOrthanc::Job& job = Submit(host, probe);
    void* const wrapper = job.callbacks.job;

    EXPECT_STREQ("{\"Steps\":0}", job.callbacks.getContent(wrapper));
    EXPECT_STREQ("{\"ArchiveId\":\"a\"}", job.callbacks.getSerialized(wrapper));
    EXPECT_EQ(OrthancPluginJobStepStatus_Continue, job.callbacks.step(wrapper));
    EXPECT_STREQ("{\"Steps\":1}", job.callbacks.getContent(wrapper));
    EXPECT_FLOAT_EQ(0.25f, job.callbacks.getProgress(wrapper));
    probe.onStep = [] { return JobStep::Success; };
    EXPECT_EQ(OrthancPluginJobStepStatus_Success, job.callbacks.step(wrapper));
    probe.onStep = [] { return JobStep::Failure; };
    EXPECT_EQ(OrthancPluginJobStepStatus_Failure, job.callbacks.step(wrapper));
    for (const OrthancPluginJobStopReason reason :
         {OrthancPluginJobStopReason_Success, OrthancPluginJobStopReason_Paused,
          OrthancPluginJobStopReason_Failure, OrthancPluginJobStopReason_Canceled})
    {
      EXPECT_EQ(OrthancPluginErrorCode_Success, job.callbacks.stop(wrapper, reason));
    }
    EXPECT_EQ((std::vector<JobStopReason>{JobStopReason::Success, JobStopReason::Paused,
                                          JobStopReason::Failure, JobStopReason::Canceled}),
              probe.stops);
    EXPECT_EQ(OrthancPluginErrorCode_Success, job.callbacks.reset(wrapper));
    EXPECT_EQ(1, probe.resets);
    EXPECT_STREQ("{\"Steps\":0}", job.callbacks.getContent(wrapper));
  }

  TEST(OrthancJobQueue, NothingThatAStepThrowsReachesTheHost)
  {
    FakeOrthanc host("1.10.1");
    Probe probe;
    FakeOrthanc::Job& job = Submit(host, probe);
    const std::function<JobStep()> bad[] = {
      []() -> JobStep { throw Failure(FailureKind::StorageFull, "Full"); },
      []() -> JobStep { throw std::bad_alloc(); }, []() -> JobStep { throw 1; }};

    for (const auto& step : bad)
    {
      probe.onStep = step;
      EXPECT_EQ(OrthancPluginJobStepStatus_Failure, job.callbacks.step(job.callbacks.job));
    }
    EXPECT_NE(std::string::npos, host.GetLog().find("Step of a job: Full"));
  }

  TEST(OrthancJobQueue, TextsOutliveTheNextStep)
  {
    FakeOrthanc host("1.10.1");
    Probe probe;
    FakeOrthanc::Job& job = Submit(host, probe);

    const char* const content = job.callbacks.getContent(job.callbacks.job);
    job.callbacks.step(job.callbacks.job);
    job.callbacks.step(job.callbacks.job);

    EXPECT_STREQ("{\"Steps\":0}", content);
    EXPECT_EQ(job.callbacks.getSerialized(job.callbacks.job),
              job.callbacks.getSerialized(job.callbacks.job));
  }

  TEST(OrthancJobQueue, WhatIsNoJsonObjectIsNotShownToTheHost)
  {
    FakeOrthanc host("1.10.1");
    Probe probe;
    probe.content = "[1]";
    probe.savedState = "";
    FakeOrthanc::Job& job = Submit(host, probe);

    EXPECT_STREQ("{}", job.callbacks.getContent(job.callbacks.job));
    EXPECT_EQ(nullptr, job.callbacks.getSerialized(job.callbacks.job));
  }

  TEST(OrthancJobQueue, HostThatCannotCreateLosesNothing)
  {
    FakeOrthanc host("1.10.1");
    Probe probe;
    host.failing[_OrthancPluginService_CreateJob] = OrthancPluginErrorCode_NotEnoughMemory;

    EXPECT_THROW(HostQueue(host)->Submit(std::make_unique<ProbeJob>(probe), 0), Failure);
    EXPECT_EQ(0, probe.aliveCount);
  }

  TEST(OrthancJobQueue, HostThatIsNotUpGivesTheJobBack)
  {
    FakeOrthanc host("1.10.1");
    Probe probe;
    host.failing[_OrthancPluginService_SubmitJob] = OrthancPluginErrorCode_DatabaseNotInitialized;

    EXPECT_THROW(HostQueue(host)->Submit(std::make_unique<ProbeJob>(probe), 0), Failure);
    EXPECT_EQ(0, probe.aliveCount);
    EXPECT_TRUE(host.jobs.empty());
  }

  TEST(OrthancJobQueue, JobThatTheHostHasKeptIsNotFreed)
  {
    FakeOrthanc host("1.10.1");
    Probe probe;
    host.failing[_OrthancPluginService_SubmitJob] = OrthancPluginErrorCode_InternalError;

    EXPECT_THROW(HostQueue(host)->Submit(std::make_unique<ProbeJob>(probe), 0), Failure);
    EXPECT_EQ(1u, host.jobs.size());
    EXPECT_EQ(1, probe.aliveCount);
  }

  TEST(OrthancJobQueue, JobsAreRestored)
  {
    FakeOrthanc host("1.12.7");
    Probe probe;
    RegisterJobRestorer(host.GetContext(),
                        [&](const std::string& type, const std::string& saved)
                        {
                          return type == "Archive" && saved == "{\"ArchiveId\":\"a\"}"
                                   ? std::make_unique<ProbeJob>(probe)
                                   : nullptr;
                        });

    OrthancPluginJob* const restored = host.unserializer("Archive", "{\"ArchiveId\":\"a\"}");

    EXPECT_NE(nullptr, restored);
    EXPECT_EQ(1, probe.aliveCount);
    EXPECT_FALSE((*host.jobs.begin())->isSubmitted);
    EXPECT_EQ(nullptr, host.unserializer("Archive", "{}"));
    EXPECT_EQ(nullptr, host.unserializer("Modify", "{}"));
    EXPECT_EQ(nullptr, host.unserializer(nullptr, nullptr));
    ClearJobRestorer();
    EXPECT_EQ(nullptr, host.unserializer("Archive", "{\"ArchiveId\":\"a\"}"));
  }

  TEST(OrthancJobQueue, FailureToRestoreDropsThatJobOnly)
  {
    FakeOrthanc host("1.12.7");
    RegisterJobRestorer(host.GetContext(),
                        [](const std::string&, const std::string&) -> std::unique_ptr<IJob>
                        { throw std::bad_alloc(); });

    EXPECT_EQ(nullptr, host.unserializer("Archive", "{}"));
    ClearJobRestorer();
  }

  TEST(OrthancJobQueue, RegistryIsSavedWhileAWorkerSteps)
  {
    FakeOrthanc host("1.10.1");
    Probe probe;
    FakeOrthanc::Job& job = Submit(host, probe);
    std::atomic<bool> isDone{false};
    std::atomic<unsigned> badCount{0};

    boost::thread saver(
      [&]
      {
        while (!isDone)
        {
          const std::string saved = job.callbacks.getSerialized(job.callbacks.job);
          badCount += saved == "{\"ArchiveId\":\"a\"}" ? 0u : 1u;
          static_cast<void>(job.callbacks.getProgress(job.callbacks.job));
        }
      });
    for (int i = 0; i < 500; i++)
    {
      job.callbacks.step(job.callbacks.job);
    }
    isDone = true;
    saver.join();

    EXPECT_EQ(0u, badCount);
    EXPECT_STREQ("{\"Steps\":500}", job.callbacks.getContent(job.callbacks.job));
  }

  // ---- What the host says about its jobs

  TEST(OrthancJobQueue, ListsTheJobsOfTheHost)
  {
    FakeOrthanc host("1.10.1");
    host.uris["GET /jobs?expand"] =
      "[" + MakeJob("a", "Pending", R"({"ArchiveId":"x"})") + "," + MakeJob("b", "Running", "{}") +
      "," + MakeJob("c", "Paused", "null") + "," + MakeJob("d", "Retry", R"({"ArchiveId":7})") +
      "," + MakeJob("e", "Success", "[]") + "," + MakeJob("f", "Failure", R"("ArchiveId")") + "," +
      MakeJob("g", "Sleeping", "{}") + R"(,{"State":"Pending"},3,null])";

    const std::vector<QueuedJob> jobs = HostQueue(host)->List();

    ASSERT_EQ(6u, jobs.size());
    EXPECT_EQ("a", jobs[0].id);
    EXPECT_EQ("x", jobs[0].archiveId);
    EXPECT_EQ(-3, jobs[0].priority);
    EXPECT_EQ("20260102T030405.678901", jobs[0].creationTime);
    const JobState states[] = {JobState::Pending, JobState::Running, JobState::Paused,
                               JobState::Retry,   JobState::Success, JobState::Failure};
    for (std::size_t i = 0; i < 6; i++)
    {
      EXPECT_EQ(states[i], jobs[i].state);
      EXPECT_EQ(i == 0 ? "x" : "", jobs[i].archiveId);
    }
  }

  TEST(OrthancJobQueue, ListThatCannotBeReadIsAFailure)
  {
    FakeOrthanc host("1.12.7");
    for (const auto& [answer, kind] :
         {std::make_pair(MakeAnswer(200, "nonsense"), FailureKind::Internal),
          std::make_pair(MakeAnswer(200, std::string(100'000, '[')), FailureKind::Internal),
          std::make_pair(MakeAnswer(503, ""), FailureKind::Unavailable),
          std::make_pair(MakeAnswer(500, ""), FailureKind::Internal),
          std::make_pair(MakeError(OrthancPluginErrorCode_DatabaseUnavailable),
                         FailureKind::Unavailable),
          std::make_pair(MakeError(OrthancPluginErrorCode_DatabaseNotInitialized),
                         FailureKind::Unavailable),
          std::make_pair(MakeError(OrthancPluginErrorCode_UnknownResource), FailureKind::Internal)})
    {
      host.onRest = [&answer = answer](const std::string&, const std::string&) { return answer; };
      try
      {
        HostQueue(host)->List();
        ADD_FAILURE() << "Nothing was thrown";
      }
      catch (const Failure& failure)
      {
        EXPECT_EQ(kind, failure.GetKind()) << failure.what();
      }
    }
  }

  TEST(OrthancJobQueue, FindsAJobOrNone)
  {
    for (const char* const version : HOSTS)
    {
      FakeOrthanc host(version);
      host.uris["GET /jobs/a"] = MakeJob("a", "Running", R"({"ArchiveId":"x"})");

      const std::optional<QueuedJob> job = HostQueue(host)->Find("a");

      ASSERT_TRUE(job.has_value());
      EXPECT_EQ(JobState::Running, job->state);
      EXPECT_EQ("x", job->archiveId);
    }
  }

  // As each host says that there is no such job, or that its state does not allow it
  TEST(OrthancJobQueue, RefusalsAreNoFailures)
  {
    for (const char* const version : HOSTS)
    {
      FakeOrthanc host(version);
      for (const FakeOrthanc::RestAnswer& answer :
           {MakeAnswer(404, ""), MakeAnswer(400, ""),
            MakeError(OrthancPluginErrorCode_UnknownResource),
            MakeError(OrthancPluginErrorCode_BadRequest),
            MakeError(OrthancPluginErrorCode_InexistentItem),
            MakeError(OrthancPluginErrorCode_BadSequenceOfCalls)})
      {
        host.onRest = [&](const std::string&, const std::string&) { return answer; };
        HostQueue queue(host);

        EXPECT_FALSE(queue->Find("a").has_value());
        EXPECT_FALSE(queue->Cancel("a"));
        EXPECT_FALSE(queue->Pause("a"));
        EXPECT_FALSE(queue->Resume("a"));
        EXPECT_FALSE(queue->Resubmit("a"));
      }
    }
  }

  TEST(OrthancJobQueue, VerbsReachTheHost)
  {
    FakeOrthanc host("1.12.7");
    host.onRest = [](const std::string&, const std::string&) { return MakeAnswer(200, "{}"); };
    HostQueue queue(host);

    EXPECT_TRUE(queue->Cancel("a"));
    EXPECT_TRUE(queue->Pause("b"));
    EXPECT_TRUE(queue->Resume("c"));
    EXPECT_TRUE(queue->Resubmit("d"));

    EXPECT_EQ((std::vector<std::string>{"POST /jobs/a/cancel", "POST /jobs/b/pause",
                                        "POST /jobs/c/resume", "POST /jobs/d/resubmit"}),
              host.calls);
  }

  TEST(OrthancJobQueue, HostThatIsBusyIsNoRefusal)
  {
    FakeOrthanc host("1.12.7");
    host.onRest = [](const std::string&, const std::string&)
    { return MakeError(OrthancPluginErrorCode_DatabaseUnavailable); };
    HostQueue queue(host);

    EXPECT_THROW(queue->Find("a"), Failure);
    EXPECT_THROW(queue->Cancel("a"), Failure);
  }
} // namespace OrthancPlugins
