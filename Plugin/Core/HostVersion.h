// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include <string>
#include <string_view>
#include <tuple>

namespace OrthancPlugins
{
  // Version of the Orthanc that runs us. Routes follow the behaviour of that version where versions
  // differ. "mainline" is newer than any number
  struct HostVersion
  {
    unsigned major = 0;
    unsigned minor = 0;
    unsigned revision = 0;

    // Throws Failure(Internal) if the text is no version
    static HostVersion Parse(std::string_view text);

    // "1.12.7" or "mainline"
    std::string Format() const;

    bool IsAtLeast(unsigned otherMajor, unsigned otherMinor, unsigned otherRevision) const
    {
      return std::tie(major, minor, revision) >= std::tie(otherMajor, otherMinor, otherRevision);
    }
  };
} // namespace OrthancPlugins
