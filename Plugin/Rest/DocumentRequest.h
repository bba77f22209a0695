// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "../Core/Dicom/DocumentTypes.h"
#include "../Http/HttpRequest.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace OrthancPlugins
{
  // A document, or an image, that was sent as it is, with its options
  struct DocumentRequest
  {
    std::optional<DocumentKind> kind;          // absent: a PNG or JPEG image
    std::string_view content;                  // lives as long as the body
    std::string filename;                      // empty if the client has not told
    std::map<std::string, std::string> fields; // by the names of GetDocumentFields(), UTF-8
  };

  /**
   * The body is the document, of the type that Content-Type names, and headers "Document-..." are the
   * options; or it is multipart/form-data with one part that is a file, and the other parts are the
   * options. "Document-Series-Description" and the part "SeriesDescription" are the same option; text
   * in headers is UTF-8, or encoded as RFC 8187 has it.
   *
   * Throws Failure(BadFormat or OutOfRange) that names the option or says what is wrong with the type.
   **/
  DocumentRequest ParseDocumentRequest(const HttpRequest& request);

  // The name of an option -> the keyword of the attribute that it becomes, or empty if it is none
  const std::map<std::string, std::string>& GetDocumentFields();
} // namespace OrthancPlugins
