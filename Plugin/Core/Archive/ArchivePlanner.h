// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "ArchivePlan.h"
#include "ArchiveRequest.h"

#include "../HostVersion.h"

namespace OrthancPlugins
{
  /**
   * Turns a request into the ordered list of files: expands the resources, orders and names them as
   * the host's version does (or by template), makes the names safe, chooses the ZIP method.
   *
   * Stateless apart from its references; thread-safe if the store is.
   **/
  class ArchivePlanner
  {
  public:
    // The store must outlive the planner
    ArchivePlanner(IDicomStore& store, const HostVersion& version);

    // Throws Failure(NotFound | UnknownResource) as the host's version does for unknown identifiers and
    // for identifiers of another level, Failure(OutOfRange) for a wrong naming template
    ArchivePlan Plan(const ArchiveRequest& request) const;

  private:
    IDicomStore& store_;
    HostVersion version_;
  };
} // namespace OrthancPlugins
