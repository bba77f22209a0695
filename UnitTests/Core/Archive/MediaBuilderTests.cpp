// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../../Plugin/Core/Archive/ArchiveBuilder.h"
#include "../../../Plugin/Core/Archive/VolumePlanner.h"
#include "../../../Plugin/Core/Archive/VolumesBuilder.h"
#include "../../../Plugin/Core/Dicom/KeyElements.h"
#include "../../../Plugin/Core/Failure.h"
#include "../../Fakes/DicomFiles.h"
#include "../../Fakes/MemoryDicomStore.h"
#include "../../Fakes/MemorySink.h"
#include "../../Fakes/ZipReader.h"

#include <gtest/gtest.h>

#include <map>

namespace OrthancPlugins
{
  namespace
  {
    constexpr const char* EXPLICIT = "1.2.840.10008.1.2.1";
    constexpr const char* RLE = "1.2.840.10008.1.2.5";

    std::string MakeFile(const std::string& series,
                         const std::string& instance,
                         const std::string& sopClass,
                         const char* transferSyntaxUid)
    {
      std::string dataset;
      AppendElement(dataset, 0x00080016, "UI", sopClass);
      AppendElement(dataset, 0x00080018, "UI", "1.2.3." + series + "." + instance);
      AppendElement(dataset, 0x00080060, "CS", "CT");
      AppendElement(dataset, 0x00100010, "PN", "Doe^Jane");
      AppendElement(dataset, 0x00100020, "LO", "P1");
      AppendElement(dataset, 0x0020000D, "UI", "1.2.3");
      AppendElement(dataset, 0x0020000E, "UI", "1.2.3." + series);
      AppendElement(dataset, 0x00200013, "IS", instance);
      AppendElement(dataset, 0x7FE00010, "OB", std::string(1000, 'x'));
      return MakeRawDicomFile(transferSyntaxUid, dataset);
    }

    // Five images in two series, on a medium
    struct Fixture
    {
      MemoryDicomStore store;
      ArchivePlan plan;
      BuilderOptions options;

      Fixture()
      {
        options.media = MediaBuild();
        for (const char* series : {"1", "2"})
        {
          for (const char* instance : {"1", "2", "3"})
          {
            Add(MakeFile(series, instance, "1.2.840.10008.5.1.4.1.1.2", EXPLICIT),
                instance == std::string("1"));
          }
        }
        NameMediaFiles(plan);
      }

      void Add(const std::string& content, bool isSeriesStart)
      {
        PlannedEntry entry;
        entry.instance.id = "instance-" + std::to_string(plan.entries.size());
        entry.instance.transferSyntaxUid = EXPLICIT;
        entry.instance.receptionUtc = 1600000000;
        entry.isSeriesStart = isSeriesStart;
        plan.entries.push_back(entry);
        Replace(plan.entries.size() - 1, content);
      }

      void Replace(std::size_t index, const std::string& content)
      {
        StoredInstance& instance = plan.entries[index].instance;
        plan.uncompressedBytes += content.size() - instance.sizeBytes;
        instance.sizeBytes = content.size();
        store.files[instance.id] = content;
      }

      std::string Build(ArchiveReport* report = nullptr)
      {
        MemorySink sink;
        ArchiveBuilder builder(plan, options, store, sink);
        while (builder.Step())
        {
        }
        if (report != nullptr)
        {
          *report = builder.GetReport();
        }
        return sink.GetContent();
      }

      std::string GetFailure(FailureKind kind)
      {
        try
        {
          Build();
        }
        catch (const Failure& failure)
        {
          EXPECT_EQ(kind, failure.GetKind()) << failure.what();
          return failure.what();
        }
        return "";
      }
    };

    std::vector<std::string> GetPaths(const std::string& zip)
    {
      std::vector<std::string> paths;
      for (const ReadZipEntry& entry : ReadZip(zip))
      {
        paths.push_back(entry.path);
      }
      return paths;
    }

    std::string GetContent(const std::string& zip, const std::string& path)
    {
      for (const ReadZipEntry& entry : ReadZip(zip))
      {
        if (entry.path == path)
        {
          return entry.content;
        }
      }
      return "";
    }

    std::size_t Count(const std::string& text, const std::string& part)
    {
      std::size_t count = 0;
      for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
      {
        count++;
      }
      return count;
    }
  } // namespace

  TEST(MediaBuilder, FilesThenTheDicomDirThatReferencesThem)
  {
    Fixture fixture;
    for (const ArchiveDensity density : {ArchiveDensity::Fast, ArchiveDensity::Store})
    {
      fixture.options.density = density;
      const std::string zip = fixture.Build();

      EXPECT_EQ(std::vector<std::string>({"IMAGES/IM0", "IMAGES/IM1", "IMAGES/IM2", "IMAGES/IM3",
                                          "IMAGES/IM4", "IMAGES/IM5", "DICOMDIR"}),
                GetPaths(zip));
      const std::string directory = GetContent(zip, "DICOMDIR");
      EXPECT_EQ("DICM", directory.substr(128, 4));
      EXPECT_EQ(6u, Count(directory, "IMAGES\\IM"));
      EXPECT_EQ(1u, Count(directory, "ORTHANC_MEDIA"));
      EXPECT_FALSE(ArchiveBuilder::GetExactLength(fixture.plan, fixture.options).has_value());
    }
  }

  TEST(MediaBuilder, SameBytesWhateverTheThreads)
  {
    Fixture fixture;
    fixture.options.hasManifest = true;
    const std::string expected = fixture.Build();

    for (const unsigned threads : {1u, 2u, 4u})
    {
      fixture.options.threads = threads;
      EXPECT_TRUE(expected == fixture.Build()) << threads;
    }
    EXPECT_EQ(1u, Count(GetContent(expected, "MANIFEST.sha256"), "  DICOMDIR\n"));
    EXPECT_EQ("MANIFEST.sha256", GetPaths(expected).back());
  }

  TEST(MediaBuilder, WhatCannotBeReferencedIsAnErrorOrReported)
  {
    const std::string broken[] = {"no DICOM at all", MakeRawDicomFile("", ""),
                                  MakeFile("1", "2", "", EXPLICIT)};
    for (const std::string& content : broken)
    {
      Fixture fixture;
      fixture.Replace(1, content);
      EXPECT_NE(std::string::npos,
                fixture.GetFailure(FailureKind::SourceMissing).find("instance-1"));
      fixture.options.onMissing = MissingPolicy::Report;
      ArchiveReport report;

      const std::string zip = fixture.Build(&report);

      EXPECT_EQ(std::vector<std::string>{"instance-1"}, report.missing);
      EXPECT_EQ(5u, Count(GetContent(zip, "DICOMDIR"), "IMAGES\\IM"));
      EXPECT_EQ("", GetContent(zip, "IMAGES/IM1"));
      EXPECT_EQ(1u, Count(GetContent(zip, "MISSING.txt"), "instance-1\tIMAGES/IM1\n"));
      EXPECT_EQ("DICOMDIR", GetPaths(zip).back());
    }
  }

  TEST(MediaBuilder, ContinuedBehindEveryEntry)
  {
    for (const MissingPolicy policy : {MissingPolicy::Fail, MissingPolicy::Report})
    {
      Fixture fixture;
      fixture.options.onMissing = policy;
      if (policy == MissingPolicy::Report)
      {
        fixture.Replace(1, "no DICOM at all");
      }
      ArchiveReport expectedReport;
      const std::string expected = fixture.Build(&expectedReport);
      std::string journal;
      {
        MemorySink sink;
        ArchiveBuilder builder(fixture.plan, fixture.options, fixture.store, sink);
        while (builder.Step())
        {
        }
        journal = builder.TakeJournal();
      }
      for (std::size_t end = journal.find('\n'); end != std::string::npos;
           end = journal.find('\n', end + 1))
      {
        const std::optional<JournalState> state =
          ReadJournal(std::string_view(journal).substr(0, end + 1), fixture.plan, fixture.options);
        if (!state.has_value())
        {
          continue;
        }
        MemorySink sink;
        ArchiveBuilder builder(fixture.plan, fixture.options, fixture.store, sink, *state);
        while (builder.Step())
        {
        }

        EXPECT_TRUE(expected.substr(static_cast<std::size_t>(state->archiveBytes)) ==
                    sink.GetContent())
          << state->entriesDone;
        EXPECT_EQ(expectedReport.missing, builder.GetReport().missing);
      }
    }
  }

  TEST(MediaBuilder, FilesThatHaveGoneSinceFailTheContinuation)
  {
    Fixture fixture;
    MemorySink first;
    ArchiveBuilder whole(fixture.plan, fixture.options, fixture.store, first);
    while (whole.Step())
    {
    }
    const std::optional<JournalState> state =
      ReadJournal(whole.TakeJournal(), fixture.plan, fixture.options);
    fixture.store.unreadable = {"instance-2"};
    MemorySink sink;
    ArchiveBuilder builder(fixture.plan, fixture.options, fixture.store, sink, state.value());

    EXPECT_THROW(while (builder.Step()){}, Failure);
    EXPECT_EQ("", sink.GetContent());
  }

  TEST(MediaBuilder, ProfileIsCheckedInTheFileItself)
  {
    Fixture fixture;
    fixture.options.media->request.profile = MediaProfile::StdGenCd;
    EXPECT_EQ("DICOMDIR", GetPaths(fixture.Build()).back());
    // The database says explicit VR, the file says RLE
    fixture.Replace(2, MakeFile("1", "3", "1.2.840.10008.5.1.4.1.1.2", RLE));

    const std::string message = fixture.GetFailure(FailureKind::Conflict);

    EXPECT_NE(std::string::npos, message.find("instance-2")) << message;
    EXPECT_NE(std::string::npos, message.find(RLE)) << message;
  }

  TEST(MediaBuilder, VolumesFollowEachOther)
  {
    Fixture fixture;
    for (std::size_t i = 0; i < fixture.plan.entries.size(); i++)
    {
      const std::size_t number = i % 3 + 1;
      std::string content =
        MakeFile(i < 3 ? "1" : "2", std::to_string(number), "1.2.840.10008.5.1.4.1.1.2", EXPLICIT);
      fixture.Replace(i, content + std::string(200000, '\0')); // trailing padding is no element
    }
    fixture.options.media->request.volumeSizeMB = 1;
    fixture.options.onMissing = MissingPolicy::Report;
    std::vector<ArchivePlan> volumes = PlanVolumes(fixture.plan, fixture.options);
    ASSERT_EQ(2u, volumes.size());

    MemorySink sink;
    VolumesBuilder builder(std::move(volumes), fixture.options, fixture.store, sink,
                           JournalState());
    while (builder.Step())
    {
      EXPECT_EQ("", builder.TakeJournal());
    }

    const ArchiveReport& report = builder.GetReport();
    ASSERT_EQ(2u, report.volumes.size());
    EXPECT_EQ(0u, report.volumes[0].offsetBytes);
    EXPECT_EQ(report.volumes[0].sizeBytes, report.volumes[1].offsetBytes);
    EXPECT_EQ(sink.GetContent().size(), builder.GetBytesWritten());
    EXPECT_EQ(fixture.plan.uncompressedBytes, builder.GetInputBytesDone());
    for (std::size_t i = 0; i < 2; i++)
    {
      const std::string zip =
        sink.GetContent().substr(static_cast<std::size_t>(report.volumes[i].offsetBytes),
                                 static_cast<std::size_t>(report.volumes[i].sizeBytes));
      EXPECT_EQ(std::vector<std::string>({"IMAGES/IM0", "IMAGES/IM1", "IMAGES/IM2", "DICOMDIR"}),
                GetPaths(zip));
      EXPECT_EQ(1u, Count(GetContent(zip, "DICOMDIR"), "ORTHANC_MEDIA_" + std::to_string(i + 1)));
    }
  }
} // namespace OrthancPlugins
