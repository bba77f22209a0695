// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "OrthancRestApi.h"
#include "ResourceJson.h"

#include "../Core/HostVersion.h"
#include "../Core/IDicomStore.h"

#include <cstddef>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace OrthancPlugins
{
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

    // One resource. A series comes without its children where the host can leave them out: it has
    // thousands
    std::optional<HostResource> LookupAlone(ResourceLevel level, const std::string& id) const;

    // The series of a study, as LookupAlone() gives them
    std::vector<HostResource> LookupSeries(const HostResource& study) const;

    // The instances of all series below a study, or of the only one below a series: per series, in its
    // order
    std::vector<std::vector<StoredInstance>>
    ListInstances(ResourceLevel parentLevel,
                  const std::string& parentId,
                  const std::vector<HostResource>& allSeries,
                  const DescribeOptions& options) const;

    // The size of one instance in full: some hosts tell its lower 32 bits only where they describe it
    void CorrectSize(StoredInstance& instance) const;

  private:
    struct FoundInstance
    {
      std::string seriesId; // empty if it was not asked for
      StoredInstance instance;
    };
    using FoundInstances = std::vector<FoundInstance>;

    struct FindRange;

    bool HasFind() const;
    std::vector<HostResource> FindSeries(const HostResource& study) const;
    FoundInstances FindPage(const FindRange& range, const DescribeOptions& options) const;
    FoundInstances
    FindInstances(FindRange range, std::size_t expectedCount, const DescribeOptions& options) const;
    std::unordered_map<std::string, StoredInstance>
    LookupInstances(const std::vector<std::string>& ids, const DescribeOptions& options) const;
    void AddMissing(const HostResource& series,
                    const DescribeOptions& options,
                    std::vector<StoredInstance>& instances) const;
    std::vector<std::vector<StoredInstance>>
    ListByIdentifier(const std::vector<HostResource>& allSeries,
                     const DescribeOptions& options) const;
    std::optional<Json::Value> FindJson(const std::string& path) const; // absent: no such resource
    void CorrectSizes(const std::string& seriesId, std::vector<StoredInstance>& instances) const;

    OrthancRestApi& api_;
    HostVersion version_;
  };
} // namespace OrthancPlugins
