// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "../IByteSink.h"

#include <cstddef>
#include <cstdint>
#include <ctime>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace OrthancPlugins
{
  struct IsoOptions
  {
    std::string volumeId = "ORTHANC_MEDIA"; // ECMA-119 8.4.7: d-characters, at most 32
    std::time_t createdUtc = 0;             // of the volume: the same request gives the same bytes
    std::string temporaryDirectory;         // room for all files
  };

  /**
   * Makes an ISO 9660 image (ECMA-119, names of level 1; files beyond 4 GiB in several extents) with
   * Joliet names. An image begins with a directory of all files, so their bytes go into an unnamed
   * temporary file first.
   *
   * Names that level 1 does not know are shortened there and kept by Joliet.
   *
   * Order of calls: (BeginFile, Write*, EndFile)*, then WriteImage() until it returns false. One thread.
   * After an exception the writer refuses further use. The destructor ends its threads and removes the
   * temporary file.
   **/
  class IsoWriter
  {
  public:
    // Throws Failure(BadRequest) if the volume identifier is none, Failure(StorageFull | CannotWrite)
    explicit IsoWriter(const IsoOptions& options);
    ~IsoWriter();
    IsoWriter(const IsoWriter&) = delete;
    IsoWriter& operator=(const IsoWriter&) = delete;

    // Throws Failure(BadRequest) if the path is unsafe or already used
    // Throws Failure(BadRequest) if the path is unsafe, already used, a folder of another one, or lies in
    // more than 7 folders (ECMA-119 6.8.2.1). Absent times are those of the volume
    void BeginFile(const std::string& path,
                   std::uint64_t sizeBytes,
                   std::optional<std::time_t> modifiedUtc);

    // Throws Failure(StorageFull | CannotWrite)
    void Write(const void* data, std::size_t sizeBytes);

    // Throws Failure(Internal) if the bytes written are not as many as announced
    void EndFile();

    // The next bytes of the image, about "maxBytes" at most: a step. False once the sink has all of it.
    // Throws what the sink throws, Failure(CannotWrite) if the temporary file cannot be read
    bool WriteImage(IByteSink& sink, std::size_t maxBytes);

  private:
    struct PImpl;
    std::unique_ptr<PImpl> pimpl_;
  };
} // namespace OrthancPlugins
