// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../../Plugin/Core/Notify/DeliverySender.h"

#include "../../Fakes/LocalHttpServer.h"

#include <boost/thread.hpp>
#include <gtest/gtest.h>

#include <stdlib.h>

#include <set>

namespace OrthancPlugins
{
  namespace
  {
    constexpr unsigned TIMEOUT_SECONDS = 20;
    constexpr unsigned LONG_MILLISECONDS = 60'000;

    bool AllowAll(const WebUrl&)
    {
      return true;
    }

    bool AllowNothing(const WebUrl&)
    {
      return false;
    }

    const std::vector<std::string>& GetLoopback()
    {
      static const std::vector<std::string> BLOCKS = {"127.0.0.1"};
      return BLOCKS;
    }

    DeliveryRequest MakeRequest(const std::string& url, const std::string& id = "id")
    {
      return DeliveryRequest{
        id, WebUrl::Parse(url), {"Content-Type: application/json", "X-Test: 1"}, "{\"a\": 1}"};
    }

    // Of one request, from its start to its end
    DeliveryOutcome Send(DeliverySender& sender, const std::string& url)
    {
      sender.Start(MakeRequest(url));
      const std::vector<DeliveryOutcome> outcomes = sender.Wait(LONG_MILLISECONDS);
      EXPECT_EQ(outcomes.size(), 1u);
      EXPECT_EQ(sender.CountAll(), 0u);
      return outcomes.empty() ? DeliveryOutcome() : outcomes[0];
    }

    DeliveryOutcome SendTo(const LocalHttpServer& server,
                           const std::string& path,
                           DeliverySender::UrlCheck isAllowed = AllowAll)
    {
      DeliverySender sender(AddressPolicy(GetLoopback()), std::move(isAllowed), TIMEOUT_SECONDS);
      return Send(sender, server.GetUrl(path));
    }

    LocalHttpServer::Answerer AnswerStatus(unsigned status)
    {
      return [status](const LocalHttpServer::Request&, std::size_t)
      { return LocalHttpServer::MakeAnswer(status); };
    }

    LocalHttpServer::Answerer AnswerNothing()
    {
      return [](const LocalHttpServer::Request&, std::size_t) { return std::string(); };
    }

    // Any path but "/end" leads to "location"
    LocalHttpServer::Answerer AnswerRedirect(unsigned status, const std::string& location)
    {
      return [=](const LocalHttpServer::Request& request, std::size_t)
      {
        return request.target == "/end"
                 ? LocalHttpServer::MakeAnswer(200)
                 : LocalHttpServer::MakeAnswer(status, "Location: " + location + "\r\n");
      };
    }
  } // namespace

  TEST(DeliverySender, PostsTheRequest)
  {
    LocalHttpServer server(AnswerStatus(204));

    const DeliveryOutcome outcome = SendTo(server, "/hook?token=1");

    EXPECT_EQ(outcome.id, "id");
    EXPECT_EQ(outcome.httpStatus, 204u);
    EXPECT_EQ(outcome.error, DeliveryError::None);
    ASSERT_EQ(server.GetRequests().size(), 1u);
    const LocalHttpServer::Request request = server.GetRequests()[0];
    EXPECT_EQ(request.method, "POST");
    EXPECT_EQ(request.target, "/hook?token=1");
    EXPECT_EQ(request.body, "{\"a\": 1}");
    EXPECT_EQ(request.headers.at("content-type"), "application/json");
    EXPECT_EQ(request.headers.at("x-test"), "1");
    EXPECT_EQ(request.headers.at("user-agent").find("OrthancAdvancedRest/"), 0u);
    EXPECT_EQ(request.headers.count("authorization"), 0u);
  }

  TEST(DeliverySender, StatusDecides)
  {
    for (const unsigned status : {200u, 201u, 299u})
    {
      LocalHttpServer server(AnswerStatus(status));
      EXPECT_EQ(SendTo(server, "/").error, DeliveryError::None) << status;
    }
    for (const unsigned status : {300u, 303u, 304u, 400u, 404u, 410u, 500u, 503u})
    {
      LocalHttpServer server(AnswerStatus(status));
      const DeliveryOutcome outcome = SendTo(server, "/");
      EXPECT_EQ(outcome.error, DeliveryError::BadStatus) << status;
      EXPECT_EQ(outcome.httpStatus, status);
    }
  }

  TEST(DeliverySender, AddressIsCheckedAfterTheNameIsResolved)
  {
    LocalHttpServer server(AnswerStatus(200));
    DeliverySender sender(AddressPolicy({}), AllowAll, TIMEOUT_SECONDS);

    for (const std::string host : {"127.0.0.1", "localhost", "[::ffff:127.0.0.1]"})
    {
      const DeliveryOutcome outcome =
        Send(sender, "http://" + host + ":" + std::to_string(server.GetPort()) + "/");
      EXPECT_EQ(outcome.error, DeliveryError::AddressNotAllowed) << host;
      EXPECT_EQ(outcome.httpStatus, 0u);
    }
    EXPECT_TRUE(server.GetRequests().empty());
  }

  TEST(DeliverySender, AllowedAddressIsReachedByName)
  {
    LocalHttpServer server(AnswerStatus(200));
    DeliverySender sender(AddressPolicy(GetLoopback()), AllowAll, TIMEOUT_SECONDS);

    const DeliveryOutcome outcome =
      Send(sender, "http://localhost:" + std::to_string(server.GetPort()) + "/");

    EXPECT_EQ(outcome.error, DeliveryError::None);
  }

  TEST(DeliverySender, NobodyListens)
  {
    unsigned port = 0;
    {
      LocalHttpServer server(AnswerStatus(200));
      port = server.GetPort();
    }
    DeliverySender sender(AddressPolicy(GetLoopback()), AllowAll, TIMEOUT_SECONDS);

    EXPECT_EQ(Send(sender, "http://127.0.0.1:" + std::to_string(port) + "/").error,
              DeliveryError::ConnectionFailed);
  }

  TEST(DeliverySender, PlainServerHasNoTls)
  {
    LocalHttpServer server([](const LocalHttpServer::Request&, std::size_t)
                           { return LocalHttpServer::MakeAnswer(200); });
    DeliverySender sender(AddressPolicy(GetLoopback()), AllowAll, 1);

    const DeliveryOutcome outcome =
      Send(sender, "https://127.0.0.1:" + std::to_string(server.GetPort()) + "/");

    EXPECT_NE(outcome.error, DeliveryError::None);
    EXPECT_EQ(outcome.httpStatus, 0u);
    EXPECT_TRUE(server.GetRequests().empty());
  }

  TEST(DeliverySender, SilenceTimesOut)
  {
    LocalHttpServer server(AnswerNothing());
    DeliverySender sender(AddressPolicy(GetLoopback()), AllowAll, 1);

    EXPECT_EQ(Send(sender, server.GetUrl("/")).error, DeliveryError::TimedOut);
  }

  TEST(DeliverySender, GarbageIsAFailedTransfer)
  {
    for (const std::string answer :
         {"garbage\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nx"})
    {
      LocalHttpServer server([&](const LocalHttpServer::Request&, std::size_t) { return answer; });
      EXPECT_EQ(SendTo(server, "/").error, DeliveryError::TransferFailed) << answer;
    }
  }

  TEST(DeliverySender, LongAnswerIsNotRead)
  {
    LocalHttpServer server(
      [](const LocalHttpServer::Request&, std::size_t) {
        return "HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n" + std::string(100'000, 'x');
      });

    const DeliveryOutcome outcome = SendTo(server, "/");

    EXPECT_EQ(outcome.error, DeliveryError::None);
    EXPECT_EQ(outcome.httpStatus, 200u);
  }

  TEST(DeliverySender, RedirectionRepeatsTheRequest)
  {
    for (const unsigned status : {301u, 302u, 307u, 308u})
    {
      LocalHttpServer server(AnswerRedirect(status, "/end"));

      EXPECT_EQ(SendTo(server, "/begin").error, DeliveryError::None) << status;

      ASSERT_EQ(server.GetRequests().size(), 2u);
      const LocalHttpServer::Request request = server.GetRequests()[1];
      EXPECT_EQ(request.method, "POST");
      EXPECT_EQ(request.body, "{\"a\": 1}");
      EXPECT_EQ(request.headers.at("x-test"), "1");
    }
  }

  TEST(DeliverySender, RedirectionMustBeAllowed)
  {
    LocalHttpServer other(AnswerStatus(200));
    LocalHttpServer server(AnswerRedirect(302, other.GetUrl("/end")));

    const DeliveryOutcome outcome = SendTo(server, "/", AllowNothing);

    EXPECT_EQ(outcome.error, DeliveryError::RedirectNotAllowed);
    EXPECT_EQ(outcome.httpStatus, 302u);
    EXPECT_TRUE(other.GetRequests().empty());
  }

  TEST(DeliverySender, AddressOfARedirectionIsChecked)
  {
    LocalHttpServer server(
      [](const LocalHttpServer::Request&, std::size_t)
      { return LocalHttpServer::MakeAnswer(302, "Location: http://127.0.0.2/\r\n"); });

    EXPECT_EQ(SendTo(server, "/").error, DeliveryError::AddressNotAllowed);
  }

  TEST(DeliverySender, RefusesRedirectionsToAnythingElse)
  {
    for (const char* const location :
         {"ftp://127.0.0.1/", "file:///etc/passwd", "gopher://127.0.0.1/", "http://user@127.0.0.1/",
          "/a/../b", "../b", "/%2e%2e/b", "/\r\nLocation: /end", "http://127.1/", "http://[",
          "javascript:alert(1)"})
    {
      LocalHttpServer server(AnswerRedirect(302, location));
      EXPECT_EQ(SendTo(server, "/a").error, DeliveryError::RedirectNotAllowed) << location;
      EXPECT_EQ(server.GetRequests().size(), 1u) << location;
    }
    LocalHttpServer server(AnswerStatus(302));
    EXPECT_EQ(SendTo(server, "/").error, DeliveryError::RedirectNotAllowed);
  }

  TEST(DeliverySender, RedirectionsAreCounted)
  {
    LocalHttpServer server(AnswerRedirect(307, "/again"));

    EXPECT_EQ(SendTo(server, "/").error, DeliveryError::RedirectNotAllowed);
    EXPECT_EQ(server.GetRequests().size(), 4u);
  }

  TEST(DeliverySender, TimeoutIncludesRedirections)
  {
    LocalHttpServer server(
      [](const LocalHttpServer::Request& request, std::size_t) -> std::string
      {
        return request.target == "/silent"
                 ? ""
                 : LocalHttpServer::MakeAnswer(302, "Location: /silent\r\n");
      });
    DeliverySender sender(AddressPolicy(GetLoopback()), AllowAll, 1);

    EXPECT_EQ(Send(sender, server.GetUrl("/")).error, DeliveryError::TimedOut);
    EXPECT_EQ(server.GetRequests().size(), 2u);
  }

  TEST(DeliverySender, ProxyOfTheEnvironmentIsIgnored)
  {
    LocalHttpServer proxy(AnswerStatus(200));
    LocalHttpServer server(AnswerStatus(201));
    ::setenv("http_proxy", proxy.GetUrl("").c_str(), 1);
    ::setenv("ALL_PROXY", proxy.GetUrl("").c_str(), 1);

    const DeliveryOutcome outcome = SendTo(server, "/");
    ::unsetenv("http_proxy");
    ::unsetenv("ALL_PROXY");

    EXPECT_EQ(outcome.httpStatus, 201u);
    EXPECT_TRUE(proxy.GetRequests().empty());
  }

  TEST(DeliverySender, SilentReceiverDoesNotBlockOthers)
  {
    LocalHttpServer silent(AnswerNothing());
    LocalHttpServer server(AnswerStatus(200));
    DeliverySender sender(AddressPolicy(GetLoopback()), AllowAll, TIMEOUT_SECONDS);
    sender.Start(MakeRequest(silent.GetUrl("/1"), "silent1"));
    sender.Start(MakeRequest(silent.GetUrl("/2"), "silent2"));
    sender.Start(MakeRequest(server.GetUrl("/"), "quick"));

    const std::vector<DeliveryOutcome> outcomes = sender.Wait(LONG_MILLISECONDS);

    ASSERT_EQ(outcomes.size(), 1u);
    EXPECT_EQ(outcomes[0].id, "quick");
    EXPECT_EQ(sender.CountAll(), 2u);
    EXPECT_EQ(sender.CountTo(WebUrl::Parse(silent.GetUrl("/3"))), 2u);
    EXPECT_EQ(sender.CountTo(WebUrl::Parse(server.GetUrl("/"))), 0u);
    EXPECT_TRUE(sender.IsSending("silent1"));
    EXPECT_FALSE(sender.IsSending("quick"));
  }

  TEST(DeliverySender, CanBeWoken)
  {
    DeliverySender sender(AddressPolicy({}), AllowAll, TIMEOUT_SECONDS);
    boost::thread waker([&] { sender.WakeUp(); });

    EXPECT_TRUE(sender.Wait(LONG_MILLISECONDS).empty());

    waker.join();
    EXPECT_TRUE(sender.Wait(1).empty());
  }
} // namespace OrthancPlugins
