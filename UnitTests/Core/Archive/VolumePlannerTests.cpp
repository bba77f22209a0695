// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../../Plugin/Core/Archive/VolumePlanner.h"
#include "../../../Plugin/Core/Failure.h"

#include <gtest/gtest.h>

#include <set>

namespace OrthancPlugins
{
  namespace
  {
    constexpr std::uint64_t MEGABYTE = 1'000'000;

    BuilderOptions MakeOptions(unsigned volumeSizeMB)
    {
      BuilderOptions options;
      options.media = MediaBuild();
      options.media->request.volumeSizeMB = volumeSizeMB;
      return options;
    }

    // One number per file, of kilobytes; a negative one begins a series
    ArchivePlan MakePlan(const std::vector<int>& kilobytes)
    {
      ArchivePlan plan;
      for (const int size : kilobytes)
      {
        PlannedEntry entry;
        entry.instance.id = "instance-" + std::to_string(plan.entries.size());
        entry.instance.sizeBytes = static_cast<std::uint64_t>(size < 0 ? -size : size) * 1000;
        entry.isSeriesStart = size < 0;
        entry.path = "IMAGES/IM" + std::to_string(plan.entries.size());
        plan.uncompressedBytes += entry.instance.sizeBytes;
        plan.entries.push_back(entry);
      }
      return plan;
    }

    std::vector<std::size_t> Count(const std::vector<ArchivePlan>& volumes)
    {
      std::vector<std::size_t> counts;
      for (const ArchivePlan& volume : volumes)
      {
        counts.push_back(volume.entries.size());
      }
      return counts;
    }

    std::string GetRefusal(const std::vector<int>& kilobytes, unsigned volumeSizeMB)
    {
      try
      {
        PlanVolumes(MakePlan(kilobytes), MakeOptions(volumeSizeMB));
      }
      catch (const Failure& failure)
      {
        EXPECT_EQ(FailureKind::OutOfRange, failure.GetKind());
        return failure.what();
      }
      return "";
    }
  } // namespace

  TEST(VolumePlanner, OneVolumeUnlessTheyHaveASize)
  {
    const std::vector<int> sizes = {-600, 600, -600, 600};

    EXPECT_EQ(std::vector<std::size_t>{4}, Count(PlanVolumes(MakePlan(sizes), MakeOptions(0))));
    EXPECT_EQ(std::vector<std::size_t>{4}, Count(PlanVolumes(MakePlan(sizes), BuilderOptions())));
    EXPECT_EQ(std::vector<std::size_t>{4}, Count(PlanVolumes(MakePlan(sizes), MakeOptions(700))));
  }

  TEST(VolumePlanner, SeriesStayTogetherWhereTheyFit)
  {
    const struct
    {
      std::vector<int> kilobytes;
      std::vector<std::size_t> counts;
    } ROWS[] = {{{-900, -600, 600, -100}, {1, 3}},
                {{-600, -100, -100, -900, 600, 100}, {3, 3}},
                {{-1500, 300, 300}, {2, 1}},              // larger than a volume
                {{-100, -900, 900, 900, 900}, {1, 2, 2}}, // too, behind a small one
                {{}, {0}}};
    for (const auto& row : ROWS)
    {
      EXPECT_EQ(row.counts, Count(PlanVolumes(MakePlan(row.kilobytes), MakeOptions(2))));
    }
  }

  TEST(VolumePlanner, EachVolumeIsAMediumOfItsOwn)
  {
    const std::vector<ArchivePlan> volumes =
      PlanVolumes(MakePlan({-600, 600, -600, 600, -600, 600}), MakeOptions(2));

    ASSERT_EQ(3u, volumes.size());
    for (std::size_t i = 0; i < volumes.size(); i++)
    {
      ASSERT_EQ(2u, volumes[i].entries.size());
      EXPECT_EQ("IMAGES/IM0", volumes[i].entries[0].path);
      EXPECT_EQ("IMAGES/IM1", volumes[i].entries[1].path);
      EXPECT_EQ("instance-" + std::to_string(2 * i), volumes[i].entries[0].instance.id);
      EXPECT_EQ(1'200'000u, volumes[i].uncompressedBytes);
    }
  }

  TEST(VolumePlanner, NamesTheFileThatFitsNowhere)
  {
    EXPECT_NE(std::string::npos, GetRefusal({-100, 2100}, 2).find("instance-1"));
    EXPECT_NE("", GetRefusal({-2000}, 2)); // there is more on a medium than its files
    EXPECT_EQ("", GetRefusal({-1800}, 2));
  }

  TEST(VolumePlanner, ChecksWhatHasBeenMade)
  {
    const BuilderOptions options = MakeOptions(2);

    EXPECT_NO_THROW(CheckVolume(0, 2 * MEGABYTE, options));
    EXPECT_THROW(CheckVolume(0, 2 * MEGABYTE + 1, options), Failure);
    EXPECT_NO_THROW(CheckVolume(0, 1000 * MEGABYTE, MakeOptions(0)));
    EXPECT_NO_THROW(CheckVolume(0, 1000 * MEGABYTE, BuilderOptions()));
  }

  TEST(VolumePlanner, FileSetsHaveDifferentNamesOfCodeStrings)
  {
    std::set<std::string> names;
    for (const std::size_t index : {0u, 1u, 8u, 9u, 98u, 99u, 999u, 99998u})
    {
      const std::string name = MakeFileSetId(index, 100000);
      EXPECT_LE(name.size(), 16u);
      EXPECT_TRUE(names.insert(name).second) << name;
    }
    EXPECT_EQ("ORTHANC_MEDIA", MakeFileSetId(0, 1));
    EXPECT_EQ("ORTHANC_MEDIA_1", MakeFileSetId(0, 2));
  }
} // namespace OrthancPlugins
