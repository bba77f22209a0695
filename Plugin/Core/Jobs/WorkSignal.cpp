// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "WorkSignal.h"

#include <boost/chrono.hpp>
#include <boost/thread/lock_guard.hpp>
#include <boost/thread/lock_types.hpp>

namespace OrthancPlugins
{
  void WorkSignal::Wake()
  {
    const boost::lock_guard<boost::mutex> lock(mutex_);
    hasWork_ = true;
    woken_.notify_all();
  }

  void WorkSignal::Wait(std::int64_t timeoutMicroseconds)
  {
    const auto end =
      boost::chrono::steady_clock::now() + boost::chrono::microseconds(timeoutMicroseconds);
    boost::unique_lock<boost::mutex> lock(mutex_);
    while (!hasWork_ && woken_.wait_until(lock, end) != boost::cv_status::timeout)
    {
    }
    hasWork_ = false;
  }
} // namespace OrthancPlugins
