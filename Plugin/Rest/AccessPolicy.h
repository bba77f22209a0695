// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "../Core/Settings.h"

#include <optional>
#include <string>

namespace OrthancPlugins
{
  /**
   * What one user may see of the jobs, archives and streams; what may not be seen is answered as what
   * does not exist. Everything, unless users see their own only. Immutable, hence thread-safe.
   **/
  class AccessPolicy
  {
  public:
    // Absent or empty: nobody knows who asks, who therefore owns nothing
    AccessPolicy(const JobSettings& settings, const std::optional<std::string>& user);

    // An empty owner is unknown, and nobody's
    bool MaySee(const std::string& owner) const;

    // What is not of this plugin has no owner
    bool MaySeeForeign() const { return seesAll_; }

  private:
    bool seesAll_;
    std::string user_;
  };
} // namespace OrthancPlugins
