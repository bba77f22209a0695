// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../Plugin/SettingsParser.h"

#include "../Plugin/Core/Failure.h"

#include <gtest/gtest.h>

namespace OrthancPlugins
{
  namespace
  {
    ParsedSettings Parse(const std::string& own)
    {
      return ParseSettings(R"({"StorageDirectory": "/db", "AdvancedRest": )" + own + "}",
                           "/etc/orthanc");
    }

    std::string GetMessage(const std::string& own)
    {
      try
      {
        Parse(own);
      }
      catch (const Failure& failure)
      {
        return failure.what();
      }
      return "accepted";
    }
  } // namespace

  TEST(SettingsParser, EverythingHasADefault)
  {
    const ParsedSettings parsed = ParseSettings("{}", "/etc/orthanc");

    EXPECT_TRUE(parsed.settings.archive.isEnabled);
    EXPECT_TRUE(parsed.settings.jobs.isEnabled);
    EXPECT_EQ(parsed.settings.archive.density, ArchiveDensity::Fast);
    EXPECT_EQ(parsed.settings.archive.maxRangeBytes, 2047u << 20);
    EXPECT_EQ(parsed.settings.host.storageDirectory, "/etc/orthanc/OrthancStorage");
    EXPECT_EQ(parsed.settings.spool.directory, "/etc/orthanc/OrthancStorage/AdvancedRestSpool");
    EXPECT_EQ(parsed.settings.spool.maxAgeHours, 24u);
    EXPECT_EQ(parsed.settings.spool.historyHours, 168u);
    EXPECT_EQ(parsed.settings.spool.maxRecords, 10'000u);
    EXPECT_FALSE(parsed.settings.spool.maxBytes.has_value());
    EXPECT_EQ(parsed.settings.spool.maxDiskPercent, 20u);
    EXPECT_FALSE(parsed.settings.spool.maxArchives.has_value());
    EXPECT_EQ(parsed.settings.host.jobsHistorySize, 10u);
    EXPECT_TRUE(parsed.warnings.empty());
  }

  TEST(SettingsParser, ReadsTheOptionsOfThePage)
  {
    EXPECT_TRUE(Parse("{}").settings.app.isEnabled);
    EXPECT_TRUE(Parse(R"({"App": {}})").settings.app.isEnabled);
    EXPECT_FALSE(Parse(R"({"App": false})").settings.app.isEnabled);
    EXPECT_FALSE(Parse(R"({"App": {"Enabled": false}})").settings.app.isEnabled);
    EXPECT_NE("accepted", GetMessage(R"({"App": 1})"));
    EXPECT_NE("accepted", GetMessage(R"({"App": {"Enabled": "yes"}})"));
    EXPECT_NE("accepted", GetMessage(R"({"App": {"Unknown": true}})"));
    EXPECT_TRUE(ParseSettings(R"({"ReadOnly": true})", "/").settings.host.isReadOnly);
    EXPECT_FALSE(ParseSettings(R"({"ReadOnly": 1})", "/").settings.host.isReadOnly);
  }

  TEST(SettingsParser, ReadsTheOptionsOfDocuments)
  {
    EXPECT_TRUE(Parse("{}").settings.documents.isEnabled);
    EXPECT_FALSE(Parse(R"({"Documents": false})").settings.documents.isEnabled);
    const DocumentSettings settings = Parse(R"({
      "Documents": {"DocumentModality": "DOC", "ActiveContent": "Refuse", "AcquisitionTimes": true,
                    "PreviewTimeoutSeconds": 3, "PreviewMemoryMB": 128, "PreviewCacheMB": 0}})")
                                        .settings.documents;
    EXPECT_EQ(settings.modality, "DOC");
    EXPECT_EQ(settings.activeContent, ActiveContentPolicy::Refuse);
    EXPECT_TRUE(settings.hasAcquisitionTimes);
    EXPECT_EQ(settings.previewTimeoutSeconds, 3u);
    EXPECT_EQ(settings.previewMemoryMegabytes, 128u);
    EXPECT_EQ(settings.previewCacheMegabytes, 0u);
    for (const char* text :
         {R"({"Documents": {"DocumentModality": ""}})",
          R"({"Documents": {"DocumentModality": "doc"}})",
          R"({"Documents": {"ActiveContent": "Maybe"}})", R"({"Documents": {"Unknown": 1}})"})
    {
      EXPECT_THROW(Parse(text), Failure) << text;
    }
    const Settings host =
      ParseSettings(R"({"DefaultEncoding": "Greek", "DefaultPrivateCreator": "A"})", "/").settings;
    EXPECT_EQ(host.host.defaultCharset, "ISO_IR 126");
    EXPECT_EQ(host.host.privateCreator, "A");
    EXPECT_EQ(ParseSettings(R"({"DefaultEncoding": "Korean"})", "/").settings.host.defaultCharset,
              "ISO_IR 192");
  }

  TEST(SettingsParser, ReadsEachOption)
  {
    const Settings settings = Parse(R"({
      "Jobs": false,
      "Archive": {"Enabled": true, "Compression": "Dense", "OnMissing": "Report",
                  "OnTranscodeFailure": "Fail", "Naming": "{PatientID}/{Index}.dcm", "Utf8Names": true,
                  "Manifest": true, "ChunkedFraming": false, "Attachment": true, "MaxStreams": 3,
                  "Threads": 4, "WindowMB": 8, "DirectStorage": false, "MaxRangeMB": 16},
      "Spool": {"Directory": "spool", "MaxArchives": 5, "MaxAgeHours": 0,
                "HistoryHours": 12, "MaxRecords": 99, "MaxSizeMB": 200, "MaxDiskPercent": 7}})")
                                .settings;

    EXPECT_FALSE(settings.jobs.isEnabled);
    EXPECT_EQ(settings.archive.density, ArchiveDensity::Dense);
    EXPECT_EQ(settings.archive.onMissing, MissingPolicy::Report);
    EXPECT_EQ(settings.archive.onTranscodeFailure, TranscodeFailurePolicy::Fail);
    EXPECT_EQ(settings.archive.naming, "{PatientID}/{Index}.dcm");
    EXPECT_TRUE(settings.archive.hasUtf8Names);
    EXPECT_TRUE(settings.archive.hasManifest);
    EXPECT_FALSE(settings.archive.isChunked);
    EXPECT_TRUE(settings.archive.isAttachment);
    EXPECT_EQ(settings.archive.maxStreams, 3u);
    EXPECT_EQ(settings.archive.threads, 4u);
    EXPECT_EQ(settings.archive.windowBytes, 8u << 20);
    EXPECT_EQ(settings.archive.maxRangeBytes, 16u << 20);
    EXPECT_FALSE(settings.archive.readsStorageDirectly);
    EXPECT_EQ(settings.spool.directory, "/etc/orthanc/spool");
    EXPECT_EQ(settings.spool.maxArchives, 5u);
    EXPECT_FALSE(settings.spool.maxAgeHours.has_value());
    EXPECT_EQ(settings.spool.historyHours, 12u);
    EXPECT_EQ(settings.spool.maxRecords, 99u);
    EXPECT_EQ(settings.spool.maxBytes, 200u << 20);
    EXPECT_EQ(settings.spool.maxDiskPercent, 7u);
  }

  TEST(SettingsParser, ZeroIsNoLimitOfTheSpool)
  {
    const SpoolSettings spool =
      Parse(R"({"Spool": {"MaxArchives": 0, "MaxAgeHours": 0, "MaxDiskPercent": 0}})")
        .settings.spool;

    EXPECT_FALSE(spool.maxArchives.has_value());
    EXPECT_FALSE(spool.maxAgeHours.has_value());
    EXPECT_FALSE(spool.maxDiskPercent.has_value());
  }

  TEST(SettingsParser, ArchiveMayBeAPlainSwitch)
  {
    EXPECT_FALSE(Parse(R"({"Archive": false})").settings.archive.isEnabled);
    EXPECT_TRUE(Parse(R"({"Archive": true})").settings.archive.isEnabled);
  }

  TEST(SettingsParser, ReadsMedia)
  {
    EXPECT_FALSE(Parse(R"({"Media": false})").settings.archive.media.isEnabled);
    EXPECT_TRUE(Parse("{}").settings.archive.media.isEnabled);

    const MediaSettings settings =
      Parse(R"({"Media": {"Enabled": true, "InstitutionText": "Text", "Overlays":)"
            R"( {"viewer": "/opt/viewer", "relative": "x"}}})")
        .settings.archive.media;

    EXPECT_EQ("Text", settings.institutionText);
    EXPECT_EQ("/opt/viewer", settings.overlays.at("viewer"));
    EXPECT_EQ("/etc/orthanc/x", settings.overlays.at("relative"));
  }

  TEST(SettingsParser, JobsMayBeAPlainSwitch)
  {
    EXPECT_FALSE(Parse(R"({"Jobs": false})").settings.jobs.isEnabled);
    EXPECT_TRUE(Parse(R"({"Jobs": true})").settings.jobs.isEnabled);
  }

  TEST(SettingsParser, ReadsEachOptionOfJobs)
  {
    const JobSettings defaults = Parse(R"({"Jobs": {}})").settings.jobs;
    EXPECT_TRUE(defaults.isEnabled);
    EXPECT_TRUE(defaults.isReused);
    EXPECT_EQ(defaults.maxRetries, 3u);
    EXPECT_EQ(defaults.retryDelaySeconds, 10u);
    EXPECT_EQ(defaults.maxWaiters, 20u);
    EXPECT_EQ(defaults.maxWaitSeconds, 300u);
    EXPECT_FALSE(defaults.isOwnOnly);

    const JobSettings jobs =
      ParseSettings(R"({"AuthenticationEnabled": true, "AdvancedRest": {"Jobs": {
        "Enabled": true, "Reuse": false, "MaxRetries": 0, "RetryDelaySeconds": 60, "MaxWaiters": 5,
        "MaxWaitSeconds": 30, "OwnJobsOnly": true, "Administrators": ["root", "ada"]}}})",
                    "/")
        .settings.jobs;

    EXPECT_FALSE(jobs.isReused);
    EXPECT_EQ(jobs.maxRetries, 0u);
    EXPECT_EQ(jobs.retryDelaySeconds, 60u);
    EXPECT_EQ(jobs.maxWaiters, 5u);
    EXPECT_EQ(jobs.maxWaitSeconds, 30u);
    EXPECT_TRUE(jobs.isOwnOnly);
    EXPECT_EQ(jobs.administrators, (std::vector<std::string>{"root", "ada"}));
  }

  // As the host itself decides whether it asks for a password
  TEST(SettingsParser, OwnJobsOnlyNeedsAuthenticationAndJobs)
  {
    const std::string own = R"("AdvancedRest": {"Jobs": {"OwnJobsOnly": true}})";
    for (const char* const accepted :
         {R"("AuthenticationEnabled": true,)", R"("RemoteAccessAllowed": true,)",
          R"("AuthenticationEnabled": true, "RemoteAccessAllowed": false,)"})
    {
      EXPECT_TRUE(
        ParseSettings("{" + std::string(accepted) + own + "}", "/").settings.jobs.isOwnOnly);
    }
    for (const char* const refused :
         {"", R"("AuthenticationEnabled": false,)", R"("RemoteAccessAllowed": false,)",
          R"("AuthenticationEnabled": false, "RemoteAccessAllowed": true,)"})
    {
      EXPECT_THROW(ParseSettings("{" + std::string(refused) + own + "}", "/"), Failure) << refused;
    }
    EXPECT_NE(
      GetMessage(R"({"Jobs": {"OwnJobsOnly": true}})").find("AdvancedRest.Jobs.OwnJobsOnly"),
      std::string::npos);
    EXPECT_THROW(ParseSettings(R"({"AuthenticationEnabled": true, "AdvancedRest":
                                   {"Jobs": {"OwnJobsOnly": true, "Enabled": false}}})",
                               "/"),
                 Failure);
  }

  TEST(SettingsParser, ReadsWebhooks)
  {
    const WebhookSettings webhooks = Parse(R"({"Webhooks": {
      "Targets": [{"Url": "https://a/x?token=1"}, {"Url": "http://b", "Secret": "own"},
                  {"Url": "http://c/", "Secret": ""}],
      "AllowedUrls": ["https://d/hooks"], "AllowedAddresses": ["10.0.0.0/8", "::1"],
      "Secret": "shared", "TimeoutSeconds": 3, "MaxAttempts": 4, "RetryDelaySeconds": 6}})")
                                       .settings.webhooks;

    ASSERT_EQ(webhooks.targets.size(), 3u);
    EXPECT_EQ(webhooks.targets[0].url, "https://a/x?token=1");
    EXPECT_EQ(webhooks.targets[0].secret, "shared");
    EXPECT_EQ(webhooks.targets[1].secret, "own");
    EXPECT_EQ(webhooks.targets[2].secret, "");
    EXPECT_EQ(webhooks.allowedUrls, std::vector<std::string>{"https://d/hooks"});
    EXPECT_EQ(webhooks.allowedAddresses, (std::vector<std::string>{"10.0.0.0/8", "::1"}));
    EXPECT_EQ(webhooks.secret, "shared");
    EXPECT_EQ(webhooks.timeoutSeconds, 3u);
    EXPECT_EQ(webhooks.maxAttempts, 4u);
    EXPECT_EQ(webhooks.retryDelaySeconds, 6u);
  }

  TEST(SettingsParser, NothingIsNotifiedByDefault)
  {
    const WebhookSettings webhooks = Parse("{}").settings.webhooks;

    EXPECT_TRUE(webhooks.targets.empty());
    EXPECT_TRUE(webhooks.allowedUrls.empty());
    EXPECT_TRUE(webhooks.allowedAddresses.empty());
    EXPECT_EQ(webhooks.timeoutSeconds, 10u);
    EXPECT_EQ(webhooks.maxAttempts, 8u);
    EXPECT_EQ(webhooks.retryDelaySeconds, 5u);
  }

  TEST(SettingsParser, ComplaintsDoNotTellSecrets)
  {
    const std::string message =
      GetMessage(R"({"Webhooks": {"Targets": [{"Url": "http://user:password@host/?token"}]}})");

    EXPECT_EQ(message.find("password"), std::string::npos) << message;
    EXPECT_EQ(message.find("token"), std::string::npos) << message;
  }

  TEST(SettingsParser, WrongOptionIsNamed)
  {
    const std::pair<const char*, const char*> rows[] = {
      {"[]", "AdvancedRest"},
      {R"({"Jobz": true})", "AdvancedRest.Jobz"},
      {R"({"Jobs": 1})", "AdvancedRest.Jobs"},
      {R"({"Jobs": {"Retries": 1}})", "AdvancedRest.Jobs.Retries"},
      {R"({"Jobs": {"MaxRetries": 21}})", "AdvancedRest.Jobs.MaxRetries"},
      {R"({"Jobs": {"RetryDelaySeconds": 0}})", "AdvancedRest.Jobs.RetryDelaySeconds"},
      {R"({"Jobs": {"MaxWaiters": -1}})", "AdvancedRest.Jobs.MaxWaiters"},
      {R"({"Jobs": {"MaxWaitSeconds": "5"}})", "AdvancedRest.Jobs.MaxWaitSeconds"},
      {R"({"Jobs": {"Reuse": 1}})", "AdvancedRest.Jobs.Reuse"},
      {R"({"Jobs": {"Administrators": "root"}})", "AdvancedRest.Jobs.Administrators"},
      {R"({"Jobs": {"Administrators": {"a": "root"}}})", "AdvancedRest.Jobs.Administrators"},
      {R"({"Jobs": {"Administrators": ["root", 1]}})", "AdvancedRest.Jobs.Administrators"},
      {R"({"Archive": 1})", "AdvancedRest.Archive"},
      {R"({"Media": "yes"})", "AdvancedRest.Media"},
      {R"({"Media": {"Speed": 1}})", "AdvancedRest.Media.Speed"},
      {R"({"Media": {"InstitutionText": 1}})", "AdvancedRest.Media.InstitutionText"},
      {R"({"Media": {"Overlays": []}})", "AdvancedRest.Media.Overlays"},
      {R"({"Media": {"Overlays": {"viewer": 1}}})", "AdvancedRest.Media.Overlays.viewer"},
      {R"({"Media": {"Overlays": {"viewer": ""}}})", "AdvancedRest.Media.Overlays.viewer"},
      {R"({"Media": {"Overlays": {"": "/x"}}})", "AdvancedRest.Media.Overlays."},
      {R"({"Archive": {"Speed": 1}})", "AdvancedRest.Archive.Speed"},
      {R"({"Archive": {"Compression": "fast"}})", "AdvancedRest.Archive.Compression"},
      {R"({"Archive": {"Compression": 3}})", "AdvancedRest.Archive.Compression"},
      {R"({"Archive": {"OnMissing": "Ignore"}})", "AdvancedRest.Archive.OnMissing"},
      {R"({"Archive": {"OnTranscodeFailure": true}})", "AdvancedRest.Archive.OnTranscodeFailure"},
      {R"({"Archive": {"Naming": "{PatientID"}})", "AdvancedRest.Archive.Naming"},
      {R"({"Archive": {"Naming": 1}})", "AdvancedRest.Archive.Naming"},
      {R"({"Archive": {"Manifest": "yes"}})", "AdvancedRest.Archive.Manifest"},
      {R"({"Archive": {"Threads": 0}})", "AdvancedRest.Archive.Threads"},
      {R"({"Archive": {"Threads": -1}})", "AdvancedRest.Archive.Threads"},
      {R"({"Archive": {"WindowMB": 1.5}})", "AdvancedRest.Archive.WindowMB"},
      {R"({"Archive": {"MaxStreams": 1001}})", "AdvancedRest.Archive.MaxStreams"},
      {R"({"Archive": {"MaxRangeMB": 4096}})", "AdvancedRest.Archive.MaxRangeMB"},
      {R"({"Archive": {"MaxRangeMB": "16"}})", "AdvancedRest.Archive.MaxRangeMB"},
      {R"({"Spool": "here"})", "AdvancedRest.Spool"},
      {R"({"Spool": {"Directory": ""}})", "AdvancedRest.Spool.Directory"},
      {R"({"Spool": {"Directory": 5}})", "AdvancedRest.Spool.Directory"},
      {R"({"Spool": {"MaxAgeHours": "24"}})", "AdvancedRest.Spool.MaxAgeHours"},
      {R"({"Spool": {"MaxAgeHours": -1}})", "AdvancedRest.Spool.MaxAgeHours"},
      {R"({"Spool": {"MaxSizeMB": 0}})", "AdvancedRest.Spool.MaxSizeMB"},
      {R"({"Spool": {"MaxSizeMB": "1G"}})", "AdvancedRest.Spool.MaxSizeMB"},
      {R"({"Spool": {"MaxSizeMB": 4294967296}})", "AdvancedRest.Spool.MaxSizeMB"},
      {R"({"Spool": {"MaxDiskPercent": 101}})", "AdvancedRest.Spool.MaxDiskPercent"},
      {R"({"Spool": {"MaxDiskPercent": true}})", "AdvancedRest.Spool.MaxDiskPercent"},
      {R"({"Spool": {"HistoryHours": 0}})", "AdvancedRest.Spool.HistoryHours"},
      {R"({"Spool": {"HistoryHours": 1.5}})", "AdvancedRest.Spool.HistoryHours"},
      {R"({"Spool": {"MaxRecords": 0}})", "AdvancedRest.Spool.MaxRecords"},
      {R"({"Spool": {"MaxRecords": []}})", "AdvancedRest.Spool.MaxRecords"},
      {R"({"Spool": {"Retention": 24}})", "AdvancedRest.Spool.Retention"},
      {R"({"Webhooks": true})", "AdvancedRest.Webhooks"},
      {R"({"Webhooks": {"Target": []}})", "AdvancedRest.Webhooks.Target"},
      {R"({"Webhooks": {"Targets": {}}})", "AdvancedRest.Webhooks.Targets"},
      {R"({"Webhooks": {"Targets": ["http://h/"]}})", "AdvancedRest.Webhooks.Targets[0]"},
      {R"({"Webhooks": {"Targets": [null]}})", "AdvancedRest.Webhooks.Targets[0]"},
      {R"({"Webhooks": {"Targets": [{}]}})", "AdvancedRest.Webhooks.Targets[0].Url"},
      {R"({"Webhooks": {"Targets": [{"Url": "http://h/"}, {"Url": "ftp://h/"}]}})",
       "AdvancedRest.Webhooks.Targets[1].Url"},
      {R"({"Webhooks": {"Targets": [{"Url": "http://h/", "Secret": 1}]}})",
       "AdvancedRest.Webhooks.Targets[0].Secret"},
      {R"({"Webhooks": {"Targets": [{"Url": "http://h/", "Key": "1"}]}})",
       "AdvancedRest.Webhooks.Targets[0].Key"},
      {R"({"Webhooks": {"AllowedUrls": "http://h/"}})", "AdvancedRest.Webhooks.AllowedUrls"},
      {R"({"Webhooks": {"AllowedUrls": [1]}})", "AdvancedRest.Webhooks.AllowedUrls"},
      {R"({"Webhooks": {"AllowedUrls": ["http://h/", "*"]}})",
       "AdvancedRest.Webhooks.AllowedUrls[1]"},
      {R"({"Webhooks": {"AllowedUrls": ["http://u@h/"]}})", "AdvancedRest.Webhooks.AllowedUrls[0]"},
      {R"({"Webhooks": {"AllowedUrls": ["http://h/?q"]}})", "AdvancedRest.Webhooks.AllowedUrls[0]"},
      {R"({"Webhooks": {"AllowedAddresses": true}})", "AdvancedRest.Webhooks.AllowedAddresses"},
      {R"({"Webhooks": {"AllowedAddresses": ["10.0.0.1/8"]}})",
       "AdvancedRest.Webhooks.AllowedAddresses[0]"},
      {R"({"Webhooks": {"AllowedAddresses": ["localhost"]}})",
       "AdvancedRest.Webhooks.AllowedAddresses[0]"},
      {R"({"Webhooks": {"Secret": true}})", "AdvancedRest.Webhooks.Secret"},
      {R"({"Webhooks": {"TimeoutSeconds": 0}})", "AdvancedRest.Webhooks.TimeoutSeconds"},
      {R"({"Webhooks": {"TimeoutSeconds": 301}})", "AdvancedRest.Webhooks.TimeoutSeconds"},
      {R"({"Webhooks": {"MaxAttempts": 0}})", "AdvancedRest.Webhooks.MaxAttempts"},
      {R"({"Webhooks": {"MaxAttempts": "8"}})", "AdvancedRest.Webhooks.MaxAttempts"},
      {R"({"Webhooks": {"RetryDelaySeconds": 0}})", "AdvancedRest.Webhooks.RetryDelaySeconds"},
    };
    for (const auto& [own, option] : rows)
    {
      EXPECT_NE(GetMessage(own).find("\"" + std::string(option) + "\""), std::string::npos)
        << own << ": " << GetMessage(own);
    }
  }

  TEST(SettingsParser, MediaArchiveSizeAboveOneIsTheDefaultOfMaxArchives)
  {
    const ParsedSettings several = ParseSettings(R"({"MediaArchiveSize": 3})", "/");
    const ParsedSettings own = ParseSettings(
      R"({"MediaArchiveSize": 3, "AdvancedRest": {"Spool": {"MaxArchives": 1}}})", "/");
    const ParsedSettings shipped = ParseSettings(R"({"MediaArchiveSize": 1})", "/");

    EXPECT_EQ(several.settings.spool.maxArchives, 3u);
    EXPECT_EQ(own.settings.spool.maxArchives, 1u);
    EXPECT_FALSE(shipped.settings.spool.maxArchives.has_value());
    ASSERT_EQ(shipped.warnings.size(), 1u);
    EXPECT_NE(shipped.warnings[0].find("MediaArchiveSize"), std::string::npos);
  }

  TEST(SettingsParser, RefusesWhatIsNoConfiguration)
  {
    EXPECT_THROW(ParseSettings("", "/"), Failure);
    EXPECT_THROW(ParseSettings("[]", "/"), Failure);
    EXPECT_THROW(ParseSettings("{", "/"), Failure);
  }

  TEST(SettingsParser, FollowsTheOptionsOfTheHost)
  {
    const HostSettings host =
      ParseSettings(
        R"({"StorageDirectory": "/db", "SynchronousZipStream": false, "JobsHistorySize": 3,
                        "ZipUseUtf8": true, "HttpDescribeErrors": false,
                        "DicomLossyTranscodingQuality": 70, "StorageCompression": true})",
        "/")
        .settings.host;

    EXPECT_EQ(host.storageDirectory, "/db");
    EXPECT_FALSE(host.isZipStreamed);
    EXPECT_EQ(host.jobsHistorySize, 3u);
    EXPECT_TRUE(host.hasZipUtf8);
    EXPECT_FALSE(host.describesErrors);
    EXPECT_EQ(host.lossyQuality, 70u);
    EXPECT_TRUE(host.isStorageCompressed);
  }

  TEST(SettingsParser, KnowsWhetherTheHostChecksPasswords)
  {
    const std::pair<const char*, bool> rows[] = {
      {R"({})", false},
      {R"({"RemoteAccessAllowed": false})", false},
      {R"({"RemoteAccessAllowed": true})", true},
      {R"({"AuthenticationEnabled": true})", true},
      {R"({"AuthenticationEnabled": false, "RemoteAccessAllowed": true})", false},
      {R"({"AuthenticationEnabled": true, "RemoteAccessAllowed": false})", true},
    };
    for (const auto& [configuration, isChecking] : rows)
    {
      EXPECT_EQ(ParseSettings(configuration, "/").settings.host.hasAuthentication, isChecking)
        << configuration;
    }
  }

  TEST(SettingsParser, Metrics)
  {
    const MetricsSettings defaults = Parse("{}").settings.metrics;
    EXPECT_TRUE(defaults.isEnabled);
    EXPECT_TRUE(defaults.hasHostNames);
    EXPECT_FALSE(defaults.isEmptyWhenDisabled);
    EXPECT_FALSE(defaults.countsModalities);
    EXPECT_EQ(30u, defaults.refreshSeconds);

    EXPECT_FALSE(Parse(R"({"Metrics": false})").settings.metrics.isEnabled);
    const MetricsSettings metrics =
      Parse(R"({"Metrics": {"Enabled": true, "LegacyMetrics": false, "EmptyWhenDisabled": true,
                            "ReceivedByModality": true, "RefreshSeconds": 5}})")
        .settings.metrics;
    EXPECT_FALSE(metrics.hasHostNames);
    EXPECT_TRUE(metrics.isEmptyWhenDisabled);
    EXPECT_TRUE(metrics.countsModalities);
    EXPECT_EQ(5u, metrics.refreshSeconds);

    EXPECT_NE(std::string::npos, GetMessage(R"({"Metrics": {"RefreshSeconds": 0}})")
                                   .find("AdvancedRest.Metrics.RefreshSeconds"));
    EXPECT_NE(std::string::npos,
              GetMessage(R"({"Metrics": {"Refresh": 1}})").find("AdvancedRest.Metrics.Refresh"));
  }

  TEST(SettingsParser, WhatMetricsShowOfTheHost)
  {
    const HostSettings host =
      ParseSettings(
        R"({"StorageDirectory": "/db", "IndexDirectory": "index", "MaximumStorageSize": 5000,
                        "MaximumPatientCount": 7, "MetricsEnabled": false,
                        "HttpCompressionEnabled": false})",
        "/etc/orthanc")
        .settings.host;

    EXPECT_EQ("/etc/orthanc/index", host.indexDirectory);
    EXPECT_EQ("/tmp", host.temporaryDirectory);
    EXPECT_EQ(5000ull << 20, host.maxStorageBytes);
    EXPECT_EQ(7u, host.maxPatients);
    EXPECT_FALSE(host.areMetricsEnabled);
    EXPECT_EQ(false, host.isCompressing);
    EXPECT_FALSE(ParseSettings("{}", "/").settings.host.isCompressing.has_value());
  }
} // namespace OrthancPlugins
