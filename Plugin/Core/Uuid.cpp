// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "Uuid.h"

#include "Failure.h"

#include <array>
#include <cerrno>
#include <cstddef>

#include <sys/random.h>

namespace OrthancPlugins
{
  namespace
  {
    constexpr std::size_t UUID_BYTES = 16;
    constexpr std::size_t UUID_CHARACTERS = 36;

    using UuidBytes = std::array<unsigned char, UUID_BYTES>;

    void FillRandomly(UuidBytes& bytes)
    {
      std::size_t done = 0;
      while (done < bytes.size())
      {
        const ssize_t count = ::getrandom(bytes.data() + done, bytes.size() - done, 0);
        if (count > 0)
        {
          done += static_cast<std::size_t>(count);
        }
        else if (errno != EINTR)
        {
          throw Failure(FailureKind::Internal, "The system gives no random numbers");
        }
      }
    }

    bool IsDashPosition(std::size_t position)
    {
      return position == 8 || position == 13 || position == 18 || position == 23;
    }

    bool IsLowerHex(char c)
    {
      return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    }
  } // namespace

  std::string GenerateUuid()
  {
    static const char* const DIGITS = "0123456789abcdef";

    UuidBytes bytes{};
    FillRandomly(bytes);
    bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0f) | 0x40); // version 4
    bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3f) | 0x80); // variant of RFC 9562

    std::string text;
    text.reserve(UUID_CHARACTERS);
    for (const unsigned char byte : bytes)
    {
      if (IsDashPosition(text.size()))
      {
        text.push_back('-');
      }
      text.push_back(DIGITS[byte >> 4]);
      text.push_back(DIGITS[byte & 0x0f]);
    }
    return text;
  }

  bool IsUuid(std::string_view text)
  {
    if (text.size() != UUID_CHARACTERS)
    {
      return false;
    }
    for (std::size_t i = 0; i < text.size(); i++)
    {
      if (IsDashPosition(i) ? text[i] != '-' : !IsLowerHex(text[i]))
      {
        return false;
      }
    }
    return true;
  }
} // namespace OrthancPlugins
