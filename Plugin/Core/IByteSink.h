// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include <cstddef>

namespace OrthancPlugins
{
  // Where bytes go: HTTP answer, file, memory. Not thread-safe
  class IByteSink
  {
  public:
    virtual ~IByteSink() = default;

    // Takes all bytes or throws Failure; after a failure the sink refuses further use. May block for
    // as long as the receiver is slow
    virtual void Write(const void* data, std::size_t sizeBytes) = 0;
  };
} // namespace OrthancPlugins
