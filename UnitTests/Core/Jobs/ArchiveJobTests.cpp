// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../../Plugin/Core/Jobs/ArchiveJob.h"

#include "../../../Plugin/Core/Jobs/JobFactory.h"
#include "../../../Plugin/Core/Spool/SpoolNames.h"
#include "../../../Plugin/Core/Uuid.h"
#include "../../Fakes/ManualClock.h"
#include "../../Fakes/MemoryDicomStore.h"
#include "../Spool/ExpectFailure.h"
#include "../Spool/TestDirectory.h"

#include <json/json.h>

#include <atomic>
#include <new>
#include <random>

#include <boost/thread/thread.hpp>

namespace OrthancPlugins
{
  namespace
  {
    constexpr std::size_t END_BYTES = 22; // APPNOTE 4.3.16, before the comment

    std::string MakeNoise(std::size_t sizeBytes, unsigned seed)
    {
      std::mt19937 random(seed);
      std::string noise(sizeBytes, '\0');
      for (char& c : noise)
      {
        c = static_cast<char>(random() % 256);
      }
      return noise;
    }

    // Whether the content ends with an end of central directory record, its comment included
    bool IsZip(const std::string& content)
    {
      const std::size_t position = content.rfind("PK\x05\x06");
      if (position == std::string::npos || content.size() - position < END_BYTES)
      {
        return false;
      }
      const std::size_t low = static_cast<unsigned char>(content[position + 20]);
      const std::size_t high = static_cast<unsigned char>(content[position + 21]);
      return content.size() - position == END_BYTES + low + 256 * high;
    }

    // Fails with what is no Failure
    class BrokenStore final : public IDicomStore
    {
    public:
      bool isOutOfMemory = false;

      std::optional<ResourceLevel> FindLevel(const std::string&) override { Throw(); }

      StoredPatient Describe(ResourceLevel, const std::string&, const DescribeOptions&) override
      {
        Throw();
      }

      std::unique_ptr<IInstanceData> OpenInstance(const StoredInstance&) override { Throw(); }

      std::unique_ptr<IInstanceData> OpenTranscoded(const StoredInstance&,
                                                    const TranscodeTarget&) override
      {
        Throw();
      }

      std::string RenderPreview(const std::string&) override { Throw(); }

    private:
      [[noreturn]] void Throw() const
      {
        if (isOutOfMemory)
        {
          throw std::bad_alloc();
        }
        throw std::runtime_error("Doe^John");
      }
    };
  } // namespace

  class ArchiveJobTest : public ::testing::Test
  {
  protected:
    ArchiveJobTest()
      : version_(MakeVersion()),
        planner_(store_, version_)
    {
      store_.AddSeries("patient", "study", "series",
                       {MakeNoise(40'000, 1), MakeNoise(40'000, 2), MakeNoise(40'000, 3)});
      request_.level = ResourceLevel::Study;
      request_.resources = {"study"};
      request_.filename = "study.zip";
      request_.isSynchronous = false;
      OpenSpool();
    }

    static HostVersion MakeVersion()
    {
      HostVersion version;
      version.major = 1;
      version.minor = 12;
      version.revision = 7;
      return version;
    }

    void OpenSpool()
    {
      SpoolSettings settings;
      settings.directory = directory_.GetSpool();
      spool_.reset();
      spool_ = std::make_unique<ArchiveSpool>(settings, clock_);
    }

    std::string Create()
    {
      NewArchive archive;
      archive.request = request_;
      archive.instancesCount = 3;
      archive.uncompressedBytes = 120'000;
      return spool_->Create(archive).id;
    }

    std::string CreateReusable()
    {
      NewArchive archive;
      archive.request = request_;
      archive.instancesCount = 3;
      archive.uncompressedBytes = 120'000;
      archive.fingerprint =
        ComputeFingerprint(planner_.Plan(request_), MakeBuilderOptions(request_, settings_));
      return spool_->Create(archive).id;
    }

    ExecutorServices MakeServices(IDicomStore& store, const ArchivePlanner& planner)
    {
      return {*spool_, store, planner, settings_, jobs_, monitor_, clock_, claims_, passwords_};
    }

    JobFactory MakeFactory()
    {
      return JobFactory(*spool_, store_, planner_, settings_, jobs_, monitor_, clock_);
    }

    std::unique_ptr<ArchiveJob> MakeJob(const std::string& id)
    {
      return std::make_unique<ArchiveJob>(id, MakeServices(store_, planner_));
    }

    static JobStep Run(ArchiveJob& job)
    {
      JobStep step = JobStep::Again;
      while (step == JobStep::Again)
      {
        step = job.Step();
      }
      return step;
    }

    static Json::Value GetContent(const IJob& job)
    {
      const std::string text = job.GetContent();
      const std::unique_ptr<Json::CharReader> reader(Json::CharReaderBuilder().newCharReader());
      Json::Value value;
      EXPECT_TRUE(reader->parse(text.data(), text.data() + text.size(), &value, nullptr));
      EXPECT_TRUE(value.isObject());
      return value;
    }

    std::string ReadArchive(const std::string& id) const
    {
      const std::unique_ptr<MappedFile> file = spool_->OpenArchive(id);
      return std::string(file->GetData(), file->GetData() + file->GetSizeBytes());
    }

    bool HasPart(const std::string& id) const
    {
      return directory_.ListNames().count(id + ".part") != 0;
    }

    void ExpectFailed(const std::string& id, const IJob& job, FailureKind kind, int code) const
    {
      const ArchiveRecord record = spool_->Find(id).value();
      EXPECT_EQ(ArchiveState::Failed, record.state);
      EXPECT_EQ(kind, record.failureKind);
      EXPECT_EQ((std::set<std::string>{"lock", id + ".json"}), directory_.ListNames());
      const Json::Value content = GetContent(job);
      EXPECT_EQ(code, content["ErrorCode"].asInt());
      EXPECT_EQ(record.failureText, content["ErrorDetails"].asString());
    }

    TestDirectory directory_;
    ManualClock clock_;
    MemoryDicomStore store_;
    HostVersion version_;
    ArchivePlanner planner_;
    ArchiveSettings settings_;
    JobSettings jobs_;
    JobMonitor monitor_{1, clock_};
    std::shared_ptr<ExecutorClaims> claims_ = std::make_shared<ExecutorClaims>();
    std::shared_ptr<ArchivePasswords> passwords_ = std::make_shared<ArchivePasswords>();
    ArchiveRequest request_;
    std::unique_ptr<ArchiveSpool> spool_;
  };

  // ---- Success

  TEST_F(ArchiveJobTest, WritesAndPublishes)
  {
    const std::string id = Create();
    const std::unique_ptr<ArchiveJob> job = MakeJob(id);
    EXPECT_EQ(0.0f, job->GetProgress());

    EXPECT_EQ(JobStep::Again, job->Step());
    EXPECT_TRUE(HasPart(id));
    EXPECT_EQ(ArchiveState::Pending, spool_->FindState(id));
    EXPECT_EQ(JobStep::Success, Run(*job));
    job->Stop(JobStopReason::Success);

    EXPECT_EQ(ArchiveState::Ready, spool_->FindState(id));
    const std::string zip = ReadArchive(id);
    EXPECT_TRUE(IsZip(zip));
    EXPECT_GE(zip.size(), 120'000u);
    EXPECT_EQ((std::set<std::string>{"lock", id + ".json", id + ".zip"}), directory_.ListNames());
    EXPECT_EQ(1.0f, job->GetProgress());
    const Json::Value content = GetContent(*job);
    EXPECT_EQ(3, content["InstancesCount"].asInt());
    EXPECT_EQ("120000", content["UncompressedSize"].asString());
    EXPECT_EQ(std::to_string(zip.size()), content["ArchiveSize"].asString());
    EXPECT_EQ("study.zip", content["Filename"].asString());
    EXPECT_FALSE(content.isMember("ErrorCode"));
    EXPECT_EQ("Archive", job->GetType());
    EXPECT_EQ(JobStep::Success, job->Step());
  }

  TEST_F(ArchiveJobTest, EmptyArchiveIsPublished)
  {
    request_.level.reset();
    request_.resources.clear();
    const std::string id = Create();

    const std::unique_ptr<ArchiveJob> job = MakeJob(id);

    EXPECT_EQ(JobStep::Success, Run(*job));
    EXPECT_TRUE(IsZip(ReadArchive(id)));
    EXPECT_EQ(1.0f, job->GetProgress());
    EXPECT_EQ(0, GetContent(*job)["InstancesCount"].asInt());
  }

  TEST_F(ArchiveJobTest, ReportsWhatIsMissingAndNotTranscoded)
  {
    request_.onMissing = MissingPolicy::Report;
    request_.transcode = TranscodeTarget{"1.2.840.10008.1.2.4.70", std::nullopt};
    store_.unreadable = {"series-0001"};
    const std::string id = Create();
    const std::unique_ptr<ArchiveJob> job = MakeJob(id);

    EXPECT_EQ(JobStep::Success, Run(*job));

    const Json::Value content = GetContent(*job);
    EXPECT_EQ(1, content["Missing"]["Count"].asInt());
    EXPECT_EQ("series-0001", content["Missing"]["Instances"][0].asString());
    EXPECT_GE(content["NotTranscoded"]["Count"].asInt(), 2);
    EXPECT_EQ(std::vector<std::string>{"series-0001"}, spool_->Find(id)->report.missing);
    EXPECT_EQ(content, GetContent(*MakeJob(id)));
  }

  // ---- Failures

  TEST_F(ArchiveJobTest, UnreadableInstanceFailsTheArchive)
  {
    store_.unreadable = {"series-0002"};
    const std::string id = Create();
    const std::unique_ptr<ArchiveJob> job = MakeJob(id);

    EXPECT_EQ(JobStep::Failure, Run(*job));
    job->Stop(JobStopReason::Failure);

    ExpectFailed(id, *job, FailureKind::SourceMissing, 13);
    EXPECT_NE(std::string::npos, spool_->Find(id)->failureText.find("series-0002"));
    EXPECT_EQ(JobStep::Failure, job->Step());
  }

  TEST_F(ArchiveJobTest, InstanceThatBreaksOffFailsTheArchive)
  {
    store_.failingAt["series-0001"] = 30'000;
    const std::string id = Create();
    const std::unique_ptr<ArchiveJob> job = MakeJob(id);

    EXPECT_EQ(JobStep::Failure, Run(*job));

    ExpectFailed(id, *job, FailureKind::SourceMissing, 13);
  }

  TEST_F(ArchiveJobTest, ResourceThatWasDeletedMeanwhileFailsTheArchive)
  {
    const std::string id = Create();
    const std::unique_ptr<ArchiveJob> job = MakeJob(id);
    store_.patients.clear();

    EXPECT_EQ(JobStep::Failure, job->Step());

    EXPECT_EQ(ArchiveState::Failed, spool_->FindState(id));
    EXPECT_TRUE(GetContent(*job).isMember("ErrorDetails"));
  }

  TEST_F(ArchiveJobTest, FullDiskFailsTheArchiveAndLeavesNoFile)
  {
    jobs_.maxRetries = 0;
    const std::string id = Create();
    const std::unique_ptr<ArchiveJob> job = MakeJob(id);
    {
      const FileSizeLimit limit(50'000);
      EXPECT_EQ(JobStep::Failure, Run(*job));
    }

    ExpectFailed(id, *job, FailureKind::StorageFull, 19);
    EXPECT_EQ("The disk of the spool is full", spool_->Find(id)->failureText);
  }

  TEST_F(ArchiveJobTest, DiskThatTakesNotEvenTheFailureIsSurvived)
  {
    jobs_.maxRetries = 0;
    const std::string id = Create();
    const std::unique_ptr<ArchiveJob> job = MakeJob(id);
    {
      const FileSizeLimit limit(10);
      EXPECT_EQ(JobStep::Failure, Run(*job));
    }

    ExpectFailed(id, *job, FailureKind::StorageFull, 19);
  }

  TEST_F(ArchiveJobTest, RemovedSpoolDirectoryFailsTheArchive)
  {
    const std::string id = Create();
    const std::unique_ptr<ArchiveJob> job = MakeJob(id);
    ASSERT_EQ(JobStep::Again, job->Step());
    std::filesystem::remove_all(directory_.GetSpool());

    EXPECT_EQ(JobStep::Failure, Run(*job));

    EXPECT_EQ(14, GetContent(*job)["ErrorCode"].asInt());
    EXPECT_EQ(ArchiveState::Failed, spool_->FindState(id));
  }

  TEST_F(ArchiveJobTest, ForeignExceptionsAreInternalAndSayNothing)
  {
    BrokenStore store;
    const ArchivePlanner planner(store, version_);
    for (const bool isOutOfMemory : {false, true})
    {
      store.isOutOfMemory = isOutOfMemory;
      const std::string id = Create();
      ArchiveJob job(id, MakeServices(store, planner));

      EXPECT_EQ(JobStep::Failure, job.Step());

      ExpectFailed(id, job, FailureKind::Internal, -1);
      EXPECT_EQ(std::string::npos, job.GetContent().find("Doe"));
      EXPECT_EQ(isOutOfMemory, spool_->Find(id)->failureText == "Not enough memory");
      spool_->Remove(id);
    }
  }

  // ---- Cancel and pause

  TEST_F(ArchiveJobTest, CancelWhileRunningDropsThePart)
  {
    const std::string id = Create();
    const std::unique_ptr<ArchiveJob> job = MakeJob(id);
    ASSERT_EQ(JobStep::Again, job->Step());
    ASSERT_EQ(JobStep::Again, job->Step());

    job->Stop(JobStopReason::Canceled);

    ExpectFailed(id, *job, FailureKind::Canceled, 37);
    EXPECT_EQ(JobStep::Failure, job->Step());
  }

  TEST_F(ArchiveJobTest, PausedJobContinues)
  {
    const std::string id = Create();
    const std::unique_ptr<ArchiveJob> job = MakeJob(id);
    ASSERT_EQ(JobStep::Again, job->Step());

    job->Stop(JobStopReason::Paused);

    EXPECT_EQ(ArchiveState::Pending, spool_->FindState(id));
    EXPECT_TRUE(HasPart(id));
    EXPECT_EQ(JobStep::Success, Run(*job));
    EXPECT_TRUE(IsZip(ReadArchive(id)));
  }

  TEST_F(ArchiveJobTest, JobThatWasCanceledWhilePausedDoesNotResurrect)
  {
    const std::string id = Create();
    const std::unique_ptr<ArchiveJob> job = MakeJob(id);
    ASSERT_EQ(JobStep::Again, job->Step());
    job->Stop(JobStopReason::Paused);
    spool_->Fail(id, FailureKind::Canceled, "By the user");

    EXPECT_EQ(JobStep::Failure, job->Step());

    ExpectFailed(id, *job, FailureKind::Canceled, 37);
    EXPECT_EQ("By the user", GetContent(*job)["ErrorDetails"].asString());
  }

  TEST_F(ArchiveJobTest, JobWhoseRecordWasRemovedIsCanceled)
  {
    const std::string id = Create();
    const std::unique_ptr<ArchiveJob> job = MakeJob(id);
    ASSERT_EQ(JobStep::Again, job->Step());
    spool_->Remove(id);

    EXPECT_EQ(JobStep::Failure, job->Step());

    EXPECT_EQ(37, GetContent(*job)["ErrorCode"].asInt());
    EXPECT_EQ(std::set<std::string>{"lock"}, directory_.ListNames());
  }

  TEST_F(ArchiveJobTest, JobThatIsCanceledAsItPublishesStaysCanceled)
  {
    const std::string id = Create();
    const std::unique_ptr<ArchiveJob> job = MakeJob(id);
    boost::thread user([&] { spool_->Fail(id, FailureKind::Canceled, "By the user"); });

    const JobStep last = Run(*job);
    user.join();

    const bool isReady = spool_->FindState(id) == ArchiveState::Ready;
    EXPECT_EQ(isReady, last == JobStep::Success);
    EXPECT_EQ(isReady, directory_.ListNames().count(id + ".zip") == 1);
    EXPECT_FALSE(HasPart(id));
  }

  TEST_F(ArchiveJobTest, StopAfterTheEndChangesNothing)
  {
    const std::string id = Create();
    const std::unique_ptr<ArchiveJob> job = MakeJob(id);
    Run(*job);

    job->Stop(JobStopReason::Canceled);
    job->Stop(JobStopReason::Failure);

    EXPECT_EQ(ArchiveState::Ready, spool_->FindState(id));
    EXPECT_FALSE(GetContent(*job).isMember("ErrorCode"));
  }

  // ---- Resubmission

  TEST_F(ArchiveJobTest, ResetBeginsAnewAfterAFailure)
  {
    store_.unreadable = {"series-0000"};
    const std::string id = Create();
    const std::unique_ptr<ArchiveJob> job = MakeJob(id);
    ASSERT_EQ(JobStep::Failure, Run(*job));
    store_.unreadable.clear();

    job->Reset();

    EXPECT_EQ(ArchiveState::Pending, spool_->FindState(id));
    EXPECT_EQ(0.0f, job->GetProgress());
    EXPECT_FALSE(GetContent(*job).isMember("ErrorCode"));
    EXPECT_EQ("0", GetContent(*job)["ArchiveSize"].asString());
    EXPECT_EQ(JobStep::Success, Run(*job));
    EXPECT_TRUE(IsZip(ReadArchive(id)));
  }

  TEST_F(ArchiveJobTest, ResetAfterACancelWhilePausedReleasesTheOldRun)
  {
    const std::string id = Create();
    const std::unique_ptr<ArchiveJob> job = MakeJob(id);
    ASSERT_EQ(JobStep::Again, job->Step());
    job->Stop(JobStopReason::Paused);
    spool_->Fail(id, FailureKind::Canceled, "By the user");

    job->Reset();

    EXPECT_FALSE(HasPart(id));
    EXPECT_EQ(JobStep::Success, Run(*job));
    EXPECT_TRUE(IsZip(ReadArchive(id)));
  }

  TEST_F(ArchiveJobTest, ResetWithoutARecordFailsAtTheNextStep)
  {
    const std::string id = Create();
    const std::unique_ptr<ArchiveJob> job = MakeJob(id);
    spool_->Remove(id);

    EXPECT_NO_THROW(job->Reset());

    EXPECT_EQ(JobStep::Failure, job->Step());
    EXPECT_EQ(7, GetContent(*job)["ErrorCode"].asInt());
  }

  TEST_F(ArchiveJobTest, ResetKeepsAPublishedFile)
  {
    const std::string id = Create();
    Run(*MakeJob(id));
    const std::unique_ptr<ArchiveJob> job = MakeJob(id);

    job->Reset();

    EXPECT_TRUE(IsZip(ReadArchive(id)));
    EXPECT_EQ(JobStep::Success, job->Step());
  }

  // ---- Shutdown and restart

  TEST_F(ArchiveJobTest, DestructorNeverRemovesAPublishedFile)
  {
    const std::string id = Create();
    std::unique_ptr<ArchiveJob> job = MakeJob(id);
    Run(*job);

    job.reset();

    EXPECT_TRUE(IsZip(ReadArchive(id)));
  }

  TEST_F(ArchiveJobTest, DestructorLeavesAnUnfinishedArchivePending)
  {
    const std::string id = Create();
    std::unique_ptr<ArchiveJob> job = MakeJob(id);
    ASSERT_EQ(JobStep::Again, job->Step());
    ASSERT_EQ(JobStep::Again, job->Step());

    job.reset();

    EXPECT_EQ(ArchiveState::Pending, spool_->FindState(id));
    EXPECT_EQ(0u, directory_.ListNames().count(id + ".zip"));
  }

  TEST_F(ArchiveJobTest, InterruptedJobRunsAgainAfterARestart)
  {
    for (unsigned steps = 0; steps < 3; steps++)
    {
      const std::string id = Create();
      std::unique_ptr<ArchiveJob> job = MakeJob(id);
      for (unsigned i = 0; i < steps; i++)
      {
        ASSERT_EQ(JobStep::Again, job->Step());
      }
      const std::string saved = job->GetSavedState();
      job.reset();
      OpenSpool();
      const JobFactory factory = MakeFactory();

      const std::unique_ptr<IJob> restored = factory.Restore("Archive", saved);

      ASSERT_NE(nullptr, restored);
      EXPECT_EQ(0.0f, restored->GetProgress());
      JobStep step = JobStep::Again;
      while (step == JobStep::Again)
      {
        step = restored->Step();
      }
      EXPECT_EQ(JobStep::Success, step);
      EXPECT_TRUE(IsZip(ReadArchive(id)));
    }
  }

  TEST_F(ArchiveJobTest, ReadyArchiveIsRestoredAsItWas)
  {
    const std::string id = Create();
    std::unique_ptr<ArchiveJob> job = MakeJob(id);
    Run(*job);
    const std::string saved = job->GetSavedState();
    const Json::Value content = GetContent(*job);
    job.reset();
    OpenSpool();
    const unsigned openedCount = store_.openedCount;

    const std::unique_ptr<IJob> restored = MakeFactory().Restore("Archive", saved);

    ASSERT_NE(nullptr, restored);
    EXPECT_EQ(1.0f, restored->GetProgress());
    EXPECT_EQ(content, GetContent(*restored));
    EXPECT_EQ(saved, restored->GetSavedState());
    EXPECT_EQ(JobStep::Success, restored->Step());
    EXPECT_EQ(openedCount, store_.openedCount);
  }

  TEST_F(ArchiveJobTest, FailedArchiveIsRestoredWithItsReason)
  {
    const std::string id = Create();
    spool_->Fail(id, FailureKind::SourceMissing, "Cannot read instance x");
    OpenSpool();

    const std::unique_ptr<IJob> restored =
      MakeFactory().Restore("Archive", R"({"ArchiveId":")" + id + R"(","Type":"Archive"})");

    ASSERT_NE(nullptr, restored);
    EXPECT_EQ(13, GetContent(*restored)["ErrorCode"].asInt());
    EXPECT_EQ("Cannot read instance x", GetContent(*restored)["ErrorDetails"].asString());
    EXPECT_EQ(JobStep::Failure, restored->Step());
    EXPECT_EQ(ArchiveState::Failed, spool_->FindState(id));
  }

  TEST_F(ArchiveJobTest, EvictedArchiveStaysASuccess)
  {
    const std::string id = Create();
    Run(*MakeJob(id));
    spool_->Evict(id);

    const std::unique_ptr<ArchiveJob> restored = MakeJob(id);

    EXPECT_EQ(1.0f, restored->GetProgress());
    EXPECT_EQ(JobStep::Success, restored->Step());
    EXPECT_EQ(ArchiveState::Evicted, spool_->FindState(id));
  }

  TEST_F(ArchiveJobTest, WhatIsNoJobOfOursIsNotRestored)
  {
    const std::string id = Create();
    const JobFactory factory = MakeFactory();
    const std::string good = R"({"ArchiveId":")" + id + R"("})";
    ASSERT_NE(nullptr, factory.Restore("Archive", good));

    ASSERT_NE(nullptr, factory.Restore("Media", good));
    EXPECT_EQ(nullptr, factory.Restore("DicomModalityStore", good));
    EXPECT_EQ(nullptr, factory.Restore("archive", good));
    EXPECT_EQ(nullptr, factory.Restore("", good));
    const std::string deep = std::string(100'000, '[');
    for (const std::string& bad :
         {std::string(), std::string("{}"), std::string("null"), std::string("[]"),
          std::string("\"x\""), std::string("{"), std::string(R"({"ArchiveId":1})"),
          std::string(R"({"ArchiveId":null})"), std::string(R"({"ArchiveId":["x"]})"),
          std::string(R"({"ArchiveId":"../x"})"), R"({"ArchiveId":")" + GenerateUuid() + R"("})",
          deep, R"({"ArchiveId":)" + deep})
    {
      EXPECT_EQ(nullptr, factory.Restore("Archive", bad)) << bad.substr(0, 60);
    }
  }

  TEST_F(ArchiveJobTest, GettersMayBeCalledWhileItSteps)
  {
    const std::string id = Create();
    const std::unique_ptr<ArchiveJob> job = MakeJob(id);
    std::atomic<bool> isDone{false};
    std::atomic<unsigned> readCount{0};
    boost::thread reader(
      [&]
      {
        while (!isDone || readCount == 0)
        {
          EXPECT_TRUE(job->GetProgress() >= 0.0f && job->GetProgress() <= 1.0f);
          EXPECT_EQ('{', job->GetContent().at(0));
          EXPECT_FALSE(job->GetSavedState().empty());
          readCount++;
        }
      });

    const JobStep last = Run(*job);
    isDone = true;
    reader.join();

    EXPECT_EQ(JobStep::Success, last);
  }

  // ---- Claims

  TEST_F(ArchiveJobTest, SecondExecutorLeavesTheArchiveAlone)
  {
    const std::string id = Create();
    const std::unique_ptr<ArchiveJob> first = MakeJob(id);
    const std::unique_ptr<ArchiveJob> second = MakeJob(id);
    ASSERT_EQ(JobStep::Again, first->Step());

    EXPECT_EQ(JobStep::Failure, second->Step());
    second->Stop(JobStopReason::Failure);

    EXPECT_EQ(ArchiveState::Pending, spool_->FindState(id));
    EXPECT_EQ(37, GetContent(*second)["ErrorCode"].asInt());
    EXPECT_EQ(JobStep::Success, Run(*first));
    EXPECT_TRUE(IsZip(ReadArchive(id)));
  }

  TEST_F(ArchiveJobTest, SupersededExecutorEndsAndItsSuccessorGoesOn)
  {
    const std::string id = Create();
    const std::unique_ptr<ArchiveJob> old = MakeJob(id);
    ASSERT_EQ(JobStep::Again, old->Step());
    claims_->Supersede(id);
    const std::unique_ptr<ArchiveJob> next = MakeJob(id);
    ASSERT_EQ(JobStep::Again, next->Step());

    old->Stop(JobStopReason::Canceled);
    EXPECT_EQ(JobStep::Failure, old->Step());

    EXPECT_EQ(ArchiveState::Pending, spool_->FindState(id));
    EXPECT_EQ(JobStep::Success, Run(*next));
  }

  TEST_F(ArchiveJobTest, SupersededExecutorMayNotEvenBegin)
  {
    const std::string id = Create();
    const std::unique_ptr<ArchiveJob> old = MakeJob(id);
    claims_->Supersede(id);

    EXPECT_EQ(JobStep::Failure, old->Step());

    EXPECT_EQ(ArchiveState::Pending, spool_->FindState(id));
    EXPECT_FALSE(HasPart(id));
  }

  TEST_F(ArchiveJobTest, DestroyedExecutorFreesTheArchive)
  {
    const std::string id = Create();
    std::unique_ptr<ArchiveJob> first = MakeJob(id);
    ASSERT_EQ(JobStep::Again, first->Step());
    const std::unique_ptr<ArchiveJob> second = MakeJob(id);

    first.reset();

    EXPECT_EQ(JobStep::Success, Run(*second));
  }

  TEST_F(ArchiveJobTest, EachEndIsToldOnce)
  {
    std::vector<std::string> ended;
    claims_->SetListener([&](const std::string& archiveId) { ended.push_back(archiveId); });
    const std::string ready = Create();
    const std::unique_ptr<ArchiveJob> job = MakeJob(ready);
    Run(*job);
    job->Stop(JobStopReason::Success);
    job->Step();
    const std::string canceled = Create();
    const std::unique_ptr<ArchiveJob> other = MakeJob(canceled);
    other->Step();
    other->Stop(JobStopReason::Canceled);
    other->Stop(JobStopReason::Canceled);

    EXPECT_EQ((std::vector<std::string>{ready, canceled}), ended);
  }

  // ---- Reports

  TEST_F(ArchiveJobTest, StepsAreReportedUnderThePublicId)
  {
    const std::string id = Create();
    const std::unique_ptr<ArchiveJob> job = MakeJob(id);
    job->Step();
    EXPECT_EQ(0u, monitor_.GetLastEventId()); // nobody knows it yet
    const std::string jobId = GenerateUuid();
    spool_->LinkJob(jobId, id, JobRole::Public);
    spool_->LinkJob(GenerateUuid(), id, JobRole::Executor);

    job->Step();

    const std::optional<JobStatus> status = monitor_.Find(jobId);
    ASSERT_TRUE(status.has_value());
    EXPECT_EQ(JobState::Running, status->state);
    EXPECT_EQ(120'000u, status->inputBytesTotal);
    EXPECT_GT(status->inputBytesDone, 0u);
    EXPECT_GT(status->runtimeMicroseconds, 0u);
    job->Stop(JobStopReason::Paused);
    EXPECT_EQ(JobState::Paused, monitor_.Find(jobId)->state);
  }

  TEST_F(ArchiveJobTest, RuntimeAddsUpOverPausesAndRestarts)
  {
    const std::string id = Create();
    std::unique_ptr<ArchiveJob> job = MakeJob(id);
    job->Step();
    job->Stop(JobStopReason::Paused);
    const std::uint64_t before = spool_->Find(id)->runtimeMicroseconds;
    job.reset();
    OpenSpool();
    clock_.Advance(1'000'000);

    Run(*MakeJob(id));

    EXPECT_GT(before, 0u);
    EXPECT_GT(spool_->Find(id)->runtimeMicroseconds, before);
    EXPECT_EQ(clock_.GetNowMicroseconds(), spool_->Find(id)->startedMicroseconds);
    spool_->Evict(id);
    const std::unique_ptr<ArchiveJob> again = MakeJob(id);
    again->Reset();
    EXPECT_EQ(0u, spool_->Find(id)->runtimeMicroseconds);
  }

  TEST_F(ArchiveJobTest, ContentNamesTheArchive)
  {
    const std::string id = Create();

    EXPECT_EQ(id, GetContent(*MakeJob(id))["ArchiveId"].asString());
    EXPECT_FALSE(GetContent(*MakeJob(id)).isMember("Reused"));
  }

  // ---- Retries

  TEST_F(ArchiveJobTest, FullDiskIsTriedAgainWithoutThePart)
  {
    const std::string id = Create();
    const std::unique_ptr<ArchiveJob> job = MakeJob(id);
    {
      const FileSizeLimit limit(50'000);
      EXPECT_EQ(JobStep::Failure, Run(*job));
    }

    const ArchiveRecord record = spool_->Find(id).value();
    EXPECT_EQ(ArchiveState::Pending, record.state);
    EXPECT_EQ(1u, record.attempts);
    EXPECT_EQ(FailureKind::StorageFull, record.failureKind);
    EXPECT_EQ(clock_.GetNowMicroseconds() + 10'000'000, record.nextAttemptMicroseconds);
    EXPECT_FALSE(HasPart(id));
    EXPECT_EQ(19, GetContent(*job)["ErrorCode"].asInt());
  }

  TEST_F(ArchiveJobTest, DiskThatTakesNotEvenTheRecordIsTriedAgain)
  {
    const std::string id = Create();
    const std::unique_ptr<ArchiveJob> job = MakeJob(id);
    {
      const FileSizeLimit limit(10);
      EXPECT_EQ(JobStep::Failure, Run(*job));
    }

    EXPECT_EQ(ArchiveState::Pending, spool_->FindState(id));
    EXPECT_GT(spool_->Find(id)->nextAttemptMicroseconds, 0);
  }

  // ---- What may be reused

  TEST_F(ArchiveJobTest, IncompleteArchiveIsNeverReused)
  {
    request_.onMissing = MissingPolicy::Report;
    store_.unreadable = {"series-0001"};
    const std::string id = CreateReusable();

    Run(*MakeJob(id));

    EXPECT_EQ("", spool_->Find(id)->fingerprint);
  }

  TEST_F(ArchiveJobTest, FingerprintIsOfWhatWasMade)
  {
    const std::string id = CreateReusable();
    const std::string unchanged = CreateReusable();
    const std::string before = spool_->Find(id)->fingerprint;
    Run(*MakeJob(unchanged));
    EXPECT_EQ(before, spool_->Find(unchanged)->fingerprint);
    spool_->Remove(unchanged);
    store_.patients[0].studies[0].series[0].instances.pop_back();

    Run(*MakeJob(id));

    EXPECT_NE(before, spool_->Find(id)->fingerprint);
    EXPECT_NE("", spool_->Find(id)->fingerprint);
  }

  TEST_F(ArchiveJobTest, FinishedTwinIsTaken)
  {
    const std::string first = CreateReusable();
    const std::string second = CreateReusable();
    Run(*MakeJob(first));
    const unsigned openedCount = store_.openedCount;
    const std::unique_ptr<ArchiveJob> job = MakeJob(second);

    EXPECT_EQ(JobStep::Success, job->Step());

    EXPECT_EQ(openedCount, store_.openedCount);
    EXPECT_TRUE(GetContent(*job)["Reused"].asBool());
    EXPECT_EQ(1.0f, job->GetProgress());
    EXPECT_EQ(ReadArchive(first), ReadArchive(second));
  }
} // namespace OrthancPlugins
