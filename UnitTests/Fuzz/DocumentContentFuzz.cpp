// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "FuzzTarget.h"

#include "../../Plugin/Core/Archive/Utf8Text.h"
#include "../../Plugin/Core/Dicom/DocumentTypes.h"
#include "../../Plugin/Core/Dicom/PdfInspector.h"

#include <algorithm>

namespace OrthancPlugins
{
  void FuzzDocumentContent(std::string_view bytes)
  {
    for (const DocumentKind kind : {DocumentKind::Pdf, DocumentKind::Cda, DocumentKind::Stl,
                                    DocumentKind::Obj, DocumentKind::Mtl})
    {
      const bool isAccepted = Succeeds([&] { CheckDocument(kind, bytes); });
      Require(kind != DocumentKind::Pdf || !isAccepted || LooksLikePdf(bytes),
              "an accepted PDF looks like one");
    }
    const CdaHeader header = ReadCdaHeader(bytes);
    Require(IsValidUtf8(header.title) && IsValidUtf8(header.instanceIdentifier),
            "a title is UTF-8");
    if (LooksLikePdf(bytes))
    {
      const PdfFacts facts = InspectPdfHere(bytes);
      Require(IsValidUtf8(facts.title), "a title is UTF-8");
      const std::vector<std::string> active = FindActiveContentHere(bytes);
      for (const std::string& name : active)
      {
        Require(name == "JavaScript" || name == "Launch" || name == "EmbeddedFile" ||
                  (name == "Unreadable" && active.size() == 1),
                "active content has known names");
      }
    }
  }
} // namespace OrthancPlugins
