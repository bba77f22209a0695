// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "SdkFeatures.h"

#include <cstddef>
#include <memory>
#include <string>

namespace OrthancPlugins
{
  // Owner of a memory buffer that the host fills. The context must outlive it
  class HostBuffer
  {
  public:
    explicit HostBuffer(OrthancPluginContext* context)
      : context_(context)
    {
    }
    ~HostBuffer() { OrthancPluginFreeMemoryBuffer(context_, &buffer_); }

    HostBuffer(const HostBuffer&) = delete;
    HostBuffer& operator=(const HostBuffer&) = delete;

    // Where a service of the host puts the memory; once only
    OrthancPluginMemoryBuffer* GetTarget() { return &buffer_; }

    // Gives up whatever the host left in the buffer: after a failed call it may be freed already
    void Forget() { buffer_ = {nullptr, 0}; }

    const unsigned char* GetData() const { return static_cast<const unsigned char*>(buffer_.data); }
    std::size_t GetSize() const { return buffer_.size; }
    std::string ToString() const;

  private:
    OrthancPluginContext* context_;
    OrthancPluginMemoryBuffer buffer_ = {nullptr, 0};
  };

  struct HostStringDeleter
  {
    OrthancPluginContext* context;
    void operator()(char* text) const { OrthancPluginFreeString(context, text); }
  };
  using HostString = std::unique_ptr<char, HostStringDeleter>;
  HostString OwnString(OrthancPluginContext* context, char* text);

  struct HostInstanceDeleter
  {
    OrthancPluginContext* context;
    void operator()(OrthancPluginDicomInstance* instance) const
    {
      OrthancPluginFreeDicomInstance(context, instance);
    }
  };
  using HostInstance = std::unique_ptr<OrthancPluginDicomInstance, HostInstanceDeleter>;
  HostInstance OwnInstance(OrthancPluginContext* context, OrthancPluginDicomInstance* instance);
} // namespace OrthancPlugins
