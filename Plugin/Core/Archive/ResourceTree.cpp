// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "ResourceTree.h"

#include "../Failure.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace OrthancPlugins
{
  ResourceTree::ResourceTree(IDicomStore& store, const DescribeOptions& options)
    : store_(store),
      options_(options)
  {
  }

  std::vector<ResourceLevel> ResourceTree::FindLevels(const std::vector<std::string>& resources)
  {
    std::unordered_map<std::string, ResourceLevel> known;
    std::vector<ResourceLevel> levels;
    levels.reserve(resources.size());
    for (const std::string& id : resources)
    {
      auto found = known.find(id);
      if (found == known.end())
      {
        const std::optional<ResourceLevel> level = store_.FindLevel(id);
        if (!level.has_value())
        {
          throw Failure(FailureKind::UnknownResource, "Unknown resource: " + id);
        }
        found = known.emplace(id, *level).first;
      }
      levels.push_back(found->second);
    }
    return levels;
  }

  // Parents first: what is below them needs no look-up
  void ResourceTree::Add(const std::vector<std::string>& resources)
  {
    const std::vector<ResourceLevel> levels = FindLevels(resources);
    hasSingleInstances_ = hasSingleInstances_ || std::find(levels.begin(), levels.end(),
                                                           ResourceLevel::Instance) != levels.end();
    for (const ResourceLevel level : {ResourceLevel::Patient, ResourceLevel::Study,
                                      ResourceLevel::Series, ResourceLevel::Instance})
    {
      for (std::size_t i = 0; i < resources.size(); i++)
      {
        if (levels[i] == level)
        {
          AddResource(level, resources[i]);
        }
      }
    }
  }

  void ResourceTree::Add(ResourceLevel level, const std::string& id)
  {
    AddResource(level, id);
  }

  void ResourceTree::AddResource(ResourceLevel level, const std::string& id)
  {
    if (whole_.count(id) != 0)
    {
      return;
    }
    if (level == ResourceLevel::Instance)
    {
      AddInstance(id);
      return;
    }
    whole_.insert(id);
    Merge(store_.Describe(level, id, options_), level);
  }

  void ResourceTree::AddInstance(const std::string& id)
  {
    const auto found = single_.find(id);
    if (found == single_.end())
    {
      Merge(store_.Describe(ResourceLevel::Instance, id, options_), ResourceLevel::Instance);
    }
    else
    {
      parents_.at(id)->instances.push_back(found->second);
    }
  }

  void ResourceTree::Merge(StoredPatient&& branch, ResourceLevel level)
  {
    Patient& patient = patients_[branch.id];
    patient.tags = std::move(branch.tags);
    for (StoredStudy& stored : branch.studies)
    {
      Study& study = patient.studies[stored.id];
      if (level == ResourceLevel::Patient)
      {
        whole_.insert(stored.id);
      }
      study.tags = std::move(stored.tags);
      study.patientTags = std::move(stored.patientTags);
      for (StoredSeries& series : stored.series)
      {
        MergeSeries(study, std::move(series), level != ResourceLevel::Instance);
      }
    }
  }

  void ResourceTree::MergeSeries(Study& study, StoredSeries&& stored, bool isWhole)
  {
    Series& series = study.series[stored.id];
    series.tags = std::move(stored.tags);
    if (isWhole)
    {
      if (hasSingleInstances_)
      {
        for (const StoredInstance& instance : stored.instances)
        {
          whole_.insert(instance.id);
        }
      }
      whole_.insert(stored.id);
      series.isWhole = true;
      series.instances = std::move(stored.instances);
      return;
    }
    for (const StoredInstance& instance : stored.instances)
    {
      single_[instance.id] = instance;
      parents_[instance.id] = &series;
      series.instances.push_back(instance);
    }
  }
} // namespace OrthancPlugins
