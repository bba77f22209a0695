// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "ErrorCodes.h"
#include "HostLog.h"

#include "../Core/Failure.h"

#include <exception>
#include <new>
#include <string>
#include <typeinfo>

namespace OrthancPlugins
{
  /**
   * The only list of catch clauses at the border to the host. An exception that left a C callback
   * would cross frames of the host: from a REST callback it becomes an error 400 about JSON, from a
   * job's step a failure without reason, from anywhere else the end of the process.
   *
   * "onFailure" gets the kind and a text that is safe for the client, and returns the code for the
   * host; it must not throw.
   **/
  template <typename Body, typename OnFailure>
  OrthancPluginErrorCode GuardWith(Body&& body, OnFailure&& onFailure) noexcept
  {
    try
    {
      body();
      return OrthancPluginErrorCode_Success;
    }
    catch (const Failure& failure)
    {
      return onFailure(failure.GetKind(), failure.what());
    }
    catch (const std::bad_alloc&)
    {
      onFailure(FailureKind::Internal, "Not enough memory");
      return OrthancPluginErrorCode_NotEnoughMemory;
    }
    catch (const std::exception& error)
    {
      // The text of a foreign exception may quote what it could not handle, so only its type is told
      LogError(typeid(error).name());
      return onFailure(FailureKind::Internal, "Unexpected error");
    }
    catch (...)
    {
      return onFailure(FailureKind::Internal, "Unknown error");
    }
  }

  // One line in the log for a failed callback. Neither logging nor its memory may fail
  void LogFailure(const char* what, FailureKind kind, const char* text) noexcept;

  // The same, always as an error: nobody but the log is told
  void LogBrokenCallback(const char* what, const char* text) noexcept;

  // For all callbacks that return a code and answer no request
  template <typename Body>
  OrthancPluginErrorCode GuardCallback(const char* what, Body&& body) noexcept
  {
    return GuardWith(body,
                     [what](FailureKind kind, const char* text)
                     {
                       LogBrokenCallback(what, text);
                       return ToErrorCode(kind);
                     });
  }

  // For REST callbacks: the host makes its usual JSON error out of the code and the details
  template <typename Body>
  OrthancPluginErrorCode GuardRestCallback(OrthancPluginContext* context,
                                           OrthancPluginRestOutput* output,
                                           const char* what,
                                           Body&& body) noexcept
  {
    return GuardWith(body,
                     [=](FailureKind kind, const char* text)
                     {
                       LogFailure(what, kind, text);
                       // An unknown DICOM resource has no details in the host's own errors
                       if (kind != FailureKind::UnknownResource && kind != FailureKind::ClientGone)
                       {
                         OrthancPluginSetHttpErrorDetails(context, output, text, 0 /* no log */);
                       }
                       return ToErrorCode(kind);
                     });
  }
} // namespace OrthancPlugins
