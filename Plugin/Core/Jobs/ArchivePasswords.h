// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include <boost/thread/mutex.hpp>

#include <functional>
#include <map>
#include <optional>
#include <string>

namespace OrthancPlugins
{
  /**
   * Passwords of archives that are to be encrypted, by identifier of the archive: in memory only, so a
   * restart loses them. Thread-safe.
   **/
  class ArchivePasswords
  {
  public:
    ArchivePasswords() = default;
    ~ArchivePasswords();

    ArchivePasswords(const ArchivePasswords&) = delete;
    ArchivePasswords& operator=(const ArchivePasswords&) = delete;

    void Set(const std::string& archiveId, const std::string& password);
    std::optional<std::string> Find(const std::string& archiveId) const;
    void Forget(const std::string& archiveId);

    // Those of archives that are gone
    void ForgetUnless(const std::function<bool(const std::string& archiveId)>& isKnown);

  private:
    mutable boost::mutex mutex_;
    std::map<std::string, std::string> passwords_;
  };
} // namespace OrthancPlugins
