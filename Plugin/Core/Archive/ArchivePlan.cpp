// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "ArchivePlan.h"

#include "MediaNaming.h"

#include <algorithm>

namespace OrthancPlugins
{
  void NameMediaFiles(ArchivePlan& plan)
  {
    for (std::size_t i = 0; i < plan.entries.size(); i++)
    {
      plan.entries[i].path = MakeMediaFileId(i, plan.entries.size());
    }
  }

  std::time_t GetLatestReception(const ArchivePlan& plan)
  {
    std::time_t latest = 0;
    for (const PlannedEntry& entry : plan.entries)
    {
      latest = std::max(latest, entry.instance.receptionUtc.value_or(0));
    }
    return latest;
  }
} // namespace OrthancPlugins
