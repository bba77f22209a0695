// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "ErrorCodes.h"

#include <atomic>
#include <cstdint>
#include <string>

namespace OrthancPlugins
{
  namespace
  {
    struct CustomCode
    {
      FailureKind kind;
      std::uint16_t httpStatus;
      const char* message;
      std::atomic<std::int32_t> code; // 0 until registered
    };

    CustomCode customCodes[] = {
      {FailureKind::NotAllowed, 405, "Method not allowed", {0}},
      {FailureKind::Conflict, 409, "Not possible in the present state", {0}},
      {FailureKind::TooLarge, 413, "Too large for one answer", {0}},
      {FailureKind::RangeInvalid, 416, "Incorrect range request", {0}},
      {FailureKind::NotImplemented, 501, "Not possible with this version of Orthanc", {0}},
      {FailureKind::Unavailable, 503, "Temporarily unavailable", {0}},
    };
  } // namespace

  void RegisterErrorCodes(OrthancPluginContext* context)
  {
    for (CustomCode& custom : customCodes)
    {
      custom.code = OrthancPluginRegisterErrorCode(context, custom.httpStatus, custom.httpStatus,
                                                   custom.message);
    }
  }

  void ClearErrorCodes()
  {
    for (CustomCode& custom : customCodes)
    {
      custom.code = 0;
    }
  }

  OrthancPluginErrorCode ToErrorCode(FailureKind kind)
  {
    for (const CustomCode& custom : customCodes)
    {
      const std::int32_t code = custom.code;
      if (custom.kind == kind && code != 0)
      {
        return static_cast<OrthancPluginErrorCode>(code);
      }
    }
    switch (kind)
    {
    case FailureKind::BadRequest:
      return OrthancPluginErrorCode_BadRequest;
    case FailureKind::BadFormat:
      return OrthancPluginErrorCode_BadFileFormat;
    case FailureKind::BadType:
      return OrthancPluginErrorCode_BadParameterType;
    case FailureKind::OutOfRange:
      return OrthancPluginErrorCode_ParameterOutOfRange;
    case FailureKind::NotFound:
      return OrthancPluginErrorCode_InexistentItem;
    case FailureKind::UnknownResource:
      return OrthancPluginErrorCode_UnknownResource;
    case FailureKind::Canceled:
      return OrthancPluginErrorCode_CanceledJob;
    case FailureKind::ClientGone:
      return OrthancPluginErrorCode_NetworkProtocol;
    case FailureKind::CannotWrite:
      return OrthancPluginErrorCode_CannotWriteFile;
    case FailureKind::StorageFull:
      return OrthancPluginErrorCode_FullStorage;
    case FailureKind::SourceMissing:
      // Not InexistentFile, which is a 404
      return OrthancPluginErrorCode_CorruptedFile;
    case FailureKind::NotTranscodable:
    case FailureKind::NotImplemented:
      return OrthancPluginErrorCode_NotImplemented;
    case FailureKind::NotAllowed:
    case FailureKind::Conflict:
    case FailureKind::TooLarge:
    case FailureKind::RangeInvalid:
    case FailureKind::Unavailable:
    case FailureKind::Internal:
      break;
    }
    return OrthancPluginErrorCode_InternalError;
  }

  FailureKind ToFailureKind(OrthancPluginErrorCode code)
  {
    switch (code)
    {
    case OrthancPluginErrorCode_BadRequest:
      return FailureKind::BadRequest;
    case OrthancPluginErrorCode_BadFileFormat:
    case OrthancPluginErrorCode_BadJson:
      return FailureKind::BadFormat;
    case OrthancPluginErrorCode_BadParameterType:
      return FailureKind::BadType;
    case OrthancPluginErrorCode_ParameterOutOfRange:
      return FailureKind::OutOfRange;
    case OrthancPluginErrorCode_InexistentItem:
      return FailureKind::NotFound;
    case OrthancPluginErrorCode_UnknownResource:
      return FailureKind::UnknownResource;
    case OrthancPluginErrorCode_CanceledJob:
      return FailureKind::Canceled;
    case OrthancPluginErrorCode_NetworkProtocol:
      return FailureKind::ClientGone;
    case OrthancPluginErrorCode_CannotWriteFile:
      return FailureKind::CannotWrite;
    case OrthancPluginErrorCode_FullStorage:
      return FailureKind::StorageFull;
    case OrthancPluginErrorCode_InexistentFile:
    case OrthancPluginErrorCode_CorruptedFile:
      return FailureKind::SourceMissing;
    case OrthancPluginErrorCode_BadRange:
      return FailureKind::RangeInvalid;
    case OrthancPluginErrorCode_DatabaseUnavailable:
    case OrthancPluginErrorCode_DatabaseCannotSerialize:
    case OrthancPluginErrorCode_DatabaseNotInitialized:
      return FailureKind::Unavailable;
    default:
      return FailureKind::Internal;
    }
  }

  unsigned GetHttpStatus(OrthancPluginErrorCode code)
  {
    switch (code)
    {
    case OrthancPluginErrorCode_ParameterOutOfRange:
    case OrthancPluginErrorCode_BadParameterType:
    case OrthancPluginErrorCode_BadRequest:
    case OrthancPluginErrorCode_UriSyntax:
    case OrthancPluginErrorCode_BadFileFormat:
    case OrthancPluginErrorCode_BadJson:
    case OrthancPluginErrorCode_CreateDicomNotString:
    case OrthancPluginErrorCode_CreateDicomOverrideTag:
    case OrthancPluginErrorCode_CreateDicomUseContent:
    case OrthancPluginErrorCode_CreateDicomNoPayload:
    case OrthancPluginErrorCode_CreateDicomUseDataUriScheme:
    case OrthancPluginErrorCode_CreateDicomBadParent:
    case OrthancPluginErrorCode_CreateDicomParentIsInstance:
      return 400;
    case OrthancPluginErrorCode_Unauthorized:
      return 401;
    case OrthancPluginErrorCode_InexistentItem:
    case OrthancPluginErrorCode_InexistentFile:
    case OrthancPluginErrorCode_UnknownResource:
    case OrthancPluginErrorCode_InexistentTag:
      return 404;
    case OrthancPluginErrorCode_NotAcceptable:
      return 406;
    case OrthancPluginErrorCode_Revision:
      return 409;
    case OrthancPluginErrorCode_UnsupportedMediaType:
      return 415;
    case OrthancPluginErrorCode_BadRange:
      return 416;
    case OrthancPluginErrorCode_DatabaseUnavailable:
    case OrthancPluginErrorCode_DatabaseCannotSerialize:
      return 503;
    default:
      break;
    }
    // Newer than the oldest SDK: ForbiddenAccess and DuplicateResource
    return static_cast<int>(code) == 45 ? 403 : static_cast<int>(code) == 46 ? 409 : 500;
  }

  void CheckHostCall(OrthancPluginErrorCode code, const std::string& what)
  {
    if (code != OrthancPluginErrorCode_Success)
    {
      // A network error inside a call to the host is not our client's
      const FailureKind kind = ToFailureKind(code);
      throw Failure(kind == FailureKind::ClientGone ? FailureKind::Internal : kind,
                    what + ": error " + std::to_string(static_cast<int>(code)) + " of Orthanc");
    }
  }
} // namespace OrthancPlugins
