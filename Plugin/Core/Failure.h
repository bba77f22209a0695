// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include <stdexcept>
#include <string>

namespace OrthancPlugins
{
  // What went wrong, as a client or an operator would sort it. Host/ErrorCodes gives each kind the
  // error code and the HTTP status of the host
  enum class FailureKind
  {
    BadRequest,      // 400: something that the route needs is missing
    BadFormat,       // 400: no JSON, or a field of the wrong type
    BadType,         // 400: a value that cannot be represented
    OutOfRange,      // 400: a value outside of its closed list or interval
    NotFound,        // 404: the item does not exist
    UnknownResource, // 404: the DICOM resource does not exist
    NotAllowed,      // 405
    Conflict,        // 409: not possible in the present state
    TooLarge,        // 413: more than this host can deliver in one answer
    RangeInvalid,    // 416: the page or range lies outside of the file
    NotImplemented,  // 501: this version of the host has no means for it
    Unavailable,     // 503: too busy, or shutting down
    Canceled,        // 500: the user canceled the job
    ClientGone,      // 500: the client has closed its connection
    CannotWrite,     // 500: a file or an answer could not be written to its end
    StorageFull,     // 500: the disk of the spool is full
    SourceMissing,   // 500: an instance that was planned has disappeared or cannot be read
    NotTranscodable, // 500: the instance cannot be transcoded, and the request refuses the original
    Internal         // 500: a defect, ours or of a library
  };

  /**
   * The only exception of this plugin. The message goes to clients, logs and job contents: it never
   * holds patient data, Orthanc identifiers are fine.
   **/
  class Failure : public std::runtime_error
  {
  public:
    Failure(FailureKind kind, const std::string& message)
      : std::runtime_error(message),
        kind_(kind)
    {
    }

    FailureKind GetKind() const { return kind_; }

  private:
    FailureKind kind_;
  };
} // namespace OrthancPlugins
