// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "LabelLimit.h"

#include <boost/thread/lock_guard.hpp>

#include <algorithm>

namespace OrthancPlugins
{
  namespace
  {
    constexpr std::size_t MAX_LENGTH = 64;

    // Visible ASCII without what has to be escaped: templates of URIs too
    bool IsPlain(const std::string& value)
    {
      return !value.empty() && value.size() <= MAX_LENGTH &&
             std::all_of(value.begin(), value.end(),
                         [](char c) { return c > ' ' && c < 0x7F && c != '"' && c != '\\'; });
    }
  } // namespace

  std::string LabelLimit::Apply(const std::string& value)
  {
    if (!IsPlain(value))
    {
      return "other";
    }
    const boost::lock_guard<boost::mutex> lock(mutex_);
    if (values_.count(value) == 0 && values_.size() >= maxValues_)
    {
      return "other";
    }
    values_.insert(value);
    return value;
  }
} // namespace OrthancPlugins
