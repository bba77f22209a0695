// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "../Core/IDicomStore.h"

#include <cstddef>
#include <ctime>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace Json
{
  class Value;
}

namespace OrthancPlugins
{
  // One resource as the host describes it
  struct HostResource
  {
    std::string id;
    ResourceLevel level = ResourceLevel::Patient;
    std::string parentId;                      // empty for a patient
    std::vector<std::string> childIds;         // in the order of the host; empty for an instance
    std::optional<std::size_t> instancesCount; // of a series
    DicomTags tags;
    DicomTags patientTags;   // of a study
    StoredInstance instance; // of an instance
  };

  // How the host's JSON names a level
  struct LevelNames
  {
    const char* type;
    const char* parent;   // member that names the parent
    const char* children; // member that lists the children
    const char* query;    // member of a query that restricts it to what is below such a resource
  };
  const LevelNames& GetLevelNames(ResourceLevel level);

  // Asks for the number of instances, so that they need not be listed
  constexpr const char* COUNT_TAG = "NumberOfSeriesRelatedInstances";

  // Empty if this is no resource
  std::optional<HostResource> ToResource(const Json::Value& json);

  // Gets each instance in an array of resources, with the identifier of its series if the host has told
  // it, and its tags if they are asked for. Throws Failure(Internal) if this is no JSON
  using InstanceConsumer = std::function<void(std::string seriesId, StoredInstance instance)>;
  void ReadInstances(std::string_view text, bool hasTags, const InstanceConsumer& consumer);

  // The host's "20261123T230000", UTC; absent for any other text
  std::optional<std::time_t> ParseHostDate(std::string_view text);
} // namespace OrthancPlugins
