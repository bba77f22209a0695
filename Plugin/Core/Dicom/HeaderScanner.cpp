// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "HeaderScanner.h"

#include "../Failure.h"
#include "ByteSource.h"
#include "DirectoryKeys.h"
#include "KeyElements.h"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctag.h>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <optional>
#include <string_view>

namespace OrthancPlugins
{
  namespace
  {
    constexpr std::size_t PREAMBLE_BYTES = 128;
    constexpr std::uint32_t UNDEFINED_LENGTH = 0xFFFFFFFF;
    constexpr std::uint32_t ITEM = 0xFFFEE000;
    constexpr std::uint32_t ITEM_END = 0xFFFEE00D;
    constexpr std::uint32_t SEQUENCE_END = 0xFFFEE0DD;
    constexpr std::uint32_t TRANSFER_SYNTAX_UID = 0x00020010;
    constexpr std::uint32_t RELATIONSHIP_TYPE = 0x0040A010;
    constexpr std::uint16_t PIXEL_DATA_GROUP = 0x7FE0;

    // Real files are far below; a hostile one could fill the stack, or the memory
    constexpr unsigned MAX_DEPTH = 64;
    constexpr std::size_t MAX_KEPT_BYTES = 8 * 1024 * 1024;

    [[noreturn]] void Throw(const char* message)
    {
      throw Failure(FailureKind::SourceMissing, message);
    }

    struct Encoding
    {
      bool isExplicit = true;
      bool isBigEndian = false;
    };

    struct ElementHeader
    {
      std::uint32_t tag = 0;
      std::string vr; // empty in implicit VR
      std::uint32_t length = 0;
    };

    // What ReadDicomSummary needs beside the keys of the records
    constexpr DirectoryKey OTHER_ELEMENTS[] = {
      {TAG_SPECIFIC_CHARACTER_SET, "CS", KeyType::Optional},
      {TAG_SOP_CLASS_UID, "UI", KeyType::Optional},
      {TAG_SOP_INSTANCE_UID, "UI", KeyType::Optional},
      {TAG_SERIES_DATE, "DA", KeyType::Optional},
      {TAG_ACQUISITION_DATE, "DA", KeyType::Optional},
      {TAG_CONTENT_DATE, "DA", KeyType::Optional},
      {TAG_SERIES_TIME, "TM", KeyType::Optional},
      {TAG_ACQUISITION_TIME, "TM", KeyType::Optional},
      {TAG_CONTENT_TIME, "TM", KeyType::Optional},
      {TAG_PATIENT_BIRTH_DATE, "DA", KeyType::Optional},
      {TAG_PATIENT_SEX, "CS", KeyType::Optional},
      {TAG_INSTANCE_NUMBER, "IS", KeyType::Optional},
      {TAG_NUMBER_OF_FRAMES, "IS", KeyType::Optional},
      {TAG_ROWS, "US", KeyType::Optional}};

    using WantedElements = std::map<std::uint32_t, std::string>;

    void AddKeys(WantedElements& wanted, const DirectoryKeys& keys)
    {
      for (const DirectoryKey& key : keys)
      {
        wanted.emplace(key.tag, key.vr);
      }
    }

    WantedElements MakeWantedElements(const DirectoryRecordType* type)
    {
      WantedElements wanted;
      for (const DirectoryKey& key : OTHER_ELEMENTS)
      {
        wanted.emplace(key.tag, key.vr);
      }
      AddKeys(wanted, GetPatientKeys());
      AddKeys(wanted, GetStudyKeys());
      AddKeys(wanted, GetSeriesKeys());
      if (type != nullptr)
      {
        AddKeys(wanted, type->keys);
      }
      if (wanted.count(TAG_VERIFICATION_DATE_TIME) != 0)
      {
        wanted.emplace(TAG_VERIFYING_OBSERVERS, "SQ");
      }
      return wanted;
    }

    // Of the attributes in the items of a sequence, those that a directory record takes
    bool IsWantedInItem(std::uint32_t sequence, std::uint32_t tag)
    {
      constexpr std::uint32_t CODE[] = {0x00080100, 0x00080102, 0x00080103,
                                        0x00080104, 0x00080119, 0x00080120};
      constexpr std::uint32_t SERIES[] = {TAG_SERIES_INSTANCE_UID, 0x00081140, 0x0008114A};
      constexpr std::uint32_t REFERENCE[] = {0x00081150, 0x00081155, 0x00081160, 0x0062000B};
      constexpr std::uint32_t BLENDING[] = {TAG_STUDY_INSTANCE_UID, 0x00081115};

      const auto isIn = [tag](const auto& list)
      { return std::find(std::begin(list), std::end(list), tag) != std::end(list); };

      switch (sequence)
      {
      case TAG_CONCEPT_NAME:
      case 0x0040A168: // ConceptCodeSequence
        return tag == TAG_SPECIFIC_CHARACTER_SET || isIn(CODE);
      case 0x00081115: // ReferencedSeriesSequence
        return isIn(SERIES);
      case 0x00081140: // ReferencedImageSequence
      case 0x0008114A: // ReferencedInstanceSequence
        return isIn(REFERENCE);
      case 0x00700402: // BlendingSequence
        return isIn(BLENDING);
      case TAG_VERIFYING_OBSERVERS:
        return tag == TAG_VERIFICATION_DATE_TIME;
      default:
        return true;
      }
    }

    bool IsUpperCase(unsigned char c)
    {
      return c >= 'A' && c <= 'Z';
    }

    std::size_t GetNumberBytes(std::string_view vr)
    {
      if (vr == "US" || vr == "SS" || vr == "AT" || vr == "OW")
      {
        return 2;
      }
      if (vr == "UL" || vr == "SL" || vr == "FL" || vr == "OL" || vr == "OF")
      {
        return 4;
      }
      return vr == "FD" || vr == "OD" || vr == "UV" || vr == "SV" || vr == "OV" ? 8 : 1;
    }

    // The VR of the dictionary for elements of implicit VR; "SQ" also for what cannot be else
    std::string LookUpVr(std::uint32_t tag, bool hasUndefinedLength)
    {
      const DcmTag known(static_cast<Uint16>(tag >> 16), static_cast<Uint16>(tag & 0xFFFF));
      const DcmVR vr(known.getVR().getValidEVR());
      const std::string name = vr.getValidVRName();
      return hasUndefinedLength && name != "SQ" ? "SQ" : name;
    }

    class Scanner
    {
    public:
      explicit Scanner(const IInstanceData& data)
        : data_(data)
      {
      }

      ScannedHeader Scan()
      {
        ReadMetaHeader();
        OpenDataset();
        static const WantedElements common = MakeWantedElements(nullptr);
        wanted_ = &common;
        while (ReadTopElement())
        {
        }
        return std::move(header_);
      }

    private:
      // PS3.10 7.1
      void ReadMetaHeader()
      {
        source_ = MakeFileSource(data_, 0);
        if (!source_->Has(PREAMBLE_BYTES + 4) ||
            std::memcmp(source_->Peek(PREAMBLE_BYTES + 4) + PREAMBLE_BYTES, "DICM", 4) != 0)
        {
          Throw("Not a DICOM file with a meta header");
        }
        source_->Skip(PREAMBLE_BYTES + 4);
        while (source_->Has(2) && std::memcmp(source_->Peek(2), "\x02\x00", 2) == 0)
        {
          const ElementHeader element = ReadHeader(Encoding());
          CheckMetaElement(element);
          if (element.tag == TRANSFER_SYNTAX_UID && element.length <= 64)
          {
            header_.transferSyntaxUid = TrimEnd(TakeText(element.length));
          }
          else
          {
            source_->Skip(element.length);
          }
        }
        if (header_.transferSyntaxUid.empty())
        {
          Throw("The meta header of the DICOM file has no transfer syntax");
        }
      }

      static void CheckMetaElement(const ElementHeader& element)
      {
        if (element.length == UNDEFINED_LENGTH ||
            !IsUpperCase(static_cast<unsigned char>(element.vr[0])))
        {
          Throw("The meta header of the DICOM file is damaged");
        }
      }

      void OpenDataset()
      {
        const std::string& syntax = header_.transferSyntaxUid;
        if (syntax == "1.2.840.10008.1.2.1.99" || syntax == "1.2.840.10008.1.2.4.95" ||
            syntax == "1.2.840.10008.1.2.4.205")
        {
          source_ = MakeInflatedSource(data_, source_->GetPosition());
        }
        encoding_.isBigEndian = syntax == "1.2.840.10008.1.2.2";
        encoding_.isExplicit =
          syntax != "1.2.840.10008.1.2" && syntax != "1.2.840.113619.5.2"; // of GE
        // Some files are not what they say. The first element has a short length, and no two letters
        if (source_->Has(8) && !encoding_.isBigEndian)
        {
          const unsigned char* const first = source_->Peek(8);
          encoding_.isExplicit = IsUpperCase(first[4]) && IsUpperCase(first[5]);
        }
      }

      std::string TakeText(std::uint32_t length)
      {
        const unsigned char* const bytes = source_->Take(length);
        return std::string(reinterpret_cast<const char*>(bytes), length);
      }

      static std::uint32_t ToUint16(const unsigned char* bytes, const Encoding& encoding)
      {
        const unsigned first = bytes[0];
        const unsigned second = bytes[1];
        return encoding.isBigEndian ? first << 8 | second : second << 8 | first;
      }

      static std::uint32_t ToUint32(const unsigned char* bytes, const Encoding& encoding)
      {
        const std::uint32_t first = ToUint16(bytes, encoding);
        const std::uint32_t second = ToUint16(bytes + 2, encoding);
        return encoding.isBigEndian ? first << 16 | second : second << 16 | first;
      }

      // PS3.5 7.1.2 and 7.1.3
      ElementHeader ReadHeader(const Encoding& encoding)
      {
        ElementHeader element;
        const unsigned char* bytes = source_->Take(8);
        element.tag = ToUint16(bytes, encoding) << 16 | ToUint16(bytes + 2, encoding);
        if (!encoding.isExplicit || element.tag >> 16 == 0xFFFE)
        {
          element.length = ToUint32(bytes + 4, encoding);
          return element;
        }
        element.vr.assign(reinterpret_cast<const char*>(bytes) + 4, 2);
        if (IsLong(element.vr))
        {
          element.length = ToUint32(source_->Take(4), encoding);
        }
        else
        {
          element.length = ToUint16(bytes + 6, encoding);
        }
        return element;
      }

      // New representations have long lengths; what is no representation at all has a short one
      static bool IsLong(const std::string& vr)
      {
        return HasLongLength(vr) || (!IsText(vr) && GetNumberBytes(vr) == 1 &&
                                     IsUpperCase(static_cast<unsigned char>(vr[0])) &&
                                     IsUpperCase(static_cast<unsigned char>(vr[1])));
      }

      bool ReadTopElement()
      {
        if (!source_->Has(1))
        {
          return false;
        }
        const unsigned char* const bytes = source_->Peek(4);
        const std::uint32_t tag = ToUint16(bytes, encoding_) << 16 | ToUint16(bytes + 2, encoding_);
        if (tag >> 16 == 0xFFFE)
        {
          Throw("The DICOM file is damaged: an item outside of a sequence");
        }
        if (tag == 0 || tag >> 16 == PIXEL_DATA_GROUP || tag > lastTag_)
        {
          return false;
        }
        const ElementHeader element = ReadHeader(encoding_);
        const auto found = wanted_->find(element.tag);
        if (found == wanted_->end() || !Keep(element, found->second))
        {
          SkipValue(element, encoding_, 0);
        }
        if (element.tag == TAG_SOP_CLASS_UID)
        {
          ChooseElements();
        }
        return true;
      }

      // The class comes early, and says what is worth reading
      void ChooseElements()
      {
        const auto found = header_.elements.find(TAG_SOP_CLASS_UID);
        if (found == header_.elements.end())
        {
          return;
        }
        const DirectoryRecordType& type = FindRecordType(TrimEnd(found->second.value));
        typeElements_ = MakeWantedElements(&type);
        wanted_ = &typeElements_;
        lastTag_ = typeElements_.rbegin()->first;
      }

      // False if the value is not what it should be
      bool Keep(const ElementHeader& element, const std::string& vr)
      {
        const bool isSequence = vr == "SQ";
        const bool isUnknown = element.vr.empty() || element.vr == "UN";
        const bool isText = IsText(vr) && (isUnknown || IsText(element.vr));
        if (!isText && !isUnknown && element.vr != vr)
        {
          return false;
        }
        ScannedValue value;
        value.vr = vr;
        value.hasTextVr = element.vr.empty() || IsText(element.vr);
        if (isSequence)
        {
          value.value = ReadItems(element, GetInnerEncoding(element, encoding_), 1);
        }
        else if (element.length == UNDEFINED_LENGTH)
        {
          return false;
        }
        else
        {
          value.value = ReadLeaf(element.length, vr, encoding_);
        }
        header_.elements.emplace(element.tag, std::move(value));
        return true;
      }

      // PS3.5 6.2.2: unknown sequences are implicit VR little endian
      static Encoding GetInnerEncoding(const ElementHeader& element, const Encoding& encoding)
      {
        return element.vr == "UN" ? Encoding{false, false} : encoding;
      }

      std::string ReadLeaf(std::uint32_t length, const std::string& vr, const Encoding& encoding)
      {
        constexpr std::uint32_t MAX_LEAF_BYTES = 0xFFFE; // PS3.5 7.1.2: length of two bytes
        if (length > MAX_LEAF_BYTES)
        {
          Throw("The DICOM file is damaged: an identifier of absurd length");
        }
        std::string value = TakeText(length);
        CountKept(value.size());
        if (IsText(vr))
        {
          value.erase(value.find_last_not_of('\0') + 1);
        }
        else if (encoding.isBigEndian)
        {
          Swap(value, GetNumberBytes(vr));
        }
        return value;
      }

      static void Swap(std::string& value, std::size_t numberBytes)
      {
        for (std::size_t i = 0; i + numberBytes <= value.size(); i += numberBytes)
        {
          std::reverse(value.begin() + static_cast<std::ptrdiff_t>(i),
                       value.begin() + static_cast<std::ptrdiff_t>(i + numberBytes));
        }
      }

      void CountKept(std::size_t sizeBytes)
      {
        keptBytes_ += sizeBytes;
        if (keptBytes_ > MAX_KEPT_BYTES)
        {
          Throw("The DICOM file holds more references than a directory can take");
        }
      }

      static void CheckDepth(unsigned depth)
      {
        if (depth > MAX_DEPTH)
        {
          Throw("The DICOM file is damaged: sequences are nested too deeply");
        }
      }

      // Absent if the end is marked by a delimiter
      std::optional<std::uint64_t> GetEnd(std::uint32_t length)
      {
        return length == UNDEFINED_LENGTH
                 ? std::nullopt
                 : std::optional<std::uint64_t>(source_->GetPosition() + length);
      }

      bool IsAt(const std::optional<std::uint64_t>& end)
      {
        if (end.has_value() && source_->GetPosition() > *end)
        {
          Throw("The DICOM file is damaged: an item longer than its sequence");
        }
        return end.has_value() && source_->GetPosition() == *end;
      }

      // The items of a sequence, encoded; PS3.5 7.5
      std::string ReadItems(const ElementHeader& sequence, const Encoding& encoding, unsigned depth)
      {
        CheckDepth(depth);
        std::string items;
        const std::optional<std::uint64_t> end = GetEnd(sequence.length);
        while (!IsAt(end))
        {
          const ElementHeader header = ReadHeader(encoding);
          if (header.tag == SEQUENCE_END)
          {
            break;
          }
          if (header.tag != ITEM)
          {
            Throw("The DICOM file is damaged: a sequence of something else than items");
          }
          const std::optional<std::string> item =
            ReadItem(sequence.tag, GetEnd(header.length), encoding, depth);
          if (item.has_value())
          {
            AppendTag(items, ITEM);
            AppendUint32(items, static_cast<std::uint32_t>(item->size()));
            items.append(*item);
            CountKept(8);
          }
        }
        return items;
      }

      // Absent if the record does not take this item. Of content items it takes the modifiers of the
      // document's title only
      std::optional<std::string> ReadItem(std::uint32_t sequence,
                                          const std::optional<std::uint64_t>& end,
                                          const Encoding& encoding,
                                          unsigned depth)
      {
        std::string item;
        bool isModifier = false;
        bool isDropped = false;
        while (!IsAt(end))
        {
          const ElementHeader element = ReadHeader(encoding);
          if (element.tag == ITEM_END)
          {
            break;
          }
          if (isDropped || !IsWantedInItem(sequence, element.tag))
          {
            SkipValue(element, encoding, depth);
            continue;
          }
          AppendNested(item, element, encoding, depth);
          if (sequence == TAG_CONTENT_SEQUENCE && element.tag == RELATIONSHIP_TYPE)
          {
            const std::optional<std::string_view> type = FindValue(item, RELATIONSHIP_TYPE);
            isModifier = type.has_value() && *type == "HAS CONCEPT MOD";
            isDropped = !isModifier;
          }
        }
        if (sequence == TAG_CONTENT_SEQUENCE && !isModifier)
        {
          return std::nullopt;
        }
        return item;
      }

      void AppendNested(std::string& item,
                        const ElementHeader& element,
                        const Encoding& encoding,
                        unsigned depth)
      {
        const bool isUndefined = element.length == UNDEFINED_LENGTH;
        const std::string vr = element.vr.empty() || (element.vr == "UN" && isUndefined)
                                 ? LookUpVr(element.tag, isUndefined)
                                 : element.vr;
        const bool isSequence = vr == "SQ";
        if (element.tag >> 16 == 0xFFFE)
        {
          Throw("The DICOM file is damaged: a delimiter without a beginning");
        }
        if (isSequence)
        {
          const std::string items =
            ReadItems(element, GetInnerEncoding(element, encoding), depth + 1);
          if (element.tag != TAG_CONTENT_SEQUENCE || !items.empty())
          {
            AppendElement(item, element.tag, vr, items);
          }
        }
        else if (isUndefined || element.length > ByteSource::MAX_PIECE_BYTES - 2 || !IsKnown(vr))
        {
          SkipValue(element, encoding, depth);
        }
        else
        {
          AppendElement(item, element.tag, vr, ReadLeaf(element.length, vr, encoding));
        }
      }

      static bool IsKnown(std::string_view vr)
      {
        return HasLongLength(vr) || IsText(vr) || GetNumberBytes(vr) != 1;
      }

      void SkipValue(const ElementHeader& element, const Encoding& encoding, unsigned depth)
      {
        if (element.length != UNDEFINED_LENGTH)
        {
          source_->Skip(element.length);
        }
        else
        {
          SkipItems(GetInnerEncoding(element, encoding), depth + 1);
        }
      }

      // Of undefined length, fragments of pixel data as well
      void SkipItems(const Encoding& encoding, unsigned depth)
      {
        CheckDepth(depth);
        for (;;)
        {
          const ElementHeader header = ReadHeader(encoding);
          if (header.tag == SEQUENCE_END)
          {
            return;
          }
          if (header.tag != ITEM)
          {
            Throw("The DICOM file is damaged: a sequence of something else than items");
          }
          if (header.length != UNDEFINED_LENGTH)
          {
            source_->Skip(header.length);
          }
          else
          {
            SkipElements(encoding, depth);
          }
        }
      }

      void SkipElements(const Encoding& encoding, unsigned depth)
      {
        for (;;)
        {
          const ElementHeader element = ReadHeader(encoding);
          if (element.tag == ITEM_END)
          {
            return;
          }
          SkipValue(element, encoding, depth);
        }
      }

      const IInstanceData& data_;
      std::unique_ptr<ByteSource> source_;
      Encoding encoding_;
      ScannedHeader header_;
      WantedElements typeElements_;
      const WantedElements* wanted_ = nullptr;
      std::uint32_t lastTag_ = UNDEFINED_LENGTH;
      std::size_t keptBytes_ = 0;
    };
  } // namespace

  ScannedHeader ScanHeader(const IInstanceData& data)
  {
    return Scanner(data).Scan();
  }
} // namespace OrthancPlugins
