// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include <cstdint>

#include <boost/thread/condition_variable.hpp>
#include <boost/thread/mutex.hpp>

namespace OrthancPlugins
{
  // Wakes the one thread that waits for something to do. Thread-safe
  class WorkSignal
  {
  public:
    void Wake();

    // Until Wake() was called since the last time, or the time is over. An interruption point of
    // Boost.Thread
    void Wait(std::int64_t timeoutMicroseconds);

  private:
    boost::mutex mutex_;
    boost::condition_variable woken_;
    bool hasWork_ = false;
  };
} // namespace OrthancPlugins
