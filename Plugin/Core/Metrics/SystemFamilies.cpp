// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "SystemFamilies.h"

#include "../Failure.h"

#include <sys/resource.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <optional>
#include <sstream>

namespace OrthancPlugins
{
  namespace
  {
    std::string ReadFile(const std::string& path)
    {
      std::ifstream file(path, std::ios::binary);
      return std::string(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    }

    std::string ReadProcFile(const std::string& path)
    {
      const std::string text = ReadFile(path);
      if (text.empty())
      {
        throw Failure(FailureKind::Internal, "Cannot read " + path);
      }
      return text;
    }

    std::optional<std::uint64_t> ParseUnsigned(const std::string& text)
    {
      std::uint64_t number = 0;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
      return error == std::errc() && end != text.data() ? std::make_optional(number) : std::nullopt;
    }

    // Fields of /proc/self/stat from the third on (proc(5)): the second one, the name, may hold blanks
    std::vector<std::string> ReadStat()
    {
      const std::string text = ReadProcFile("/proc/self/stat");
      std::istringstream fields(text.substr(text.rfind(')') + 1));
      return std::vector<std::string>(std::istream_iterator<std::string>(fields),
                                      std::istream_iterator<std::string>());
    }

    // "number" as in proc(5), from 3 on
    std::uint64_t GetField(const std::vector<std::string>& fields, std::size_t number)
    {
      const std::size_t index = number - 3;
      const std::optional<std::uint64_t> value =
        index < fields.size() ? ParseUnsigned(fields[index]) : std::nullopt;
      if (!value.has_value())
      {
        throw Failure(FailureKind::Internal, "Unknown form of /proc/self/stat");
      }
      return *value;
    }

    std::uint64_t ReadBootTime()
    {
      std::istringstream lines(ReadProcFile("/proc/stat"));
      std::string word;
      while (lines >> word)
      {
        if (word == "btime")
        {
          std::uint64_t seconds = 0;
          lines >> seconds;
          return seconds;
        }
      }
      throw Failure(FailureKind::Internal, "/proc/stat has no boot time");
    }

    std::int64_t CountOpenFiles()
    {
      std::error_code error;
      const std::filesystem::directory_iterator files("/proc/self/fd", error);
      return error ? 0 : std::distance(begin(files), end(files));
    }

    std::int64_t GetMaxOpenFiles()
    {
      rlimit limit = {};
      const bool isKnown = getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
      return isKnown ? static_cast<std::int64_t>(limit.rlim_cur) : 0;
    }

    std::int64_t ToInteger(std::uint64_t number)
    {
      constexpr std::uint64_t MAXIMUM = std::numeric_limits<std::int64_t>::max();
      return static_cast<std::int64_t>(number < MAXIMUM ? number : MAXIMUM);
    }

    MetricSample MakeAreaSample(const std::string& area, std::uint64_t value)
    {
      MetricSample sample;
      sample.labels = {{"area", area}};
      sample.value = ToInteger(value);
      return sample;
    }
  } // namespace

  MetricFamily MakeGauge(const std::string& name, const std::string& help, MetricNumber value)
  {
    MetricFamily family;
    family.name = name;
    family.help = help;
    MetricSample sample;
    sample.value = value;
    family.samples.push_back(sample);
    return family;
  }

  std::vector<MetricFamily> ReadProcessFamilies()
  {
    const std::vector<std::string> stat = ReadStat();
    const double ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
    const double cpuTicks = static_cast<double>(GetField(stat, 14) + GetField(stat, 15));
    const double startSeconds =
      static_cast<double>(ReadBootTime()) + static_cast<double>(GetField(stat, 22)) / ticks;

    std::vector<MetricFamily> families = {
      MakeGauge("process_cpu_seconds_total", "CPU time of this process, user and system.",
                cpuTicks / ticks),
      MakeGauge("process_start_time_seconds",
                "When this process was started, in seconds since 1970.", startSeconds),
      MakeGauge("process_resident_memory_bytes", "Memory of this process that is in RAM.",
                ToInteger(GetField(stat, 24) * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE)))),
      MakeGauge("process_virtual_memory_bytes", "Address space of this process.",
                ToInteger(GetField(stat, 23))),
      MakeGauge("process_open_fds", "Open file descriptors.", CountOpenFiles()),
      MakeGauge("process_max_fds",
                "Most file descriptors that may be open, 0 if there is no limit.",
                GetMaxOpenFiles()),
      MakeGauge("process_threads", "Threads of this process.", ToInteger(GetField(stat, 20)))};
    families[0].type = MetricType::Counter;
    return families;
  }

  std::vector<MetricFamily>
  ReadFilesystemFamilies(const std::vector<std::pair<std::string, std::string>>& areas)
  {
    MetricFamily size;
    size.name = "orthanc_filesystem_size_bytes";
    size.help = "Size of the file system that holds a directory of the server.";
    MetricFamily available;
    available.name = "orthanc_filesystem_avail_bytes";
    available.help = "Room for the server on the file system that holds its directory.";
    MetricFamily files;
    files.name = "orthanc_filesystem_files_free";
    files.help = "Files that can still be created there.";
    for (const auto& [area, path] : areas)
    {
      struct statvfs facts = {};
      if (statvfs(path.c_str(), &facts) == 0)
      {
        size.samples.push_back(MakeAreaSample(area, facts.f_blocks * facts.f_frsize));
        available.samples.push_back(MakeAreaSample(area, facts.f_bavail * facts.f_frsize));
        files.samples.push_back(MakeAreaSample(area, facts.f_favail));
      }
    }
    if (size.samples.empty())
    {
      throw Failure(FailureKind::Internal, "No file system can be asked for its size");
    }
    return {size, available, files};
  }

  std::uint64_t ReadMemoryLimit()
  {
    // Version 1 says "no limit" by a huge number
    constexpr std::uint64_t ENDLESS = std::uint64_t{1} << 60;
    for (const char* path :
         {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"})
    {
      const std::optional<std::uint64_t> limit = ParseUnsigned(ReadFile(path));
      if (limit.has_value())
      {
        return *limit < ENDLESS ? *limit : 0;
      }
    }
    return 0;
  }
} // namespace OrthancPlugins
