// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "Services.h"

#include "../Http/HttpRequest.h"
#include "../Http/IHttpAnswer.h"

namespace OrthancPlugins
{
  // POST and PUT of a document below a resource: group 0 is its Orthanc identifier
  void
  PostPatientDocument(const Services& services, const HttpRequest& request, IHttpAnswer& answer);
  void PostStudyDocument(const Services& services, const HttpRequest& request, IHttpAnswer& answer);
  void
  PostSeriesDocument(const Services& services, const HttpRequest& request, IHttpAnswer& answer);

  // POST /tools/create-document: into the study, else below the patient, that the options name, else into
  // a new study
  void PostDocument(const Services& services, const HttpRequest& request, IHttpAnswer& answer);
} // namespace OrthancPlugins
