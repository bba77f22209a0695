// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "LimitedChild.h"

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <exception>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace OrthancPlugins
{
  namespace
  {
    constexpr std::size_t MAX_RESULT_BYTES = 1u << 20;
    constexpr int RESULT_DESCRIPTOR = STDERR_FILENO + 1; // in the child

    // Pages of the address space of this process; 0 if the kernel does not tell
    std::uint64_t ReadAddressSpacePages()
    {
      char text[64] = {};
      const int descriptor = ::open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
      const ssize_t count = descriptor < 0 ? -1 : ::read(descriptor, text, sizeof(text) - 1);
      if (descriptor >= 0)
      {
        ::close(descriptor);
      }
      unsigned long long pages = 0;
      return count > 0 && std::sscanf(text, "%llu", &pages) == 1 ? pages : 0;
    }

    bool SetLimit(decltype(RLIMIT_CPU) resource, std::uint64_t value)
    {
      struct rlimit limit = {value, value};
      struct rlimit current = {};
      if (::getrlimit(resource, &current) == 0 && current.rlim_max < value)
      {
        limit = {current.rlim_max, current.rlim_max}; // stricter already
      }
      return ::setrlimit(resource, &limit) == 0;
    }

    bool LimitChild(const ChildLimits& limits)
    {
      const std::uint64_t pages = ReadAddressSpacePages();
      const std::uint64_t pageBytes = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
      return pages > 0 && SetLimit(RLIMIT_AS, pages * pageBytes + limits.memoryBytes) &&
             SetLimit(RLIMIT_CPU, limits.processorSeconds) && SetLimit(RLIMIT_CORE, 0) &&
             SetLimit(RLIMIT_FSIZE, 0);
    }

    // Only standard streams, to nowhere, and the pipe: connections of the host must not stay open by us
    bool KeepOnly(int pipe)
    {
      const int nowhere = ::open("/dev/null", O_RDWR);
      if (nowhere < 0)
      {
        return false;
      }
      for (const int standard : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
      {
        if (::dup2(nowhere, standard) < 0)
        {
          return false;
        }
      }
      return ::dup2(pipe, RESULT_DESCRIPTOR) >= 0 &&
             ::syscall(SYS_close_range, RESULT_DESCRIPTOR + 1, ~0u, 0) == 0;
    }

    bool WriteAll(int descriptor, const std::string& text)
    {
      for (std::size_t written = 0; written < text.size();)
      {
        const ssize_t count = ::write(descriptor, text.data() + written, text.size() - written);
        if (count < 0 && errno != EINTR)
        {
          return false;
        }
        written += count > 0 ? static_cast<std::size_t>(count) : 0;
      }
      return true;
    }

    [[noreturn]] void
    RunChild(const ChildLimits& limits, const std::function<std::string()>& work, int pipe)
    {
      int status = 1;
      try
      {
        // Not longer than its parent
        if (::prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && KeepOnly(pipe) && LimitChild(limits) &&
            WriteAll(RESULT_DESCRIPTOR, work()))
        {
          status = 0;
        }
      }
      catch (...)
      {
        // Whatever it is, the status says that there is no result
      }
      ::_exit(status); // without the destructors of the host
    }

    // Up to the end; false if that takes too long or is too much
    bool ReadAll(int descriptor, unsigned seconds, std::string& output)
    {
      using Clock = std::chrono::steady_clock;
      const Clock::time_point deadline = Clock::now() + std::chrono::seconds(seconds);
      for (;;)
      {
        const auto left =
          std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
        if (left.count() <= 0 || output.size() > MAX_RESULT_BYTES)
        {
          return false;
        }
        struct pollfd waiting = {descriptor, POLLIN, 0};
        if (::poll(&waiting, 1, static_cast<int>(left.count())) <= 0)
        {
          continue; // too late, or a signal
        }
        char block[4096];
        const ssize_t count = ::read(descriptor, block, sizeof(block));
        if (count == 0)
        {
          return true;
        }
        if (count > 0)
        {
          output.append(block, static_cast<std::size_t>(count));
        }
        else if (errno != EINTR)
        {
          return false;
        }
      }
    }
  } // namespace

  std::optional<std::string> RunLimited(const ChildLimits& limits,
                                        const std::function<std::string()>& work)
  {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0)
    {
      return std::nullopt;
    }
    const pid_t pid = ::fork();
    if (pid == 0)
    {
      RunChild(limits, work, ends[1]);
    }
    ::close(ends[1]);
    std::string output;
    bool isComplete = false;
    try
    {
      isComplete = pid > 0 && ReadAll(ends[0], limits.seconds, output);
    }
    catch (const std::exception&)
    {
      // No memory for the result
    }
    ::close(ends[0]);
    if (pid < 0)
    {
      return std::nullopt;
    }
    if (!isComplete)
    {
      ::kill(pid, SIGKILL);
    }
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR)
    {
    }
    const bool isGood = isComplete && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    return isGood ? std::make_optional(output) : std::nullopt;
  }
} // namespace OrthancPlugins
