// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "HostVersion.h"

#include "Failure.h"

#include <charconv>
#include <limits>
#include <string>

namespace OrthancPlugins
{
  namespace
  {
    // Reads a number at the beginning of the text and removes it
    unsigned TakeNumber(std::string_view& text)
    {
      unsigned value = 0;
      const std::from_chars_result result =
        std::from_chars(text.data(), text.data() + text.size(), value);
      if (result.ec != std::errc())
      {
        throw Failure(FailureKind::Internal, "The version of Orthanc is not a version");
      }
      text.remove_prefix(static_cast<std::size_t>(result.ptr - text.data()));
      return value;
    }

    void TakeDot(std::string_view& text)
    {
      if (text.empty() || text.front() != '.')
      {
        throw Failure(FailureKind::Internal, "The version of Orthanc is not a version");
      }
      text.remove_prefix(1);
    }

    constexpr std::string_view MAINLINE = "mainline";
    constexpr unsigned NEWEST = std::numeric_limits<unsigned>::max();
  } // namespace

  HostVersion HostVersion::Parse(std::string_view text)
  {
    if (text == MAINLINE || text.substr(0, MAINLINE.size() + 1) == "mainline-")
    {
      return HostVersion{NEWEST, NEWEST, NEWEST};
    }
    HostVersion version;
    version.major = TakeNumber(text);
    TakeDot(text);
    version.minor = TakeNumber(text);
    TakeDot(text);
    version.revision = TakeNumber(text);

    // What packagers and developers append: "1.13.0+dfsg", "1.12.7-mainline"
    if (!text.empty() && text.front() != '+' && text.front() != '-' && text.front() != '~')
    {
      throw Failure(FailureKind::Internal, "The version of Orthanc is not a version");
    }
    return version;
  }

  std::string HostVersion::Format() const
  {
    return major == NEWEST
             ? std::string(MAINLINE)
             : std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(revision);
  }
} // namespace OrthancPlugins
