// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "OverlayFolder.h"

#include "../Failure.h"
#include "../Zip/ZipFormat.h"

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <utility>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace OrthancPlugins
{
  namespace
  {
    constexpr int FOLDER_FLAGS = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
    constexpr unsigned MAX_NESTING = 64; // each level holds a descriptor

    // What a medium has of its own
    constexpr std::string_view RESERVED_NAMES[] = {
      "DICOMDIR", "README.TXT",  "INDEX.HTM",       "IMAGES",         "DOCUMENT",
      "PREVIEW",  "MISSING.TXT", "TRANSCODING.TXT", "MANIFEST.SHA256"};

    [[noreturn]] void ThrowUnreadable()
    {
      throw Failure(FailureKind::SourceMissing, "The folder of the overlay cannot be read");
    }

    [[noreturn]] void ThrowChanged()
    {
      throw Failure(FailureKind::SourceMissing, "A file of the overlay has changed or is missing");
    }

    // Owner of a file descriptor; -1 is none
    class Descriptor
    {
    public:
      explicit Descriptor(int descriptor)
        : descriptor_(descriptor)
      {
      }

      ~Descriptor()
      {
        if (descriptor_ >= 0)
        {
          ::close(descriptor_);
        }
      }

      Descriptor(Descriptor&& other) noexcept
        : descriptor_(std::exchange(other.descriptor_, -1))
      {
      }

      Descriptor& operator=(Descriptor&& other) noexcept
      {
        std::swap(descriptor_, other.descriptor_);
        return *this;
      }

      Descriptor(const Descriptor&) = delete;
      Descriptor& operator=(const Descriptor&) = delete;

      int Get() const { return descriptor_; }
      int Release() { return std::exchange(descriptor_, -1); }

    private:
      int descriptor_;
    };

    struct DirectoryDeleter
    {
      void operator()(DIR* directory) const { ::closedir(directory); }
    };

    bool IsReserved(std::string_view name)
    {
      std::string upper(name);
      std::transform(upper.begin(), upper.end(), upper.begin(),
                     [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
      return std::find(std::begin(RESERVED_NAMES), std::end(RESERVED_NAMES), upper) !=
             std::end(RESERVED_NAMES);
    }

    void CheckPath(const std::string& folder, const std::string& path)
    {
      if (!IsSafeZipPath(path))
      {
        // The name itself may be no text
        throw Failure(FailureKind::Conflict,
                      "A name in the overlay's folder \"/" + folder +
                        "\" is not possible on a medium: control character, backslash or no UTF-8");
      }
      if (folder.empty() && IsReserved(path))
      {
        throw Failure(FailureKind::Conflict,
                      "The overlay has \"" + path + "\", a name that the medium itself uses");
      }
    }

    // Takes all files below a folder
    class Lister
    {
    public:
      Lister(std::vector<OverlayFile>& files, std::size_t maxFiles)
        : files_(files),
          maxFiles_(maxFiles)
      {
      }

      void List(Descriptor folder, const std::string& path, unsigned nesting)
      {
        if (nesting > MAX_NESTING)
        {
          ThrowUnreadable();
        }
        const std::unique_ptr<DIR, DirectoryDeleter> directory(::fdopendir(folder.Get()));
        if (directory == nullptr)
        {
          ThrowUnreadable();
        }
        const int descriptor = folder.Release(); // it belongs to the directory now
        for (;;)
        {
          errno = 0;
          // Of a stream that no other thread has: safe (POSIX)
          const dirent* const entry = ::readdir(directory.get()); // NOLINT(concurrency-mt-unsafe)
          if (entry == nullptr)
          {
            break;
          }
          const std::string name = entry->d_name;
          if (name != "." && name != "..")
          {
            Take(descriptor, path, name, nesting);
          }
        }
        if (errno != 0)
        {
          ThrowUnreadable();
        }
      }

    private:
      void Take(int folder, const std::string& parent, const std::string& name, unsigned nesting)
      {
        struct stat status = {};
        if (::fstatat(folder, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0)
        {
          ThrowUnreadable();
        }
        if (!S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode))
        {
          return;
        }
        const std::string path = parent.empty() ? name : parent + "/" + name;
        CheckPath(parent, path);
        if (S_ISDIR(status.st_mode))
        {
          Descriptor below(::openat(folder, name.c_str(), FOLDER_FLAGS | O_NOFOLLOW));
          if (below.Get() < 0)
          {
            ThrowUnreadable();
          }
          List(std::move(below), path, nesting + 1);
          return;
        }
        if (files_.size() == maxFiles_)
        {
          throw Failure(FailureKind::TooLarge, "The folder of the overlay has too many files");
        }
        files_.push_back({path, static_cast<std::uint64_t>(status.st_size), status.st_mtime});
      }

      std::vector<OverlayFile>& files_;
      const std::size_t maxFiles_;
    };

    class OpenedFile final : public IInstanceData
    {
    public:
      OpenedFile(Descriptor file, std::uint64_t sizeBytes)
        : file_(std::move(file)),
          sizeBytes_(sizeBytes)
      {
      }

      std::uint64_t GetSizeBytes() const override { return sizeBytes_; }

      std::uint64_t GetMemoryBytes() const override { return 0; }

      const void* Read(std::uint64_t offset,
                       std::size_t size,
                       std::vector<unsigned char>& scratch) const override
      {
        if (offset > sizeBytes_ || size > sizeBytes_ - offset)
        {
          ThrowChanged();
        }
        scratch.resize(size);
        std::size_t done = 0;
        while (done < size)
        {
          const ssize_t count = ::pread(file_.Get(), scratch.data() + done, size - done,
                                        static_cast<off_t>(offset + done));
          if (count > 0)
          {
            done += static_cast<std::size_t>(count);
          }
          else if (count == 0 || errno != EINTR)
          {
            ThrowChanged();
          }
        }
        return scratch.data();
      }

    private:
      const Descriptor file_;
      const std::uint64_t sizeBytes_;
    };

    // No component of the path may have become a link
    Descriptor OpenBelow(int root, std::string_view path)
    {
      Descriptor folder(::fcntl(root, F_DUPFD_CLOEXEC, 0));
      for (;;)
      {
        const std::size_t slash = path.find('/');
        const std::string name(path.substr(0, slash));
        const bool isLast = slash == std::string_view::npos;
        Descriptor next(::openat(folder.Get(), name.c_str(),
                                 isLast ? O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK
                                        : FOLDER_FLAGS | O_NOFOLLOW));
        if (isLast || next.Get() < 0)
        {
          return next;
        }
        folder = std::move(next);
        path.remove_prefix(slash + 1);
      }
    }
  } // namespace

  OverlayFolder::OverlayFolder(const std::string& directory)
    : OverlayFolder(directory, USUAL_FILES)
  {
  }

  OverlayFolder::OverlayFolder(const std::string& directory, std::size_t maxFiles)
    : directory_(::open(directory.c_str(), FOLDER_FLAGS))
  {
    Descriptor root(directory_); // until nothing can fail any more
    Descriptor copy(::openat(directory_, ".", FOLDER_FLAGS));
    if (copy.Get() < 0)
    {
      ThrowUnreadable();
    }
    Lister(files_, maxFiles).List(std::move(copy), "", 0);
    std::sort(files_.begin(), files_.end(),
              [](const OverlayFile& a, const OverlayFile& b) { return a.path < b.path; });
    root.Release();
  }

  OverlayFolder::~OverlayFolder()
  {
    ::close(directory_);
  }

  std::unique_ptr<IInstanceData> OverlayFolder::Open(const OverlayFile& file) const
  {
    Descriptor opened = OpenBelow(directory_, file.path);
    struct stat status = {};
    if (opened.Get() < 0 || ::fstat(opened.Get(), &status) != 0 || !S_ISREG(status.st_mode) ||
        static_cast<std::uint64_t>(status.st_size) != file.sizeBytes)
    {
      ThrowChanged();
    }
    return std::make_unique<OpenedFile>(std::move(opened), file.sizeBytes);
  }
} // namespace OrthancPlugins
