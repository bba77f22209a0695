// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "HostBuffer.h"

namespace OrthancPlugins
{
  std::string HostBuffer::ToString() const
  {
    return buffer_.size == 0 ? std::string()
                             : std::string(static_cast<const char*>(buffer_.data), buffer_.size);
  }

  HostString OwnString(OrthancPluginContext* context, char* text)
  {
    return HostString(text, HostStringDeleter{context});
  }

  HostInstance OwnInstance(OrthancPluginContext* context, OrthancPluginDicomInstance* instance)
  {
    return HostInstance(instance, HostInstanceDeleter{context});
  }
} // namespace OrthancPlugins
