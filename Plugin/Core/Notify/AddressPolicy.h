// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

struct sockaddr;

namespace OrthancPlugins
{
  // An IPv6 address in network order; an IPv4 one as ::ffff:a.b.c.d
  using IpAddress = std::array<unsigned char, 16>;

  // Absent if the text is no address
  std::optional<IpAddress> ParseIpAddress(const std::string& text);

  /**
   * Which addresses may be connected to: those of the public Internet, and what the configuration adds.
   * Addresses that embed an IPv4 one (mapped, NAT64) are judged by that. Immutable, hence thread-safe.
   **/
  class AddressPolicy
  {
  public:
    // CIDR blocks ("10.1.0.0/16", "fd00::/8") or single addresses. Throws Failure(OutOfRange) with a
    // text that begins with "is" or "has"
    explicit AddressPolicy(const std::vector<std::string>& allowedBlocks);

    bool Allows(const IpAddress& address) const;

    // False for every family but IPv4 and IPv6
    bool Allows(const sockaddr& address, std::size_t sizeBytes) const;

    struct Block
    {
      IpAddress address;
      unsigned bits; // of the prefix
    };

  private:
    std::vector<Block> allowed_;
  };
} // namespace OrthancPlugins
