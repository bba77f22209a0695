// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "ElementWriter.h"

#include "DicomText.h"

#include "../Attempt.h"
#include "../Failure.h"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcdatset.h>
#include <dcmtk/dcmdata/dcdeftag.h>
#include <dcmtk/dcmdata/dcelem.h>
#include <dcmtk/dcmdata/dcistrmb.h>
#include <dcmtk/dcmdata/dcitem.h>
#include <dcmtk/dcmdata/dcsequen.h>
#include <dcmtk/dcmdata/dcvrae.h>
#include <dcmtk/dcmdata/dcvras.h>
#include <dcmtk/dcmdata/dcvrcs.h>
#include <dcmtk/dcmdata/dcvrda.h>
#include <dcmtk/dcmdata/dcvrds.h>
#include <dcmtk/dcmdata/dcvrdt.h>
#include <dcmtk/dcmdata/dcvris.h>
#include <dcmtk/dcmdata/dcvrlo.h>
#include <dcmtk/dcmdata/dcvrlt.h>
#include <dcmtk/dcmdata/dcvrpn.h>
#include <dcmtk/dcmdata/dcvrsh.h>
#include <dcmtk/dcmdata/dcvrst.h>
#include <dcmtk/dcmdata/dcvrtm.h>
#include <dcmtk/dcmdata/dcvruc.h>
#include <dcmtk/dcmdata/dcvrui.h>
#include <dcmtk/dcmdata/dcvrur.h>
#include <dcmtk/dcmdata/dcvrut.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <memory>
#include <utility>

namespace OrthancPlugins
{
  struct ElementWriter::Target
  {
    TagNumber tag;
    std::string vr;
    unsigned minimumMultiplicity = 0;
    unsigned maximumMultiplicity = 0; // 0: no limit
    bool isStrict = false;            // values are checked
  };

  namespace
  {
    constexpr unsigned FIRST_BLOCK = 0x10;
    constexpr unsigned LAST_BLOCK = 0xFF;
    constexpr std::size_t MAX_NAME_CHARACTERS = 64;
    constexpr const char* UTF8 = "ISO_IR 192";

    Failure Refuse(const std::string& tag, const std::string& why)
    {
      return Failure(FailureKind::OutOfRange, "Tag \"" + DescribeTag(tag) + "\": " + why);
    }

    DcmTagKey ToKey(const TagNumber& tag)
    {
      return DcmTagKey(static_cast<Uint16>(tag.group), static_cast<Uint16>(tag.element));
    }

    bool IsOneOf(const std::string& vr, std::initializer_list<const char*> list)
    {
      return std::any_of(list.begin(), list.end(), [&](const char* other) { return vr == other; });
    }

    // One value however many backslashes it has (PS3.5 6.4)
    bool IsSingleText(const std::string& vr)
    {
      return IsOneOf(vr, {"LT", "ST", "UT", "UR"});
    }

    // In the character set of the object
    bool IsEncodedText(const std::string& vr)
    {
      return IsOneOf(vr, {"SH", "LO", "ST", "LT", "PN", "UC", "UT"});
    }

    bool IsBulk(const std::string& vr)
    {
      return IsOneOf(vr, {"OB", "OW", "OF", "OD", "OL", "OV", "UN"});
    }

    bool IsNumeric(const std::string& vr)
    {
      return IsOneOf(vr, {"US", "SS", "UL", "SL", "UV", "SV", "FL", "FD", "AT"});
    }

    // Bytes of one value
    std::size_t GetUnit(const std::string& vr)
    {
      return IsOneOf(vr, {"US", "SS", "OW"})                     ? 2
             : IsOneOf(vr, {"UL", "SL", "FL", "OL", "OF", "AT"}) ? 4
             : IsOneOf(vr, {"UV", "SV", "FD", "OV", "OD"})       ? 8
                                                                 : 1;
    }

    std::string Join(const std::vector<std::string>& values)
    {
      std::string joined;
      for (std::size_t i = 0; i < values.size(); i++)
      {
        joined += (i == 0 ? "" : "\\") + values[i];
      }
      return joined;
    }

    std::vector<std::string> SplitValues(const std::vector<std::string>& values)
    {
      std::vector<std::string> parts;
      for (const std::string& value : values)
      {
        std::size_t begin = 0;
        for (std::size_t end = 0; end != std::string::npos; begin = end + 1)
        {
          end = value.find('\\', begin);
          parts.push_back(value.substr(begin, end == std::string::npos ? end : end - begin));
        }
      }
      return parts;
    }

    std::string Trim(const std::string& text)
    {
      const std::size_t begin = text.find_first_not_of(' ');
      return begin == std::string::npos
               ? ""
               : text.substr(begin, text.find_last_not_of(' ') - begin + 1);
    }

    template <typename T>
    void AppendLittleEndian(std::string& bytes, T value)
    {
      using Bits = std::conditional_t<
        sizeof(T) == 2, std::uint16_t,
        std::conditional_t<sizeof(T) == 4, std::uint32_t,
                           std::conditional_t<sizeof(T) == 8, std::uint64_t, std::uint8_t>>>;
      Bits bits;
      std::memcpy(&bits, &value, sizeof(bits));
      for (std::size_t i = 0; i < sizeof(bits); i++)
      {
        bytes.push_back(static_cast<char>(bits & 0xFF));
        bits = static_cast<Bits>(static_cast<std::uint64_t>(bits) >> 8);
      }
    }

    template <typename T>
    bool AppendInteger(std::string& bytes, const std::string& text)
    {
      T value = 0;
      const char* const end = text.data() + text.size();
      const char* const begin = text.data() + (text.size() > 1 && text[0] == '+' ? 1 : 0);
      const std::from_chars_result result = std::from_chars(begin, end, value);
      if (result.ec != std::errc() || result.ptr != end)
      {
        return false;
      }
      AppendLittleEndian(bytes, value);
      return true;
    }

    bool ParseReal(const std::string& text, double& value)
    {
      static const char* const ALLOWED = "0123456789+-.eE";
      if (text.empty() || text.find_first_not_of(ALLOWED) != std::string::npos)
      {
        return false; // neither hexadecimal digits nor "inf"
      }
      std::string error;
      std::size_t used = 0;
      try
      {
        value = std::stod(text, &used); // the host runs in the locale "C" for numbers
      }
      catch (const std::exception&)
      {
        return false;
      }
      return used == text.size() && std::isfinite(value);
    }

    bool AppendReal(std::string& bytes, const std::string& text, bool isDouble)
    {
      double value = 0;
      if (!ParseReal(text, value) ||
          (!isDouble && std::abs(value) > static_cast<double>(std::numeric_limits<float>::max())))
      {
        return false;
      }
      if (isDouble)
      {
        AppendLittleEndian(bytes, value);
      }
      else
      {
        AppendLittleEndian(bytes, static_cast<float>(value));
      }
      return true;
    }

    bool AppendTag(std::string& bytes, const std::string& text)
    {
      const std::optional<TagNumber> tag = ParseTagNumber(text);
      if (!tag.has_value() || tag->isAnyBlock)
      {
        return false;
      }
      AppendLittleEndian(bytes, static_cast<std::uint16_t>(tag->group));
      AppendLittleEndian(bytes, static_cast<std::uint16_t>(tag->element));
      return true;
    }

    bool AppendNumber(std::string& bytes, const std::string& vr, const std::string& text)
    {
      if (vr == "OB" || vr == "UN")
      {
        return AppendInteger<std::uint8_t>(bytes, text);
      }
      if (IsOneOf(vr, {"US", "OW"}))
      {
        return AppendInteger<std::uint16_t>(bytes, text);
      }
      if (vr == "SS")
      {
        return AppendInteger<std::int16_t>(bytes, text);
      }
      if (IsOneOf(vr, {"UL", "OL"}))
      {
        return AppendInteger<std::uint32_t>(bytes, text);
      }
      if (vr == "SL")
      {
        return AppendInteger<std::int32_t>(bytes, text);
      }
      if (IsOneOf(vr, {"UV", "OV"}))
      {
        return AppendInteger<std::uint64_t>(bytes, text);
      }
      if (vr == "SV")
      {
        return AppendInteger<std::int64_t>(bytes, text);
      }
      if (vr == "AT")
      {
        return AppendTag(bytes, text);
      }
      return AppendReal(bytes, text, IsOneOf(vr, {"FD", "OD"}));
    }

    // Characters of one value in UTF-8 (PS3.5 6.2); 0: no limit of ours
    std::size_t GetMaxCharacters(const std::string& vr)
    {
      return vr == "SH" ? 16 : vr == "LO" ? 64 : vr == "ST" ? 1024 : vr == "LT" ? 10240 : 0;
    }

    // DCMTK counts characters of some character sets only
    bool IsShortEnough(const std::string& vr, const std::string& text)
    {
      const std::size_t limit = GetMaxCharacters(vr);
      if (limit == 0)
      {
        return true;
      }
      const std::vector<std::string> values =
        IsSingleText(vr) ? std::vector<std::string>{text} : SplitValues({text});
      return std::all_of(values.begin(), values.end(),
                         [&](const std::string& value)
                         {
                           const auto count = std::count_if(
                             value.begin(), value.end(),
                             [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
                           return static_cast<std::size_t>(count) <= limit;
                         });
    }

    // PS3.5 6.2, of text in UTF-8
    bool IsValidText(const std::string& vr, const std::string& text)
    {
      const OFString value(text.c_str(), text.size());
      const auto isGood = [](const OFCondition& condition) { return condition.good(); };
      if (text.find('\0') != std::string::npos || !IsShortEnough(vr, text))
      {
        return false;
      }
      // DCMTK accepts ranges, which are for queries only, and what looks like one: 2026-11-26
      if ((vr == "DA" || vr == "TM") &&
          text.find_first_not_of("0123456789. \\") != std::string::npos)
      {
        return false;
      }
      return vr == "AE"   ? isGood(DcmApplicationEntity::checkStringValue(value))
             : vr == "AS" ? isGood(DcmAgeString::checkStringValue(value))
             : vr == "CS" ? isGood(DcmCodeString::checkStringValue(value))
             : vr == "DA" ? isGood(DcmDate::checkStringValue(value))
             : vr == "DS" ? isGood(DcmDecimalString::checkStringValue(value))
             : vr == "DT" ? isGood(DcmDateTime::checkStringValue(value))
             : vr == "IS" ? isGood(DcmIntegerString::checkStringValue(value))
             : vr == "LO" ? isGood(DcmLongString::checkStringValue(value, "1-n", UTF8))
             : vr == "LT" ? isGood(DcmLongText::checkStringValue(value, UTF8))
             : vr == "PN" ? isGood(DcmPersonName::checkStringValue(value, "1-n", UTF8))
             : vr == "SH" ? isGood(DcmShortString::checkStringValue(value, "1-n", UTF8))
             : vr == "ST" ? isGood(DcmShortText::checkStringValue(value, UTF8))
             : vr == "TM" ? isGood(DcmTime::checkStringValue(value))
             : vr == "UC" ? isGood(DcmUnlimitedCharacters::checkStringValue(value, "1-n", UTF8))
             : vr == "UI" ? isGood(DcmUniqueIdentifier::checkStringValue(value))
             : vr == "UR" ? isGood(DcmUniversalResourceIdentifierOrLocator::checkStringValue(value))
             : vr == "UT" ? isGood(DcmUnlimitedText::checkStringValue(value, UTF8))
                          : true;
    }

    // The range of an IS is that of 32 bits
    bool IsIntegerInRange(const std::string& text)
    {
      for (const std::string& part : SplitValues({text}))
      {
        std::string ignored;
        if (!Trim(part).empty() && !AppendInteger<std::int32_t>(ignored, Trim(part)))
        {
          return false;
        }
      }
      return true;
    }

    // An element of explicit VR little endian, as DCMTK reads it from a file: for every VR, and without
    // any knowledge of the dictionary
    void InsertBytes(DcmItem& item,
                     const TagNumber& tag,
                     const std::string& vr,
                     const std::string& value,
                     const std::string& name)
    {
      const bool isLong = IsBulk(vr) || IsOneOf(vr, {"SV", "UV"});
      if (value.size() > (isLong ? 0xFFFFFFFEull : 0xFFFEull))
      {
        throw Refuse(name, "the value is too long");
      }
      std::string bytes;
      bytes.reserve(value.size() + 16);
      AppendLittleEndian(bytes, static_cast<std::uint16_t>(tag.group));
      AppendLittleEndian(bytes, static_cast<std::uint16_t>(tag.element));
      bytes += vr;
      if (isLong)
      {
        bytes.append(2, '\0');
        AppendLittleEndian(bytes, static_cast<std::uint32_t>(value.size() + value.size() % 2));
      }
      else
      {
        AppendLittleEndian(bytes, static_cast<std::uint16_t>(value.size() + value.size() % 2));
      }
      bytes += value;
      bytes.append(value.size() % 2, '\0');

      DcmInputBufferStream stream;
      stream.setBuffer(bytes.data(), static_cast<offile_off_t>(bytes.size()));
      stream.setEos();
      DcmDataset parsed;
      parsed.transferInit();
      const OFCondition isRead = parsed.read(stream, EXS_LittleEndianExplicit, EGL_noChange,
                                             static_cast<Uint32>(bytes.size()));
      parsed.transferEnd();
      DcmElement* const element = parsed.card() == 1 ? parsed.remove(0ul) : nullptr;
      if (isRead.bad() || element == nullptr || item.insert(element, OFTrue).bad())
      {
        delete element;
        throw Refuse(name, "the value cannot be stored");
      }
    }

    std::string GetCreator(DcmItem& item, unsigned group, unsigned block)
    {
      OFString creator;
      const DcmTagKey key(static_cast<Uint16>(group), static_cast<Uint16>(block));
      return item.findAndGetOFString(key, creator).good()
               ? Trim(std::string(creator.c_str(), creator.size()))
               : std::string();
    }

    void PutCreator(DcmItem& item, unsigned group, unsigned block, const std::string& creator)
    {
      const DcmTag tag(static_cast<Uint16>(group), static_cast<Uint16>(block), DcmVR(EVR_LO));
      if (item.putAndInsertString(tag, creator.c_str()).bad())
      {
        throw Failure(FailureKind::Internal, "A private creator cannot be written");
      }
    }

    bool NeedsUnicode(const NewItem& elements, const std::string& charset)
    {
      for (const NewElement& element : elements)
      {
        std::string ignored;
        for (const std::string& value : element.values)
        {
          if (!element.binary.has_value() && !EncodeText(value, charset, ignored))
          {
            return true;
          }
        }
        for (const NewItem& item : element.items)
        {
          if (NeedsUnicode(item, charset))
          {
            return true;
          }
        }
      }
      return false;
    }

    bool IsCreatorElement(const std::optional<TagNumber>& tag)
    {
      return tag.has_value() && tag->IsPrivate() && !tag->isAnyBlock &&
             tag->element >= FIRST_BLOCK && tag->element <= LAST_BLOCK;
    }

    void CheckPrivateGroup(const NewElement& element, const TagNumber& tag)
    {
      if (tag.group < 9 || tag.group == 0xFFFF)
      {
        throw Refuse(element.tag, "this group must not be used (PS3.5 7.8)");
      }
      if (!tag.isAnyBlock && tag.element < 0x1000 &&
          (tag.element < FIRST_BLOCK || tag.element > LAST_BLOCK))
      {
        throw Refuse(element.tag, "no such private element can exist (PS3.5 7.8.1)");
      }
    }
  } // namespace

  std::string DescribeTag(const std::string& tag)
  {
    const bool isPlain = !tag.empty() && tag.size() <= MAX_NAME_CHARACTERS &&
                         std::all_of(tag.begin(), tag.end(),
                                     [](char c)
                                     {
                                       return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                                              (c >= 'A' && c <= 'Z') ||
                                              std::string(",-_()").find(c) != std::string::npos;
                                     });
    return isPlain ? tag : "?";
  }

  std::optional<TagNumber> FindTagNumber(const std::string& tag,
                                         const PrivateDictionary& dictionary)
  {
    if (const std::optional<TagNumber> number = ParseTagNumber(tag))
    {
      return number;
    }
    if (const std::optional<StandardTag> standard = FindStandardTag(tag))
    {
      return standard->tag;
    }
    if (const std::optional<PrivateTag> known = dictionary.FindByName(tag))
    {
      return TagNumber{known->group, known->lowByte, true};
    }
    return std::nullopt;
  }

  ElementWriter::ElementWriter(DcmItem& root,
                               const PrivateDictionary& dictionary,
                               std::string creator)
    : root_(root),
      dictionary_(dictionary),
      creator_(std::move(creator)),
      charset_(GetCharset(root))
  {
  }

  void ElementWriter::ChooseCharset(const NewItem& elements)
  {
    if (!NeedsUnicode(elements, GetCharset(root_)))
    {
      return;
    }
    Attempt(problems_, [&] { ConvertToUtf8(root_); });
  }

  void ElementWriter::Write(const NewItem& elements)
  {
    charset_ = GetCharset(root_);
    WriteItem(root_, elements);
  }

  void ElementWriter::WriteItem(DcmItem& item, const NewItem& elements)
  {
    std::set<std::pair<unsigned, unsigned>> outer;
    outer.swap(given_);
    // Creators first, whatever their place in the request: blocks are theirs
    for (const NewElement& element : elements)
    {
      if (IsCreatorElement(ParseTagNumber(element.tag)))
      {
        Guard(element, &ElementWriter::WriteCreator, item);
      }
    }
    for (const NewElement& element : elements)
    {
      if (!IsCreatorElement(ParseTagNumber(element.tag)))
      {
        Guard(element, &ElementWriter::WriteElement, item);
      }
    }
    given_.swap(outer);
  }

  void ElementWriter::NoteTag(const NewElement& element, const TagNumber& tag)
  {
    if (!given_.emplace(tag.group, tag.element).second)
    {
      throw Refuse(element.tag, "another name in the request is that of the same attribute");
    }
  }

  void ElementWriter::Guard(const NewElement& element,
                            void (ElementWriter::*write)(DcmItem&, const NewElement&),
                            DcmItem& item)
  {
    Attempt(problems_, [&] { (this->*write)(item, element); });
  }

  void ElementWriter::WriteCreator(DcmItem& item, const NewElement& element)
  {
    const TagNumber tag = *ParseTagNumber(element.tag);
    CheckPrivateGroup(element, tag);
    if (element.isSequence || element.binary.has_value() || element.values.size() != 1 ||
        !IsPrivateCreator(element.values[0]) || (!element.vr.empty() && element.vr != "LO"))
    {
      throw Refuse(element.tag,
                   "a private creator is one text (LO) of 1 to 64 characters of the default "
                   "repertoire");
    }
    NoteTag(element, tag);
    PutCreator(item, tag.group, tag.element, Trim(element.values[0]));
  }

  void ElementWriter::WriteElement(DcmItem& item, const NewElement& element)
  {
    const Target target = FindTarget(item, element);
    NoteTag(element, target.tag);
    if ((target.vr == "SQ") != element.isSequence &&
        (element.isSequence || !element.values.empty() || element.binary.has_value()))
    {
      throw Refuse(element.tag, target.vr == "SQ" ? "the value must be a list of items"
                                                  : "the attribute is no sequence");
    }
    if (target.vr == "SQ")
    {
      WriteSequence(item, target, element);
    }
    else if (IsBulk(target.vr) || IsNumeric(target.vr))
    {
      WriteValue(item, target, element);
    }
    else
    {
      WriteText(item, target, element);
    }
  }

  ElementWriter::Target ElementWriter::FindTarget(DcmItem& item, const NewElement& element) const
  {
    const std::optional<TagNumber> tag = FindTagNumber(element.tag, dictionary_);
    if (!tag.has_value())
    {
      throw Refuse(element.tag, "there is no such attribute");
    }
    if (!element.vr.empty() && !IsKnownVr(element.vr))
    {
      throw Refuse(element.tag, "the VR is not known");
    }
    if (tag->IsPrivate())
    {
      return FindPrivateTarget(item, element, *tag);
    }
    const std::optional<StandardTag> standard = FindStandardTag(*tag);
    if (!standard.has_value())
    {
      throw Refuse(element.tag, "this is neither an attribute of the standard nor a private one");
    }
    if (tag->group < 8 || tag->element == 0)
    {
      throw Refuse(element.tag, "this attribute is no part of a data set");
    }
    Target target;
    target.tag = *tag;
    target.vr = element.vr.empty() ? standard->vr : element.vr;
    target.isStrict = element.isChecked;
    target.maximumMultiplicity = element.isChecked ? 1 : 0;
    return target;
  }

  ElementWriter::Target
  ElementWriter::FindPrivateTarget(DcmItem& item, const NewElement& element, TagNumber tag) const
  {
    CheckPrivateGroup(element, tag);
    std::string creator = element.privateCreator;
    if (creator.empty() && !tag.isAnyBlock)
    {
      creator = GetCreator(item, tag.group, tag.element >> 8);
    }
    if (creator.empty() && tag.isAnyBlock && !ParseTagNumber(element.tag).has_value())
    {
      creator = dictionary_.FindByName(element.tag).value_or(PrivateTag()).creator;
    }
    creator = creator.empty() ? creator_ : creator;
    if (!IsPrivateCreator(creator))
    {
      throw Refuse(element.tag,
                   "the block has no private creator: give \"PrivateCreator\", or the creator "
                   "element among the tags");
    }

    Target target;
    target.isStrict = true;
    const std::optional<PrivateTag> known =
      dictionary_.Find(tag.group, tag.element & 0xFF, creator);
    target.vr = element.vr;
    if (known.has_value())
    {
      target.vr = element.vr.empty() ? known->vr : element.vr;
      target.minimumMultiplicity = known->minimumMultiplicity;
      target.maximumMultiplicity = known->maximumMultiplicity;
    }
    else if (target.vr.empty() && element.isSequence)
    {
      target.vr = "SQ";
    }
    else if (target.vr.empty() && element.binary.has_value())
    {
      target.vr = "UN";
    }
    else if (target.vr.empty())
    {
      throw Refuse(element.tag,
                   "the dictionary does not know it for this private creator: give its \"vr\"");
    }
    const unsigned block = FindBlock(item, tag, creator);
    PutCreator(item, tag.group, block, creator);
    target.tag = {tag.group, block << 8 | (tag.element & 0xFF), false};
    return target;
  }

  // The block that the request names, if it is the creator's or free; else that of the creator, else
  // the first free one
  unsigned
  ElementWriter::FindBlock(DcmItem& item, const TagNumber& tag, const std::string& creator) const
  {
    const unsigned named = tag.isAnyBlock ? 0 : tag.element >> 8;
    const std::string owner = named == 0 ? "" : GetCreator(item, tag.group, named);
    if (named != 0 && (owner == creator || owner.empty()))
    {
      return named;
    }
    for (unsigned block = FIRST_BLOCK; block <= LAST_BLOCK; block++)
    {
      if (GetCreator(item, tag.group, block) == creator)
      {
        return block;
      }
    }
    for (unsigned block = FIRST_BLOCK; block <= LAST_BLOCK; block++)
    {
      if (!item.tagExists(DcmTagKey(static_cast<Uint16>(tag.group), static_cast<Uint16>(block))))
      {
        return block;
      }
    }
    throw Refuse(FormatTagNumber(tag), "the group has no free block");
  }

  void ElementWriter::WriteValue(DcmItem& item, const Target& target, const NewElement& element)
  {
    std::string bytes;
    const std::size_t unit = GetUnit(target.vr);
    if (element.binary.has_value())
    {
      bytes = *element.binary;
      if (bytes.size() % unit != 0)
      {
        throw Refuse(element.tag, "the length of the value is no multiple of " +
                                    std::to_string(unit) + " bytes");
      }
    }
    else
    {
      const bool isText =
        IsOneOf(target.vr, {"OB", "UN"}) && element.values.size() == 1 && !element.hasNumbers;
      if (element.isBrokenUri)
      {
        throw Refuse(element.tag, "the data URI cannot be read");
      }
      for (const std::string& part : SplitValues(element.values))
      {
        const std::string value = Trim(part);
        if (!isText && !(value.empty() && element.values.size() <= 1) &&
            !AppendNumber(bytes, target.vr, value))
        {
          throw Refuse(element.tag, "the value is no " + target.vr);
        }
      }
      if (isText)
      {
        bytes = element.values[0]; // as the host does
        if (warnings_ != nullptr && !bytes.empty())
        {
          warnings_->push_back("Tag \"" + DescribeTag(element.tag) +
                               "\": the characters of a text are stored as bytes (" + target.vr +
                               "): bytes are given as a data URI");
        }
      }
    }
    const std::size_t count = bytes.size() / unit;
    if (target.isStrict && IsNumeric(target.vr) && count > 0 &&
        (count < target.minimumMultiplicity ||
         (target.maximumMultiplicity != 0 && count > target.maximumMultiplicity)))
    {
      throw Refuse(element.tag, "the number of values is not that of the dictionary");
    }
    InsertBytes(item, target.tag, target.vr, bytes, element.tag);
  }

  void ElementWriter::WriteText(DcmItem& item, const Target& target, const NewElement& element)
  {
    const std::string text = Join(element.values);
    if (element.binary.has_value() && element.values.empty())
    {
      throw Refuse(element.tag, "bytes need a VR for bytes, such as OB or UN");
    }
    if (IsSingleText(target.vr) && element.values.size() > 1)
    {
      throw Refuse(element.tag, "a text of this VR has one value");
    }
    const bool isValid = text.empty() || (IsValidText(target.vr, text) &&
                                          (target.vr != "IS" || IsIntegerInRange(text)));
    if (target.isStrict && !isValid)
    {
      throw Refuse(element.tag, "the value is no " + target.vr);
    }
    if (!isValid && problems_ != nullptr && warnings_ != nullptr)
    {
      warnings_->push_back("Tag \"" + DescribeTag(element.tag) + "\": the value is no " +
                           target.vr + ", and is stored as it is");
    }
    const std::size_t count = text.empty()              ? 0
                              : IsSingleText(target.vr) ? 1
                                                        : SplitValues({text}).size();
    if (target.isStrict && count > 0 &&
        (count < target.minimumMultiplicity ||
         (target.maximumMultiplicity != 0 && count > target.maximumMultiplicity)))
    {
      throw Refuse(element.tag, "the number of values is not that of the dictionary");
    }

    std::string encoded = text;
    const bool isPossible = IsEncodedText(target.vr) ? EncodeText(text, charset_, encoded)
                                                     : EncodeText(text, "", encoded);
    if (!isPossible)
    {
      throw Refuse(element.tag, "a character cannot be represented");
    }
    const DcmTag tag(ToKey(target.tag), DcmVR(target.vr.c_str()));
    if (encoded.find('\0') != std::string::npos ||
        item.putAndInsertString(tag, encoded.c_str()).bad())
    {
      throw Refuse(element.tag, "the value cannot be stored");
    }
  }

  void ElementWriter::WriteSequence(DcmItem& item, const Target& target, const NewElement& element)
  {
    auto sequence = std::make_unique<DcmSequenceOfItems>(DcmTag(ToKey(target.tag), DcmVR(EVR_SQ)));
    for (const NewItem& source : element.items)
    {
      auto next = std::make_unique<DcmItem>();
      WriteItem(*next, source);
      if (sequence->append(next.get()).bad())
      {
        throw Failure(FailureKind::Internal, "A sequence cannot be written");
      }
      static_cast<void>(next.release());
    }
    if (item.insert(sequence.get(), OFTrue).bad())
    {
      throw Failure(FailureKind::Internal, "A sequence cannot be written");
    }
    static_cast<void>(sequence.release());
  }
} // namespace OrthancPlugins
