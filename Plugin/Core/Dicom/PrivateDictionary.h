// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "NewElement.h"

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <boost/thread/mutex.hpp>

namespace OrthancPlugins
{
  // A private attribute, known by group, low byte of its element, and creator, whatever its block
  // (PS3.5 7.8.1)
  struct PrivateTag
  {
    unsigned group = 0;
    unsigned lowByte = 0;
    std::string creator;
    std::string vr;
    std::string name;
    unsigned minimumMultiplicity = 1;
    unsigned maximumMultiplicity = 1; // 0: no limit
  };

  // A dictionary file of DCMTK: lines "(gggg,"creator",ee) VR Name VM Version", separated by tabs,
  // comments with "#". Entries of standard attributes are refused. Throws Failure(BadFormat or
  // OutOfRange) naming the line
  std::vector<PrivateTag> ParseDictionaryFile(const std::string& text);

  // The reverse, readable by DCMTK
  std::string FormatDictionaryFile(const std::vector<PrivateTag>& tags);

  // Throws Failure(OutOfRange) that names what is wrong: group, element, VR, creator (default repertoire,
  // 1 to 64 characters), name, multiplicity
  void CheckPrivateTag(const PrivateTag& tag);

  /**
   * The private attributes that are known: those of our own file, then those of DCMTK, which the host
   * shares with us and into which it has put its option "Dictionary". Thread-safe.
   *
   * What was removed from our own file and is still known to the host (which cannot forget) is not
   * found here any more.
   **/
  class PrivateDictionary
  {
  public:
    // Makes the host know an attribute; may be empty
    using Announcer = std::function<void(const PrivateTag&)>;

    // Puts the text of our own file on the disk, or throws Failure(CannotWrite or StorageFull)
    using Saver = std::function<void(const std::string& text)>;

    // "own": what our own file holds. All of it is announced
    PrivateDictionary(const std::vector<PrivateTag>& own, Announcer announce, Saver save);

    std::optional<PrivateTag>
    Find(unsigned group, unsigned lowByte, const std::string& creator) const;
    std::optional<PrivateTag> FindByName(const std::string& name) const;

    // Of our own file
    std::vector<PrivateTag> GetOwn() const;

    // Adds or replaces, or makes the file hold exactly these. On disk before it returns. Throws what
    // the saver throws, then nothing has changed
    void Add(const std::vector<PrivateTag>& tags);
    void Replace(const std::vector<PrivateTag>& tags);

  private:
    void Change(const std::vector<PrivateTag>& tags);
    void Announce(const std::vector<PrivateTag>& tags);

    Announcer announce_;
    Saver save_;
    mutable boost::mutex mutex_;
    std::vector<PrivateTag> own_;
    std::vector<PrivateTag> removed_;
    std::set<std::string> announced_; // as lines of a file
  };

  // An attribute of the standard in the dictionary of DCMTK
  struct StandardTag
  {
    TagNumber tag;
    std::string vr;
    std::string keyword;
  };

  std::optional<StandardTag> FindStandardTag(const std::string& keyword);
  std::optional<StandardTag> FindStandardTag(const TagNumber& tag);

  // 1 to 64 characters of the default repertoire, not only spaces (PS3.5 7.8.1)
  bool IsPrivateCreator(const std::string& creator);

  // Of PS3.5 6.2, as clients may write them
  bool IsKnownVr(const std::string& vr);
} // namespace OrthancPlugins
