// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "OrthancRestApi.h"

#include "ErrorCodes.h"
#include "HostBuffer.h"

#include "../Core/Failure.h"

#include <json/reader.h>
#include <json/writer.h>

#include <algorithm>
#include <limits>
#include <memory>

namespace OrthancPlugins
{
  namespace
  {
    OrthancPluginHttpMethod ToHostMethod(HttpMethod method)
    {
      switch (method)
      {
      case HttpMethod::Post:
        return OrthancPluginHttpMethod_Post;
      case HttpMethod::Put:
        return OrthancPluginHttpMethod_Put;
      case HttpMethod::Delete:
        return OrthancPluginHttpMethod_Delete;
      case HttpMethod::Get:
        break;
      }
      return OrthancPluginHttpMethod_Get;
    }

    // JsonCpp reports what is nested too deeply by an exception, everything else by its result
    bool TryParse(const char* begin, const char* end, Json::Value& value)
    {
      const Json::CharReaderBuilder builder;
      const std::unique_ptr<Json::CharReader> reader(builder.newCharReader());
      try
      {
        return begin != end && reader->parse(begin, end, &value, nullptr);
      }
      catch (const Json::Exception&)
      {
        return false;
      }
    }

    std::string_view ToText(const HostBuffer& buffer)
    {
      return std::string_view(reinterpret_cast<const char*>(buffer.GetData()), buffer.GetSize());
    }

    std::map<std::string, std::string> ParseHeaders(const HostBuffer& buffer)
    {
      std::map<std::string, std::string> headers;
      if (buffer.GetSize() == 0)
      {
        return headers;
      }
      const Json::Value json = OrthancRestApi::ParseJson(ToText(buffer));
      for (const std::string& name : json.getMemberNames())
      {
        std::string key = name;
        std::transform(key.begin(), key.end(), key.begin(),
                       [](char c)
                       { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
        headers[key] = json[name].asString();
      }
      return headers;
    }
  } // namespace

  OrthancRestApi::OrthancRestApi(OrthancPluginContext* context, const HostVersion& version)
    : context_(context),
      version_(version)
  {
  }

  HostAnswer OrthancRestApi::Call(HttpMethod method, const std::string& path, std::string_view body)
  {
    if (body.size() > std::numeric_limits<std::uint32_t>::max())
    {
      throw Failure(FailureKind::TooLarge, "The body is too large for a call to Orthanc");
    }
    HostBuffer answerBody(context_);
    HostBuffer answerHeaders(context_);
    std::uint16_t status = 0;
    const OrthancPluginErrorCode code =
      OrthancPluginCallRestApi(context_, answerBody.GetTarget(), answerHeaders.GetTarget(), &status,
                               ToHostMethod(method), path.c_str(), 0, nullptr, nullptr, body.data(),
                               static_cast<std::uint32_t>(body.size()), 0 /* built-in API */);

    HostAnswer answer;
    if (code == OrthancPluginErrorCode_Success)
    {
      answer.status = status;
      answer.body = answerBody.ToString();
      answer.headers = ParseHeaders(answerHeaders);
      return answer;
    }

    // Hosts up to 1.12.7 free the headers, but leave the pointer, if there is no memory for the body
    answerBody.Forget();
    answerHeaders.Forget();

    // An answer with an empty body and any status but 200 becomes this code on its way to us. Since
    // 1.12.8 this is so for POST, PUT and DELETE only, and a GET that gives the code has raised it.
    // What the route meant is what the host answers when nothing was found
    const bool isRaised = method == HttpMethod::Get && version_.IsAtLeast(1, 12, 8);
    if (code == OrthancPluginErrorCode_UnknownResource && !isRaised)
    {
      answer.status = method == HttpMethod::Post ? 400 : 404;
      return answer;
    }
    answer.status = GetHttpStatus(code);
    answer.errorCode = static_cast<int>(code);
    return answer;
  }

  std::string OrthancRestApi::GetText(const std::string& path)
  {
    HostBuffer answer(context_);
    CheckHostCall(OrthancPluginRestApiGet(context_, answer.GetTarget(), path.c_str()),
                  "GET " + path);
    return answer.ToString();
  }

  std::optional<std::string> OrthancRestApi::FindRepresentation(const std::string& path,
                                                                const std::string& mediaType)
  {
    const char* const name = "Accept";
    const char* const value = mediaType.c_str();
    HostBuffer answer(context_);
    if (OrthancPluginRestApiGet2(context_, answer.GetTarget(), path.c_str(), 1, &name, &value, 0) !=
        OrthancPluginErrorCode_Success)
    {
      answer.Forget();
      return std::nullopt;
    }
    return answer.ToString();
  }

  Json::Value OrthancRestApi::GetJson(const std::string& path)
  {
    return ParseJson(GetText(path));
  }

  Json::Value OrthancRestApi::PostJson(const std::string& path, const Json::Value& body)
  {
    Json::Value answer;
    Post(path, body, [&](std::string_view text) { answer = ParseJson(text); });
    return answer;
  }

  void OrthancRestApi::Post(const std::string& path,
                            const Json::Value& body,
                            const std::function<void(std::string_view)>& consumer)
  {
    Json::StreamWriterBuilder builder;
    builder["indentation"] = "";
    const std::string text = Json::writeString(builder, body);
    HostBuffer answer(context_);
    CheckHostCall(OrthancPluginRestApiPost(context_, answer.GetTarget(), path.c_str(), text.data(),
                                           static_cast<std::uint32_t>(text.size())),
                  "POST " + path);
    consumer(ToText(answer));
  }

  Json::Value OrthancRestApi::ParseJson(std::string_view text)
  {
    Json::Value value;
    if (!TryParse(text.data(), text.data() + text.size(), value))
    {
      throw Failure(FailureKind::Internal, "Orthanc has not answered with JSON");
    }
    return value;
  }
} // namespace OrthancPlugins
