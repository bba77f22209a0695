// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include <string>

namespace OrthancPlugins
{
  enum class JobStep
  {
    Again,
    Success,
    Failure
  };

  enum class JobStopReason
  {
    Success,
    Paused,
    Failure,
    Canceled
  };

  /**
   * A unit of work in steps. Step, Stop and Reset are called by one thread at a time and throw nothing
   * that is not a Failure; a step takes about a second at most. The other functions only read what the
   * last of these calls left: they never wait, fail or call the host.
   **/
  class IJob
  {
  public:
    virtual ~IJob() = default;

    virtual JobStep Step() = 0;

    // Releases what is only needed while running; after Paused, Step continues
    virtual void Stop(JobStopReason reason) = 0;

    // After a failure or a cancel: the next Step begins anew
    virtual void Reset() = 0;

    virtual std::string GetType() const = 0;

    // From 0 to 1
    virtual float GetProgress() const = 0;

    // Text of a JSON object
    virtual std::string GetContent() const = 0;

    // Text of a JSON object without a member "Type": an identifier, not a state
    virtual std::string GetSavedState() const = 0;
  };
} // namespace OrthancPlugins
