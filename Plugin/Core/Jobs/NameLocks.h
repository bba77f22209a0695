// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include <chrono>
#include <optional>
#include <set>
#include <string>

#include <boost/thread/condition_variable.hpp>
#include <boost/thread/mutex.hpp>

namespace OrthancPlugins
{
  /**
   * One thread at a time per name, for work that takes long: no mutex is held meanwhile. Not recursive.
   * Thread-safe.
   **/
  class NameLocks
  {
  public:
    // Holds the name until it is destroyed
    class Lock
    {
    public:
      // Waits until the name is free. "locks" must outlive this object
      Lock(NameLocks& locks, const std::string& name);

      // Waits so long at most: for what may call itself while it holds the name, by way of Orthanc
      Lock(NameLocks& locks, const std::string& name, std::chrono::milliseconds atMost);
      ~Lock();

      // False if the time was over
      bool IsHeld() const { return isHeld_; }
      Lock(const Lock&) = delete;
      Lock& operator=(const Lock&) = delete;

    private:
      NameLocks& locks_;
      const std::string name_;
      const bool isHeld_;
    };

  private:
    // Absent: as long as it takes. False if the time was over
    bool Take(const std::string& name, const std::optional<std::chrono::milliseconds>& atMost);

    boost::mutex mutex_;
    boost::condition_variable released_;
    std::set<std::string> taken_;
  };
} // namespace OrthancPlugins
