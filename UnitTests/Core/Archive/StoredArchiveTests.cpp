// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../../Plugin/Core/Archive/ArchiveBuilder.h"
#include "../../../Plugin/Core/Archive/StoredArchive.h"
#include "../../../Plugin/Core/Failure.h"
#include "../../../Plugin/Core/Zip/Deflater.h"
#include "../../Fakes/CountingSink.h"
#include "../../Fakes/MemoryDicomStore.h"
#include "../../Fakes/MemorySink.h"
#include "../../Fakes/RepeatingStore.h"
#include "../../Fakes/ZipReader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace OrthancPlugins
{
  namespace
  {
    struct Fixture
    {
      MemoryDicomStore store;
      ArchivePlan plan;
      BuilderOptions options;
      CrcMemory crcs{1000};

      explicit Fixture(const std::vector<std::size_t>& sizes)
      {
        options.density = ArchiveDensity::Store;
        for (std::size_t i = 0; i < sizes.size(); i++)
        {
          const std::string number = std::to_string(i);
          std::string content(sizes[i], '\0');
          for (std::size_t j = 0; j < content.size(); j++)
          {
            content[j] = static_cast<char>((i + j * j / 7) & 0xFF);
          }
          PlannedEntry entry;
          entry.path = i % 3 == 1 ? "\xC3\xA9" + number : "d/" + number;
          entry.instance.id = "instance-" + number;
          entry.instance.attachmentUuid = "attachment-" + number;
          entry.instance.sizeBytes = sizes[i];
          if (i % 2 == 0)
          {
            entry.instance.receptionUtc = 1600000000;
          }
          store.files[entry.instance.id] = std::move(content);
          plan.entries.push_back(entry);
          plan.uncompressedBytes += sizes[i];
        }
      }

      std::string Build(CrcMemory* memory = nullptr)
      {
        options.crcs = memory;
        MemorySink sink;
        ArchiveBuilder builder(plan, options, store, sink);
        while (builder.Step())
        {
        }
        return sink.GetContent();
      }

      std::string Read(std::uint64_t offset, std::uint64_t sizeBytes)
      {
        StoredArchive archive(plan, options, store, crcs);
        MemorySink sink;
        archive.Read(offset, sizeBytes, sink);
        return sink.GetContent();
      }

      std::uint64_t GetLength()
      {
        return StoredArchive(plan, options, store, crcs).GetLengthBytes();
      }
    };

    FailureKind GetKind(const std::function<void()>& function)
    {
      try
      {
        function();
      }
      catch (const Failure& failure)
      {
        return failure.GetKind();
      }
      ADD_FAILURE() << "No failure";
      return FailureKind::Internal;
    }
  } // namespace

  TEST(StoredArchive, EveryRangeOfASmallArchive)
  {
    Fixture fixture({5, 0, 9});
    fixture.options.threads = 1;
    const std::string expected = fixture.Build();
    StoredArchive archive(fixture.plan, fixture.options, fixture.store, fixture.crcs);
    ASSERT_EQ(expected.size(), archive.GetLengthBytes());

    for (std::size_t offset = 0; offset <= expected.size(); offset++)
    {
      for (std::size_t size = 0; offset + size <= expected.size(); size++)
      {
        MemorySink sink;
        archive.Read(offset, size, sink);
        ASSERT_EQ(expected.substr(offset, size), sink.GetContent()) << offset << " " << size;
      }
    }
  }

  TEST(StoredArchive, EveryOffsetWithNothingRemembered)
  {
    Fixture fixture({5, 0, 9, 20});
    fixture.options.threads = 1;
    const std::string expected = fixture.Build();
    for (std::size_t offset = 0; offset < expected.size(); offset++)
    {
      for (const std::size_t size : {std::size_t(1), std::size_t(40), expected.size()})
      {
        CrcMemory empty(1);
        StoredArchive archive(fixture.plan, fixture.options, fixture.store, empty);
        MemorySink sink;
        archive.Read(offset, std::min(size, expected.size() - offset), sink);
        ASSERT_EQ(expected.substr(offset, size), sink.GetContent()) << offset << " " << size;
      }
    }
  }

  TEST(StoredArchive, LargeFiles)
  {
    Fixture fixture({100, 5000000, 4u << 20, (4u << 20) + 1, 0, 9000000, 3});
    const std::string expected = fixture.Build();
    ASSERT_EQ(expected.size(), fixture.GetLength());
    const std::size_t size = expected.size();
    const std::pair<std::size_t, std::size_t> ranges[] = {{0, size},
                                                          {0, 1},
                                                          {size - 1, 1},
                                                          {50, size - 50},
                                                          {3000000, 100},
                                                          {3000000, 4000000},
                                                          {3000000, size - 3000000},
                                                          {10000000, 3},
                                                          {0, 5000000},
                                                          {1 << 20, 1 << 20},
                                                          {5000000, 12000000},
                                                          {size - 2000, 2000}};
    for (const auto& [offset, length] : ranges)
    {
      EXPECT_TRUE(expected.substr(offset, length) == fixture.Read(offset, length))
        << offset << " " << length;
      fixture.crcs.Forget(fixture.plan.entries[1].instance);
      fixture.crcs.Forget(fixture.plan.entries[2].instance);
    }
  }

  TEST(StoredArchive, EmptyArchive)
  {
    Fixture fixture({});
    const std::string expected = fixture.Build();

    EXPECT_EQ(expected, fixture.Read(0, expected.size()));
    EXPECT_EQ(expected.substr(10, 5), fixture.Read(10, 5));
    EXPECT_EQ("", fixture.Read(expected.size(), 0));
  }

  TEST(StoredArchive, CompressedImagesAreStoredAlways)
  {
    Fixture fixture({50, 60});
    fixture.options.density = ArchiveDensity::Dense;
    EXPECT_FALSE(StoredArchive::IsPossible(fixture.plan, fixture.options));
    fixture.plan.entries[0].isStored = true;
    EXPECT_FALSE(StoredArchive::IsPossible(fixture.plan, fixture.options));
    fixture.plan.entries[1].isStored = true;
    EXPECT_TRUE(StoredArchive::IsPossible(fixture.plan, fixture.options));
    const std::string expected = fixture.Build();

    EXPECT_EQ(expected.substr(60), fixture.Read(60, expected.size() - 60));
  }

  TEST(StoredArchive, PossibleOnlyIfAllIsKnown)
  {
    Fixture fixture({50});
    EXPECT_TRUE(StoredArchive::IsPossible(fixture.plan, fixture.options));
    BuilderOptions options = fixture.options;
    options.hasManifest = true;
    EXPECT_FALSE(StoredArchive::IsPossible(fixture.plan, options));
    EXPECT_EQ(FailureKind::Internal,
              GetKind([&] { StoredArchive(fixture.plan, options, fixture.store, fixture.crcs); }));
    options = fixture.options;
    options.onMissing = MissingPolicy::Report;
    EXPECT_FALSE(StoredArchive::IsPossible(fixture.plan, options));
    options = fixture.options;
    options.transcode = TranscodeTarget{"1.2.840.10008.1.2.4.50", std::nullopt};
    EXPECT_FALSE(StoredArchive::IsPossible(fixture.plan, options));
  }

  TEST(StoredArchive, OutsideOfTheArchive)
  {
    Fixture fixture({50});
    StoredArchive archive(fixture.plan, fixture.options, fixture.store, fixture.crcs);
    const std::uint64_t length = archive.GetLengthBytes();
    MemorySink sink;

    EXPECT_EQ(FailureKind::RangeInvalid, GetKind([&] { archive.Read(length, 1, sink); }));
    EXPECT_EQ(FailureKind::RangeInvalid, GetKind([&] { archive.Read(length + 1, 0, sink); }));
    EXPECT_EQ(FailureKind::RangeInvalid, GetKind([&] { archive.Read(0, length + 1, sink); }));
    EXPECT_EQ(FailureKind::RangeInvalid,
              GetKind([&] { archive.Read(10, 0xFFFFFFFFFFFFFFFF, sink); }));
    EXPECT_EQ("", sink.GetContent());
  }

  TEST(StoredArchive, UnsafePathIsRefused)
  {
    Fixture fixture({50});
    fixture.plan.entries[0].path = "../evil";

    EXPECT_EQ(FailureKind::BadRequest, GetKind([&] { fixture.GetLength(); }));
  }

  TEST(StoredArchive, OpensOnlyWhatTheRangeNeeds)
  {
    Fixture fixture(std::vector<std::size_t>(20, 1000));
    const std::string expected = fixture.Build();
    const std::size_t middle = expected.find("d/9") + 100; // within the data of the tenth file
    const auto countOpened = [&](std::size_t offset, std::size_t size)
    {
      fixture.store.openedCount = 0;
      EXPECT_TRUE(expected.substr(offset, size) == fixture.Read(offset, size));
      return static_cast<unsigned>(fixture.store.openedCount);
    };

    EXPECT_EQ(1u, countOpened(middle, 10));
    EXPECT_EQ(3u, countOpened(middle, 2000)); // header of the last one too
    EXPECT_EQ(1u, countOpened(middle, 10));
    EXPECT_EQ(0u, countOpened(expected.size() - 30, 30)); // end of the directory only
    EXPECT_EQ(1u, countOpened(expected.size() - 50, 50)); // one of its records
    EXPECT_EQ(0u, countOpened(expected.size() - 50, 50)); // its CRC is remembered
  }

  TEST(StoredArchive, CutDownloadLeavesItsCrcs)
  {
    Fixture fixture(std::vector<std::size_t>(20, 1000));
    const std::string expected = fixture.Build();
    const std::size_t cut = expected.find("d/12") + 100;
    fixture.options.crcs = &fixture.crcs;
    FailingSink sink(cut, FailureKind::ClientGone);
    {
      ArchiveBuilder builder(fixture.plan, fixture.options, fixture.store, sink);
      EXPECT_THROW(
        {
          while (builder.Step())
          {
          }
        },
        Failure);
    }
    EXPECT_GE(fixture.crcs.GetEntriesCount(), 12u);
    fixture.store.openedCount = 0;

    const std::string rest = fixture.Read(cut, expected.size() - cut);

    EXPECT_TRUE(expected == sink.GetContent() + rest);
    EXPECT_EQ(8u, fixture.store.openedCount);
  }

  TEST(StoredArchive, ForgottenCrcsAreComputedAgain)
  {
    Fixture fixture({100, 200, 5000000, 300, 6000000});
    const std::string expected = fixture.Build();
    CrcMemory small(1);
    StoredArchive archive(fixture.plan, fixture.options, fixture.store, small);
    MemorySink sink;
    archive.Read(expected.size() - 400, 400, sink);

    EXPECT_TRUE(expected.substr(expected.size() - 400) == sink.GetContent());
    EXPECT_EQ(1u, small.GetEntriesCount());
  }

  TEST(StoredArchive, MissingInstanceFails)
  {
    for (const std::size_t size : {std::size_t(100), std::size_t(5000000)})
    {
      Fixture fixture({100, size, 100});
      const std::size_t length = static_cast<std::size_t>(fixture.GetLength());
      fixture.store.unreadable = {"instance-1"};
      const std::size_t second = 30 + 3 + 9 + 100;

      EXPECT_EQ(second, fixture.Read(0, second).size());
      for (const auto& [offset, count] : std::vector<std::pair<std::size_t, std::size_t>>{
             {0, length}, {0, second + 1}, {second + 50, 1}, {length - 200, 200}})
      {
        EXPECT_EQ(FailureKind::SourceMissing, GetKind([&] { fixture.Read(offset, count); }))
          << offset;
      }
    }
  }

  TEST(StoredArchive, FileOfAnotherSizeFails)
  {
    for (const std::size_t size : {99u, 101u, 0u})
    {
      Fixture fixture({100, 100, 100});
      const std::size_t length = static_cast<std::size_t>(fixture.GetLength());
      fixture.store.files["instance-1"] = std::string(size, 'x');

      EXPECT_EQ(FailureKind::SourceMissing, GetKind([&] { fixture.Read(0, length); }));
      EXPECT_EQ(FailureKind::SourceMissing, GetKind([&] { fixture.Read(200, 1); }));
      EXPECT_EQ(FailureKind::SourceMissing, GetKind([&] { fixture.Read(length - 230, 230); }));
    }
  }

  // A wrong CRC may have been remembered: then nothing wrong is delivered as a whole, and it is forgotten
  TEST(StoredArchive, WrongCrcOfALargeFileIsNoticed)
  {
    Fixture fixture({10, 5000000, 10});
    const std::string expected = fixture.Build();
    fixture.crcs.Remember(fixture.plan.entries[1].instance, 12345);

    EXPECT_EQ(FailureKind::SourceMissing, GetKind([&] { fixture.Read(0, expected.size()); }));
    EXPECT_TRUE(expected == fixture.Read(0, expected.size()));

    fixture.crcs.Remember(fixture.plan.entries[1].instance, 12345);
    EXPECT_EQ(FailureKind::SourceMissing, GetKind([&] { fixture.Build(&fixture.crcs); }));
    EXPECT_TRUE(expected == fixture.Build(&fixture.crcs));
  }

  TEST(StoredArchive, FailingSinkStopsTheReading)
  {
    RepeatingStore store(false);
    CrcMemory crcs(100);
    BuilderOptions options;
    options.density = ArchiveDensity::Store;
    options.windowBytes = 100000;
    StoredArchive archive(MakeRepeatingPlan(5000, 10000), options, store, crcs);
    FailingSink sink(5000, FailureKind::ClientGone);

    EXPECT_EQ(FailureKind::ClientGone,
              GetKind([&] { archive.Read(100, archive.GetLengthBytes() - 100, sink); }));
    EXPECT_LE(store.openedCount, 400u);
  }

  TEST(ArchiveBuilder, RememberedCrcSavesReadingTwice)
  {
    RepeatingStore store(false);
    CrcMemory crcs(100);
    BuilderOptions options;
    options.density = ArchiveDensity::Store;
    options.crcs = &crcs;
    const auto build = [&]
    {
      store.readBytes = 0;
      MemorySink sink;
      ArchiveBuilder builder(MakeRepeatingPlan(2, 10000000), options, store, sink);
      while (builder.Step())
      {
      }
      return sink.GetContent();
    };

    const std::string first = build();
    EXPECT_EQ(40000000u, store.readBytes);
    EXPECT_TRUE(first == build());
    EXPECT_EQ(20000000u, store.readBytes);
    options.onMissing = MissingPolicy::Report; // what cannot be read to its end is left out
    EXPECT_TRUE(first == build());
    EXPECT_EQ(40000000u, store.readBytes);
  }

  TEST(ArchiveBuilder, RemembersFilesNotWhatTheyBecome)
  {
    Fixture fixture({100, 5000000, 200});
    fixture.options.density = ArchiveDensity::Fast;
    fixture.store.transcoder = [](const std::string& id)
    { return id == "instance-0" ? std::string(50, 'j') : std::string(); };
    fixture.options.transcode = TranscodeTarget{"1.2.840.10008.1.2.4.50", std::nullopt};

    fixture.Build(&fixture.crcs);

    EXPECT_EQ(2u, fixture.crcs.GetEntriesCount());
    for (const std::size_t i : {1u, 2u})
    {
      const StoredInstance& instance = fixture.plan.entries[i].instance;
      const std::string& content = fixture.store.files[instance.id];
      EXPECT_EQ(UpdateCrc32(0, content.data(), content.size()), fixture.crcs.Find(instance));
    }
  }

  // Offsets and sizes beyond 4 GiB
  TEST(StoredArchive, HugeArchive)
  {
    RepeatingStore store(true);
    CrcMemory crcs(100);
    BuilderOptions options;
    options.density = ArchiveDensity::Store;
    options.crcs = &crcs;
    ArchivePlan plan = MakeRepeatingPlan(3, 1000);
    plan.entries[0].instance.sizeBytes = 5ull << 30;
    plan.entries[1].instance.sizeBytes = 0xFFFFFFFE;
    CountingSink whole(256 * 1024);
    ArchiveBuilder builder(plan, options, store, whole);
    while (builder.Step())
    {
    }
    const std::uint64_t length = whole.GetBytesWritten();
    store.readBytes = 0;

    StoredArchive archive(plan, options, store, crcs);

    ASSERT_EQ(length, archive.GetLengthBytes());
    const auto read = [&](std::uint64_t offset, std::uint64_t size)
    {
      MemorySink sink;
      archive.Read(offset, size, sink);
      return sink.GetContent();
    };
    EXPECT_EQ(whole.Read(0, 40), read(0, 40));
    const std::uint64_t second = 51 + (5ull << 30);
    EXPECT_EQ(whole.Read(second, 31), read(second, 31));
    const std::size_t tailBytes = 300 + 1031;
    EXPECT_EQ(whole.Read(length - tailBytes, tailBytes), read(length - tailBytes, tailBytes));
    EXPECT_EQ(std::string(100, '\x55'), read(6ull << 30, 100));
    EXPECT_LE(store.readBytes, 3000u);
  }

  TEST(StoredArchive, SeventyThousandInstances)
  {
    RepeatingStore store(false);
    CrcMemory crcs(100);
    BuilderOptions options;
    options.density = ArchiveDensity::Store;
    const ArchivePlan plan = MakeRepeatingPlan(70000, 10);
    MemorySink whole;
    ArchiveBuilder builder(plan, options, store, whole);
    while (builder.Step())
    {
    }
    const std::string& expected = whole.GetContent();
    StoredArchive archive(plan, options, store, crcs);
    ASSERT_EQ(expected.size(), archive.GetLengthBytes());

    for (const std::size_t size : {std::size_t(100), std::size_t(200000), expected.size() - 77})
    {
      MemorySink sink;
      archive.Read(expected.size() - size, size, sink);
      EXPECT_TRUE(expected.substr(expected.size() - size) == sink.GetContent());
    }
  }
} // namespace OrthancPlugins
