// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "../Core/IByteSink.h"
#include "../Http/IHttpAnswer.h"

#include <string>

namespace OrthancPlugins
{
  /**
   * A JSON list as the answer, in the look of the host. A long one leaves while it is made, where the
   * host can stream: memory does not grow with it.
   *
   * Order of calls: Add*, Send(). Not thread-safe.
   **/
  class JsonList
  {
  public:
    // The answer must outlive the list
    explicit JsonList(IHttpAnswer& answer)
      : answer_(answer)
    {
    }

    // JSON text in the look of the host
    void Add(const std::string& item);

    void Send();

  private:
    void SendPiece();

    IHttpAnswer& answer_;
    std::string text_;
    bool isEmpty_ = true;
    IByteSink* stream_ = nullptr; // null until the list is long
  };
} // namespace OrthancPlugins
