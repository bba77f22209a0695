// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "MemoryDicomStore.h"

namespace OrthancPlugins
{
  /**
   * A DICOM server in memory that is unavailable at times. Thread-safe.
   **/
  class BusyDicomStore final : public IDicomStore
  {
  public:
    MemoryDicomStore memory;
    std::atomic<bool> isBusy{false};     // for everything
    std::set<std::string> busyInstances; // not while it is used

    std::optional<ResourceLevel> FindLevel(const std::string& id) override
    {
      ThrowIf(isBusy);
      return memory.FindLevel(id);
    }

    StoredPatient
    Describe(ResourceLevel level, const std::string& id, const DescribeOptions& options) override
    {
      ThrowIf(isBusy);
      return memory.Describe(level, id, options);
    }

    std::unique_ptr<IInstanceData> OpenInstance(const StoredInstance& instance) override
    {
      ThrowIf(isBusy || busyInstances.count(instance.id) != 0);
      return memory.OpenInstance(instance);
    }

    std::unique_ptr<IInstanceData> OpenTranscoded(const StoredInstance& instance,
                                                  const TranscodeTarget& target) override
    {
      ThrowIf(isBusy || busyInstances.count(instance.id) != 0);
      return memory.OpenTranscoded(instance, target);
    }

    std::string RenderPreview(const std::string& instanceId) override
    {
      return memory.RenderPreview(instanceId);
    }

  private:
    static void ThrowIf(bool isBusyNow)
    {
      if (isBusyNow)
      {
        throw Failure(FailureKind::Unavailable, "The server is busy");
      }
    }
  };
} // namespace OrthancPlugins
