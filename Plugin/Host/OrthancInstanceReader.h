// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "SdkFeatures.h"

#include "../Core/HostVersion.h"
#include "../Core/IDicomStore.h"
#include "../Core/Settings.h"

#include <memory>
#include <string>
#include <string_view>

namespace OrthancPlugins
{
  /**
   * The bytes of instances: read in ranges from the host's storage area where that is possible, else
   * as a whole through the SDK. Thread-safe.
   **/
  class OrthancInstanceReader
  {
  public:
    OrthancInstanceReader(OrthancPluginContext* context,
                          const Settings& settings,
                          const HostVersion& version);

    // As in IDicomStore
    std::unique_ptr<IInstanceData> OpenInstance(const StoredInstance& instance) const;
    std::unique_ptr<IInstanceData> OpenTranscoded(const StoredInstance& instance,
                                                  const TranscodeTarget& target) const;

  private:
    // Empty if the file cannot be read directly, for whatever reason
    std::unique_ptr<IInstanceData> OpenDirectly(const StoredInstance& instance) const;

    // Empty if the host cannot transcode
    std::unique_ptr<IInstanceData> TranscodeByRoute(const StoredInstance& instance,
                                                    const TranscodeTarget& target) const;
    std::unique_ptr<IInstanceData> TranscodeByService(const std::string& instanceId,
                                                      const void* data,
                                                      std::size_t size,
                                                      const TranscodeTarget& target) const;

    OrthancPluginContext* context_;
    std::string storageDirectory_; // empty: never read directly
    HostVersion version_;
  };

  // Path of an attachment below the directory of the host's own storage area; empty if this is no UUID
  std::string MakeAttachmentPath(const std::string& storageDirectory, const std::string& uuid);

  // (0002,0010) of a DICOM file (PS3.10 7.1); empty if this is none
  std::string ReadTransferSyntax(const void* data, std::size_t size);
} // namespace OrthancPlugins
