// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "Services.h"

#include "../Http/HttpRequest.h"
#include "../Http/IHttpAnswer.h"

namespace OrthancPlugins
{
  // GET /instances/{id}/pdf: a PDF, whatever its object says of it, byte by byte. An instance that holds
  // none is an empty 404, as the host has it. Group 0 is the Orthanc identifier
  void GetInstancePdf(const Services& services, const HttpRequest& request, IHttpAnswer& answer);

  // GET /instances/{id}/document: the same for a document of any type
  void
  GetInstanceDocument(const Services& services, const HttpRequest& request, IHttpAnswer& answer);

  // GET /instances/{id}/document/preview: a page of a PDF as a PNG image, "?page=" from 1, "?size=" for the
  // pixels of its longer side
  void
  GetInstancePreview(const Services& services, const HttpRequest& request, IHttpAnswer& answer);

  // GET /patients|studies|series/{id}/documents: what documents there are, with title, type, size, pages
  void
  GetPatientDocuments(const Services& services, const HttpRequest& request, IHttpAnswer& answer);
  void GetStudyDocuments(const Services& services, const HttpRequest& request, IHttpAnswer& answer);
  void
  GetSeriesDocuments(const Services& services, const HttpRequest& request, IHttpAnswer& answer);
} // namespace OrthancPlugins
