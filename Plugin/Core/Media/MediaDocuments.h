// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "../Dicom/DicomSummary.h"

#include <cstdint>
#include <memory>
#include <string>

namespace OrthancPlugins
{
  /**
   * README.TXT of a medium (IHE PDI, RAD TF-2 4.47.4.1.2.3.3.1): contact of the institution, what the
   * medium holds, how it was made. ASCII only, lines of at most 72 characters ended by CR LF; no patient
   * data.
   **/
  std::string
  MakeReadme(const std::string& institutionText, // UTF-8; characters outside ASCII become '?'
             const std::string& softwareVersion,
             std::uint64_t filesCount,
             bool hasIndex,
             bool hasPdf,
             const std::string& overlay);

  /**
   * INDEX.HTM of a medium (IHE PDI web content): patients, studies and series of its files, with links
   * to extracted documents and previews. One file without scripts or outside references, strict HTML 5,
   * every value escaped, a content security policy in the page. Patient data.
   *
   * Holds what a series needs, not what an image needs. Not thread-safe.
   **/
  class MediaIndex
  {
  public:
    explicit MediaIndex(const std::string& institutionText);
    ~MediaIndex();

    // "path" of the file on the medium
    void AddFile(const std::string& path, const DicomSummary& summary);

    // Of a file that was added: the document that was extracted from it, the preview of its series
    void AddDocument(const std::string& seriesInstanceUid,
                     const std::string& studyInstanceUid,
                     const std::string& title,
                     const std::string& path);
    void SetPreview(const std::string& seriesInstanceUid,
                    const std::string& studyInstanceUid,
                    const std::string& path);

    std::string Make() const; // UTF-8

  private:
    struct PImpl;
    std::unique_ptr<PImpl> pimpl_;
  };
} // namespace OrthancPlugins
