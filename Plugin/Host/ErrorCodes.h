// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "SdkFeatures.h"

#include "../Core/Failure.h"

#include <string>

namespace OrthancPlugins
{
  // Registers codes for the HTTP statuses that the error codes of some host cannot give (405, 409,
  // 413, 416, 501, 503). Once while the plugin is initialized; ClearErrorCodes() when it is finalized
  void RegisterErrorCodes(OrthancPluginContext* context);
  void ClearErrorCodes();

  // The code that makes the host answer with the status of this kind. Thread-safe
  OrthancPluginErrorCode ToErrorCode(FailureKind kind);

  // What the code of a failed call to the host means
  FailureKind ToFailureKind(OrthancPluginErrorCode code);

  // The HTTP status that the host gives to one of its own codes
  unsigned GetHttpStatus(OrthancPluginErrorCode code);

  // Throws Failure of the matching kind unless the code is Success; "what" names the call
  void CheckHostCall(OrthancPluginErrorCode code, const std::string& what);
} // namespace OrthancPlugins
