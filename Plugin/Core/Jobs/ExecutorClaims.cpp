// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "ExecutorClaims.h"

#include <map>
#include <utility>

#include <boost/thread/condition_variable.hpp>
#include <boost/thread/lock_guard.hpp>
#include <boost/thread/lock_types.hpp>
#include <boost/thread/mutex.hpp>
#include <boost/thread/thread_only.hpp>

namespace OrthancPlugins
{
  struct ExecutorClaims::PImpl
  {
    struct Claim
    {
      Token oldestAllowed = 0;
      Token holder = 0;   // 0: nobody
      Token stepping = 0; // the same, or who was superseded in the middle of a step
    };

    mutable boost::mutex mutex;
    boost::condition_variable stepEnded;
    Token lastToken = 0;
    std::map<std::string, Claim> claims;
    Listener listener;

    bool Holds(const std::string& archiveId, Token token) const
    {
      const auto found = claims.find(archiveId);
      return found != claims.end() && found->second.holder == token;
    }
  };

  ExecutorClaims::ExecutorClaims()
    : pimpl_(std::make_unique<PImpl>())
  {
  }

  ExecutorClaims::~ExecutorClaims() = default;

  ExecutorClaims::Token ExecutorClaims::MakeToken()
  {
    const boost::lock_guard<boost::mutex> lock(pimpl_->mutex);
    return ++pimpl_->lastToken;
  }

  bool ExecutorClaims::Enter(const std::string& archiveId, Token token)
  {
    const boost::this_thread::disable_interruption uninterrupted;
    boost::unique_lock<boost::mutex> lock(pimpl_->mutex);
    for (;;)
    {
      PImpl::Claim& claim = pimpl_->claims[archiveId];
      const bool isFree = claim.holder == 0 || claim.holder == token;
      if (token < claim.oldestAllowed || !isFree)
      {
        return false;
      }
      if (claim.stepping == 0)
      {
        claim.holder = token;
        claim.stepping = token;
        return true;
      }
      pimpl_->stepEnded.wait(lock);
    }
  }

  void ExecutorClaims::Leave(const std::string& archiveId, Token token)
  {
    const boost::lock_guard<boost::mutex> lock(pimpl_->mutex);
    const auto found = pimpl_->claims.find(archiveId);
    if (found != pimpl_->claims.end() && found->second.stepping == token)
    {
      found->second.stepping = 0;
      pimpl_->stepEnded.notify_all();
    }
  }

  bool ExecutorClaims::IsSuperseded(const std::string& archiveId, Token token) const
  {
    const boost::lock_guard<boost::mutex> lock(pimpl_->mutex);
    const auto found = pimpl_->claims.find(archiveId);
    return found != pimpl_->claims.end() && token < found->second.oldestAllowed;
  }

  bool ExecutorClaims::Holds(const std::string& archiveId, Token token) const
  {
    const boost::lock_guard<boost::mutex> lock(pimpl_->mutex);
    return pimpl_->Holds(archiveId, token);
  }

  void ExecutorClaims::Release(const std::string& archiveId, Token token)
  {
    const boost::lock_guard<boost::mutex> lock(pimpl_->mutex);
    if (pimpl_->Holds(archiveId, token))
    {
      pimpl_->claims[archiveId].holder = 0;
    }
  }

  void ExecutorClaims::Supersede(const std::string& archiveId)
  {
    const boost::lock_guard<boost::mutex> lock(pimpl_->mutex);
    PImpl::Claim& claim = pimpl_->claims[archiveId];
    claim.oldestAllowed = pimpl_->lastToken + 1;
    claim.holder = 0;
  }

  bool ExecutorClaims::IsClaimed(const std::string& archiveId) const
  {
    const boost::lock_guard<boost::mutex> lock(pimpl_->mutex);
    const auto found = pimpl_->claims.find(archiveId);
    return found != pimpl_->claims.end() && found->second.holder != 0;
  }

  void ExecutorClaims::Forget(const std::string& archiveId)
  {
    const boost::lock_guard<boost::mutex> lock(pimpl_->mutex);
    const auto found = pimpl_->claims.find(archiveId);
    if (found != pimpl_->claims.end() && found->second.stepping == 0)
    {
      pimpl_->claims.erase(found);
    }
  }

  void ExecutorClaims::SetListener(Listener listener)
  {
    const boost::lock_guard<boost::mutex> lock(pimpl_->mutex);
    pimpl_->listener = std::move(listener);
  }

  void ExecutorClaims::NoteEnd(const std::string& archiveId) const
  {
    Listener listener;
    {
      const boost::lock_guard<boost::mutex> lock(pimpl_->mutex);
      listener = pimpl_->listener;
    }
    if (listener)
    {
      listener(archiveId);
    }
  }
} // namespace OrthancPlugins
