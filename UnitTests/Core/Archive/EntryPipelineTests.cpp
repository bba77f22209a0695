// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../../Plugin/Core/Archive/EntryPipeline.h"
#include "../../../Plugin/Core/Archive/Sha256.h"
#include "../../Fakes/ZipReader.h"

#include <gtest/gtest.h>

#include <boost/date_time/posix_time/posix_time_types.hpp>
#include <boost/thread/lock_guard.hpp>
#include <boost/thread/lock_types.hpp>
#include <boost/thread/mutex.hpp>
#include <boost/thread/thread.hpp>

#include <algorithm>
#include <atomic>
#include <limits>
#include <map>
#include <string>
#include <vector>

namespace OrthancPlugins
{
  namespace
  {
    constexpr unsigned LONG_MILLISECONDS = 60000;

    // Every byte tells its offset; counts what is open and how often it was read
    class CountingStore final : public IDicomStore
    {
    public:
      explicit CountingStore(bool isMemory)
        : isMemory_(isMemory)
      {
      }

      std::optional<ResourceLevel> FindLevel(const std::string&) override { return std::nullopt; }

      StoredPatient Describe(ResourceLevel, const std::string&, const DescribeOptions&) override
      {
        return StoredPatient();
      }

      std::unique_ptr<IInstanceData> OpenInstance(const StoredInstance& instance) override
      {
        opened++;
        if (instance.id == throwingId)
        {
          throw std::runtime_error("some text that may hold patient data");
        }
        if (instance.id == nullId)
        {
          return nullptr;
        }
        if (instance.id == heldId)
        {
          const boost::lock_guard<boost::mutex> lock(gate);
        }
        return std::make_unique<Data>(*this, instance.sizeBytes);
      }

      std::unique_ptr<IInstanceData> OpenTranscoded(const StoredInstance&,
                                                    const TranscodeTarget&) override
      {
        transcoded++;
        return nullptr;
      }

      std::string RenderPreview(const std::string&) override { return ""; }

      std::string throwingId;
      std::string nullId;
      std::string heldId; // waits for the gate
      boost::mutex gate;
      std::atomic<unsigned> opened{0};
      std::atomic<unsigned> transcoded{0};
      std::atomic<int> alive{0};
      std::atomic<std::uint64_t> readBytes{0};

    private:
      class Data final : public IInstanceData
      {
      public:
        Data(CountingStore& store, std::uint64_t sizeBytes)
          : store_(store),
            content_(sizeBytes)
        {
          for (std::size_t i = 0; i < content_.size(); i++)
          {
            content_[i] = static_cast<unsigned char>(i / 4096);
          }
          store_.alive++;
        }

        ~Data() override { store_.alive--; }

        std::uint64_t GetSizeBytes() const override { return content_.size(); }

        std::uint64_t GetMemoryBytes() const override
        {
          return store_.isMemory_ ? content_.size() : 0;
        }

        const void* Read(std::uint64_t offset,
                         std::size_t size,
                         std::vector<unsigned char>& scratch) const override
        {
          store_.readBytes += size;
          const unsigned char* const begin = content_.data() + offset;
          if (store_.isMemory_)
          {
            return begin;
          }
          scratch.assign(begin, begin + size);
          return scratch.data();
        }

      private:
        CountingStore& store_;
        std::vector<unsigned char> content_;
      };

      bool isMemory_;
    };

    ArchivePlan MakePlan(const std::vector<std::uint64_t>& sizes)
    {
      ArchivePlan plan;
      for (std::size_t i = 0; i < sizes.size(); i++)
      {
        PlannedEntry entry;
        entry.path = std::to_string(i);
        entry.instance.id = "instance-" + entry.path;
        entry.instance.sizeBytes = sizes[i];
        entry.instance.transferSyntaxUid = "1.2.840.10008.1.2.1";
        plan.entries.push_back(entry);
      }
      return plan;
    }

    // No deadline of a test: only as long as nothing changes any more
    void WaitUntilQuiet(const CountingStore& store)
    {
      std::uint64_t before = 0;
      unsigned rounds = 0;
      while (rounds < 10)
      {
        boost::this_thread::sleep(boost::posix_time::milliseconds(10));
        const std::uint64_t now = store.opened + store.readBytes;
        rounds = now == before ? rounds + 1 : 0;
        before = now;
      }
    }
  } // namespace

  TEST(EntryPipeline, PiecesComeInOrder)
  {
    for (const bool isMemory : {false, true})
    {
      const std::vector<std::uint64_t> sizes = {0, 10, 4u << 20, (4u << 20) + 5, 7u << 20, 1};
      CountingStore store(isMemory);
      const ArchivePlan plan = MakePlan(sizes);
      PipelineOptions options;
      options.threads = 4;
      EntryPipeline pipeline(plan, options, store);

      for (std::size_t i = 0; i < sizes.size(); i++)
      {
        std::string stream;
        std::uint64_t inputBytes = 0;
        bool isLast = false;
        for (std::size_t count = 0; !isLast; count++)
        {
          const EntryPiece* piece = pipeline.Next(LONG_MILLISECONDS);
          ASSERT_NE(nullptr, piece);
          EXPECT_EQ(i, piece->entry);
          EXPECT_EQ(count == 0, piece->isFirst);
          EXPECT_FALSE(piece->failure.has_value());
          stream.append(reinterpret_cast<const char*>(piece->data), piece->sizeBytes);
          inputBytes += piece->inputBytes;
          isLast = piece->isLast;
          EXPECT_EQ(sizes[i], piece->facts.sizeBytes);
        }
        EXPECT_EQ(sizes[i], inputBytes);
        EXPECT_EQ(sizes[i], sizes[i] == 0 ? stream.size() : InflateRaw(stream).size());
      }
    }
  }

  TEST(EntryPipeline, OnlyAPartOfThePlan)
  {
    const ArchivePlan plan = MakePlan({10, 5000000, 20, 6000000, 30, 40});
    for (std::size_t first = 0; first <= 6; first++)
    {
      for (const std::size_t end : {std::size_t(4), std::size_t(6), std::size_t(100)})
      {
        CountingStore store(false);
        PipelineOptions options;
        options.firstEntry = first;
        options.endEntry = end;
        const std::size_t count = std::min<std::size_t>(end, 6) - std::min(first, end);
        {
          EntryPipeline pipeline(plan, options, store);
          std::size_t expected = first;
          while (expected < first + std::min<std::size_t>(count, 6 - first))
          {
            const EntryPiece* piece = pipeline.Next(LONG_MILLISECONDS);
            ASSERT_NE(nullptr, piece);
            ASSERT_EQ(expected, piece->entry);
            expected += piece->isLast ? 1 : 0;
          }
        }

        EXPECT_EQ(count, store.opened) << first << " " << end;
      }
    }
  }

  // A lost wake-up would last as long as the wait: nothing else ends it
  TEST(EntryPipeline, CollectingReceiverIsWokenWhenNoMoreCanComeReady)
  {
    std::vector<std::uint64_t> sizes(300, 3000);
    sizes[100] = 6u << 20;
    sizes[200] = 0;
    const ArchivePlan plan = MakePlan(sizes);
    for (const std::uint64_t windowBytes :
         {std::uint64_t(1), std::uint64_t(50000), std::uint64_t(16u << 20)})
    {
      for (const unsigned threads : {1u, 4u})
      {
        CountingStore store(false);
        store.nullId = "instance-150";
        PipelineOptions options;
        options.threads = threads;
        options.windowBytes = windowBytes;
        EntryPipeline pipeline(plan, options, store);
        for (std::size_t expected = 0; expected < sizes.size();)
        {
          const EntryPiece* piece =
            pipeline.NextInBulk(LONG_MILLISECONDS, std::numeric_limits<std::size_t>::max());
          ASSERT_NE(nullptr, piece);
          ASSERT_EQ(expected, piece->entry);
          ASSERT_EQ(expected == 150, piece->failure.has_value());
          expected += piece->isLast ? 1 : 0;
        }
      }
    }
  }

  TEST(EntryPipeline, CollectingReceiverGetsWhatIsReadyInTime)
  {
    CountingStore store(true);
    store.heldId = "instance-1";
    const ArchivePlan plan = MakePlan({10, 10});
    PipelineOptions options;
    options.threads = 1;
    // Before there is a thread that could pass the gate
    boost::unique_lock<boost::mutex> lock(store.gate);
    EntryPipeline pipeline(plan, options, store);

    while (store.opened < 2)
    {
      boost::this_thread::yield(); // the first one is ready by then
    }
    const EntryPiece* piece = pipeline.NextInBulk(1, 1000000);
    EXPECT_TRUE(piece != nullptr && piece->entry == 0);
    EXPECT_EQ(nullptr, pipeline.NextInBulk(1, 1000000));
    lock.unlock();
    EXPECT_NE(nullptr, pipeline.NextInBulk(LONG_MILLISECONDS, 1000000));
  }

  TEST(EntryPipeline, WindowBoundsWhatIsOpen)
  {
    CountingStore store(true);
    const ArchivePlan plan = MakePlan(std::vector<std::uint64_t>(200, 100000));
    PipelineOptions options;
    options.density = ArchiveDensity::Store; // keeps the memory of the store until it is delivered
    options.threads = 4;
    options.windowBytes = 1000000;
    EntryPipeline pipeline(plan, options, store);

    for (unsigned i = 0; i < 200; i++)
    {
      ASSERT_NE(nullptr, pipeline.Next(LONG_MILLISECONDS));
      EXPECT_LE(store.alive, 10);
    }
    WaitUntilQuiet(store);
    EXPECT_EQ(200u, store.opened);
    EXPECT_EQ(nullptr, pipeline.Next(0));
    EXPECT_EQ(0, store.alive);
  }

  TEST(EntryPipeline, SlowReceiverStopsTheReading)
  {
    CountingStore store(false);
    const ArchivePlan plan = MakePlan({64u << 20, 100, 100});
    PipelineOptions options;
    options.threads = 4;
    options.windowBytes = 8u << 20;
    EntryPipeline pipeline(plan, options, store);
    ASSERT_NE(nullptr, pipeline.Next(LONG_MILLISECONDS));

    WaitUntilQuiet(store);

    EXPECT_LE(store.readBytes, 10u << 20);
  }

  TEST(EntryPipeline, HugeInstanceInMemoryPassesASmallWindow)
  {
    CountingStore store(true);
    const ArchivePlan plan = MakePlan({20u << 20, 20u << 20, 10});
    PipelineOptions options;
    options.windowBytes = 1;
    EntryPipeline pipeline(plan, options, store);

    std::size_t lastCount = 0;
    while (lastCount < 3)
    {
      const EntryPiece* piece = pipeline.Next(LONG_MILLISECONDS);
      ASSERT_NE(nullptr, piece);
      EXPECT_LE(store.alive, 1);
      lastCount += piece->isLast ? 1 : 0;
    }
  }

  TEST(EntryPipeline, StoredEntriesKnowTheirCrcFirst)
  {
    CountingStore store(false);
    const ArchivePlan plan = MakePlan({6u << 20});
    PipelineOptions options;
    options.density = ArchiveDensity::Store;
    EntryPipeline pipeline(plan, options, store);

    const EntryPiece* piece = pipeline.Next(LONG_MILLISECONDS);

    ASSERT_NE(nullptr, piece);
    EXPECT_TRUE(piece->facts.crc32.has_value());
    EXPECT_FALSE(piece->isLast);
    EXPECT_GE(store.readBytes, 6u << 20);
  }

  TEST(EntryPipeline, SmallStoredEntriesAreReadOnce)
  {
    CountingStore store(false);
    const ArchivePlan plan = MakePlan(std::vector<std::uint64_t>(20, 1000));
    PipelineOptions options;
    options.density = ArchiveDensity::Store;
    options.hasDigest = true;
    EntryPipeline pipeline(plan, options, store);

    for (unsigned i = 0; i < 20; i++)
    {
      ASSERT_NE(nullptr, pipeline.Next(LONG_MILLISECONDS));
    }

    EXPECT_EQ(20000u, store.readBytes);
  }

  TEST(EntryPipeline, ForeignExceptionsLoseTheirText)
  {
    CountingStore store(true);
    store.throwingId = "instance-0";
    store.nullId = "instance-1";
    const ArchivePlan plan = MakePlan({10, 10, 10});
    EntryPipeline pipeline(plan, PipelineOptions(), store);

    const EntryPiece* piece = pipeline.Next(LONG_MILLISECONDS);
    ASSERT_TRUE(piece != nullptr && piece->failure.has_value());
    EXPECT_EQ(FailureKind::Internal, piece->failure->kind);
    EXPECT_EQ(std::string::npos, piece->failure->message.find("patient"));
    EXPECT_TRUE(piece->isFirst && piece->isLast);
    piece = pipeline.Next(LONG_MILLISECONDS);
    ASSERT_TRUE(piece != nullptr && piece->failure.has_value());
    EXPECT_EQ(FailureKind::SourceMissing, piece->failure->kind);
    piece = pipeline.Next(LONG_MILLISECONDS);
    ASSERT_TRUE(piece != nullptr);
    EXPECT_FALSE(piece->failure.has_value());
  }

  TEST(EntryPipeline, SameTransferSyntaxIsNotTranscoded)
  {
    CountingStore store(true);
    const ArchivePlan plan = MakePlan({10});
    PipelineOptions options;
    options.transcode.target = TranscodeTarget{"1.2.840.10008.1.2.1", std::nullopt};
    EntryPipeline pipeline(plan, options, store);

    const EntryPiece* piece = pipeline.Next(LONG_MILLISECONDS);

    ASSERT_NE(nullptr, piece);
    EXPECT_EQ(EntryOrigin::Original, piece->facts.origin);
    EXPECT_EQ(0u, store.transcoded);
  }

  TEST(EntryPipeline, CancelStopsTheReading)
  {
    CountingStore store(false);
    const ArchivePlan plan = MakePlan(std::vector<std::uint64_t>(1000, 10000));
    PipelineOptions options;
    options.windowBytes = 100000;
    EntryPipeline pipeline(plan, options, store);
    ASSERT_NE(nullptr, pipeline.Next(LONG_MILLISECONDS));

    pipeline.Cancel();
    WaitUntilQuiet(store);

    EXPECT_LE(store.opened, 40u);
  }

  TEST(Sha256, KnownDigests)
  {
    Sha256 digest;
    digest.Begin();
    EXPECT_EQ("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
              FormatDigest(digest.End()));
    digest.Begin();
    digest.Update("a", 1);
    digest.Update("bc", 2);
    EXPECT_EQ("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
              FormatDigest(digest.End()));
  }
} // namespace OrthancPlugins
