// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "MediaHandlers.h"

#include "ArchiveAnswer.h"

namespace OrthancPlugins
{
  namespace
  {
    ArchiveRequestParser MakeParser(const Services& services)
    {
      return ArchiveRequestParser(services.settings, services.version, ArchiveKind::Media, false);
    }

    ArchiveRequestParser MakeExtendedParser(const Services& services)
    {
      return ArchiveRequestParser(services.settings, services.version, ArchiveKind::Media, true);
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

  void GetPatientMedia(const Services& services, const HttpRequest& request, IHttpAnswer& answer)
  {
    GetZip(services, ResourceLevel::Patient, request, answer);
  }

  void GetStudyMedia(const Services& services, const HttpRequest& request, IHttpAnswer& answer)
  {
    GetZip(services, ResourceLevel::Study, request, answer);
  }

  void GetSeriesMedia(const Services& services, const HttpRequest& request, IHttpAnswer& answer)
  {
    GetZip(services, ResourceLevel::Series, request, answer);
  }

  void GetInstanceMedia(const Services& services, const HttpRequest& request, IHttpAnswer& answer)
  {
    GetZip(services, ResourceLevel::Instance, request, answer);
  }

  void PostPatientMedia(const Services& services, const HttpRequest& request, IHttpAnswer& answer)
  {
    PostZip(services, ResourceLevel::Patient, request, answer);
  }

  void PostStudyMedia(const Services& services, const HttpRequest& request, IHttpAnswer& answer)
  {
    PostZip(services, ResourceLevel::Study, request, answer);
  }

  void PostSeriesMedia(const Services& services, const HttpRequest& request, IHttpAnswer& answer)
  {
    PostZip(services, ResourceLevel::Series, request, answer);
  }

  void PostInstanceMedia(const Services& services, const HttpRequest& request, IHttpAnswer& answer)
  {
    PostZip(services, ResourceLevel::Instance, request, answer);
  }

  void GetBatchMedia(const Services& services, const HttpRequest& request, IHttpAnswer& answer)
  {
    AnswerArchive(services, request, MakeParser(services).ParseBatchGet(request), answer);
  }

  void PostBatchMedia(const Services& services, const HttpRequest& request, IHttpAnswer& answer)
  {
    AnswerArchive(services, request, MakeParser(services).ParseBatchPost(request), answer);
  }

  void
  GetExtendedBatchMedia(const Services& services, const HttpRequest& request, IHttpAnswer& answer)
  {
    AnswerArchive(services, request, MakeExtendedParser(services).ParseBatchGet(request), answer);
  }

  void
  PostExtendedBatchMedia(const Services& services, const HttpRequest& request, IHttpAnswer& answer)
  {
    AnswerArchive(services, request, MakeExtendedParser(services).ParseBatchPost(request), answer);
  }
} // namespace OrthancPlugins
