// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "AddressPolicy.h"

#include "../Failure.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstring>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace OrthancPlugins
{
  namespace
  {
    using Block = AddressPolicy::Block;

    constexpr unsigned ADDRESS_BITS = 128;
    constexpr unsigned MAPPED_BITS = 96;
    constexpr std::size_t IPV4_OFFSET = 12;

    IpAddress MakeMapped(const unsigned char* ipv4)
    {
      IpAddress address = {};
      address[10] = 0xff;
      address[11] = 0xff;
      std::copy_n(ipv4, 4, address.begin() + IPV4_OFFSET);
      return address;
    }

    bool Contains(const Block& block, const IpAddress& address)
    {
      const std::size_t bytes = block.bits / 8;
      if (!std::equal(address.begin(), address.begin() + static_cast<std::ptrdiff_t>(bytes),
                      block.address.begin()))
      {
        return false;
      }
      const unsigned rest = block.bits % 8;
      return rest == 0 || ((address[bytes] ^ block.address[bytes]) >> (8 - rest)) == 0;
    }

    std::optional<Block> FindBlock(const std::string& text)
    {
      const std::size_t slash = text.find('/');
      const std::optional<IpAddress> address = ParseIpAddress(text.substr(0, slash));
      if (!address.has_value())
      {
        return std::nullopt;
      }
      const bool isIpv6 = text.find(':') != std::string::npos;
      const unsigned offset = isIpv6 ? 0 : MAPPED_BITS;
      unsigned bits = ADDRESS_BITS - offset;
      if (slash != std::string::npos)
      {
        const char* const end = text.data() + text.size();
        const auto [next, error] = std::from_chars(text.data() + slash + 1, end, bits);
        if (error != std::errc() || next != end || bits > ADDRESS_BITS - offset)
        {
          return std::nullopt;
        }
      }
      return Block{*address, bits + offset};
    }

    bool HasOnlyPrefix(const Block& block)
    {
      for (unsigned bit = block.bits; bit < ADDRESS_BITS; bit++)
      {
        if ((block.address[bit / 8] >> (7 - bit % 8)) & 1)
        {
          return false;
        }
      }
      return true;
    }

    Block ParseBlock(const std::string& text)
    {
      const std::optional<Block> block = FindBlock(text);
      if (!block.has_value())
      {
        throw Failure(FailureKind::OutOfRange,
                      "is neither an IP address nor a block of addresses such as 10.1.0.0/16");
      }
      if (!HasOnlyPrefix(*block))
      {
        throw Failure(FailureKind::OutOfRange, "has bits of the address behind its prefix");
      }
      return *block;
    }

    std::vector<Block> ParseBlocks(const std::vector<std::string>& texts)
    {
      std::vector<Block> blocks;
      blocks.reserve(texts.size());
      for (const std::string& text : texts)
      {
        blocks.push_back(ParseBlock(text));
      }
      return blocks;
    }

    constexpr Block MakeIpv4Block(unsigned char a, unsigned char b, unsigned char c, unsigned bits)
    {
      return Block{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, 0}, MAPPED_BITS + bits};
    }

    // The IANA registries of special-purpose addresses (RFC 6890), and multicast
    constexpr Block SPECIAL_IPV4[] = {
      MakeIpv4Block(0, 0, 0, 8),       // this network
      MakeIpv4Block(10, 0, 0, 8),      // private (RFC 1918)
      MakeIpv4Block(100, 64, 0, 10),   // carrier-grade NAT (RFC 6598)
      MakeIpv4Block(127, 0, 0, 8),     // loopback
      MakeIpv4Block(169, 254, 0, 16),  // link-local, and the metadata of clouds
      MakeIpv4Block(172, 16, 0, 12),   // private
      MakeIpv4Block(192, 0, 0, 24),    // IETF protocols
      MakeIpv4Block(192, 0, 2, 24),    // documentation (RFC 5737)
      MakeIpv4Block(192, 88, 99, 24),  // relays of 6to4 (RFC 7526)
      MakeIpv4Block(192, 168, 0, 16),  // private
      MakeIpv4Block(198, 18, 0, 15),   // benchmarks
      MakeIpv4Block(198, 51, 100, 24), // documentation
      MakeIpv4Block(203, 0, 113, 24),  // documentation
      MakeIpv4Block(224, 0, 0, 4),     // multicast
      MakeIpv4Block(240, 0, 0, 4),     // reserved, and broadcast
    };

    // Outside of this block nothing is global unicast: the loopback, unspecified, IPv4-compatible,
    // unique local, link-local and multicast addresses lie there
    constexpr Block GLOBAL_UNICAST = {{0x20}, 3};

    // Inside of it
    constexpr Block SPECIAL_IPV6[] = {
      {{0x20, 0x01, 0x00}, 23},       // IETF protocols, Teredo among them
      {{0x20, 0x01, 0x0d, 0xb8}, 32}, // documentation
      {{0x20, 0x02}, 16},             // 6to4: embeds any IPv4 address
      {{0x3f, 0xff}, 20},             // documentation (RFC 9637)
    };

    constexpr Block MAPPED = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, MAPPED_BITS};
    constexpr Block NAT64 = {{0x00, 0x64, 0xff, 0x9b}, 96}; // the well-known prefix (RFC 6052)

    template <typename Blocks>
    bool IsInOne(const Blocks& blocks, const IpAddress& address)
    {
      return std::any_of(std::begin(blocks), std::end(blocks),
                         [&](const Block& block) { return Contains(block, address); });
    }

    bool IsPublic(const IpAddress& address)
    {
      return Contains(MAPPED, address)
               ? !IsInOne(SPECIAL_IPV4, address)
               : Contains(GLOBAL_UNICAST, address) && !IsInOne(SPECIAL_IPV6, address);
    }

    // Where a NAT64 gateway connects to
    IpAddress Unwrap(const IpAddress& address)
    {
      return Contains(NAT64, address) ? MakeMapped(&address[IPV4_OFFSET]) : address;
    }
  } // namespace

  std::optional<IpAddress> ParseIpAddress(const std::string& text)
  {
    IpAddress address = {};
    if (::inet_pton(AF_INET6, text.c_str(), address.data()) == 1)
    {
      return address;
    }
    std::array<unsigned char, 4> ipv4 = {};
    if (::inet_pton(AF_INET, text.c_str(), ipv4.data()) == 1)
    {
      return MakeMapped(ipv4.data());
    }
    return std::nullopt;
  }

  AddressPolicy::AddressPolicy(const std::vector<std::string>& allowedBlocks)
    : allowed_(ParseBlocks(allowedBlocks))
  {
  }

  bool AddressPolicy::Allows(const IpAddress& address) const
  {
    const IpAddress target = Unwrap(address);
    return IsPublic(target) || IsInOne(allowed_, target);
  }

  bool AddressPolicy::Allows(const sockaddr& address, std::size_t sizeBytes) const
  {
    if (address.sa_family == AF_INET && sizeBytes >= sizeof(sockaddr_in))
    {
      sockaddr_in ipv4 = {};
      std::memcpy(&ipv4, &address, sizeof(ipv4));
      std::array<unsigned char, 4> bytes = {};
      std::memcpy(bytes.data(), &ipv4.sin_addr, bytes.size());
      return Allows(MakeMapped(bytes.data()));
    }
    if (address.sa_family == AF_INET6 && sizeBytes >= sizeof(sockaddr_in6))
    {
      sockaddr_in6 ipv6 = {};
      std::memcpy(&ipv6, &address, sizeof(ipv6));
      IpAddress bytes = {};
      std::memcpy(bytes.data(), &ipv6.sin6_addr, bytes.size());
      return Allows(bytes);
    }
    return false;
  }
} // namespace OrthancPlugins
