// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "Services.h"

#include "../Http/HttpRequest.h"
#include "../Http/IHttpAnswer.h"

namespace OrthancPlugins
{
  // POST /tools/create-dicom. Documents, private attributes, what is given as DICOM JSON, and dry runs
  // are made by us; everything else by the host, with a SOP class in every object, and lists of images so
  // that a failing one removes nothing that was there before
  void PostCreateDicom(const Services& services, const HttpRequest& request, IHttpAnswer& answer);

  // /advanced-rest/private-dictionary: the private attributes that were made known by it, as the option
  // "Dictionary" of the host has them, or with "Accept: text/plain" as a dictionary file of DCMTK
  void
  GetPrivateDictionary(const Services& services, const HttpRequest& request, IHttpAnswer& answer);

  // Adds (POST) or replaces all (PUT): a JSON object, or a dictionary file of DCMTK
  void
  PostPrivateDictionary(const Services& services, const HttpRequest& request, IHttpAnswer& answer);
  void
  PutPrivateDictionary(const Services& services, const HttpRequest& request, IHttpAnswer& answer);
  void
  ErasePrivateDictionary(const Services& services, const HttpRequest& request, IHttpAnswer& answer);
} // namespace OrthancPlugins
