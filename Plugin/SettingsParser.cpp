// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "SettingsParser.h"

#include "Core/Archive/NamingTemplate.h"
#include "Core/Failure.h"
#include "Core/Notify/AddressPolicy.h"
#include "Core/Notify/UrlPolicy.h"
#include "HostDictionaryCheck.h"

#include <json/reader.h>
#include <json/value.h>

#include <filesystem>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <set>

namespace OrthancPlugins
{
  namespace
  {
    constexpr const char* SECTION = "AdvancedRest";

    // One JSON object of the configuration, read member by member; what was not read is unknown
    class Section
    {
    public:
      Section(const Json::Value& value, std::string path)
        : value_(value),
          path_(std::move(path))
      {
        if (!value.isNull() && !value.isObject())
        {
          throw Failure(FailureKind::BadFormat, "Option \"" + path_ + "\" must be an object");
        }
      }

      const Json::Value& Get(const char* name)
      {
        known_.insert(name);
        static const Json::Value NOTHING;
        return value_.isMember(name) ? value_[name] : NOTHING;
      }

      std::string GetPath(const char* name) const { return path_ + "." + name; }

      void ReadBoolean(const char* name, bool& target)
      {
        const Json::Value& value = Get(name);
        if (value.isNull())
        {
          return;
        }
        if (!value.isBool())
        {
          throw Failure(FailureKind::BadFormat,
                        "Option \"" + GetPath(name) + "\" must be true or false");
        }
        target = value.asBool();
      }

      void ReadString(const char* name, std::string& target)
      {
        const Json::Value& value = Get(name);
        if (value.isNull())
        {
          return;
        }
        if (!value.isString())
        {
          throw Failure(FailureKind::BadFormat,
                        "Option \"" + GetPath(name) + "\" must be a string");
        }
        target = value.asString();
      }

      void ReadStrings(const char* name, std::vector<std::string>& target)
      {
        const Json::Value& value = Get(name);
        if (value.isNull())
        {
          return;
        }
        bool isList = value.isArray();
        std::vector<std::string> strings;
        for (const Json::Value& item : value)
        {
          isList = isList && item.isString();
          strings.push_back(isList ? item.asString() : "");
        }
        if (!isList)
        {
          throw Failure(FailureKind::BadFormat,
                        "Option \"" + GetPath(name) + "\" must be a list of strings");
        }
        target = strings;
      }

      std::optional<std::uint64_t>
      FindUnsigned(const char* name, std::uint64_t minimum, std::uint64_t maximum)
      {
        const Json::Value& value = Get(name);
        if (value.isNull())
        {
          return std::nullopt;
        }
        if (!value.isUInt64() || value.asUInt64() < minimum || value.asUInt64() > maximum)
        {
          throw Failure(FailureKind::OutOfRange,
                        "Option \"" + GetPath(name) + "\" must be an integer from " +
                          std::to_string(minimum) + " to " + std::to_string(maximum));
        }
        return value.asUInt64();
      }

      // 0 stands for no limit
      std::optional<std::uint64_t>
      FindLimit(const char* name, std::uint64_t maximum, std::optional<std::uint64_t> fallback)
      {
        const std::optional<std::uint64_t> value = FindUnsigned(name, 0, maximum);
        if (value == 0u)
        {
          return std::nullopt;
        }
        return value.has_value() ? value : fallback;
      }

      void ReadUnsigned(const char* name, unsigned minimum, unsigned maximum, unsigned& target)
      {
        if (const auto value = FindUnsigned(name, minimum, maximum))
        {
          target = static_cast<unsigned>(*value);
        }
      }

      template <typename T>
      void
      ReadChoice(const char* name, const std::vector<std::pair<const char*, T>>& choices, T& target)
      {
        const Json::Value& value = Get(name);
        if (value.isNull())
        {
          return;
        }
        std::string names;
        for (const auto& [text, choice] : choices)
        {
          if (value.isString() && value.asString() == text)
          {
            target = choice;
            return;
          }
          names += (names.empty() ? "\"" : ", \"") + std::string(text) + "\"";
        }
        throw Failure(FailureKind::OutOfRange,
                      "Option \"" + GetPath(name) + "\" must be one of " + names);
      }

      void RefuseUnknown() const
      {
        for (const std::string& name : value_.getMemberNames())
        {
          if (known_.count(name) == 0)
          {
            throw Failure(FailureKind::OutOfRange,
                          "Option \"" + path_ + "." + name + "\" is not known");
          }
        }
      }

    private:
      const Json::Value& value_;
      std::string path_;
      std::set<std::string> known_;
    };

    Json::Value ParseJson(const std::string& text)
    {
      Json::CharReaderBuilder builder;
      const std::unique_ptr<Json::CharReader> reader(builder.newCharReader());
      Json::Value value;
      std::string errors;
      if (!reader->parse(text.data(), text.data() + text.size(), &value, &errors) ||
          !value.isObject())
      {
        throw Failure(FailureKind::BadFormat, "The configuration of Orthanc is no JSON object");
      }
      return value;
    }

    std::string MakeAbsolute(const std::string& path, const std::string& baseDirectory)
    {
      return (std::filesystem::path(baseDirectory) / path).lexically_normal().string();
    }

    // The host has already accepted its own options: read them leniently
    bool GetHostBoolean(const Json::Value& host, const char* name, bool fallback)
    {
      return host.isMember(name) && host[name].isBool() ? host[name].asBool() : fallback;
    }

    unsigned GetHostUnsigned(const Json::Value& host, const char* name, unsigned fallback)
    {
      return host.isMember(name) && host[name].isUInt() ? host[name].asUInt() : fallback;
    }

    std::string
    GetHostString(const Json::Value& host, const char* name, const std::string& fallback)
    {
      return host.isMember(name) && host[name].isString() && !host[name].asString().empty()
               ? host[name].asString()
               : fallback;
    }

    // Orthanc's names of encodings, as (0008,0005). Those with several bytes per character become Unicode
    std::string GetDefaultCharset(const Json::Value& host)
    {
      static const std::pair<const char*, const char*> CHARSETS[] = {
        {"Ascii", "ISO_IR 6"},      {"Latin1", "ISO_IR 100"}, {"Latin2", "ISO_IR 101"},
        {"Latin3", "ISO_IR 109"},   {"Latin4", "ISO_IR 110"}, {"Latin5", "ISO_IR 148"},
        {"Cyrillic", "ISO_IR 144"}, {"Arabic", "ISO_IR 127"}, {"Greek", "ISO_IR 126"},
        {"Hebrew", "ISO_IR 138"},   {"Thai", "ISO_IR 166"},   {"Japanese", "ISO_IR 13"},
        {"Chinese", "GB18030"}};
      if (!host.isMember("DefaultEncoding") || !host["DefaultEncoding"].isString())
      {
        return "ISO_IR 100";
      }
      for (const auto& [name, charset] : CHARSETS)
      {
        if (host["DefaultEncoding"].asString() == name)
        {
          return charset;
        }
      }
      return "ISO_IR 192";
    }

    HostSettings ReadHostSettings(const Json::Value& host, const std::string& baseDirectory)
    {
      HostSettings settings;
      const bool hasDirectory =
        host.isMember("StorageDirectory") && host["StorageDirectory"].isString();
      settings.storageDirectory = MakeAbsolute(
        hasDirectory ? host["StorageDirectory"].asString() : "OrthancStorage", baseDirectory);
      settings.hasDirectStorage = std::filesystem::path(settings.storageDirectory).is_absolute();
      settings.isStorageCompressed = GetHostBoolean(host, "StorageCompression", false);
      settings.jobsHistorySize = GetHostUnsigned(host, "JobsHistorySize", settings.jobsHistorySize);
      settings.isZipStreamed = GetHostBoolean(host, "SynchronousZipStream", true);
      settings.hasZipUtf8 = GetHostBoolean(host, "ZipUseUtf8", false);
      settings.describesErrors = GetHostBoolean(host, "HttpDescribeErrors", true);
      settings.lossyQuality =
        GetHostUnsigned(host, "DicomLossyTranscodingQuality", settings.lossyQuality);
      settings.defaultCharset = GetDefaultCharset(host);
      if (host.isMember("DefaultPrivateCreator") && host["DefaultPrivateCreator"].isString())
      {
        settings.privateCreator = host["DefaultPrivateCreator"].asString();
      }
      // Without the option, the host checks passwords exactly if it can be reached from elsewhere
      settings.hasAuthentication = GetHostBoolean(
        host, "AuthenticationEnabled", GetHostBoolean(host, "RemoteAccessAllowed", false));
      settings.indexDirectory = MakeAbsolute(
        GetHostString(host, "IndexDirectory", settings.storageDirectory), baseDirectory);
      settings.temporaryDirectory =
        MakeAbsolute(GetHostString(host, "TemporaryDirectory", "/tmp"), baseDirectory);
      settings.maxStorageBytes = std::uint64_t{GetHostUnsigned(host, "MaximumStorageSize", 0)}
                                 << 20;
      settings.maxPatients = GetHostUnsigned(host, "MaximumPatientCount", 0);
      settings.areMetricsEnabled = GetHostBoolean(host, "MetricsEnabled", true);
      settings.isReadOnly = GetHostBoolean(host, "ReadOnly", false);
      if (host.isMember("HttpCompressionEnabled") && host["HttpCompressionEnabled"].isBool())
      {
        settings.isCompressing = host["HttpCompressionEnabled"].asBool();
      }
      return settings;
    }

    // The section of what can be switched off; absent if there is but "true" or "false" for it
    std::optional<Section> FindSection(Section& root, const char* name, bool& isEnabled)
    {
      const Json::Value& value = root.Get(name);
      if (value.isBool())
      {
        isEnabled = value.asBool();
        return std::nullopt;
      }
      Section section(value, root.GetPath(name));
      section.ReadBoolean("Enabled", isEnabled);
      return section;
    }

    ArchiveSettings ReadArchiveSettings(Section& root)
    {
      ArchiveSettings settings;
      std::optional<Section> found = FindSection(root, "Archive", settings.isEnabled);
      if (!found.has_value())
      {
        return settings;
      }
      Section& section = *found;
      section.ReadChoice<ArchiveDensity>("Compression",
                                         {{"Fast", ArchiveDensity::Fast},
                                          {"Dense", ArchiveDensity::Dense},
                                          {"Store", ArchiveDensity::Store}},
                                         settings.density);
      section.ReadChoice<MissingPolicy>(
        "OnMissing", {{"Fail", MissingPolicy::Fail}, {"Report", MissingPolicy::Report}},
        settings.onMissing);
      section.ReadChoice<TranscodeFailurePolicy>(
        "OnTranscodeFailure",
        {{"KeepOriginal", TranscodeFailurePolicy::KeepOriginal},
         {"Fail", TranscodeFailurePolicy::Fail}},
        settings.onTranscodeFailure);
      section.ReadString("Naming", settings.naming);
      section.ReadBoolean("Utf8Names", settings.hasUtf8Names);
      section.ReadBoolean("Manifest", settings.hasManifest);
      section.ReadBoolean("ChunkedFraming", settings.isChunked);
      section.ReadBoolean("Attachment", settings.isAttachment);
      section.ReadUnsigned("MaxStreams", 0, 1000, settings.maxStreams);
      section.ReadUnsigned("Threads", 1, 64, settings.threads);
      section.ReadBoolean("DirectStorage", settings.readsStorageDirectly);
      if (const auto megabytes = section.FindUnsigned("WindowMB", 1, 4096))
      {
        settings.windowBytes = *megabytes << 20;
      }
      if (const auto megabytes = section.FindUnsigned("MaxRangeMB", 0, 4095))
      {
        settings.maxRangeBytes = *megabytes << 20;
      }
      section.RefuseUnknown();

      try
      {
        NamingTemplate::CheckNaming(settings.naming);
      }
      catch (const Failure& failure)
      {
        throw Failure(failure.GetKind(),
                      "Option \"" + section.GetPath("Naming") + "\": " + failure.what());
      }
      return settings;
    }

    // Names are for requests and README.TXT; folders are checked when the plugin starts
    void ReadOverlays(Section& section, const std::string& baseDirectory, MediaSettings& settings)
    {
      const Json::Value& value = section.Get("Overlays");
      const std::string path = section.GetPath("Overlays");
      if (value.isNull())
      {
        return;
      }
      if (!value.isObject())
      {
        throw Failure(FailureKind::BadFormat, "Option \"" + path + "\" must be an object");
      }
      for (const std::string& name : value.getMemberNames())
      {
        const Json::Value& folder = value[name];
        if (name.empty() || !folder.isString() || folder.asString().empty())
        {
          throw Failure(FailureKind::BadFormat, std::string("Option \"")
                                                  .append(path)
                                                  .append(".")
                                                  .append(name)
                                                  .append("\" must be the path of a folder"));
        }
        settings.overlays[name] = MakeAbsolute(folder.asString(), baseDirectory);
      }
    }

    MediaSettings ReadMediaSettings(Section& root, const std::string& baseDirectory)
    {
      MediaSettings settings;
      std::optional<Section> found = FindSection(root, "Media", settings.isEnabled);
      if (!found.has_value())
      {
        return settings;
      }
      Section& section = *found;
      section.ReadString("InstitutionText", settings.institutionText);
      ReadOverlays(section, baseDirectory, settings);
      section.RefuseUnknown();
      return settings;
    }

    // Who owns a job must be known, and nobody may see the host's own routes beside ours
    void CheckOwnJobsOnly(const JobSettings& settings,
                          const HostSettings& host,
                          const std::string& option)
    {
      if (settings.isOwnOnly && !settings.isEnabled)
      {
        throw Failure(FailureKind::OutOfRange,
                      "Option \"" + option + "\" needs \"AdvancedRest.Jobs.Enabled\"");
      }
      if (settings.isOwnOnly && !host.hasAuthentication)
      {
        throw Failure(FailureKind::OutOfRange,
                      "Option \"" + option + "\" needs \"AuthenticationEnabled\"");
      }
    }

    JobSettings ReadJobSettings(Section& root, const HostSettings& host)
    {
      JobSettings settings;
      std::optional<Section> found = FindSection(root, "Jobs", settings.isEnabled);
      if (!found.has_value())
      {
        return settings;
      }
      Section& section = *found;
      section.ReadBoolean("Reuse", settings.isReused);
      section.ReadUnsigned("MaxRetries", 0, 20, settings.maxRetries);
      section.ReadUnsigned("RetryDelaySeconds", 1, 3600, settings.retryDelaySeconds);
      section.ReadUnsigned("MaxWaiters", 0, 1000, settings.maxWaiters);
      section.ReadUnsigned("MaxWaitSeconds", 0, 86400, settings.maxWaitSeconds);
      section.ReadBoolean("OwnJobsOnly", settings.isOwnOnly);
      section.ReadStrings("Administrators", settings.administrators);
      section.RefuseUnknown();
      CheckOwnJobsOnly(settings, host, section.GetPath("OwnJobsOnly"));
      return settings;
    }

    SpoolSettings
    ReadSpoolSettings(Section& root, const HostSettings& host, const std::string& baseDirectory)
    {
      SpoolSettings settings;
      settings.directory = "AdvancedRestSpool";
      std::string base = host.storageDirectory;

      Section section(root.Get("Spool"), root.GetPath("Spool"));
      if (!section.Get("Directory").isNull())
      {
        section.ReadString("Directory", settings.directory);
        base = baseDirectory;
        if (settings.directory.empty())
        {
          throw Failure(FailureKind::OutOfRange,
                        "Option \"" + section.GetPath("Directory") + "\" must not be empty");
        }
      }
      settings.directory = MakeAbsolute(settings.directory, base);

      constexpr std::uint64_t ANY = std::numeric_limits<std::uint32_t>::max();
      settings.maxArchives = section.FindLimit("MaxArchives", ANY, std::nullopt);
      settings.maxAgeHours = section.FindLimit("MaxAgeHours", ANY, settings.maxAgeHours);
      settings.historyHours =
        section.FindUnsigned("HistoryHours", 1, ANY).value_or(settings.historyHours);
      section.ReadUnsigned("MaxRecords", 1, 1'000'000, settings.maxRecords);
      if (const auto megabytes = section.FindUnsigned("MaxSizeMB", 1, ANY))
      {
        settings.maxBytes = *megabytes << 20;
      }
      const auto percent = section.FindLimit("MaxDiskPercent", 100, settings.maxDiskPercent);
      settings.maxDiskPercent.reset();
      if (percent.has_value())
      {
        settings.maxDiskPercent = static_cast<unsigned>(*percent);
      }
      section.RefuseUnknown();
      return settings;
    }

    MetricsSettings ReadMetricsSettings(Section& root)
    {
      MetricsSettings settings;
      std::optional<Section> found = FindSection(root, "Metrics", settings.isEnabled);
      if (!found.has_value())
      {
        return settings;
      }
      Section& section = *found;
      section.ReadBoolean("LegacyMetrics", settings.hasHostNames);
      section.ReadBoolean("EmptyWhenDisabled", settings.isEmptyWhenDisabled);
      section.ReadBoolean("ReceivedByModality", settings.countsModalities);
      section.ReadUnsigned("RefreshSeconds", 1, 3600, settings.refreshSeconds);
      section.RefuseUnknown();
      return settings;
    }

    DocumentSettings ReadDocumentSettings(Section& root)
    {
      DocumentSettings settings;
      std::optional<Section> found = FindSection(root, "Documents", settings.isEnabled);
      if (!found.has_value())
      {
        return settings;
      }
      Section& section = *found;
      section.ReadString("DocumentModality", settings.modality);
      section.ReadBoolean("AcquisitionTimes", settings.hasAcquisitionTimes);
      section.ReadChoice<ActiveContentPolicy>("ActiveContent",
                                              {{"Accept", ActiveContentPolicy::Accept},
                                               {"Warn", ActiveContentPolicy::Warn},
                                               {"Refuse", ActiveContentPolicy::Refuse}},
                                              settings.activeContent);
      section.ReadBoolean("Strict", settings.isStrict);
      section.ReadUnsigned("PreviewTimeoutSeconds", 1, 300, settings.previewTimeoutSeconds);
      section.ReadUnsigned("PreviewMemoryMB", 64, 65536, settings.previewMemoryMegabytes);
      section.ReadUnsigned("PreviewCacheMB", 0, 65536, settings.previewCacheMegabytes);
      section.RefuseUnknown();
      const bool isCodeString = !settings.modality.empty() && settings.modality.size() <= 16 &&
                                settings.modality.find_first_not_of(
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_ ") == std::string::npos;
      if (!isCodeString)
      {
        throw Failure(FailureKind::OutOfRange, "Option \"" + section.GetPath("DocumentModality") +
                                                 "\" must be a code such as \"OT\" or \"DOC\"");
      }
      return settings;
    }

    AppSettings ReadAppSettings(Section& root)
    {
      AppSettings settings;
      std::optional<Section> found = FindSection(root, "App", settings.isEnabled);
      if (!found.has_value())
      {
        return settings;
      }
      Section& section = *found;
      section.RefuseUnknown();
      return settings;
    }

    // "path" is the option's name in the message
    void CheckValue(const std::string& path, const std::function<void()>& check)
    {
      try
      {
        check();
      }
      catch (const Failure& failure)
      {
        throw Failure(failure.GetKind(), "Option \"" + path + "\" " + failure.what());
      }
    }

    WebhookTarget
    ReadWebhookTarget(const Json::Value& value, const std::string& path, const std::string& secret)
    {
      if (!value.isObject())
      {
        throw Failure(FailureKind::BadFormat, "Option \"" + path + "\" must be an object");
      }
      WebhookTarget target;
      target.secret = secret;
      Section section(value, path);
      section.ReadString("Url", target.url);
      section.ReadString("Secret", target.secret);
      section.RefuseUnknown();
      CheckValue(section.GetPath("Url"), [&] { WebUrl::Parse(target.url); });
      return target;
    }

    void ReadWebhookTargets(Section& section, WebhookSettings& settings)
    {
      const Json::Value& value = section.Get("Targets");
      const std::string path = section.GetPath("Targets");
      if (!value.isNull() && !value.isArray())
      {
        throw Failure(FailureKind::BadFormat,
                      "Option \"" + path + "\" must be an array of objects");
      }
      for (Json::ArrayIndex i = 0; i < value.size(); i++)
      {
        settings.targets.push_back(
          ReadWebhookTarget(value[i], path + "[" + std::to_string(i) + "]", settings.secret));
      }
    }

    WebhookSettings ReadWebhookSettings(Section& root)
    {
      WebhookSettings settings;
      Section section(root.Get("Webhooks"), root.GetPath("Webhooks"));
      section.ReadString("Secret", settings.secret);
      ReadWebhookTargets(section, settings);
      section.ReadStrings("AllowedUrls", settings.allowedUrls);
      section.ReadStrings("AllowedAddresses", settings.allowedAddresses);
      section.ReadUnsigned("TimeoutSeconds", 1, 300, settings.timeoutSeconds);
      section.ReadUnsigned("MaxAttempts", 1, 100, settings.maxAttempts);
      section.ReadUnsigned("RetryDelaySeconds", 1, 3600, settings.retryDelaySeconds);
      section.RefuseUnknown();

      for (std::size_t i = 0; i < settings.allowedUrls.size(); i++)
      {
        CheckValue(section.GetPath("AllowedUrls") + "[" + std::to_string(i) + "]",
                   [&] { const UrlPolicy ignored({settings.allowedUrls[i]}); });
      }
      for (std::size_t i = 0; i < settings.allowedAddresses.size(); i++)
      {
        CheckValue(section.GetPath("AllowedAddresses") + "[" + std::to_string(i) + "]",
                   [&] { const AddressPolicy ignored({settings.allowedAddresses[i]}); });
      }
      return settings;
    }
  } // namespace

  ParsedSettings ParseSettings(const std::string& configuration, const std::string& baseDirectory)
  {
    const Json::Value host = ParseJson(configuration);
    const Json::Value& own = host.isMember(SECTION) ? host[SECTION] : Json::Value::nullSingleton();

    ParsedSettings parsed;
    Section root(own, SECTION);
    Settings& settings = parsed.settings;
    settings.host = ReadHostSettings(host, baseDirectory);
    settings.archive = ReadArchiveSettings(root);
    settings.jobs = ReadJobSettings(root, settings.host);
    settings.spool = ReadSpoolSettings(root, settings.host, baseDirectory);
    settings.archive.media = ReadMediaSettings(root, baseDirectory);
    settings.archive.temporaryDirectory = settings.spool.directory;
    settings.webhooks = ReadWebhookSettings(root);
    settings.metrics = ReadMetricsSettings(root);
    settings.documents = ReadDocumentSettings(root);
    settings.app = ReadAppSettings(root);
    root.RefuseUnknown();
    if (settings.documents.isEnabled)
    {
      parsed.warnings = CheckHostDictionary(configuration);
    }

    const bool hasOwnMaximum =
      own.isObject() && own.isMember("Spool") && own["Spool"].isMember("MaxArchives");
    const unsigned mediaArchiveSize = GetHostUnsigned(host, "MediaArchiveSize", 1);
    if (!hasOwnMaximum && mediaArchiveSize > 1)
    {
      settings.spool.maxArchives = mediaArchiveSize;
    }
    else if (!hasOwnMaximum && host.isMember("MediaArchiveSize"))
    {
      parsed.warnings.emplace_back(
        "The option \"MediaArchiveSize\" is 1, as shipped, and is ignored: set "
        "\"AdvancedRest.Spool.MaxArchives\" to limit how many results are kept");
    }
    return parsed;
  }
} // namespace OrthancPlugins
