// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "Services.h"

#include "../Core/Dicom/DicomObject.h"
#include "../Core/Dicom/ObjectCompletion.h"
#include "../Core/NumberReservations.h"
#include "../Http/IHostRest.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace OrthancPlugins
{
  class MappedFile;

  // Where a new object goes
  struct ParentChoice
  {
    ResourceLevel level = ResourceLevel::Study;
    std::string id;
  };

  // What a client wants to be made
  struct NewObject
  {
    std::optional<ParentChoice> parent;   // absent: a new patient and study
    std::optional<DocumentKind> kind;     // absent: no document, and "content" is empty
    const CapturedImage* image = nullptr; // instead of a document
    std::string_view content;
    std::function<void()> releaseContent; // called once it is not needed any more; may be empty
    NewItem tags;
    std::string privateCreator;
    std::string charset;       // without parent
    bool isForced = false;     // "tags" may replace what the parent has
    bool isIncomplete = false; // only for a preview: there is a content, but it cannot be read
    unsigned index = 0;        // of a preview: how many of the same request are in front of it
    std::string replaces;      // Orthanc identifier of the predecessor; empty: none
    ObjectOptions options;     // without what the parent decides
  };

  /**
   * Makes objects and stores them. One is for one request; not thread-safe.
   **/
  class ObjectCreator
  {
  public:
    explicit ObjectCreator(const Services& services)
      : services_(services)
    {
    }

    // The answer of the host that has stored it. Throws Failure for what cannot be made, and for errors
    // of the host
    HostAnswer Store(const NewObject& object);

    // The object as DICOM JSON with all problems of it behind those that are known already, as a JSON
    // text; nothing is stored
    std::string Preview(const NewObject& object, std::vector<std::string> problems);

    // What was stored although it is not sound, in sentences; they are in the log, too
    const std::vector<std::string>& GetWarnings() const { return warnings_; }

    // What is known of the content before it becomes an object
    void AddWarnings(const std::vector<std::string>& warnings)
    {
      warnings_.insert(warnings_.end(), warnings.begin(), warnings.end());
    }

  private:
    struct Parent;

    Parent FindParent(const ParentChoice& choice);
    void CheckSeries(const NewObject& wanted, const Parent& parent);
    void CheckClass(const NewObject& wanted) const;
    HostAnswer Post(DicomFile& file, const NewObject& wanted) const;
    std::unique_ptr<MappedFile> TrySpool(const DicomFile& file, std::string_view content) const;
    ObjectIdentity FindReplaced(const std::string& id) const;
    void
    Number(const NewObject& wanted, const Parent* parent, bool isPreview, ObjectOptions& options);
    std::unique_ptr<DicomObject>
    Make(const NewObject& object, Parent* parent, std::vector<std::string>* problems);

    const Services& services_;
    std::vector<std::string> warnings_;
  };

  // What the options of the plugin and the request say of active content of a PDF: empty, or sentences to
  // warn with. Throws Failure(BadFormat) if it is refused
  std::vector<std::string> CheckActiveContent(const Services& services, std::string_view content);

  // "Warnings" in the answer of the host to a stored object; no change if there are none
  void AddWarnings(HostAnswer& answer, const std::vector<std::string>& warnings);

  // The level of a parent, which the host does not tell by its identifier. Throws Failure(OutOfRange)
  ParentChoice ResolveParent(const Services& services, const std::string& id);

  // The options for all objects of the plugin
  ObjectOptions MakeObjectOptions(const Services& services);

  // Throws Failure for an error of the host's routes that store: their 400 stays one
  void CheckStoreAnswer(const HostAnswer& host);
} // namespace OrthancPlugins
