// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "../../Plugin/Core/Failure.h"
#include "../../Plugin/Core/IByteSink.h"

#include <cstdint>
#include <string>

namespace OrthancPlugins
{
  // Keeps all bytes
  class MemorySink final : public IByteSink
  {
  public:
    void Write(const void* data, std::size_t sizeBytes) override
    {
      content_.append(static_cast<const char*>(data), sizeBytes);
    }

    const std::string& GetContent() const { return content_; }

  private:
    std::string content_;
  };

  // Takes the first n bytes, keeps them, and fails at the next one
  class FailingSink final : public IByteSink
  {
  public:
    FailingSink(std::uint64_t acceptedBytes, FailureKind kind)
      : acceptedBytes_(acceptedBytes),
        kind_(kind)
    {
    }

    void Write(const void* data, std::size_t sizeBytes) override
    {
      const std::uint64_t room = acceptedBytes_ - content_.size();
      if (sizeBytes > room)
      {
        content_.append(static_cast<const char*>(data), static_cast<std::size_t>(room));
        throw Failure(kind_, "The sink fails on demand");
      }
      content_.append(static_cast<const char*>(data), sizeBytes);
    }

    const std::string& GetContent() const { return content_; }

  private:
    std::uint64_t acceptedBytes_;
    FailureKind kind_;
    std::string content_;
  };
} // namespace OrthancPlugins
