// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "ArchivePasswords.h"

#include <boost/thread/lock_guard.hpp>

#include <vector>

namespace OrthancPlugins
{
  namespace
  {
    void Overwrite(std::string& password)
    {
      volatile char* const bytes = password.data();
      for (std::size_t i = 0; i < password.size(); i++)
      {
        bytes[i] = '\0';
      }
    }
  } // namespace

  ArchivePasswords::~ArchivePasswords()
  {
    for (auto& [archiveId, password] : passwords_)
    {
      Overwrite(password);
    }
  }

  void ArchivePasswords::Set(const std::string& archiveId, const std::string& password)
  {
    const boost::lock_guard<boost::mutex> lock(mutex_);
    passwords_[archiveId] = password;
  }

  std::optional<std::string> ArchivePasswords::Find(const std::string& archiveId) const
  {
    const boost::lock_guard<boost::mutex> lock(mutex_);
    const auto found = passwords_.find(archiveId);
    return found == passwords_.end() ? std::nullopt : std::make_optional(found->second);
  }

  void ArchivePasswords::Forget(const std::string& archiveId)
  {
    const boost::lock_guard<boost::mutex> lock(mutex_);
    const auto found = passwords_.find(archiveId);
    if (found != passwords_.end())
    {
      Overwrite(found->second);
      passwords_.erase(found);
    }
  }

  // Asks without the lock: the answer may need others
  void
  ArchivePasswords::ForgetUnless(const std::function<bool(const std::string& archiveId)>& isKnown)
  {
    std::vector<std::string> archives;
    {
      const boost::lock_guard<boost::mutex> lock(mutex_);
      for (const auto& [archiveId, password] : passwords_)
      {
        archives.push_back(archiveId);
      }
    }
    for (const std::string& archiveId : archives)
    {
      if (!isKnown(archiveId))
      {
        Forget(archiveId);
      }
    }
  }
} // namespace OrthancPlugins
