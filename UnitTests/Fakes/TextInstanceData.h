// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "../../Plugin/Core/IDicomStore.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace OrthancPlugins
{
  /**
   * A DICOM file in memory.
   **/
  class TextInstanceData final : public IInstanceData
  {
  public:
    explicit TextInstanceData(std::string bytes)
      : bytes_(std::move(bytes))
    {
    }

    std::uint64_t GetSizeBytes() const override { return bytes_.size(); }
    std::uint64_t GetMemoryBytes() const override { return bytes_.size(); }

    const void* Read(std::uint64_t offset, std::size_t, std::vector<unsigned char>&) const override
    {
      return bytes_.data() + offset;
    }

  private:
    std::string bytes_;
  };
} // namespace OrthancPlugins
