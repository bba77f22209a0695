// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "DeliveryRecordJson.h"

#include "../Failure.h"
#include "../Uuid.h"

#include <json/json.h>

#include <exception>
#include <limits>
#include <memory>
#include <new>

namespace OrthancPlugins
{
  namespace
  {
    constexpr unsigned FORMAT_VERSION = 1;
    constexpr int MAXIMUM_DEPTH = 20;

    template <typename T>
    struct EnumName
    {
      T value;
      const char* name;
    };

    constexpr EnumName<DeliveryState> STATES[] = {{DeliveryState::Pending, "Pending"},
                                                  {DeliveryState::Delivered, "Delivered"},
                                                  {DeliveryState::Failed, "Failed"}};

    constexpr EnumName<DeliveryError> ERRORS[] = {
      {DeliveryError::None, ""},
      {DeliveryError::UrlNotAllowed, "UrlNotAllowed"},
      {DeliveryError::AddressNotAllowed, "AddressNotAllowed"},
      {DeliveryError::RedirectNotAllowed, "RedirectNotAllowed"},
      {DeliveryError::HostNotFound, "HostNotFound"},
      {DeliveryError::ConnectionFailed, "ConnectionFailed"},
      {DeliveryError::TlsFailed, "TlsFailed"},
      {DeliveryError::TimedOut, "TimedOut"},
      {DeliveryError::TransferFailed, "TransferFailed"},
      {DeliveryError::BadStatus, "BadStatus"}};

    [[noreturn]] void ThrowBadMember(const char* key)
    {
      throw Failure(FailureKind::BadFormat, std::string("Bad member in a delivery: ") + key);
    }

    template <typename T, std::size_t N>
    const char* ToName(const EnumName<T> (&names)[N], T value)
    {
      for (const EnumName<T>& candidate : names)
      {
        if (candidate.value == value)
        {
          return candidate.name;
        }
      }
      throw Failure(FailureKind::Internal, "A value of a delivery has no name");
    }

    template <typename T, std::size_t N>
    T FromName(const EnumName<T> (&names)[N], const std::string& name, const char* key)
    {
      for (const EnumName<T>& candidate : names)
      {
        if (candidate.name == name)
        {
          return candidate.value;
        }
      }
      ThrowBadMember(key);
    }

    const Json::Value& GetMember(const Json::Value& object, const char* key)
    {
      if (!object.isObject() || !object.isMember(key))
      {
        ThrowBadMember(key);
      }
      return object[key];
    }

    std::string GetString(const Json::Value& object, const char* key)
    {
      const Json::Value& member = GetMember(object, key);
      if (member.type() != Json::stringValue)
      {
        ThrowBadMember(key);
      }
      return member.asString();
    }

    std::uint64_t GetUnsigned(const Json::Value& object, const char* key, std::uint64_t maximum)
    {
      const Json::Value& member = GetMember(object, key);
      const bool isNumber = member.type() == Json::intValue || member.type() == Json::uintValue;
      if (!isNumber || !member.isUInt64() || member.asUInt64() > maximum)
      {
        ThrowBadMember(key);
      }
      return member.asUInt64();
    }

    std::int64_t GetTime(const Json::Value& object, const char* key)
    {
      constexpr std::int64_t MAXIMUM = std::numeric_limits<std::int64_t>::max();
      return static_cast<std::int64_t>(
        GetUnsigned(object, key, static_cast<std::uint64_t>(MAXIMUM)));
    }

    std::string GetUuid(const Json::Value& object, const char* key)
    {
      const std::string text = GetString(object, key);
      if (!IsUuid(text))
      {
        ThrowBadMember(key);
      }
      return text;
    }

    Json::Value ToJson(std::int64_t value)
    {
      return Json::Value(static_cast<Json::Int64>(value));
    }

    Json::Value FormatAttempt(const DeliveryAttempt& attempt)
    {
      Json::Value value(Json::objectValue);
      value["StartedMicroseconds"] = ToJson(attempt.startedMicroseconds);
      value["DurationMicroseconds"] = static_cast<Json::UInt64>(attempt.durationMicroseconds);
      value["HttpStatus"] = attempt.httpStatus;
      value["Error"] = ToName(ERRORS, attempt.error);
      return value;
    }

    DeliveryAttempt ParseAttempt(const Json::Value& value)
    {
      DeliveryAttempt attempt;
      attempt.startedMicroseconds = GetTime(value, "StartedMicroseconds");
      attempt.durationMicroseconds =
        GetUnsigned(value, "DurationMicroseconds", std::numeric_limits<std::uint64_t>::max());
      attempt.httpStatus = static_cast<unsigned>(
        GetUnsigned(value, "HttpStatus", std::numeric_limits<unsigned>::max()));
      attempt.error = FromName(ERRORS, GetString(value, "Error"), "Error");
      return attempt;
    }

    Json::Value ParseJson(std::string_view text)
    {
      Json::CharReaderBuilder builder;
      Json::CharReaderBuilder::strictMode(&builder.settings_);
      builder["stackLimit"] = MAXIMUM_DEPTH;
      const std::unique_ptr<Json::CharReader> reader(builder.newCharReader());
      Json::Value value;
      if (!reader->parse(text.data(), text.data() + text.size(), &value, nullptr))
      {
        throw Failure(FailureKind::BadFormat, "A delivery is no JSON");
      }
      return value;
    }

    void CheckVersion(const Json::Value& value)
    {
      const std::uint64_t version =
        GetUnsigned(value, "Version", std::numeric_limits<std::uint64_t>::max());
      if (version > FORMAT_VERSION)
      {
        throw Failure(FailureKind::BadFormat, "A delivery was written by a newer version");
      }
      if (version == 0)
      {
        ThrowBadMember("Version");
      }
    }

    DeliveryRecord ParseRecord(const Json::Value& value)
    {
      CheckVersion(value);
      DeliveryRecord record;
      record.id = GetUuid(value, "ID");
      record.archiveId = GetUuid(value, "ArchiveID");
      record.jobId = GetString(value, "JobID");
      record.event = GetString(value, "Event");
      record.url = GetString(value, "Url");
      record.body = GetString(value, "Body");
      record.state = FromName(STATES, GetString(value, "State"), "State");
      record.createdMicroseconds = GetTime(value, "CreatedMicroseconds");
      record.completedMicroseconds = GetTime(value, "CompletedMicroseconds");
      record.nextAttemptMicroseconds = GetTime(value, "NextAttemptMicroseconds");
      const Json::Value& attempts = GetMember(value, "Attempts");
      if (!attempts.isArray())
      {
        ThrowBadMember("Attempts");
      }
      for (const Json::Value& attempt : attempts)
      {
        record.attempts.push_back(ParseAttempt(attempt));
      }
      return record;
    }
  } // namespace

  const char* GetDeliveryStateName(DeliveryState state)
  {
    return ToName(STATES, state);
  }

  const char* GetDeliveryErrorName(DeliveryError error)
  {
    return ToName(ERRORS, error);
  }

  std::string FormatDeliveryRecord(const DeliveryRecord& record)
  {
    Json::Value value(Json::objectValue);
    value["Version"] = FORMAT_VERSION;
    value["ID"] = record.id;
    value["ArchiveID"] = record.archiveId;
    value["JobID"] = record.jobId;
    value["Event"] = record.event;
    value["Url"] = record.url;
    value["Body"] = record.body;
    value["State"] = ToName(STATES, record.state);
    value["CreatedMicroseconds"] = ToJson(record.createdMicroseconds);
    value["CompletedMicroseconds"] = ToJson(record.completedMicroseconds);
    value["NextAttemptMicroseconds"] = ToJson(record.nextAttemptMicroseconds);
    value["Attempts"] = Json::Value(Json::arrayValue);
    for (const DeliveryAttempt& attempt : record.attempts)
    {
      value["Attempts"].append(FormatAttempt(attempt));
    }

    Json::StreamWriterBuilder builder;
    builder["indentation"] = " ";
    builder["emitUTF8"] = true; // every byte of a text comes back as it was
    return Json::writeString(builder, value) + "\n";
  }

  DeliveryRecord ParseDeliveryRecord(std::string_view text)
  {
    try
    {
      return ParseRecord(ParseJson(text));
    }
    catch (const Failure&)
    {
      throw;
    }
    catch (const std::bad_alloc&)
    {
      throw;
    }
    catch (const std::exception&)
    {
      // JsonCpp throws beyond its stack limit
      throw Failure(FailureKind::BadFormat, "A delivery is no JSON of ours");
    }
  }
} // namespace OrthancPlugins
