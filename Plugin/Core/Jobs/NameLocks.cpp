// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "NameLocks.h"

#include <boost/thread/lock_guard.hpp>
#include <boost/thread/lock_types.hpp>
#include <boost/thread/thread_only.hpp>

namespace OrthancPlugins
{
  NameLocks::Lock::Lock(NameLocks& locks, const std::string& name)
    : locks_(locks),
      name_(name)
  {
    const boost::this_thread::disable_interruption uninterrupted;
    boost::unique_lock<boost::mutex> lock(locks_.mutex_);
    while (!locks_.taken_.insert(name_).second)
    {
      locks_.released_.wait(lock);
    }
  }

  NameLocks::Lock::~Lock()
  {
    const boost::lock_guard<boost::mutex> lock(locks_.mutex_);
    locks_.taken_.erase(name_);
    locks_.released_.notify_all();
  }
} // namespace OrthancPlugins
