// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace OrthancPlugins
{
  /**
   * Which executor may work on which archive: one at a time, in memory. The host may know several jobs
   * for one archive (a new priority, a retry, a registry of yesterday): the first one that steps gets
   * the archive and keeps it until it ends; whoever comes too late, or was superseded, leaves the record
   * alone. Thread-safe; no lock is held while the listener is called.
   **/
  class ExecutorClaims
  {
  public:
    using Token = std::uint64_t;

    // Called by the thread of an executor whose run has ended: the record says how
    using Listener = std::function<void(const std::string& archiveId)>;

    ExecutorClaims();
    ~ExecutorClaims();

    // Of a new executor, or of one that was reset
    Token MakeToken();

    // Before each step. False if the archive is another one's, or this one was superseded. Waits for
    // the end of the running step of a superseded executor, so that there is one writer at most
    bool Enter(const std::string& archiveId, Token token);

    // After each step
    void Leave(const std::string& archiveId, Token token);

    // Whether it was superseded: Enter() will always refuse it
    bool IsSuperseded(const std::string& archiveId, Token token) const;

    // Whether the last Enter() still counts
    bool Holds(const std::string& archiveId, Token token) const;

    // This executor has ended, the next one may claim the archive
    void Release(const std::string& archiveId, Token token);

    // No executor that exists now may enter any more
    void Supersede(const std::string& archiveId);

    // Whether an executor has claimed the archive and was not superseded
    bool IsClaimed(const std::string& archiveId) const;

    // The archive is gone
    void Forget(const std::string& archiveId);

    // Empty: nobody listens
    void SetListener(Listener listener);
    void NoteEnd(const std::string& archiveId) const;

  private:
    struct PImpl;
    std::unique_ptr<PImpl> pimpl_;
  };
} // namespace OrthancPlugins
