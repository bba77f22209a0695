// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace OrthancPlugins
{
  // What a PDF says of itself, as far as it can be read without a password
  struct PdfFacts
  {
    bool isReadable =
      false; // false: damaged for a strict reader, too costly, or a password is needed
    bool isEncrypted = false;
    std::string title; // UTF-8, empty if there is none
    std::optional<unsigned> pagesCount;
  };

  // Both read the content in place, in a process of their own that has limits of memory and time, so that a
  // hostile PDF harms nobody. Never throw for what is in it. Thread-safe

  PdfFacts InspectPdf(std::string_view content);

  // The title alone, at no cost if the PDF has no information about itself
  std::string FindPdfTitle(std::string_view content);

  // What could act when the PDF is opened: "JavaScript", "Launch", "EmbeddedFile"; "Unreadable" alone if
  // the objects cannot be looked at. Reads all objects of the PDF
  std::vector<std::string> FindActiveContent(std::string_view content);

  // The same without these limits, in this process: for what is known to be harmless, and for tests
  PdfFacts InspectPdfHere(std::string_view content);
  std::vector<std::string> FindActiveContentHere(std::string_view content);
} // namespace OrthancPlugins
