// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "ArchiveRequest.h"

#include "../IDicomStore.h"

#include <cstddef>
#include <map>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace OrthancPlugins
{
  /**
   * The resources of one request, merged into one tree: a child that comes with its parent is part of
   * the parent, an instance that is asked for n times is there n times unless its series is. Patients,
   * studies and series are sorted by Orthanc identifier, as in the host's ArchiveJob.
   *
   * Order of calls: one Add(), then TakePatients(). Not thread-safe.
   **/
  class ResourceTree
  {
  public:
    struct Series
    {
      DicomTags tags;
      bool isWhole = false;                  // else single instances in the order of the request
      std::vector<StoredInstance> instances; // in the order of the host's database if it is whole
    };

    struct Study
    {
      DicomTags tags;
      DicomTags patientTags; // the study's own copy
      std::map<std::string, Series> series;
    };

    struct Patient
    {
      DicomTags tags;
      std::map<std::string, Study> studies;
    };

    // The store must outlive the tree
    ResourceTree(IDicomStore& store, const DescribeOptions& options);

    // Throws Failure(UnknownResource) for the first identifier that is unknown
    void Add(const std::vector<std::string>& resources);

    // The same for one resource whose level is known
    void Add(ResourceLevel level, const std::string& id);

    std::map<std::string, Patient> TakePatients() { return std::move(patients_); }

  private:
    std::vector<ResourceLevel> FindLevels(const std::vector<std::string>& resources);
    void AddResource(ResourceLevel level, const std::string& id);
    void AddInstance(const std::string& id);
    void Merge(StoredPatient&& branch, ResourceLevel level);
    void MergeSeries(Study& study, StoredSeries&& stored, bool isWhole);

    IDicomStore& store_;
    DescribeOptions options_;
    std::map<std::string, Patient> patients_;
    bool hasSingleInstances_ = false;       // asked for by identifier
    std::unordered_set<std::string> whole_; // resources that are there with all their children
    std::unordered_map<std::string, StoredInstance> single_;
    std::unordered_map<std::string, Series*> parents_; // of the single instances
  };
} // namespace OrthancPlugins
