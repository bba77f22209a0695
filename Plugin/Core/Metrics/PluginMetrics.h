// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "MetricFamily.h"

#include "../ArchivePolicies.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace OrthancPlugins
{
  enum class EndOutcome
  {
    Success,
    Failure,
    Canceled
  };

  enum class DicomLevel
  {
    Patient,
    Study,
    Series,
    Instance
  };

  enum class InstanceSource
  {
    Dicom,
    Rest,
    Plugin,
    Lua,
    WebDav,
    Other
  };

  enum class DocumentLabel
  {
    Pdf,
    Cda,
    Stl,
    Obj,
    Mtl,
    Other
  };

  // A request to a route of ours that was answered
  struct AnsweredRequest
  {
    std::string route;  // template of the URI, no identifier
    std::string method; // one of four
    unsigned status = 200;
    double durationSeconds = 0;
    std::uint64_t responseBytes = 0;
  };

  struct EndedJob
  {
    std::string type;
    EndOutcome outcome = EndOutcome::Success;
    double waitSeconds = 0;
    double runSeconds = 0;
  };

  struct EndedArchive
  {
    ArchiveKind kind = ArchiveKind::Archive;
    EndOutcome outcome = EndOutcome::Success;
    std::uint64_t sizeBytes = 0;
    std::uint64_t instancesCount = 0; // in the archive
    std::uint64_t skippedCount = 0;   // left out or kept in another transfer syntax, and reported
    double durationSeconds = 0;
    bool isReused = false; // the file of an earlier one
  };

  struct JobTotals
  {
    std::uint64_t succeeded = 0;
    std::uint64_t failed = 0;
  };

  /**
   * Every counter and histogram of ours: Resources/Formats/Metrics.md. Labels have few values, and nothing
   * in them tells of a patient, an instance, a peer or a user: what is not in a closed list, or comes
   * when a list is full, counts as "other". Thread-safe; never waits for I/O.
   **/
  class PluginMetrics
  {
  public:
    PluginMetrics();
    ~PluginMetrics();

    void RequestBegun();
    void RequestEnded(const AnsweredRequest& request);

    void JobSubmitted(const std::string& type);
    void JobEnded(const EndedJob& job);
    void ArchiveEnded(const EndedArchive& archive);

    // An instance made of a document, or refused. The size is that of the document
    void DocumentEmbedded(DocumentLabel type, EndOutcome outcome, std::uint64_t sizeBytes);
    void CreateDicomRejected(const std::string& reason);

    void
    InstanceReceived(InstanceSource source, std::uint64_t sizeBytes, std::int64_t nowMicroseconds);
    void ModalityReceived(const std::string& modality);

    void ResourceCreated(DicomLevel level);
    void ResourceDeleted(DicomLevel level);
    void ResourceStable(DicomLevel level);

    // One attempt of a webhook; given up: there will be no other
    void DeliveryAttempted(bool isDelivered, bool isGivenUp);

    void ScrapeAnswered();

    // Since the start
    JobTotals GetJobTotals() const;

    // All families, those without any series too: their names are taken
    std::vector<MetricFamily> Collect() const;

  private:
    struct PImpl;
    std::unique_ptr<PImpl> pimpl_;
  };
} // namespace OrthancPlugins
