// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "../IDicomStore.h"

#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <utility>

#include <boost/thread/condition_variable.hpp>
#include <boost/thread/mutex.hpp>

namespace OrthancPlugins
{
  /**
   * Draws pages of PDFs by "pdftoppm" of poppler, in a process of its own: a hostile PDF ends that
   * process and nothing else. It has limits of memory, processor time and real time, no files but its
   * input, and nothing of our environment. Pages are kept in memory, the least recently used go first.
   * Thread-safe; few pages are drawn at the same time, others wait.
   **/
  class PdfPageRenderer
  {
  public:
    struct Limits
    {
      std::string directory; // of a temporary file without a name
      unsigned timeoutSeconds = 20;
      std::uint64_t memoryBytes = 1024u << 20;
      std::uint64_t cacheBytes = 64u << 20; // 0: nothing is kept
    };

    explicit PdfPageRenderer(const Limits& limits)
      : limits_(limits)
    {
    }

    // Whether the programs are there that draw
    static bool IsInstalled();

    // A PNG whose longer side has that many pixels. "key": what the content is known by. Pages count
    // from 1. Throws Failure(NotFound) if there is no such page, Failure(BadFormat) if the PDF cannot
    // be drawn within the limits, Failure(Unavailable) if too many others are waiting,
    // Failure(NotImplemented) without "pdftoppm", Failure(CannotWrite or StorageFull)
    std::shared_ptr<const std::string>
    Render(const std::string& key, const IInstanceData& content, unsigned page, unsigned pixels);

  private:
    using Entry = std::pair<std::string, std::shared_ptr<const std::string>>;

    std::shared_ptr<const std::string> FindKept(const std::string& name);
    void Keep(const std::string& name, const std::shared_ptr<const std::string>& png);
    void TakePlace();
    void FreePlace();

    Limits limits_;
    boost::mutex mutex_;
    boost::condition_variable isFree_;
    unsigned drawingCount_ = 0;
    unsigned waitingCount_ = 0;
    std::list<Entry> kept_; // the last used first
    std::uint64_t keptBytes_ = 0;
  };
} // namespace OrthancPlugins
