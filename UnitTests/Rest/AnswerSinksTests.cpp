// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../Plugin/Rest/AnswerSinks.h"

#include "RestFixture.h"

#include "../Fakes/MemorySink.h"

#include <gtest/gtest.h>

namespace OrthancPlugins
{
  namespace
  {
    StreamHead MakeHead()
    {
      StreamHead head;
      head.mime = "application/zip";
      head.contentDisposition = "filename=\"a.zip\"";
      head.framing = StreamFraming::Chunked;
      return head;
    }
  } // namespace

  TEST(DeferredSink, HoldsTheFirstBytesBack)
  {
    RecordingAnswer answer;
    DeferredSink sink(answer, MakeHead());

    sink.Write("abc", 3);
    sink.Write("def", 3);

    EXPECT_EQ(RecordingAnswer::Kind::None, answer.kind);
    EXPECT_TRUE(answer.headers.empty());
  }

  TEST(DeferredSink, BeginsOnDemandAndOnce)
  {
    RecordingAnswer answer;
    DeferredSink sink(answer, MakeHead());
    sink.Write("abc", 3);

    sink.Begin();
    sink.Begin();
    sink.Write("def", 3);

    EXPECT_EQ(RecordingAnswer::Kind::Stream, answer.kind);
    EXPECT_EQ("abcdef", answer.body);
    EXPECT_EQ("application/zip", answer.mime);
    EXPECT_EQ("filename=\"a.zip\"", answer.headers["Content-Disposition"]);
    EXPECT_EQ(StreamFraming::Chunked, answer.framing);
  }

  TEST(DeferredSink, BeginsWhenItHoldsEnough)
  {
    const std::string block(DeferredSink::HELD_BYTES, 'x');
    RecordingAnswer answer;
    DeferredSink sink(answer, MakeHead());

    sink.Write(block.data(), block.size());
    EXPECT_EQ(RecordingAnswer::Kind::None, answer.kind);
    sink.Write("y", 1);

    EXPECT_EQ(block + "y", answer.body);
  }

  TEST(DeferredSink, BeginsAtOnceWithALargeBlock)
  {
    const std::string block(DeferredSink::HELD_BYTES + 1, 'x');
    RecordingAnswer answer;
    DeferredSink sink(answer, MakeHead());

    sink.Write(block.data(), block.size());

    EXPECT_EQ(block, answer.body);
  }

  TEST(DeferredSink, PassesOnThatTheClientHasLeft)
  {
    RecordingAnswer answer;
    answer.leavesAfterBytes = 2;
    DeferredSink sink(answer, MakeHead());
    sink.Write("abc", 3);

    EXPECT_EQ(FailureKind::ClientGone, CatchFailure([&] { sink.Begin(); }));
  }

  TEST(LimitingSink, PassesUpToItsLimit)
  {
    MemorySink target;
    LimitingSink sink(target, 5, "too large");

    sink.Write("abc", 3);
    sink.Write("", 0);
    sink.Write("de", 2);

    EXPECT_EQ("abcde", target.GetContent());
  }

  TEST(LimitingSink, RefusesWhatExceedsItsLimit)
  {
    MemorySink target;
    LimitingSink sink(target, 5, "too large");
    sink.Write("abc", 3);

    std::string message;
    EXPECT_EQ(FailureKind::TooLarge, CatchFailure([&] { sink.Write("def", 3); }, &message));
    EXPECT_EQ("too large", message);
    EXPECT_EQ("abc", target.GetContent());
  }

  TEST(LimitingSink, HasNoLimitUnlessGiven)
  {
    MemorySink target;
    LimitingSink sink(target, std::nullopt, "too large");

    sink.Write("abcdef", 6);

    EXPECT_EQ("abcdef", target.GetContent());
  }
} // namespace OrthancPlugins
