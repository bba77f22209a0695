// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "NewElement.h"
#include "PrivateDictionary.h"

#include <set>
#include <string>
#include <utility>
#include <vector>

class DcmItem;

namespace OrthancPlugins
{
  /**
   * Puts the attributes of a client into an object, items included.
   *
   * Private ones by PS3.5 7.8: the creator of the block is written or found, each element gets the VR of
   * the dictionary whatever its block, and values are checked by VR and multiplicity (PS3.5 6.2). Values
   * of standard attributes are taken as they are unless "isChecked", but numbers must fit their VR.
   * Nothing is dropped: what cannot be stored, or is given twice by two names, is a
   * Failure(OutOfRange) that names the attribute, without its value.
   *
   * Text is encoded in the character set of the object: call ChooseCharset() before. Not thread-safe.
   **/
  class ElementWriter
  {
  public:
    // "root": the whole object, whose character set counts. "creator": of private elements whose block
    // has none, may be empty. All references must outlive the writer
    ElementWriter(DcmItem& root, const PrivateDictionary& dictionary, std::string creator);

    // What is wrong goes into the list instead of being thrown; the attribute is left out
    void CollectProblems(std::vector<std::string>& problems) { problems_ = &problems; }

    // What is stored, but may not be what was meant. With CollectProblems(), that includes what is not right
    // for the VR of a standard attribute
    void CollectWarnings(std::vector<std::string>& warnings) { warnings_ = &warnings; }

    // Brings the object to UTF-8 if its character set cannot hold what will be written. Throws
    // Failure(OutOfRange)
    void ChooseCharset(const NewItem& elements);

    // Attributes that are there already are replaced
    void Write(const NewItem& elements);

  private:
    struct Target;

    void WriteItem(DcmItem& item, const NewItem& elements);
    void WriteElement(DcmItem& item, const NewElement& element);
    Target FindTarget(DcmItem& item, const NewElement& element) const;
    Target FindPrivateTarget(DcmItem& item, const NewElement& element, TagNumber tag) const;
    unsigned FindBlock(DcmItem& item, const TagNumber& tag, const std::string& creator) const;
    void WriteValue(DcmItem& item, const Target& target, const NewElement& element);
    void WriteText(DcmItem& item, const Target& target, const NewElement& element);
    void WriteSequence(DcmItem& item, const Target& target, const NewElement& element);
    void Guard(const NewElement& element,
               void (ElementWriter::*write)(DcmItem&, const NewElement&),
               DcmItem& item);
    void WriteCreator(DcmItem& item, const NewElement& element);
    void NoteTag(const NewElement& element, const TagNumber& tag);

    DcmItem& root_;
    const PrivateDictionary& dictionary_;
    std::string creator_;
    std::string charset_;
    std::set<std::pair<unsigned, unsigned>> given_; // tags of the item that is being written
    std::vector<std::string>* problems_ = nullptr;
    std::vector<std::string>* warnings_ = nullptr;
  };

  // The number of an attribute: standard keyword, name of a private dictionary, or digits. Absent if
  // there is no such name
  std::optional<TagNumber> FindTagNumber(const std::string& tag,
                                         const PrivateDictionary& dictionary);

  // How a message names an attribute: as the client wrote it, if that is a name or a number
  std::string DescribeTag(const std::string& tag);
} // namespace OrthancPlugins
