// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "DicomObject.h"

#include "CapturedImage.h"
#include "DicomText.h"
#include "ElementWriter.h"
#include "ParentModules.h"

#include "../Failure.h"
#include "../Uuid.h"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcdatset.h>
#include <dcmtk/dcmdata/dcdeftag.h>
#include <dcmtk/dcmdata/dcfilefo.h>
#include <dcmtk/dcmdata/dcjson.h>
#include <dcmtk/dcmdata/dcmetinf.h>
#include <dcmtk/dcmdata/dcostrmb.h>
#include <dcmtk/dcmdata/dcsequen.h>
#include <dcmtk/dcmdata/dctagkey.h>
#include <dcmtk/dcmdata/dcvr.h>

#include <memory>
#include <sstream>
#include <utility>

namespace OrthancPlugins
{
  namespace
  {
    // What a stream may need beyond the length of its elements: preamble and meta header
    constexpr std::size_t WRITE_MARGIN_BYTES = 64 * 1024;

    // PS3.5 7.1.1: an even length below FFFFFFFF
    constexpr std::uint64_t MAX_DOCUMENT_BYTES = 0xFFFFFFFEull;

    [[noreturn]] void ThrowUnwritable()
    {
      throw Failure(FailureKind::Internal, "The DICOM object cannot be written");
    }

    DcmTag FindTag(const std::string& name)
    {
      std::optional<TagNumber> number = ParseTagNumber(name);
      if (!number.has_value())
      {
        const std::optional<StandardTag> standard = FindStandardTag(name);
        if (!standard.has_value())
        {
          throw Failure(FailureKind::Internal, "There is no attribute " + name);
        }
        number = standard->tag;
      }
      return DcmTag(static_cast<Uint16>(number->group), static_cast<Uint16>(number->element));
    }

    // The elements behind the document, for they are written after it
    void SplitBehindDocument(DcmDataset& dataset, DcmDataset& behind)
    {
      while (dataset.card() > 0)
      {
        const unsigned long last = dataset.card() - 1;
        if (!(dataset.getElement(last)->getTag() > DCM_EncapsulatedDocument))
        {
          break;
        }
        if (behind.insert(dataset.remove(last)).bad())
        {
          ThrowUnwritable();
        }
      }
    }

    // "target" is a file with its meta header, or a data set
    template <typename Target>
    std::string WriteAll(Target& target, E_TransferSyntax syntax)
    {
      const std::uint64_t length = target.calcElementLength(syntax, EET_ExplicitLength);
      if (length >= DCM_UndefinedLength)
      {
        ThrowUnwritable();
      }
      std::string buffer(static_cast<std::size_t>(length) + WRITE_MARGIN_BYTES, '\0');
      DcmOutputBufferStream stream(buffer.data(), static_cast<offile_off_t>(buffer.size()));
      target.transferInit();
      const bool isGood = target.write(stream, syntax, EET_ExplicitLength, nullptr).good();
      target.transferEnd();
      stream.flush();
      void* written = nullptr;
      offile_off_t writtenBytes = 0;
      stream.flushBuffer(written, writtenBytes);
      if (!isGood)
      {
        ThrowUnwritable();
      }
      buffer.resize(static_cast<std::size_t>(writtenBytes));
      return buffer;
    }

    void AppendUint32(std::string& target, std::uint64_t value)
    {
      for (unsigned i = 0; i < 4; i++)
      {
        target.push_back(static_cast<char>(value >> (8 * i) & 0xFF));
      }
    }

    void AppendElementHead(std::string& target, std::uint64_t valueBytes)
    {
      const char head[] = {0x42, 0x00, 0x11, 0x00, 'O', 'B', 0, 0};
      target.append(head, sizeof(head));
      AppendUint32(target, valueBytes);
    }

    // (FFFE,element) of encapsulated pixel data
    void AppendItem(std::string& target, unsigned element, std::uint64_t valueBytes)
    {
      target += "\xFE\xFF";
      target.push_back(static_cast<char>(element & 0xFF));
      target.push_back(static_cast<char>(element >> 8 & 0xFF));
      AppendUint32(target, valueBytes);
    }
  } // namespace

  struct DicomObject::PImpl
  {
    DcmFileFormat file;
    std::vector<std::string> warnings;

    DcmDataset& GetDataset() { return *file.getDataset(); }
  };

  DicomObject::DicomObject(const std::string& charset)
    : pimpl_(std::make_unique<PImpl>())
  {
    if (charset.empty())
    {
      return;
    }
    if (!IsKnownCharset(charset))
    {
      throw Failure(FailureKind::OutOfRange, "The SpecificCharacterSet is not known");
    }
    pimpl_->GetDataset().putAndInsertString(DCM_SpecificCharacterSet, charset.c_str());
  }

  DicomObject::~DicomObject() = default;

  void DicomObject::CopyParent(const IInstanceData& sibling, ResourceLevel level)
  {
    CopyParentModules(sibling, level, pimpl_->GetDataset());
  }

  bool DicomObject::Has(const std::string& tag) const
  {
    return pimpl_->GetDataset().tagExists(FindTag(tag));
  }

  std::string DicomObject::GetText(const std::string& tag) const
  {
    OFString value;
    if (pimpl_->GetDataset().findAndGetOFStringArray(FindTag(tag), value).bad())
    {
      return "";
    }
    std::string utf8;
    const std::string encoded(value.c_str(), value.size());
    return DecodeText(encoded, GetCharset(), utf8) ? utf8 : "";
  }

  void DicomObject::Set(const std::string& tag, const std::string& utf8)
  {
    std::string encoded;
    if (!EncodeText(utf8, GetCharset(), encoded))
    {
      UseUnicode();
    }
    if (!EncodeText(utf8, GetCharset(), encoded) || encoded.find('\0') != std::string::npos ||
        pimpl_->GetDataset().putAndInsertString(FindTag(tag), encoded.c_str()).bad())
    {
      throw Failure(FailureKind::OutOfRange, "Tag \"" + tag + "\" cannot be stored");
    }
  }

  void DicomObject::SetDefault(const std::string& tag, const std::string& utf8)
  {
    if (!Has(tag))
    {
      Set(tag, utf8);
    }
  }

  void DicomObject::SetDefaultSequence(const std::string& tag)
  {
    if (!Has(tag) && pimpl_->GetDataset().insertEmptyElement(FindTag(tag)).bad())
    {
      ThrowUnwritable();
    }
  }

  void DicomObject::SetCode(const std::string& tag,
                            const std::string& value,
                            const std::string& scheme,
                            const std::string& meaning)
  {
    NewElement element;
    element.tag = tag;
    element.isSequence = true;
    const auto makeText = [](const char* name, const std::string& text)
    {
      NewElement part;
      part.tag = name;
      part.values = {text};
      return part;
    };
    element.items = {{makeText(value.size() > 16 ? "LongCodeValue" : "CodeValue", value),
                      makeText("CodingSchemeDesignator", scheme),
                      makeText("CodeMeaning", meaning)}};
    static const PrivateDictionary NOTHING({}, {}, {});
    Write({element}, NOTHING, "", nullptr);
  }

  void DicomObject::UseUnicode()
  {
    ConvertToUtf8(pimpl_->GetDataset());
  }

  std::string DicomObject::GetCharset() const
  {
    return OrthancPlugins::GetCharset(pimpl_->GetDataset());
  }

  void DicomObject::Write(const NewItem& elements,
                          const PrivateDictionary& dictionary,
                          const std::string& creator,
                          std::vector<std::string>* problems)
  {
    ElementWriter writer(pimpl_->GetDataset(), dictionary, creator);
    if (problems != nullptr)
    {
      writer.CollectProblems(*problems);
    }
    writer.ChooseCharset(elements);
    writer.CollectWarnings(pimpl_->warnings);
    writer.Write(elements);
  }

  const std::vector<std::string>& DicomObject::GetWarnings() const
  {
    return pimpl_->warnings;
  }

  std::vector<std::string> DicomObject::ListTags() const
  {
    std::vector<std::string> tags;
    DcmDataset& dataset = pimpl_->GetDataset();
    for (unsigned long i = 0; i < dataset.card(); i++)
    {
      const DcmTag& tag = dataset.getElement(i)->getTag();
      const TagNumber number{tag.getGroup(), tag.getElement()};
      const std::optional<StandardTag> standard = FindStandardTag(number);
      tags.push_back(standard.has_value() ? standard->keyword : FormatTagNumber(number));
    }
    return tags;
  }

  std::string DicomObject::ToJson() const
  {
    std::ostringstream stream;
    DcmJsonFormatCompact format(OFFalse);
    DcmDataset copy(pimpl_->GetDataset());
    ConvertToUtf8(copy);
    if (copy.writeJsonExt(stream, format, OFTrue, OFFalse).bad())
    {
      ThrowUnwritable();
    }
    return stream.str();
  }

  DicomFile DicomObject::Serialize(std::uint64_t documentBytes)
  {
    return Serialize(&documentBytes);
  }

  DicomFile DicomObject::Serialize()
  {
    return Serialize(nullptr);
  }

  DicomFile DicomObject::Serialize(const std::uint64_t* documentBytes)
  {
    DcmDataset& dataset = pimpl_->GetDataset();
    DicomFile result;
    DcmDataset behind;
    std::uint64_t valueBytes = 0;
    if (documentBytes != nullptr)
    {
      if (*documentBytes > MAX_DOCUMENT_BYTES)
      {
        throw Failure(FailureKind::TooLarge, "The document is too large for a DICOM object");
      }
      valueBytes = *documentBytes + *documentBytes % 2;
      delete dataset.remove(DCM_EncapsulatedDocument);
      if (dataset
            .putAndInsertUint32(DCM_EncapsulatedDocumentLength, static_cast<Uint32>(*documentBytes))
            .bad())
      {
        ThrowUnwritable();
      }
      SplitBehindDocument(dataset, behind);
    }
    if (pimpl_->file.validateMetaInfo(EXS_LittleEndianExplicit, EWM_createNewMeta).bad())
    {
      ThrowUnwritable();
    }

    result.head = WriteAll(pimpl_->file, EXS_LittleEndianExplicit);
    if (documentBytes != nullptr)
    {
      AppendElementHead(result.head, valueBytes);
      result.tail.assign(static_cast<std::size_t>(valueBytes - *documentBytes), '\0');
      result.tail += WriteAll(behind, EXS_LittleEndianExplicit);
    }
    return result;
  }

  void DicomObject::SetNumber(const std::string& tag, unsigned value)
  {
    if (pimpl_->GetDataset().putAndInsertUint16(FindTag(tag), static_cast<Uint16>(value)).bad())
    {
      ThrowUnwritable();
    }
  }

  unsigned DicomObject::GetNumber(const std::string& tag) const
  {
    Uint16 value = 0;
    return pimpl_->GetDataset().findAndGetUint16(FindTag(tag), value).good() ? value : 0;
  }

  DicomFile DicomObject::SerializeImage(const CapturedImage& image)
  {
    const std::string& pixels = image.bytes;
    DcmDataset& dataset = pimpl_->GetDataset();
    const E_TransferSyntax syntax = image.isJpeg ? EXS_JPEGProcess1 : EXS_LittleEndianExplicit;
    if (pimpl_->file.validateMetaInfo(syntax, EWM_createNewMeta).bad())
    {
      ThrowUnwritable();
    }
    // Meta header and data set are written without the pixels, which need no copy in DCMTK
    DicomFile result;
    delete dataset.remove(DCM_PixelData);
    result.head = WriteAll(pimpl_->file, syntax);
    const std::size_t paddedBytes = pixels.size() + pixels.size() % 2;
    if (paddedBytes > MAX_DOCUMENT_BYTES)
    {
      throw Failure(FailureKind::TooLarge, "The image is too large for a DICOM object");
    }
    result.head.reserve(result.head.size() + paddedBytes + 64);
    const bool isWords = !image.isJpeg && image.bitsAllocated > 8;
    const char tag[] = {'\xE0', '\x7F', 0x10, 0x00, 'O', isWords ? 'W' : 'B', 0, 0};
    result.head.append(tag, sizeof(tag));
    if (image.isJpeg)
    {
      AppendUint32(result.head, DCM_UndefinedLength);
      AppendItem(result.head, 0xE000, 0); // an empty offset table
      AppendItem(result.head, 0xE000, paddedBytes);
    }
    else
    {
      AppendUint32(result.head, paddedBytes);
    }
    result.head += pixels;
    result.head.append(paddedBytes - pixels.size(), '\0');
    if (image.isJpeg)
    {
      AppendItem(result.head, 0xE0DD, 0);
    }
    return result;
  }

  std::string GenerateUid()
  {
    // The number that a UUID is, in decimal digits
    const std::string uuid = GenerateUuid();
    std::vector<unsigned> digits; // the lowest first
    for (const char c : uuid)
    {
      if (c == '-')
      {
        continue;
      }
      unsigned carry = static_cast<unsigned>(c >= 'a' ? c - 'a' + 10 : c - '0');
      for (unsigned& digit : digits)
      {
        const unsigned value = digit * 16 + carry;
        digit = value % 10;
        carry = value / 10;
      }
      for (; carry > 0; carry /= 10)
      {
        digits.push_back(carry % 10);
      }
    }
    std::string uid = "2.25.";
    for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit)
    {
      uid.push_back(static_cast<char>('0' + *digit));
    }
    return uid;
  }
} // namespace OrthancPlugins
