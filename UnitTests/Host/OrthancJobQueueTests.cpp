// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../Plugin/Core/Failure.h"
#include "../../Plugin/Host/OrthancJobQueue.h"
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

    FakeOrthanc::Job& Submit(FakeOrthanc& host, Probe& probe)
    {
      OrthancJobQueue(host.GetContext()).Submit(std::make_unique<ProbeJob>(probe), 3);
      return **host.jobs.begin();
    }
  } // namespace

  TEST(OrthancJobQueue, SubmittedJobBelongsToTheHost)
  {
    Probe probe;
    {
      FakeOrthanc host("1.12.7");
      OrthancJobQueue queue(host.GetContext());

      EXPECT_EQ("job-1", queue.Submit(std::make_unique<ProbeJob>(probe), -5));

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

    EXPECT_THROW(OrthancJobQueue(host.GetContext()).Submit(std::make_unique<ProbeJob>(probe), 0),
                 Failure);
    EXPECT_EQ(0, probe.aliveCount);
  }

  TEST(OrthancJobQueue, HostThatIsNotUpGivesTheJobBack)
  {
    FakeOrthanc host("1.10.1");
    Probe probe;
    host.failing[_OrthancPluginService_SubmitJob] = OrthancPluginErrorCode_DatabaseNotInitialized;

    EXPECT_THROW(OrthancJobQueue(host.GetContext()).Submit(std::make_unique<ProbeJob>(probe), 0),
                 Failure);
    EXPECT_EQ(0, probe.aliveCount);
    EXPECT_TRUE(host.jobs.empty());
  }

  TEST(OrthancJobQueue, JobThatTheHostHasKeptIsNotFreed)
  {
    FakeOrthanc host("1.10.1");
    Probe probe;
    host.failing[_OrthancPluginService_SubmitJob] = OrthancPluginErrorCode_InternalError;

    EXPECT_THROW(OrthancJobQueue(host.GetContext()).Submit(std::make_unique<ProbeJob>(probe), 0),
                 Failure);
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
} // namespace OrthancPlugins
