// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../../Plugin/Core/Notify/WebUrl.h"

#include "../../../Plugin/Core/Failure.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace OrthancPlugins
{
  namespace
  {
    bool IsRefused(const std::string& text)
    {
      try
      {
        WebUrl::Parse(text);
      }
      catch (const Failure& failure)
      {
        EXPECT_EQ(failure.GetKind(), FailureKind::OutOfRange);
        return true;
      }
      return false;
    }
  } // namespace

  TEST(WebUrl, RefusesWhatReadersDisagreeAbout)
  {
    const std::string rows[] = {
      // No URL of the Web
      "",
      "/",
      "host",
      "host/path",
      "//host/",
      "http:",
      "http:/host/",
      "http:host",
      "://host/",
      "ftp://host/",
      "file:///etc/passwd",
      "gopher://host/",
      "dict://host/",
      "httpss://host/",
      "http ://host/",
      "javascript:x//http://host/",
      " http://host/",
      "http://host/ ",
      // Host
      "http://",
      "http:///path",
      "http://?q",
      "http://.host/",
      "http://host./",
      "http://a..b/",
      "http://-host/",
      "http://host-/",
      "http://h%6fst/",
      "http://ho st/",
      "http://h\xc3\xb6st/",
      "http://" + std::string(64, 'a') + "/",
      "http://a_b.c!d/",
      "http://host\\@other/",
      "http://a,b/",
      "http://*/",
      // User information
      "http://user@host/",
      "http://user:password@host/",
      "http://@host/",
      "http://host@/",
      "http://allowed.org@evil.org/",
      "http://allowed.org:80@evil.org/",
      "http://a%40b@host/",
      // Addresses in disguise
      "http://127.1/",
      "http://2130706433/",
      "http://0x7f000001/",
      "http://0x7f.0.0.1/",
      "http://0177.0.0.1/",
      "http://127.0.0.01/",
      "http://127.0.0.1.5/",
      "http://127.0.0.0x1/",
      "http://256.0.0.1/",
      "http://1.2.3/",
      "http://017700000001/",
      "http://a.0x/",
      "http://[::1",
      "http://::1/",
      "http://[]/",
      "http://[::1]x/",
      "http://[::1%25lo]/",
      "http://[::1%lo]/",
      "http://[127.0.0.1]/",
      "http://[1:2]/",
      "http://x[::1]/",
      "http://[::g]/",
      "http://[v1.x]/",
      // Port
      "http://host:/",
      "http://host:0/",
      "http://host:080/",
      "http://host:65536/",
      "http://host:-1/",
      "http://host:+80/",
      "http://host:80x/",
      "http://host:80:80/",
      "http://host: 80/",
      "http://host:99999999999999999999/",
      "http://[::1]:/",
      // Path
      "http://host/..",
      "http://host/../a",
      "http://host/a/..",
      "http://host/a/../b",
      "http://host/.",
      "http://host/./a",
      "http://host/a/./b",
      "http://host/%2e%2e/a",
      "http://host/.%2E/a",
      "http://host/%2e/a",
      "http://host/a%2fb",
      "http://host/a%2F..%2fb",
      "http://host/a%5cb",
      "http://host/a\\b",
      "http://host\\a",
      "http://host/..;/a",
      "http://host/..;x=1/a",
      "http://host/.;/a",
      "http://host/%2e%2e%3b/a",
      "http://host/..%3b/a",
      "http://host/%252e%252e/a",
      "http://host/%25",
      "http://host/%",
      "http://host/%2",
      "http://host/%zz",
      "http://host/%0a",
      "http://host/a%00b",
      "http://host/%7f",
      // Anywhere
      "http://host/#",
      "http://host/#fragment",
      "http://host#@evil.org/",
      "http://host/?q#f",
      "http://host/a b",
      "http://host/\t",
      "http://host/\r\nX: y",
      "http://host/\n",
      std::string("http://host/\0", 13),
      "http://host/\x7f",
      "http://host/\x80",
      "http://host/<a>",
      "http://host/\"",
      "http://host/{a}",
      "http://host/^",
      "http://host/`",
      "http://host/|",
      "http://host/?a=%",
      "http://host/?a=%0d%0aX",
      "http://host/?a b",
      "http://host/" + std::string(2048, 'a'),
    };
    for (const std::string& row : rows)
    {
      EXPECT_TRUE(IsRefused(row)) << row;
    }
  }

  TEST(WebUrl, HasOneNormalForm)
  {
    const std::pair<const char*, const char*> rows[] = {
      {"http://host", "http://host/"},
      {"HTTP://HOST", "http://host/"},
      {"hTTps://Host.Example.ORG", "https://host.example.org/"},
      {"http://host:80/", "http://host/"},
      {"https://host:443/a", "https://host/a"},
      {"http://host:443/a", "http://host:443/a"},
      {"https://host:80/a", "https://host:80/a"},
      {"http://host:8042/a/b/", "http://host:8042/a/b/"},
      {"http://host?q", "http://host/?q"},
      {"http://host/?", "http://host/?"},
      {"http://host/a?b=c&d=%2e%2F..", "http://host/a?b=c&d=.%2F.."},
      {"http://host/a?b/../c", "http://host/a?b/../c"},
      {"http://host/%41%7e%5f%2d", "http://host/A~_-"},
      {"http://host/%c3%b6", "http://host/%C3%B6"},
      {"http://host/a%20b", "http://host/a%20b"},
      {"http://host//a", "http://host//a"},
      {"http://host/...", "http://host/..."},
      {"http://host/a..b/.well-known", "http://host/a..b/.well-known"},
      {"http://host/a;b=c", "http://host/a;b=c"},
      {"http://host/a@b:c", "http://host/a@b:c"},
      {"http://3f2a9c0d:1/", "http://3f2a9c0d:1/"},
      {"http://my_service/", "http://my_service/"},
      {"http://xn--hst-sna/", "http://xn--hst-sna/"},
      {"http://192.0.2.1/", "http://192.0.2.1/"},
      {"http://[::1]:8042/a", "http://[::1]:8042/a"},
      {"http://[0:0:0:0:0:0:0:1]/", "http://[::1]/"},
      {"http://[FE80::0001]/", "http://[fe80::1]/"},
      {"http://[::FFFF:7f00:1]/", "http://[::ffff:127.0.0.1]/"},
    };
    for (const auto& [text, normal] : rows)
    {
      EXPECT_EQ(WebUrl::Parse(text).Format(), normal);
      EXPECT_EQ(WebUrl::Parse(normal).Format(), normal);
    }
  }

  TEST(WebUrl, ResolvesReferences)
  {
    const WebUrl base = WebUrl::Parse("https://host:8443/a/b?c");
    const std::pair<const char*, const char*> rows[] = {
      {"", "https://host:8443/a/b"},
      {"?d", "https://host:8443/a/b?d"},
      {"d", "https://host:8443/a/d"},
      {"d/e?f", "https://host:8443/a/d/e?f"},
      {"/d", "https://host:8443/d"},
      {"/d?http://other/", "https://host:8443/d?http://other/"},
      {"//other/d", "https://other/d"},
      {"http://other/d", "http://other/d"},
      {"HTTPS://other", "https://other/"},
    };
    for (const auto& [reference, url] : rows)
    {
      EXPECT_EQ(base.Resolve(reference).Format(), url) << reference;
    }
    for (const char* const reference :
         {"../d", "./d", ".", "/../d", "//", "///d", "//user@other/", "mailto:a", "d:e", ":d",
          "ftp://host/", "#d", "/d#e", "\\\\other\\d", "/\\other", "\thttp://other/"})
    {
      EXPECT_THROW(base.Resolve(reference), Failure) << reference;
    }
  }

  TEST(WebUrl, PublicFormHasNoQuery)
  {
    const WebUrl url = WebUrl::Parse("https://Host:8443/hook?token=secret");

    EXPECT_EQ(url.FormatPublic(), "https://host:8443/hook");
    EXPECT_EQ(url.FormatOrigin(), "https://host:8443");
    EXPECT_TRUE(url.isSecure);
    EXPECT_EQ(url.port, 8443u);
  }

  TEST(WebUrl, ComparesEveryPart)
  {
    const WebUrl url = WebUrl::Parse("http://host/a?b");

    EXPECT_EQ(url, WebUrl::Parse("HTTP://Host:80/%61?b"));
    for (const char* const other : {"https://host:80/a?b", "http://host2/a?b", "http://host:81/a?b",
                                    "http://host/A?b", "http://host/a?c", "http://host/a"})
    {
      EXPECT_NE(url, WebUrl::Parse(other)) << other;
    }
  }
} // namespace OrthancPlugins
