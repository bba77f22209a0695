// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "CrcMemory.h"

#include "Sha256.h"

#include <algorithm>
#include <cstring>
#include <string>

namespace OrthancPlugins
{
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

  CrcMemory::Key CrcMemory::MakeKey(const StoredInstance& instance)
  {
    std::string text = std::to_string(instance.sizeBytes);
    if (!instance.attachmentUuid.empty())
    {
      text += " attachment " + instance.attachmentUuid;
    }
    else
    {
      text += " instance " + instance.id;
      text += instance.receptionUtc.has_value() ? " " + std::to_string(*instance.receptionUtc) : "";
    }
    Sha256 sha;
    sha.Begin();
    sha.Update(text.data(), text.size());
    const Sha256Digest digest = sha.End();
    Key key;
    std::copy_n(digest.begin(), key.size(), key.begin());
    return key;
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
