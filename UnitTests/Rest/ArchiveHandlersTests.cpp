// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../Plugin/Rest/ArchiveHandlers.h"

#include "RestFixture.h"

#include <gtest/gtest.h>

#include <map>
#include <thread>

namespace OrthancPlugins
{
  namespace
  {
    using Arguments = std::vector<std::pair<std::string, std::string>>;

    constexpr const char* ASYNCHRONOUS = "{\"Asynchronous\": true}";

    // Small instances in one series
    void AddSmall(RestFixture& fixture)
    {
      fixture.store.AddSeries("patient", "study", "series",
                              {std::string(1000, 'a'), std::string(2000, 'b')});
    }

    // More than what is held back before the answer begins
    void AddLarge(RestFixture& fixture)
    {
      fixture.store.AddSeries(
        "patient", "study", "series",
        {MakeNoise(300'000, 1), MakeNoise(300'000, 2), MakeNoise(300'000, 3)});
    }

    StreamSnapshot GetOnlyStream(const RestFixture& fixture)
    {
      const std::vector<StreamSnapshot> streams = fixture.streams.List();
      EXPECT_EQ(1u, streams.size());
      return streams.empty() ? StreamSnapshot() : streams[0];
    }

    void ExpectNothingSent(const RecordingAnswer& answer)
    {
      EXPECT_EQ(RecordingAnswer::Kind::None, answer.kind);
      EXPECT_TRUE(answer.headers.empty());
    }

    void ExpectBroken(const RecordingAnswer& answer)
    {
      EXPECT_EQ(RecordingAnswer::Kind::Stream, answer.kind);
      EXPECT_FALSE(answer.hasEnded);
      EXPECT_FALSE(ListZip(answer.body).has_value());
    }
  } // namespace

  TEST(ArchiveHandlers, StreamsAStudy)
  {
    for (const HostVersion& version : {HOST_B, HOST_C})
    {
      RestFixture fixture(version);
      AddSmall(fixture);
      RecordingAnswer answer;

      GetStudyZip(fixture.services, MakeGet({"study"}), answer);

      EXPECT_EQ(RecordingAnswer::Kind::Stream, answer.kind);
      EXPECT_TRUE(answer.hasEnded);
      EXPECT_EQ("application/zip", answer.mime);
      EXPECT_EQ("filename=\"study.zip\"", answer.headers["Content-Disposition"]);
      EXPECT_EQ(1u, answer.headers.size());
      EXPECT_EQ(StreamFraming::Chunked, answer.framing);
      ASSERT_TRUE(ListZip(answer.body).has_value());
      EXPECT_EQ(2u, ListZip(answer.body)->size());
      EXPECT_EQ(0u, fixture.CountFiles());
    }
  }

  TEST(ArchiveHandlers, EveryRouteOfASingleResource)
  {
    using Handler = void (*)(const Services&, const HttpRequest&, IHttpAnswer&);
    const struct
    {
      Handler get;
      Handler post;
      const char* id;
      std::size_t count;
    } ROWS[] = {
      {&GetPatientZip, &PostPatientZip, "patient", 2},
      {&GetStudyZip, &PostStudyZip, "study", 2},
      {&GetSeriesZip, &PostSeriesZip, "series", 2},
      {&GetInstanceZip, &PostInstanceZip, "series-0001", 1},
    };

    for (const HostVersion& version : {HOST_A, HOST_B, HOST_C})
    {
      RestFixture fixture(version);
      AddSmall(fixture);
      for (const auto& row : ROWS)
      {
        RecordingAnswer get;
        row.get(fixture.services, MakeGet({row.id}), get);
        ASSERT_TRUE(ListZip(get.body).has_value()) << row.id;
        EXPECT_EQ(row.count, ListZip(get.body)->size()) << row.id;

        RecordingAnswer post;
        row.post(fixture.services, MakePost({row.id}, "{\"Filename\": \"my.zip\"}"), post);
        ASSERT_TRUE(ListZip(post.body).has_value()) << row.id;
        EXPECT_EQ(row.count, ListZip(post.body)->size()) << row.id;
        EXPECT_EQ("filename=\"my.zip\"", post.headers["Content-Disposition"]);
      }
    }
  }

  TEST(ArchiveHandlers, UnknownResourcesAreRefusedBeforeAnything)
  {
    for (const HostVersion& version : {HOST_A, HOST_B, HOST_C})
    {
      RestFixture fixture(version);
      AddSmall(fixture);
      RecordingAnswer answer;

      const FailureKind kind =
        version.IsAtLeast(1, 12, 0) ? FailureKind::NotFound : FailureKind::UnknownResource;
      EXPECT_EQ(kind,
                CatchFailure([&] { GetStudyZip(fixture.services, MakeGet({"none"}), answer); }));
      EXPECT_EQ(
        kind, CatchFailure(
                [&] { PostStudyZip(fixture.services, MakePost({"none"}, ASYNCHRONOUS), answer); }));
      EXPECT_EQ(
        FailureKind::UnknownResource,
        CatchFailure([&] { PostBatchZip(fixture.services, MakePost({}, "[\"none\"]"), answer); }));

      ExpectNothingSent(answer);
      EXPECT_TRUE(fixture.streams.List().empty());
      EXPECT_TRUE(fixture.spool.List().empty());
      EXPECT_EQ(0u, fixture.jobs.GetCount());
    }
  }

  TEST(ArchiveHandlers, WrongRequestsAreRefusedBeforeTheStoreIsAsked)
  {
    RestFixture fixture(HOST_C);
    RecordingAnswer answer;

    EXPECT_EQ(
      FailureKind::BadFormat,
      CatchFailure([&] { PostStudyZip(fixture.services, MakePost({"none"}, "{"), answer); }));
    EXPECT_EQ(FailureKind::OutOfRange,
              CatchFailure(
                [&] {
                  GetStudyZip(fixture.services, MakeGet({"none"}, {{"compression", "x"}}), answer);
                }));
    EXPECT_EQ(FailureKind::BadRequest,
              CatchFailure([&] { GetBatchZip(fixture.services, MakeGet({}), answer); }));
    ExpectNothingSent(answer);
  }

  TEST(ArchiveHandlers, Batches)
  {
    RestFixture fixture(HOST_A);
    AddSmall(fixture);
    RecordingAnswer get;
    RecordingAnswer post;
    RecordingAnswer empty;

    GetBatchZip(fixture.services, MakeGet({}, {{"resources", "series,study"}}), get);
    PostBatchZip(fixture.services, MakePost({}, "[\"series-0000\"]"), post);
    PostBatchZip(fixture.services, MakePost({}, "[]"), empty);

    EXPECT_EQ("filename=\"Archive.zip\"", get.headers["Content-Disposition"]);
    EXPECT_EQ(2u, ListZip(get.body)->size());
    EXPECT_EQ(1u, ListZip(post.body)->size());
    ASSERT_TRUE(ListZip(empty.body).has_value());
    EXPECT_TRUE(ListZip(empty.body)->empty());
    EXPECT_TRUE(empty.hasEnded);
  }

  TEST(ArchiveHandlers, AttachmentIsAnOption)
  {
    Settings settings;
    settings.archive.isAttachment = true;
    RestFixture fixture(HOST_C, settings);
    AddSmall(fixture);
    RecordingAnswer answer;

    GetStudyZip(fixture.services, MakeGet({"study"}, {{"filename", "\xC3\xA9\r\nX: y"}}), answer);

    EXPECT_EQ("attachment; filename=\"_X: y\"; filename*=UTF-8''%C3%A9X%3A%20y",
              answer.headers["Content-Disposition"]);
  }

  TEST(ArchiveHandlers, FramingOfStreams)
  {
    const struct
    {
      bool isChunked;
      const char* te; // null: no such header
      StreamFraming framing;
    } ROWS[] = {
      {true, nullptr, StreamFraming::Chunked},
      {true, "", StreamFraming::Chunked},
      {true, "trailers", StreamFraming::Chunked},
      {true, "x-identity", StreamFraming::Chunked},
      {true, "identity2", StreamFraming::Chunked},
      {true, "identity", StreamFraming::Plain},
      {true, "Trailers, IDENTITY", StreamFraming::Plain},
      {true, "identity;q=0.5 ,trailers", StreamFraming::Plain},
      {false, nullptr, StreamFraming::Plain},
      {false, "trailers", StreamFraming::Plain},
    };

    for (const auto& row : ROWS)
    {
      Settings settings;
      settings.archive.isChunked = row.isChunked;
      RestFixture fixture(HOST_C, settings);
      AddSmall(fixture);
      HttpRequest request = MakeGet({"study"});
      if (row.te != nullptr)
      {
        request.headers["te"] = row.te;
      }
      RecordingAnswer answer;

      GetStudyZip(fixture.services, request, answer);

      EXPECT_EQ(row.framing, answer.framing) << (row.te == nullptr ? "none" : row.te);
      EXPECT_FALSE(answer.lengthBytes.has_value());
    }
  }

  TEST(ArchiveHandlers, KnownLengthIsAnnounced)
  {
    RestFixture fixture(HOST_C);
    AddLarge(fixture);
    RecordingAnswer answer;

    GetStudyZip(fixture.services, MakeGet({"study"}, {{"compression", "store"}}), answer);

    EXPECT_EQ(answer.body.size(), answer.lengthBytes);
    EXPECT_EQ(StreamFraming::Plain, answer.framing);
    EXPECT_EQ(3u, ListZip(answer.body)->size());
  }

  TEST(ArchiveHandlers, StreamIsShownAsAJob)
  {
    RestFixture fixture(HOST_C);
    AddSmall(fixture);
    RecordingAnswer answer;
    StreamSnapshot whileRunning;
    answer.onWrite = [&] { whileRunning = GetOnlyStream(fixture); };

    PostStudyZip(fixture.services,
                 MakePost({"study"}, "{\"Priority\": 5, \"UserData\": {\"a\": 1}}"), answer);

    EXPECT_EQ(StreamState::Running, whileRunning.state);
    const StreamSnapshot stream = GetOnlyStream(fixture);
    EXPECT_EQ(StreamState::Success, stream.state);
    EXPECT_EQ(5, stream.request.priority);
    EXPECT_EQ("{\"a\":1}", stream.request.userDataJson);
    EXPECT_EQ(2u, stream.instancesCount);
    EXPECT_EQ(3000u, stream.uncompressedBytes);
    EXPECT_EQ(3000u, stream.inputBytesDone);
    EXPECT_EQ(answer.body.size(), stream.archiveBytes);
  }

  TEST(ArchiveHandlers, FailureBeforeTheFirstBytesIsAnError)
  {
    RestFixture fixture(HOST_C);
    AddLarge(fixture);
    fixture.store.unreadable = {"series-0000"};
    RecordingAnswer answer;

    EXPECT_EQ(FailureKind::SourceMissing,
              CatchFailure([&] { GetStudyZip(fixture.services, MakeGet({"study"}), answer); }));

    ExpectNothingSent(answer);
    EXPECT_EQ(StreamState::Failure, GetOnlyStream(fixture).state);
    EXPECT_EQ(FailureKind::SourceMissing, GetOnlyStream(fixture).failureKind);
  }

  TEST(ArchiveHandlers, FailureLaterBreaksTheTransfer)
  {
    for (const char* compression : {"fast", "dense", "store"})
    {
      RestFixture fixture(HOST_C);
      AddLarge(fixture);
      fixture.store.unreadable = {"series-0002"};
      RecordingAnswer answer;

      std::string message;
      EXPECT_EQ(FailureKind::SourceMissing,
                CatchFailure(
                  [&] {
                    GetStudyZip(fixture.services,
                                MakeGet({"study"}, {{"compression", compression}}), answer);
                  },
                  &message));

      ExpectBroken(answer);
      EXPECT_NE(std::string::npos, message.find("series-0002")) << message;
      EXPECT_EQ(message, GetOnlyStream(fixture).failureText);
    }
  }

  TEST(ArchiveHandlers, MissingInstancesAreReportedOnDemand)
  {
    RestFixture fixture(HOST_C);
    AddLarge(fixture);
    fixture.store.unreadable = {"series-0000"};
    RecordingAnswer answer;

    GetStudyZip(fixture.services, MakeGet({"study"}, {{"on-missing", "report"}}), answer);

    EXPECT_TRUE(answer.hasEnded);
    EXPECT_EQ(StreamState::Success, GetOnlyStream(fixture).state);
    EXPECT_EQ(std::vector<std::string>{"series-0000"}, GetOnlyStream(fixture).report.missing);
    EXPECT_EQ(3u, ListZip(answer.body)->size()); // two instances and MISSING.txt
  }

  TEST(ArchiveHandlers, ClientThatLeavesIsAFailure)
  {
    RestFixture fixture(HOST_C);
    AddLarge(fixture);
    RecordingAnswer answer;
    answer.leavesAfterBytes = 100'000;

    EXPECT_EQ(FailureKind::ClientGone,
              CatchFailure([&] { GetStudyZip(fixture.services, MakeGet({"study"}), answer); }));

    ExpectBroken(answer);
    EXPECT_EQ(FailureKind::ClientGone, GetOnlyStream(fixture).failureKind);
  }

  TEST(ArchiveHandlers, CanceledWhileRunningBreaksTheTransfer)
  {
    RestFixture fixture(HOST_C);
    AddLarge(fixture);
    RecordingAnswer answer;
    answer.onWrite = [&] { fixture.streams.Cancel(GetOnlyStream(fixture).id); };

    EXPECT_EQ(FailureKind::Canceled,
              CatchFailure([&] { GetStudyZip(fixture.services, MakeGet({"study"}), answer); }));

    ExpectBroken(answer);
    EXPECT_EQ(FailureKind::Canceled, GetOnlyStream(fixture).failureKind);
  }

  TEST(ArchiveHandlers, WaitsForASlotAndCanBeCanceledMeanwhile)
  {
    Settings settings;
    settings.archive.maxStreams = 1;
    RestFixture fixture(HOST_C, settings);
    AddSmall(fixture);
    const auto first = fixture.streams.Begin(ArchiveRequest(), 0, 0);
    first->WaitForSlot();
    RecordingAnswer answer;
    std::optional<FailureKind> kind;
    std::thread client(
      [&]
      { kind = CatchFailure([&] { GetStudyZip(fixture.services, MakeGet({"study"}), answer); }); });

    while (fixture.streams.List().size() < 2)
    {
      std::this_thread::yield();
    }
    for (const StreamSnapshot& stream : fixture.streams.List())
    {
      if (stream.id != first->GetId())
      {
        EXPECT_EQ(StreamState::Pending, stream.state);
        fixture.streams.Cancel(stream.id);
      }
    }
    client.join();

    EXPECT_EQ(FailureKind::Canceled, kind);
    ExpectNothingSent(answer);
    EXPECT_EQ(0u, fixture.store.openedCount);
  }

  TEST(ArchiveHandlers, HostThatCannotStreamGetsAFile)
  {
    RestFixture fixture(HOST_A);
    AddLarge(fixture);
    RecordingAnswer answer;
    answer.canStream = false;

    GetStudyZip(fixture.services, MakeGet({"study"}), answer);

    EXPECT_EQ(RecordingAnswer::Kind::File, answer.kind);
    EXPECT_EQ("application/zip", answer.mime);
    EXPECT_EQ("filename=\"study.zip\"", answer.headers["Content-Disposition"]);
    EXPECT_EQ(3u, ListZip(answer.body)->size());
    EXPECT_EQ(StreamState::Success, GetOnlyStream(fixture).state);
    EXPECT_EQ(0u, fixture.CountFiles());
  }

  TEST(ArchiveHandlers, FileAndStreamAreTheSameBytes)
  {
    RestFixture fixture(HOST_C);
    AddLarge(fixture);
    RecordingAnswer stream;
    RecordingAnswer file;
    file.canStream = false;

    GetStudyZip(fixture.services, MakeGet({"study"}), stream);
    GetStudyZip(fixture.services, MakeGet({"study"}), file);

    EXPECT_EQ(RecordingAnswer::Kind::File, file.kind);
    EXPECT_TRUE(stream.body == file.body);
  }

  TEST(ArchiveHandlers, UnstreamedByOptionOfTheHost)
  {
    Settings settings;
    settings.host.isZipStreamed = false;
    RestFixture fixture(HOST_C, settings);
    AddLarge(fixture);
    fixture.store.unreadable = {"series-0002"};
    RecordingAnswer failed;
    RecordingAnswer answer;

    EXPECT_EQ(FailureKind::SourceMissing,
              CatchFailure([&] { GetStudyZip(fixture.services, MakeGet({"study"}), failed); }));
    fixture.store.unreadable.clear();
    GetStudyZip(fixture.services, MakeGet({"study"}), answer);

    ExpectNothingSent(failed);
    EXPECT_EQ(RecordingAnswer::Kind::File, answer.kind);
  }

  TEST(ArchiveHandlers, TooLargeForOneAnswerIsFoundBeforeReading)
  {
    RestFixture fixture(HOST_A);
    AddLarge(fixture);
    for (StoredInstance& instance : fixture.store.patients[0].studies[0].series[0].instances)
    {
      instance.transferSyntaxUid = "1.2.840.10008.1.2.4.90";
    }
    RecordingAnswer answer;
    answer.canStream = false;
    answer.maxFileBytes = 800'000;

    std::string message;
    EXPECT_EQ(
      FailureKind::TooLarge,
      CatchFailure([&] { GetStudyZip(fixture.services, MakeGet({"study"}), answer); }, &message));

    EXPECT_NE(std::string::npos, message.find("Asynchronous")) << message;
    EXPECT_EQ(0u, fixture.store.openedCount);
    ExpectNothingSent(answer);
  }

  TEST(ArchiveHandlers, TooLargeForOneAnswerIsFoundWhileWriting)
  {
    RestFixture fixture(HOST_A);
    AddLarge(fixture);
    RecordingAnswer answer;
    answer.canStream = false;
    answer.maxFileBytes = 800'000;

    std::string message;
    EXPECT_EQ(
      FailureKind::TooLarge,
      CatchFailure([&] { GetStudyZip(fixture.services, MakeGet({"study"}), answer); }, &message));

    EXPECT_NE(std::string::npos, message.find("Asynchronous")) << message;
    EXPECT_EQ(FailureKind::TooLarge, GetOnlyStream(fixture).failureKind);
    ExpectNothingSent(answer);
    EXPECT_EQ(0u, fixture.CountFiles());
  }

  TEST(ArchiveHandlers, AsynchronousRequestsBecomeJobs)
  {
    for (const HostVersion& version : {HOST_A, HOST_B, HOST_C})
    {
      RestFixture fixture(version);
      AddSmall(fixture);
      RecordingAnswer answer;
      std::size_t recordsAtSubmission = 0;
      fixture.jobs.onSubmit = [&] { recordsAtSubmission = fixture.spool.List().size(); };

      PostStudyZip(fixture.services,
                   MakePost({"study"}, "{\"Asynchronous\": true, \"Priority\": -2}"), answer);

      const std::string jobId = InlineJobQueue::MakeId(0);
      EXPECT_EQ(RecordingAnswer::Kind::Json, answer.kind);
      EXPECT_EQ("{\n   \"ID\" : \"" + jobId + "\",\n   \"Path\" : \"/jobs/" + jobId + "\"\n}",
                answer.body);
      EXPECT_TRUE(answer.headers.empty());
      EXPECT_EQ(std::vector<int>{-2}, fixture.jobs.priorities);
      EXPECT_EQ(1u, recordsAtSubmission);
      EXPECT_TRUE(fixture.streams.List().empty());
      const std::optional<std::string> archiveId = fixture.spool.FindByJob(jobId);
      ASSERT_TRUE(archiveId.has_value());
      EXPECT_EQ(ArchiveState::Pending, fixture.spool.Find(*archiveId)->state);
      EXPECT_EQ(2u, fixture.spool.Find(*archiveId)->instancesCount);

      EXPECT_EQ(JobStep::Success, fixture.jobs.Run(0));
      EXPECT_EQ(ArchiveState::Ready, fixture.spool.Find(*archiveId)->state);
    }
  }

  TEST(ArchiveHandlers, JobMayEndBeforeItIsLinked)
  {
    RestFixture fixture(HOST_C);
    AddSmall(fixture);
    fixture.jobs.isImmediate = true;
    RecordingAnswer answer;

    PostStudyZip(fixture.services, MakePost({"study"}, ASYNCHRONOUS), answer);

    const std::optional<std::string> archiveId = fixture.spool.FindByJob(InlineJobQueue::MakeId(0));
    ASSERT_TRUE(archiveId.has_value());
    EXPECT_EQ(ArchiveState::Ready, fixture.spool.Find(*archiveId)->state);
  }

  TEST(ArchiveHandlers, RefusedJobLeavesNothing)
  {
    RestFixture fixture(HOST_C);
    AddSmall(fixture);
    fixture.jobs.isRefusing = true;
    RecordingAnswer answer;

    EXPECT_EQ(
      FailureKind::Internal,
      CatchFailure([&]
                   { PostStudyZip(fixture.services, MakePost({"study"}, ASYNCHRONOUS), answer); }));

    ExpectNothingSent(answer);
    EXPECT_TRUE(fixture.spool.List().empty());
  }

  TEST(ArchiveHandlers, JobThatCannotBeLinkedFails)
  {
    RestFixture fixture(HOST_C);
    AddSmall(fixture);
    // The record disappears while the job is submitted
    fixture.jobs.onSubmit = [&] { fixture.spool.Remove(fixture.spool.List().at(0)->id); };
    RecordingAnswer answer;

    EXPECT_NE(
      std::nullopt,
      CatchFailure([&]
                   { PostStudyZip(fixture.services, MakePost({"study"}, ASYNCHRONOUS), answer); }));

    ExpectNothingSent(answer);
    EXPECT_TRUE(fixture.spool.List().empty());
    EXPECT_EQ(JobStep::Failure, fixture.jobs.Run(0));
  }

  // ---- What an asynchronous request asks for

  namespace
  {
    std::string SubmitStudy(RestFixture& fixture,
                            const std::string& fields,
                            const std::map<std::string, std::string>& headers = {},
                            const std::optional<std::string>& user = std::nullopt)
    {
      const std::string body = "{\"Asynchronous\": true" + fields + "}";
      HttpRequest request = MakePost({"study"}, body);
      request.headers = headers;
      request.user = user;
      RecordingAnswer answer;
      PostStudyZip(fixture.services, request, answer);
      const std::size_t begin = answer.body.find("\"ID\" : \"") + 8;
      return answer.body.substr(begin, 36);
    }

    ArchiveRecord GetRecord(const RestFixture& fixture, const std::string& jobId)
    {
      return fixture.spool.Find(fixture.spool.FindByJob(jobId).value()).value();
    }
  } // namespace

  TEST(ArchiveHandlers, JobsRememberWhoAskedAndWhatIsExpected)
  {
    RestFixture fixture(HOST_C);
    AddSmall(fixture);

    const ArchiveRecord record =
      GetRecord(fixture, SubmitStudy(fixture, "", {{"idempotency-key", "k1"}}, "alice"));

    EXPECT_EQ("alice", record.owner);
    EXPECT_EQ("k1", record.idempotencyKey);
    EXPECT_EQ("", record.notifyUrl);
    EXPECT_EQ(2u, record.instancesCount);
    EXPECT_EQ(3000u, record.uncompressedBytes);
    EXPECT_NE(0u, record.expectedBytes);
    EXPECT_EQ(64u, record.fingerprint.size());
  }

  TEST(ArchiveHandlers, ReuseCanBeForbidden)
  {
    Settings forbidden;
    forbidden.jobs.isReused = false;
    RestFixture byOption(HOST_C, forbidden);
    RestFixture byField(HOST_C);
    AddSmall(byOption);
    AddSmall(byField);

    EXPECT_EQ("", GetRecord(byOption, SubmitStudy(byOption, ", \"Reuse\": true")).fingerprint);
    EXPECT_EQ("", GetRecord(byField, SubmitStudy(byField, ", \"Reuse\": false")).fingerprint);
  }

  TEST(ArchiveHandlers, SameRequestIsReused)
  {
    RestFixture fixture(HOST_C);
    AddSmall(fixture);
    const std::string first = SubmitStudy(fixture, "");
    fixture.jobs.RunAll();

    const std::string second = SubmitStudy(fixture, "");
    fixture.jobs.RunAll();

    EXPECT_NE(first, second);
    EXPECT_TRUE(GetRecord(fixture, second).isReused);
    EXPECT_EQ(ArchiveState::Ready, GetRecord(fixture, second).state);
  }

  TEST(ArchiveHandlers, RepeatedKeyGivesTheFirstJob)
  {
    RestFixture fixture(HOST_C);
    AddSmall(fixture);
    const std::map<std::string, std::string> headers = {{"idempotency-key", "k"}};
    const std::string first = SubmitStudy(fixture, "", headers, "alice");

    // Its resources may have gone since
    fixture.store.patients.clear();

    EXPECT_EQ(first, SubmitStudy(fixture, "", headers, "alice"));
    EXPECT_EQ(1u, fixture.spool.List().size());
    EXPECT_EQ(FailureKind::NotFound,
              CatchFailure([&] { SubmitStudy(fixture, "", headers, "bob"); }));
  }

  TEST(ArchiveHandlers, KeyOfAnotherRequestIsAConflict)
  {
    RestFixture fixture(HOST_C);
    AddSmall(fixture);
    const std::map<std::string, std::string> headers = {{"idempotency-key", "k"}};
    SubmitStudy(fixture, "", headers);

    std::string message;
    EXPECT_EQ(FailureKind::Conflict,
              CatchFailure([&] { SubmitStudy(fixture, R"(, "Compression": "Dense")", headers); },
                           &message));

    EXPECT_NE(std::string::npos, message.find("Idempotency-Key")) << message;
    EXPECT_EQ(1u, fixture.spool.List().size());
  }

  TEST(ArchiveHandlers, WrongKeysNameTheHeader)
  {
    RestFixture fixture(HOST_C);
    AddSmall(fixture);
    for (const std::string& key : {std::string(), std::string("a b"), std::string("\t"),
                                   std::string("\xC3\xA9"), std::string(256, 'k')})
    {
      std::string message;
      EXPECT_EQ(FailureKind::BadRequest, CatchFailure(
                                           [&] {
                                             SubmitStudy(fixture, "", {{"idempotency-key", key}});
                                           },
                                           &message));
      EXPECT_NE(std::string::npos, message.find("Idempotency-Key")) << message;
    }
    EXPECT_TRUE(fixture.spool.List().empty());
    EXPECT_EQ(36u, SubmitStudy(fixture, "", {{"idempotency-key", std::string(255, '~')}}).size());
  }

  TEST(ArchiveHandlers, AddressToNotifyIsChecked)
  {
    Settings settings;
    settings.webhooks.allowedUrls = {"https://host/path"};
    RestFixture fixture(HOST_C, settings);
    RestFixture without(HOST_C);
    AddSmall(fixture);
    AddSmall(without);
    const std::string allowed = ", \"NotifyUrl\": \"https://host/path/below\"";
    const std::string other = ", \"NotifyUrl\": \"https://host/other\"";

    EXPECT_EQ("https://host/path/below",
              GetRecord(fixture, SubmitStudy(fixture, allowed)).notifyUrl);
    std::string message;
    EXPECT_EQ(FailureKind::OutOfRange,
              CatchFailure([&] { SubmitStudy(fixture, other); }, &message));
    EXPECT_NE(std::string::npos, message.find("NotifyUrl")) << message;
    EXPECT_EQ(FailureKind::OutOfRange, CatchFailure([&] { SubmitStudy(without, allowed); }));

    EXPECT_EQ(1u, fixture.spool.List().size());
    EXPECT_TRUE(without.spool.List().empty());
  }

  TEST(ArchiveHandlers, StreamsHaveAnOwner)
  {
    RestFixture fixture(HOST_C);
    AddSmall(fixture);
    HttpRequest request = MakeGet({"study"});
    request.user = "alice";
    RecordingAnswer answer;

    GetStudyZip(fixture.services, request, answer);

    EXPECT_EQ("alice", GetOnlyStream(fixture).owner);
  }

  // ---- Estimates

  TEST(ArchiveHandlers, EstimateReadsNothing)
  {
    RestFixture fixture(HOST_C);
    AddSmall(fixture);
    fixture.store.unreadable = {"series-0000", "series-0001"};
    RecordingAnswer get;
    RecordingAnswer post;
    RecordingAnswer job;
    RecordingAnswer batchGet;
    RecordingAnswer batchPost;

    GetStudyZip(fixture.services, MakeGet({"study"}, {{"estimate", ""}}), get);
    PostStudyZip(fixture.services, MakePost({"study"}, "{\"Estimate\": true}"), post);
    PostStudyZip(fixture.services,
                 MakePost({"study"}, "{\"Estimate\": true, \"Asynchronous\": true}"), job);
    GetBatchZip(fixture.services, MakeGet({}, {{"estimate", "1"}, {"resources", "study"}}),
                batchGet);
    PostBatchZip(fixture.services, MakePost({}, "{\"Estimate\": true, \"Resources\": [\"study\"]}"),
                 batchPost);

    for (const RecordingAnswer* answer : {&get, &post, &job, &batchGet, &batchPost})
    {
      EXPECT_EQ(RecordingAnswer::Kind::Json, answer->kind);
      EXPECT_NE(std::string::npos, answer->body.find("\"InstancesCount\" : 2")) << answer->body;
      EXPECT_NE(std::string::npos, answer->body.find("\"UncompressedSize\" : \"3000\""));
    }
    EXPECT_TRUE(fixture.streams.List().empty());
    EXPECT_TRUE(fixture.spool.List().empty());
  }

  TEST(ArchiveHandlers, EstimateOfAStoredArchiveIsItsLength)
  {
    RestFixture fixture(HOST_C);
    AddSmall(fixture);
    RecordingAnswer estimate;
    RecordingAnswer archive;

    GetStudyZip(fixture.services, MakeGet({"study"}, {{"estimate", ""}, {"compression", "store"}}),
                estimate);
    GetStudyZip(fixture.services, MakeGet({"study"}, {{"compression", "store"}}), archive);

    EXPECT_NE(std::string::npos, estimate.body.find("\"IsExact\" : true"));
    EXPECT_NE(std::string::npos, estimate.body.find("\"ArchiveSize\" : \"" +
                                                    std::to_string(archive.body.size()) + "\""));
  }

  TEST(ArchiveHandlers, EstimateOfNothingIsNotFound)
  {
    RestFixture fixture(HOST_C);
    RecordingAnswer answer;
    EXPECT_EQ(FailureKind::NotFound,
              CatchFailure(
                [&] {
                  GetStudyZip(fixture.services, MakeGet({"nope"}, {{"estimate", ""}}), answer);
                }));
  }
} // namespace OrthancPlugins
