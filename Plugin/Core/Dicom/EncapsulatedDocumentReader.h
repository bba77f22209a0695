// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "../IDicomStore.h"

#include <memory>
#include <optional>
#include <string>

namespace OrthancPlugins
{
  // The document in a DICOM file: PDF, CDA, STL, OBJ, MTL... (PS3.3 C.24.2). Patient data: never log it
  struct EncapsulatedDocument
  {
    std::string sopClassUid;
    std::string sopInstanceUid;
    std::string mimeType;                   // (0042,0012), without padding; may be empty
    std::string title;                      // (0042,0010) in UTF-8; undecodable characters: U+FFFD
    std::unique_ptr<IInstanceData> content; // the bytes of the document, and no other ones
  };

  /**
   * Finds the document (0042,0011) of a DICOM file of any transfer syntax and opens it in place: only the
   * headers of the elements before it are read, in ranges. A deflated file is inflated into memory.
   *
   * The length is (0042,0015) if that is the length of the value or one byte less, else that of the
   * value without one trailing NUL. The content owns the file. Absent if the file has no document.
   *
   * Throws Failure(SourceMissing) for what is no DICOM file of PS3.10, is cut, or keeps its document in
   * fragments, Failure(TooLarge) for a deflated file of more than 2 GiB. Messages hold no value of the
   * file. Thread-safe, as is the content.
   **/
  std::optional<EncapsulatedDocument> OpenEncapsulatedDocument(std::unique_ptr<IInstanceData> file);
} // namespace OrthancPlugins
