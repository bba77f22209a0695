// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "ArchiveRequestParser.h"
#include "Services.h"

#include "../Http/HttpRequest.h"
#include "../Http/IHttpAnswer.h"

namespace OrthancPlugins
{
  // Answers a request for an archive or a medium: with its bytes, with a job that makes it, or with how
  // large it would be
  void AnswerArchive(const Services& services,
                     const HttpRequest& http,
                     const ParsedRequest& request,
                     IHttpAnswer& answer);
} // namespace OrthancPlugins
