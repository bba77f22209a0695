// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "../IDicomStore.h"

#include <cstddef>
#include <string>
#include <vector>

namespace OrthancPlugins
{
  // The main DICOM tags above one file, and what has no tag
  struct NamingValues
  {
    const DicomTags& patient;
    const DicomTags& study;
    const DicomTags& series;
    const DicomTags& instance;
    const std::string& orthancId;
    std::size_t index; // running number in the series, from 1
  };

  /**
   * The names of the files in an archive as the user wants them, for instance
   * "{PatientID}/{StudyDate} {StudyDescription}/{SeriesNumber} {Modality}/{InstanceNumber}.dcm".
   *
   * A path separated by "/"; in it, keywords of main DICOM tags in braces, {OrthancID} (of the
   * instance) and {Index} (running number in the series from 1, eight digits). "{{" and "}}" stand for
   * braces. The tags are those that every version of the host keeps in its database. A slash in a
   * value makes no folder. A part in which nothing is left becomes "Unknown".
   *
   * Immutable, hence thread-safe.
   **/
  class NamingTemplate
  {
  public:
    // One name of a path
    struct Part
    {
      std::string text;      // with the values, before any cleaning: equal texts, equal folders
      std::string extension; // constant end of the file name, ".dcm" for instance; else empty
    };

    // Throws Failure(OutOfRange) that names the field "Naming" and the fault
    explicit NamingTemplate(const std::string& text);

    // Throws Failure(OutOfRange) if this is neither "Host" nor a template
    static void CheckNaming(const std::string& naming);

    static bool IsHost(const std::string& naming) { return naming == "Host"; }

    // Whether NamingValues::instance is read
    bool NeedsInstanceTags() const { return needsInstanceTags_; }

    // The folders, and last the file
    std::vector<Part> Render(const NamingValues& values) const;

  private:
    enum class Source
    {
      Literal,
      Patient,
      Study,
      Series,
      Instance,
      OrthancId,
      Index
    };

    struct Token
    {
      Source source;
      std::string text; // literal or keyword
    };

    using Tokens = std::vector<Token>;

    static Source FindSource(const std::string& keyword);
    static std::string GetValue(const Token& token, const NamingValues& values);
    std::size_t ReadToken(const std::string& text, std::size_t position);
    void AppendLiteral(char c);
    void FinishPart();

    std::vector<Tokens> parts_;
    std::string extension_;
    bool needsInstanceTags_ = false;
  };
} // namespace OrthancPlugins
