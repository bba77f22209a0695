// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "NameLocks.h"

#include <boost/chrono/duration.hpp>
#include <boost/thread/lock_guard.hpp>
#include <boost/thread/lock_types.hpp>
#include <boost/thread/thread_only.hpp>

namespace OrthancPlugins
{
  bool NameLocks::Take(const std::string& name,
                       const std::optional<std::chrono::milliseconds>& atMost)
  {
    const boost::this_thread::disable_interruption uninterrupted;
    boost::unique_lock<boost::mutex> lock(mutex_);
    const auto isFree = [&] { return taken_.count(name) == 0; }; // may be called more than once
    if (!atMost.has_value())
    {
      released_.wait(lock, isFree);
    }
    else if (!released_.wait_for(lock, boost::chrono::milliseconds(atMost->count()), isFree))
    {
      return false;
    }
    taken_.insert(name);
    return true;
  }

  NameLocks::Lock::Lock(NameLocks& locks, const std::string& name)
    : locks_(locks),
      name_(name),
      isHeld_(locks.Take(name, std::nullopt))
  {
  }

  NameLocks::Lock::Lock(NameLocks& locks, const std::string& name, std::chrono::milliseconds atMost)
    : locks_(locks),
      name_(name),
      isHeld_(locks.Take(name, atMost))
  {
  }

  NameLocks::Lock::~Lock()
  {
    if (isHeld_)
    {
      const boost::lock_guard<boost::mutex> lock(locks_.mutex_);
      locks_.taken_.erase(name_);
      locks_.released_.notify_all();
    }
  }
} // namespace OrthancPlugins
