// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "AppHandlers.h"

#include "AppFiles.h"
#include "HostCompression.h"
#include "JobCatalog.h"

#include "../Core/Failure.h"
#include "../Http/AcceptHeader.h"
#include "../Http/RangeRequest.h"

#include <json/value.h>
#include <json/writer.h>

#include <filesystem>
#include <optional>
#include <string>
#include <system_error>

namespace OrthancPlugins
{
  namespace
  {
    // Scripts and styles are files of ours; no form, no plugin, no frame, no other site. What looks like
    // markup in a value cannot become any: a browser that knows trusted types throws instead
    constexpr const char* CONTENT_POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
      "connect-src 'self'; manifest-src 'self'; form-action 'none'; base-uri 'none'; "
      "frame-ancestors 'self'; require-trusted-types-for 'script'; trusted-types 'none'";

    // A browser may keep a file, but asks whether it is still the same: after an update of the plugin all
    // of them are new at once
    void SetHeaders(const Services& services, const AppFiles::File& file, IHttpAnswer& answer)
    {
      // Weak: whether it is compressed is not told apart
      answer.SetHeader("ETag", "W/" + file.entityTag);
      answer.SetHeader("Cache-Control", "no-cache");
      answer.SetHeader("Vary", "Accept-Encoding");
      answer.SetHeader("Content-Security-Policy", CONTENT_POLICY);
      answer.SetHeader("Referrer-Policy", "no-referrer");
      if (!services.version.IsAtLeast(1, 12, 7))
      {
        // Newer hosts do it themselves
        answer.SetHeader("X-Content-Type-Options", "nosniff");
      }
    }

    void SendFile(const Services& services,
                  const HttpRequest& request,
                  const std::string& name,
                  IHttpAnswer& answer)
    {
      const AppFiles::File* const file = services.appFiles.Find(name);
      if (file == nullptr)
      {
        throw Failure(FailureKind::NotFound, "There is no such file");
      }
      SetHeaders(services, *file, answer);
      const RangeDecision decision =
        DecideRange(request, {file->entityTag, std::nullopt}, file->content.size());
      if (decision.verdict == RangeVerdict::NotModified)
      {
        answer.SendEmptyStatus(304);
        return;
      }
      if (!IsHostCompressing(services.settings.host, services.version) &&
          AcceptsGzip(request.FindHeader("accept-encoding").value_or("")))
      {
        answer.SetHeader("Content-Encoding", "gzip");
        answer.SendBuffer(file->compressed, file->mime);
        return;
      }
      answer.SendBuffer(file->content, file->mime);
    }

    template <typename T>
    Json::Value ToJson(const std::optional<T>& value)
    {
      return value.has_value() ? Json::Value(*value) : Json::Value();
    }

    Json::Value ToJson(const std::optional<std::uint64_t>& value)
    {
      return value.has_value() ? Json::Value(Json::UInt64(*value)) : Json::Value();
    }

    Json::Value FormatSpool(const Services& services)
    {
      const SpoolSettings& settings = services.settings.spool;
      std::error_code error;
      const std::filesystem::space_info space = std::filesystem::space(settings.directory, error);

      Json::Value spool;
      spool["UsedBytes"] = Json::UInt64(services.spool.GetUsedBytes());
      spool["QuotaBytes"] = ToJson(services.spool.GetQuotaBytes());
      spool["FreeBytes"] = error ? Json::Value() : Json::Value(Json::UInt64(space.available));
      spool["DiskBytes"] = error ? Json::Value() : Json::Value(Json::UInt64(space.capacity));
      spool["MaxArchives"] = ToJson(settings.maxArchives);
      spool["MaxAgeHours"] = ToJson(settings.maxAgeHours);
      spool["HistoryHours"] = Json::UInt64(settings.historyHours);
      return spool;
    }

    Json::Value FormatLimits(const Services& services, const IHttpAnswer& answer)
    {
      Json::Value limits;
      limits["MaxWaiters"] = services.settings.jobs.maxWaiters;
      limits["MaxWaitSeconds"] = services.settings.jobs.maxWaitSeconds;
      limits["MaxStreams"] = services.settings.archive.maxStreams;
      limits["MaxFileBytes"] = ToJson(answer.GetMaxFileBytes());
      return limits;
    }
  } // namespace

  void GetAppPage(const Services& services, const HttpRequest& request, IHttpAnswer& answer)
  {
    SendFile(services, request, "index.html", answer);
  }

  void GetAppFile(const Services& services, const HttpRequest& request, IHttpAnswer& answer)
  {
    constexpr std::string_view PREFIX = "app/";
    const std::string& name = request.groups.at(0);
    const bool hasPrefix = name.substr(0, PREFIX.size()) == PREFIX;
    SendFile(services, request, hasPrefix ? name.substr(PREFIX.size()) : name, answer);
  }

  void GetFeatures(const Services& services, const HttpRequest& request, IHttpAnswer& answer)
  {
    const Settings& settings = services.settings;
    Json::Value features;
    features["Version"] = PLUGIN_VERSION;
    features["HostVersion"] = services.version.Format();
    features["Archive"] = settings.archive.isEnabled;
    features["Media"] = settings.archive.media.isEnabled;
    features["Jobs"] = settings.jobs.isEnabled;
    features["Metrics"] = settings.metrics.isEnabled;
    features["Documents"] = settings.documents.isEnabled;
    features["CanStream"] = answer.CanStream();
    features["HasPreviews"] = PdfPageRenderer::IsInstalled();
    features["HasMetrics"] = services.exporter.IsEnabled();
    features["IsReadOnly"] = settings.host.isReadOnly && services.version.IsAtLeast(1, 12, 5);
    features["HasUsers"] = settings.host.hasAuthentication;
    features["User"] = ToJson(request.user);
    features["OwnJobsOnly"] = settings.jobs.isOwnOnly;
    features["SeesAllJobs"] = MakeAccess(services, request).MaySeeForeign();
    features["Limits"] = FormatLimits(services, answer);
    features["Spool"] = FormatSpool(services);
    features["Webhooks"]["IsUsed"] =
      !settings.webhooks.targets.empty() || !settings.webhooks.allowedUrls.empty();
    answer.SetHeader("Cache-Control", "no-store");
    answer.SendJson(Json::writeString(Json::StreamWriterBuilder(), features));
  }
} // namespace OrthancPlugins
