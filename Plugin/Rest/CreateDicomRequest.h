// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "LongJson.h"

#include "../Core/Dicom/NewElement.h"
#include "../Core/Dicom/ObjectCompletion.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace OrthancPlugins
{
  struct ContentItem
  {
    std::string_view uri;              // the inside of the JSON string; lives as long as the body
    NewItem tags;                      // of this item of an array
    std::vector<std::string> problems; // of a dry run: then "uri" may be empty
  };

  // A request to /tools/create-dicom as plain values
  struct CreateDicomRequest
  {
    bool isLegacy = false; // no "Tags": attributes are members of the body
    NewItem tags;
    bool hasPrivateTags = false; // here, or in an item of the contents
    bool hasDicomJson = false;   // some attribute is given with its VR
    std::vector<ContentItem> contents;
    bool isArray = false;
    std::optional<std::string> parent;
    bool isForced = false;
    bool isDryRun = false;
    std::vector<std::string> problems; // of a dry run: what is missing above, and why
    bool isEncapsulated = false;       // JPEG stays JPEG
    bool interpretsBinary = true;      // data URIs in attributes for bytes
    std::string privateCreator;
    std::string replaces;
    std::optional<std::string> charset; // SpecificCharacterSet of the tags
    bool hasSopClass = false;
    std::optional<CodedConcept> conceptName;
    std::optional<bool> isBurnedIn;
    std::optional<std::size_t> tagsOffset; // in the body, behind the brace of the attributes
  };

  // "defaultCreator": of the host's configuration. Throws Failure(BadRequest) for what is no JSON
  // object, which is not left to the host (some have no limit of nesting), and Failure naming the field
  // for what is wrong with a field: the host would not tell which
  CreateDicomRequest ParseCreateDicom(std::string_view body, const std::string& defaultCreator);
} // namespace OrthancPlugins
