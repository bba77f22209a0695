// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "../../../Plugin/Core/Spool/ArchiveSpool.h"
#include "../../../Plugin/Core/Spool/SpoolNames.h"
#include "../../Fakes/ManualClock.h"

#include "ExpectFailure.h"
#include "TestDirectory.h"

#include <memory>
#include <set>
#include <string>

#include <sys/stat.h>

namespace OrthancPlugins
{
  // A spool in a directory of its own, without limits unless the test sets some
  class SpoolFixture : public ::testing::Test
  {
  protected:
    static constexpr std::int64_t HOUR = 3'600'000'000;
    static inline const char* const JOB_1 = "11111111-1111-4111-8111-111111111111";
    static inline const char* const JOB_2 = "22222222-2222-4222-8222-222222222222";
    static inline const char* const JOB_3 = "33333333-3333-4333-8333-333333333333";

    SpoolFixture()
    {
      settings_.directory = directory_.GetSpool();
      settings_.maxAgeHours.reset();
      settings_.maxDiskPercent.reset();
    }

    void Open() { spool_ = std::make_unique<ArchiveSpool>(settings_, clock_); }

    // What a new process would find if this one died now
    void Crash(const std::string& name)
    {
      settings_.directory = directory_.CopySpool(name);
      Open();
    }

    void Reopen()
    {
      spool_.reset();
      Open();
    }

    SpoolNames GetNames() const { return SpoolNames(settings_.directory); }

    std::set<std::string> ListNames() const
    {
      return TestDirectory::ListNames(settings_.directory);
    }

    static NewArchive MakeArchive(std::uint64_t expectedBytes)
    {
      NewArchive archive;
      archive.request.resources = {"study"};
      archive.expectedBytes = expectedBytes;
      return archive;
    }

    std::string Create() { return spool_->Create(MakeArchive(0)).id; }

    std::string CreateFor(const std::string& owner, const std::string& fingerprint)
    {
      NewArchive archive = MakeArchive(0);
      archive.owner = owner;
      archive.fingerprint = fingerprint;
      clock_.Advance(1);
      return spool_->Create(archive).id;
    }

    void Finish(const std::string& id, const std::string& content)
    {
      const std::unique_ptr<PartSink> sink = spool_->OpenPart(id);
      sink->Write(content.data(), content.size());
      sink->Close();
      spool_->Publish(id, ArchiveReport());
    }

    std::string MakeReady(std::size_t sizeBytes)
    {
      clock_.Advance(1);
      const std::string id = Create();
      Finish(id, std::string(sizeBytes, 'x'));
      return id;
    }

    void Pin(const std::string& id)
    {
      spool_->Update(id, [](ArchiveRecord& record) { record.isPinned = true; });
    }

    ArchiveState GetState(const std::string& id) const { return spool_->FindState(id).value(); }

    std::string Read(const std::string& id) const
    {
      const std::unique_ptr<MappedFile> file = spool_->OpenArchive(id);
      return std::string(file->GetData(), file->GetData() + file->GetSizeBytes());
    }

    // Of all files, shared ones once
    std::uint64_t MeasureBytes() const { return MeasureBytes(settings_.directory); }

    static std::uint64_t MeasureBytes(const std::string& directory)
    {
      std::uint64_t sizeBytes = 0;
      std::set<ino_t> inodes;
      for (const std::string& name : TestDirectory::ListNames(directory))
      {
        struct stat status = {};
        if (::stat((directory + "/" + name).c_str(), &status) == 0 &&
            inodes.insert(status.st_ino).second)
        {
          sizeBytes += static_cast<std::uint64_t>(status.st_size);
        }
      }
      return sizeBytes;
    }

    TestDirectory directory_;
    ManualClock clock_;
    SpoolSettings settings_;
    std::unique_ptr<ArchiveSpool> spool_;
  };
} // namespace OrthancPlugins
