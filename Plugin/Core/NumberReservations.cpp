// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "NumberReservations.h"

#include <algorithm>
#include <utility>

#include <boost/thread/lock_guard.hpp>

namespace OrthancPlugins
{
  NumberReservations::Turn::Turn(NumberReservations& reservations, std::string key)
    : reservations_(reservations),
      key_(std::move(key))
  {
    const boost::lock_guard<boost::mutex> lock(reservations_.mutex_);
    reservations_.entries_[key_].turnsCount++;
  }

  NumberReservations::Turn::~Turn()
  {
    const boost::lock_guard<boost::mutex> lock(reservations_.mutex_);
    const auto found = reservations_.entries_.find(key_);
    found->second.turnsCount--;
    if (found->second.turnsCount == 0)
    {
      reservations_.entries_.erase(found);
    }
  }

  std::uint32_t NumberReservations::Turn::Take(std::uint32_t highestStored)
  {
    const boost::lock_guard<boost::mutex> lock(reservations_.mutex_);
    Entry& entry = reservations_.entries_[key_];
    entry.highestTaken = std::max(entry.highestTaken, highestStored) + 1;
    return entry.highestTaken;
  }
} // namespace OrthancPlugins
