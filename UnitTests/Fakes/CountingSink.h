// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "../../Plugin/Core/IByteSink.h"

#include <cstdint>
#include <iterator>
#include <map>
#include <stdexcept>
#include <string>

namespace OrthancPlugins
{
  // Counts all bytes, keeps the small writes only: headers of archives that no disk of a test holds
  class CountingSink final : public IByteSink
  {
  public:
    // Larger writes are payload
    explicit CountingSink(std::size_t maxKeptBytes)
      : maxKeptBytes_(maxKeptBytes)
    {
    }

    void Write(const void* data, std::size_t sizeBytes) override
    {
      if (sizeBytes <= maxKeptBytes_)
      {
        kept_.emplace(bytesWritten_, std::string(static_cast<const char*>(data), sizeBytes));
      }
      bytesWritten_ += sizeBytes;
    }

    std::uint64_t GetBytesWritten() const { return bytesWritten_; }

    // Throws std::out_of_range if these bytes were not kept by one write
    std::string Read(std::uint64_t offset, std::size_t sizeBytes) const
    {
      const auto after = kept_.upper_bound(offset);
      if (after == kept_.begin())
      {
        throw std::out_of_range("Nothing kept before this offset");
      }
      const auto found = std::prev(after);
      const std::uint64_t skipped = offset - found->first;
      if (skipped + sizeBytes > found->second.size())
      {
        throw std::out_of_range("These bytes were not kept");
      }
      return found->second.substr(static_cast<std::size_t>(skipped), sizeBytes);
    }

  private:
    std::size_t maxKeptBytes_;
    std::uint64_t bytesWritten_ = 0;
    std::map<std::uint64_t, std::string> kept_; // offset -> bytes
  };
} // namespace OrthancPlugins
