// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "../Fakes/FakeHostMetrics.h"
#include "../Fakes/FakeHostRest.h"
#include "../Fakes/InlineJobQueue.h"
#include "../Fakes/ManualClock.h"
#include "../Fakes/MemoryDicomStore.h"
#include "../Fakes/RecordingAnswer.h"

#include "../../Plugin/Rest/Services.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

namespace OrthancPlugins
{
  // A directory that disappears
  class TemporaryDirectory
  {
  public:
    TemporaryDirectory()
    {
      std::string name = (std::filesystem::temp_directory_path() / "advanced-rest-XXXXXX").string();
      if (mkdtemp(name.data()) == nullptr)
      {
        throw std::runtime_error("Cannot create a temporary directory");
      }
      path_ = name;
    }

    ~TemporaryDirectory()
    {
      std::error_code ignored;
      std::filesystem::remove_all(path_, ignored);
    }

    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

    const std::filesystem::path& GetPath() const { return path_; }

  private:
    std::filesystem::path path_;
  };

  constexpr HostVersion HOST_A{1, 10, 1};
  constexpr HostVersion HOST_B{1, 12, 7};
  constexpr HostVersion HOST_C{1, 13, 0};

  /**
   * All that a handler may use: fakes for the host, the real planner, spool, jobs and streams.
   **/
  class RestFixture
  {
  public:
    explicit RestFixture(const HostVersion& hostVersion, const Settings& base = Settings())
      : settings(Complete(base)),
        version(hostVersion),
        planner(store, version),
        spool(settings.spool, clock),
        monitor(settings.jobs.maxWaiters, clock),
        factory(spool, store, planner, settings.archive, settings.jobs, monitor, clock),
        notifier(settings.webhooks,
                 {settings.spool.directory,
                  [this](const std::string& id) { return spool.FindState(id).has_value(); },
                  [](const std::string&) {}},
                 clock),
        controller(settings.jobs, spool, jobs, factory, monitor, clock),
        streams(settings.archive.maxStreams, settings.host.jobsHistorySize, clock, monitor),
        exporter(settings, hostMetrics, metrics, {}, clock),
        services{settings, version,  clock,   store,      host,       planner, spool,
                 jobs,     factory,  monitor, controller, streams,    crcs,    notifier,
                 metrics,  exporter, numbers, newStudies, dictionary, pages,   appFiles}
    {
    }

    TemporaryDirectory directory;
    Settings settings;
    HostVersion version;
    ManualClock clock;
    MemoryDicomStore store;
    FakeHostRest host;
    FakeHostMetrics hostMetrics;
    PluginMetrics metrics;
    ArchivePlanner planner;
    ArchiveSpool spool;
    InlineJobQueue jobs;
    JobMonitor monitor;
    JobFactory factory;
    Notifier notifier; // outlives the controller, which reports to it
    JobController controller;
    StreamDirectory streams;
    CrcMemory crcs{1000};
    MetricsExporter exporter; // not started
    NumberReservations numbers;
    NameLocks newStudies;
    PrivateDictionary dictionary{{}, {}, {}};
    PdfPageRenderer pages{{directory.GetPath().string(), 20, 1024u << 20, 64u << 20}};
    AppFiles appFiles{{{"index.html", "<!doctype html><title>page</title>"},
                       {"main.js", "// script"},
                       {"messages/en.json", "{}"}}};
    Services services;

    std::size_t CountFiles() const
    {
      std::size_t count = 0;
      for (const auto& entry : std::filesystem::directory_iterator(directory.GetPath()))
      {
        const std::string extension = entry.path().extension().string();
        count += extension == ".zip" || extension == ".part" ? 1 : 0;
      }
      return count;
    }

  private:
    Settings Complete(Settings base) const
    {
      base.spool.directory = directory.GetPath().string();
      return base;
    }
  };

  inline HttpRequest MakeGet(std::vector<std::string> groups,
                             std::vector<std::pair<std::string, std::string>> arguments = {})
  {
    HttpRequest request;
    request.groups = std::move(groups);
    request.arguments = std::move(arguments);
    return request;
  }

  // The body must outlive the request
  inline HttpRequest MakePost(std::vector<std::string> groups, std::string_view body)
  {
    HttpRequest request;
    request.method = HttpMethod::Post;
    request.groups = std::move(groups);
    request.body = body;
    return request;
  }

  inline HttpRequest MakeDelete(std::vector<std::string> groups)
  {
    HttpRequest request;
    request.method = HttpMethod::Delete;
    request.groups = std::move(groups);
    return request;
  }

  // The kind of the failure that the call ends with; absent if it succeeds
  inline std::optional<FailureKind> CatchFailure(const std::function<void()>& call,
                                                 std::string* message = nullptr)
  {
    try
    {
      call();
    }
    catch (const Failure& failure)
    {
      if (message != nullptr)
      {
        *message = failure.what();
      }
      return failure.GetKind();
    }
    return std::nullopt;
  }

  // Bytes that no codec makes smaller
  inline std::string MakeNoise(std::size_t sizeBytes, unsigned seed)
  {
    std::mt19937 generator(seed);
    std::string noise(sizeBytes, '\0');
    for (char& c : noise)
    {
      c = static_cast<char>(generator());
    }
    return noise;
  }

  // The names in the central directory, in its order; absent if this is no ZIP archive (APPNOTE 4.3.12,
  // 4.3.16)
  inline std::optional<std::vector<std::string>> ListZip(const std::string& zip)
  {
    const auto read = [&](std::size_t offset, int size)
    {
      std::size_t value = 0;
      for (int i = size - 1; i >= 0; i--)
      {
        value =
          value * 256 + static_cast<unsigned char>(zip.at(offset + static_cast<std::size_t>(i)));
      }
      return value;
    };
    const std::size_t end = zip.rfind("PK\x05\x06");
    if (end == std::string::npos || end + 22 > zip.size())
    {
      return std::nullopt;
    }
    std::vector<std::string> names;
    std::size_t offset = read(end + 16, 4);
    for (std::size_t i = 0; i < read(end + 10, 2); i++)
    {
      if (zip.compare(offset, 4, "PK\x01\x02") != 0)
      {
        return std::nullopt;
      }
      names.push_back(zip.substr(offset + 46, read(offset + 28, 2)));
      offset += 46 + read(offset + 28, 2) + read(offset + 30, 2) + read(offset + 32, 2);
    }
    return offset == end ? std::make_optional(names) : std::nullopt;
  }
} // namespace OrthancPlugins
