// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "../../Plugin/Core/Archive/ArchivePlan.h"
#include "../../Plugin/Core/IDicomStore.h"

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace OrthancPlugins
{
  // Every file repeats one block, as large as its plan says; counts what is opened and read
  class RepeatingStore final : public IDicomStore
  {
  public:
    // Whether the files are in memory, or are read in ranges
    explicit RepeatingStore(bool isMemory)
      : isMemory_(isMemory)
    {
    }

    std::optional<ResourceLevel> FindLevel(const std::string&) override { return std::nullopt; }

    StoredPatient Describe(ResourceLevel, const std::string&, const DescribeOptions&) override
    {
      return StoredPatient();
    }

    std::unique_ptr<IInstanceData> OpenInstance(const StoredInstance& instance) override
    {
      openedCount++;
      return std::make_unique<Data>(instance.sizeBytes, isMemory_, readBytes);
    }

    std::unique_ptr<IInstanceData> OpenTranscoded(const StoredInstance&,
                                                  const TranscodeTarget&) override
    {
      return nullptr;
    }

    std::string RenderPreview(const std::string&) override { return ""; }

    std::atomic<unsigned> openedCount{0};
    std::atomic<std::uint64_t> readBytes{0};

  private:
    class Data final : public IInstanceData
    {
    public:
      Data(std::uint64_t sizeBytes, bool isMemory, std::atomic<std::uint64_t>& readBytes)
        : sizeBytes_(sizeBytes),
          isMemory_(isMemory),
          readBytes_(readBytes)
      {
      }

      std::uint64_t GetSizeBytes() const override { return sizeBytes_; }

      std::uint64_t GetMemoryBytes() const override { return isMemory_ ? sizeBytes_ : 0; }

      const void*
      Read(std::uint64_t, std::size_t size, std::vector<unsigned char>& scratch) const override
      {
        static const std::string BLOCK(std::size_t(4) << 20, '\x55');
        readBytes_ += size;
        if (isMemory_)
        {
          return BLOCK.data();
        }
        scratch.assign(BLOCK.begin(), BLOCK.begin() + static_cast<std::ptrdiff_t>(size));
        return scratch.data();
      }

    private:
      std::uint64_t sizeBytes_;
      bool isMemory_;
      std::atomic<std::uint64_t>& readBytes_;
    };

    bool isMemory_;
  };

  // Files of one size, named by their number
  inline ArchivePlan MakeRepeatingPlan(std::size_t count, std::uint64_t sizeBytes)
  {
    ArchivePlan plan;
    for (std::size_t i = 0; i < count; i++)
    {
      PlannedEntry entry;
      entry.path = std::to_string(i);
      entry.instance.id = "instance-" + entry.path;
      entry.instance.sizeBytes = sizeBytes;
      plan.entries.push_back(entry);
      plan.uncompressedBytes += sizeBytes;
    }
    return plan;
  }
} // namespace OrthancPlugins
