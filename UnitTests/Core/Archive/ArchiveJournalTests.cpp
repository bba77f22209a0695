// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../../Plugin/Core/Archive/ArchiveBuilder.h"
#include "../../../Plugin/Core/Failure.h"
#include "../../Fakes/MemoryDicomStore.h"
#include "../../Fakes/MemorySink.h"
#include "../../Fakes/RepeatingStore.h"
#include "../../Fakes/ZipReader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace OrthancPlugins
{
  namespace
  {
    constexpr const char* const JPEG_BASELINE = "1.2.840.10008.1.2.4.50";
    constexpr const char* const EXPLICIT_LITTLE = "1.2.840.10008.1.2.1";

    // The file and the journal of a job that may stop at any time
    struct Part final : public IByteSink
    {
      std::string file;
      std::string journal;

      void Write(const void* data, std::size_t sizeBytes) override
      {
        file.append(static_cast<const char*>(data), sizeBytes);
      }
    };

    struct Fixture
    {
      MemoryDicomStore store;
      ArchivePlan plan;
      BuilderOptions options;

      explicit Fixture(const std::vector<std::size_t>& sizes)
      {
        for (std::size_t i = 0; i < sizes.size(); i++)
        {
          const std::string number = std::to_string(i);
          std::string content(sizes[i], '\0');
          for (std::size_t j = 0; j < content.size(); j++)
          {
            content[j] = static_cast<char>((i + j * j / 7) & 0xFF);
          }
          PlannedEntry entry;
          entry.path = "dir/" + number + ".dcm";
          entry.instance.id = "instance-" + number;
          entry.instance.attachmentUuid = "attachment-" + number;
          entry.instance.sizeBytes = sizes[i];
          entry.instance.transferSyntaxUid = EXPLICIT_LITTLE;
          if (i % 2 == 0)
          {
            entry.instance.receptionUtc = 1600000000;
          }
          store.files[entry.instance.id] = std::move(content);
          plan.entries.push_back(entry);
          plan.uncompressedBytes += sizes[i];
        }
      }

      std::string Build(ArchiveReport* report = nullptr)
      {
        Part part;
        ArchiveBuilder builder(plan, options, store, part);
        while (builder.Step())
        {
        }
        if (report != nullptr)
        {
          *report = builder.GetReport();
        }
        return part.file;
      }

      // As many steps, each followed by a checkpoint. Returns whether it was interrupted
      bool Begin(Part& part, std::size_t steps)
      {
        ArchiveBuilder builder(plan, options, store, part);
        for (std::size_t i = 0; i < steps; i++)
        {
          const bool isRunning = builder.Step();
          part.journal += builder.TakeJournal();
          if (!isRunning)
          {
            return false;
          }
        }
        return true;
      }

      // Returns the report
      ArchiveReport Continue(Part& part)
      {
        const std::optional<JournalState> state = ReadJournal(part.journal, plan, options);
        if (!state.has_value())
        {
          ADD_FAILURE() << "No journal";
          return ArchiveReport();
        }
        EXPECT_LE(state->archiveBytes, part.file.size());
        part.file.resize(static_cast<std::size_t>(state->archiveBytes));
        ArchiveBuilder builder(plan, options, store, part, *state);
        EXPECT_EQ(state->archiveBytes, builder.GetBytesWritten());
        while (builder.Step())
        {
          part.journal += builder.TakeJournal();
        }
        part.journal += builder.TakeJournal();
        EXPECT_EQ(part.file.size(), builder.GetBytesWritten());
        EXPECT_EQ(plan.uncompressedBytes, builder.GetInputBytesDone());
        return builder.GetReport();
      }

      // The whole journal, entry by entry where the archive allows
      std::string MakeJournal()
      {
        Part part;
        Begin(part, 1000000);
        return part.journal;
      }
    };

    std::vector<std::string> SplitLines(const std::string& text)
    {
      std::vector<std::string> lines;
      std::size_t begin = 0;
      for (std::size_t end = text.find('\n'); end != std::string::npos;
           end = text.find('\n', begin))
      {
        lines.push_back(text.substr(begin, end + 1 - begin));
        begin = end + 1;
      }
      return lines;
    }

    // Cuts the journal behind each of its lines, and continues from there
    void ExpectSameBytesFromEveryLine(Fixture& fixture)
    {
      ArchiveReport expectedReport;
      const std::string expected = fixture.Build(&expectedReport);
      const std::vector<std::string> lines = SplitLines(fixture.MakeJournal());
      ASSERT_EQ(fixture.plan.entries.size() + 1, lines.size());
      Part part;
      part.file = expected;
      part.journal = lines[0];
      EXPECT_FALSE(ReadJournal(part.journal, fixture.plan, fixture.options).has_value());
      for (std::size_t i = 1; i < lines.size(); i++)
      {
        part.journal += lines[i];
        Part copy = part;

        const ArchiveReport report = fixture.Continue(copy);

        EXPECT_TRUE(expected == copy.file) << i;
        EXPECT_EQ(expectedReport.missing, report.missing) << i;
        EXPECT_EQ(expectedReport.notTranscoded, report.notTranscoded) << i;
        const std::optional<JournalState> whole =
          ReadJournal(copy.journal, fixture.plan, fixture.options);
        ASSERT_TRUE(whole.has_value());
        EXPECT_EQ(fixture.plan.entries.size(), whole->entriesDone);
      }
    }

    const std::vector<std::size_t> SIZES = {
      0, 1, 100, 4096, 500000, 4u << 20, (4u << 20) + 1, 5000000, 1 << 20, 3};
  } // namespace

  TEST(ArchiveJournal, InterruptedAfterEveryStep)
  {
    for (const ArchiveDensity density :
         {ArchiveDensity::Fast, ArchiveDensity::Dense, ArchiveDensity::Store})
    {
      Fixture fixture(SIZES);
      fixture.options.density = density;
      const std::string expected = fixture.Build();
      for (std::size_t steps = 1;; steps++)
      {
        Part part;
        if (!fixture.Begin(part, steps))
        {
          break;
        }
        if (!ReadJournal(part.journal, fixture.plan, fixture.options).has_value())
        {
          continue; // a step may end without bytes
        }

        fixture.Continue(part);

        EXPECT_TRUE(expected == part.file) << steps;
      }
    }
  }

  TEST(ArchiveJournal, InterruptedBehindEveryEntry)
  {
    for (const bool hasManifest : {false, true})
    {
      Fixture fixture(SIZES);
      fixture.plan.entries[3].isStored = true;
      fixture.plan.entries[7].isStored = true;
      fixture.options.hasManifest = hasManifest;

      ExpectSameBytesFromEveryLine(fixture);
    }
  }

  TEST(ArchiveJournal, MissingInstances)
  {
    Fixture fixture({10, 20, 30, 5000000, 40, 50});
    fixture.store.unreadable = {"instance-0", "instance-3", "instance-5"};
    fixture.options.onMissing = MissingPolicy::Report;
    fixture.options.hasManifest = true;

    ExpectSameBytesFromEveryLine(fixture);
  }

  TEST(ArchiveJournal, TranscodedAndKeptInstances)
  {
    for (const bool hasManifest : {false, true})
    {
      Fixture fixture({3000, 3000, 6000000, 100, 5000});
      fixture.plan.entries[3].instance.transferSyntaxUid = JPEG_BASELINE;
      fixture.plan.entries[3].isStored = true;
      fixture.store.transcoder = [](const std::string& id)
      { return id == "instance-1" || id == "instance-4" ? std::string() : std::string(5000, 'j'); };
      fixture.options.transcode = TranscodeTarget{JPEG_BASELINE, std::nullopt};
      fixture.options.hasManifest = hasManifest;

      ExpectSameBytesFromEveryLine(fixture);
    }
  }

  // What is behind is not read again, not even opened
  TEST(ArchiveJournal, ReadsNothingThatIsBehind)
  {
    Fixture fixture({100, 200, 300, 400});
    const std::string expected = fixture.Build();
    const std::vector<std::string> lines = SplitLines(fixture.MakeJournal());
    Part part;
    part.file = expected;
    part.journal = lines[0] + lines[1] + lines[2] + lines[3];
    fixture.store.unreadable = {"instance-0", "instance-1", "instance-2"};
    fixture.store.openedCount = 0;

    fixture.Continue(part);

    EXPECT_EQ(1u, fixture.store.openedCount);
    EXPECT_TRUE(expected == part.file);
  }

  TEST(ArchiveJournal, InterruptedAgainAndAgain)
  {
    Fixture fixture(SIZES);
    fixture.options.hasManifest = true;
    const std::string expected = fixture.Build();
    Part part;
    for (std::size_t round = 0; round < 1000; round++)
    {
      const std::optional<JournalState> state =
        ReadJournal(part.journal, fixture.plan, fixture.options);
      part.file.resize(state.has_value() ? static_cast<std::size_t>(state->archiveBytes) : 0);
      part.journal = state.has_value() ? part.journal : std::string();
      ArchiveBuilder builder(fixture.plan, fixture.options, fixture.store, part,
                             state.value_or(JournalState()));
      bool isRunning = true;
      std::string text;
      while (isRunning && text.empty())
      {
        isRunning = builder.Step();
        text = builder.TakeJournal();
      }
      if (!isRunning)
      {
        EXPECT_TRUE(expected == part.file);
        return;
      }
      part.journal += text + "E 99 torn";
    }
    FAIL() << "It never ends";
  }

  TEST(ArchiveJournal, TellsOnlyWhatTheSinkHas)
  {
    Fixture fixture({100, 200, 300, 0, 5000000});
    const std::string whole = fixture.Build();
    for (std::size_t accepted = 0; accepted < whole.size(); accepted += accepted < 800 ? 7 : 400001)
    {
      FailingSink sink(accepted, FailureKind::StorageFull);
      ArchiveBuilder builder(fixture.plan, fixture.options, fixture.store, sink);
      std::string journal;
      EXPECT_THROW(
        {
          while (builder.Step())
          {
            journal += builder.TakeJournal();
          }
        },
        Failure);

      journal += builder.TakeJournal();

      const std::optional<JournalState> state = ReadJournal(journal, fixture.plan, fixture.options);
      EXPECT_LE(state.value_or(JournalState()).archiveBytes, sink.GetContent().size());
    }
  }

  TEST(ArchiveJournal, TornAnywhere)
  {
    Fixture fixture({10, 20, 30});
    fixture.options.hasManifest = true;
    const std::string journal = fixture.MakeJournal();
    const std::vector<std::string> lines = SplitLines(journal);
    for (std::size_t size = 0; size <= journal.size(); size++)
    {
      std::size_t complete = 0;
      std::size_t bytes = lines[0].size();
      while (complete + 1 < lines.size() && bytes + lines[complete + 1].size() <= size)
      {
        complete++;
        bytes += lines[complete].size();
      }

      const std::optional<JournalState> state =
        ReadJournal(std::string_view(journal).substr(0, size), fixture.plan, fixture.options);

      ASSERT_EQ(complete > 0, state.has_value()) << size;
      if (state.has_value())
      {
        EXPECT_EQ(complete, state->entriesDone);
        EXPECT_EQ(journal.substr(0, bytes), state->text);
      }
    }
  }

  TEST(ArchiveJournal, DamagedAnywhere)
  {
    Fixture fixture({10, 20, 30});
    const std::string journal = fixture.MakeJournal();
    const std::vector<std::string> lines = SplitLines(journal);
    for (std::size_t position = 0; position < journal.size(); position++)
    {
      for (const int bit : {1, 16, 128})
      {
        std::string damaged = journal;
        damaged[position] = static_cast<char>(damaged[position] ^ bit);
        std::size_t intact = 0; // lines before the damaged one
        std::size_t end = lines[0].size();
        while (position >= end)
        {
          intact++;
          end += lines[intact].size();
        }

        const std::optional<JournalState> state =
          ReadJournal(damaged, fixture.plan, fixture.options);

        EXPECT_EQ(intact == 0 ? 0 : intact - 1, state.value_or(JournalState()).entriesDone);
      }
    }
  }

  TEST(ArchiveJournal, LinesOfAnotherOrder)
  {
    Fixture fixture({10, 10, 10});
    const std::vector<std::string> lines = SplitLines(fixture.MakeJournal());
    const auto read = [&](const std::string& journal)
    {
      return ReadJournal(journal, fixture.plan, fixture.options)
        .value_or(JournalState())
        .entriesDone;
    };

    EXPECT_EQ(0u, read(lines[1]));
    EXPECT_EQ(0u, read(lines[0] + lines[2]));
    EXPECT_EQ(0u, read(lines[1] + lines[0] + lines[1]));
    EXPECT_EQ(1u, read(lines[0] + lines[1] + lines[1]));
    EXPECT_EQ(1u, read(lines[0] + lines[1] + lines[3]));
    EXPECT_EQ(2u, read(lines[0] + lines[1] + "E 1 half" + "\n" + lines[2]));
    EXPECT_EQ(2u, read(lines[0] + "\n\nsomething\n" + lines[1] + "\n" + lines[2] + lines[2]));
    EXPECT_EQ(3u, read(lines[0] + lines[1] + lines[2] + lines[3]));
  }

  TEST(ArchiveJournal, BelongsToAnotherPlanOrOptions)
  {
    Fixture fixture({10, 20, 30});
    const std::string journal = fixture.MakeJournal();
    ArchivePlan other = fixture.plan;
    other.entries[2].instance.attachmentUuid = "another";
    BuilderOptions options = fixture.options;
    options.density = ArchiveDensity::Dense;

    EXPECT_TRUE(ReadJournal(journal, fixture.plan, fixture.options).has_value());
    EXPECT_FALSE(ReadJournal(journal, other, fixture.options).has_value());
    EXPECT_FALSE(ReadJournal(journal, fixture.plan, options).has_value());
    EXPECT_FALSE(ReadJournal("", fixture.plan, fixture.options).has_value());
    EXPECT_FALSE(ReadJournal("\n", fixture.plan, fixture.options).has_value());
    EXPECT_FALSE(ReadJournal(std::string(1000, 'x'), fixture.plan, fixture.options).has_value());
  }

  TEST(ArchiveJournal, OtherThreadsContinue)
  {
    Fixture fixture(SIZES);
    const std::string expected = fixture.Build();
    Part part;
    ASSERT_TRUE(fixture.Begin(part, 2));
    fixture.options.threads = 1;
    fixture.options.windowBytes = 1;

    fixture.Continue(part);

    EXPECT_TRUE(expected == part.file);
  }

  TEST(ArchiveJournal, StateOfAnotherArchiveIsRefused)
  {
    Fixture fixture({10, 20, 30});
    const JournalState good =
      ReadJournal(fixture.MakeJournal(), fixture.plan, fixture.options).value();
    JournalState bad = good;
    bad.archiveBytes++;
    Fixture other({10, 20, 31});
    MemorySink sink;

    EXPECT_THROW(ArchiveBuilder(fixture.plan, fixture.options, fixture.store, sink, bad), Failure);
    EXPECT_THROW(ArchiveBuilder(other.plan, other.options, other.store, sink, good), Failure);
  }

  TEST(ArchiveJournal, NoneIfNotAskedFor)
  {
    Fixture fixture({10, 20, 30});
    fixture.options.hasJournal = false;

    EXPECT_EQ("", fixture.MakeJournal());
  }

  TEST(ArchiveJournal, HoldsNoPath)
  {
    Fixture fixture({10, 20, 30});

    EXPECT_EQ(std::string::npos, fixture.MakeJournal().find("dir"));
  }

  // Sizes and offsets beyond 4 GiB: the part file exists in the imagination of the sinks only
  TEST(ArchiveJournal, HugeEntries)
  {
    // Keeps the end of the archive only
    class TailSink final : public IByteSink
    {
    public:
      void Write(const void* data, std::size_t sizeBytes) override
      {
        tail_.append(static_cast<const char*>(data), sizeBytes);
        if (tail_.size() > 4u << 20)
        {
          tail_.erase(0, tail_.size() - 1000);
        }
      }

      std::string GetEnd() const { return tail_.substr(tail_.size() - 240); }

    private:
      std::string tail_;
    };

    RepeatingStore store(true);
    for (const ArchiveDensity density : {ArchiveDensity::Store, ArchiveDensity::Fast})
    {
      BuilderOptions options;
      options.density = density;
      ArchivePlan plan = MakeRepeatingPlan(4, 1000);
      plan.entries[1].instance.sizeBytes = 0xFFFFFFFE;
      plan.entries[2].instance.sizeBytes = 5000000;
      plan.entries[3].instance.sizeBytes = 5000;
      TailSink sink;
      std::string journal;
      ArchiveBuilder whole(plan, options, store, sink);
      while (whole.Step())
      {
        journal += whole.TakeJournal();
      }
      journal += whole.TakeJournal();
      const std::vector<std::string> lines = SplitLines(journal);
      ASSERT_EQ(5u, lines.size());

      for (std::size_t done = 2; done <= 4; done++)
      {
        std::string text;
        for (std::size_t i = 0; i <= done; i++)
        {
          text += lines[i];
        }
        const std::optional<JournalState> state = ReadJournal(text, plan, options);
        ASSERT_TRUE(state.has_value());
        TailSink rest;
        ArchiveBuilder builder(plan, options, store, rest, *state);
        while (builder.Step())
        {
        }

        EXPECT_EQ(whole.GetBytesWritten(), builder.GetBytesWritten());
        EXPECT_EQ(sink.GetEnd(), rest.GetEnd());
      }
    }
  }

  TEST(ArchiveJournal, SeventyThousandEntries)
  {
    RepeatingStore store(true);
    BuilderOptions options;
    options.hasManifest = true;
    const ArchivePlan plan = MakeRepeatingPlan(70000, 10);
    Part part;
    {
      ArchiveBuilder builder(plan, options, store, part);
      while (builder.Step())
      {
        part.journal += builder.TakeJournal();
      }
    }
    const std::string expected = part.file;
    part.journal.resize(part.journal.size() / 2);

    const std::optional<JournalState> state = ReadJournal(part.journal, plan, options);
    ASSERT_TRUE(state.has_value());
    part.file.resize(static_cast<std::size_t>(state->archiveBytes));
    ArchiveBuilder builder(plan, options, store, part, *state);
    while (builder.Step())
    {
    }

    EXPECT_GT(state->entriesDone, 30000u);
    EXPECT_TRUE(expected == part.file);
  }
} // namespace OrthancPlugins
