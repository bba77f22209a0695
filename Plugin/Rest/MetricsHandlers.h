// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "Services.h"

#include "../Core/Metrics/ExpositionText.h"
#include "../Http/HttpRequest.h"
#include "../Http/IHttpAnswer.h"

#include <string_view>

namespace OrthancPlugins
{
  // GET /tools/metrics-prometheus
  void GetMetrics(const Services& services, const HttpRequest& request, IHttpAnswer& answer);

  // GET and PUT /tools/metrics: the switch of the host
  void GetMetricsSwitch(const Services& services, const HttpRequest& request, IHttpAnswer& answer);
  void PutMetricsSwitch(const Services& services, const HttpRequest& request, IHttpAnswer& answer);

  // GET /advanced-rest/monitoring, and one of its files
  void ListMonitoring(const Services& services, const HttpRequest& request, IHttpAnswer& answer);
  void GetMonitoring(const Services& services, const HttpRequest& request, IHttpAnswer& answer);

  // What an Accept header asks for. Only who names a format of Prometheus gets it, because bare
  // "text/plain" is what pages ask for, too: they want the lines of the host
  ExpositionFormat ChooseExposition(std::string_view accept);
} // namespace OrthancPlugins
