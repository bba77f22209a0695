// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "../../Plugin/Core/Failure.h"
#include "../../Plugin/Core/IDicomStore.h"

#include <atomic>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace OrthancPlugins
{
  /**
   * A DICOM server in memory. Fill "patients" and "files" before use, then it is thread-safe. The
   * sizes in "patients" are what the planner sees, the files what is read.
   **/
  class MemoryDicomStore final : public IDicomStore
  {
  public:
    std::vector<StoredPatient> patients;
    std::map<std::string, std::string> files;                  // instance ID -> bytes
    std::set<std::string> unreadable;                          // fail when opened
    std::map<std::string, std::uint64_t> failingAt;            // fail when read beyond this offset
    std::function<std::string(const std::string&)> transcoder; // absent or "": cannot transcode
    std::map<std::string, std::string> previews;               // instance ID -> JPEG
    std::atomic<unsigned> openedCount{0};
    std::function<void(const std::string&)> onUnreadable; // instance ID; absent: nothing happens

    // One patient, one study, one series, instances "instance-0000"... with the given contents
    void AddSeries(const std::string& patientId,
                   const std::string& studyId,
                   const std::string& seriesId,
                   const std::vector<std::string>& contents);

    std::optional<ResourceLevel> FindLevel(const std::string& id) override;

    StoredPatient
    Describe(ResourceLevel level, const std::string& id, const DescribeOptions& options) override;

    std::unique_ptr<IInstanceData> OpenInstance(const StoredInstance& instance) override;

    std::unique_ptr<IInstanceData> OpenTranscoded(const StoredInstance& instance,
                                                  const TranscodeTarget& target) override;

    std::string RenderPreview(const std::string& instanceId) override;
  };
} // namespace OrthancPlugins
