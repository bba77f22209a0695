// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../../Plugin/Core/Archive/ArchiveFingerprint.h"

#include <gtest/gtest.h>

#include <functional>
#include <set>
#include <string>
#include <vector>

namespace OrthancPlugins
{
  namespace
  {
    ArchivePlan MakePlan()
    {
      ArchivePlan plan;
      for (const char* const name : {"a", "b"})
      {
        PlannedEntry entry;
        entry.path = std::string("dir/") + name;
        entry.instance.id = std::string("id-") + name;
        entry.instance.sizeBytes = 100;
        entry.instance.transferSyntaxUid = "1.2";
        entry.instance.receptionUtc = 1600000000;
        entry.instance.attachmentUuid = std::string("uuid-") + name;
        plan.entries.push_back(entry);
        plan.uncompressedBytes += 100;
      }
      return plan;
    }
  } // namespace

  TEST(ArchiveFingerprint, IsTheSameForTheSame)
  {
    const std::string fingerprint = ComputeFingerprint(MakePlan(), BuilderOptions());

    EXPECT_EQ(64u, fingerprint.size());
    EXPECT_EQ(fingerprint, ComputeFingerprint(MakePlan(), BuilderOptions()));
    EXPECT_EQ(64u, ComputeFingerprint(ArchivePlan(), BuilderOptions()).size());
  }

  // It is kept in the spool: another value loses what was written by another version
  TEST(ArchiveFingerprint, DoesNotChangeUnawares)
  {
    EXPECT_EQ("8663b99efeb9f6645833bf09009914c4184a380a622c6a46b011c19c71f3de77",
              ComputeFingerprint(MakePlan(), BuilderOptions()));
  }

  TEST(ArchiveFingerprint, DependsOnAllThatChangesBytes)
  {
    using Change = std::function<void(ArchivePlan&, BuilderOptions&)>;
    const std::vector<Change> changes = {
      [](ArchivePlan&, BuilderOptions&) {},
      [](ArchivePlan& plan, BuilderOptions&) { plan.entries[1].path = "dir/c"; },
      [](ArchivePlan& plan, BuilderOptions&) { plan.entries[1].instance.id = "id-c"; },
      [](ArchivePlan& plan, BuilderOptions&) { plan.entries[1].instance.sizeBytes++; },
      [](ArchivePlan& plan, BuilderOptions&) { plan.entries[1].instance.transferSyntaxUid = ""; },
      [](ArchivePlan& plan, BuilderOptions&) { plan.entries[1].instance.receptionUtc = 0; },
      [](ArchivePlan& plan, BuilderOptions&)
      { plan.entries[1].instance.receptionUtc = std::nullopt; },
      [](ArchivePlan& plan, BuilderOptions&) { plan.entries[1].instance.attachmentUuid = "u"; },
      [](ArchivePlan& plan, BuilderOptions&) { plan.entries[1].isStored = true; },
      [](ArchivePlan& plan, BuilderOptions&) { plan.entries.pop_back(); },
      [](ArchivePlan& plan, BuilderOptions&) { std::swap(plan.entries[0], plan.entries[1]); },
      [](ArchivePlan& plan, BuilderOptions&) { plan.hasUtf8Names = true; },
      [](ArchivePlan& plan, BuilderOptions&)
      {
        plan.entries[0].path = "dir/aid-";
        plan.entries[0].instance.id = "a";
      },
      [](ArchivePlan&, BuilderOptions& options) { options.density = ArchiveDensity::Dense; },
      [](ArchivePlan&, BuilderOptions& options) { options.density = ArchiveDensity::Store; },
      [](ArchivePlan&, BuilderOptions& options) { options.onMissing = MissingPolicy::Report; },
      [](ArchivePlan&, BuilderOptions& options)
      { options.onTranscodeFailure = TranscodeFailurePolicy::Fail; },
      [](ArchivePlan&, BuilderOptions& options) { options.hasManifest = true; },
      [](ArchivePlan&, BuilderOptions& options) {
        options.transcode = TranscodeTarget{"1.2", std::nullopt};
      },
      [](ArchivePlan&, BuilderOptions& options) {
        options.transcode = TranscodeTarget{"1.3", std::nullopt};
      },
      [](ArchivePlan&, BuilderOptions& options) {
        options.transcode = TranscodeTarget{"1.2", 0u};
      },
      [](ArchivePlan&, BuilderOptions& options) {
        options.transcode = TranscodeTarget{"1.2", 90u};
      },
    };
    std::set<std::string> fingerprints;

    for (const Change& change : changes)
    {
      ArchivePlan plan = MakePlan();
      BuilderOptions options;
      change(plan, options);
      fingerprints.insert(ComputeFingerprint(plan, options));
    }

    EXPECT_EQ(changes.size(), fingerprints.size());
  }

  TEST(ArchiveFingerprint, DoesNotDependOnHowItIsDone)
  {
    BuilderOptions options;
    options.threads = 17;
    options.windowBytes = 1;
    options.hasJournal = false;
    ArchivePlan plan = MakePlan();
    plan.entries[0].instance.isStorageCompressed = true;
    plan.entries[0].instance.indexInSeries = 5;

    EXPECT_EQ(ComputeFingerprint(MakePlan(), BuilderOptions()), ComputeFingerprint(plan, options));
  }
} // namespace OrthancPlugins
