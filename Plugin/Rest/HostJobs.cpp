// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "HostJobs.h"

#include <algorithm>
#include <optional>

namespace OrthancPlugins
{
  namespace
  {
    constexpr const char* OUTPUT_TOO_LARGE =
      "Orthanc cannot hand over an output of this size to a plugin: set \"Jobs\" to false in the "
      "section \"AdvancedRest\" of the configuration to get it from Orthanc itself";

    // Error codes of the host, as it gives them to plugins
    enum HostError
    {
      HostError_ParameterOutOfRange = 3,
      HostError_NotEnoughMemory = 4,
      HostError_BadParameterType = 5,
      HostError_InexistentItem = 7,
      HostError_BadRequest = 8,
      HostError_BadFileFormat = 15,
      HostError_UnknownResource = 17
    };

    Failure MakeHostFailure(int errorCode)
    {
      const std::string text = "Orthanc answered with error code " + std::to_string(errorCode);
      switch (errorCode)
      {
      case HostError_ParameterOutOfRange:
        return Failure(FailureKind::OutOfRange, text);
      case HostError_NotEnoughMemory:
        return Failure(FailureKind::TooLarge, OUTPUT_TOO_LARGE);
      case HostError_BadParameterType:
        return Failure(FailureKind::BadType, text);
      case HostError_InexistentItem:
        return Failure(FailureKind::NotFound, text);
      case HostError_BadRequest:
        return Failure(FailureKind::BadRequest, text);
      case HostError_BadFileFormat:
        return Failure(FailureKind::BadFormat, text);
      case HostError_UnknownResource:
        return Failure(FailureKind::UnknownResource, text);
      default:
        return Failure(FailureKind::Internal, text);
      }
    }

    std::string GetHeader(const HostAnswer& host, const char* name, const char* fallback)
    {
      const auto found = host.headers.find(name);
      return found == host.headers.end() ? fallback : found->second;
    }
  } // namespace

  bool IsPlainName(const std::string& name)
  {
    return !name.empty() && std::all_of(name.begin(), name.end(),
                                        [](char c)
                                        {
                                          return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                                                 (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
                                        });
  }

  HostAnswer CallJob(const Services& services, HttpMethod method, const std::string& jobId)
  {
    return services.host.Call(method, "/jobs/" + jobId, "");
  }

  HostAnswer
  CallJobVerb(const Services& services, const std::string& jobId, const std::string& verb)
  {
    HostAnswer host = services.host.Call(HttpMethod::Post, "/jobs/" + jobId + "/" + verb, "");
    if (IsSuccess(host))
    {
      // The host has no event for what is canceled before it runs
      services.monitor.ReportForeign(jobId);
    }
    return host;
  }

  bool IsSuccess(const HostAnswer& host)
  {
    return host.errorCode == 0 && host.status == 200;
  }

  bool IsNotFound(const HostAnswer& host)
  {
    return host.status == 404 || host.errorCode == HostError_InexistentItem ||
           host.errorCode == HostError_UnknownResource;
  }

  bool IsRefusal(const HostAnswer& host)
  {
    return IsNotFound(host) || host.status == 400 || host.errorCode == HostError_BadRequest;
  }

  void CheckAnswer(const HostAnswer& host)
  {
    if (host.errorCode != 0)
    {
      throw MakeHostFailure(host.errorCode);
    }
  }

  void Forward(const HostAnswer& host, const char* defaultMime, IHttpAnswer& answer)
  {
    CheckAnswer(host);
    if (host.status != 200)
    {
      answer.SendEmptyStatus(host.status);
      return;
    }
    const std::optional<std::uint64_t> limit = answer.GetMaxFileBytes();
    if (limit.has_value() && host.body.size() > *limit)
    {
      throw Failure(FailureKind::TooLarge, OUTPUT_TOO_LARGE);
    }
    const std::string disposition = GetHeader(host, "content-disposition", "");
    if (!disposition.empty())
    {
      answer.SetHeader("Content-Disposition", disposition);
    }
    answer.SendBuffer(host.body, GetHeader(host, "content-type", defaultMime));
  }

  bool HasJobDeletion(const HostVersion& version)
  {
    return version.IsAtLeast(1, 12, 2);
  }

  bool HasOutputDeletion(const HostVersion& version)
  {
    return version.IsAtLeast(1, 12, 1);
  }

  bool IsVerb(const std::string& key)
  {
    return key == "cancel" || key == "pause" || key == "resume" || key == "resubmit";
  }
} // namespace OrthancPlugins
