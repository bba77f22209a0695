// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace OrthancPlugins
{
  // What the database counts
  struct HostStatistics
  {
    std::uint64_t patients = 0;
    std::uint64_t studies = 0;
    std::uint64_t series = 0;
    std::uint64_t instances = 0;
    std::uint64_t diskBytes = 0;
    std::uint64_t uncompressedBytes = 0;
    std::int64_t lastChange = 0;
  };

  // What the server is, and whom it knows by configuration
  struct HostIdentity
  {
    std::string version;
    std::string apiVersion;
    std::string database; // plugin, or "SQLite"
    std::string storage;  // plugin, or "filesystem"
    std::uint64_t modalities = 0;
    std::uint64_t peers = 0;
  };

  // A job of the host's engine
  struct HostJobFacts
  {
    std::string id;
    std::string type;
    std::string state; // as the host writes it
    bool isOurs = false;
    bool isCanceled = false;
    double waitSeconds = 0; // once it has ended
    double runSeconds = 0;
    std::int64_t createdMicroseconds = 0; // since 1970-01-01 UTC; 0: unknown
  };

  /**
   * What the host knows about itself. Every call may take as long as its database does: never by a
   * thread that answers a request, except for the switch. All throw Failure. Thread-safe.
   **/
  class IHostMetrics
  {
  public:
    virtual ~IHostMetrics() = default;

    // The host's own export; empty while its metrics are switched off
    virtual std::string ReadText() = 0;

    virtual bool IsEnabled() = 0;

    virtual HostStatistics ReadStatistics() = 0;
    virtual HostIdentity ReadIdentity() = 0;
    virtual std::vector<HostJobFacts> ListJobs() = 0;

    // Absent if the host does not know it (any more)
    virtual std::optional<HostJobFacts> FindJob(const std::string& jobId) = 0;
  };
} // namespace OrthancPlugins
