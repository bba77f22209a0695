// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "../IDicomStore.h"

#include <boost/thread/lock_guard.hpp>
#include <boost/thread/mutex.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <unordered_map>

namespace OrthancPlugins
{
  /**
   * Remembers the CRC-32 of files that were read, up to a number: then the one that was not asked for
   * the longest is forgotten. A file is known by its attachment, which never changes; without one by
   * instance, size and date of reception. Thread-safe.
   **/
  class CrcMemory
  {
  public:
    static constexpr std::size_t USUAL_ENTRIES = 200000; // about 20 MB once it is full

    explicit CrcMemory(std::size_t maxEntries);

    void Remember(const StoredInstance& instance, std::uint32_t crc32);

    std::optional<std::uint32_t> Find(const StoredInstance& instance);

    // It has proved wrong
    void Forget(const StoredInstance& instance);

    std::size_t GetEntriesCount() const;

  private:
    // The UUID of the attachment, else the first half of a SHA-256: both save the text
    using Key = std::array<unsigned char, 16>;

    struct KeyHash
    {
      std::size_t operator()(const Key& key) const;
    };

    struct Item
    {
      Key key;
      std::uint32_t crc32;
    };

    static Key MakeKey(const StoredInstance& instance);

    const std::size_t maxEntries_;
    mutable boost::mutex mutex_;
    std::list<Item> items_; // asked for last: first
    std::unordered_map<Key, std::list<Item>::iterator, KeyHash> index_;
  };
} // namespace OrthancPlugins
