// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "Services.h"

#include "../Http/HttpRequest.h"
#include "../Http/IHttpAnswer.h"

namespace OrthancPlugins
{
  // GET and POST of media with DICOMDIR. Group 0 is the Orthanc identifier, where there is one
  void GetPatientMedia(const Services& services, const HttpRequest& request, IHttpAnswer& answer);
  void GetStudyMedia(const Services& services, const HttpRequest& request, IHttpAnswer& answer);
  void GetSeriesMedia(const Services& services, const HttpRequest& request, IHttpAnswer& answer);
  void GetInstanceMedia(const Services& services, const HttpRequest& request, IHttpAnswer& answer);
  void PostPatientMedia(const Services& services, const HttpRequest& request, IHttpAnswer& answer);
  void PostStudyMedia(const Services& services, const HttpRequest& request, IHttpAnswer& answer);
  void PostSeriesMedia(const Services& services, const HttpRequest& request, IHttpAnswer& answer);
  void PostInstanceMedia(const Services& services, const HttpRequest& request, IHttpAnswer& answer);

  // /tools/create-media and /tools/create-media-extended
  void GetBatchMedia(const Services& services, const HttpRequest& request, IHttpAnswer& answer);
  void PostBatchMedia(const Services& services, const HttpRequest& request, IHttpAnswer& answer);
  void
  GetExtendedBatchMedia(const Services& services, const HttpRequest& request, IHttpAnswer& answer);
  void
  PostExtendedBatchMedia(const Services& services, const HttpRequest& request, IHttpAnswer& answer);
} // namespace OrthancPlugins
