// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "PdfPageRenderer.h"

#include "../Failure.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <vector>

#include <boost/chrono.hpp>
#include <boost/thread/lock_guard.hpp>
#include <boost/thread/lock_types.hpp>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace OrthancPlugins
{
  namespace
  {
    constexpr const char* LIMITER = "/usr/bin/prlimit"; // of util-linux, in every Debian
    constexpr const char* RENDERER = "/usr/bin/pdftoppm";
    constexpr unsigned MAX_DRAWING = 2;
    constexpr unsigned MAX_WAITING = 20;
    constexpr std::size_t MAX_PNG_BYTES = 64u << 20;
    constexpr std::size_t BLOCK_BYTES = 1u << 20;
    constexpr int WRONG_PAGE_STATUS = 99; // of pdftoppm

    class Descriptor
    {
    public:
      explicit Descriptor(int descriptor)
        : descriptor_(descriptor)
      {
      }
      ~Descriptor() { Close(); }
      Descriptor(const Descriptor&) = delete;
      Descriptor& operator=(const Descriptor&) = delete;

      int Get() const { return descriptor_; }
      void Close()
      {
        if (descriptor_ >= 0)
        {
          ::close(descriptor_);
          descriptor_ = -1;
        }
      }

    private:
      int descriptor_;
    };

    [[noreturn]] void ThrowWriteFailure(int error)
    {
      throw Failure(error == ENOSPC || error == EDQUOT ? FailureKind::StorageFull
                                                       : FailureKind::CannotWrite,
                    "The document cannot be written to a temporary file");
    }

    // Has no name, so that nothing is left of it, whatever happens
    int OpenTemporary(const std::string& directory)
    {
      const int descriptor =
        ::open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, S_IRUSR | S_IWUSR);
      if (descriptor >= 0)
      {
        return descriptor;
      }
      std::string name = directory + "/preview-XXXXXX"; // a file system without such files
      const int named = ::mkostemp(name.data(), O_CLOEXEC);
      if (named < 0)
      {
        ThrowWriteFailure(errno);
      }
      ::unlink(name.c_str());
      return named;
    }

    void WriteAll(int descriptor, const char* data, std::size_t size)
    {
      while (size > 0)
      {
        const ssize_t count = ::write(descriptor, data, size);
        if (count < 0 && errno != EINTR)
        {
          ThrowWriteFailure(errno);
        }
        if (count > 0)
        {
          data += count;
          size -= static_cast<std::size_t>(count);
        }
      }
    }

    void WriteContent(int descriptor, const IInstanceData& content)
    {
      std::vector<unsigned char> scratch;
      for (std::uint64_t offset = 0; offset < content.GetSizeBytes();)
      {
        const std::size_t size = static_cast<std::size_t>(
          std::min<std::uint64_t>(content.GetSizeBytes() - offset, BLOCK_BYTES));
        WriteAll(descriptor, static_cast<const char*>(content.Read(offset, size, scratch)), size);
        offset += size;
      }
      if (::lseek(descriptor, 0, SEEK_SET) != 0)
      {
        ThrowWriteFailure(errno);
      }
    }

    // A child that is always waited for
    class Process
    {
    public:
      Process(const std::vector<std::string>& arguments, int input, int output)
      {
        std::vector<char*> pointers;
        pointers.reserve(arguments.size() + 1);
        for (const std::string& argument : arguments)
        {
          pointers.push_back(const_cast<char*>(argument.c_str()));
        }
        pointers.push_back(nullptr);
        char path[] = "PATH=/usr/bin:/bin";
        char locale[] = "LC_ALL=C";
        char* environment[] = {path, locale, nullptr};

        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
        posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
        // Connections and files of the host are not for it
        posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
        const int error =
          ::posix_spawn(&pid_, pointers[0], &actions, nullptr, pointers.data(), environment);
        posix_spawn_file_actions_destroy(&actions);
        if (error != 0)
        {
          throw Failure(FailureKind::NotImplemented,
                        "The program that draws pages cannot be started");
        }
      }

      ~Process()
      {
        if (isRunning_)
        {
          ::kill(pid_, SIGKILL);
          Wait();
        }
      }

      Process(const Process&) = delete;
      Process& operator=(const Process&) = delete;

      // Its exit status; -1 if a signal has ended it
      int Wait()
      {
        int status = 0;
        while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR)
        {
        }
        isRunning_ = false;
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
      }

    private:
      pid_t pid_ = -1;
      bool isRunning_ = true;
    };

    // Up to the end of the output; false if that takes too long or is too much
    bool ReadAll(int descriptor, unsigned timeoutSeconds, std::string& output)
    {
      using Clock = std::chrono::steady_clock;
      const Clock::time_point deadline = Clock::now() + std::chrono::seconds(timeoutSeconds);
      std::vector<char> block(BLOCK_BYTES);
      for (;;)
      {
        const auto left =
          std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
        struct pollfd waiting = {descriptor, POLLIN, 0};
        if (left.count() <= 0 || output.size() > MAX_PNG_BYTES)
        {
          return false;
        }
        const int ready = ::poll(&waiting, 1, static_cast<int>(left.count()));
        if (ready <= 0)
        {
          continue; // too late, or a signal
        }
        const ssize_t count = ::read(descriptor, block.data(), block.size());
        if (count == 0)
        {
          return true;
        }
        if (count > 0)
        {
          output.append(block.data(), static_cast<std::size_t>(count));
        }
        else if (errno != EINTR)
        {
          return false;
        }
      }
    }

    unsigned GetBigEndian(const std::string& bytes, std::size_t offset)
    {
      unsigned value = 0;
      for (std::size_t i = offset; i < offset + 4; i++)
      {
        value = value << 8 | static_cast<unsigned char>(bytes[i]);
      }
      return value;
    }

    // Without memory for a page, the program draws one of a single pixel and is content with itself. The
    // longer side may be one more for rounding
    bool IsPage(const std::string& png, unsigned pixels)
    {
      constexpr std::size_t WIDTH_OFFSET = 16; // PNG 11.2.2
      constexpr std::size_t HEIGHT_OFFSET = 20;
      return png.size() >= HEIGHT_OFFSET + 4 && png.compare(0, 4, "\x89PNG") == 0 &&
             std::max(GetBigEndian(png, WIDTH_OFFSET), GetBigEndian(png, HEIGHT_OFFSET)) >= pixels;
    }

    [[noreturn]] void ThrowNotDrawn()
    {
      throw Failure(FailureKind::BadFormat,
                    "The page cannot be drawn: the PDF is damaged, needs a password, or takes more "
                    "time or memory than the configuration allows");
    }

    std::string
    Draw(const PdfPageRenderer::Limits& limits, int input, unsigned page, unsigned pixels)
    {
      int ends[2];
      if (::pipe2(ends, O_CLOEXEC) != 0)
      {
        throw Failure(FailureKind::Unavailable,
                      "There is no pipe for the program that draws pages");
      }
      Descriptor readEnd(ends[0]);
      Descriptor writeEnd(ends[1]);
      const std::string number = std::to_string(page);
      Process process({LIMITER, "--as=" + std::to_string(limits.memoryBytes),
                       "--cpu=" + std::to_string(limits.timeoutSeconds), "--fsize=0", "--core=0",
                       "--", RENDERER, "-png", "-singlefile", "-f", number, "-l", number,
                       "-scale-to", std::to_string(pixels), "-"},
                      input, writeEnd.Get());
      writeEnd.Close();
      std::string png;
      if (!ReadAll(readEnd.Get(), limits.timeoutSeconds, png))
      {
        ThrowNotDrawn(); // the destructor ends the process
      }
      const int status = process.Wait();
      if (status == WRONG_PAGE_STATUS)
      {
        throw Failure(FailureKind::NotFound, "The document has no such page");
      }
      if (status != 0 || !IsPage(png, pixels))
      {
        ThrowNotDrawn();
      }
      return png;
    }
  } // namespace

  bool PdfPageRenderer::IsInstalled()
  {
    return ::access(RENDERER, X_OK) == 0 && ::access(LIMITER, X_OK) == 0;
  }

  std::shared_ptr<const std::string> PdfPageRenderer::Render(const std::string& key,
                                                             const IInstanceData& content,
                                                             unsigned page,
                                                             unsigned pixels)
  {
    const std::string name = key + "/" + std::to_string(page) + "/" + std::to_string(pixels);
    if (std::shared_ptr<const std::string> kept = FindKept(name))
    {
      return kept;
    }
    if (!IsInstalled())
    {
      throw Failure(
        FailureKind::NotImplemented,
        "Previews need the programs \"pdftoppm\" (package poppler-utils) and \"prlimit\"");
    }
    TakePlace();
    const std::shared_ptr<void> place(nullptr, [this](void*) { FreePlace(); });
    const Descriptor input(OpenTemporary(limits_.directory));
    WriteContent(input.Get(), content);
    const auto png = std::make_shared<const std::string>(Draw(limits_, input.Get(), page, pixels));
    Keep(name, png);
    return png;
  }

  std::shared_ptr<const std::string> PdfPageRenderer::FindKept(const std::string& name)
  {
    const boost::lock_guard<boost::mutex> lock(mutex_);
    const auto found = std::find_if(kept_.begin(), kept_.end(),
                                    [&](const Entry& entry) { return entry.first == name; });
    if (found == kept_.end())
    {
      return nullptr;
    }
    kept_.splice(kept_.begin(), kept_, found);
    return found->second;
  }

  void PdfPageRenderer::Keep(const std::string& name, const std::shared_ptr<const std::string>& png)
  {
    const boost::lock_guard<boost::mutex> lock(mutex_);
    kept_.emplace_front(name, png);
    keptBytes_ += png->size();
    while (keptBytes_ > limits_.cacheBytes)
    {
      keptBytes_ -= kept_.back().second->size();
      kept_.pop_back();
    }
  }

  void PdfPageRenderer::TakePlace()
  {
    boost::unique_lock<boost::mutex> lock(mutex_);
    if (waitingCount_ >= MAX_WAITING)
    {
      throw Failure(FailureKind::Unavailable, "Too many pages are waiting to be drawn");
    }
    waitingCount_++;
    const bool isMine = isFree_.wait_for(lock, boost::chrono::seconds(limits_.timeoutSeconds),
                                         [this] { return drawingCount_ < MAX_DRAWING; });
    waitingCount_--;
    if (!isMine)
    {
      throw Failure(FailureKind::Unavailable, "Too many pages are waiting to be drawn");
    }
    drawingCount_++;
  }

  void PdfPageRenderer::FreePlace()
  {
    {
      const boost::lock_guard<boost::mutex> lock(mutex_);
      drawingCount_--;
    }
    isFree_.notify_one();
  }
} // namespace OrthancPlugins
