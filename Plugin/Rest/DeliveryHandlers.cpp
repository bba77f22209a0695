// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "DeliveryHandlers.h"

#include "AccessPolicy.h"

#include "../Core/Failure.h"
#include "../Core/Notify/WebUrl.h"
#include "../Core/Notify/WebhookBody.h"

#include <json/value.h>
#include <json/writer.h>

#include <optional>
#include <string>

namespace OrthancPlugins
{
  namespace
  {
    constexpr double MICROSECONDS_PER_SECOND = 1'000'000.0;

    Json::Value FormatAttempt(const DeliveryAttempt& attempt)
    {
      Json::Value value(Json::objectValue);
      value["Time"] = FormatWebhookTime(attempt.startedMicroseconds);
      value["Duration"] =
        static_cast<double>(attempt.durationMicroseconds) / MICROSECONDS_PER_SECOND;
      value["HttpStatus"] = attempt.httpStatus;
      value["Error"] = GetDeliveryErrorName(attempt.error);
      return value;
    }

    Json::Value FormatDelivery(const DeliveryRecord& record)
    {
      Json::Value value(Json::objectValue);
      value["ID"] = record.id;
      value["Event"] = record.event;
      value["Url"] = WebUrl::Parse(record.url).FormatPublic();
      value["State"] = GetDeliveryStateName(record.state);
      value["CreationTime"] = FormatWebhookTime(record.createdMicroseconds);
      if (record.state == DeliveryState::Pending)
      {
        value["NextAttemptTime"] = FormatWebhookTime(record.nextAttemptMicroseconds);
      }
      else
      {
        value["CompletionTime"] = FormatWebhookTime(record.completedMicroseconds);
      }
      value["Attempts"] = Json::Value(Json::arrayValue);
      for (const DeliveryAttempt& attempt : record.attempts)
      {
        value["Attempts"].append(FormatAttempt(attempt));
      }
      return value;
    }
  } // namespace

  void GetJobDeliveries(const Services& services, const HttpRequest& request, IHttpAnswer& answer)
  {
    const std::optional<std::string> archiveId = services.spool.FindByJob(request.groups.at(0));
    const std::optional<ArchiveRecord> archive =
      archiveId.has_value() ? services.spool.Find(*archiveId) : std::nullopt;
    const AccessPolicy access(services.settings.jobs, request.user);
    if (!archive.has_value() || !access.MaySee(archive->owner))
    {
      throw Failure(FailureKind::NotFound,
                    "No asynchronous archive of this plugin has this job ID");
    }
    Json::Value list(Json::arrayValue);
    for (const auto& record : services.notifier.ListDeliveries(*archiveId))
    {
      list.append(FormatDelivery(*record));
    }
    Json::StreamWriterBuilder builder;
    builder["indentation"] = "   ";
    answer.SendJson(Json::writeString(builder, list));
  }
} // namespace OrthancPlugins
