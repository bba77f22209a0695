// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace OrthancPlugins
{
  enum class DocumentKind
  {
    Pdf,
    Cda,
    Stl,
    Obj,
    Mtl
  };

  // What PS3.3 says of each kind of encapsulated document
  struct DocumentType
  {
    DocumentKind kind;
    const char* sopClassUid;
    const char* mime;      // of (0042,0012) and of answers
    const char* extension; // of file names
    const char* name;      // for lists and messages
    bool isModel;          // the IODs for 3D printing (PS3.3 A.85)
  };

  const DocumentType& GetDocumentType(DocumentKind kind);

  // By MIME type without parameters, whatever its case; absent if it names no document
  std::optional<DocumentKind> FindDocumentKind(std::string_view mime);

  const DocumentType* FindDocumentType(std::string_view sopClassUid);

  // Whether these are the bytes of a document of that kind, as far as its readers would see. Throws
  // Failure(BadFormat) that says what is missing: a PDF needs its header within the first 1,024 bytes
  // and its end; a binary STL the length that its head announces
  void CheckDocument(DocumentKind kind, std::string_view content);

  // The header of a PDF within the first 1,024 bytes
  bool LooksLikePdf(std::string_view content);

  // What the header of a CDA document says of it; UTF-8, empty if it does not
  struct CdaHeader
  {
    std::string title;
    std::string instanceIdentifier; // root^extension, as (0040,E001)
  };

  CdaHeader ReadCdaHeader(std::string_view content);
} // namespace OrthancPlugins
