// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "RestRegistration.h"

#include "CallbackGuard.h"
#include "OrthancHttpAnswer.h"
#include "OrthancHttpRequest.h"

#include "../Core/Failure.h"
#include "../Core/HostVersion.h"

#include <boost/thread/thread.hpp>

#include <array>
#include <cstdint>
#include <exception>
#include <memory>
#include <utility>

namespace OrthancPlugins
{
  namespace
  {
    constexpr std::size_t STACK_BYTES = 2u << 20;

    struct RestState
    {
      OrthancPluginContext* context;
      HostVersion version;
      bool isHostAuthenticating;
      RestDispatch dispatch;
    };

    // REST callbacks get no user pointer. Written only while the host calls none of them
    std::unique_ptr<const RestState> restState;

    void Answer(const RestState& state,
                std::size_t row,
                OrthancPluginRestOutput* output,
                const char* path,
                const OrthancPluginHttpRequest& request)
    {
      const HttpRequest converted =
        ToHttpRequest(path, request, state.version, state.isHostAuthenticating);
      OrthancHttpAnswer answer(state.context, output, state.version);
      state.dispatch(row, converted, answer);
    }

    // On a thread of the host: little stack, so nothing but the hand-over
    template <std::size_t Row>
    OrthancPluginErrorCode OnRest(OrthancPluginRestOutput* output,
                                  const char* path,
                                  const OrthancPluginHttpRequest* request)
    {
      const RestState* const state = restState.get();
      if (state == nullptr)
      {
        return OrthancPluginErrorCode_DatabaseUnavailable; // 503
      }
      return GuardRestCallback(
        state->context, output, "Answering a request",
        [=] { RunOnHandlerThread([=] { Answer(*state, Row, output, path, *request); }); });
    }

    // ---- Bodies that come before their answer

    // What the host hands back with every piece
    struct LargeRequest
    {
      std::size_t row = 0;
      HttpRequest request; // without the body
      std::string body;
    };

    LargeRequest& ToLargeRequest(OrthancPluginServerChunkedRequestReader* reader)
    {
      return *reinterpret_cast<LargeRequest*>(reader);
    }

    template <std::size_t Row>
    OrthancPluginErrorCode OnLargeBegin(OrthancPluginServerChunkedRequestReader** reader,
                                        const char* path,
                                        const OrthancPluginHttpRequest* request)
    {
      const RestState* const state = restState.get();
      if (state == nullptr)
      {
        return OrthancPluginErrorCode_DatabaseUnavailable; // 503
      }
      return GuardCallback(
        "Receiving a request",
        [=]
        {
          auto large = std::make_unique<LargeRequest>();
          large->row = Row;
          large->request =
            ToHttpRequest(path, *request, state->version, state->isHostAuthenticating);
          *reader = reinterpret_cast<OrthancPluginServerChunkedRequestReader*>(large.release());
        });
    }

    // With a Content-Length all of it at once
    OrthancPluginErrorCode OnLargePiece(OrthancPluginServerChunkedRequestReader* reader,
                                        const void* data,
                                        std::uint32_t sizeBytes)
    {
      return GuardCallback(
        "Receiving a request",
        [=] { ToLargeRequest(reader).body.append(static_cast<const char*>(data), sizeBytes); });
    }

    OrthancPluginErrorCode OnLargeEnd(OrthancPluginServerChunkedRequestReader* reader,
                                      OrthancPluginRestOutput* output)
    {
      const RestState* const state = restState.get();
      if (state == nullptr)
      {
        return OrthancPluginErrorCode_DatabaseUnavailable;
      }
      return GuardRestCallback(
        state->context, output, "Answering a request",
        [=]
        {
          RunOnHandlerThread(
            [=]
            {
              LargeRequest& large = ToLargeRequest(reader);
              large.request.body = large.body;
              large.request.releaseBody = [&large] { std::string().swap(large.body); };
              OrthancHttpAnswer answer(state->context, output, state->version);
              state->dispatch(large.row, large.request, answer);
            });
        });
    }

    void OnLargeRelease(OrthancPluginServerChunkedRequestReader* reader)
    {
      const std::unique_ptr<LargeRequest> owner(&ToLargeRequest(reader));
    }

    template <std::size_t... Rows>
    constexpr std::array<OrthancPluginServerChunkedRequestReaderFactory, sizeof...(Rows)>
    MakeFactories(std::index_sequence<Rows...>)
    {
      return {{&OnLargeBegin<Rows>...}};
    }

    template <std::size_t... Rows>
    constexpr std::array<OrthancPluginRestCallback, sizeof...(Rows)>
    MakeCallbacks(std::index_sequence<Rows...>)
    {
      return {{&OnRest<Rows>...}};
    }
  } // namespace

  void RegisterRestRoutes(OrthancPluginContext* context,
                          const std::vector<std::string>& uris,
                          bool isHostAuthenticating,
                          RestDispatch dispatch)
  {
    static constexpr auto CALLBACKS = MakeCallbacks(std::make_index_sequence<MAX_REST_ROUTES>());

    if (uris.size() > CALLBACKS.size())
    {
      throw Failure(FailureKind::Internal, "Too many routes");
    }
    restState =
      std::make_unique<RestState>(RestState{context, HostVersion::Parse(context->orthancVersion),
                                            isHostAuthenticating, std::move(dispatch)});
    for (std::size_t row = 0; row < uris.size(); row++)
    {
      OrthancPluginRegisterRestCallbackNoLock(context, uris[row].c_str(), CALLBACKS[row]);
    }
  }

  void RegisterLargeBodies(OrthancPluginContext* context,
                           const std::vector<std::string>& uris,
                           const std::vector<std::size_t>& rows)
  {
    static constexpr auto FACTORIES = MakeFactories(std::make_index_sequence<MAX_REST_ROUTES>());

    for (const std::size_t row : rows)
    {
      // GET and DELETE find the plain callback of the same row
      OrthancPluginRegisterChunkedRestCallback(context, uris.at(row).c_str(), nullptr,
                                               FACTORIES.at(row), nullptr, FACTORIES.at(row),
                                               &OnLargePiece, &OnLargeEnd, &OnLargeRelease);
    }
  }

  void ClearRestRoutes()
  {
    restState.reset();
  }

  void RunOnHandlerThread(const std::function<void()>& body)
  {
    std::exception_ptr error;
    boost::thread::attributes attributes;
    attributes.set_stack_size(STACK_BYTES);

    // An interrupted join would leave the thread with our stack
    const boost::this_thread::disable_interruption noInterruption;
    boost::thread thread;
    try
    {
      thread = boost::thread(attributes,
                             [&]
                             {
                               try
                               {
                                 body();
                               }
                               catch (...)
                               {
                                 error = std::current_exception();
                               }
                             });
    }
    catch (const boost::thread_resource_error&)
    {
      throw Failure(FailureKind::Unavailable, "No thread can be created for this request");
    }
    thread.join();
    if (error)
    {
      std::rethrow_exception(error);
    }
  }
} // namespace OrthancPlugins
