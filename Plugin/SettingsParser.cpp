// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "SettingsParser.h"

#include "Core/Archive/NamingTemplate.h"
#include "Core/Failure.h"

#include <json/reader.h>
#include <json/value.h>

#include <filesystem>
#include <limits>
#include <memory>
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
      return settings;
    }

    ArchiveSettings ReadArchiveSettings(Section& root)
    {
      ArchiveSettings settings;
      const Json::Value& value = root.Get("Archive");
      if (value.isBool())
      {
        settings.isEnabled = value.asBool();
        return settings;
      }

      Section section(value, root.GetPath("Archive"));
      section.ReadBoolean("Enabled", settings.isEnabled);
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
      settings.maxArchives = section.FindUnsigned("MaxArchives", 0, ANY);
      if (settings.maxArchives == 0u)
      {
        settings.maxArchives.reset();
      }
      settings.maxAgeHours = section.FindUnsigned("MaxAgeHours", 0, ANY).value_or(24);
      if (settings.maxAgeHours == 0u)
      {
        settings.maxAgeHours.reset();
      }
      section.RefuseUnknown();
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
    root.ReadBoolean("Jobs", settings.isJobsEnabled);
    settings.spool = ReadSpoolSettings(root, settings.host, baseDirectory);
    root.RefuseUnknown();

    const bool hasOwnMaximum =
      own.isObject() && own.isMember("Spool") && own["Spool"].isMember("MaxArchives");
    const unsigned mediaArchiveSize = GetHostUnsigned(host, "MediaArchiveSize", 1);
    if (!hasOwnMaximum && mediaArchiveSize > 1)
    {
      settings.spool.maxArchives = mediaArchiveSize;
    }
    else if (!hasOwnMaximum && host.isMember("MediaArchiveSize"))
    {
      parsed.warnings.push_back(
        "The option \"MediaArchiveSize\" is 1, as shipped, and is ignored: set "
        "\"AdvancedRest.Spool.MaxArchives\" to limit how many results are kept");
    }
    return parsed;
  }
} // namespace OrthancPlugins
