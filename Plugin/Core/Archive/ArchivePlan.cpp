// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "ArchivePlan.h"

#include "MediaNaming.h"

namespace OrthancPlugins
{
  void NameMediaFiles(ArchivePlan& plan)
  {
    for (std::size_t i = 0; i < plan.entries.size(); i++)
    {
      plan.entries[i].path = MakeMediaFileId(i, plan.entries.size());
    }
  }
} // namespace OrthancPlugins
