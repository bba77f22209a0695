// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "CallbackGuard.h"

namespace OrthancPlugins
{
  void LogFailure(const char* what, FailureKind kind, const char* text) noexcept
  {
    try
    {
      const std::string line = std::string(what) + ": " + text;
      switch (kind)
      {
      case FailureKind::BadRequest:
      case FailureKind::BadFormat:
      case FailureKind::BadType:
      case FailureKind::OutOfRange:
      case FailureKind::NotFound:
      case FailureKind::UnknownResource:
      case FailureKind::NotAllowed:
      case FailureKind::Conflict:
      case FailureKind::RangeInvalid:
      case FailureKind::NotImplemented:
      case FailureKind::Canceled:
      case FailureKind::ClientGone:
        // Made by a client, who is told; the operator has nothing to repair
        LogInfo(line);
        break;
      case FailureKind::TooLarge:
      case FailureKind::Unavailable:
        LogWarning(line);
        break;
      case FailureKind::CannotWrite:
      case FailureKind::StorageFull:
      case FailureKind::SourceMissing:
      case FailureKind::NotTranscodable:
      case FailureKind::Internal:
        LogError(line);
        break;
      }
    }
    catch (...)
    {
      // No memory for the line
      LogError(what);
    }
  }

  void LogBrokenCallback(const char* what, const char* text) noexcept
  {
    try
    {
      LogError(std::string(what) + ": " + text);
    }
    catch (...)
    {
      // No memory for the line
      LogError(what);
    }
  }
} // namespace OrthancPlugins
