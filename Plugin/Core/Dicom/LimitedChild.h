// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace OrthancPlugins
{
  // Beyond what this process has already
  struct ChildLimits
  {
    std::uint64_t memoryBytes = 0;
    unsigned processorSeconds = 0;
    unsigned seconds = 0; // of real time: more, for machines that have much else to do
  };

  /**
   * Runs "work" in a copy of this process that has limits of memory and time, no open files but standard
   * ones without an end, and whose end by a crash is nobody else's. What it changes in memory is lost;
   * what it returns comes back, unless that is more than a megabyte.
   *
   * Absent if it did not end well: it threw, crashed or met a limit, or there can be no copy now.
   * "work" must not wait for other threads, which the copy does not have. Thread-safe; never throws.
   **/
  std::optional<std::string> RunLimited(const ChildLimits& limits,
                                        const std::function<std::string()>& work);
} // namespace OrthancPlugins
