// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../../Plugin/Core/Archive/ArchiveBuilder.h"
#include "../../Fakes/RepeatingStore.h"

#include <gtest/gtest.h>

namespace OrthancPlugins
{
  namespace
  {
    constexpr const char* const JPEG_BASELINE = "1.2.840.10008.1.2.4.50";
    constexpr const char* const EXPLICIT_LITTLE = "1.2.840.10008.1.2.1";

    constexpr std::uint64_t HEADERS_BYTES = 2 * (30 + 46 + 2); // of two entries named by one digit
    constexpr std::uint64_t END_BYTES = 40;
  } // namespace

  TEST(ArchiveEstimate, EmptyPlan)
  {
    const ArchiveEstimate estimate = EstimateArchive(ArchivePlan(), BuilderOptions());

    EXPECT_EQ(0u, estimate.instancesCount);
    EXPECT_EQ(0u, estimate.uncompressedBytes);
    EXPECT_EQ(END_BYTES, estimate.expectedBytes);
    EXPECT_TRUE(estimate.isExact);
  }

  TEST(ArchiveEstimate, StoredIsExact)
  {
    BuilderOptions options;
    options.density = ArchiveDensity::Store;
    const ArchivePlan plan = MakeRepeatingPlan(2, 1000);

    const ArchiveEstimate estimate = EstimateArchive(plan, options);

    EXPECT_EQ(2u, estimate.instancesCount);
    EXPECT_EQ(2000u, estimate.uncompressedBytes);
    EXPECT_EQ(2000 + HEADERS_BYTES + END_BYTES, estimate.expectedBytes);
    EXPECT_TRUE(estimate.isExact);
    options.hasManifest = true;
    EXPECT_EQ(ArchiveBuilder::GetExactLength(plan, options),
              EstimateArchive(plan, options).expectedBytes);
  }

  TEST(ArchiveEstimate, StoredThatMayBeMissingIsNotExact)
  {
    BuilderOptions options;
    options.density = ArchiveDensity::Store;
    options.onMissing = MissingPolicy::Report;

    const ArchiveEstimate estimate = EstimateArchive(MakeRepeatingPlan(2, 1000), options);

    EXPECT_EQ(2000 + HEADERS_BYTES + END_BYTES, estimate.expectedBytes);
    EXPECT_FALSE(estimate.isExact);
  }

  TEST(ArchiveEstimate, DeflatedBySizeAndDensity)
  {
    struct Row
    {
      std::uint64_t sizeBytes;
      ArchiveDensity density;
      std::uint64_t expectedBytes;
    };
    const Row rows[] = {
      {0, ArchiveDensity::Fast, 0},
      {3, ArchiveDensity::Fast, 3},
      {512, ArchiveDensity::Fast, 512},
      {600, ArchiveDensity::Fast, 512},
      {1000000, ArchiveDensity::Fast, 550000},
      {1000000, ArchiveDensity::Dense, 540000},
      {10000000, ArchiveDensity::Fast, 5500000 + 16},                     // with a descriptor
      {1000000000000, ArchiveDensity::Fast, 550000000000 + 24 + 20 + 20}, // in ZIP64
    };
    for (const Row& row : rows)
    {
      BuilderOptions options;
      options.density = row.density;
      ArchivePlan plan = MakeRepeatingPlan(2, row.sizeBytes);
      plan.entries[0].isStored = true;
      plan.entries[0].instance.sizeBytes = 7;

      const ArchiveEstimate estimate = EstimateArchive(plan, options);

      const bool isFar = row.expectedBytes > 0xFFFFFFFF;
      EXPECT_EQ(row.expectedBytes + 7 + HEADERS_BYTES + END_BYTES + (isFar ? 76 : 0),
                estimate.expectedBytes);
      EXPECT_EQ(row.sizeBytes == 0, estimate.isExact);
    }
  }

  TEST(ArchiveEstimate, TranscodedInstances)
  {
    struct Row
    {
      const char* source;
      const char* target;
      std::uint64_t expectedBytes;
    };
    const Row rows[] = {
      {EXPLICIT_LITTLE, EXPLICIT_LITTLE, 55000}, {"1.2.840.10008.1.2", EXPLICIT_LITTLE, 55000},
      {JPEG_BASELINE, EXPLICIT_LITTLE, 137500},  {EXPLICIT_LITTLE, JPEG_BASELINE, 50000},
      {JPEG_BASELINE, JPEG_BASELINE, 100000},    {"1.2.840.10008.1.2.4.90", JPEG_BASELINE, 100000}};
    for (const Row& row : rows)
    {
      BuilderOptions options;
      options.transcode = TranscodeTarget{row.target, std::nullopt};
      ArchivePlan plan = MakeRepeatingPlan(2, 100000);
      for (PlannedEntry& entry : plan.entries)
      {
        entry.instance.transferSyntaxUid = row.source;
        entry.isStored = std::string(row.source) != EXPLICIT_LITTLE;
      }

      const ArchiveEstimate estimate = EstimateArchive(plan, options);

      EXPECT_EQ(2 * row.expectedBytes + HEADERS_BYTES + END_BYTES, estimate.expectedBytes);
      EXPECT_FALSE(estimate.isExact);
    }
  }

  TEST(ArchiveEstimate, ManifestCounts)
  {
    BuilderOptions options;
    const ArchivePlan plan = MakeRepeatingPlan(10, 100000);
    const std::uint64_t plain = EstimateArchive(plan, options).expectedBytes;
    options.hasManifest = true;

    EXPECT_GE(EstimateArchive(plan, options).expectedBytes, plain + 10 * 64);
  }
} // namespace OrthancPlugins
