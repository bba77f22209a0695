// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../Plugin/Core/Failure.h"
#include "../../Plugin/Host/OrthancHttpAnswer.h"
#include "../Fakes/FakeOrthanc.h"

#include <gtest/gtest.h>

namespace OrthancPlugins
{
  namespace
  {
    struct Fixture
    {
      explicit Fixture(const std::string& version)
        : host(version),
          answer(host.GetContext(), sent.GetOutput(), host.GetVersion())
      {
      }

      FakeOrthanc host;
      FakeOrthanc::Answer sent;
      OrthancHttpAnswer answer;
    };

    using Headers = std::vector<std::pair<std::string, std::string>>;

    template <typename Body>
    FailureKind CatchKind(Body&& body)
    {
      try
      {
        body();
      }
      catch (const Failure& failure)
      {
        return failure.GetKind();
      }
      ADD_FAILURE() << "No failure";
      return FailureKind::Internal;
    }
  } // namespace

  TEST(OrthancHttpAnswer, BufferGoesWithItsHeaders)
  {
    Fixture f("1.10.1");

    f.answer.SetHeader("X-A", "1");
    f.answer.SendJson("{}");

    EXPECT_EQ(200u, f.sent.status);
    EXPECT_EQ("application/json; charset=utf-8", f.sent.mime);
    EXPECT_EQ("{}", f.sent.body);
    EXPECT_EQ((Headers{{"X-A", "1"}}), f.sent.headers);
  }

  TEST(OrthancHttpAnswer, HeadersOfAnAnswerThatFailsAreNotSent)
  {
    Fixture f("1.10.1");

    f.answer.SetHeader("Content-Disposition", "filename=\"a.zip\"");

    EXPECT_TRUE(f.sent.headers.empty());
    f.answer.SendNotAllowed("GET,POST");
    EXPECT_TRUE(f.sent.headers.empty());
    EXPECT_EQ(405u, f.sent.status);
    EXPECT_EQ("GET,POST", f.sent.allow);
  }

  TEST(OrthancHttpAnswer, HeadersCannotBeSplit)
  {
    Fixture f("1.10.1");

    for (const std::string& bad :
         {std::string("a\rb"), std::string("a\nb"), std::string("a\0b", 3)})
    {
      EXPECT_EQ(FailureKind::Internal, CatchKind([&] { f.answer.SetHeader("X", bad); }));
      EXPECT_EQ(FailureKind::Internal, CatchKind([&] { f.answer.SetHeader(bad, "x"); }));
    }
    f.answer.SendEmptyStatus(404);
    EXPECT_EQ(404u, f.sent.status);
    EXPECT_TRUE(f.sent.headers.empty());
  }

  TEST(OrthancHttpAnswer, OnlyOneAnswer)
  {
    Fixture f("1.10.1");
    f.answer.SendBuffer("a", "text/plain");

    EXPECT_EQ(FailureKind::Internal, CatchKind([&] { f.answer.SendBuffer("b", "text/plain"); }));
    EXPECT_EQ("a", f.sent.body);
  }

  TEST(OrthancHttpAnswer, LostClientAndRefusalAreFailures)
  {
    Fixture f("1.10.1");
    f.host.failing[_OrthancPluginService_AnswerBuffer] = OrthancPluginErrorCode_NetworkProtocol;
    EXPECT_EQ(FailureKind::ClientGone, CatchKind([&] { f.answer.SendBuffer("b", "text/plain"); }));

    Fixture g("1.10.1");
    g.host.failing[_OrthancPluginService_SendHttpStatusCode] =
      OrthancPluginErrorCode_ParameterOutOfRange;
    EXPECT_EQ(FailureKind::Internal, CatchKind([&] { g.answer.SendEmptyStatus(451); }));
  }

  TEST(OrthancHttpAnswer, OldHostSendsAFileAsStatusWithoutCopy)
  {
    Fixture f("1.10.1");
    const std::string file(100000, 'z');

    f.answer.SetHeader("X-A", "1");
    f.answer.SendFile(reinterpret_cast<const unsigned char*>(file.data()), file.size(),
                      "application/zip");

    EXPECT_FALSE(f.answer.CanStream());
    EXPECT_EQ(200u, f.sent.status);
    EXPECT_EQ(file.data(), f.sent.bodyAddress);
    EXPECT_EQ((Headers{{"X-A", "1"}, {"Content-Type", "application/zip"}}), f.sent.headers);
  }

  TEST(OrthancHttpAnswer, OldHostRefusesWhatItCannotSend)
  {
    Fixture f("1.10.1");
    const unsigned char byte = 0;

    EXPECT_EQ(0x7fffffffu, f.answer.GetMaxFileBytes().value());
    EXPECT_EQ(FailureKind::TooLarge,
              CatchKind([&] { f.answer.SendFile(&byte, 0x80000000u, "application/zip"); }));
    EXPECT_EQ(
      FailureKind::Internal,
      CatchKind([&] { f.answer.BeginStream("a/b", std::nullopt, StreamFraming::Chunked); }));
    EXPECT_EQ(0u, f.sent.status);
  }

  TEST(OrthancHttpAnswer, PartIsAStatusWithoutCopyAndWithoutContentType)
  {
    for (const char* version : {"1.10.1", "1.12.7", "1.13.0"})
    {
      Fixture f(version);
      const std::string file(100000, 'z');

      f.answer.SetHeader("ETag", "\"a\"");
      f.answer.SendPartial(reinterpret_cast<const unsigned char*>(file.data()) + 10, 20, 1000010,
                           9000000000);

      EXPECT_EQ(206u, f.sent.status);
      EXPECT_EQ(file.data() + 10, f.sent.bodyAddress);
      EXPECT_EQ(20u, f.sent.body.size());
      EXPECT_EQ("", f.sent.mime);
      EXPECT_EQ((Headers{{"ETag", "\"a\""}, {"Content-Range", "bytes 1000010-1000029/9000000000"}}),
                f.sent.headers);
    }
  }

  TEST(OrthancHttpAnswer, PartsHaveTheLimitsOfTheHost)
  {
    const std::pair<const char*, std::uint64_t> ROWS[] = {
      {"1.10.1", 0x7fffffffu}, {"1.11.2", 0x7fffffffu}, {"1.11.3", 0xffffffffu},
      {"1.12.7", 0xffffffffu}, {"1.13.0", 0xffffffffu},
    };

    for (const auto& [version, limit] : ROWS)
    {
      Fixture f(version);
      const unsigned char byte = 0;
      EXPECT_EQ(limit, f.answer.GetMaxPartialBytes());
      EXPECT_EQ(FailureKind::TooLarge,
                CatchKind([&] { f.answer.SendPartial(&byte, limit + 1, 0, limit + 1); }));
      EXPECT_EQ(0u, f.sent.status);
      EXPECT_TRUE(f.sent.headers.empty());
    }
  }

  TEST(OrthancHttpAnswer, PartsMustLieWithinTheWhole)
  {
    Fixture f("1.10.1");
    const unsigned char byte = 0;

    EXPECT_EQ(FailureKind::Internal, CatchKind([&] { f.answer.SendPartial(&byte, 0, 0, 10); }));
    EXPECT_EQ(FailureKind::Internal, CatchKind([&] { f.answer.SendPartial(&byte, 1, 10, 10); }));
    EXPECT_EQ(FailureKind::Internal, CatchKind([&] { f.answer.SendPartial(&byte, 11, 0, 10); }));
    EXPECT_EQ(FailureKind::Internal,
              CatchKind([&] { f.answer.SendPartial(&byte, 1, UINT64_MAX, 10); }));
    EXPECT_EQ(0u, f.sent.status);
  }

  TEST(OrthancHttpAnswer, EmptyStatusKeepsItsHeaders)
  {
    for (const unsigned status : {304u, 412u, 416u})
    {
      Fixture f("1.10.1");
      f.answer.SetHeader("X-A", "1");
      f.answer.SendEmptyStatus(status);
      EXPECT_EQ(status, f.sent.status);
      EXPECT_EQ("", f.sent.body);
      EXPECT_EQ((Headers{{"X-A", "1"}}), f.sent.headers);
    }
  }

  TEST(OrthancHttpAnswer, EmptyFileIsAnEmptyBuffer)
  {
    Fixture f("1.10.1");

    f.answer.SendFile(nullptr, 0, "application/zip");

    EXPECT_EQ(200u, f.sent.status);
    EXPECT_EQ("application/zip", f.sent.mime);
    EXPECT_EQ("", f.sent.body);
  }

#if HOST_HAS_STREAM_ANSWER
  TEST(OrthancHttpAnswer, ChunksAreFramed)
  {
    Fixture f("1.12.7");
    f.answer.SetHeader("X-A", "1");

    IByteSink& sink = f.answer.BeginStream("application/zip", std::nullopt, StreamFraming::Chunked);
    sink.Write("PK", 2);
    sink.Write("", 0);
    sink.Write(std::string(14, 'x').data(), 14);
    EXPECT_TRUE(f.sent.blockSizes.empty());
    f.answer.EndStream();

    EXPECT_EQ("10\r\nPKxxxxxxxxxxxxxx\r\n0\r\n\r\n", f.sent.body);
    EXPECT_EQ((Headers{{"X-A", "1"}, {"Transfer-Encoding", "chunked"}}), f.sent.headers);
    EXPECT_EQ("application/zip", f.sent.mime);
    EXPECT_EQ(1u, f.sent.blockSizes.size());
  }

  TEST(OrthancHttpAnswer, LargeWritesBecomeBlocksOfAMebibyte)
  {
    Fixture f("1.12.7");
    std::string data(5u << 20, 'a');
    for (std::size_t i = 0; i < data.size(); i++)
    {
      data[i] = static_cast<char>(i * 7 + i / 255);
    }

    IByteSink& sink = f.answer.BeginStream("a/b", std::nullopt, StreamFraming::Chunked);
    sink.Write(data.data(), 1000);
    sink.Write(data.data() + 1000, data.size() - 1000);
    f.answer.EndStream();

    std::string decoded;
    std::size_t offset = 0;
    for (;;)
    {
      const std::size_t end = f.sent.body.find("\r\n", offset);
      ASSERT_NE(std::string::npos, end);
      const std::size_t size = std::stoul(f.sent.body.substr(offset, end - offset), nullptr, 16);
      decoded += f.sent.body.substr(end + 2, size);
      ASSERT_EQ("\r\n", f.sent.body.substr(end + 2 + size, 2));
      offset = end + 4 + size;
      if (size == 0)
      {
        break;
      }
      ASSERT_LE(size, 1u << 20);
    }
    EXPECT_EQ(f.sent.body.size(), offset);
    EXPECT_TRUE(data == decoded);
  }

  TEST(OrthancHttpAnswer, EmptyChunkedStreamIsOneLastChunk)
  {
    Fixture f("1.12.7");

    f.answer.BeginStream("a/b", std::nullopt, StreamFraming::Chunked);
    f.answer.EndStream();

    EXPECT_EQ("0\r\n\r\n", f.sent.body);
  }

  TEST(OrthancHttpAnswer, PlainStreamsHaveNoFrames)
  {
    Fixture f("1.13.0");

    IByteSink& sink = f.answer.BeginStream("a/b", std::nullopt, StreamFraming::Plain);
    sink.Write("abc", 3);
    sink.Write(std::string(3u << 20, 'd').data(), 3u << 20);
    f.answer.EndStream();

    EXPECT_EQ("abc" + std::string(3u << 20, 'd'), f.sent.body);
    EXPECT_TRUE(f.sent.headers.empty());
  }

  TEST(OrthancHttpAnswer, FirstBytesDoNotWaitForAFullBlock)
  {
    Fixture f("1.12.7");

    IByteSink& sink = f.answer.BeginStream("a/b", std::nullopt, StreamFraming::Chunked);
    sink.Write(std::string(5000, 'a').data(), 5000);

    EXPECT_EQ(1u, f.sent.blockSizes.size());
    f.answer.EndStream();
  }

  TEST(OrthancHttpAnswer, FlushedBytesLeaveAtOnce)
  {
    for (const StreamFraming framing : {StreamFraming::Chunked, StreamFraming::Plain})
    {
      Fixture f("1.12.7");
      const bool isChunked = framing == StreamFraming::Chunked;

      IByteSink& sink = f.answer.BeginStream("text/event-stream", std::nullopt, framing);
      f.answer.FlushStream();
      EXPECT_EQ("", f.sent.body);
      for (int i = 0; i < 20; i++)
      {
        sink.Write(":\n\n", 3);
        f.answer.FlushStream();
        ASSERT_EQ(static_cast<std::size_t>(i + 1), f.sent.blockSizes.size());
      }
      EXPECT_EQ(isChunked ? "3\r\n:\n\n\r\n" : ":\n\n", f.sent.body.substr(0, isChunked ? 8 : 3));
      f.answer.EndStream();

      EXPECT_EQ(FailureKind::Internal, CatchKind([&] { f.answer.FlushStream(); }));
    }
  }

  TEST(OrthancHttpAnswer, AnnouncedLengthIsKept)
  {
    Fixture f("1.12.7");

    IByteSink& sink = f.answer.BeginStream("a/b", 5, StreamFraming::Chunked);
    sink.Write("abcde", 5);
    f.answer.EndStream();

    EXPECT_EQ((Headers{{"Content-Length", "5"}}), f.sent.headers);
    EXPECT_EQ("abcde", f.sent.body);
  }

  TEST(OrthancHttpAnswer, TooMuchOrTooLittleBreaksTheTransfer)
  {
    Fixture f("1.12.7");
    IByteSink& tooMuch = f.answer.BeginStream("a/b", 5, StreamFraming::Plain);
    tooMuch.Write("abc", 3);
    EXPECT_EQ(FailureKind::Internal, CatchKind([&] { tooMuch.Write("def", 3); }));
    EXPECT_EQ(FailureKind::Internal, CatchKind([&] { tooMuch.Write("d", 1); }));
    EXPECT_EQ(FailureKind::Internal, CatchKind([&] { f.answer.EndStream(); }));
    EXPECT_EQ("", f.sent.body);

    Fixture g("1.12.7");
    g.answer.BeginStream("a/b", 5, StreamFraming::Plain).Write("abc", 3);
    EXPECT_EQ(FailureKind::Internal, CatchKind([&] { g.answer.EndStream(); }));
  }

  TEST(OrthancHttpAnswer, AbandonedStreamIsNotFinished)
  {
    Fixture f("1.12.7");
    {
      OrthancHttpAnswer answer(f.host.GetContext(), f.sent.GetOutput(), f.host.GetVersion());
      answer.BeginStream("a/b", std::nullopt, StreamFraming::Chunked)
        .Write(std::string(5000, 'a').data(), 5000);
    }
    EXPECT_EQ(std::string::npos, f.sent.body.find("0\r\n\r\n"));
  }

  TEST(OrthancHttpAnswer, LostClientEndsTheStreamForGood)
  {
    for (std::size_t accepted = 0; accepted < 6; accepted++)
    {
      Fixture f("1.12.7");
      f.host.acceptedBlocks = accepted;
      IByteSink& sink = f.answer.BeginStream("a/b", std::nullopt, StreamFraming::Chunked);
      const std::string block(3u << 20, 'a');

      EXPECT_EQ(FailureKind::ClientGone, CatchKind(
                                           [&]
                                           {
                                             for (int i = 0; i < 4; i++)
                                             {
                                               sink.Write(block.data(), block.size());
                                             }
                                           }));
      EXPECT_EQ(FailureKind::Internal, CatchKind([&] { sink.Write("a", 1); }));
      EXPECT_EQ(FailureKind::Internal, CatchKind([&] { f.answer.EndStream(); }));
      EXPECT_EQ(accepted, f.sent.blockSizes.size());
    }
  }

  TEST(OrthancHttpAnswer, NewHostStreamsAFileOfAnySize)
  {
    Fixture f("1.12.7");
    const std::string file(2500000, 'z');

    f.answer.SendFile(reinterpret_cast<const unsigned char*>(file.data()), file.size(),
                      "application/zip");

    EXPECT_TRUE(f.answer.CanStream());
    EXPECT_FALSE(f.answer.GetMaxFileBytes().has_value());
    EXPECT_EQ((Headers{{"Content-Length", "2500000"}}), f.sent.headers);
    EXPECT_TRUE(file == f.sent.body);
    EXPECT_EQ(3u, f.sent.blockSizes.size());
  }

  TEST(OrthancHttpAnswer, HostJustBeforeStreamsCannot)
  {
    Fixture f("1.12.5");

    EXPECT_FALSE(f.answer.CanStream());
    EXPECT_EQ(0xffffffffu, f.answer.GetMaxFileBytes().value());
    f.answer.SendFile(reinterpret_cast<const unsigned char*>("abc"), 3, "application/zip");
    EXPECT_EQ("application/zip", f.sent.mime);
    EXPECT_TRUE(f.sent.headers.empty());
  }
#else
  TEST(OrthancHttpAnswer, OldSdkNeverStreams)
  {
    Fixture f("1.13.0");

    EXPECT_FALSE(f.answer.CanStream());
    EXPECT_EQ(0xffffffffu, f.answer.GetMaxFileBytes().value());
    f.answer.SendFile(reinterpret_cast<const unsigned char*>("abc"), 3, "application/zip");
    EXPECT_EQ("application/zip", f.sent.mime);
    EXPECT_EQ("abc", f.sent.body);
  }
#endif
} // namespace OrthancPlugins
