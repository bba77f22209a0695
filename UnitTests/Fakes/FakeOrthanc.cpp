// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "FakeOrthanc.h"

#include "../../Plugin/Host/GlobalContext.h"

#include <gtest/gtest.h>

#include <boost/thread/lock_guard.hpp>

#include <cstdlib>
#include <cstring>

namespace OrthancPlugins
{
  namespace
  {
    constexpr int FIRST_CUSTOM_CODE = 1000000;

    void Fill(OrthancPluginMemoryBuffer* target, const std::string& content)
    {
      target->data = content.empty() ? nullptr : std::malloc(content.size());
      target->size = static_cast<std::uint32_t>(content.size());
      if (!content.empty())
      {
        std::memcpy(target->data, content.data(), content.size());
      }
    }

    char* CopyText(const std::string& text)
    {
      char* const copy = static_cast<char*>(std::malloc(text.size() + 1));
      std::memcpy(copy, text.c_str(), text.size() + 1);
      return copy;
    }

    FakeOrthanc::Answer& ToAnswer(OrthancPluginRestOutput* output)
    {
      return *reinterpret_cast<FakeOrthanc::Answer*>(output);
    }

    const char* GetName(OrthancPluginHttpMethod method)
    {
      return method == OrthancPluginHttpMethod_Get    ? "GET"
             : method == OrthancPluginHttpMethod_Post ? "POST"
             : method == OrthancPluginHttpMethod_Put  ? "PUT"
                                                      : "DELETE";
    }

    template <typename Parameters>
    const Parameters& As(const void* parameters)
    {
      return *static_cast<const Parameters*>(parameters);
    }

    std::string ToBody(const void* data, std::uint32_t size)
    {
      return size == 0 ? std::string() : std::string(static_cast<const char*>(data), size);
    }
  } // namespace

  FakeOrthanc::FakeOrthanc(const std::string& version)
    : version_(version),
      context_()
  {
    context_.pluginsManager = this;
    context_.orthancVersion = version_.c_str();
    context_.Free = &std::free;
    context_.InvokeService = &InvokeService;
    SetGlobalContext(&context_);
  }

  FakeOrthanc::~FakeOrthanc()
  {
    while (!jobs.empty())
    {
      DestroyJob(*jobs.begin());
    }
    ClearGlobalContext();
  }

  OrthancPluginErrorCode
  FakeOrthanc::Request(std::size_t route,
                       OrthancPluginHttpMethod method,
                       const std::vector<std::string>& groups,
                       const std::vector<std::pair<std::string, std::string>>& arguments,
                       const std::vector<std::pair<std::string, std::string>>& headers,
                       const std::string& body,
                       Answer& answer)
  {
    std::vector<const char*> groupTexts, names, values, headerNames, headerValues;
    for (const std::string& group : groups)
    {
      groupTexts.push_back(group.c_str());
    }
    for (const auto& [name, value] : arguments)
    {
      names.push_back(name.c_str());
      values.push_back(value.c_str());
    }
    for (const auto& [name, value] : headers)
    {
      headerNames.push_back(name.c_str());
      headerValues.push_back(value.c_str());
    }
    OrthancPluginHttpRequest request = {};
    request.method = method;
    request.groupsCount = static_cast<std::uint32_t>(groups.size());
    request.groups = groupTexts.data();
    request.getCount = static_cast<std::uint32_t>(arguments.size());
    request.getKeys = names.data();
    request.getValues = values.data();
    request.headersCount = static_cast<std::uint32_t>(headers.size());
    request.headersKeys = headerNames.data();
    request.headersValues = headerValues.data();
    request.body = body.empty() ? nullptr : body.data();
    request.bodySize = static_cast<std::uint32_t>(body.size());
    return routes.at(route).callback(answer.GetOutput(), "/path", &request);
  }

  void FakeOrthanc::DestroyJob(Job* job)
  {
    jobs.erase(job);
    const std::unique_ptr<Job> owned(job);
    owned->callbacks.finalize(owned->callbacks.job);
  }

  std::string FakeOrthanc::GetLog() const
  {
    const boost::lock_guard<boost::recursive_mutex> lock(mutex_);
    std::string text;
    for (const auto& [level, line] : logs)
    {
      text += std::string(1, level) + " " + line + "\n";
    }
    return text;
  }

  OrthancPluginErrorCode FakeOrthanc::InvokeService(OrthancPluginContext* context,
                                                    _OrthancPluginService service,
                                                    const void* parameters)
  {
    FakeOrthanc& that = *static_cast<FakeOrthanc*>(context->pluginsManager);
    const boost::lock_guard<boost::recursive_mutex> lock(that.mutex_);
    const auto failure = that.failing.find(service);
    return failure == that.failing.end() ? that.Invoke(service, parameters) : failure->second;
  }

  OrthancPluginErrorCode FakeOrthanc::Invoke(_OrthancPluginService service, const void* parameters)
  {
    switch (service)
    {
    case _OrthancPluginService_LogInfo:
      logs.emplace_back('I', static_cast<const char*>(parameters));
      return OrthancPluginErrorCode_Success;

    case _OrthancPluginService_LogWarning:
      logs.emplace_back('W', static_cast<const char*>(parameters));
      return OrthancPluginErrorCode_Success;

    case _OrthancPluginService_LogError:
      logs.emplace_back('E', static_cast<const char*>(parameters));
      return OrthancPluginErrorCode_Success;

    case _OrthancPluginService_SetPluginProperty:
    {
      const auto& p = As<_OrthancPluginSetPluginProperty>(parameters);
      properties[{p.plugin, p.property}] = p.value;
      return OrthancPluginErrorCode_Success;
    }

    case _OrthancPluginService_GetConfiguration:
      *As<_OrthancPluginRetrieveDynamicString>(parameters).result = CopyText(configuration);
      return OrthancPluginErrorCode_Success;

    case _OrthancPluginService_RegisterErrorCode:
    {
      const auto& p = As<_OrthancPluginRegisterErrorCode>(parameters);
      *p.target = static_cast<OrthancPluginErrorCode>(FIRST_CUSTOM_CODE +
                                                      static_cast<int>(errorCodes.size()));
      errorCodes.emplace_back(p.httpStatus, p.message);
      return OrthancPluginErrorCode_Success;
    }

    case _OrthancPluginService_RegisterRestCallbackNoLock:
    {
      const auto& p = As<_OrthancPluginRestCallback>(parameters);
      routes.push_back(Route{p.pathRegularExpression, p.callback});
      return OrthancPluginErrorCode_Success;
    }

    case _OrthancPluginService_RegisterChunkedRestCallback:
      largeBodies.push_back(As<_OrthancPluginChunkedRestCallback>(parameters));
      return OrthancPluginErrorCode_Success;

    case _OrthancPluginService_RestApiGet:
    {
      const auto& p = As<_OrthancPluginRestApiGet>(parameters);
      const RestAnswer answer = CallRest("GET", p.uri, "");
      if (answer.code == OrthancPluginErrorCode_Success)
      {
        Fill(p.target, answer.body);
      }
      return answer.code;
    }

    case _OrthancPluginService_RestApiGet2:
    {
      const auto& p = As<_OrthancPluginRestApiGet2>(parameters);
      std::string headers; // in place of the body
      for (std::uint32_t i = 0; i < p.headersCount; i++)
      {
        headers += std::string(p.headersKeys[i]) + ": " + p.headersValues[i] + "\n";
      }
      const RestAnswer answer = CallRest("GET", p.uri, headers);
      if (answer.code == OrthancPluginErrorCode_Success)
      {
        Fill(p.target, answer.body);
      }
      return answer.code;
    }

    case _OrthancPluginService_RestApiPost:
    {
      const auto& p = As<_OrthancPluginRestApiPostPut>(parameters);
      const RestAnswer answer = CallRest("POST", p.uri, ToBody(p.body, p.bodySize));
      if (answer.code == OrthancPluginErrorCode_Success)
      {
        Fill(p.target, answer.body);
      }
      return answer.code;
    }

    case _OrthancPluginService_CallRestApi:
    {
      const auto& p = As<_OrthancPluginCallRestApi>(parameters);
      EXPECT_EQ(0, p.afterPlugins);
      const RestAnswer answer = CallRest(GetName(p.method), p.uri, ToBody(p.body, p.bodySize));
      if (answer.code == OrthancPluginErrorCode_Success)
      {
        *p.httpStatus = static_cast<std::uint16_t>(answer.status);
        Fill(p.answerBody, answer.body);
        Fill(p.answerHeaders, answer.headers);
      }
      else if (answer.code == OrthancPluginErrorCode_NotEnoughMemory)
      {
        // Hosts up to 1.12.7 free the headers and leave the pointer
        Fill(p.answerHeaders, answer.headers);
        std::free(p.answerHeaders->data);
      }
      return answer.code;
    }

    case _OrthancPluginService_RegisterJobsUnserializer:
      unserializer = As<_OrthancPluginJobsUnserializer>(parameters).unserializer;
      return OrthancPluginErrorCode_Success;

    case _OrthancPluginService_CreateJob:
    case _OrthancPluginService_FreeJob:
    case _OrthancPluginService_SubmitJob:
      return InvokeJob(service, parameters);

    case _OrthancPluginService_GetDicomForInstance:
    case _OrthancPluginService_TranscodeDicomInstance:
    case _OrthancPluginService_SerializeDicomInstance:
    case _OrthancPluginService_FreeDicomInstance:
      return InvokeDicom(service, parameters);

    default:
      return InvokeAnswer(service, parameters);
    }
  }

  OrthancPluginErrorCode FakeOrthanc::InvokeAnswer(_OrthancPluginService service,
                                                   const void* parameters)
  {
    switch (service)
    {
    case _OrthancPluginService_SetHttpHeader:
    {
      const auto& p = As<_OrthancPluginSetHttpHeader>(parameters);
      ToAnswer(p.output).headers.emplace_back(p.key, p.value);
      return OrthancPluginErrorCode_Success;
    }

    case _OrthancPluginService_SetHttpErrorDetails:
    {
      const auto& p = As<_OrthancPluginSetHttpErrorDetails>(parameters);
      ToAnswer(p.output).details = p.details;
      return OrthancPluginErrorCode_Success;
    }

    case _OrthancPluginService_AnswerBuffer:
    {
      const auto& p = As<_OrthancPluginAnswerBuffer>(parameters);
      Answer& answer = ToAnswer(p.output);
      answer.status = 200;
      answer.mime = p.mimeType;
      answer.body = ToBody(p.answer, p.answerSize);
      answer.bodyAddress = p.answer;
      return OrthancPluginErrorCode_Success;
    }

    case _OrthancPluginService_SendHttpStatusCode:
    {
      const auto& p = As<_OrthancPluginSendHttpStatusCode>(parameters);
      ToAnswer(p.output).status = p.status;
      return OrthancPluginErrorCode_Success;
    }

    case _OrthancPluginService_SendHttpStatus:
    {
      const auto& p = As<_OrthancPluginSendHttpStatus>(parameters);
      ToAnswer(p.output).status = p.status;
      ToAnswer(p.output).body = ToBody(p.body, p.bodySize);
      ToAnswer(p.output).bodyAddress = p.body;
      return OrthancPluginErrorCode_Success;
    }

    case _OrthancPluginService_SendMethodNotAllowed:
    {
      const auto& p = As<_OrthancPluginOutputPlusArgument>(parameters);
      ToAnswer(p.output).status = 405;
      ToAnswer(p.output).allow = p.argument;
      return OrthancPluginErrorCode_Success;
    }

#if HOST_HAS_STREAM_ANSWER
    case _OrthancPluginService_StartStreamAnswer:
    {
      const auto& p = As<_OrthancPluginStartStreamAnswer>(parameters);
      EXPECT_TRUE(GetVersion().IsAtLeast(1, 12, 6)) << "This host has no such service";
      ToAnswer(p.output).status = 200;
      ToAnswer(p.output).mime = p.contentType;
      return OrthancPluginErrorCode_Success;
    }

    case _OrthancPluginService_SendStreamChunk:
    {
      const auto& p = As<_OrthancPluginAnswerBuffer>(parameters);
      Answer& answer = ToAnswer(p.output);
      if (answer.blockSizes.size() >= acceptedBlocks)
      {
        return OrthancPluginErrorCode_NetworkProtocol;
      }
      answer.blockSizes.push_back(p.answerSize);
      answer.body += ToBody(p.answer, p.answerSize);
      return OrthancPluginErrorCode_Success;
    }
#endif

    default:
      ADD_FAILURE() << "Unexpected service of the host: " << service;
      return OrthancPluginErrorCode_UnknownPluginService;
    }
  }

  OrthancPluginErrorCode FakeOrthanc::InvokeJob(_OrthancPluginService service,
                                                const void* parameters)
  {
    if (service == _OrthancPluginService_CreateJob)
    {
      const auto& p = As<_OrthancPluginCreateJob>(parameters);
      std::unique_ptr<Job> job = std::make_unique<Job>();
      job->callbacks = p;
      job->type = p.type;
      *p.target = reinterpret_cast<OrthancPluginJob*>(job.get());
      jobs.insert(job.release());
      return OrthancPluginErrorCode_Success;
    }
    if (service == _OrthancPluginService_FreeJob)
    {
      DestroyJob(reinterpret_cast<Job*>(As<_OrthancPluginFreeJob>(parameters).job));
      return OrthancPluginErrorCode_Success;
    }
    const auto& p = As<_OrthancPluginSubmitJob>(parameters);
    Job* const job = reinterpret_cast<Job*>(p.job);
    job->isSubmitted = true;
    job->priority = p.priority;
    *p.resultId = CopyText("job-" + std::to_string(jobs.size()));
    return OrthancPluginErrorCode_Success;
  }

  OrthancPluginErrorCode FakeOrthanc::InvokeDicom(_OrthancPluginService service,
                                                  const void* parameters)
  {
    if (service == _OrthancPluginService_GetDicomForInstance)
    {
      const auto& p = As<_OrthancPluginGetDicomForInstance>(parameters);
      readFiles++;
      const auto found = files.find(p.instanceId);
      if (found == files.end())
      {
        return OrthancPluginErrorCode_UnknownResource;
      }
      Fill(p.target, found->second);
      return OrthancPluginErrorCode_Success;
    }
    if (service == _OrthancPluginService_TranscodeDicomInstance)
    {
      const auto& p = As<_OrthancPluginCreateDicomInstance>(parameters);
      std::optional<std::string> result;
      if (transcoder)
      {
        result = transcoder(ToBody(p.buffer, p.size), p.transferSyntax);
      }
      if (!result.has_value())
      {
        return OrthancPluginErrorCode_NotImplemented;
      }
      openedInstances++;
      *p.target = reinterpret_cast<OrthancPluginDicomInstance*>(
        std::make_unique<std::string>(*result).release());
      return OrthancPluginErrorCode_Success;
    }
    if (service == _OrthancPluginService_SerializeDicomInstance)
    {
      const auto& p = As<_OrthancPluginAccessDicomInstance2>(parameters);
      Fill(p.targetBuffer, *reinterpret_cast<const std::string*>(p.instance));
      return OrthancPluginErrorCode_Success;
    }
    openedInstances--;
    const std::unique_ptr<std::string> owned(
      reinterpret_cast<std::string*>(As<_OrthancPluginFreeDicomInstance>(parameters).dicom));
    return OrthancPluginErrorCode_Success;
  }

  FakeOrthanc::RestAnswer
  FakeOrthanc::CallRest(const std::string& method, const std::string& uri, const std::string& body)
  {
    const std::string key = method + " " + uri;
    calls.push_back(key);
    posts.push_back(body);
    if (onRest)
    {
      return onRest(key, body);
    }
    RestAnswer answer;
    const auto found = uris.find(key);
    if (found == uris.end())
    {
      answer.code = OrthancPluginErrorCode_UnknownResource;
    }
    else
    {
      answer.body = found->second;
    }
    return answer;
  }
} // namespace OrthancPlugins
