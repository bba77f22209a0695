// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include <cstdint>
#include <map>
#include <string>

#include <boost/thread/mutex.hpp>

namespace OrthancPlugins
{
  /**
   * Numbers that must differ among what is being added to one study or series at the same time. The
   * server tells the highest one that is stored; whoever asked and has not stored yet is known here
   * only. No lock is held while the server is asked. Thread-safe.
   *
   * Order: a Turn begins, then the server is asked for the highest number, Take(), then the object is
   * stored, then the Turn ends. Turns that overlap never get the same number: a number that was taken
   * is remembered until no Turn is left that began before it was stored.
   **/
  class NumberReservations
  {
  public:
    class Turn
    {
    public:
      // "key": of the study or the series. The reservations must outlive the turn
      Turn(NumberReservations& reservations, std::string key);
      ~Turn();
      Turn(const Turn&) = delete;
      Turn& operator=(const Turn&) = delete;

      // A number above all that are stored and all that were taken
      std::uint32_t Take(std::uint32_t highestStored);

    private:
      NumberReservations& reservations_;
      std::string key_;
    };

  private:
    struct Entry
    {
      unsigned turnsCount = 0;
      std::uint32_t highestTaken = 0;
    };

    boost::mutex mutex_;
    std::map<std::string, Entry> entries_;
  };
} // namespace OrthancPlugins
