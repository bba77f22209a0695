// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include <cstddef>
#include <cstdint>
#include <ctime>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace OrthancPlugins
{
  enum class ResourceLevel
  {
    Patient,
    Study,
    Series,
    Instance
  };

  // Main DICOM tags of a resource: keyword ("PatientID") -> value in UTF-8
  using DicomTags = std::map<std::string, std::string>;

  struct StoredInstance
  {
    std::string id;                            // Orthanc identifier
    std::uint64_t sizeBytes = 0;               // of the DICOM file, uncompressed
    std::string transferSyntaxUid;             // empty if the host does not know
    std::optional<std::int64_t> indexInSeries; // as stored by the host
    std::optional<std::time_t> receptionUtc;   // reception date
    std::string attachmentUuid;                // empty if not known
    bool isStorageCompressed = false;          // the host keeps the file as a zlib stream
    DicomTags tags;                            // only if DescribeOptions::instanceTags
  };

  struct StoredSeries
  {
    std::string id;
    DicomTags tags;
    std::vector<StoredInstance> instances; // in the order of the host's database
  };

  struct StoredStudy
  {
    std::string id;
    DicomTags tags;
    DicomTags patientTags; // the study's own copy of the patient's tags
    std::vector<StoredSeries> series;
  };

  struct StoredPatient
  {
    std::string id;
    DicomTags tags;
    std::vector<StoredStudy> studies;
  };

  struct DescribeOptions
  {
    bool instanceTags = false;
  };

  // How to transcode: PS3.5 transfer syntax, quality from 1 to 100 (absent: the host's default)
  struct TranscodeTarget
  {
    std::string transferSyntaxUid;
    std::optional<unsigned> lossyQuality;
  };

  /**
   * The bytes of one DICOM file, opened. Thread-safe: blocks may be read concurrently.
   **/
  class IInstanceData
  {
  public:
    virtual ~IInstanceData() = default;

    virtual std::uint64_t GetSizeBytes() const = 0;

    // Memory that is held until destruction (0 for a file that is read in ranges)
    virtual std::uint64_t GetMemoryBytes() const = 0;

    // Bytes [offset, offset + size) of the file: a pointer into memory of this object, or into
    // "scratch" (then resized and filled). Valid until this object or the scratch changes.
    // Throws Failure(SourceMissing)
    virtual const void*
    Read(std::uint64_t offset, std::size_t size, std::vector<unsigned char>& scratch) const = 0;
  };

  /**
   * What we need of the DICOM server. Thread-safe. Calls may block on the database or the storage.
   **/
  class IDicomStore
  {
  public:
    virtual ~IDicomStore() = default;

    // Absent if there is no such resource
    virtual std::optional<ResourceLevel> FindLevel(const std::string& id) = 0;

    // The resource with its ancestors and all its descendants; ancestors hold this branch only. For an
    // instance: that instance only. Throws Failure(UnknownResource)
    virtual StoredPatient
    Describe(ResourceLevel level, const std::string& id, const DescribeOptions& options) = 0;

    // The stored file. Throws Failure(SourceMissing)
    virtual std::unique_ptr<IInstanceData> OpenInstance(const StoredInstance& instance) = 0;

    // The file in another transfer syntax; empty if the host cannot transcode this instance (the
    // caller then decides about the original). Throws Failure(SourceMissing)
    virtual std::unique_ptr<IInstanceData> OpenTranscoded(const StoredInstance& instance,
                                                          const TranscodeTarget& target) = 0;

    // The instance as a picture for people, in JPEG; empty if the host cannot make one
    virtual std::string RenderPreview(const std::string& instanceId) = 0;
  };
} // namespace OrthancPlugins
