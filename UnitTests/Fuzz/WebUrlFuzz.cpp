// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "FuzzTarget.h"

#include "../../Plugin/Core/Notify/WebUrl.h"

#include <algorithm>

namespace OrthancPlugins
{
  namespace
  {
    void CheckUrl(const WebUrl& url)
    {
      const std::string text = url.Format();
      Require(WebUrl::Parse(text) == url, "a URL is the same again");
      Require(std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7F; }),
              "a URL is printable ASCII");
      Require(url.port >= 1 && url.port <= 65'535 && !url.host.empty(), "a URL has an origin");
      Require(!url.path.empty() && url.path[0] == '/', "a path begins with a slash");
      Require(url.path.find("/../") == std::string::npos &&
                url.path.find("/./") == std::string::npos,
              "a path has no dot segments");
      Require(text.find('@') == std::string::npos || text.find('@') > text.find('/', 8),
              "a URL has no user");
      Require(text.find('#') == std::string::npos, "a URL has no fragment");
      Require(url.FormatPublic().find('?') == std::string::npos, "a query is not shown");
      Require(url.HasSameOrigin(url), "an origin is its own");
    }
  } // namespace

  void FuzzWebUrl(std::string_view bytes)
  {
    FuzzInput input(bytes);
    const std::string text = input.TakeLine();
    WebUrl url;
    if (!Succeeds([&] { url = WebUrl::Parse(text); }))
    {
      return;
    }
    CheckUrl(url);
    Succeeds([&] { CheckUrl(url.Resolve(input.TakeLine())); });
  }
} // namespace OrthancPlugins
