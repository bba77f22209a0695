// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

// The synchronous GET of an archive whose bytes are known before they are made

#include "../../Plugin/Rest/ArchiveHandlers.h"

#include "RestFixture.h"

#include <gtest/gtest.h>

namespace OrthancPlugins
{
  namespace
  {
    using Headers = std::map<std::string, std::string>;
    using Arguments = std::vector<std::pair<std::string, std::string>>;

    const Arguments STORED = {{"compression", "store"}};

    class StoredDownload : public ::testing::Test
    {
    protected:
      explicit StoredDownload(const Settings& settings = Settings())
        : fixture_(HOST_C, settings)
      {
        fixture_.store.AddSeries(
          "patient", "study", "series",
          {MakeNoise(300'000, 1), MakeNoise(300'000, 2), MakeNoise(300'000, 3)});
      }

      void Get(const Headers& headers, RecordingAnswer& answer, const Arguments& arguments = STORED)
      {
        HttpRequest request = MakeGet({"study"}, arguments);
        request.headers = headers;
        GetStudyZip(fixture_.services, request, answer);
      }

      RecordingAnswer GetWhole()
      {
        RecordingAnswer answer;
        Get({}, answer);
        return answer;
      }

      RestFixture fixture_;
    };

    class LimitedStoredDownload : public StoredDownload
    {
    protected:
      LimitedStoredDownload()
        : StoredDownload(MakeSettings())
      {
      }

      static Settings MakeSettings()
      {
        Settings settings;
        settings.archive.maxRangeBytes = 1000;
        return settings;
      }
    };
  } // namespace

  TEST_F(StoredDownload, WholeSaysByWhatItIsResumed)
  {
    RecordingAnswer stream;
    RecordingAnswer file;
    file.canStream = false;
    Get({}, stream);
    Get({}, file);

    EXPECT_EQ(RecordingAnswer::Kind::Stream, stream.kind);
    EXPECT_EQ(RecordingAnswer::Kind::File, file.kind);
    EXPECT_EQ(stream.body.size(), stream.lengthBytes);
    EXPECT_EQ(66u, stream.headers["ETag"].size());
    EXPECT_EQ("bytes", stream.headers["Accept-Ranges"]);
    EXPECT_EQ(3u, stream.headers.size());
    EXPECT_EQ(stream.headers, file.headers);
    EXPECT_TRUE(stream.body == file.body);
  }

  TEST_F(StoredDownload, OtherArchivesCannotBeResumed)
  {
    const Arguments ROWS[] = {
      {{"compression", "fast"}},
      {{"compression", "dense"}},
      {{"compression", "store"}, {"manifest", "true"}},
      {{"compression", "store"}, {"on-missing", "report"}},
    };

    for (const Arguments& arguments : ROWS)
    {
      RecordingAnswer answer;
      Get({{"range", "bytes=10-19"}, {"if-none-match", "*"}}, answer, arguments);
      EXPECT_EQ(200u, answer.status);
      EXPECT_EQ(1u, answer.headers.size());
      EXPECT_TRUE(ListZip(answer.body).has_value());
    }
  }

  TEST_F(StoredDownload, PostCannotBeResumed)
  {
    HttpRequest request = MakePost({"study"}, R"({"Compression": "Store"})");
    request.headers = {{"range", "bytes=10-19"}, {"if-none-match", "*"}};
    RecordingAnswer answer;

    PostStudyZip(fixture_.services, request, answer);

    EXPECT_EQ(200u, answer.status);
    EXPECT_EQ(1u, answer.headers.size());
  }

  TEST_F(StoredDownload, EveryRangeHasTheBytesOfTheWhole)
  {
    RecordingAnswer whole = GetWhole();
    const std::size_t total = whole.body.size();
    const std::pair<std::size_t, std::size_t> ROWS[] = {
      {0, 1},
      {0, total - 1},
      {1, total},
      {299'990, 300'500},
      {300'000, 300'001},
      {5, 899'000},
      {total - 1, total},
      {total - 22, total},
      {total - 300, total},
      {650'000, 650'010},
    };

    for (const auto& [begin, end] : ROWS)
    {
      RecordingAnswer answer;
      const std::string range = std::to_string(begin) + "-" + std::to_string(end - 1);
      Get({{"range", "bytes=" + range}, {"if-range", whole.headers["ETag"]}}, answer);
      EXPECT_EQ(RecordingAnswer::Kind::Partial, answer.kind) << range;
      EXPECT_TRUE(answer.body == whole.body.substr(begin, end - begin)) << range;
      EXPECT_EQ("bytes " + range + "/" + std::to_string(total), answer.headers["Content-Range"]);
      EXPECT_EQ(whole.headers["ETag"], answer.headers["ETag"]);
      EXPECT_EQ("filename=\"study.zip\"", answer.headers["Content-Disposition"]);
    }
    EXPECT_EQ(0u, fixture_.CountFiles());
  }

  TEST_F(StoredDownload, RangeReadsNothingThatLiesBefore)
  {
    const std::size_t total = GetWhole().body.size();
    fixture_.store.openedCount = 0;
    fixture_.store.unreadable = {"series-0000", "series-0001"};

    RecordingAnswer answer;
    Get({{"range", "bytes=700000-"}}, answer);

    EXPECT_EQ(206u, answer.status);
    EXPECT_EQ(total - 700'000, answer.body.size());
    EXPECT_EQ(1u, fixture_.store.openedCount);
  }

  TEST_F(StoredDownload, NothingIsReadForAnAnswerWithoutContent)
  {
    RecordingAnswer whole = GetWhole();
    fixture_.store.openedCount = 0;
    const std::size_t streams = fixture_.streams.List().size();
    const struct
    {
      Headers headers;
      unsigned status;
    } ROWS[] = {
      {{{"if-none-match", whole.headers["ETag"]}}, 304},
      {{{"if-none-match", "*"}}, 304},
      {{{"if-match", "\"other\""}}, 412},
      {{{"range", "bytes=" + std::to_string(whole.body.size()) + "-"}}, 416},
    };

    for (const auto& row : ROWS)
    {
      RecordingAnswer answer;
      Get(row.headers, answer);
      EXPECT_EQ(row.status, answer.status);
      EXPECT_EQ("", answer.body);
    }
    EXPECT_EQ(0u, fixture_.store.openedCount);
    EXPECT_EQ(streams, fixture_.streams.List().size());
  }

  TEST_F(StoredDownload, ChangedContentIsSentAsAWhole)
  {
    RecordingAnswer before = GetWhole();
    fixture_.store.patients[0].studies[0].series[0].instances.pop_back();

    RecordingAnswer answer;
    Get({{"range", "bytes=10-"}, {"if-range", before.headers["ETag"]}}, answer);

    EXPECT_EQ(200u, answer.status);
    EXPECT_NE(before.headers["ETag"], answer.headers["ETag"]);
    EXPECT_EQ(2u, ListZip(answer.body)->size());
  }

  TEST_F(StoredDownload, RangeOfEverythingIsStreamed)
  {
    RecordingAnswer answer;

    Get({{"range", "bytes=0-"}}, answer);

    EXPECT_EQ(RecordingAnswer::Kind::Stream, answer.kind);
    EXPECT_TRUE(answer.hasEnded);
  }

  TEST_F(StoredDownload, RangesLeaveNoHistory)
  {
    for (int i = 0; i < 3; i++)
    {
      RecordingAnswer answer;
      Get({{"range", "bytes=10-19"}}, answer);
      EXPECT_EQ(206u, answer.status);
    }

    EXPECT_TRUE(fixture_.streams.List().empty());
  }

  TEST_F(StoredDownload, RangeThatCannotBeReadIsAnError)
  {
    fixture_.store.unreadable = {"series-0002"};
    RecordingAnswer answer;

    EXPECT_EQ(FailureKind::SourceMissing, CatchFailure(
                                            [&] {
                                              Get({{"range", "bytes=700000-"}}, answer);
                                            }));

    EXPECT_EQ(RecordingAnswer::Kind::None, answer.kind);
    EXPECT_TRUE(answer.headers.empty());
    ASSERT_EQ(1u, fixture_.streams.List().size());
    EXPECT_EQ(FailureKind::SourceMissing, fixture_.streams.List()[0].failureKind);
    EXPECT_EQ(0u, fixture_.CountFiles());
  }

  TEST_F(StoredDownload, RangeOfWhatIsTooLargeAsAWhole)
  {
    RecordingAnswer answer;
    answer.canStream = false;
    answer.maxFileBytes = 800'000;
    answer.maxPartialBytes = 800'000;

    Get({{"range", "bytes=200000-"}}, answer);

    EXPECT_EQ(206u, answer.status);
    RecordingAnswer whole;
    whole.canStream = false;
    whole.maxFileBytes = 800'000;
    EXPECT_EQ(FailureKind::TooLarge, CatchFailure([&] { Get({}, whole); }));
  }

  TEST_F(StoredDownload, PartThatTheHostCannotSendIsNeverShortened)
  {
    RecordingAnswer answer;
    answer.maxPartialBytes = 100;

    Get({{"range", "bytes=10-110"}}, answer);

    EXPECT_EQ(200u, answer.status);
    EXPECT_TRUE(ListZip(answer.body).has_value());
  }

  TEST_F(LimitedStoredDownload, RangeAboveTheOptionIsTheWhole)
  {
    RecordingAnswer stream;
    Get({{"range", "bytes=10-1010"}}, stream);
    EXPECT_EQ(RecordingAnswer::Kind::Stream, stream.kind);
    EXPECT_TRUE(ListZip(stream.body).has_value());

    RecordingAnswer fitting;
    Get({{"range", "bytes=10-1009"}}, fitting);
    EXPECT_EQ(206u, fitting.status);
    EXPECT_EQ(1000u, fitting.body.size());
  }

  TEST_F(LimitedStoredDownload, HostWithoutStreamsHasTheWholeFileAnyway)
  {
    const std::string whole = GetWhole().body;
    RecordingAnswer answer;
    answer.canStream = false;

    Get({{"range", "bytes=10-"}}, answer);

    EXPECT_EQ(206u, answer.status);
    EXPECT_TRUE(answer.body == whole.substr(10));
  }
} // namespace OrthancPlugins
