// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "JobsFixture.h"

#include <algorithm>
#include <fstream>
#include <iterator>

namespace OrthancPlugins
{
  namespace
  {
    constexpr const char* SECRET = "correct horse battery";
    constexpr const char* ENCRYPT = ", \"Encrypt\": {\"Password\": \"correct horse battery\"}";

    // Any file of the spool
    bool IsOnDisk(const RestFixture& fixture, const std::string& text)
    {
      for (const auto& entry :
           std::filesystem::recursive_directory_iterator(fixture.directory.GetPath()))
      {
        std::ifstream stream(entry.path(), std::ios::binary);
        const std::string content((std::istreambuf_iterator<char>(stream)),
                                  std::istreambuf_iterator<char>());
        if (content.find(text) != std::string::npos)
        {
          return true;
        }
      }
      return false;
    }

    // Flags of the first local header (APPNOTE 4.4.4), bit 0
    bool IsEncrypted(const std::string& zip)
    {
      return zip.size() > 30 && (static_cast<unsigned char>(zip[6]) & 1u) != 0;
    }
  } // namespace

  TEST(EncryptedArchives, SynchronousPost)
  {
    RestFixture fixture(HOST_B);
    fixture.store.AddSeries("patient", "study", "series", {MakeNoise(5000, 1)});
    const std::string body = std::string("{\"Manifest\": true") + ENCRYPT + "}";
    RecordingAnswer answer;

    PostStudyZip(fixture.services, MakePost({"study"}, body), answer);

    EXPECT_TRUE(IsEncrypted(answer.body));
    ASSERT_TRUE(ListZip(answer.body).has_value());
    EXPECT_EQ(2u, ListZip(answer.body)->size());
    EXPECT_EQ(std::string::npos, answer.body.find(MakeNoise(5000, 1)));
    for (const StreamSnapshot& stream : fixture.streams.List())
    {
      EXPECT_TRUE(stream.request.isEncrypted);
    }
  }

  TEST(EncryptedArchives, JobKeepsThePasswordInMemoryUntilItSucceeds)
  {
    RestFixture fixture(HOST_B);
    const std::string jobId = Submit(fixture, ENCRYPT);
    const std::string archiveId = fixture.spool.FindByJob(jobId).value();

    EXPECT_EQ(SECRET, fixture.factory.GetPasswords().Find(archiveId));
    EXPECT_FALSE(IsOnDisk(fixture, SECRET));
    EXPECT_EQ("", fixture.spool.Find(archiveId)->fingerprint);
    EXPECT_EQ(JobStep::Success, fixture.jobs.Run(0));
    EXPECT_FALSE(fixture.factory.GetPasswords().Find(archiveId).has_value());
    EXPECT_FALSE(IsOnDisk(fixture, SECRET));
    EXPECT_TRUE(fixture.spool.Find(archiveId)->request.isEncrypted);
  }

  TEST(EncryptedArchives, RestartEndsTheJobWithTheReason)
  {
    RestFixture fixture(HOST_B);
    const std::string jobId = Submit(fixture, ENCRYPT);
    const std::string archiveId = fixture.spool.FindByJob(jobId).value();
    fixture.factory.GetPasswords().Forget(archiveId);

    EXPECT_EQ(JobStep::Failure, fixture.jobs.Run(0));

    const ArchiveRecord record = fixture.spool.Find(archiveId).value();
    EXPECT_EQ(ArchiveState::Failed, record.state);
    EXPECT_EQ(0u, record.attempts);
    EXPECT_NE(std::string::npos, record.failureText.find("restarted")) << record.failureText;
    EXPECT_NE(std::string::npos, record.failureText.find("password")) << record.failureText;
  }

  TEST(EncryptedArchives, AreNeverReused)
  {
    RestFixture fixture(HOST_B);
    SubmitAndRun(fixture, ENCRYPT);

    const std::string again = SubmitAndRun(fixture, ENCRYPT);
    const std::string plain = SubmitAndRun(fixture);

    for (const std::string& jobId : {again, plain})
    {
      EXPECT_FALSE(fixture.spool.Find(*fixture.spool.FindByJob(jobId))->isReused);
    }
  }

  TEST(EncryptedArchives, PasswordGoesWithTheJob)
  {
    RestFixture fixture(HOST_B);
    const std::string jobId = Submit(fixture, ENCRYPT);
    const std::string archiveId = fixture.spool.FindByJob(jobId).value();
    fixture.store.unreadable = {"series-0000"};
    EXPECT_EQ(JobStep::Failure, fixture.jobs.Run(0));
    EXPECT_TRUE(fixture.factory.GetPasswords().Find(archiveId).has_value()); // for a resubmission

    EXPECT_TRUE(fixture.controller.Remove(archiveId));

    EXPECT_FALSE(fixture.factory.GetPasswords().Find(archiveId).has_value());
  }
} // namespace OrthancPlugins
