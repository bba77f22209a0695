// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "ArchivePolicies.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace OrthancPlugins
{
  struct MediaSettings
  {
    bool isEnabled = true;                       // the takeover of the media routes
    std::string institutionText;                 // in README.TXT and INDEX.HTM, UTF-8
    std::map<std::string, std::string> overlays; // name -> absolute folder
  };

  struct ArchiveSettings
  {
    bool isEnabled = true; // the takeover of the archive routes
    ArchiveDensity density = ArchiveDensity::Fast;
    MissingPolicy onMissing = MissingPolicy::Fail;
    TranscodeFailurePolicy onTranscodeFailure = TranscodeFailurePolicy::KeepOriginal;
    std::string naming = "Host";
    bool hasUtf8Names = false;
    bool hasManifest = false;
    bool isChunked = true;                     // frame streams of unknown length (RFC 9112 7.1)
    bool isAttachment = false;                 // "attachment" in Content-Disposition
    unsigned maxStreams = 20;                  // synchronous archives at the same time; others wait
    unsigned threads = 2;                      // per archive
    std::uint64_t windowBytes = 16u << 20;     // in flight per archive
    bool readsStorageDirectly = true;          // ranges from the host's own storage area
    std::uint64_t maxRangeBytes = 2047u << 20; // of an archive that is made while it is sent
    MediaSettings media;
    std::string temporaryDirectory; // for images of volumes: that of the spool
  };

  struct SpoolSettings
  {
    std::string directory;                         // absolute
    std::optional<std::uint64_t> maxArchives;      // absent: no limit
    std::optional<std::uint64_t> maxAgeHours = 24; // of a file; absent: no limit
    std::uint64_t historyHours = 168;              // of a record whose file has gone
    unsigned maxRecords = 10000;                   // ended ones, oldest removed first
    std::optional<std::uint64_t> maxBytes;         // absent: "maxDiskPercent"
    std::optional<unsigned> maxDiskPercent = 20;   // of the disk's free bytes and the spool's own;
                                                   // absent: no limit
  };

  struct JobSettings
  {
    bool isEnabled = true;           // the takeover of /jobs
    bool isReused = true;            // a finished result serves the same request again
    unsigned maxRetries = 3;         // after failures that may pass
    unsigned retryDelaySeconds = 10; // doubled from one attempt to the next, up to an hour
    unsigned maxWaiters = 20;        // requests that wait or receive events at the same time
    unsigned maxWaitSeconds = 300;   // of "?wait="
    bool isOwnOnly = false;          // users see their own jobs only
    std::vector<std::string> administrators; // who see all
  };

  struct WebhookTarget
  {
    std::string url;    // of every job that ends
    std::string secret; // key of the signature; may be empty
  };

  struct WebhookSettings
  {
    std::vector<WebhookTarget> targets;        // of the configuration: always notified
    std::vector<std::string> allowedUrls;      // scheme, host, port, path prefix for "NotifyUrl"
    std::vector<std::string> allowedAddresses; // CIDR blocks that are allowed although private
    std::string secret;                        // for "NotifyUrl"
    unsigned timeoutSeconds = 10;
    unsigned maxAttempts = 8;
    unsigned retryDelaySeconds = 5; // doubled from one attempt to the next, up to an hour
  };

  struct MetricsSettings
  {
    bool isEnabled = true;            // the takeover of the metrics routes
    bool hasHostNames = true;         // "LegacyMetrics": also what hosts of all versions publish
    bool isEmptyWhenDisabled = false; // as the host: 200 without content instead of 503
    bool countsModalities = false;    // received instances by modality
    unsigned refreshSeconds = 30;     // of what the database counts, while somebody scrapes
  };

  enum class ActiveContentPolicy
  {
    Accept, // nobody looks
    Warn,   // the answer tells
    Refuse  // 400
  };

  struct DocumentSettings
  {
    bool isEnabled = true;            // the takeover of create-dicom and of the PDF routes
    std::string modality = "OT";      // of documents that no parent series decides about
    bool hasAcquisitionTimes = false; // AcquisitionDate and -Time, as Orthanc alone writes them
    ActiveContentPolicy activeContent = ActiveContentPolicy::Accept;
    bool isStrict = false; // refuses what Orthanc accepts although it is no sound DICOM
    unsigned previewTimeoutSeconds = 20;
    unsigned previewMemoryMegabytes = 1024; // of the process that draws a page
    unsigned previewCacheMegabytes = 64;
  };

  struct AppSettings
  {
    bool isEnabled = true; // our page, and our part of Orthanc Explorer
  };

  // What we read of the host's own configuration
  struct HostSettings
  {
    std::string storageDirectory;
    bool hasDirectStorage = false; // files of the storage area may be read by path
    bool isStorageCompressed = false;
    unsigned jobsHistorySize = 10;
    bool isZipStreamed = true;                 // SynchronousZipStream
    bool hasZipUtf8 = false;                   // ZipUseUtf8
    bool describesErrors = true;               // HttpDescribeErrors
    unsigned lossyQuality = 90;                // DicomLossyTranscodingQuality
    bool hasAuthentication = false;            // the host checks users and passwords itself
    std::string defaultCharset = "ISO_IR 100"; // DefaultEncoding, as (0008,0005)
    std::string privateCreator;                // DefaultPrivateCreator
    std::string indexDirectory;
    std::string temporaryDirectory;
    std::uint64_t maxStorageBytes = 0; // MaximumStorageSize; 0: no limit
    unsigned maxPatients = 0;          // MaximumPatientCount; 0: no limit
    bool areMetricsEnabled = true;     // MetricsEnabled
    bool isReadOnly = false;           // ReadOnly, which hosts before 1.12.5 ignore
    std::optional<bool> isCompressing; // HttpCompressionEnabled; absent: the default of the host
  };

  // All options as plain values, checked
  struct Settings
  {
    JobSettings jobs;
    WebhookSettings webhooks;
    MetricsSettings metrics;
    ArchiveSettings archive;
    SpoolSettings spool;
    HostSettings host;
    DocumentSettings documents;
    AppSettings app;
  };
} // namespace OrthancPlugins
