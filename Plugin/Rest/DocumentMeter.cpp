// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "DocumentMeter.h"

namespace OrthancPlugins
{
  namespace
  {
    DocumentLabel GetLabel(const NewObject& object)
    {
      if (!object.kind.has_value())
      {
        return DocumentLabel::Other;
      }
      switch (*object.kind)
      {
      case DocumentKind::Pdf:
        return DocumentLabel::Pdf;
      case DocumentKind::Cda:
        return DocumentLabel::Cda;
      case DocumentKind::Stl:
        return DocumentLabel::Stl;
      case DocumentKind::Obj:
        return DocumentLabel::Obj;
      case DocumentKind::Mtl:
        return DocumentLabel::Mtl;
      }
      return DocumentLabel::Other;
    }

    std::uint64_t GetSizeBytes(const NewObject& object)
    {
      return object.image == nullptr ? object.content.size() : object.image->bytes.size();
    }
  } // namespace

  DocumentMeter::DocumentMeter(PluginMetrics& metrics, const NewObject& object)
    : metrics_(metrics),
      isCounted_(object.kind.has_value() || object.image != nullptr),
      label_(GetLabel(object)),
      sizeBytes_(GetSizeBytes(object))
  {
  }

  DocumentMeter::~DocumentMeter()
  {
    if (isCounted_)
    {
      metrics_.DocumentEmbedded(label_, outcome_, sizeBytes_);
    }
  }

  void CountRejection(PluginMetrics& metrics, FailureKind kind)
  {
    switch (kind)
    {
    case FailureKind::BadRequest:
      metrics.CreateDicomRejected("bad_request");
      break;
    case FailureKind::BadFormat:
    case FailureKind::BadType:
      metrics.CreateDicomRejected("bad_format");
      break;
    case FailureKind::OutOfRange:
      metrics.CreateDicomRejected("bad_value");
      break;
    case FailureKind::NotFound:
    case FailureKind::UnknownResource:
      metrics.CreateDicomRejected("unknown_resource");
      break;
    case FailureKind::Conflict:
      metrics.CreateDicomRejected("conflict");
      break;
    case FailureKind::TooLarge:
      metrics.CreateDicomRejected("too_large");
      break;
    default:
      break; // not the client's fault
    }
  }
} // namespace OrthancPlugins
