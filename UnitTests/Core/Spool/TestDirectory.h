// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <stdexcept>
#include <string>

#include <stdlib.h>
#include <sys/resource.h>

namespace OrthancPlugins
{
  // A directory that disappears with the test
  class TestDirectory
  {
  public:
    TestDirectory()
    {
      std::string path = (std::filesystem::temp_directory_path() / "spool-test-XXXXXX").string();
      if (::mkdtemp(path.data()) == nullptr)
      {
        throw std::runtime_error("Cannot make a directory for the test");
      }
      root_ = path;
    }

    ~TestDirectory() { std::filesystem::remove_all(root_); }

    TestDirectory(const TestDirectory&) = delete;
    TestDirectory& operator=(const TestDirectory&) = delete;

    const std::filesystem::path& GetRoot() const { return root_; }

    // Not made yet
    std::string GetSpool() const { return (root_ / "spool").string(); }

    // What a crash at this moment would leave
    std::string CopySpool(const std::string& name) const
    {
      const std::filesystem::path target = root_ / name;
      std::filesystem::copy(GetSpool(), target, std::filesystem::copy_options::recursive);
      return target.string();
    }

    std::set<std::string> ListNames() const { return ListNames(GetSpool()); }

    static std::set<std::string> ListNames(const std::string& directory)
    {
      std::set<std::string> names;
      for (const auto& entry : std::filesystem::directory_iterator(directory))
      {
        names.insert(entry.path().filename().string());
      }
      return names;
    }

    static void WriteFile(const std::string& path, const std::string& content)
    {
      std::ofstream(path, std::ios::binary) << content;
    }

    static std::string ReadFile(const std::string& path)
    {
      std::ifstream stream(path, std::ios::binary);
      return std::string(std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>());
    }

  private:
    std::filesystem::path root_;
  };

  // Files of this process cannot grow beyond a size: EFBIG, which we treat as a full disk
  class FileSizeLimit
  {
  public:
    explicit FileSizeLimit(rlim_t sizeBytes)
      : handler_(std::signal(SIGXFSZ, SIG_IGN))
    {
      ::getrlimit(RLIMIT_FSIZE, &before_);
      rlimit limit = before_;
      limit.rlim_cur = sizeBytes;
      ::setrlimit(RLIMIT_FSIZE, &limit);
    }

    ~FileSizeLimit()
    {
      ::setrlimit(RLIMIT_FSIZE, &before_);
      std::signal(SIGXFSZ, handler_);
    }

    FileSizeLimit(const FileSizeLimit&) = delete;
    FileSizeLimit& operator=(const FileSizeLimit&) = delete;

  private:
    rlimit before_ = {};
    void (*handler_)(int);
  };
} // namespace OrthancPlugins
