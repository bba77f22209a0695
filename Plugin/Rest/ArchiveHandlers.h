// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "Services.h"

#include "../Http/HttpRequest.h"
#include "../Http/IHttpAnswer.h"

namespace OrthancPlugins
{
  // GET and POST of ZIP archives. Group 0 is the Orthanc identifier, where there is one
  void GetPatientZip(const Services& services, const HttpRequest& request, IHttpAnswer& answer);
  void GetStudyZip(const Services& services, const HttpRequest& request, IHttpAnswer& answer);
  void GetSeriesZip(const Services& services, const HttpRequest& request, IHttpAnswer& answer);
  void GetInstanceZip(const Services& services, const HttpRequest& request, IHttpAnswer& answer);
  void PostPatientZip(const Services& services, const HttpRequest& request, IHttpAnswer& answer);
  void PostStudyZip(const Services& services, const HttpRequest& request, IHttpAnswer& answer);
  void PostSeriesZip(const Services& services, const HttpRequest& request, IHttpAnswer& answer);
  void PostInstanceZip(const Services& services, const HttpRequest& request, IHttpAnswer& answer);

  // /tools/create-archive
  void GetBatchZip(const Services& services, const HttpRequest& request, IHttpAnswer& answer);
  void PostBatchZip(const Services& services, const HttpRequest& request, IHttpAnswer& answer);
} // namespace OrthancPlugins
