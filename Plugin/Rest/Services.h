// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "../Core/Archive/ArchivePlanner.h"
#include "../Core/HostVersion.h"
#include "../Core/IClock.h"
#include "../Core/IDicomStore.h"
#include "../Core/Jobs/IJobQueue.h"
#include "../Core/Jobs/JobFactory.h"
#include "../Core/Jobs/StreamDirectory.h"
#include "../Core/Settings.h"
#include "../Core/Spool/ArchiveSpool.h"
#include "../Http/IHostRest.h"

namespace OrthancPlugins
{
  // What a handler may use: references, no ownership. Everything in it is thread-safe
  struct Services
  {
    const Settings& settings;
    const HostVersion& version;
    IClock& clock;
    IDicomStore& store;
    IHostRest& host;
    const ArchivePlanner& planner;
    ArchiveSpool& spool;
    IJobQueue& jobs;
    const JobFactory& jobFactory;
    StreamDirectory& streams;
  };
}
