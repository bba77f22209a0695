// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "OrthancInstanceReader.h"
#include "OrthancResources.h"

#include "../Core/HostVersion.h"
#include "../Core/IDicomStore.h"
#include "../Core/Settings.h"

#include <boost/thread/mutex.hpp>

#include <chrono>
#include <memory>
#include <string>

namespace OrthancPlugins
{
  /**
   * The resources of the host. Thread-safe.
   *
   * Order of the instances of a series: that in which the host's own archives see them before they are
   * numbered. Hosts from 1.12.5 on sort by Orthanc identifier, older ones list as the database does.
   * Older hosts never set "isStorageCompressed": the reader finds out by itself.
   **/
  class OrthancDicomStore final : public IDicomStore
  {
  public:
    // All references must outlive the store
    OrthancDicomStore(OrthancPluginContext* context,
                      OrthancRestApi& api,
                      const Settings& settings,
                      const HostVersion& version);

    std::optional<ResourceLevel> FindLevel(const std::string& id) override;
    StoredPatient
    Describe(ResourceLevel level, const std::string& id, const DescribeOptions& options) override;
    std::unique_ptr<IInstanceData> OpenInstance(const StoredInstance& instance) override;
    std::unique_ptr<IInstanceData> OpenTranscoded(const StoredInstance& instance,
                                                  const TranscodeTarget& target) override;
    std::string RenderPreview(const std::string& instanceId) override;

  private:
    StoredPatient DescribeFound(const HostResource& resource, const DescribeOptions& options);
    StoredPatient DescribePatient(const HostResource& patient,
                                  const DescribeOptions& options) const;
    StoredPatient DescribeStudy(const HostResource& study, const DescribeOptions& options) const;
    StoredPatient DescribeSeries(const HostResource& series, const DescribeOptions& options) const;
    StoredPatient DescribeInstance(const HostResource& instance);
    StoredStudy ReadStudy(const HostResource& study, const DescribeOptions& options) const;

    // The branch from the patient down to a series without instances
    StoredPatient ReadBranch(const HostResource& series) const;
    StoredPatient GetBranch(const std::string& seriesId);
    HostResource GetAlone(ResourceLevel level, const std::string& id) const;

    OrthancRestApi& api_;
    OrthancResources resources_;
    OrthancInstanceReader reader_;

    // The last branch: for a list of instances, the same one is asked for thousands of times. Kept for
    // a second only, so that changes of the database are seen
    boost::mutex branchMutex_;
    std::string branchSeriesId_;
    StoredPatient branch_;
    std::chrono::steady_clock::time_point branchTime_;
  };
} // namespace OrthancPlugins
