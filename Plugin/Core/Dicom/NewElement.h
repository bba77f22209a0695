// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include <optional>
#include <string>
#include <vector>

namespace OrthancPlugins
{
  struct NewElement;
  using NewItem = std::vector<NewElement>;

  // An attribute that a client wants in an object, before anything is known of its VR. Patient data
  struct NewElement
  {
    std::string tag;                 // as the client wrote it: keyword, "gggg,eeee", "ggggeeee"...
    std::string vr;                  // PS3.5 6.2; empty: as the dictionary says
    std::string privateCreator;      // of this element; empty: that of its block, or of the request
    std::vector<std::string> values; // UTF-8, numbers as text; none: an empty attribute
    std::optional<std::string>
      binary;                   // the bytes of the value (little endian), instead of "values"
    std::vector<NewItem> items; // of a sequence, instead of "values"
    bool isSequence = false;
    bool hasNumbers = false;  // "values" were numbers, and no texts
    bool isBrokenUri = false; // "values" is a data URI that cannot be read: only a text can be that
    bool isChecked = false;   // of the standard: at most one value, which must be right for its VR
  };

  // A tag as it appears in DICOM
  struct TagNumber
  {
    unsigned group = 0;
    unsigned element = 0;
    bool isAnyBlock = false; // private: "element" is its low byte, the block is the creator's

    bool IsPrivate() const { return group % 2 == 1; }
  };

  // "gggg,eeee", "gggg-eeee", "ggggeeee" or "(gggg,eeee)", and "xx" instead of a private block as in
  // PS3.15 table E.3.10-1; absent for anything else
  std::optional<TagNumber> ParseTagNumber(const std::string& text);

  // "gggg,eeee" in lower case
  std::string FormatTagNumber(const TagNumber& tag);
} // namespace OrthancPlugins
