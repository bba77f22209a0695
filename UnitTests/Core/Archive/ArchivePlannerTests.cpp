// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../../Plugin/Core/Archive/ArchivePlanner.h"

#include "../../../Plugin/Core/Archive/Utf8Text.h"
#include "../../../Plugin/Core/Failure.h"

#include "../../Fakes/MemoryDicomStore.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

namespace OrthancPlugins
{
  namespace
  {
    const HostVersion A{1, 10, 1};
    const HostVersion B{1, 12, 7};
    const HostVersion C{1, 13, 0};

    using Paths = std::vector<std::string>;

    StoredInstance MakeInstance(const std::string& id, std::optional<std::int64_t> index)
    {
      StoredInstance instance;
      instance.id = id;
      instance.sizeBytes = 100;
      instance.transferSyntaxUid = "1.2.840.10008.1.2.1";
      instance.indexInSeries = index;
      if (index.has_value())
      {
        instance.tags["InstanceNumber"] = std::to_string(*index);
      }
      return instance;
    }

    StoredSeries MakeSeries(const std::string& id,
                            const std::string& modality,
                            const std::string& description,
                            const std::vector<StoredInstance>& instances)
    {
      StoredSeries series;
      series.id = id;
      series.tags = {
        {"Modality", modality}, {"SeriesDescription", description}, {"SeriesNumber", "7"}};
      series.instances = instances;
      return series;
    }

    StoredStudy MakeStudy(const std::string& id,
                          const std::string& description,
                          const std::string& patientName,
                          const std::vector<StoredSeries>& series)
    {
      StoredStudy study;
      study.id = id;
      study.tags = {
        {"AccessionNumber", "A1"}, {"StudyDescription", description}, {"StudyDate", "20200101"}};
      study.patientTags = {{"PatientID", "P1"}, {"PatientName", patientName}};
      study.series = series;
      return study;
    }

    /**
     * Patient "p" with studies "s2" (first in the database) and "s1"; "s1" has the series "e1" with
     * instances numbered 3, 2, 5, and "e2" with twice the number 1. The second study knows the patient
     * by another name. Patient "q" has one instance without number.
     **/
    class ArchivePlannerTest : public testing::Test
    {
    protected:
      ArchivePlannerTest()
      {
        StoredPatient patient;
        patient.id = "p";
        patient.tags = {{"PatientID", "P1"}, {"PatientName", "First^Name"}};
        patient.studies = {
          MakeStudy("s2", "Knee", "First^Name",
                    {MakeSeries("e3", "MR", "T1", {MakeInstance("i6", 1)})}),
          MakeStudy(
            "s1", "Brain", "Other^Name",
            {MakeSeries("e2", "SR", "", {MakeInstance("i5", 1), MakeInstance("i4", 1)}),
             MakeSeries("e1", "CT", "Thin",
                        {MakeInstance("i3", 3), MakeInstance("i2", 2), MakeInstance("i1", 5)})})};
        store_.patients.push_back(patient);

        StoredPatient other;
        other.id = "q";
        other.tags = {{"PatientID", "Q1"}};
        other.studies = {MakeStudy("s3", "Hip", "Q",
                                   {MakeSeries("e4", "", "", {MakeInstance("i7", std::nullopt)})})};
        store_.patients.push_back(other);
      }

      ArchivePlan Plan(const HostVersion& version, const ArchiveRequest& request)
      {
        return ArchivePlanner(store_, version).Plan(request);
      }

      Paths GetPaths(const HostVersion& version, const ArchiveRequest& request)
      {
        Paths paths;
        for (const PlannedEntry& entry : Plan(version, request).entries)
        {
          paths.push_back(entry.path);
        }
        return paths;
      }

      static std::string GetIds(const ArchivePlan& plan)
      {
        std::string ids;
        for (const PlannedEntry& entry : plan.entries)
        {
          ids += entry.instance.id;
        }
        return ids;
      }

      void ExpectFailure(FailureKind kind,
                         const HostVersion& version,
                         const ArchiveRequest& request,
                         const std::string& text)
      {
        try
        {
          Plan(version, request);
          ADD_FAILURE() << "no failure: " << text;
        }
        catch (const Failure& failure)
        {
          EXPECT_EQ(kind, failure.GetKind()) << failure.what();
          EXPECT_NE(std::string::npos, std::string(failure.what()).find(text)) << failure.what();
        }
      }

      static ArchiveRequest Get(ResourceLevel level, const std::string& id)
      {
        ArchiveRequest request;
        request.level = level;
        request.resources = {id};
        return request;
      }

      static ArchiveRequest Post(ResourceLevel level, const std::string& id)
      {
        ArchiveRequest request = Get(level, id);
        request.isPost = true;
        return request;
      }

      static ArchiveRequest GetBatch(const std::vector<std::string>& resources)
      {
        ArchiveRequest request;
        request.resources = resources;
        return request;
      }

      static ArchiveRequest PostBatch(const std::vector<std::string>& resources)
      {
        ArchiveRequest request = GetBatch(resources);
        request.isPost = true;
        return request;
      }

      MemoryDicomStore store_;
    };
  } // namespace

  TEST_F(ArchivePlannerTest, PatientsOnTheThreeHosts)
  {
    const Paths onA = {
      "P1 First Name/A1 Brain/CT Thin/CT000000.dcm", "P1 First Name/A1 Brain/CT Thin/CT000001.dcm",
      "P1 First Name/A1 Brain/CT Thin/CT000002.dcm", "P1 First Name/A1 Brain/SR/SR000000.dcm",
      "P1 First Name/A1 Brain/SR/SR000001.dcm",      "P1 First Name/A1 Knee/MR T1/MR000000.dcm"};
    const Paths onB = {
      "P1 First Name/A1 Brain/CT Thin/CT000002.dcm", "P1 First Name/A1 Brain/CT Thin/CT000003.dcm",
      "P1 First Name/A1 Brain/CT Thin/CT000005.dcm", "P1 First Name/A1 Brain/SR/SR000000.dcm",
      "P1 First Name/A1 Brain/SR/SR000001.dcm",      "P1 First Name/A1 Knee/MR T1/MR000001.dcm"};
    const Paths onC = {"P1 - First^Name/A1 - Brain/7 - CT - Thin/CT000002.dcm",
                       "P1 - First^Name/A1 - Brain/7 - CT - Thin/CT000003.dcm",
                       "P1 - First^Name/A1 - Brain/7 - CT - Thin/CT000005.dcm",
                       "P1 - First^Name/A1 - Brain/7 - SR/SR000000.dcm",
                       "P1 - First^Name/A1 - Brain/7 - SR/SR000001.dcm",
                       "P1 - First^Name/A1 - Knee/7 - MR - T1/MR000001.dcm"};

    for (const ArchiveRequest& request :
         {Get(ResourceLevel::Patient, "p"), Post(ResourceLevel::Patient, "p")})
    {
      EXPECT_EQ(onA, GetPaths(A, request));
      EXPECT_EQ(onB, GetPaths(B, request));
      EXPECT_EQ(onC, GetPaths(C, request));
      EXPECT_EQ("i3i2i1i5i4i6", GetIds(Plan(A, request)));
      EXPECT_EQ("i2i3i1i5i4i6", GetIds(Plan(C, request)));
    }
  }

  TEST_F(ArchivePlannerTest, StudiesUseTheirCopyOfThePatientSince1122)
  {
    for (const ArchiveRequest& request :
         {Get(ResourceLevel::Study, "s1"), Post(ResourceLevel::Study, "s1")})
    {
      EXPECT_EQ("P1 First Name/A1 Brain/CT Thin/CT000000.dcm", GetPaths(A, request).front());
      EXPECT_EQ("P1 First Name/A1 Brain/CT Thin/CT000000.dcm",
                GetPaths(HostVersion{1, 12, 1}, request).front());
      EXPECT_EQ("P1 Other Name/A1 Brain/CT Thin/CT000000.dcm",
                GetPaths(HostVersion{1, 12, 2}, request).front());
      EXPECT_EQ("P1 Other Name/A1 Brain/CT Thin/CT000002.dcm", GetPaths(B, request).front());
      EXPECT_EQ("P1 - Other^Name/A1 - Brain/7 - CT - Thin/CT000002.dcm",
                GetPaths(C, request).front());
    }
  }

  TEST_F(ArchivePlannerTest, PostOfASeriesStartsAtTheSeriesSince1122)
  {
    EXPECT_EQ("P1 First Name/A1 Brain/CT Thin/CT000000.dcm",
              GetPaths(A, Post(ResourceLevel::Series, "e1")).front());
    EXPECT_EQ(Paths({"CT Thin/CT000002.dcm", "CT Thin/CT000003.dcm", "CT Thin/CT000005.dcm"}),
              GetPaths(B, Post(ResourceLevel::Series, "e1")));
    EXPECT_EQ("7 - CT - Thin/CT000002.dcm", GetPaths(C, Post(ResourceLevel::Series, "e1")).front());
  }

  TEST_F(ArchivePlannerTest, GetOfASeriesHasTheWholePath)
  {
    EXPECT_EQ("P1 First Name/A1 Brain/CT Thin/CT000000.dcm",
              GetPaths(A, Get(ResourceLevel::Series, "e1")).front());
    EXPECT_EQ("P1 Other Name/A1 Brain/CT Thin/CT000002.dcm",
              GetPaths(B, Get(ResourceLevel::Series, "e1")).front());
    EXPECT_EQ("P1 - Other^Name/A1 - Brain/7 - CT - Thin/CT000002.dcm",
              GetPaths(C, Get(ResourceLevel::Series, "e1")).front());
  }

  TEST_F(ArchivePlannerTest, InstancesHaveTheWholePath)
  {
    for (const ArchiveRequest& request :
         {Get(ResourceLevel::Instance, "i1"), Post(ResourceLevel::Instance, "i1")})
    {
      EXPECT_EQ(Paths({"P1 First Name/A1 Brain/CT Thin/CT000000.dcm"}), GetPaths(A, request));
      EXPECT_EQ(Paths({"P1 Other Name/A1 Brain/CT Thin/CT000005.dcm"}), GetPaths(B, request));
    }
  }

  TEST_F(ArchivePlannerTest, BatchesUseThePatientRecord)
  {
    for (const ArchiveRequest& request : {GetBatch({"s1"}), PostBatch({"s1"})})
    {
      EXPECT_EQ("P1 First Name/A1 Brain/CT Thin/CT000002.dcm", GetPaths(B, request).front());
      EXPECT_EQ("P1 - First^Name/A1 - Brain/7 - CT - Thin/CT000002.dcm",
                GetPaths(C, request).front());
    }
  }

  TEST_F(ArchivePlannerTest, MediaHaveOneCounterInTheOrderOfTheHost)
  {
    for (ArchiveRequest request : {Get(ResourceLevel::Patient, "p"), PostBatch({"s2", "s1"})})
    {
      request.kind = ArchiveKind::Media;
      request.naming = "{PatientName}.dcm"; // of archives only
      const ArchivePlan plan = Plan(C, request);

      EXPECT_EQ("i2i3i1i5i4i6", GetIds(plan));
      EXPECT_EQ("i3i2i1i5i4i6", GetIds(Plan(A, request)));
      EXPECT_EQ(
        Paths({"IMAGES/IM0", "IMAGES/IM1", "IMAGES/IM2", "IMAGES/IM3", "IMAGES/IM4", "IMAGES/IM5"}),
        GetPaths(C, request));
      std::string starts;
      for (const PlannedEntry& entry : plan.entries)
      {
        starts += entry.isSeriesStart ? "1" : "0";
      }
      EXPECT_EQ("100101", starts);
    }
  }

  TEST_F(ArchivePlannerTest, AnEmptyBatchIsAnEmptyPlan)
  {
    const ArchivePlan plan = Plan(B, PostBatch({}));

    EXPECT_TRUE(plan.entries.empty());
    EXPECT_EQ(0u, plan.uncompressedBytes);
    EXPECT_FALSE(plan.hasUtf8Names);
  }

  TEST_F(ArchivePlannerTest, ChildrenCollapseIntoTheirParents)
  {
    EXPECT_EQ("i2i3i1i5i4i6", GetIds(Plan(B, PostBatch({"i1", "e1", "s1", "p", "i6", "s2", "p"}))));
    EXPECT_EQ("i2i3i1", GetIds(Plan(B, PostBatch({"i1", "i2", "e1", "i3", "e1"}))));
    EXPECT_EQ("i2i3i1i5i4", GetIds(Plan(B, PostBatch({"e2", "s1", "i4"}))));
  }

  TEST_F(ArchivePlannerTest, ResourcesOfAllLevelsShareTheirFolders)
  {
    EXPECT_EQ(
      Paths({"P1 First Name/A1 Brain/CT Thin/CT000005.dcm",
             "P1 First Name/A1 Brain/SR/SR000000.dcm", "P1 First Name/A1 Brain/SR/SR000001.dcm",
             "P1 First Name/A1 Knee/MR T1/MR000001.dcm", "Q1/A1 Hip/Unknown Series/00000000.dcm"}),
      GetPaths(B, PostBatch({"q", "s2", "e2", "i1"})));
  }

  TEST_F(ArchivePlannerTest, PostWritesAnInstanceAsOftenAsItIsNamed)
  {
    const ArchiveRequest request = PostBatch({"i1", "i3", "i1", "i1"});

    EXPECT_EQ("i1i3i1i1", GetIds(Plan(A, request)));
    EXPECT_EQ(Paths({"P1 First Name/A1 Brain/CT Thin/CT000000.dcm",
                     "P1 First Name/A1 Brain/CT Thin/CT000001.dcm",
                     "P1 First Name/A1 Brain/CT Thin/CT000002.dcm",
                     "P1 First Name/A1 Brain/CT Thin/CT000003.dcm"}),
              GetPaths(A, request));
    EXPECT_EQ(Paths({"P1 First Name/A1 Brain/CT Thin/CT000005.dcm",
                     "P1 First Name/A1 Brain/CT Thin/CT000003.dcm",
                     "P1 First Name/A1 Brain/CT Thin/CT000005-2.dcm",
                     "P1 First Name/A1 Brain/CT Thin/CT000005-3.dcm"}),
              GetPaths(B, request));
    EXPECT_EQ(400u, Plan(B, request).uncompressedBytes);
  }

  TEST_F(ArchivePlannerTest, GetWritesEachInstanceOnceInAlphabeticalOrder)
  {
    EXPECT_EQ("i1i3", GetIds(Plan(B, GetBatch({"i3", "i1", "i3"}))));
  }

  TEST_F(ArchivePlannerTest, StoredIndicesAreReadAsTheHostReadsThem)
  {
    store_.patients[0].studies[0].series[0].instances = {MakeInstance("j1", std::nullopt),
                                                         MakeInstance("j2", 4294967296 + 9),
                                                         MakeInstance("j3", 123456789)};

    EXPECT_EQ(Paths({"MR T1/MR000000.dcm", "MR T1/MR000009.dcm", "MR T1/MR123456789.dcm"}),
              GetPaths(B, Post(ResourceLevel::Series, "e3")));

    store_.patients[0].studies[0].series[0].instances = {MakeInstance("j1", -4),
                                                         MakeInstance("j2", 0)};
    EXPECT_EQ(Paths({"MR T1/MR000000.dcm", "MR T1/MR000001.dcm"}),
              GetPaths(B, Post(ResourceLevel::Series, "e3")));
  }

  TEST_F(ArchivePlannerTest, UnknownIdentifiersOnLevelRoutes)
  {
    for (const ResourceLevel level : {ResourceLevel::Patient, ResourceLevel::Study,
                                      ResourceLevel::Series, ResourceLevel::Instance})
    {
      ExpectFailure(FailureKind::UnknownResource, A, Get(level, "nope"), "");
      ExpectFailure(FailureKind::UnknownResource, HostVersion{1, 11, 3}, Post(level, "nope"), "");
      ExpectFailure(FailureKind::NotFound, HostVersion{1, 12, 0}, Get(level, "nope"), "nope");
      ExpectFailure(FailureKind::NotFound, B, Get(level, "nope"), "nope");
      ExpectFailure(FailureKind::NotFound, C, Post(level, "nope"), "nope");
    }
  }

  TEST_F(ArchivePlannerTest, IdentifiersOfAnotherLevelAreTheirOwnArchiveBefore1120)
  {
    EXPECT_EQ(GetPaths(A, Get(ResourceLevel::Study, "s1")),
              GetPaths(A, Get(ResourceLevel::Patient, "s1")));
    EXPECT_EQ(GetPaths(A, Post(ResourceLevel::Series, "e1")),
              GetPaths(A, Post(ResourceLevel::Study, "e1")));
    EXPECT_EQ("i3i2i1i5i4i6", GetIds(Plan(A, Get(ResourceLevel::Series, "p"))));
    EXPECT_EQ("i1", GetIds(Plan(HostVersion{1, 11, 3}, Get(ResourceLevel::Study, "i1"))));
  }

  TEST_F(ArchivePlannerTest, IdentifiersOfAnotherLevelAreRefusedSince1120)
  {
    ExpectFailure(FailureKind::NotFound, HostVersion{1, 12, 0}, Get(ResourceLevel::Patient, "s1"),
                  "s1");
    ExpectFailure(FailureKind::NotFound, B, Post(ResourceLevel::Study, "e1"), "e1");
    ExpectFailure(FailureKind::NotFound, C, Get(ResourceLevel::Series, "p"), "p");
    ExpectFailure(FailureKind::NotFound, C, Get(ResourceLevel::Instance, "e1"), "e1");
  }

  TEST_F(ArchivePlannerTest, UnknownIdentifiersInBatches)
  {
    for (const HostVersion& version : {A, B, C})
    {
      ExpectFailure(FailureKind::UnknownResource, version, PostBatch({"p", "nope", "i1"}), "nope");
      ExpectFailure(FailureKind::UnknownResource, version, GetBatch({"nope"}), "nope");
      ExpectFailure(FailureKind::UnknownResource, version, PostBatch({""}), "");
    }
  }

  TEST_F(ArchivePlannerTest, CompressedTransferSyntaxesAreStored)
  {
    store_.patients[0].studies[0].series[0].instances[0].transferSyntaxUid =
      "1.2.840.10008.1.2.4.90";
    ArchiveRequest request = PostBatch({"s2", "i1"});

    const ArchivePlan deflated = Plan(B, request);
    request.density = ArchiveDensity::Store;
    const ArchivePlan stored = Plan(B, request);

    ASSERT_EQ("i1i6", GetIds(deflated));
    EXPECT_FALSE(deflated.entries[0].isStored);
    EXPECT_TRUE(deflated.entries[1].isStored);
    EXPECT_TRUE(stored.entries[0].isStored);
    EXPECT_TRUE(stored.entries[1].isStored);
  }

  TEST_F(ArchivePlannerTest, EntriesKeepTheInstanceButNotItsTags)
  {
    StoredInstance& source = store_.patients[0].studies[0].series[0].instances[0];
    source.attachmentUuid = "uuid";
    source.receptionUtc = 1234;
    source.isStorageCompressed = true;

    const ArchivePlan plan = Plan(B, Get(ResourceLevel::Instance, "i6"));

    ASSERT_EQ(1u, plan.entries.size());
    const StoredInstance& instance = plan.entries[0].instance;
    EXPECT_EQ("i6", instance.id);
    EXPECT_EQ(100u, instance.sizeBytes);
    EXPECT_EQ("uuid", instance.attachmentUuid);
    EXPECT_EQ(std::time_t(1234), instance.receptionUtc);
    EXPECT_TRUE(instance.isStorageCompressed);
    EXPECT_TRUE(instance.tags.empty());
  }

  TEST_F(ArchivePlannerTest, Utf8NamesOnRequestOnly)
  {
    store_.patients[1].tags["PatientName"] = "M\xC3\xBCller";
    ArchiveRequest request = PostBatch({"q"});

    EXPECT_EQ(Paths({"Q1 Mller/A1 Hip/Unknown Series/00000000.dcm"}), GetPaths(B, request));
    EXPECT_FALSE(Plan(B, request).hasUtf8Names);

    request.isUtf8 = true;
    EXPECT_EQ(Paths({"Q1 M\xC3\xBCller/A1 Hip/Unknown Series/00000000.dcm"}), GetPaths(B, request));
    EXPECT_EQ(Paths({"Q1 - M\xC3\xBCller/A1 - Hip/7/00000000.dcm"}), GetPaths(C, request));
    EXPECT_TRUE(Plan(B, request).hasUtf8Names);

    request.resources = {"p"};
    EXPECT_FALSE(Plan(B, request).hasUtf8Names);
  }

  TEST_F(ArchivePlannerTest, HostileTagsOfTheHostsOwnDefectsAreHarmless)
  {
    store_.patients[1].tags = {{"PatientID", ""}, {"PatientName", "^^"}};
    store_.patients[1].studies[0].tags = {{"StudyDescription", ".."}};
    store_.patients[1].studies[0].series[0].tags = {{"SeriesDescription", "CON"}};

    for (const HostVersion& version : {A, B})
    {
      EXPECT_EQ(Paths({"Unknown Patient/Unknown Study/CON_/00000000.dcm"}),
                GetPaths(version, PostBatch({"q"})));
    }
    EXPECT_EQ(Paths({"- ^^/Unknown Study/CON_/00000000.dcm"}), GetPaths(C, PostBatch({"q"})));
  }

  TEST_F(ArchivePlannerTest, SeriesNeverShareAFolder)
  {
    store_.patients[0].studies[1].series = {MakeSeries("e1", "", "same", {MakeInstance("i1", 1)}),
                                            MakeSeries("e2", "", "same", {MakeInstance("i2", 1)}),
                                            MakeSeries("e3", "", "same-2", {MakeInstance("i3", 1)}),
                                            MakeSeries("e5", "", "SAME", {MakeInstance("i4", 1)})};

    EXPECT_EQ(Paths({"P1 - Other^Name/A1 - Brain/7 - same/00000001.dcm",
                     "P1 - Other^Name/A1 - Brain/7 - same-2/00000001.dcm",
                     "P1 - Other^Name/A1 - Brain/7 - same-2-2/00000001.dcm",
                     "P1 - Other^Name/A1 - Brain/7 - SAME-3/00000001.dcm"}),
              GetPaths(C, Get(ResourceLevel::Study, "s1")));
  }

  TEST_F(ArchivePlannerTest, TemplatesNameEveryFile)
  {
    ArchiveRequest request = Get(ResourceLevel::Patient, "p");
    request.naming =
      "{PatientID}/{StudyDescription}/{SeriesNumber} {Modality}/{InstanceNumber}.dcm";

    EXPECT_EQ(Paths({"P1/Brain/7 CT/2.dcm", "P1/Brain/7 CT/3.dcm", "P1/Brain/7 CT/5.dcm",
                     "P1/Brain/7 SR/1.dcm", "P1/Brain/7 SR/1-2.dcm", "P1/Knee/7 MR/1.dcm"}),
              GetPaths(C, request));
    EXPECT_EQ(Paths({"P1/Brain/7 CT/3.dcm", "P1/Brain/7 CT/2.dcm", "P1/Brain/7 CT/5.dcm",
                     "P1/Brain/7 SR/1.dcm", "P1/Brain/7 SR/1-2.dcm", "P1/Knee/7 MR/1.dcm"}),
              GetPaths(A, request));
  }

  TEST_F(ArchivePlannerTest, TemplatesMayJoinFolders)
  {
    ArchiveRequest request = PostBatch({"p", "q"});
    request.naming = "{Modality}/{OrthancID}_{Index}";

    EXPECT_EQ(Paths({"CT/i2_00000001", "CT/i3_00000002", "CT/i1_00000003", "SR/i5_00000001",
                     "SR/i4_00000002", "MR/i6_00000001", "Unknown/i7_00000001"}),
              GetPaths(B, request));
  }

  TEST_F(ArchivePlannerTest, TemplateFoldersOfDifferentTextStayApart)
  {
    store_.patients[0].studies[0].tags["StudyDescription"] = "a/b";
    store_.patients[0].studies[1].tags["StudyDescription"] = "a:b";
    store_.patients[1].studies[0].tags["StudyDescription"] = "A B";
    ArchiveRequest request = PostBatch({"i6", "i1", "q"});
    request.naming = "{StudyDescription}/x.dcm";

    EXPECT_EQ(Paths({"a b/x.dcm", "a b-2/x.dcm", "A B-3/x.dcm"}), GetPaths(B, request));
  }

  TEST_F(ArchivePlannerTest, TemplatesTakeThePatientAsTheHostDoes)
  {
    ArchiveRequest request = Get(ResourceLevel::Study, "s1");
    request.naming = "{PatientName}/{Index}.dcm";

    EXPECT_EQ("First^Name/00000001.dcm", GetPaths(A, request).front());
    EXPECT_EQ("Other^Name/00000001.dcm", GetPaths(B, request).front());
  }

  TEST_F(ArchivePlannerTest, EmptyTemplateNamesBecomeUnknown)
  {
    ArchiveRequest request = PostBatch({"q"});
    request.naming = "{Modality}/{StationName}/{InstanceNumber}.dcm";

    EXPECT_EQ(Paths({"Unknown/Unknown/Unknown.dcm"}), GetPaths(B, request));
  }

  TEST_F(ArchivePlannerTest, WrongTemplatesAreRefusedEvenForAnEmptyPlan)
  {
    ArchiveRequest request = PostBatch({});
    request.naming = "{Nothing}";

    ExpectFailure(FailureKind::OutOfRange, B, request, "Naming");
  }

  namespace
  {
    // Independent of what is tested
    void ExpectSafePath(const std::string& path, bool isUtf8)
    {
      ASSERT_FALSE(path.empty());
      ASSERT_LE(path.size(), 240u) << path;
      ASSERT_NE('/', path.front()) << path;
      ASSERT_TRUE(IsValidUtf8(path)) << path;
      std::size_t begin = 0;
      while (begin <= path.size())
      {
        const std::size_t end = std::min(path.find('/', begin), path.size());
        const std::string name = path.substr(begin, end - begin);
        ASSERT_FALSE(name.empty()) << path;
        ASSERT_LE(name.size(), 120u) << path;
        ASSERT_NE(' ', name.front()) << path;
        ASSERT_NE(' ', name.back()) << path;
        ASSERT_NE('.', name.back()) << path;
        ASSERT_EQ(std::string::npos, name.find_first_of("\\:*?\"<>|\x7F")) << path;
        for (const char c : name)
        {
          ASSERT_FALSE(c >= 0 && c < 32) << path;
          ASSERT_TRUE(isUtf8 || c > 0) << path;
        }
        for (const char* const control :
             {"\xC2\x85", "\xE2\x80\x8B", "\xE2\x80\xAE", "\xEF\xBB\xBF"})
        {
          ASSERT_EQ(std::string::npos, name.find(control)) << path;
        }
        std::string device = name.substr(0, name.find('.'));
        device.erase(device.find_last_not_of(' ') + 1);
        std::transform(device.begin(), device.end(), device.begin(),
                       [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
        static const std::set<std::string> DEVICES = {"CON",  "PRN",  "AUX",    "NUL",
                                                      "COM1", "LPT9", "CONIN$", "COM\xC2\xB9"};
        ASSERT_EQ(0u, DEVICES.count(device)) << path;
        begin = end + 1;
      }
    }

    // Files and folders, compared without case: each folder belongs to one owner
    void ExpectUniquePaths(const ArchivePlan& plan,
                           const std::map<std::string, std::vector<std::string>>& owners)
    {
      std::set<std::string> files;
      std::map<std::string, std::string> folders;
      for (const PlannedEntry& entry : plan.entries)
      {
        ASSERT_TRUE(files.insert(FoldCase(entry.path)).second) << entry.path;
        std::size_t level = 0;
        for (std::size_t slash = entry.path.find('/'); slash != std::string::npos;
             slash = entry.path.find('/', slash + 1))
        {
          const std::string folder = FoldCase(entry.path.substr(0, slash));
          const std::string owner =
            owners.empty() ? entry.path.substr(0, slash) : owners.at(entry.instance.id)[level];
          ASSERT_EQ(owner, folders.emplace(folder, owner).first->second) << entry.path;
          level++;
        }
      }
      for (const auto& [folder, owner] : folders)
      {
        ASSERT_EQ(0u, files.count(folder)) << folder;
      }
      for (const char* const reserved : {"manifest.sha256", "missing.txt", "transcoding.txt"})
      {
        ASSERT_EQ(0u, files.count(reserved) + folders.count(reserved));
      }
    }

    class HostileTags
    {
    public:
      explicit HostileTags(unsigned seed)
        : random_(seed)
      {
      }

      std::size_t Below(std::size_t limit) { return random_() % limit; }

      std::string MakeText()
      {
        static const std::vector<std::string> PIECES = {"",
                                                        "",
                                                        "a",
                                                        "A",
                                                        "same",
                                                        "SAME",
                                                        "same-2",
                                                        "-2",
                                                        ".",
                                                        "..",
                                                        " ",
                                                        "/",
                                                        "\\",
                                                        ":",
                                                        "^",
                                                        "CON",
                                                        "nul",
                                                        "com1",
                                                        "LPT9",
                                                        "CONIN$",
                                                        "COM\xC2\xB9",
                                                        "MISSING.txt",
                                                        "MANIFEST.sha256",
                                                        "transcoding.TXT",
                                                        "\xC3\x89",
                                                        "\xC3\xA9",
                                                        "\xE6\x97\xA5",
                                                        "\xE2\x80\xAE",
                                                        "\xE2\x80\x8B",
                                                        "\xEF\xBB\xBF",
                                                        "\xC2\x85",
                                                        "\xE9",
                                                        "\xED\xA0\x80",
                                                        "\n",
                                                        "\t",
                                                        "\x01",
                                                        "\x7F",
                                                        "*?\"<>|",
                                                        "%n",
                                                        "../../etc",
                                                        "C:\\",
                                                        ".dcm",
                                                        "Unknown",
                                                        "Unknown Study",
                                                        std::string(1, '\0'),
                                                        std::string(130, 'x'),
                                                        std::string(64, 'y'),
                                                        std::string(50, '.')};
        std::string text;
        for (std::size_t i = Below(4); i > 0; i--)
        {
          text += PIECES[Below(PIECES.size())];
        }
        return text;
      }

      DicomTags MakeTags(const std::vector<std::string>& keywords)
      {
        DicomTags tags;
        for (const std::string& keyword : keywords)
        {
          if (Below(5) != 0)
          {
            tags[keyword] = MakeText();
          }
        }
        return tags;
      }

      StoredInstance MakeInstance(const std::string& id)
      {
        StoredInstance instance;
        instance.id = id;
        instance.sizeBytes = 1;
        if (Below(4) != 0)
        {
          instance.indexInSeries = static_cast<std::int64_t>(Below(4)) - 1;
        }
        instance.tags = MakeTags({"InstanceNumber", "ImageComments"});
        return instance;
      }

      StoredPatient MakePatient(const std::string& id)
      {
        StoredPatient patient;
        patient.id = id;
        patient.tags = MakeTags({"PatientID", "PatientName"});
        for (std::size_t i = 0; i < 1 + Below(5); i++)
        {
          StoredStudy study;
          study.id = id + "s" + std::to_string(i);
          study.tags = MakeTags({"AccessionNumber", "StudyDescription"});
          study.patientTags = MakeTags({"PatientID", "PatientName"});
          for (std::size_t j = 0; j < 1 + Below(6); j++)
          {
            StoredSeries series;
            series.id = study.id + "e" + std::to_string(j);
            series.tags = MakeTags({"Modality", "SeriesDescription", "SeriesNumber"});
            for (std::size_t k = 0; k < 1 + Below(3); k++)
            {
              series.instances.push_back(MakeInstance(series.id + "i" + std::to_string(k)));
            }
            study.series.push_back(series);
          }
          patient.studies.push_back(study);
        }
        return patient;
      }

    private:
      std::mt19937 random_;
    };

    std::map<std::string, std::vector<std::string>> FindOwners(const MemoryDicomStore& store)
    {
      std::map<std::string, std::vector<std::string>> owners;
      for (const StoredPatient& patient : store.patients)
      {
        for (const StoredStudy& study : patient.studies)
        {
          for (const StoredSeries& series : study.series)
          {
            for (const StoredInstance& instance : series.instances)
            {
              owners[instance.id] = {patient.id, study.id, series.id};
            }
          }
        }
      }
      return owners;
    }

    std::string JoinPaths(const ArchivePlan& plan)
    {
      std::string joined;
      for (const PlannedEntry& entry : plan.entries)
      {
        joined += entry.path + "\n";
      }
      return joined;
    }
  } // namespace

  TEST(ArchivePlannerProperties, HostileTagsGiveSafeUniqueAndRepeatablePaths)
  {
    const std::vector<std::string> TEMPLATES = {
      "{PatientName}/{StudyDescription}/{SeriesDescription}/{InstanceNumber}.dcm",
      "{Modality}{ImageComments}",
      "{StudyDescription}/{PatientID}/{SeriesNumber}/{Modality}/{AccessionNumber}/"
      "{PatientName}{PatientName}/{SeriesDescription}{SeriesDescription}/{ImageComments}.dcm"};

    for (unsigned seed = 0; seed < 150; seed++)
    {
      HostileTags tags(seed);
      MemoryDicomStore store;
      ArchiveRequest request;
      request.isPost = true;
      for (std::size_t i = 0; i < 1 + tags.Below(6); i++)
      {
        store.patients.push_back(tags.MakePatient("p" + std::to_string(i)));
        request.resources.push_back(store.patients.back().id);
      }
      for (const HostVersion& version : {A, B, HostVersion{1, 12, 11}, C})
      {
        for (const bool isUtf8 : {false, true})
        {
          request.isUtf8 = isUtf8;
          request.naming = "Host";
          const ArchivePlan plan = ArchivePlanner(store, version).Plan(request);
          for (const PlannedEntry& entry : plan.entries)
          {
            ExpectSafePath(entry.path, isUtf8);
          }
          ExpectUniquePaths(plan, FindOwners(store));
          EXPECT_EQ(JoinPaths(plan), JoinPaths(ArchivePlanner(store, version).Plan(request)));

          request.naming = TEMPLATES[seed % TEMPLATES.size()];
          const ArchivePlan byTemplate = ArchivePlanner(store, version).Plan(request);
          EXPECT_EQ(plan.entries.size(), byTemplate.entries.size());
          for (const PlannedEntry& entry : byTemplate.entries)
          {
            ExpectSafePath(entry.path, isUtf8);
          }
          ExpectUniquePaths(byTemplate, {});
          if (HasFatalFailure())
          {
            FAIL() << "seed " << seed;
          }
        }
      }
    }
  }
} // namespace OrthancPlugins
