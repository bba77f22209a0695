// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace OrthancPlugins
{
  /**
   * A receiver on 127.0.0.1 that answers what the test says. One request per connection.
   **/
  class LocalHttpServer
  {
  public:
    struct Request
    {
      std::string method;
      std::string target;                         // path and query
      std::map<std::string, std::string> headers; // names in lower case
      std::string body;
    };

    // The bytes of the answer; empty: none, and the connection stays open as long as the server. Called
    // by threads of the server. "number" counts the requests from 0
    using Answerer = std::function<std::string(const Request& request, std::size_t number)>;

    explicit LocalHttpServer(Answerer answerer);
    ~LocalHttpServer();

    unsigned GetPort() const;
    std::string GetUrl(const std::string& path) const; // "http://127.0.0.1:<port><path>"

    std::vector<Request> GetRequests() const;
    void WaitForRequests(std::size_t count) const;

    static std::string MakeAnswer(unsigned status, const std::string& headers = "");

  private:
    struct PImpl;
    std::unique_ptr<PImpl> pimpl_;
  };
} // namespace OrthancPlugins
