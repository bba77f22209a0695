// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../../Plugin/Core/Notify/AddressPolicy.h"

#include "../../../Plugin/Core/Failure.h"

#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <string>
#include <vector>

namespace OrthancPlugins
{
  namespace
  {
    bool IsAllowed(const std::string& address, const std::vector<std::string>& allowed = {})
    {
      const std::optional<IpAddress> parsed = ParseIpAddress(address);
      EXPECT_TRUE(parsed.has_value()) << address;
      return parsed.has_value() && AddressPolicy(allowed).Allows(*parsed);
    }
  } // namespace

  TEST(AddressPolicy, RefusesWhatIsNotPublic)
  {
    for (const char* const address : {"0.0.0.0",
                                      "0.1.2.3",
                                      "10.0.0.1",
                                      "10.255.255.255",
                                      "100.64.0.1",
                                      "100.127.255.255",
                                      "127.0.0.1",
                                      "127.255.255.254",
                                      "169.254.169.254",
                                      "172.16.0.1",
                                      "172.31.255.255",
                                      "192.0.0.1",
                                      "192.0.2.1",
                                      "192.88.99.1",
                                      "192.168.0.1",
                                      "192.168.255.255",
                                      "198.18.0.1",
                                      "198.19.255.255",
                                      "198.51.100.1",
                                      "203.0.113.1",
                                      "224.0.0.1",
                                      "239.255.255.255",
                                      "240.0.0.1",
                                      "255.255.255.255",
                                      "::",
                                      "::1",
                                      "::127.0.0.1",
                                      "::8.8.8.8",
                                      "::ffff:127.0.0.1",
                                      "::ffff:10.1.2.3",
                                      "::ffff:169.254.169.254",
                                      "::ffff:0.0.0.0",
                                      "::ffff:0:127.0.0.1",
                                      "64:ff9b::127.0.0.1",
                                      "64:ff9b::10.0.0.1",
                                      "64:ff9b:1::8.8.8.8",
                                      "100::1",
                                      "2001::1",
                                      "2001:0:7f00:1::",
                                      "2001:10::1",
                                      "2001:db8::1",
                                      "2002:7f00:1::",
                                      "2002:808:808::1",
                                      "3fff::1",
                                      "4000::1",
                                      "5f00::1",
                                      "fc00::1",
                                      "fd00::1",
                                      "fdff:ffff::1",
                                      "fe80::1",
                                      "febf::1",
                                      "fec0::1",
                                      "ff02::1",
                                      "ffff::1"})
    {
      EXPECT_FALSE(IsAllowed(address)) << address;
    }
  }

  TEST(AddressPolicy, AllowsWhatIsPublic)
  {
    for (const char* const address :
         {"1.1.1.1",          "8.8.8.8",     "9.255.255.255",        "11.0.0.0",
          "100.63.255.255",   "100.128.0.0", "126.255.255.255",      "128.0.0.1",
          "172.15.255.255",   "172.32.0.0",  "192.167.255.255",      "192.169.0.0",
          "198.17.255.255",   "198.20.0.0",  "223.255.255.255",      "::ffff:8.8.8.8",
          "64:ff9b::8.8.8.8", "2001:200::1", "2001:4860:4860::8888", "2606:4700::1111",
          "2a00::1",          "3ffe::1"})
    {
      EXPECT_TRUE(IsAllowed(address)) << address;
    }
  }

  TEST(AddressPolicy, ConfiguredBlocksAreAllowed)
  {
    EXPECT_TRUE(IsAllowed("127.0.0.1", {"127.0.0.1"}));
    EXPECT_FALSE(IsAllowed("127.0.0.2", {"127.0.0.1"}));
    EXPECT_TRUE(IsAllowed("10.1.255.1", {"10.1.0.0/16"}));
    EXPECT_FALSE(IsAllowed("10.2.0.1", {"10.1.0.0/16"}));
    EXPECT_TRUE(IsAllowed("10.1.127.1", {"10.1.0.0/17"}));
    EXPECT_FALSE(IsAllowed("10.1.128.1", {"10.1.0.0/17"}));
    EXPECT_TRUE(IsAllowed("192.168.0.1", {"10.0.0.0/8", "0.0.0.0/0"}));
    EXPECT_FALSE(IsAllowed("::1", {"0.0.0.0/0"}));
    EXPECT_TRUE(IsAllowed("::1", {"::1"}));
    EXPECT_TRUE(IsAllowed("fd12::1", {"fd00::/8"}));
    EXPECT_FALSE(IsAllowed("fe80::1", {"fd00::/8"}));
    EXPECT_TRUE(IsAllowed("8.8.8.8", {"10.0.0.0/8"}));
  }

  TEST(AddressPolicy, EmbeddedAddressIsJudged)
  {
    EXPECT_TRUE(IsAllowed("::ffff:10.0.0.1", {"10.0.0.0/8"}));
    EXPECT_TRUE(IsAllowed("64:ff9b::10.0.0.1", {"10.0.0.0/8"}));
    EXPECT_TRUE(IsAllowed("10.0.0.1", {"::ffff:10.0.0.0/104"}));
    EXPECT_FALSE(IsAllowed("::10.0.0.1", {"10.0.0.0/8"}));
    EXPECT_FALSE(IsAllowed("2002:a00:1::", {"10.0.0.0/8"}));
  }

  TEST(AddressPolicy, RefusesWrongBlocks)
  {
    for (const char* const block :
         {"", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8/8", "10.0.0.0/8 ",
          "10.0.0.0/+8", "10.0.0.1/8", "10.0.0/8", "10", "010.0.0.0/8", "localhost", "::1/129",
          "fd00::1/8", "fd00::/x", "[::1]", "*", "10.0.0.0-10.0.0.9"})
    {
      EXPECT_THROW(AddressPolicy({block}), Failure) << block;
    }
  }

  TEST(AddressPolicy, JudgesSockets)
  {
    const AddressPolicy policy({"127.0.0.1"});
    sockaddr_storage storage = {};
    const sockaddr& address = reinterpret_cast<const sockaddr&>(storage);

    sockaddr_in& ipv4 = reinterpret_cast<sockaddr_in&>(storage);
    ipv4.sin_family = AF_INET;
    inet_pton(AF_INET, "127.0.0.1", &ipv4.sin_addr);
    EXPECT_TRUE(policy.Allows(address, sizeof(sockaddr_in)));
    EXPECT_FALSE(policy.Allows(address, sizeof(sockaddr_in) - 1));
    inet_pton(AF_INET, "127.0.0.2", &ipv4.sin_addr);
    EXPECT_FALSE(policy.Allows(address, sizeof(sockaddr_in)));

    storage = {};
    sockaddr_in6& ipv6 = reinterpret_cast<sockaddr_in6&>(storage);
    ipv6.sin6_family = AF_INET6;
    inet_pton(AF_INET6, "::ffff:127.0.0.1", &ipv6.sin6_addr);
    EXPECT_TRUE(policy.Allows(address, sizeof(sockaddr_in6)));
    inet_pton(AF_INET6, "::1", &ipv6.sin6_addr);
    EXPECT_FALSE(policy.Allows(address, sizeof(sockaddr_in6)));

    storage.ss_family = AF_UNIX;
    EXPECT_FALSE(policy.Allows(address, sizeof(sockaddr_un)));
  }
} // namespace OrthancPlugins
