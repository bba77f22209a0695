// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include <boost/thread/mutex.hpp>

#include <cstddef>
#include <set>
#include <string>

namespace OrthancPlugins
{
  /**
   * Keeps a label whose values come from elsewhere small: the first values that look like a name stay,
   * every other one is "other". Thread-safe.
   **/
  class LabelLimit
  {
  public:
    explicit LabelLimit(std::size_t maxValues)
      : maxValues_(maxValues)
    {
    }

    std::string Apply(const std::string& value);

  private:
    const std::size_t maxValues_;
    boost::mutex mutex_;
    std::set<std::string> values_;
  };
} // namespace OrthancPlugins
