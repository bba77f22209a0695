// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "../Core/Archive/ArchiveRequest.h"
#include "../Core/HostVersion.h"
#include "../Core/Settings.h"
#include "../Http/HttpRequest.h"

#include <optional>
#include <string>

namespace OrthancPlugins
{
  // One request for an archive
  struct ParsedRequest
  {
    ArchiveRequest archive;  // the durable part
    bool isEstimate = false; // how large it would be, instead of the archive
    bool isReused = true;    // by a job: a finished result of the same request may serve
    std::string notifyUrl;   // by a job, once it has ended; empty: nobody
    std::string password;    // if the archive is to be encrypted: for memory only, never to be told
  };

  /**
   * Query of a GET or JSON body of a POST -> ArchiveRequest, with the fields, defaults, precedence and
   * leniency of the host's version; fields that it did not know yet work on all.
   *
   * Throws Failure(BadRequest) if an argument is missing, Failure(BadFormat) for what is no JSON or of
   * another type, Failure(BadType) for numbers that cannot be represented, Failure(OutOfRange) for
   * values outside of their closed list. Whether the resources exist is not checked here.
   *
   * Immutable, hence thread-safe.
   **/
  class ArchiveRequestParser
  {
  public:
    // References must outlive the parser
    ArchiveRequestParser(const Settings& settings, const HostVersion& version);

    // Of routes that make media, some of them extended unless the request says otherwise
    ArchiveRequestParser(const Settings& settings,
                         const HostVersion& version,
                         ArchiveKind kind,
                         bool isExtended);

    // Group 0 of the request is the Orthanc identifier
    ParsedRequest ParseGet(ResourceLevel level, const HttpRequest& request) const;
    ParsedRequest ParsePost(ResourceLevel level, const HttpRequest& request) const;

    // /tools/create-archive and so on: identifiers in "resources" and in the body
    ParsedRequest ParseBatchGet(const HttpRequest& request) const;
    ParsedRequest ParseBatchPost(const HttpRequest& request) const;

  private:
    ArchiveRequest MakeDefault(std::optional<ResourceLevel> level,
                               const HttpRequest& request) const;
    void ReadArguments(ArchiveRequest& target, const HttpRequest& request) const;
    void Complete(ArchiveRequest& target) const;

    const Settings& settings_;
    const HostVersion& version_;
    const ArchiveKind kind_;
    const bool isExtended_;
  };

  // The name of an archive whose request gives none
  std::string GetDefaultFilename(const ArchiveRequest& request);
} // namespace OrthancPlugins
