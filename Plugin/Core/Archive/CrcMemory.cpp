// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "CrcMemory.h"

#include "Sha256.h"

#include "../Uuid.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>

namespace OrthancPlugins
{
  namespace
  {
    using Bytes = std::array<unsigned char, 16>;

    unsigned char GetDigit(char c)
    {
      return static_cast<unsigned char>(c <= '9' ? c - '0' : c - 'a' + 10);
    }

    Bytes ParseUuid(std::string_view uuid)
    {
      Bytes bytes = {};
      std::size_t digits = 0;
      for (const char c : uuid)
      {
        if (c != '-')
        {
          unsigned char& byte = bytes[digits / 2];
          byte = static_cast<unsigned char>(byte << 4 | GetDigit(c));
          digits++;
        }
      }
      return bytes;
    }

    Bytes DigestText(std::string_view text)
    {
      Sha256 sha;
      sha.Begin();
      sha.Update(text.data(), text.size());
      const Sha256Digest digest = sha.End();
      Bytes bytes;
      std::copy_n(digest.begin(), bytes.size(), bytes.begin());
      return bytes;
    }
  } // namespace

  CrcMemory::CrcMemory(std::size_t maxEntries)
    : maxEntries_(std::max<std::size_t>(1, maxEntries))
  {
  }

  std::size_t CrcMemory::KeyHash::operator()(const Key& key) const
  {
    std::size_t hash = 0;
    std::memcpy(&hash, key.data(), sizeof(hash));
    return hash;
  }

  // Asked for once per entry of each archive: no digest of what is unique already
  CrcMemory::Key CrcMemory::MakeKey(const StoredInstance& instance)
  {
    const std::string& uuid = instance.attachmentUuid;
    if (IsUuid(uuid))
    {
      return ParseUuid(uuid);
    }
    std::string text = std::to_string(instance.sizeBytes);
    if (!uuid.empty())
    {
      text += " attachment " + uuid;
    }
    else
    {
      text += " instance " + instance.id;
      text += instance.receptionUtc.has_value() ? " " + std::to_string(*instance.receptionUtc) : "";
    }
    return DigestText(text);
  }

  void CrcMemory::Remember(const StoredInstance& instance, std::uint32_t crc32)
  {
    const Key key = MakeKey(instance);
    const boost::lock_guard<boost::mutex> lock(mutex_);
    const auto found = index_.find(key);
    if (found != index_.end())
    {
      found->second->crc32 = crc32;
      items_.splice(items_.begin(), items_, found->second);
      return;
    }
    if (items_.size() >= maxEntries_)
    {
      index_.erase(items_.back().key);
      items_.pop_back();
    }
    items_.push_front(Item{key, crc32});
    index_.emplace(key, items_.begin());
  }

  std::optional<std::uint32_t> CrcMemory::Find(const StoredInstance& instance)
  {
    const Key key = MakeKey(instance);
    const boost::lock_guard<boost::mutex> lock(mutex_);
    const auto found = index_.find(key);
    if (found == index_.end())
    {
      return std::nullopt;
    }
    items_.splice(items_.begin(), items_, found->second);
    return found->second->crc32;
  }

  void CrcMemory::Forget(const StoredInstance& instance)
  {
    const Key key = MakeKey(instance);
    const boost::lock_guard<boost::mutex> lock(mutex_);
    const auto found = index_.find(key);
    if (found != index_.end())
    {
      items_.erase(found->second);
      index_.erase(found);
    }
  }

  std::size_t CrcMemory::GetEntriesCount() const
  {
    const boost::lock_guard<boost::mutex> lock(mutex_);
    return items_.size();
  }
} // namespace OrthancPlugins
