// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "OrthancRestApi.h"

#include "../Core/HostVersion.h"
#include "../Core/IDicomStore.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace OrthancPlugins
{
  // One resource as the host describes it
  struct HostResource
  {
    std::string id;
    ResourceLevel level = ResourceLevel::Patient;
    std::string parentId;              // empty for a patient
    std::vector<std::string> childIds; // in the order of the host; empty for an instance
    DicomTags tags;
    DicomTags patientTags;   // of a study
    StoredInstance instance; // of an instance
  };

  /**
   * What the host tells about resources, in our types. Resources that are not there (any more) are left
   * out, without an error: a resource may be deleted between two calls. Throws Failure of the kind of
   * the host's error. Thread-safe.
   **/
  class OrthancResources
  {
  public:
    OrthancResources(OrthancRestApi& api, const HostVersion& version)
      : api_(api),
        version_(version)
    {
    }

    // Of any level, in the order of the identifiers, whole
    std::vector<HostResource> Lookup(const std::vector<std::string>& ids) const;

    // One resource; without its children where the host can leave them out, as a series has thousands
    std::optional<HostResource> LookupAlone(ResourceLevel level, const std::string& id) const;

    // The series of a study, with the identifiers of their instances
    std::vector<HostResource> LookupSeries(const HostResource& study) const;

    using InstanceMap = std::map<std::string, StoredInstance>;

    // The instances below a study or a series, as many as one expects at least. Empty on hosts that
    // cannot do that with a few calls
    InstanceMap FindInstances(ResourceLevel parentLevel,
                              const std::string& parentId,
                              std::size_t expectedCount,
                              const DescribeOptions& options) const;

    // The instances of a series, in its order; taken out of "known", else looked up
    std::vector<StoredInstance> ListInstances(const HostResource& series, InstanceMap& known) const;

  private:
    bool HasFind() const;
    void CorrectSizes(const std::string& seriesId, std::vector<StoredInstance>& instances) const;

    OrthancRestApi& api_;
    HostVersion version_;
  };

  // The host's "20261123T230000", UTC; absent for any other text
  std::optional<std::time_t> ParseHostDate(const std::string& text);
} // namespace OrthancPlugins
