// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "LocalHttpServer.h"

#include <boost/thread.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cctype>
#include <cstdlib>
#include <set>
#include <stdexcept>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace OrthancPlugins
{
  namespace
  {
    using Request = LocalHttpServer::Request;

    // False: the client has gone before
    bool ReadMore(int descriptor, std::string& text)
    {
      std::array<char, 4096> buffer = {};
      const ssize_t count = ::recv(descriptor, buffer.data(), buffer.size(), 0);
      if (count > 0)
      {
        text.append(buffer.data(), static_cast<std::size_t>(count));
      }
      return count > 0;
    }

    std::string TakeLine(std::string& text)
    {
      const std::size_t end = text.find("\r\n");
      const std::string line = text.substr(0, end);
      text.erase(0, end + 2);
      return line;
    }

    void ParseHeaders(std::string text, Request& request)
    {
      const std::string first = TakeLine(text);
      const std::size_t space = first.find(' ');
      request.method = first.substr(0, space);
      request.target = first.substr(space + 1, first.rfind(' ') - space - 1);
      for (std::string line = TakeLine(text); !line.empty(); line = TakeLine(text))
      {
        const std::size_t colon = line.find(": ");
        std::string name = line.substr(0, colon);
        std::transform(name.begin(), name.end(), name.begin(),
                       [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
        request.headers[name] = line.substr(colon + 2);
      }
    }

    bool ReadRequest(int descriptor, Request& request)
    {
      std::string text;
      std::size_t end = std::string::npos;
      while ((end = text.find("\r\n\r\n")) == std::string::npos)
      {
        if (!ReadMore(descriptor, text))
        {
          return false;
        }
      }
      ParseHeaders(text.substr(0, end + 4), request);
      request.body = text.substr(end + 4);
      const std::size_t length =
        std::strtoul(request.headers["content-length"].c_str(), nullptr, 10);
      while (request.body.size() < length)
      {
        if (!ReadMore(descriptor, request.body))
        {
          return false;
        }
      }
      return true;
    }

    void SendAll(int descriptor, const std::string& text)
    {
      std::size_t done = 0;
      while (done < text.size())
      {
        const ssize_t count =
          ::send(descriptor, text.data() + done, text.size() - done, MSG_NOSIGNAL);
        if (count <= 0)
        {
          return;
        }
        done += static_cast<std::size_t>(count);
      }
    }
  } // namespace

  struct LocalHttpServer::PImpl
  {
    Answerer answerer;
    int listener = -1;
    unsigned port = 0;
    mutable boost::mutex mutex;
    mutable boost::condition_variable changed;
    std::vector<Request> requests;
    std::set<int> open;
    bool isStopping = false;
    boost::thread_group connections;
    boost::thread acceptor;

    void Listen()
    {
      listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
      sockaddr_in address = {};
      address.sin_family = AF_INET;
      address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      socklen_t size = sizeof(address);
      if (::bind(listener, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
          ::listen(listener, 100) != 0 ||
          ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) != 0)
      {
        throw std::runtime_error("Cannot listen on loopback");
      }
      port = ntohs(address.sin_port);
    }

    void Accept()
    {
      for (;;)
      {
        const int descriptor = ::accept(listener, nullptr, nullptr);
        const boost::mutex::scoped_lock lock(mutex);
        if (descriptor < 0 || isStopping)
        {
          ::close(descriptor);
          return;
        }
        open.insert(descriptor);
        connections.create_thread([this, descriptor] { Serve(descriptor); });
      }
    }

    void Serve(int descriptor)
    {
      Request request;
      if (ReadRequest(descriptor, request))
      {
        Answer(descriptor, request);
      }
      const boost::mutex::scoped_lock lock(mutex);
      open.erase(descriptor);
      ::close(descriptor);
    }

    void Answer(int descriptor, const Request& request)
    {
      std::size_t number = 0;
      {
        const boost::mutex::scoped_lock lock(mutex);
        number = requests.size();
        requests.push_back(request);
        changed.notify_all();
      }
      const std::string answer = answerer(request, number);
      SendAll(descriptor, answer);
      boost::mutex::scoped_lock lock(mutex);
      while (answer.empty() && !isStopping)
      {
        changed.wait(lock);
      }
    }

    void Stop()
    {
      {
        const boost::mutex::scoped_lock lock(mutex);
        isStopping = true;
        changed.notify_all();
        for (const int descriptor : open)
        {
          ::shutdown(descriptor, SHUT_RDWR);
        }
      }
      ::shutdown(listener, SHUT_RDWR);
      acceptor.join();
      connections.join_all();
      ::close(listener);
    }
  };

  LocalHttpServer::LocalHttpServer(Answerer answerer)
    : pimpl_(std::make_unique<PImpl>())
  {
    pimpl_->answerer = std::move(answerer);
    pimpl_->Listen();
    pimpl_->acceptor = boost::thread([this] { pimpl_->Accept(); });
  }

  LocalHttpServer::~LocalHttpServer()
  {
    pimpl_->Stop();
  }

  unsigned LocalHttpServer::GetPort() const
  {
    return pimpl_->port;
  }

  std::string LocalHttpServer::GetUrl(const std::string& path) const
  {
    return "http://127.0.0.1:" + std::to_string(pimpl_->port) + path;
  }

  std::vector<LocalHttpServer::Request> LocalHttpServer::GetRequests() const
  {
    const boost::mutex::scoped_lock lock(pimpl_->mutex);
    return pimpl_->requests;
  }

  void LocalHttpServer::WaitForRequests(std::size_t count) const
  {
    boost::mutex::scoped_lock lock(pimpl_->mutex);
    while (pimpl_->requests.size() < count)
    {
      pimpl_->changed.wait(lock);
    }
  }

  std::string LocalHttpServer::MakeAnswer(unsigned status, const std::string& headers)
  {
    return "HTTP/1.1 " + std::to_string(status) + " Text\r\n" + headers +
           "Content-Length: 2\r\nConnection: close\r\n\r\n{}";
  }
} // namespace OrthancPlugins
