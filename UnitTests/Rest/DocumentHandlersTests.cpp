// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../Plugin/Rest/DocumentHandlers.h"

#include "../../Plugin/Core/Dicom/DicomObject.h"
#include "../../Plugin/Core/Dicom/EncapsulatedDocumentReader.h"
#include "../../Plugin/Core/Dicom/ParentModules.h"
#include "../../Plugin/Core/Metrics/ExpositionText.h"
#include "../../Plugin/Rest/CreateDicomHandlers.h"
#include "../../Plugin/Rest/DocumentReadHandlers.h"
#include "../Fakes/TextInstanceData.h"
#include "RestFixture.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace OrthancPlugins
{
  namespace
  {
    const std::string PDF = "%PDF-1.4\nstartxref\n0\n%%EOF";
    const std::string URI = "data:application/pdf;base64,JVBERi0xLjQKc3RhcnR4cmVmCjAKJSVFT0Y=";

    // Stores what is posted; "failingAt": that call is refused, counted from 0
    class StoringHost final : public IHostRest
    {
    public:
      std::vector<std::pair<std::string, std::string>> calls; // path, body
      std::optional<std::size_t> failingAt;
      unsigned storedCount = 0;

      HostAnswer Call(HttpMethod method, const std::string& path, std::string_view body) override
      {
        const bool isRefused = calls.size() == failingAt;
        calls.emplace_back((method == HttpMethod::Delete ? "DELETE " : "") + path, body);
        if (isRefused)
        {
          return FakeHostRest::MakeError(15, 400);
        }
        const std::string id = "stored" + std::to_string(storedCount++);
        return FakeHostRest::MakeJson(R"({"ID":")" + id +
                                      R"(","Status":"Success","ParentSeries":"series1"})");
      }
    };

    class DocumentHandlersTest : public ::testing::Test
    {
    protected:
      DocumentHandlersTest()
        : services{all.services.settings,
                   all.services.version,
                   all.services.clock,
                   all.services.store,
                   host,
                   all.services.planner,
                   all.services.spool,
                   all.services.jobs,
                   all.services.jobFactory,
                   all.services.monitor,
                   all.services.controller,
                   all.services.streams,
                   all.services.crcs,
                   all.services.notifier,
                   all.services.metrics,
                   all.services.exporter,
                   all.services.numbers,
                   all.services.newStudies,
                   all.services.dictionary,
                   all.services.pages,
                   all.services.appFiles}
      {
        DicomObject parent("ISO_IR 100");
        parent.Set("SOPClassUID", "1.2.840.10008.5.1.4.1.1.2");
        parent.Set("SOPInstanceUID", "1.2.3");
        parent.Set("PatientID", "P1");
        parent.Set("StudyInstanceUID", "1.2.4");
        all.store.AddSeries("patient1", "study1", "series1",
                            {parent.Serialize().head, parent.Serialize().head});
      }

      HttpRequest MakeUpload(const std::string& id, std::string_view body)
      {
        HttpRequest request = MakePost({id}, body);
        request.headers["content-type"] = "application/pdf";
        return request;
      }

      std::string ReadStored() const
      {
        const EncapsulatedDocument document = OpenStored();
        const std::size_t sizeBytes = static_cast<std::size_t>(document.content->GetSizeBytes());
        std::vector<unsigned char> scratch;
        const void* const data = document.content->Read(0, sizeBytes, scratch);
        return std::string(static_cast<const char*>(data), sizeBytes);
      }

      // The document in what was stored last
      EncapsulatedDocument OpenStored() const
      {
        return std::move(
          *OpenEncapsulatedDocument(std::make_unique<TextInstanceData>(host.calls.back().second)));
      }

      std::optional<FailureKind> Create(const std::string& body)
      {
        return CatchFailure(
          [&]
          {
            RecordingAnswer answer;
            PostCreateDicom(services, MakePost({}, body), answer);
          });
      }

      RestFixture all{HOST_B};
      StoringHost host;
      Services services;
    };
  } // namespace

  TEST_F(DocumentHandlersTest, SurvivesThatASiblingIsDeletedMeanwhile)
  {
    StoredSeries& series = all.store.patients.at(0).studies.at(0).series.at(0);
    all.store.unreadable.insert(series.instances.front().id);
    all.store.onUnreadable = [&](const std::string&)
    { series.instances.erase(series.instances.begin()); };
    RecordingAnswer answer;

    PostStudyDocument(services, MakeUpload("study1", PDF), answer);

    EXPECT_EQ(1u, host.storedCount);

    // A file that is listed, but damaged
    all.store.unreadable.insert(series.instances.front().id);
    all.store.onUnreadable = nullptr;
    EXPECT_EQ(
      FailureKind::SourceMissing,
      CatchFailure([&] { PostStudyDocument(services, MakeUpload("study1", PDF), answer); }));
  }

  TEST_F(DocumentHandlersTest, StoresTheDocumentAsItIs)
  {
    HttpRequest request = MakeUpload("study1", PDF);
    request.headers["document-title"] = "UTF-8''%C3%84";
    RecordingAnswer answer;
    PostStudyDocument(services, request, answer);
    ASSERT_EQ(1u, host.calls.size());
    EXPECT_EQ("/instances", host.calls[0].first);
    EXPECT_NE(std::string::npos, answer.body.find("stored0"));
    EXPECT_EQ(PDF, ReadStored());
    EXPECT_EQ("Ä", OpenStored().title);
    const TextInstanceData file(host.calls[0].second);
    EXPECT_EQ("1.2.4", ReadIdentity(file).studyInstanceUid);
    DicomObject copy("");
    copy.CopyParent(file, ResourceLevel::Series);
    EXPECT_EQ("2", copy.GetText("SeriesNumber"));
    EXPECT_EQ("OT", copy.GetText("Modality"));
  }

  TEST_F(DocumentHandlersTest, LargeDocumentNeedsNoPlaceInTheSpool)
  {
    for (const bool hasSpool : {true, false})
    {
      for (const std::size_t ballastBytes : {std::size_t(9) << 20, (std::size_t(9) << 20) + 1})
      {
        const std::string pdf =
          "%PDF-1.4\n%" + std::string(ballastBytes, 'x') + "\nstartxref\n0\n%%EOF";
        RecordingAnswer answer;
        PostStudyDocument(services, MakeUpload("study1", pdf), answer);
        EXPECT_TRUE(pdf == ReadStored());
      }
      if (hasSpool)
      {
        std::filesystem::remove_all(all.settings.spool.directory);
      }
    }
    EXPECT_EQ(4u, host.storedCount);
  }

  TEST_F(DocumentHandlersTest, RefusesBeforeAnythingIsStored)
  {
    RecordingAnswer answer;
    EXPECT_EQ(
      FailureKind::UnknownResource,
      CatchFailure([&] { PostStudyDocument(services, MakeUpload("nothing", PDF), answer); }));
    EXPECT_EQ(FailureKind::BadFormat,
              CatchFailure([&] { PostStudyDocument(services, MakeUpload("study1", ""), answer); }));
    EXPECT_EQ(
      FailureKind::BadFormat,
      CatchFailure([&] { PostSeriesDocument(services, MakeUpload("series1", "x"), answer); }));
    HttpRequest request = MakeUpload("study1", PDF);
    request.headers["document-titel"] = "x";
    std::string message;
    EXPECT_EQ(FailureKind::OutOfRange,
              CatchFailure([&] { PostStudyDocument(services, request, answer); }, &message));
    EXPECT_NE(std::string::npos, message.find("titel"));
    request = MakeUpload("study1", PDF);
    request.headers["content-type"] = "multipart/form-data; boundary=b";
    EXPECT_EQ(FailureKind::BadRequest,
              CatchFailure([&] { PostStudyDocument(services, request, answer); }));
    EXPECT_TRUE(host.calls.empty());
  }

  TEST_F(DocumentHandlersTest, WhatIsStoredAndWhatIsRefusedIsCounted)
  {
    RecordingAnswer answer;
    PostStudyDocument(services, MakeUpload("study1", PDF), answer);
    CatchFailure([&] { PostStudyDocument(services, MakeUpload("nothing", PDF), answer); });
    CatchFailure([&] { PostStudyDocument(services, MakeUpload("study1", "x"), answer); });
    HttpRequest misspelled = MakeUpload("study1", PDF);
    misspelled.headers["document-titel"] = "x";
    CatchFailure([&] { PostStudyDocument(services, misspelled, answer); });

    const std::string text =
      FormatExposition(services.metrics.Collect(), ExpositionFormat::PlainText, 0);
    for (const std::string line :
         {"orthanc_documents_embedded_total{outcome=\"success\",type=\"pdf\"} 1",
          "orthanc_documents_embedded_total{outcome=\"failure\",type=\"pdf\"} 1",
          "orthanc_create_dicom_rejected_total{reason=\"unknown_resource\"} 1",
          "orthanc_create_dicom_rejected_total{reason=\"bad_format\"} 1",
          "orthanc_create_dicom_rejected_total{reason=\"bad_value\"} 1"})
    {
      EXPECT_NE(std::string::npos, text.find("\n" + line + "\n")) << line;
    }
    EXPECT_NE(std::string::npos, text.find("\northanc_document_bytes_total{type=\"pdf\"} " +
                                           std::to_string(PDF.size()) + "\n"));
  }

  TEST_F(DocumentHandlersTest, ARefusalOfTheHostIsTheClients)
  {
    host.failingAt = 0;
    RecordingAnswer answer;
    EXPECT_EQ(
      FailureKind::BadRequest,
      CatchFailure([&] { PostStudyDocument(services, MakeUpload("study1", PDF), answer); }));
  }

  TEST_F(DocumentHandlersTest, CreateDicomTakesWhatIsOurs)
  {
    EXPECT_FALSE(Create(R"({"Tags":{"Modality":"CT"},"Content":")" + URI + "\"}").has_value());
    EXPECT_EQ("/instances", host.calls.back().first);
    EXPECT_FALSE(Create(R"({"Tags":{"0405,1001":{"vr":"ST","Value":["x"]}},"PrivateCreator":"A"})")
                   .has_value());
    EXPECT_EQ("/instances", host.calls.back().first);
    EXPECT_EQ(FailureKind::OutOfRange, Create(R"({"Tags":{"0405,1001":"x"}})"));
    EXPECT_EQ(FailureKind::OutOfRange,
              Create(R"({"Tags":{},"Parent":"nothing","Content":")" + URI + "\"}"));
    EXPECT_EQ(FailureKind::OutOfRange,
              Create(R"({"Tags":{"PatientID":"x","StudyInstanceUID":"1"},"Parent":"study1",)"
                     R"("Content":")" +
                     URI + "\"}"));
  }

  TEST_F(DocumentHandlersTest, ASeriesOfAnotherClassIsWarnedOfOrRefused)
  {
    std::vector<std::string> lines;
    services.warn = [&](const std::string& line) { lines.push_back(line); };
    RecordingAnswer answer;
    PostSeriesDocument(services, MakeUpload("series1", PDF), answer);
    EXPECT_NE(std::string::npos, answer.body.find("\"Warnings\""));
    EXPECT_NE(std::string::npos, answer.body.find("1.2.840.10008.5.1.4.1.1.2)"));
    ASSERT_EQ(1u, lines.size());
    all.store.AddSeries("patient1", "study1", "series2", {host.calls.back().second});

    RecordingAnswer same;
    PostSeriesDocument(services, MakeUpload("series2", PDF), same);
    EXPECT_EQ(std::string::npos, same.body.find("Warnings"));
    EXPECT_EQ(1u, lines.size());

    all.settings.documents.isStrict = true;
    const std::size_t before = host.calls.size();
    EXPECT_EQ(
      FailureKind::OutOfRange,
      CatchFailure([&] { PostSeriesDocument(services, MakeUpload("series1", PDF), answer); }));
    EXPECT_EQ(FailureKind::OutOfRange,
              Create(R"({"Tags":{},"Parent":"series1","Content":")" + URI + "\"}"));
    EXPECT_EQ(FailureKind::OutOfRange, Create(R"({"Tags":{"PatientID":"x"}})"));
    EXPECT_EQ(before, host.calls.size());
    EXPECT_FALSE(Create(R"({"Tags":{"SOPClassUID":"1.2"}})").has_value());
  }

  TEST_F(DocumentHandlersTest, PixelsBesidePrivateAttributesAreOurs)
  {
    const std::string tags = R"({"Tags":{"0405,0010":"A","0405,1001":{"vr":"ST","Value":["x"]},)"
                             R"("Rows":"1","Columns":2,"BitsAllocated":8},"Content":)";
    EXPECT_FALSE(Create(tags + R"("data:application/octet-stream;base64,YWI="})").has_value());
    EXPECT_EQ("/instances", host.calls.back().first);
    EXPECT_NE(std::string::npos, host.calls.back().second.find(std::string("\x10\0OB", 4)));
    EXPECT_FALSE(Create(tags + R"(["data:application/octet-stream;base64,YWI="]})").has_value());
    EXPECT_EQ("/instances", host.calls.back().first);
    const std::size_t before = host.calls.size();
    EXPECT_EQ(FailureKind::BadFormat,
              Create(tags + R"("data:application/octet-stream;base64,YWJj"})"));
    EXPECT_EQ(FailureKind::OutOfRange, Create(tags + R"("data:image/gif;base64,YWI="})"));
    EXPECT_EQ(before, host.calls.size());
  }

  TEST_F(DocumentHandlersTest, TheBodyIsReleasedBeforeTheHostStores)
  {
    std::string body = PDF;
    HttpRequest request = MakeUpload("study1", body);
    request.releaseBody = [&] { body.assign(body.size(), '?'); };
    RecordingAnswer answer;
    PostStudyDocument(services, request, answer);
    EXPECT_EQ(std::string(PDF.size(), '?'), body);
    EXPECT_EQ(PDF.size(), OpenStored().content->GetSizeBytes());
    EXPECT_NE(std::string::npos, host.calls.back().second.find(PDF));

    body = R"({"Tags":{},"Content":")" + URI + "\"}";
    HttpRequest json = MakePost({}, body);
    json.releaseBody = request.releaseBody;
    RecordingAnswer second;
    PostCreateDicom(services, json, second);
    EXPECT_EQ('?', body[0]);
    EXPECT_NE(std::string::npos, host.calls.back().second.find(PDF));
  }

  TEST_F(DocumentHandlersTest, TheHostMakesEverythingElseWithASopClass)
  {
    EXPECT_FALSE(
      Create(R"({"Tags":{"PatientName":"A"},"Content":"data:image/png;base64,AA=="})").has_value());
    EXPECT_EQ("/tools/create-dicom", host.calls.back().first);
    EXPECT_EQ(R"({"Tags":{"SOPClassUID":"1.2.840.10008.5.1.4.1.1.7","PatientName":"A"},)"
              R"("Content":"data:image/png;base64,AA=="})",
              host.calls.back().second);
    EXPECT_FALSE(Create(R"({"Tags":{ }})").has_value());
    EXPECT_NE(std::string::npos, host.calls.back().second.find("1.2.840.10008.5.1.4.1.1.66"));
    EXPECT_EQ(std::string::npos, host.calls.back().second.find(", }"));
    EXPECT_FALSE(Create(R"({"Tags":{"SOPClassUID":"1.2"}})").has_value());
    EXPECT_EQ(R"({"Tags":{"SOPClassUID":"1.2"}})", host.calls.back().second);
    EXPECT_EQ(FailureKind::BadRequest, Create("[]"));
    EXPECT_EQ(FailureKind::BadRequest, Create("no JSON"));
    EXPECT_EQ(R"({"Tags":{"SOPClassUID":"1.2"}})", host.calls.back().second);
  }

  TEST_F(DocumentHandlersTest, OnlyWhatAListHasStoredIsRemoved)
  {
    host.failingAt = 1;
    EXPECT_EQ(FailureKind::BadRequest, Create(R"({"Tags":{},"Parent":"series1","Content":[")" +
                                              URI + R"(",")" + URI + "\"]}"));
    ASSERT_EQ(3u, host.calls.size());
    EXPECT_EQ("DELETE /instances/stored0", host.calls[2].first);
  }

  TEST_F(DocumentHandlersTest, ADryRunStoresNothing)
  {
    RecordingAnswer answer;
    PostCreateDicom(services,
                    MakePost({}, R"({"Tags":{"0405,1001":"x","PatientName":"A"},"DryRun":true})"),
                    answer);
    EXPECT_TRUE(host.calls.empty());
    EXPECT_NE(std::string::npos, answer.body.find("0405,1001"));
    EXPECT_NE(std::string::npos, answer.body.find("\"00100010\""));
  }

  TEST_F(DocumentHandlersTest, ReadsWhatWasStored)
  {
    RecordingAnswer created;
    PostStudyDocument(services, MakeUpload("study1", PDF), created);
    all.store.AddSeries("patient1", "study1", "series2", {host.calls.back().second});

    RecordingAnswer whole;
    GetInstancePdf(services, MakeGet({"series2-0000"}), whole);
    EXPECT_EQ(PDF, whole.body);
    EXPECT_EQ("application/pdf", whole.mime);
    EXPECT_EQ("inline; filename=\"document.pdf\"", whole.headers["Content-Disposition"]);

    HttpRequest request = MakeGet({"series2-0000"});
    request.headers["range"] = "bytes=1-3";
    RecordingAnswer part;
    GetInstanceDocument(services, request, part);
    EXPECT_EQ(206u, part.status);
    EXPECT_EQ("PDF", part.body);

    request = MakeGet({"series2-0000"});
    request.headers["if-none-match"] = whole.headers["ETag"];
    RecordingAnswer same;
    GetInstancePdf(services, request, same);
    EXPECT_EQ(304u, same.status);

    RecordingAnswer none;
    GetInstancePdf(services, MakeGet({"series1-0000"}), none);
    EXPECT_EQ(404u, none.status);
    EXPECT_EQ("", none.body);
    EXPECT_EQ(
      FailureKind::NotFound,
      CatchFailure([&] { GetInstanceDocument(services, MakeGet({"series1-0000"}), none); }));
    EXPECT_EQ(FailureKind::NotFound,
              CatchFailure([&] { GetInstancePreview(services, MakeGet({"series1-0000"}), none); }));
    EXPECT_EQ(FailureKind::UnknownResource,
              CatchFailure([&] { GetInstancePdf(services, MakeGet({"../x"}), none); }));
  }

  TEST_F(DocumentHandlersTest, HostileRequestsAreRefusedOrStored)
  {
    const std::string seed =
      R"({"Tags":{"0405,0010":"A","0405,1001":{"vr":"ST","Value":["x"]},"0405,1002":[1,-2.5e3],)"
      R"("PatientName":"B","0405,1005":[{"0405,xx01":"in"}],"00420010":null},"Parent":"study1",)"
      R"("PrivateCreator":"A","Content":[")" +
      URI + R"(",{"Content":"data:,%25PDF-","Tags":{"A":"\u00e9\n"}}],"Force":true})";
    std::mt19937 random(7);
    const std::string alphabet = "{}[]\":,\\/0123456789abcdefxuX.%;=+- \n\x80\xff";
    for (int i = 0; i < 3000; i++)
    {
      std::string body = seed;
      for (unsigned j = 0; j <= random() % 4; j++)
      {
        const std::size_t at = random() % body.size();
        switch (random() % 3)
        {
        case 0:
          body[at] = alphabet[random() % alphabet.size()];
          break;
        case 1:
          body.erase(at, 1 + random() % 9);
          break;
        default:
          body.insert(at, 1, alphabet[random() % alphabet.size()]);
          break;
        }
        body += body.empty() ? " " : "";
      }
      EXPECT_NO_THROW(Create(body)) << body; // nothing but a Failure
    }
  }
} // namespace OrthancPlugins
