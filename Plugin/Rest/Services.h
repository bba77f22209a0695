// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "AppFiles.h"

#include "../Core/Archive/ArchivePlanner.h"
#include "../Core/Archive/CrcMemory.h"
#include "../Core/Dicom/PdfPageRenderer.h"
#include "../Core/Dicom/PrivateDictionary.h"
#include "../Core/HostVersion.h"
#include "../Core/IClock.h"
#include "../Core/IDicomStore.h"
#include "../Core/Jobs/JobController.h"
#include "../Core/Jobs/JobMonitor.h"
#include "../Core/Jobs/NameLocks.h"
#include "../Core/Jobs/StreamDirectory.h"
#include "../Core/Metrics/MetricsExporter.h"
#include "../Core/Metrics/PluginMetrics.h"
#include "../Core/Notify/Notifier.h"
#include "../Core/NumberReservations.h"
#include "../Core/Settings.h"
#include "../Core/Spool/ArchiveSpool.h"
#include "../Http/IHostRest.h"

#include <cstdint>
#include <functional>
#include <string>

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
    JobMonitor& monitor;
    JobController& controller;
    StreamDirectory& streams;
    CrcMemory& crcs;
    Notifier& notifier;
    PluginMetrics& metrics;
    MetricsExporter& exporter;
    NumberReservations& numbers;
    NameLocks& newStudies; // what names a study that is being made
    PrivateDictionary& dictionary;
    PdfPageRenderer& pages;
    const AppFiles& appFiles;

    // Of this run: tells the events of one run from those of another
    std::int64_t startedMicroseconds = 0;

    // A line in the log of the host; may be empty. No patient data
    std::function<void(const std::string& line)> warn = {};
  };
} // namespace OrthancPlugins
