// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../Plugin/Rest/OutputSender.h"

#include "RestFixture.h"

#include <gtest/gtest.h>

#include <fstream>

namespace OrthancPlugins
{
  namespace
  {
    using Headers = std::map<std::string, std::string>;
    using Arguments = std::vector<std::pair<std::string, std::string>>;

    // Ten bytes
    class OutputSender : public ::testing::Test
    {
    protected:
      OutputSender()
      {
        const std::string path = (directory_.GetPath() / "file").string();
        std::ofstream(path, std::ios::binary) << "0123456789";
        file_ = std::make_unique<MappedFile>(path);
      }

      bool Send(const Arguments& arguments, const Headers& headers = {})
      {
        return Send(arguments, headers, answer_);
      }

      bool Send(const Arguments& arguments, const Headers& headers, RecordingAnswer& answer)
      {
        HttpRequest request = MakeGet({}, arguments);
        request.headers = headers;
        return SendZipFile(file_->GetData(), file_->GetSizeBytes(), ParseFilePage(request), head_,
                           request, answer);
      }

      static ZipHead MakeHead()
      {
        ZipHead head;
        head.contentDisposition = "filename=\"a.zip\"";
        head.tooLargeMessage = "use pages";
        head.validators = {"\"tag\"", 784111777};
        return head;
      }

      ZipHead head_ = MakeHead();

      TemporaryDirectory directory_;
      std::unique_ptr<MappedFile> file_;
      RecordingAnswer answer_;
    };
  } // namespace

  TEST_F(OutputSender, SendsTheWholeFile)
  {
    Send({});

    EXPECT_EQ(RecordingAnswer::Kind::File, answer_.kind);
    EXPECT_EQ("0123456789", answer_.body);
    EXPECT_EQ("application/zip", answer_.mime);
    EXPECT_EQ("filename=\"a.zip\"", answer_.headers["Content-Disposition"]);
  }

  TEST_F(OutputSender, SendsPages)
  {
    const struct
    {
      Arguments arguments;
      const char* body;
    } ROWS[] = {
      {{{"offset", "0"}}, "0123456789"},
      {{{"length", "3"}}, "012"},
      {{{"offset", "4"}}, "456789"},
      {{{"offset", "4"}, {"length", "2"}}, "45"},
      {{{"offset", "9"}, {"length", "1"}}, "9"},
      {{{"offset", "8"}, {"length", "1000"}}, "89"},
      {{{"offset", "1"}, {"length", "18446744073709551615"}}, "123456789"},
    };

    for (const auto& row : ROWS)
    {
      RecordingAnswer answer;
      Send(row.arguments, {}, answer);
      EXPECT_EQ(200u, answer.status);
      EXPECT_EQ(row.body, answer.body);
    }
  }

  TEST_F(OutputSender, RefusesWrongPages)
  {
    const struct
    {
      Arguments arguments;
      FailureKind kind;
    } ROWS[] = {
      {{{"offset", "10"}}, FailureKind::RangeInvalid},
      {{{"offset", "11"}, {"length", "1"}}, FailureKind::RangeInvalid},
      {{{"offset", "18446744073709551615"}, {"length", "2"}}, FailureKind::RangeInvalid},
      {{{"length", "0"}}, FailureKind::OutOfRange},
      {{{"offset", "2"}, {"length", "0"}}, FailureKind::OutOfRange},
      {{{"offset", "-1"}}, FailureKind::OutOfRange},
      {{{"offset", ""}}, FailureKind::OutOfRange},
      {{{"length", "1M"}}, FailureKind::OutOfRange},
      {{{"length", "18446744073709551616"}}, FailureKind::OutOfRange},
    };

    for (const auto& row : ROWS)
    {
      EXPECT_EQ(row.kind, CatchFailure([&] { Send(row.arguments); })) << row.arguments[0].second;
      EXPECT_EQ(RecordingAnswer::Kind::None, answer_.kind);
      EXPECT_TRUE(answer_.headers.empty());
    }
  }

  TEST_F(OutputSender, WhatTheHostCannotDeliverNamesTheWayOut)
  {
    answer_.maxFileBytes = 9;

    std::string message;
    EXPECT_EQ(FailureKind::TooLarge, CatchFailure([&] { Send({}); }, &message));
    EXPECT_EQ("use pages", message);
    EXPECT_TRUE(answer_.headers.empty());
    Send({{"length", "9"}});
    EXPECT_EQ("012345678", answer_.body);
  }

  TEST_F(OutputSender, WhatMayBeResumedSaysSo)
  {
    Send({});

    EXPECT_EQ("\"tag\"", answer_.headers["ETag"]);
    EXPECT_EQ("Sun, 06 Nov 1994 08:49:37 GMT", answer_.headers["Last-Modified"]);
    EXPECT_EQ("bytes", answer_.headers["Accept-Ranges"]);

    RecordingAnswer other;
    head_.validators = {};
    Send({}, {{"range", "bytes=1-2"}, {"if-none-match", "*"}}, other);
    EXPECT_EQ(200u, other.status);
    EXPECT_EQ("0123456789", other.body);
    EXPECT_EQ(1u, other.headers.size());
  }

  TEST_F(OutputSender, SendsRanges)
  {
    const struct
    {
      Arguments page;
      const char* range;
      const char* body;
      const char* contentRange;
    } ROWS[] = {
      {{}, "bytes=0-0", "0", "bytes 0-0/10"},
      {{}, "bytes=4-", "456789", "bytes 4-9/10"},
      {{}, "bytes=4-5", "45", "bytes 4-5/10"},
      {{}, "bytes=-3", "789", "bytes 7-9/10"},
      {{}, "bytes=0-", "0123456789", "bytes 0-9/10"},
      {{{"offset", "2"}, {"length", "5"}}, "bytes=3-", "56", "bytes 3-4/5"},
      {{{"offset", "2"}, {"length", "5"}}, "bytes=-1", "6", "bytes 4-4/5"},
    };

    for (const auto& row : ROWS)
    {
      RecordingAnswer answer;
      Send(row.page, {{"range", row.range}}, answer);
      EXPECT_EQ(RecordingAnswer::Kind::Partial, answer.kind);
      EXPECT_EQ(row.body, answer.body);
      EXPECT_EQ(row.contentRange, answer.headers["Content-Range"]);
      EXPECT_EQ("\"tag\"", answer.headers["ETag"]);
      EXPECT_EQ("bytes", answer.headers["Accept-Ranges"]);
      EXPECT_EQ("Sun, 06 Nov 1994 08:49:37 GMT", answer.headers["Last-Modified"]);
      EXPECT_EQ("filename=\"a.zip\"", answer.headers["Content-Disposition"]);
    }
  }

  TEST_F(OutputSender, RangesThatDoNotCountGiveEverything)
  {
    const Headers ROWS[] = {
      {{"range", "bytes=0-1,4-5"}},
      {{"range", "bytes=5-4"}},
      {{"range", "lines=0-1"}},
      {{"range", "bytes=4-"}, {"if-range", "\"other\""}},
      {{"range", "bytes=10-"}, {"if-range", "\"other\""}},
    };

    for (const Headers& headers : ROWS)
    {
      RecordingAnswer answer;
      Send({}, headers, answer);
      EXPECT_EQ(200u, answer.status);
      EXPECT_EQ("0123456789", answer.body);
      EXPECT_EQ(0u, answer.headers.count("Content-Range"));
    }
  }

  TEST_F(OutputSender, AnswersWithoutContent)
  {
    const struct
    {
      Arguments page;
      Headers headers;
      unsigned status;
      Headers answered;
    } ROWS[] = {
      {{}, {{"range", "bytes=10-"}}, 416, {{"Content-Range", "bytes */10"}}},
      {{}, {{"range", "bytes=-0"}}, 416, {{"Content-Range", "bytes */10"}}},
      {{{"length", "4"}}, {{"range", "bytes=4-"}}, 416, {{"Content-Range", "bytes */4"}}},
      {{}, {{"if-none-match", "\"tag\""}}, 304, {{"ETag", "\"tag\""}}},
      {{{"length", "4"}}, {{"if-none-match", "\"tag\""}}, 304, {{"ETag", "\"tag\""}}},
      {{}, {{"if-modified-since", "Sun, 06 Nov 1994 08:49:37 GMT"}}, 304, {{"ETag", "\"tag\""}}},
      {{}, {{"if-match", "\"other\""}}, 412, {}},
    };

    for (const auto& row : ROWS)
    {
      RecordingAnswer answer;
      EXPECT_FALSE(Send(row.page, row.headers, answer));
      EXPECT_EQ(RecordingAnswer::Kind::EmptyStatus, answer.kind);
      EXPECT_EQ(row.status, answer.status);
      EXPECT_EQ(row.answered, answer.headers);
    }
  }

  TEST_F(OutputSender, NotModifiedByDateAlone)
  {
    head_.validators.entityTag.clear();

    Send({}, {{"if-modified-since", "Sun, 06 Nov 1994 08:49:37 GMT"}});

    EXPECT_EQ(304u, answer_.status);
    EXPECT_EQ((Headers{{"Last-Modified", "Sun, 06 Nov 1994 08:49:37 GMT"}}), answer_.headers);
  }

  TEST_F(OutputSender, PartThatTheHostCannotSendIsNeverShortened)
  {
    answer_.maxPartialBytes = 5;
    Send({}, {{"range", "bytes=4-"}});
    EXPECT_EQ(200u, answer_.status);
    EXPECT_EQ("0123456789", answer_.body);
    EXPECT_EQ(0u, answer_.headers.count("Content-Range"));

    RecordingAnswer fitting;
    fitting.maxPartialBytes = 5;
    Send({}, {{"range", "bytes=5-"}}, fitting);
    EXPECT_EQ(206u, fitting.status);
    EXPECT_EQ("56789", fitting.body);

    RecordingAnswer tooLarge;
    tooLarge.maxPartialBytes = 5;
    tooLarge.maxFileBytes = 9;
    EXPECT_EQ(FailureKind::TooLarge, CatchFailure(
                                       [&] {
                                         Send({}, {{"range", "bytes=4-"}}, tooLarge);
                                       }));
    EXPECT_TRUE(tooLarge.headers.empty());
  }

  TEST_F(OutputSender, PartOfWhatIsTooLargeAsAWhole)
  {
    answer_.maxFileBytes = 9;
    answer_.maxPartialBytes = 9;

    Send({}, {{"range", "bytes=1-"}});

    EXPECT_EQ(206u, answer_.status);
    EXPECT_EQ("123456789", answer_.body);
  }

  TEST_F(OutputSender, TellsWhetherTheEndWasSent)
  {
    const struct
    {
      Arguments page;
      Headers headers;
      bool hasEnd;
    } ROWS[] = {
      {{}, {}, true},
      {{}, {{"range", "bytes=4-"}}, true},
      {{}, {{"range", "bytes=-1"}}, true},
      {{{"offset", "4"}}, {}, true},
      {{}, {{"range", "bytes=4-8"}}, false},
      {{}, {{"range", "bytes=0-0"}}, false},
      {{{"length", "9"}}, {}, false},
      {{{"length", "9"}}, {{"range", "bytes=-1"}}, false},
      {{{"offset", "4"}}, {{"range", "bytes=0-1"}}, false},
    };

    for (const auto& row : ROWS)
    {
      RecordingAnswer answer;
      EXPECT_EQ(row.hasEnd, Send(row.page, row.headers, answer));
    }
  }

  TEST(OutputSenderValidators, ChangeWithEveryNewFile)
  {
    ArchiveRecord record;
    record.id = "a";
    record.completedMicroseconds = 784111777999999;
    record.sizeBytes = 5;

    const Validators first = MakeValidators(record, {0, record.sizeBytes});
    EXPECT_EQ("\"a-784111777999999-5\"", first.entityTag);
    EXPECT_EQ(784111777, first.lastModified);

    record.completedMicroseconds++;
    EXPECT_NE(first.entityTag, MakeValidators(record, {0, record.sizeBytes}).entityTag);
    record.completedMicroseconds--;
    record.sizeBytes++;
    EXPECT_NE(first.entityTag, MakeValidators(record, {0, record.sizeBytes}).entityTag);
    record.sizeBytes--;
    record.id = "b";
    EXPECT_NE(first.entityTag, MakeValidators(record, {0, record.sizeBytes}).entityTag);
  }
} // namespace OrthancPlugins
