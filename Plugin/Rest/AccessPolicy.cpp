// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "AccessPolicy.h"

#include <algorithm>

namespace OrthancPlugins
{
  namespace
  {
    bool IsAdministrator(const JobSettings& settings, const std::string& user)
    {
      return !user.empty() &&
             std::find(settings.administrators.begin(), settings.administrators.end(), user) !=
               settings.administrators.end();
    }
  } // namespace

  AccessPolicy::AccessPolicy(const JobSettings& settings, const std::optional<std::string>& user)
    : seesAll_(!settings.isOwnOnly || IsAdministrator(settings, user.value_or(""))),
      user_(user.value_or(""))
  {
  }

  bool AccessPolicy::MaySee(const std::string& owner) const
  {
    return seesAll_ || (!user_.empty() && owner == user_);
  }
} // namespace OrthancPlugins
