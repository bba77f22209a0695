// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "DeliverySender.h"

#include "../Failure.h"

#include <curl/curl.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <optional>
#include <utility>

#include <sys/socket.h>

namespace OrthancPlugins
{
  namespace
  {
    using Clock = std::chrono::steady_clock;

    constexpr unsigned MAX_REDIRECTS = 3;
    constexpr std::size_t MAX_ANSWER_BYTES = 8 * 1024;
    constexpr const char* USER_AGENT = "OrthancAdvancedRest/" PLUGIN_VERSION;

    struct EasyDeleter
    {
      void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
    };

    struct MultiDeleter
    {
      void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
    };

    struct ListDeleter
    {
      void operator()(curl_slist* list) const { curl_slist_free_all(list); }
    };

    using EasyOwner = std::unique_ptr<CURL, EasyDeleter>;
    using MultiOwner = std::unique_ptr<CURLM, MultiDeleter>;
    using ListOwner = std::unique_ptr<curl_slist, ListDeleter>;

    [[noreturn]] void ThrowInternal()
    {
      throw Failure(FailureKind::Internal, "libcurl cannot be used for webhooks");
    }

    void CheckMulti(CURLMcode code)
    {
      if (code != CURLM_OK)
      {
        ThrowInternal();
      }
    }

    template <typename T>
    void SetOption(CURL* easy, CURLoption option, T value)
    {
      if (curl_easy_setopt(easy, option, value) != CURLE_OK)
      {
        ThrowInternal();
      }
    }

    // The library counts its users; the host is one of them
    class Library
    {
    public:
      Library()
      {
        if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        {
          ThrowInternal();
        }
      }

      ~Library() { curl_global_cleanup(); }

      Library(const Library&) = delete;
      Library& operator=(const Library&) = delete;
    };

    ListOwner MakeHeaders(const std::vector<std::string>& headers)
    {
      ListOwner list;
      for (const std::string& header : headers)
      {
        curl_slist* const longer = curl_slist_append(list.get(), header.c_str());
        if (longer == nullptr)
        {
          ThrowInternal();
        }
        static_cast<void>(list.release());
        list.reset(longer);
      }
      return list;
    }

    // One request, with its redirections. libcurl keeps pointers to it
    struct Transfer
    {
      DeliveryRequest request;
      const AddressPolicy* addresses = nullptr;
      WebUrl url; // of this hop
      Clock::time_point deadline;
      unsigned redirects = 0;
      bool isAddressRefused = false; // at least one of this hop
      std::size_t answerBytes = 0;
      ListOwner headers;
      EasyOwner easy; // uses all of the above
    };

    // ---- Callbacks of libcurl

    curl_socket_t OpenSocket(void* data, curlsocktype, curl_sockaddr* address)
    {
      Transfer& transfer = *static_cast<Transfer*>(data);
      if (!transfer.addresses->Allows(address->addr, address->addrlen))
      {
        transfer.isAddressRefused = true;
        return CURL_SOCKET_BAD;
      }
      return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    }

    std::size_t DropAnswer(char*, std::size_t, std::size_t sizeBytes, void* data)
    {
      Transfer& transfer = *static_cast<Transfer*>(data);
      transfer.answerBytes += sizeBytes;
      return transfer.answerBytes > MAX_ANSWER_BYTES ? 0 : sizeBytes;
    }

    // ---- Options

    void SetSafety(CURL* easy)
    {
      SetOption(easy, CURLOPT_PROTOCOLS_STR, "http,https");
      SetOption(easy, CURLOPT_FOLLOWLOCATION, 0L);
      SetOption(easy, CURLOPT_PROXY, ""); // not even the one of the environment
      SetOption(easy, CURLOPT_NOPROXY, "*");
      SetOption(easy, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
      SetOption(easy, CURLOPT_PATH_AS_IS, 1L);
      SetOption(easy, CURLOPT_SSL_VERIFYPEER, 1L);
      SetOption(easy, CURLOPT_SSL_VERIFYHOST, 2L);
      SetOption(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
      SetOption(easy, CURLOPT_FORBID_REUSE, 1L); // every connection was checked for its own request
      SetOption(easy, CURLOPT_FRESH_CONNECT, 1L);
      SetOption(easy, CURLOPT_NOSIGNAL, 1L);
      SetOption(easy, CURLOPT_QUICK_EXIT, 1L); // nobody waits for a name server at the end
    }

    void SetCallbacks(Transfer& transfer)
    {
      CURL* const easy = transfer.easy.get();
      SetOption(easy, CURLOPT_PRIVATE, static_cast<void*>(&transfer));
      SetOption(easy, CURLOPT_OPENSOCKETFUNCTION, &OpenSocket);
      SetOption(easy, CURLOPT_OPENSOCKETDATA, static_cast<void*>(&transfer));
      SetOption(easy, CURLOPT_WRITEFUNCTION, &DropAnswer);
      SetOption(easy, CURLOPT_WRITEDATA, static_cast<void*>(&transfer));
    }

    void SetContent(Transfer& transfer)
    {
      CURL* const easy = transfer.easy.get();
      SetOption(easy, CURLOPT_USERAGENT, USER_AGENT);
      SetOption(easy, CURLOPT_HTTPHEADER, transfer.headers.get());
      SetOption(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                static_cast<curl_off_t>(transfer.request.body.size()));
      SetOption(easy, CURLOPT_POSTFIELDS, transfer.request.body.c_str());
    }

    // ---- Results

    DeliveryError ToError(CURLcode code, const Transfer& transfer)
    {
      switch (code)
      {
      case CURLE_COULDNT_RESOLVE_HOST:
        return DeliveryError::HostNotFound;
      case CURLE_COULDNT_CONNECT:
        return transfer.isAddressRefused ? DeliveryError::AddressNotAllowed
                                         : DeliveryError::ConnectionFailed;
      case CURLE_OPERATION_TIMEDOUT:
        return DeliveryError::TimedOut;
      case CURLE_SSL_CONNECT_ERROR:
      case CURLE_PEER_FAILED_VERIFICATION:
      case CURLE_SSL_CIPHER:
      case CURLE_SSL_CERTPROBLEM:
      case CURLE_SSL_CACERT_BADFILE:
      case CURLE_SSL_ISSUER_ERROR:
      case CURLE_SSL_INVALIDCERTSTATUS:
        return DeliveryError::TlsFailed;
      default:
        return DeliveryError::TransferFailed;
      }
    }

    // The status that was received before the rest of the answer was dropped
    bool IsAnswered(CURLcode code, const Transfer& transfer)
    {
      return code == CURLE_OK ||
             (code == CURLE_WRITE_ERROR && transfer.answerBytes > MAX_ANSWER_BYTES);
    }

    unsigned GetStatus(CURL* easy)
    {
      long status = 0;
      return curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK && status > 0
               ? static_cast<unsigned>(status)
               : 0;
    }

    // 303 says that the request was understood and is not to be repeated elsewhere
    bool IsRedirection(unsigned status)
    {
      return status == 301 || status == 302 || status == 307 || status == 308;
    }

    // Several different targets: newer versions of libcurl do not accept such an answer at all
    bool IsAmbiguousRedirection(CURLcode code, unsigned status)
    {
      return code == CURLE_WEIRD_SERVER_REPLY && IsRedirection(status);
    }

    std::optional<WebUrl> GetRedirectionTarget(const Transfer& transfer)
    {
      curl_header* header = nullptr;
      if (curl_easy_header(transfer.easy.get(), "Location", 0, CURLH_HEADER, -1, &header) !=
            CURLHE_OK ||
          header->amount != 1)
      {
        return std::nullopt;
      }
      try
      {
        return transfer.url.Resolve(header->value);
      }
      catch (const Failure&)
      {
        return std::nullopt;
      }
    }
  } // namespace

  struct DeliverySender::PImpl
  {
    PImpl(const AddressPolicy& addressPolicy, UrlCheck check, unsigned timeoutSeconds)
      : addresses(addressPolicy),
        isAllowed(std::move(check)),
        timeout(timeoutSeconds),
        multi(curl_multi_init())
    {
      if (multi == nullptr)
      {
        ThrowInternal();
      }
    }

    ~PImpl()
    {
      for (const auto& [id, transfer] : transfers)
      {
        curl_multi_remove_handle(multi.get(), transfer->easy.get());
      }
    }

    PImpl(const PImpl&) = delete;
    PImpl& operator=(const PImpl&) = delete;

    const Library library;
    const AddressPolicy addresses;
    const UrlCheck isAllowed;
    const std::chrono::seconds timeout;
    const MultiOwner multi;
    std::map<std::string, std::unique_ptr<Transfer>> transfers; // by ID, those in the multi handle
    std::atomic<bool> isWoken{false};

    // Adds the transfer to the multi handle, for its present URL
    void Send(Transfer& transfer)
    {
      CURL* const easy = transfer.easy.get();
      const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(transfer.deadline - Clock::now());
      transfer.isAddressRefused = false;
      transfer.answerBytes = 0;
      SetOption(easy, CURLOPT_URL, transfer.url.Format().c_str());
      SetOption(easy, CURLOPT_TIMEOUT_MS, std::max<long>(1, static_cast<long>(left.count())));
      CheckMulti(curl_multi_add_handle(multi.get(), easy));
    }

    bool CanFollow(const Transfer& transfer, const WebUrl& next) const
    {
      const bool isDowngrade = transfer.url.isSecure && !next.isSecure;
      return transfer.redirects < MAX_REDIRECTS && !isDowngrade && isAllowed(next);
    }

    // The request goes on elsewhere, or ends with that error
    std::optional<DeliveryError> Redirect(Transfer& transfer)
    {
      const std::optional<WebUrl> next = GetRedirectionTarget(transfer);
      if (!next.has_value() || !CanFollow(transfer, *next))
      {
        return DeliveryError::RedirectNotAllowed;
      }
      transfer.redirects++;
      transfer.url = *next;
      Send(transfer);
      return std::nullopt;
    }

    // Absent: it goes on
    std::optional<DeliveryError> Conclude(Transfer& transfer, CURLcode code, unsigned status)
    {
      if (IsAmbiguousRedirection(code, status))
      {
        return DeliveryError::RedirectNotAllowed;
      }
      if (!IsAnswered(code, transfer))
      {
        return ToError(code, transfer);
      }
      if (IsRedirection(status))
      {
        return Redirect(transfer);
      }
      return status >= 200 && status < 300 ? DeliveryError::None : DeliveryError::BadStatus;
    }

    void Settle(CURL* easy, CURLcode code, std::vector<DeliveryOutcome>& outcomes)
    {
      char* data = nullptr;
      if (curl_easy_getinfo(easy, CURLINFO_PRIVATE, &data) != CURLE_OK)
      {
        ThrowInternal();
      }
      curl_multi_remove_handle(multi.get(), easy);
      const std::string id = reinterpret_cast<Transfer*>(data)->request.id;
      const auto found = transfers.find(id);
      std::unique_ptr<Transfer> transfer = std::move(found->second);
      transfers.erase(found);

      const unsigned status = GetStatus(easy);
      const std::optional<DeliveryError> error = Conclude(*transfer, code, status);
      if (error.has_value())
      {
        outcomes.push_back(DeliveryOutcome{id, status, *error});
      }
      else
      {
        transfers[id] = std::move(transfer);
      }
    }

    std::vector<DeliveryOutcome> Collect()
    {
      int running = 0;
      CheckMulti(curl_multi_perform(multi.get(), &running));
      std::vector<DeliveryOutcome> outcomes;
      int waiting = 0;
      while (const CURLMsg* message = curl_multi_info_read(multi.get(), &waiting))
      {
        if (message->msg == CURLMSG_DONE)
        {
          Settle(message->easy_handle, message->data.result, outcomes);
        }
      }
      return outcomes;
    }
  };

  DeliverySender::DeliverySender(const AddressPolicy& addresses,
                                 UrlCheck isAllowed,
                                 unsigned timeoutSeconds)
    : pimpl_(std::make_unique<PImpl>(addresses, std::move(isAllowed), timeoutSeconds))
  {
  }

  DeliverySender::~DeliverySender() = default;

  void DeliverySender::Start(const DeliveryRequest& request)
  {
    auto transfer = std::make_unique<Transfer>();
    transfer->request = request;
    transfer->addresses = &pimpl_->addresses;
    transfer->url = request.url;
    transfer->deadline = Clock::now() + pimpl_->timeout;
    transfer->headers = MakeHeaders(request.headers);
    transfer->easy.reset(curl_easy_init());
    if (transfer->easy == nullptr)
    {
      ThrowInternal();
    }
    SetSafety(transfer->easy.get());
    SetCallbacks(*transfer);
    SetContent(*transfer);
    pimpl_->Send(*transfer);
    pimpl_->transfers[request.id] = std::move(transfer);
  }

  bool DeliverySender::IsSending(const std::string& id) const
  {
    return pimpl_->transfers.count(id) != 0;
  }

  std::size_t DeliverySender::CountAll() const
  {
    return pimpl_->transfers.size();
  }

  std::size_t DeliverySender::CountTo(const WebUrl& url) const
  {
    return static_cast<std::size_t>(
      std::count_if(pimpl_->transfers.begin(), pimpl_->transfers.end(),
                    [&](const auto& item) { return item.second->request.url.HasSameOrigin(url); }));
  }

  std::vector<DeliveryOutcome> DeliverySender::Wait(unsigned timeoutMilliseconds)
  {
    const Clock::time_point deadline =
      Clock::now() + std::chrono::milliseconds(timeoutMilliseconds);
    for (;;)
    {
      std::vector<DeliveryOutcome> outcomes = pimpl_->Collect();
      const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
      if (!outcomes.empty() || left <= 0 || pimpl_->isWoken.exchange(false))
      {
        return outcomes;
      }
      CheckMulti(curl_multi_poll(pimpl_->multi.get(), nullptr, 0, static_cast<int>(left), nullptr));
    }
  }

  void DeliverySender::WakeUp()
  {
    pimpl_->isWoken = true;
    curl_multi_wakeup(pimpl_->multi.get());
  }
} // namespace OrthancPlugins
