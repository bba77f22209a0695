// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "../../Plugin/Core/IClock.h"

#include <atomic>

namespace OrthancPlugins
{
  // Stands still until told otherwise
  class ManualClock final : public IClock
  {
  public:
    std::int64_t GetNowMicroseconds() const override { return now_; }

    void Advance(std::int64_t microseconds) { now_ += microseconds; }

  private:
    std::atomic<std::int64_t> now_{1'700'000'000'000'000};
  };
} // namespace OrthancPlugins
