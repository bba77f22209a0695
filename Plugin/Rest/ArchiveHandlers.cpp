// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "ArchiveHandlers.h"

#include "ArchiveAnswer.h"

namespace OrthancPlugins
{
  namespace
  {
    ArchiveRequestParser MakeParser(const Services& services)
    {
      return ArchiveRequestParser(services.settings, services.version);
    }

    void GetZip(const Services& services,
                ResourceLevel level,
                const HttpRequest& request,
                IHttpAnswer& answer)
    {
      AnswerArchive(services, request, MakeParser(services).ParseGet(level, request), answer);
    }

    void PostZip(const Services& services,
                 ResourceLevel level,
                 const HttpRequest& request,
                 IHttpAnswer& answer)
    {
      AnswerArchive(services, request, MakeParser(services).ParsePost(level, request), answer);
    }
  } // namespace

  void GetPatientZip(const Services& services, const HttpRequest& request, IHttpAnswer& answer)
  {
    GetZip(services, ResourceLevel::Patient, request, answer);
  }

  void GetStudyZip(const Services& services, const HttpRequest& request, IHttpAnswer& answer)
  {
    GetZip(services, ResourceLevel::Study, request, answer);
  }

  void GetSeriesZip(const Services& services, const HttpRequest& request, IHttpAnswer& answer)
  {
    GetZip(services, ResourceLevel::Series, request, answer);
  }

  void GetInstanceZip(const Services& services, const HttpRequest& request, IHttpAnswer& answer)
  {
    GetZip(services, ResourceLevel::Instance, request, answer);
  }

  void PostPatientZip(const Services& services, const HttpRequest& request, IHttpAnswer& answer)
  {
    PostZip(services, ResourceLevel::Patient, request, answer);
  }

  void PostStudyZip(const Services& services, const HttpRequest& request, IHttpAnswer& answer)
  {
    PostZip(services, ResourceLevel::Study, request, answer);
  }

  void PostSeriesZip(const Services& services, const HttpRequest& request, IHttpAnswer& answer)
  {
    PostZip(services, ResourceLevel::Series, request, answer);
  }

  void PostInstanceZip(const Services& services, const HttpRequest& request, IHttpAnswer& answer)
  {
    PostZip(services, ResourceLevel::Instance, request, answer);
  }

  void GetBatchZip(const Services& services, const HttpRequest& request, IHttpAnswer& answer)
  {
    AnswerArchive(services, request, MakeParser(services).ParseBatchGet(request), answer);
  }

  void PostBatchZip(const Services& services, const HttpRequest& request, IHttpAnswer& answer)
  {
    AnswerArchive(services, request, MakeParser(services).ParseBatchPost(request), answer);
  }
} // namespace OrthancPlugins
