// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../../Plugin/Core/Archive/ArchiveBuilder.h"
#include "../../../Plugin/Core/Archive/Sha256.h"
#include "../../../Plugin/Core/Failure.h"
#include "../../Fakes/CountingSink.h"
#include "../../Fakes/MemoryDicomStore.h"
#include "../../Fakes/MemorySink.h"
#include "../../Fakes/RepeatingStore.h"
#include "../../Fakes/ZipReader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace OrthancPlugins
{
  namespace
  {
    constexpr const char* const JPEG_BASELINE = "1.2.840.10008.1.2.4.50";
    constexpr const char* const EXPLICIT_LITTLE = "1.2.840.10008.1.2.1";

    std::string MakeContent(std::size_t sizeBytes, unsigned seed)
    {
      std::mt19937 generator(seed);
      std::string content(sizeBytes, '\0');
      for (std::size_t i = 0; i < sizeBytes; i++)
      {
        content[i] = static_cast<char>((i / 1000 + generator() % 16) & 0xFF);
      }
      return content;
    }

    // A store and a plan of its instances, in order: "instance-N" at "dir/N.dcm"
    struct Fixture
    {
      MemoryDicomStore store;
      ArchivePlan plan;

      explicit Fixture(const std::vector<std::size_t>& sizes)
      {
        for (const std::size_t size : sizes)
        {
          Add(MakeContent(size, static_cast<unsigned>(size)));
        }
      }

      void Add(const std::string& content)
      {
        const std::string number = std::to_string(plan.entries.size());
        PlannedEntry entry;
        entry.path = "dir/" + number + ".dcm";
        entry.instance.id = "instance-" + number;
        entry.instance.sizeBytes = content.size();
        entry.instance.transferSyntaxUid = EXPLICIT_LITTLE;
        entry.instance.receptionUtc = 1600000000;
        store.files[entry.instance.id] = content;
        plan.entries.push_back(entry);
        plan.uncompressedBytes += content.size();
      }

      std::string Build(const BuilderOptions& options, ArchiveReport* report = nullptr)
      {
        MemorySink sink;
        ArchiveBuilder builder(plan, options, store, sink);
        while (builder.Step())
        {
        }
        EXPECT_EQ(sink.GetContent().size(), builder.GetBytesWritten());
        EXPECT_EQ(plan.uncompressedBytes, builder.GetInputBytesDone());
        EXPECT_FALSE(!builder.Step() && builder.Step()); // stays complete
        if (report != nullptr)
        {
          *report = builder.GetReport();
        }
        return sink.GetContent();
      }
    };

    Failure GetFailure(const std::function<void()>& function)
    {
      try
      {
        function();
      }
      catch (const Failure& failure)
      {
        return failure;
      }
      ADD_FAILURE() << "No failure";
      return Failure(FailureKind::Internal, "");
    }

    void ExpectNoArchive(const std::string& bytes)
    {
      EXPECT_EQ(std::string::npos, bytes.find("PK\x01\x02"));
      EXPECT_EQ(std::string::npos, bytes.find("PK\x05\x06"));
    }

    std::string GetDigest(const std::string& content)
    {
      Sha256 digest;
      digest.Begin();
      digest.Update(content.data(), content.size());
      return FormatDigest(digest.End());
    }

    const std::vector<std::size_t> MIXED_SIZES = {
      0, 1, 100, 4096, 500000, 4u << 20, (4u << 20) + 1, 5000000, 1 << 20, 9u << 20, 3};
  } // namespace

  TEST(ArchiveBuilder, EmptyPlan)
  {
    Fixture fixture({});

    EXPECT_EQ(40u, fixture.Build(BuilderOptions()).size());
  }

  TEST(ArchiveBuilder, EverySizeAndDensity)
  {
    for (const ArchiveDensity density :
         {ArchiveDensity::Fast, ArchiveDensity::Dense, ArchiveDensity::Store})
    {
      Fixture fixture(MIXED_SIZES);
      BuilderOptions options;
      options.density = density;

      const std::vector<ReadZipEntry> entries = ReadZip(fixture.Build(options));

      ASSERT_EQ(MIXED_SIZES.size(), entries.size());
      for (std::size_t i = 0; i < entries.size(); i++)
      {
        EXPECT_EQ(fixture.plan.entries[i].path, entries[i].path);
        EXPECT_TRUE(fixture.store.files["instance-" + std::to_string(i)] == entries[i].content);
        EXPECT_EQ(density == ArchiveDensity::Store || MIXED_SIZES[i] == 0 ? 0u : 8u,
                  entries[i].method);
        EXPECT_EQ(entries[i].method == 8 && MIXED_SIZES[i] > (4u << 20) ? 8u : 0u,
                  entries[i].flags);
        EXPECT_EQ(1600000000, entries[i].modifiedUtc);
      }
    }
  }

  TEST(ArchiveBuilder, SameBytesWhateverTheThreads)
  {
    Fixture fixture(MIXED_SIZES);
    fixture.plan.entries[4].isStored = true;
    fixture.plan.entries[7].isStored = true;
    for (const ArchiveDensity density : {ArchiveDensity::Fast, ArchiveDensity::Dense})
    {
      BuilderOptions options;
      options.density = density;
      options.hasManifest = true;
      options.threads = 1;
      const std::string expected = fixture.Build(options);
      for (const unsigned threads : {1u, 2u, 4u})
      {
        for (const std::uint64_t window : {1ull, 8ull << 20})
        {
          options.threads = threads;
          options.windowBytes = window;
          EXPECT_TRUE(expected == fixture.Build(options)) << threads << " " << window;
        }
      }
    }
  }

  TEST(ArchiveBuilder, RandomPlans)
  {
    std::mt19937 random(1);
    for (unsigned round = 0; round < 12; round++)
    {
      std::vector<std::size_t> sizes;
      const std::size_t count = random() % 40;
      for (std::size_t i = 0; i < count; i++)
      {
        sizes.push_back(random() % (i % 7 == 0 ? 5000000 : 20000));
      }
      Fixture fixture(sizes);
      BuilderOptions options;
      options.threads = 1 + static_cast<unsigned>(random() % 4);
      options.windowBytes = random() % 3000000;
      options.density = random() % 2 == 0 ? ArchiveDensity::Fast : ArchiveDensity::Dense;

      const std::vector<ReadZipEntry> entries = ReadZip(fixture.Build(options));

      ASSERT_EQ(count, entries.size());
      for (std::size_t i = 0; i < count; i++)
      {
        EXPECT_TRUE(fixture.store.files["instance-" + std::to_string(i)] == entries[i].content);
      }
    }
  }

  TEST(ArchiveBuilder, FirstEntryIsNotHeldBack)
  {
    Fixture fixture({100, 100, 100});
    MemorySink sink;
    ArchiveBuilder builder(fixture.plan, BuilderOptions(), fixture.store, sink);

    while (sink.GetContent().empty())
    {
      ASSERT_TRUE(builder.Step());
    }

    EXPECT_EQ(std::string::npos, sink.GetContent().find("PK\x01\x02"));
    EXPECT_EQ(std::string::npos, sink.GetContent().find("dir/1.dcm"));
  }

  TEST(ArchiveBuilder, ChunksAreNotSmall)
  {
    class ChunkSink final : public IByteSink
    {
    public:
      void Write(const void*, std::size_t sizeBytes) override { chunks.push_back(sizeBytes); }

      std::vector<std::size_t> chunks;
    };

    Fixture fixture(std::vector<std::size_t>(40, 600000));
    BuilderOptions options;
    options.density = ArchiveDensity::Store;
    ChunkSink sink;
    ArchiveBuilder builder(fixture.plan, options, fixture.store, sink);
    while (builder.Step())
    {
    }

    // But the directory, which is the last one
    ASSERT_GT(sink.chunks.size(), 2u);
    for (std::size_t i = 0; i + 1 < sink.chunks.size(); i++)
    {
      EXPECT_GE(sink.chunks[i], std::size_t{256} << 10) << i;
    }
  }

  TEST(ArchiveBuilder, StepsAreSmall)
  {
    Fixture fixture({4u << 20, 4u << 20, 20u << 20, 100});
    BuilderOptions options;
    options.density = ArchiveDensity::Store;
    MemorySink sink;
    ArchiveBuilder builder(fixture.plan, options, fixture.store, sink);

    std::size_t before = 0;
    bool isRunning = true;
    while (isRunning)
    {
      isRunning = builder.Step();
      EXPECT_LE(sink.GetContent().size() - before, std::size_t(5) << 19);
      before = sink.GetContent().size();
    }
  }

  TEST(ArchiveBuilder, MissingInstanceFails)
  {
    for (const unsigned missing : {0u, 1u, 4u})
    {
      Fixture fixture({100, 5000000, 100, 100, 100});
      fixture.store.unreadable.insert("instance-" + std::to_string(missing));
      MemorySink sink;
      ArchiveBuilder builder(fixture.plan, BuilderOptions(), fixture.store, sink);

      const Failure failure = GetFailure(
        [&]
        {
          while (builder.Step())
          {
          }
        });

      EXPECT_EQ(FailureKind::SourceMissing, failure.GetKind());
      EXPECT_NE(std::string::npos,
                std::string(failure.what()).find("instance-" + std::to_string(missing)));
      ExpectNoArchive(sink.GetContent());
      EXPECT_THROW(builder.Step(), Failure);
      ExpectNoArchive(sink.GetContent());
    }
  }

  TEST(ArchiveBuilder, MissingInstancesAreReported)
  {
    Fixture fixture({100, 200, 6000000, 300, 6000000, 6000000});
    fixture.plan.entries[4].isStored = true;
    fixture.store.unreadable = {"instance-0"};
    fixture.store.failingAt = {{"instance-3", 10}, {"instance-2", 0}, {"instance-4", 5500000}};
    BuilderOptions options;
    options.onMissing = MissingPolicy::Report;
    ArchiveReport report;

    const std::vector<ReadZipEntry> entries = ReadZip(fixture.Build(options, &report));

    const std::vector<std::string> missing = {"instance-0", "instance-2", "instance-3",
                                              "instance-4"};
    EXPECT_EQ(missing, report.missing);
    ASSERT_EQ(3u, entries.size());
    EXPECT_EQ("dir/1.dcm", entries[0].path);
    EXPECT_EQ("dir/5.dcm", entries[1].path);
    EXPECT_EQ("MISSING.txt", entries[2].path);
    EXPECT_FALSE(entries[2].modifiedUtc.has_value());
    const std::string& text = entries[2].content;
    const std::string lines = text.substr(text.find('\n') + 1);
    EXPECT_EQ("instance-0\tdir/0.dcm\ninstance-2\tdir/2.dcm\ninstance-3\tdir/3.dcm\n"
              "instance-4\tdir/4.dcm\n",
              lines);
  }

  TEST(ArchiveBuilder, AllInstancesMissing)
  {
    Fixture fixture({100, 200});
    fixture.store.unreadable = {"instance-0", "instance-1"};
    BuilderOptions options;
    options.onMissing = MissingPolicy::Report;
    options.hasManifest = true;

    const std::vector<ReadZipEntry> entries = ReadZip(fixture.Build(options));

    ASSERT_EQ(2u, entries.size());
    EXPECT_EQ(GetDigest(entries[0].content) + "  MISSING.txt\n", entries[1].content);
  }

  TEST(ArchiveBuilder, NothingMissingNeedsNoReport)
  {
    Fixture fixture({100});
    BuilderOptions options;
    options.onMissing = MissingPolicy::Report;

    EXPECT_EQ(1u, ReadZip(fixture.Build(options)).size());
  }

  TEST(ArchiveBuilder, FailureAfterTheHeaderFailsTheArchive)
  {
    for (const std::uint64_t offset : {std::uint64_t(1) << 20, std::uint64_t(3) << 20})
    {
      Fixture fixture({100, 6000000, 100});
      fixture.store.failingAt["instance-1"] = offset;
      BuilderOptions options;
      options.onMissing = MissingPolicy::Report;
      MemorySink sink;
      ArchiveBuilder builder(fixture.plan, options, fixture.store, sink);

      const Failure failure = GetFailure(
        [&]
        {
          while (builder.Step())
          {
          }
        });

      EXPECT_EQ(FailureKind::SourceMissing, failure.GetKind());
      EXPECT_NE(std::string::npos, std::string(failure.what()).find("instance-1"));
      ExpectNoArchive(sink.GetContent());
    }
  }

  TEST(ArchiveBuilder, FailedSinkLeavesNoArchive)
  {
    Fixture fixture({50, 300, 0, 20});
    BuilderOptions options;
    options.hasManifest = true;
    const std::string whole = fixture.Build(options);
    const std::size_t directory = whole.find("PK\x01\x02");
    for (std::size_t accepted = 0; accepted < whole.size(); accepted++)
    {
      FailingSink sink(accepted, FailureKind::ClientGone);
      ArchiveBuilder builder(fixture.plan, options, fixture.store, sink);

      const Failure failure = GetFailure(
        [&]
        {
          while (builder.Step())
          {
          }
        });

      EXPECT_EQ(FailureKind::ClientGone, failure.GetKind());
      EXPECT_TRUE(whole.substr(0, accepted) == sink.GetContent());
      EXPECT_EQ(accepted < directory + 4,
                sink.GetContent().find("PK\x01\x02") == std::string::npos);
      EXPECT_THROW(ReadZip(sink.GetContent()), std::runtime_error);
      EXPECT_THROW(builder.Step(), Failure);
    }
  }

  TEST(ArchiveBuilder, GoneClientStopsTheReading)
  {
    for (const bool isMemory : {false, true})
    {
      RepeatingStore store(isMemory);
      FailingSink sink(0, FailureKind::ClientGone);
      BuilderOptions options;
      options.threads = 4;
      options.windowBytes = 100000;
      ArchiveBuilder builder(MakeRepeatingPlan(5000, 10000), options, store, sink);

      EXPECT_THROW(
        {
          while (builder.Step())
          {
          }
        },
        Failure);

      EXPECT_LE(store.openedCount, 40u);
    }
  }

  TEST(ArchiveBuilder, SlowClientStopsTheReading)
  {
    for (const bool isMemory : {false, true})
    {
      RepeatingStore store(isMemory);
      MemorySink sink;
      BuilderOptions options;
      options.threads = 4;
      options.windowBytes = 1000000;
      {
        ArchiveBuilder builder(MakeRepeatingPlan(5000, 100000), options, store, sink);
        while (sink.GetContent().empty())
        {
          ASSERT_TRUE(builder.Step());
        }
        // Nobody calls Step() any more; destruction ends what is under way
      }

      EXPECT_LE(store.openedCount, 400u);
      EXPECT_LE(store.readBytes, 40000000u);
      ExpectNoArchive(sink.GetContent());
    }
  }

  TEST(ArchiveBuilder, DestructionAtOnce)
  {
    Fixture fixture({100, 9000000, 100});
    for (unsigned i = 0; i < 20; i++)
    {
      MemorySink sink;
      const ArchiveBuilder builder(fixture.plan, BuilderOptions(), fixture.store, sink);
      EXPECT_EQ(0u, builder.GetBytesWritten());
    }
  }

  TEST(ArchiveBuilder, TranscodedInstances)
  {
    Fixture fixture({3000, 3000, 6000000, 100});
    fixture.plan.entries[3].instance.transferSyntaxUid = JPEG_BASELINE;
    fixture.plan.entries[3].isStored = true;
    fixture.store.transcoder = [](const std::string& id)
    {
      return id == "instance-1"   ? std::string()
             : id == "instance-2" ? std::string(7000000, 'j')
                                  : std::string(50, 'j');
    };
    BuilderOptions options;
    options.transcode = TranscodeTarget{JPEG_BASELINE, std::nullopt};
    options.hasManifest = true;
    ArchiveReport report;

    const std::vector<ReadZipEntry> entries = ReadZip(fixture.Build(options, &report));

    ASSERT_EQ(6u, entries.size());
    EXPECT_EQ(std::vector<std::string>{"instance-1"}, report.notTranscoded);
    EXPECT_EQ(std::string(50, 'j'), entries[0].content);
    EXPECT_EQ(0u, entries[0].method);
    EXPECT_TRUE(fixture.store.files["instance-1"] == entries[1].content);
    EXPECT_EQ(8u, entries[1].method);
    EXPECT_TRUE(std::string(7000000, 'j') == entries[2].content);
    EXPECT_EQ(0u, entries[2].method);
    EXPECT_TRUE(fixture.store.files["instance-3"] == entries[3].content);
    EXPECT_EQ("TRANSCODING.txt", entries[4].path);
    EXPECT_EQ("instance-0\ttranscoded\tdir/0.dcm\ninstance-1\tkept\tdir/1.dcm\n"
              "instance-2\ttranscoded\tdir/2.dcm\ninstance-3\tunchanged\tdir/3.dcm\n",
              entries[4].content);
    std::string manifest;
    for (std::size_t i = 0; i < 5; i++)
    {
      manifest += GetDigest(entries[i].content) + "  " + entries[i].path + "\n";
    }
    EXPECT_EQ("MANIFEST.sha256", entries[5].path);
    EXPECT_EQ(manifest, entries[5].content);
  }

  TEST(ArchiveBuilder, DecompressedInstancesAreDeflated)
  {
    Fixture fixture({3000});
    fixture.plan.entries[0].instance.transferSyntaxUid = JPEG_BASELINE;
    fixture.plan.entries[0].isStored = true;
    fixture.store.transcoder = [](const std::string&) { return std::string(100000, 'r'); };
    BuilderOptions options;
    options.transcode = TranscodeTarget{EXPLICIT_LITTLE, std::nullopt};

    const std::vector<ReadZipEntry> entries = ReadZip(fixture.Build(options));

    EXPECT_EQ(8u, entries[0].method);
    EXPECT_EQ(std::string(100000, 'r'), entries[0].content);
  }

  TEST(ArchiveBuilder, RefusesInstancesThatCannotBeTranscoded)
  {
    Fixture fixture({3000, 3000});
    BuilderOptions options;
    options.transcode = TranscodeTarget{JPEG_BASELINE, std::nullopt};
    options.onTranscodeFailure = TranscodeFailurePolicy::Fail;
    options.onMissing = MissingPolicy::Report;

    const Failure failure = GetFailure([&] { fixture.Build(options); });

    EXPECT_EQ(FailureKind::NotTranscodable, failure.GetKind());
    EXPECT_NE(std::string::npos, std::string(failure.what()).find("instance-0"));
  }

  TEST(ArchiveBuilder, ManifestOfEverySize)
  {
    Fixture fixture(MIXED_SIZES);
    BuilderOptions options;
    options.hasManifest = true;

    const std::vector<ReadZipEntry> entries = ReadZip(fixture.Build(options));

    std::string manifest;
    for (std::size_t i = 0; i + 1 < entries.size(); i++)
    {
      manifest += GetDigest(entries[i].content) + "  " + entries[i].path + "\n";
    }
    EXPECT_EQ("MANIFEST.sha256", entries.back().path);
    EXPECT_EQ(manifest, entries.back().content);
  }

  TEST(ArchiveBuilder, ExactLengthIsExact)
  {
    for (const bool hasManifest : {false, true})
    {
      Fixture fixture(MIXED_SIZES);
      fixture.plan.entries[2].path = "\xC3\xA9";
      fixture.plan.entries[3].instance.receptionUtc = std::nullopt;
      BuilderOptions options;
      options.density = ArchiveDensity::Store;
      options.hasManifest = hasManifest;

      const std::optional<std::uint64_t> length =
        ArchiveBuilder::GetExactLength(fixture.plan, options);

      ASSERT_TRUE(length.has_value());
      EXPECT_EQ(fixture.Build(options).size(), *length);
    }
  }

  TEST(ArchiveBuilder, ExactLengthOnlyWhereItIsCertain)
  {
    Fixture fixture({10, 20});
    BuilderOptions options;
    EXPECT_FALSE(ArchiveBuilder::GetExactLength(fixture.plan, options).has_value());
    fixture.plan.entries[0].isStored = true;
    EXPECT_FALSE(ArchiveBuilder::GetExactLength(fixture.plan, options).has_value());
    fixture.plan.entries[1].isStored = true;
    EXPECT_EQ(fixture.Build(options).size(), ArchiveBuilder::GetExactLength(fixture.plan, options));
    options.onMissing = MissingPolicy::Report;
    EXPECT_FALSE(ArchiveBuilder::GetExactLength(fixture.plan, options).has_value());
    options.onMissing = MissingPolicy::Fail;
    options.transcode = TranscodeTarget{JPEG_BASELINE, std::nullopt};
    EXPECT_FALSE(ArchiveBuilder::GetExactLength(fixture.plan, options).has_value());
  }

  TEST(ArchiveBuilder, AnnouncedLengthIsKept)
  {
    for (const std::size_t size : {99u, 101u, 0u})
    {
      Fixture fixture({100, 100, 100});
      fixture.store.files["instance-1"] = std::string(size, 'x');
      BuilderOptions options;
      options.density = ArchiveDensity::Store;
      MemorySink sink;
      ArchiveBuilder builder(fixture.plan, options, fixture.store, sink);

      const Failure failure = GetFailure(
        [&]
        {
          while (builder.Step())
          {
          }
        });

      EXPECT_EQ(FailureKind::SourceMissing, failure.GetKind());
      EXPECT_NE(std::string::npos, std::string(failure.what()).find("instance-1"));
      EXPECT_EQ(std::string::npos, sink.GetContent().find("dir/1.dcm"));
    }
  }

  TEST(ArchiveBuilder, HugeStoredInstances)
  {
    RepeatingStore store(true);
    BuilderOptions options;
    options.density = ArchiveDensity::Store;
    ArchivePlan plan = MakeRepeatingPlan(3, 1000);
    plan.entries[0].instance.sizeBytes = 5ull << 30;
    plan.entries[1].instance.sizeBytes = 0xFFFFFFFE;
    plan.uncompressedBytes = (5ull << 30) + 0xFFFFFFFE + 1000;
    const std::optional<std::uint64_t> length = ArchiveBuilder::GetExactLength(plan, options);
    CountingSink sink(256 * 1024);
    ArchiveBuilder builder(plan, options, store, sink);

    while (builder.Step())
    {
    }

    EXPECT_EQ(length, sink.GetBytesWritten());
    const std::string local = sink.Read(0, 31 + 20);
    EXPECT_EQ(45u, ReadLittleEndian(local, 4, 2));
    EXPECT_EQ(0u, ReadLittleEndian(local, 6, 2)); // no descriptor
    EXPECT_EQ(0xFFFFFFFFu, ReadLittleEndian(local, 18, 4));
    EXPECT_EQ(5ull << 30, ReadLittleEndian(local, 35, 8));
    const std::string second = sink.Read(51 + (5ull << 30), 31);
    EXPECT_EQ(20u, ReadLittleEndian(second, 4, 2));
    EXPECT_EQ(0xFFFFFFFEu, ReadLittleEndian(second, 18, 4));
  }

  // Its input is below 4 GiB, but deflated it might not be
  TEST(ArchiveBuilder, InstanceThatMightReachTheLimitWhenDeflated)
  {
    RepeatingStore store(true);
    ArchivePlan plan = MakeRepeatingPlan(1, 0xFFFFFFFE);
    CountingSink sink(16 * 1024 * 1024);
    ArchiveBuilder builder(plan, BuilderOptions(), store, sink);

    while (builder.Step())
    {
    }

    const std::string local = sink.Read(0, 31 + 20);
    EXPECT_EQ(45u, ReadLittleEndian(local, 4, 2));
    EXPECT_EQ(8u, ReadLittleEndian(local, 6, 2));
    EXPECT_EQ(0xFFFFFFFFu, ReadLittleEndian(local, 18, 4));
    EXPECT_EQ(0u, ReadLittleEndian(local, 35, 8));
    const std::uint64_t directory = sink.GetBytesWritten() - 40 - (46 + 1 + 20);
    const std::string central = sink.Read(directory, 46 + 1 + 20);
    EXPECT_EQ(0x02014b50u, ReadLittleEndian(central, 0, 4));
    EXPECT_EQ(45u, ReadLittleEndian(central, 6, 2));
    EXPECT_EQ(0xFFFFFFFFu, ReadLittleEndian(central, 20, 4));
    EXPECT_EQ(0xFFFFFFFEu, ReadLittleEndian(central, 51, 8));
    EXPECT_EQ(directory - 24 - 51, ReadLittleEndian(central, 59, 8));
    EXPECT_EQ(0xFFFFFFFEu, ReadLittleEndian(sink.Read(directory - 24, 24), 16, 8));
  }

  TEST(ArchiveBuilder, SeventyThousandInstances)
  {
    RepeatingStore store(false);
    BuilderOptions options;
    options.density = ArchiveDensity::Store;
    options.hasManifest = true;
    const ArchivePlan plan = MakeRepeatingPlan(70000, 10);
    MemorySink sink;
    ArchiveBuilder builder(plan, options, store, sink);

    while (builder.Step())
    {
    }

    EXPECT_EQ(sink.GetContent().size(), ArchiveBuilder::GetExactLength(plan, options));
    EXPECT_EQ(70001u, ReadZip(sink.GetContent()).size());
    EXPECT_NE(std::string::npos, sink.GetContent().find("PK\x06\x06"));
  }

  TEST(ArchiveBuilder, UnsafePlanFails)
  {
    for (const char* const path : {"../evil", "/evil", "dir/0.dcm", "dir\\evil"})
    {
      Fixture fixture({10, 20});
      fixture.plan.entries[1].path = path;

      EXPECT_EQ(FailureKind::BadRequest,
                GetFailure([&] { fixture.Build(BuilderOptions()); }).GetKind());
    }
  }
} // namespace OrthancPlugins
