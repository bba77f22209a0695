// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "PrivateDictionary.h"

#include "../Failure.h"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcdicent.h>
#include <dcmtk/dcmdata/dcdict.h>
#include <dcmtk/dcmdata/dctagkey.h>
#include <dcmtk/dcmdata/dcvr.h>

#include <boost/thread/lock_guard.hpp>

#include <algorithm>
#include <cstdio>
#include <utility>

namespace OrthancPlugins
{
  namespace
  {
    constexpr unsigned FIRST_BLOCK = 0x10; // PS3.5 7.8.1
    constexpr unsigned LAST_BLOCK = 0xFF;
    constexpr std::size_t MAX_CREATOR_CHARACTERS = 64;

    // Readers share the dictionary with the host
    class DictionaryReader
    {
    public:
      DictionaryReader()
        : dictionary_(dcmDataDict.rdlock())
      {
      }
      ~DictionaryReader() { dcmDataDict.rdunlock(); }
      DictionaryReader(const DictionaryReader&) = delete;
      DictionaryReader& operator=(const DictionaryReader&) = delete;

      const DcmDataDictionary& Get() const { return dictionary_; }

    private:
      const DcmDataDictionary& dictionary_;
    };

    unsigned ToMultiplicity(int value)
    {
      return value == DcmVariableVM || value < 0 ? 0 : static_cast<unsigned>(value);
    }

    PrivateTag ToPrivateTag(const DcmDictEntry& entry)
    {
      PrivateTag tag;
      tag.group = entry.getGroup();
      tag.lowByte = entry.getElement() & 0xFFu;
      tag.creator = entry.getPrivateCreator() == nullptr ? "" : entry.getPrivateCreator();
      tag.vr = DcmVR(entry.getEVR()).getValidVRName();
      tag.name = entry.getTagName() == nullptr ? "" : entry.getTagName();
      tag.minimumMultiplicity = ToMultiplicity(entry.getVMMin());
      tag.maximumMultiplicity = ToMultiplicity(entry.getVMMax());
      return tag;
    }

    StandardTag ToStandardTag(const DcmDictEntry& entry, const TagNumber& number)
    {
      StandardTag tag;
      tag.tag = number;
      // Placeholders such as "OB or OW" become a VR of the standard
      tag.vr = DcmVR(entry.getEVR()).getValidVRName();
      tag.keyword = entry.getTagName() == nullptr ? "" : entry.getTagName();
      return tag;
    }

    bool IsSame(const PrivateTag& left, const PrivateTag& right)
    {
      return left.group == right.group && left.lowByte == right.lowByte &&
             left.creator == right.creator;
    }

    bool Contains(const std::vector<PrivateTag>& tags, const PrivateTag& tag)
    {
      return std::any_of(tags.begin(), tags.end(),
                         [&](const PrivateTag& other) { return IsSame(other, tag); });
    }

    // Of the host: in the block where its option has it, or without a block as in files of DCMTK
    std::optional<PrivateTag>
    FindInHost(unsigned group, unsigned lowByte, const std::string& creator)
    {
      const DictionaryReader reader;
      const auto find = [&](unsigned element)
      {
        return reader.Get().findEntry(
          DcmTagKey(static_cast<Uint16>(group), static_cast<Uint16>(element)), creator.c_str());
      };
      const DcmDictEntry* entry = find(lowByte);
      for (unsigned block = FIRST_BLOCK; entry == nullptr && block <= LAST_BLOCK; block++)
      {
        entry = find(block << 8 | lowByte);
      }
      return entry == nullptr ? std::nullopt : std::make_optional(ToPrivateTag(*entry));
    }

    std::vector<std::string> Split(const std::string& text, char separator)
    {
      std::vector<std::string> parts(1);
      for (const char c : text)
      {
        if (c == separator)
        {
          parts.emplace_back();
        }
        else
        {
          parts.back() += c;
        }
      }
      return parts;
    }

    std::optional<unsigned> ParseNumber(const std::string& text, int base)
    {
      if (text.empty() || text.size() > 8 ||
          text.find_first_not_of(base == 16 ? "0123456789abcdefABCDEF" : "0123456789") !=
            std::string::npos)
      {
        return std::nullopt;
      }
      return static_cast<unsigned>(std::stoul(text, nullptr, base));
    }

    bool ParseMultiplicity(const std::string& text, PrivateTag& tag)
    {
      const std::vector<std::string> parts = Split(text, '-');
      const std::optional<unsigned> minimum = ParseNumber(parts[0], 10);
      if (!minimum.has_value() || parts.size() > 2)
      {
        return false;
      }
      tag.minimumMultiplicity = *minimum;
      tag.maximumMultiplicity = *minimum;
      if (parts.size() == 2)
      {
        // "1-n", "2-2n"
        const bool isOpen = !parts[1].empty() && parts[1].back() == 'n';
        const std::optional<unsigned> maximum = ParseNumber(parts[1], 10);
        if (!isOpen && !maximum.has_value())
        {
          return false;
        }
        tag.maximumMultiplicity = isOpen ? 0 : *maximum;
      }
      return true;
    }

    // (gggg,"creator",ee); the element may have a block, which is not looked at
    bool ParseKey(const std::string& text, PrivateTag& tag)
    {
      const std::size_t open = text.find('"');
      const std::size_t close = text.rfind('"');
      if (text.size() < 8 || text.front() != '(' || text.back() != ')' || open != 6 ||
          close == open || text[5] != ',' || close + 2 >= text.size() || text[close + 1] != ',')
      {
        return false;
      }
      const std::optional<unsigned> group = ParseNumber(text.substr(1, 4), 16);
      const std::optional<unsigned> element =
        ParseNumber(text.substr(close + 2, text.size() - close - 3), 16);
      tag.group = group.value_or(0);
      tag.creator = text.substr(open + 1, close - open - 1);
      tag.lowByte = element.value_or(0) & 0xFFu;
      return group.has_value() && element.has_value() && *element <= 0xFFFF;
    }

    std::string FormatMultiplicity(const PrivateTag& tag)
    {
      if (tag.maximumMultiplicity == tag.minimumMultiplicity)
      {
        return std::to_string(tag.minimumMultiplicity);
      }
      return std::to_string(tag.minimumMultiplicity) + "-" +
             (tag.maximumMultiplicity == 0 ? "n" : std::to_string(tag.maximumMultiplicity));
    }

    // Those of the files of DCMTK have spaces and punctuation
    bool IsName(const std::string& name)
    {
      return !name.empty() && name.size() <= 64 && name.front() != ' ' && name.back() != ' ' &&
             std::all_of(name.begin(), name.end(), [](char c) { return c >= 0x20 && c < 0x7F; });
    }

    // Those files have placeholders for VRs that depend on other attributes
    std::string ReplacePlaceholder(const std::string& vr)
    {
      return vr == "ox" || vr == "px" || vr == "lt" ? "OW"
             : vr == "xs"                           ? "US"
             : vr == "up"                           ? "UL"
                                                    : vr;
    }
  } // namespace

  bool IsKnownVr(const std::string& vr)
  {
    static const char* const KNOWN[] = {"AE", "AS", "AT", "CS", "DA", "DS", "DT", "FD", "FL",
                                        "IS", "LO", "LT", "OB", "OD", "OF", "OL", "OV", "OW",
                                        "PN", "SH", "SL", "SQ", "SS", "ST", "SV", "TM", "UC",
                                        "UI", "UL", "UN", "UR", "US", "UT", "UV"};
    return std::any_of(std::begin(KNOWN), std::end(KNOWN),
                       [&](const char* known) { return vr == known; });
  }

  void CheckPrivateTag(const PrivateTag& tag)
  {
    std::string problem;
    if (tag.group % 2 == 0 || tag.group < 9 || tag.group >= 0xFFFF)
    {
      problem = "a private group is odd, from 0009 to fffd";
    }
    else if (!IsKnownVr(tag.vr))
    {
      problem = "the VR is not known";
    }
    else if (!IsPrivateCreator(tag.creator))
    {
      problem = "a private creator has 1 to 64 characters of the default repertoire";
    }
    else if (!IsName(tag.name))
    {
      problem = "a name has 1 to 64 characters of ASCII, without spaces around them";
    }
    else if (tag.maximumMultiplicity != 0 && tag.maximumMultiplicity < tag.minimumMultiplicity)
    {
      problem = "the multiplicity is no interval";
    }
    if (!problem.empty())
    {
      throw Failure(FailureKind::OutOfRange,
                    FormatTagNumber({tag.group, tag.lowByte, true}) + ": " + problem);
    }
  }

  bool IsPrivateCreator(const std::string& creator)
  {
    const bool isBlank = creator.find_first_not_of(' ') == std::string::npos;
    return !isBlank && creator.size() <= MAX_CREATOR_CHARACTERS &&
           std::all_of(creator.begin(), creator.end(),
                       [](char c) { return c >= 0x20 && c < 0x7F && c != '\\'; });
  }

  std::vector<PrivateTag> ParseDictionaryFile(const std::string& text)
  {
    std::vector<PrivateTag> tags;
    std::size_t number = 0;
    for (std::string line : Split(text, '\n'))
    {
      number++;
      if (!line.empty() && line.back() == '\r')
      {
        line.pop_back();
      }
      if (line.find_first_not_of(" \t") == std::string::npos || line[0] == '#')
      {
        continue;
      }
      const std::vector<std::string> fields = Split(line, '\t');
      PrivateTag tag;
      if (fields.size() < 4 || !ParseKey(fields[0], tag) || !ParseMultiplicity(fields[3], tag))
      {
        throw Failure(FailureKind::BadFormat,
                      "Line " + std::to_string(number) +
                        " of the dictionary is no private attribute: (gggg,\"creator\",ee), VR, "
                        "name and multiplicity, separated by tabs");
      }
      tag.vr = ReplacePlaceholder(fields[1]);
      tag.name = fields[2];
      try
      {
        CheckPrivateTag(tag);
      }
      catch (const Failure& failure)
      {
        throw Failure(failure.GetKind(),
                      "Line " + std::to_string(number) + " of the dictionary: " + failure.what());
      }
      tags.push_back(tag);
    }
    return tags;
  }

  std::string FormatDictionaryFile(const std::vector<PrivateTag>& tags)
  {
    std::string text;
    for (const PrivateTag& tag : tags)
    {
      char group[8];
      char element[8];
      std::snprintf(group, sizeof(group), "%04x", tag.group & 0xFFFFu);
      std::snprintf(element, sizeof(element), "%02x", tag.lowByte & 0xFFu);
      text += std::string("(") + group + ",\"" + tag.creator + "\"," + element + ")\t" + tag.vr +
              "\t" + tag.name + "\t" + FormatMultiplicity(tag) + "\tPrivateTag\n";
    }
    return text;
  }

  PrivateDictionary::PrivateDictionary(const std::vector<PrivateTag>& own,
                                       Announcer announce,
                                       Saver save)
    : announce_(std::move(announce)),
      save_(std::move(save)),
      own_(own)
  {
    Announce(own_);
  }

  std::optional<PrivateTag>
  PrivateDictionary::Find(unsigned group, unsigned lowByte, const std::string& creator) const
  {
    PrivateTag wanted;
    wanted.group = group;
    wanted.lowByte = lowByte;
    wanted.creator = creator;
    {
      const boost::lock_guard<boost::mutex> lock(mutex_);
      const auto found = std::find_if(own_.begin(), own_.end(),
                                      [&](const PrivateTag& tag) { return IsSame(tag, wanted); });
      if (found != own_.end())
      {
        return *found;
      }
      if (Contains(removed_, wanted))
      {
        return std::nullopt;
      }
    }
    return FindInHost(group, lowByte, creator);
  }

  std::optional<PrivateTag> PrivateDictionary::FindByName(const std::string& name) const
  {
    {
      const boost::lock_guard<boost::mutex> lock(mutex_);
      const auto found = std::find_if(own_.begin(), own_.end(),
                                      [&](const PrivateTag& tag) { return tag.name == name; });
      if (found != own_.end())
      {
        return *found;
      }
    }
    std::optional<PrivateTag> tag;
    {
      const DictionaryReader reader;
      const DcmDictEntry* const entry = reader.Get().findEntry(name.c_str());
      if (entry != nullptr && entry->getPrivateCreator() != nullptr)
      {
        tag = ToPrivateTag(*entry);
      }
    }
    const boost::lock_guard<boost::mutex> lock(mutex_);
    return tag.has_value() && !Contains(removed_, *tag) ? tag : std::nullopt;
  }

  std::vector<PrivateTag> PrivateDictionary::GetOwn() const
  {
    const boost::lock_guard<boost::mutex> lock(mutex_);
    return own_;
  }

  void PrivateDictionary::Add(const std::vector<PrivateTag>& tags)
  {
    {
      const boost::lock_guard<boost::mutex> lock(mutex_);
      std::vector<PrivateTag> all = own_;
      for (const PrivateTag& tag : tags)
      {
        all.erase(std::remove_if(all.begin(), all.end(),
                                 [&](const PrivateTag& other) { return IsSame(other, tag); }),
                  all.end());
        all.push_back(tag);
      }
      Change(all);
    }
    Announce(tags);
  }

  void PrivateDictionary::Replace(const std::vector<PrivateTag>& tags)
  {
    {
      const boost::lock_guard<boost::mutex> lock(mutex_);
      std::vector<PrivateTag> all;
      for (const PrivateTag& tag : tags)
      {
        if (!Contains(all, tag))
        {
          all.push_back(tag);
        }
      }
      Change(all);
    }
    Announce(tags);
  }

  void PrivateDictionary::Change(const std::vector<PrivateTag>& tags)
  {
    if (save_)
    {
      save_(FormatDictionaryFile(tags));
    }
    for (const PrivateTag& tag : own_)
    {
      if (!Contains(tags, tag) && !Contains(removed_, tag))
      {
        removed_.push_back(tag);
      }
    }
    removed_.erase(std::remove_if(removed_.begin(), removed_.end(),
                                  [&](const PrivateTag& tag) { return Contains(tags, tag); }),
                   removed_.end());
    own_ = tags;
  }

  void PrivateDictionary::Announce(const std::vector<PrivateTag>& tags)
  {
    if (!announce_)
    {
      return;
    }
    // The host refuses what it knows already, since it forgets nothing
    std::vector<PrivateTag> fresh;
    {
      const boost::lock_guard<boost::mutex> lock(mutex_);
      for (const PrivateTag& tag : tags)
      {
        const std::optional<PrivateTag> known = FindInHost(tag.group, tag.lowByte, tag.creator);
        const bool isKnown = known.has_value() && known->vr == tag.vr;
        if (!isKnown && announced_.insert(FormatDictionaryFile({tag})).second)
        {
          fresh.push_back(tag);
        }
      }
    }
    for (const PrivateTag& tag : fresh)
    {
      announce_(tag);
    }
  }

  std::optional<StandardTag> FindStandardTag(const std::string& keyword)
  {
    const DictionaryReader reader;
    const DcmDictEntry* const entry = reader.Get().findEntry(keyword.c_str());
    if (entry == nullptr || entry->getPrivateCreator() != nullptr || entry->getGroup() % 2 == 1)
    {
      return std::nullopt;
    }
    return ToStandardTag(*entry, {entry->getGroup(), entry->getElement()});
  }

  std::optional<StandardTag> FindStandardTag(const TagNumber& tag)
  {
    if (tag.IsPrivate())
    {
      return std::nullopt;
    }
    const DictionaryReader reader;
    const DcmDictEntry* const entry = reader.Get().findEntry(
      DcmTagKey(static_cast<Uint16>(tag.group), static_cast<Uint16>(tag.element)), nullptr);
    if (entry == nullptr)
    {
      return std::nullopt;
    }
    return ToStandardTag(*entry, tag);
  }
} // namespace OrthancPlugins
