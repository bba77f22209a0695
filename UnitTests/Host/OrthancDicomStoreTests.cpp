// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../Plugin/Core/Failure.h"
#include "../../Plugin/Host/OrthancDicomStore.h"
#include "../Fakes/FakeOrthanc.h"

#include <boost/thread/thread.hpp>
#include <gtest/gtest.h>
#include <json/reader.h>
#include <json/writer.h>

#include <algorithm>
#include <functional>
#include <sstream>

namespace OrthancPlugins
{
  namespace
  {
    // A database with the two routes that describe resources, as the host's versions answer them
    class Database
    {
    public:
      explicit Database(bool isNew)
        : isNew_(isNew)
      {
      }

      std::map<std::string, Json::Value> resources; // ID -> expanded, with Metadata
      std::size_t limit = SIZE_MAX;                 // of answers to one find
      std::set<std::string> hidden;                 // left out of finds
      bool hasCounts = true;                        // of the instances of a series, if asked for
      std::function<void(const Json::Value& find)> onFind = [](const Json::Value&) {};

      // Children are listed in the order of the calls, on new hosts by identifier
      void Add(const std::string& type, const std::string& id, const std::string& parent)
      {
        Json::Value& json = resources[id];
        json["Type"] = type;
        json["ID"] = id;
        json["MainDicomTags"]["Name"] = "tag-" + id;
        json["MainDicomTags"]["Sequence"] = Json::arrayValue;
        if (type == "Study")
        {
          json["PatientMainDicomTags"]["PatientID"] = "copy-" + id;
        }
        if (type == "Instance")
        {
          json["FileSize"] = 100;
          json["FileUuid"] = "uuid-" + id;
          json["IndexInSeries"] = 5;
          json["Metadata"]["IndexInSeries"] = "5";
          json["Metadata"]["TransferSyntax"] = "1.2.840.10008.1.2.1";
          json["Metadata"]["ReceptionDate"] = "20261123T230000";
        }
        if (!parent.empty())
        {
          static const std::map<std::string, std::string> LISTS = {
            {"Patient", "Studies"}, {"Study", "Series"}, {"Series", "Instances"}};
          const std::string parentType = resources.at(parent)["Type"].asString();
          json["Parent" + parentType] = parent;
          resources.at(parent)[LISTS.at(parentType)].append(id);
          if (isNew_)
          {
            Sort(resources.at(parent)[LISTS.at(parentType)]);
          }
        }
      }

      void Remove(const std::string& instance)
      {
        Json::Value& list = resources.at(resources.at(instance)["ParentSeries"].asString());
        Json::Value kept = Json::arrayValue;
        for (const Json::Value& id : list["Instances"])
        {
          if (id != instance)
          {
            kept.append(id);
          }
        }
        list["Instances"] = kept;
        resources.erase(instance);
      }

      FakeOrthanc::RestAnswer Answer(const std::string& call, const std::string& body)
      {
        Json::Value request;
        if (!body.empty())
        {
          std::istringstream(body) >> request;
        }
        Json::Value result = Json::arrayValue;
        FakeOrthanc::RestAnswer answer;
        if (call == "POST /tools/bulk-content")
        {
          for (const Json::Value& id : request["Resources"])
          {
            if (resources.count(id.asString()) != 0)
            {
              result.append(resources.at(id.asString()));
            }
          }
        }
        else if (call == "POST /tools/find" && isNew_)
        {
          result = Find(request);
        }
        else if (call.find("/statistics") != std::string::npos && !isNew_)
        {
          result = Json::objectValue;
          result["DicomUncompressedSize"] = statistics;
        }
        else if (call.rfind("GET /instances/", 0) == 0 && !isNew_)
        {
          answer.body = attachmentSize;
          return answer;
        }
        else
        {
          ADD_FAILURE() << call;
        }
        answer.body = Json::writeString(Json::StreamWriterBuilder(), result);
        return answer;
      }

      std::string statistics = "0";
      std::string attachmentSize = "100";

    private:
      static void Sort(Json::Value& list)
      {
        for (Json::ArrayIndex i = list.size() - 1; i > 0 && list[i] < list[i - 1]; i--)
        {
          list[i].swap(list[i - 1]);
        }
      }

      bool IsBelow(const std::string& id, const std::string& ancestor) const
      {
        const Json::Value& json = resources.at(id);
        for (const char* parent : {"ParentPatient", "ParentStudy", "ParentSeries"})
        {
          if (json.isMember(parent))
          {
            return json[parent] == ancestor || IsBelow(json[parent].asString(), ancestor);
          }
        }
        return false;
      }

      Json::Value Find(const Json::Value& request) const
      {
        onFind(request);
        EXPECT_TRUE(request["Query"].isObject());
        std::string ancestor;
        for (const char* parent : {"ParentPatient", "ParentStudy", "ParentSeries"})
        {
          ancestor += request.get(parent, "").asString();
        }
        std::set<std::string> content;
        for (const Json::Value& item : request["ResponseContent"])
        {
          content.insert(item.asString());
        }
        Json::Value result = Json::arrayValue;
        std::size_t skipped = 0;
        const std::size_t asked = request.isMember("Limit") ? request["Limit"].asUInt() : SIZE_MAX;
        for (const auto& [id, json] : resources) // by identifier
        {
          if (json["Type"] != request["Level"] || (id != ancestor && !IsBelow(id, ancestor)) ||
              hidden.count(id) != 0)
          {
            continue;
          }
          if (skipped < request["Since"].asUInt())
          {
            skipped++;
          }
          else if (result.size() < std::min(limit, asked))
          {
            result.append(Reduce(json, content));
            if (request["RequestedTags"][0] == "NumberOfSeriesRelatedInstances" && hasCounts)
            {
              result[result.size() - 1]["RequestedTags"]["NumberOfSeriesRelatedInstances"] =
                std::to_string(json["Instances"].size());
            }
          }
        }
        return result;
      }

      static Json::Value Reduce(Json::Value json, const std::set<std::string>& content)
      {
        if (content.count("Attachments") != 0)
        {
          Json::Value pdf;
          pdf["ContentType"] = 1024;
          pdf["Uuid"] = "other";
          Json::Value dicom;
          dicom["ContentType"] = 1;
          dicom["Uuid"] = json["FileUuid"];
          dicom["UncompressedSize"] = json["FileSize"];
          dicom["CompressedSize"] = json["ID"] == "i2" ? Json::Value(40) : json["FileSize"];
          json["Attachments"].append(pdf);
          json["Attachments"].append(dicom);
        }
        for (const char* legacy : {"FileUuid", "FileSize", "IndexInSeries"})
        {
          json.removeMember(legacy);
        }
        for (const char* member : {"MainDicomTags", "Metadata"})
        {
          if (content.count(member) == 0)
          {
            json.removeMember(member);
          }
        }
        if (content.count("Children") == 0)
        {
          json.removeMember("Instances");
        }
        return json;
      }

      bool isNew_;
    };

    class OrthancDicomStoreTest : public testing::TestWithParam<const char*>
    {
    protected:
      OrthancDicomStoreTest()
        : host(GetParam()),
          database(host.GetVersion().IsAtLeast(1, 12, 5)),
          api(host.GetContext(), host.GetVersion()),
          store(host.GetContext(), api, settings, host.GetVersion())
      {
        host.onRest = [this](const std::string& call, const std::string& body)
        { return database.Answer(call, body); };
        database.Add("Patient", "p", "");
        database.Add("Study", "s", "p");
        database.Add("Series", "r", "s");
        database.Add("Instance", "i1", "r");
        database.Add("Instance", "i2", "r");
        database.Add("Instance", "i3", "r");
      }

      static std::vector<std::string> GetIds(const StoredSeries& series)
      {
        std::vector<std::string> ids;
        for (const StoredInstance& instance : series.instances)
        {
          ids.push_back(instance.id);
        }
        return ids;
      }

      FakeOrthanc host;
      Database database;
      Settings settings;
      OrthancRestApi api;
      OrthancDicomStore store;
    };
  } // namespace

  TEST_P(OrthancDicomStoreTest, FindsTheLevel)
  {
    EXPECT_EQ(ResourceLevel::Patient, store.FindLevel("p"));
    EXPECT_EQ(ResourceLevel::Study, store.FindLevel("s"));
    EXPECT_EQ(ResourceLevel::Series, store.FindLevel("r"));
    EXPECT_EQ(ResourceLevel::Instance, store.FindLevel("i1"));
    EXPECT_FALSE(store.FindLevel("x").has_value());
    EXPECT_FALSE(store.FindLevel("").has_value());
    EXPECT_EQ("", host.GetLog());
  }

  TEST_P(OrthancDicomStoreTest, EveryLevelGivesItsBranch)
  {
    for (const auto& [level, id] :
         {std::make_pair(ResourceLevel::Patient, "p"), std::make_pair(ResourceLevel::Study, "s"),
          std::make_pair(ResourceLevel::Series, "r"),
          std::make_pair(ResourceLevel::Instance, "i1")})
    {
      const StoredPatient patient = store.Describe(level, id, DescribeOptions());

      EXPECT_EQ("p", patient.id);
      EXPECT_EQ("tag-p", patient.tags.at("Name"));
      EXPECT_EQ(0u, patient.tags.count("Sequence"));
      ASSERT_EQ(1u, patient.studies.size()) << id;
      EXPECT_EQ("tag-s", patient.studies[0].tags.at("Name"));
      EXPECT_EQ("copy-s", patient.studies[0].patientTags.at("PatientID"));
      ASSERT_EQ(1u, patient.studies[0].series.size()) << id;
      EXPECT_EQ("tag-r", patient.studies[0].series[0].tags.at("Name"));
      EXPECT_EQ(level == ResourceLevel::Instance ? 1u : 3u,
                patient.studies[0].series[0].instances.size())
        << id;
    }
  }

  TEST_P(OrthancDicomStoreTest, InstancesHaveTheirFacts)
  {
    for (const auto& [level, id] :
         {std::make_pair(ResourceLevel::Study, "s"), std::make_pair(ResourceLevel::Instance, "i1")})
    {
      const StoredPatient patient = store.Describe(level, id, DescribeOptions{true});
      const StoredInstance& instance = patient.studies.at(0).series.at(0).instances.at(0);

      EXPECT_EQ("i1", instance.id);
      EXPECT_EQ(100u, instance.sizeBytes);
      EXPECT_EQ("1.2.840.10008.1.2.1", instance.transferSyntaxUid);
      EXPECT_EQ(5, instance.indexInSeries.value());
      EXPECT_EQ(1795474800, instance.receptionUtc.value());
      EXPECT_EQ("uuid-i1", instance.attachmentUuid);
      EXPECT_FALSE(instance.isStorageCompressed);
      EXPECT_EQ("tag-i1", instance.tags.at("Name"));
    }
  }

  TEST_P(OrthancDicomStoreTest, UnknownAndOtherLevelsAreUnknown)
  {
    for (const auto& [level, id] :
         {std::make_pair(ResourceLevel::Patient, "s"), std::make_pair(ResourceLevel::Study, "p"),
          std::make_pair(ResourceLevel::Series, "i1"),
          std::make_pair(ResourceLevel::Instance, "x")})
    {
      try
      {
        store.Describe(level, id, DescribeOptions());
        ADD_FAILURE() << id;
      }
      catch (const Failure& failure)
      {
        EXPECT_EQ(FailureKind::UnknownResource, failure.GetKind());
      }
    }
  }

  TEST_P(OrthancDicomStoreTest, SeriesKeepTheirInstancesInOrder)
  {
    database.Add("Series", "t", "s");
    database.Add("Instance", "a9", "t");
    database.Add("Instance", "a1", "t");

    const StoredPatient patient = store.Describe(ResourceLevel::Patient, "p", DescribeOptions());

    ASSERT_EQ(2u, patient.studies.at(0).series.size());
    EXPECT_EQ((std::vector<std::string>{"i1", "i2", "i3"}), GetIds(patient.studies[0].series[0]));
    // New hosts sort by identifier
    EXPECT_EQ(host.GetVersion().IsAtLeast(1, 12, 5) ? (std::vector<std::string>{"a1", "a9"})
                                                    : (std::vector<std::string>{"a9", "a1"}),
              GetIds(patient.studies[0].series[1]));
  }

  TEST_P(OrthancDicomStoreTest, ThousandsOfInstancesTakeFewCalls)
  {
    for (int i = 0; i < 9000; i++)
    {
      database.Add("Instance", "n" + std::to_string(i), "r");
    }
    host.calls.clear();

    const StoredPatient patient = store.Describe(ResourceLevel::Study, "s", DescribeOptions());

    EXPECT_EQ(9003u, patient.studies.at(0).series.at(0).instances.size());
    EXPECT_LE(host.calls.size(), 14u);
  }

  TEST_P(OrthancDicomStoreTest, LimitsOfTheHostCutNothingOff)
  {
    database.limit = 2;
    for (int i = 0; i < 7; i++)
    {
      database.Add("Series", "t" + std::to_string(i), "s");
      database.Add("Instance", "u" + std::to_string(i), "t" + std::to_string(i));
    }
    const StoredPatient patient = store.Describe(ResourceLevel::Study, "s", DescribeOptions());

    ASSERT_EQ(8u, patient.studies.at(0).series.size());
    for (const StoredSeries& series : patient.studies[0].series)
    {
      EXPECT_EQ(series.id == "r" ? 3u : 1u, series.instances.size());
    }
  }

  TEST_P(OrthancDicomStoreTest, LimitsOfTheHostCutNoPageOff)
  {
    for (int i = 0; i < 500; i++)
    {
      database.Add("Instance", "n" + std::to_string(i), "r");
    }
    for (const std::size_t limit : {1u, 2u, 100u, 300u, 302u, 502u, 503u, 504u})
    {
      database.limit = limit;

      const StoredPatient patient = store.Describe(ResourceLevel::Study, "s", DescribeOptions());

      std::vector<std::string> ids = GetIds(patient.studies.at(0).series.at(0));
      EXPECT_EQ(503u, ids.size()) << limit;
      std::sort(ids.begin(), ids.end());
      EXPECT_EQ(ids.end(), std::unique(ids.begin(), ids.end())) << limit;
    }
  }

  // The second page begins where the first one ends, even if that is somewhere else meanwhile
  TEST_P(OrthancDicomStoreTest, InstancesThatComeAndGoShiftNoOtherOut)
  {
    for (int i = 1000; i < 2000; i++)
    {
      database.Add("Instance", "n" + std::to_string(i), "r");
    }
    const auto change = [&](const std::function<void()>& doIt)
    {
      database.onFind = [&, doIt, isDone = false](const Json::Value& find) mutable
      {
        if (!isDone && find["Level"] == "Instance" && find["Since"].asUInt() > 0)
        {
          isDone = true;
          doIt();
        }
      };
    };
    const auto getIds = [&]
    {
      const StoredPatient patient = store.Describe(ResourceLevel::Study, "s", DescribeOptions());
      std::vector<std::string> ids = GetIds(patient.studies.at(0).series.at(0));
      std::sort(ids.begin(), ids.end());
      EXPECT_EQ(ids.end(), std::unique(ids.begin(), ids.end()));
      return std::set<std::string>(ids.begin(), ids.end());
    };

    const std::set<std::string> all = getIds();
    EXPECT_EQ(1003u, all.size());

    change([&] { database.Remove("n1005"); });
    std::set<std::string> afterRemoval = getIds();
    afterRemoval.insert("n1005");
    EXPECT_EQ(all, afterRemoval);

    change(
      [&]
      {
        for (int i = 0; i < 700; i++)
        {
          database.Add("Instance", "a" + std::to_string(i), "r");
        }
      });
    const std::set<std::string> afterUploads = getIds();
    for (const std::string& id : all)
    {
      EXPECT_TRUE(id == "n1005" || afterUploads.count(id) == 1) << id;
    }
  }

  TEST_P(OrthancDicomStoreTest, CountsMayBeUnknown)
  {
    database.hasCounts = false;
    database.Add("Series", "t", "s");
    database.Add("Instance", "j1", "t");

    const StoredPatient patient = store.Describe(ResourceLevel::Study, "s", DescribeOptions());

    EXPECT_EQ((std::vector<std::string>{"i1", "i2", "i3"}),
              GetIds(patient.studies.at(0).series.at(0)));
    EXPECT_EQ((std::vector<std::string>{"j1"}), GetIds(patient.studies[0].series.at(1)));
  }

  TEST_P(OrthancDicomStoreTest, StrangeJsonIsReadAsWell)
  {
    Json::Value& json = database.resources.at("i2");
    json["Metadata"]["TransferSyntax"] = 12;
    json["Metadata"]["IndexInSeries"] = "7";
    json["Metadata"]["ReceptionDate"] = "a\"b\\c";
    json["MainDicomTags"]["Name"] = "\xC3\xA9\n\"";

    const StoredPatient patient = store.Describe(ResourceLevel::Study, "s", DescribeOptions{true});
    const StoredSeries& series = patient.studies.at(0).series.at(0);

    EXPECT_EQ((std::vector<std::string>{"i1", "i2", "i3"}), GetIds(series));
    EXPECT_EQ("", series.instances.at(1).transferSyntaxUid);
    EXPECT_EQ(7, series.instances.at(1).indexInSeries.value());
    EXPECT_EQ(100u, series.instances.at(1).sizeBytes);
    EXPECT_FALSE(series.instances.at(1).receptionUtc.has_value());
    EXPECT_EQ("\xC3\xA9\n\"", series.instances.at(1).tags.at("Name"));
    EXPECT_EQ("tag-i3", series.instances.at(2).tags.at("Name"));
  }

  TEST_P(OrthancDicomStoreTest, TagsOnlyIfAskedFor)
  {
    for (const bool isAsked : {false, true})
    {
      const StoredPatient patient =
        store.Describe(ResourceLevel::Study, "s", DescribeOptions{isAsked});
      EXPECT_EQ(isAsked, !patient.studies.at(0).series.at(0).instances.at(0).tags.empty());
    }
  }

  TEST_P(OrthancDicomStoreTest, FailureOfOnePageFailsTheWhole)
  {
    for (int i = 0; i < 5000; i++)
    {
      database.Add("Instance", "n" + std::to_string(i), "r");
    }
    unsigned pagesCount = 0;
    host.onRest = [&](const std::string& call, const std::string& body)
    {
      FakeOrthanc::RestAnswer answer = database.Answer(call, body);
      if (answer.body.size() > 100000 && ++pagesCount == 2)
      {
        answer.code = OrthancPluginErrorCode_DatabaseUnavailable;
      }
      return answer;
    };

    EXPECT_THROW(store.Describe(ResourceLevel::Study, "s", DescribeOptions()), Failure);
  }

  TEST_P(OrthancDicomStoreTest, WhatAFindHasMissedIsLookedUp)
  {
    database.hidden = {"i2"};

    const StoredPatient patient = store.Describe(ResourceLevel::Series, "r", DescribeOptions());

    EXPECT_EQ((std::vector<std::string>{"i1", "i2", "i3"}),
              GetIds(patient.studies.at(0).series.at(0)));
  }

  TEST_P(OrthancDicomStoreTest, InstanceDeletedMeanwhileIsLeftOut)
  {
    database.resources.erase("i2"); // still listed by the series

    const StoredPatient patient = store.Describe(ResourceLevel::Series, "r", DescribeOptions());

    EXPECT_EQ((std::vector<std::string>{"i1", "i3"}), GetIds(patient.studies.at(0).series.at(0)));
  }

  TEST_P(OrthancDicomStoreTest, ListsOfInstancesDoNotAskForTheirSeriesAgain)
  {
    store.Describe(ResourceLevel::Instance, "i1", DescribeOptions());
    database.Add("Series", "q", "s");
    database.Add("Instance", "j", "q");

    EXPECT_EQ("r", store.Describe(ResourceLevel::Instance, "i2", DescribeOptions())
                     .studies.at(0)
                     .series.at(0)
                     .id);
    EXPECT_EQ("q", store.Describe(ResourceLevel::Instance, "j", DescribeOptions())
                     .studies.at(0)
                     .series.at(0)
                     .id);
    EXPECT_EQ("r", store.Describe(ResourceLevel::Instance, "i3", DescribeOptions())
                     .studies.at(0)
                     .series.at(0)
                     .id);
  }

  TEST_P(OrthancDicomStoreTest, ManyThreads)
  {
    boost::thread_group threads;
    std::atomic<unsigned> goodCount{0};
    for (const char* id : {"i1", "i2", "i3", "i1"})
    {
      threads.create_thread(
        [&, id]
        {
          for (int i = 0; i < 10; i++)
          {
            const StoredPatient patient =
              store.Describe(ResourceLevel::Instance, id, DescribeOptions());
            goodCount += patient.studies.at(0).series.at(0).instances.at(0).id == id ? 1u : 0u;
          }
        });
    }
    threads.join_all();

    EXPECT_EQ(40u, goodCount);
  }

  TEST_P(OrthancDicomStoreTest, StrangeMetadataIsAbsent)
  {
    Json::Value& json = database.resources.at("i1");
    json["Metadata"]["IndexInSeries"] = "5x";
    json["Metadata"]["ReceptionDate"] = "yesterday";
    json["Metadata"].removeMember("TransferSyntax");

    const StoredPatient patient = store.Describe(ResourceLevel::Series, "r", DescribeOptions());
    const StoredInstance& instance = patient.studies.at(0).series.at(0).instances.at(0);

    EXPECT_FALSE(instance.indexInSeries.has_value());
    EXPECT_FALSE(instance.receptionUtc.has_value());
    EXPECT_EQ("", instance.transferSyntaxUid);
  }

  INSTANTIATE_TEST_SUITE_P(Hosts,
                           OrthancDicomStoreTest,
                           testing::Values("1.10.1", "1.12.7", "1.13.0"),
                           [](const testing::TestParamInfo<const char*>& row)
                           {
                             std::string name = row.param;
                             std::replace(name.begin(), name.end(), '.', '_');
                             return name;
                           });

  TEST(OrthancDicomStore, CompressedAttachmentsAreKnownOnNewHosts)
  {
    FakeOrthanc host("1.13.0");
    Database database(true);
    host.onRest = [&](const std::string& call, const std::string& body)
    { return database.Answer(call, body); };
    database.Add("Patient", "p", "");
    database.Add("Study", "s", "p");
    database.Add("Series", "r", "s");
    database.Add("Instance", "i1", "r");
    database.Add("Instance", "i2", "r");
    OrthancRestApi api(host.GetContext(), host.GetVersion());
    const Settings settings;
    OrthancDicomStore store(host.GetContext(), api, settings, host.GetVersion());

    const StoredPatient patient = store.Describe(ResourceLevel::Study, "s", DescribeOptions());

    EXPECT_FALSE(patient.studies.at(0).series.at(0).instances.at(0).isStorageCompressed);
    EXPECT_TRUE(patient.studies.at(0).series.at(0).instances.at(1).isStorageCompressed);
  }

  TEST(OrthancDicomStore, SizesBeyond4GiBAreWholeOnOldHosts)
  {
    FakeOrthanc host("1.10.1");
    Database database(false);
    host.onRest = [&](const std::string& call, const std::string& body)
    { return database.Answer(call, body); };
    database.Add("Patient", "p", "");
    database.Add("Study", "s", "p");
    database.Add("Series", "r", "s");
    database.Add("Instance", "i1", "r");
    database.resources.at("i1")["FileSize"] = 1073741824; // 5 GiB, cut off
    database.statistics = "5368709120";
    database.attachmentSize = "5368709120";
    OrthancRestApi api(host.GetContext(), host.GetVersion());
    const Settings settings;
    OrthancDicomStore store(host.GetContext(), api, settings, host.GetVersion());

    for (const auto& [level, id] : {std::make_pair(ResourceLevel::Series, "r"),
                                    std::make_pair(ResourceLevel::Instance, "i1")})
    {
      const StoredPatient patient = store.Describe(level, id, DescribeOptions());

      EXPECT_EQ(5368709120u, patient.studies.at(0).series.at(0).instances.at(0).sizeBytes) << id;
    }
  }

  TEST(OrthancDicomStore, WhatIsDeletedMeanwhileIsLeftOut)
  {
    FakeOrthanc host("1.10.1");
    Database database(false);
    database.Add("Patient", "p", "");
    database.Add("Study", "s", "p");
    for (const char* series : {"r1", "r2"})
    {
      database.Add("Series", series, "s");
      database.Add("Instance", std::string("i") + series, series);
    }
    host.onRest = [&](const std::string& call, const std::string& body)
    {
      FakeOrthanc::RestAnswer unknown;
      unknown.code = OrthancPluginErrorCode_UnknownResource;
      if (call == "GET /series/r2/statistics")
      {
        database.resources.at("s")["Series"].resize(1);
        database.resources.erase("r2");
        return unknown;
      }
      return database.Answer(call, body);
    };
    OrthancRestApi api(host.GetContext(), host.GetVersion());
    const Settings settings;
    OrthancDicomStore store(host.GetContext(), api, settings, host.GetVersion());

    const StoredPatient patient = store.Describe(ResourceLevel::Study, "s", DescribeOptions());

    EXPECT_EQ(1u, patient.studies.at(0).series.at(0).instances.size());
    EXPECT_EQ(0u, patient.studies.at(0).series.at(1).instances.size());
  }

  TEST(OrthancDicomStore, DatesOfTheHost)
  {
    EXPECT_EQ(0, ParseHostDate("19700101T000000").value());
    EXPECT_EQ(951782400, ParseHostDate("20000229T000000").value());
    EXPECT_EQ(1795474800, ParseHostDate("20261123T230000").value());
    EXPECT_EQ(1795474800, ParseHostDate("20261123T230000.123456").value());
    for (const char* bad :
         {"", "20261123", "20261123T2300", "20261123 230000", "2026-11-23T23:00:00",
          "20261323T230000", "20261100T230000", "20261123T240000", "2026112xT230000",
          "20261123T230000Z", "19691231T235959", "+2261123T230000"})
    {
      EXPECT_FALSE(ParseHostDate(bad).has_value()) << bad;
    }
  }
} // namespace OrthancPlugins
