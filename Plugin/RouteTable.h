// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "Http/HttpRequest.h"
#include "Http/IHttpAnswer.h"
#include "Rest/Services.h"

#include <cstddef>
#include <string>
#include <vector>

namespace OrthancPlugins
{
  /**
   * The table of URIs: a row per URI, a column per method. A row whose switch is off is not registered,
   * and the host's own route is back.
   **/
  class RouteTable
  {
  public:
    explicit RouteTable(const Settings& settings);

    // Regular expressions of the enabled rows, in the order of their registration: the first match wins
    std::vector<std::string> GetUris() const;

    // Rows that get whole documents, as indices into GetUris()
    std::vector<std::size_t> GetRowsWithLargeBodies() const;

    // "row": index into GetUris(). A method without a handler is answered by 405
    void Dispatch(std::size_t row,
                  const Services& services,
                  const HttpRequest& request,
                  IHttpAnswer& answer) const;

  private:
    struct Row;
    static const Row ROWS[];

    static void Call(const Row& target,
                     const Services& services,
                     const HttpRequest& request,
                     IHttpAnswer& answer);

    std::vector<const Row*> enabled_;
  };
} // namespace OrthancPlugins
