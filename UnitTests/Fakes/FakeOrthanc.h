// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "../../Plugin/Core/HostVersion.h"
#include "../../Plugin/Host/SdkFeatures.h"

#include <boost/thread/recursive_mutex.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace OrthancPlugins
{
  /**
   * Plays the host: the inline functions of the SDK all end in one function, InvokeService(), which is
   * a switch here. Fill the first group of members before use; read the second one afterwards. A
   * service that nobody has foreseen fails the test. Thread-safe while the first group stands still.
   **/
  class FakeOrthanc
  {
  public:
    // What was answered to one request
    struct Answer
    {
      std::vector<std::pair<std::string, std::string>> headers;
      unsigned status = 0; // 0: nothing was sent
      std::string mime;
      std::string body; // of a buffer, or all blocks of a stream
      const void* bodyAddress = nullptr;
      std::vector<std::size_t> blockSizes; // of a stream
      std::string allow;
      std::optional<std::string> details;

      OrthancPluginRestOutput* GetOutput()
      {
        return reinterpret_cast<OrthancPluginRestOutput*>(this);
      }
    };

    struct RestAnswer
    {
      OrthancPluginErrorCode code = OrthancPluginErrorCode_Success;
      unsigned status = 200;
      std::string body;
      std::string headers = "{}";
    };

    struct Job
    {
      _OrthancPluginCreateJob callbacks;
      std::string type;
      bool isSubmitted = false;
      int priority = 0;
    };

    struct Route
    {
      std::string uri;
      OrthancPluginRestCallback callback;
    };

    // Also becomes the global context
    explicit FakeOrthanc(const std::string& version);

    // Destroys the jobs, as at shutdown
    ~FakeOrthanc();

    FakeOrthanc(const FakeOrthanc&) = delete;
    FakeOrthanc& operator=(const FakeOrthanc&) = delete;

    OrthancPluginContext* GetContext() { return &context_; }
    HostVersion GetVersion() const { return HostVersion::Parse(version_); }

    // What the host is made of
    std::string configuration = "{}";
    std::map<std::string, std::string> files; // instance ID -> bytes
    std::map<std::string, std::string> uris;  // "GET /uri" -> body
    std::function<RestAnswer(const std::string& methodAndUri, const std::string& body)> onRest;
    std::function<std::optional<std::string>(const std::string& file, const std::string& uid)>
      transcoder;
    std::map<_OrthancPluginService, OrthancPluginErrorCode> failing; // these services fail
    std::size_t acceptedBlocks = SIZE_MAX;                           // then the client is gone

    // What happened
    std::vector<std::string> calls;                 // "GET /uri", "POST /uri", in order
    std::vector<std::string> posts;                 // bodies
    std::vector<std::pair<char, std::string>> logs; // 'I', 'W', 'E'
    std::vector<Route> routes;
    std::vector<_OrthancPluginChunkedRestCallback> largeBodies;
    std::vector<std::pair<unsigned, std::string>>
      errorCodes; // status, message; code 1000000 + index
    OrthancPluginJobsUnserializer unserializer = nullptr;
    std::map<std::pair<std::string, int>, std::string> properties; // plugin, property
    std::set<Job*> jobs;
    unsigned openedInstances = 0; // transcoded and not freed yet
    unsigned readFiles = 0;

    // As the host does
    OrthancPluginErrorCode
    Request(std::size_t route,
            OrthancPluginHttpMethod method,
            const std::vector<std::string>& groups,
            const std::vector<std::pair<std::string, std::string>>& arguments,
            const std::vector<std::pair<std::string, std::string>>& headers,
            const std::string& body,
            Answer& answer);
    void DestroyJob(Job* job);
    std::string GetLog() const;

  private:
    static OrthancPluginErrorCode InvokeService(OrthancPluginContext* context,
                                                _OrthancPluginService service,
                                                const void* parameters);
    OrthancPluginErrorCode Invoke(_OrthancPluginService service, const void* parameters);
    OrthancPluginErrorCode InvokeAnswer(_OrthancPluginService service, const void* parameters);
    OrthancPluginErrorCode InvokeJob(_OrthancPluginService service, const void* parameters);
    OrthancPluginErrorCode InvokeDicom(_OrthancPluginService service, const void* parameters);
    RestAnswer CallRest(const std::string& method, const std::string& uri, const std::string& body);

    std::string version_;
    OrthancPluginContext context_;
    mutable boost::recursive_mutex mutex_;
  };
} // namespace OrthancPlugins
