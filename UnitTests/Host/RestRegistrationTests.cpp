// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../Plugin/Core/Failure.h"
#include "../../Plugin/Host/RestRegistration.h"
#include "../Fakes/FakeOrthanc.h"

#include <boost/thread/thread.hpp>
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <vector>

namespace OrthancPlugins
{
  namespace
  {
    OrthancPluginErrorCode Get(FakeOrthanc& host, std::size_t row, FakeOrthanc::Answer& answer)
    {
      return host.Request(row, OrthancPluginHttpMethod_Get, {"abc"}, {{"a", "1"}}, {}, "", answer);
    }
  } // namespace

  TEST(RestRegistration, EachRowHasItsOwnCallback)
  {
    FakeOrthanc host("1.12.7");
    std::vector<std::string> uris;
    for (std::size_t i = 0; i < MAX_REST_ROUTES; i++)
    {
      uris.push_back("/row/" + std::to_string(i));
    }

    RegisterRestRoutes(
      host.GetContext(), uris, false,
      [](std::size_t row, const HttpRequest& request, IHttpAnswer& answer)
      { answer.SendBuffer(std::to_string(row) + request.groups.at(0), "text/plain"); });

    ASSERT_EQ(MAX_REST_ROUTES, host.routes.size());
    for (std::size_t i = 0; i < MAX_REST_ROUTES; i++)
    {
      FakeOrthanc::Answer answer;
      EXPECT_EQ(OrthancPluginErrorCode_Success, Get(host, i, answer));
      EXPECT_EQ(std::to_string(i) + "abc", answer.body);
      EXPECT_EQ("/row/" + std::to_string(i), host.routes[i].uri);
    }
    ClearRestRoutes();
  }

  TEST(RestRegistration, TooManyRowsAreRefused)
  {
    FakeOrthanc host("1.12.7");

    EXPECT_THROW(RegisterRestRoutes(host.GetContext(),
                                    std::vector<std::string>(MAX_REST_ROUTES + 1), false,
                                    [](std::size_t, const HttpRequest&, IHttpAnswer&) {}),
                 Failure);
    EXPECT_TRUE(host.routes.empty());
  }

  TEST(RestRegistration, FailuresBecomeErrorsOfTheHost)
  {
    FakeOrthanc host("1.12.7");
    RegisterRestRoutes(host.GetContext(), {"/a"}, false,
                       [](std::size_t, const HttpRequest&, IHttpAnswer& answer)
                       {
                         answer.SetHeader("X", "y");
                         throw Failure(FailureKind::NotFound, "No such thing");
                       });
    FakeOrthanc::Answer answer;

    EXPECT_EQ(OrthancPluginErrorCode_InexistentItem, Get(host, 0, answer));

    EXPECT_EQ("No such thing", answer.details.value());
    EXPECT_TRUE(answer.headers.empty());
    ClearRestRoutes();
  }

  TEST(RestRegistration, ForeignExceptionsCrossTheThread)
  {
    FakeOrthanc host("1.12.7");
    RegisterRestRoutes(host.GetContext(), {"/a", "/b"}, false,
                       [](std::size_t row, const HttpRequest&, IHttpAnswer&)
                       {
                         if (row == 0)
                         {
                           throw std::bad_alloc();
                         }
                         throw 1;
                       });
    FakeOrthanc::Answer first, second;

    EXPECT_EQ(OrthancPluginErrorCode_NotEnoughMemory, Get(host, 0, first));
    EXPECT_EQ(OrthancPluginErrorCode_InternalError, Get(host, 1, second));
    ClearRestRoutes();
  }

  TEST(RestRegistration, HandlersHaveMoreStackThanTheThreadsOfTheHost)
  {
    FakeOrthanc host("1.12.7");
    RegisterRestRoutes(host.GetContext(), {"/a"}, false,
                       [](std::size_t, const HttpRequest&, IHttpAnswer& answer)
                       {
                         volatile char large[1u << 20];
                         for (std::size_t i = 0; i < sizeof(large); i += 1024)
                         {
                           large[i] = 'x';
                         }
                         answer.SendBuffer(std::string(1, large[1024]), "text/plain");
                       });
    FakeOrthanc::Answer answer;
    OrthancPluginErrorCode code = OrthancPluginErrorCode_Plugin;
    boost::thread::attributes attributes;
    attributes.set_stack_size(256u << 10);

    boost::thread(attributes, [&] { code = Get(host, 0, answer); }).join();

    EXPECT_EQ(OrthancPluginErrorCode_Success, code);
    EXPECT_EQ("x", answer.body);
    ClearRestRoutes();
  }

  TEST(RestRegistration, ManyRequestsAtTheSameTime)
  {
    FakeOrthanc host("1.12.7");
    std::atomic<unsigned> count{0};
    RegisterRestRoutes(host.GetContext(), {"/a", "/b"}, false,
                       [&](std::size_t row, const HttpRequest& request, IHttpAnswer& answer)
                       {
                         count++;
                         answer.SetHeader("X-Row", std::to_string(row));
                         answer.SendBuffer(request.groups.at(0), "text/plain");
                       });
    boost::thread_group threads;
    std::atomic<unsigned> goodCount{0};
    for (unsigned i = 0; i < 16; i++)
    {
      threads.create_thread(
        [&, i]
        {
          for (unsigned j = 0; j < 20; j++)
          {
            FakeOrthanc::Answer answer;
            if (Get(host, i % 2, answer) == OrthancPluginErrorCode_Success &&
                answer.body == "abc" && answer.headers.at(0).second == std::to_string(i % 2))
            {
              goodCount++;
            }
          }
        });
    }
    threads.join_all();

    EXPECT_EQ(320u, count);
    EXPECT_EQ(320u, goodCount);
    ClearRestRoutes();
  }

  TEST(RestRegistration, ResetAndAgain)
  {
    FakeOrthanc host("1.12.7");
    const auto dispatch = [](const std::string& text)
    {
      return [text](std::size_t, const HttpRequest&, IHttpAnswer& answer)
      { answer.SendBuffer(text, "text/plain"); };
    };
    RegisterRestRoutes(host.GetContext(), {"/a"}, false, dispatch("first"));
    ClearRestRoutes();
    FakeOrthanc::Answer late;
    EXPECT_EQ(OrthancPluginErrorCode_DatabaseUnavailable, Get(host, 0, late));
    EXPECT_EQ(0u, late.status);

    RegisterRestRoutes(host.GetContext(), {"/a"}, false, dispatch("second"));
    FakeOrthanc::Answer answer;
    EXPECT_EQ(OrthancPluginErrorCode_Success, Get(host, 0, answer));
    EXPECT_EQ("second", answer.body);
    ClearRestRoutes();
  }

  namespace
  {
    // A POST to the first row by pieces, as the host does
    OrthancPluginErrorCode PostPieces(FakeOrthanc& host,
                                      const std::vector<std::string>& pieces,
                                      FakeOrthanc::Answer& answer)
    {
      const _OrthancPluginChunkedRestCallback& callbacks = host.largeBodies.at(0);
      OrthancPluginHttpRequest request = {};
      const char* groups[] = {"abc"};
      request.method = OrthancPluginHttpMethod_Post;
      request.groups = groups;
      request.groupsCount = 1;
      OrthancPluginServerChunkedRequestReader* reader = nullptr;
      const OrthancPluginErrorCode code = callbacks.postHandler(&reader, "/a", &request);
      if (code != OrthancPluginErrorCode_Success)
      {
        return code;
      }
      groups[0] = "gone";
      for (const std::string& piece : pieces)
      {
        EXPECT_EQ(
          OrthancPluginErrorCode_Success,
          callbacks.addChunk(reader, piece.data(), static_cast<std::uint32_t>(piece.size())));
      }
      const OrthancPluginErrorCode result = callbacks.execute(reader, answer.GetOutput());
      callbacks.finalize(reader);
      return result;
    }
  } // namespace

  TEST(RestRegistration, LargeBodiesAreOursUntilTheyAreReleased)
  {
    FakeOrthanc host("1.10.1");
    RegisterRestRoutes(host.GetContext(), {"/b", "/a"}, false,
                       [](std::size_t row, const HttpRequest& request, IHttpAnswer& answer)
                       {
                         const std::string body(request.body);
                         request.releaseBody();
                         answer.SendBuffer(std::to_string(row) + request.groups.at(0) + body,
                                           "text/plain");
                       });
    const std::vector<std::string> paths = {"/b", "/a"}; // the fake does not copy
    RegisterLargeBodies(host.GetContext(), paths, {1});

    ASSERT_EQ(1u, host.largeBodies.size());
    EXPECT_STREQ("/a", host.largeBodies[0].pathRegularExpression);
    EXPECT_EQ(nullptr, host.largeBodies[0].getHandler);
    FakeOrthanc::Answer answer;
    EXPECT_EQ(OrthancPluginErrorCode_Success, PostPieces(host, {"one", "two"}, answer));
    EXPECT_EQ("1abconetwo", answer.body);
    FakeOrthanc::Answer empty;
    EXPECT_EQ(OrthancPluginErrorCode_Success, PostPieces(host, {}, empty));
    EXPECT_EQ("1abc", empty.body);
    ClearRestRoutes();
    EXPECT_EQ(OrthancPluginErrorCode_DatabaseUnavailable, PostPieces(host, {}, empty));
  }

  TEST(RestRegistration, FailuresWithLargeBodiesBecomeErrorsOfTheHost)
  {
    FakeOrthanc host("1.10.1");
    RegisterRestRoutes(host.GetContext(), {"/a"}, false,
                       [](std::size_t, const HttpRequest&, IHttpAnswer&)
                       { throw Failure(FailureKind::NotFound, "No such thing"); });
    RegisterLargeBodies(host.GetContext(), {"/a"}, {0});
    FakeOrthanc::Answer answer;

    EXPECT_EQ(OrthancPluginErrorCode_InexistentItem, PostPieces(host, {"x"}, answer));

    EXPECT_EQ("No such thing", answer.details.value());
    ClearRestRoutes();
  }
} // namespace OrthancPlugins
