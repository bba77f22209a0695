// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "EncapsulatedDocumentReader.h"

#include "../Failure.h"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcspchrs.h>

#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

namespace OrthancPlugins
{
  namespace
  {
    constexpr std::uint32_t TRANSFER_SYNTAX = 0x00020010;
    constexpr std::uint32_t CHARACTER_SET = 0x00080005;
    constexpr std::uint32_t SOP_CLASS_UID = 0x00080016;
    constexpr std::uint32_t SOP_INSTANCE_UID = 0x00080018;
    constexpr std::uint32_t DOCUMENT_TITLE = 0x00420010;
    constexpr std::uint32_t DOCUMENT = 0x00420011;
    constexpr std::uint32_t MIME_TYPE = 0x00420012;
    constexpr std::uint32_t DOCUMENT_LENGTH = 0x00420015;
    constexpr std::uint32_t ITEM = 0xFFFEE000; // PS3.5 7.5
    constexpr std::uint32_t ITEM_END = 0xFFFEE00D;
    constexpr std::uint32_t SEQUENCE_END = 0xFFFEE0DD;

    constexpr std::uint32_t UNDEFINED_LENGTH = 0xFFFFFFFF;
    constexpr std::uint64_t PREAMBLE_BYTES = 128; // PS3.10 7.1
    constexpr std::size_t WINDOW_BYTES = 16 * 1024;
    constexpr std::uint64_t MAX_TEXT_BYTES = 16 * 1024;
    constexpr std::uint64_t MAX_INFLATED_BYTES = std::uint64_t(2) << 30;
    constexpr unsigned MAX_NESTING = 64;
    constexpr std::string_view REPLACEMENT = "\xEF\xBF\xBD"; // U+FFFD

    [[noreturn]] void Refuse(const std::string& reason)
    {
      throw Failure(FailureKind::SourceMissing, "The document cannot be read: " + reason);
    }

    void CheckRange(std::uint64_t offset, std::uint64_t sizeBytes, std::uint64_t totalBytes)
    {
      if (offset > totalBytes || sizeBytes > totalBytes - offset)
      {
        Refuse("the file is cut");
      }
    }

    // Bytes that this object holds
    class MemoryData final : public IInstanceData
    {
    public:
      explicit MemoryData(std::vector<unsigned char> bytes)
        : bytes_(std::move(bytes))
      {
      }

      std::uint64_t GetSizeBytes() const override { return bytes_.size(); }

      std::uint64_t GetMemoryBytes() const override { return bytes_.size(); }

      const void*
      Read(std::uint64_t offset, std::size_t size, std::vector<unsigned char>&) const override
      {
        CheckRange(offset, size, bytes_.size());
        return bytes_.data() + offset;
      }

    private:
      const std::vector<unsigned char> bytes_;
    };

    // A part of other data, which it owns
    class PartialData final : public IInstanceData
    {
    public:
      PartialData(std::unique_ptr<IInstanceData> whole,
                  std::uint64_t offset,
                  std::uint64_t sizeBytes)
        : whole_(std::move(whole)),
          offset_(offset),
          sizeBytes_(sizeBytes)
      {
      }

      std::uint64_t GetSizeBytes() const override { return sizeBytes_; }

      std::uint64_t GetMemoryBytes() const override { return whole_->GetMemoryBytes(); }

      const void* Read(std::uint64_t offset,
                       std::size_t size,
                       std::vector<unsigned char>& scratch) const override
      {
        CheckRange(offset, size, sizeBytes_);
        return whole_->Read(offset_ + offset, size, scratch);
      }

    private:
      const std::unique_ptr<IInstanceData> whole_;
      const std::uint64_t offset_;
      const std::uint64_t sizeBytes_;
    };

    // Small reads, answered from one larger one
    class Window
    {
    public:
      explicit Window(const IInstanceData& data)
        : data_(data),
          sizeBytes_(data.GetSizeBytes())
      {
      }

      std::uint64_t GetSizeBytes() const { return sizeBytes_; }

      // Valid until the next call. At most WINDOW_BYTES
      const unsigned char* Get(std::uint64_t offset, std::size_t sizeBytes)
      {
        CheckRange(offset, sizeBytes, sizeBytes_);
        if (offset < begin_ || offset + sizeBytes > end_)
        {
          const std::size_t size =
            static_cast<std::size_t>(std::min<std::uint64_t>(WINDOW_BYTES, sizeBytes_ - offset));
          bytes_ = static_cast<const unsigned char*>(data_.Read(offset, size, scratch_));
          begin_ = offset;
          end_ = offset + size;
        }
        return bytes_ + (offset - begin_);
      }

    private:
      const IInstanceData& data_;
      const std::uint64_t sizeBytes_;
      std::vector<unsigned char> scratch_;
      const unsigned char* bytes_ = nullptr;
      std::uint64_t begin_ = 0;
      std::uint64_t end_ = 0;
    };

    struct Encoding
    {
      bool isExplicit = true;
      bool isBigEndian = false;
    };

    struct Element
    {
      std::uint32_t tag = 0;
      std::uint32_t lengthBytes = 0;
      std::uint64_t valueOffset = 0;
      bool isUnknown = false; // VR UN: what is in it is implicit, little endian (PS3.5 6.2.2)
    };

    // PS3.5 7.1.2: those whose length has 32 bits
    bool HasLongForm(std::string_view vr)
    {
      static constexpr std::string_view LONG = "OB OD OF OL OV OW SQ SV UC UN UR UT UV ";
      const std::size_t found = LONG.find(vr);
      return found != std::string_view::npos && found % 3 == 0;
    }

    // Walks over elements by their headers
    class Walker
    {
    public:
      Walker(Window& window, const Encoding& encoding)
        : window_(window),
          encoding_(encoding)
      {
      }

      Element ReadHeader(std::uint64_t offset)
      {
        Element element;
        element.tag = GetTag(offset);
        const bool isDelimiter = element.tag >> 16 == 0xFFFE;
        if (!encoding_.isExplicit || isDelimiter)
        {
          element.lengthBytes = GetNumber(offset + 4, 4);
          element.valueOffset = offset + 8;
          return element;
        }
        const unsigned char* const vr = window_.Get(offset + 4, 2);
        if (vr[0] < 'A' || vr[0] > 'Z' || vr[1] < 'A' || vr[1] > 'Z')
        {
          Refuse("an element has no value representation");
        }
        const std::string name(reinterpret_cast<const char*>(vr), 2);
        const bool isLong = HasLongForm(name);
        element.isUnknown = name == "UN";
        element.lengthBytes = isLong ? GetNumber(offset + 8, 4) : GetNumber(offset + 6, 2);
        element.valueOffset = offset + (isLong ? 12 : 8);
        return element;
      }

      // Returns what follows the element
      std::uint64_t Skip(const Element& element, unsigned nesting)
      {
        if (element.lengthBytes != UNDEFINED_LENGTH)
        {
          CheckRange(element.valueOffset, element.lengthBytes, window_.GetSizeBytes());
          return element.valueOffset + element.lengthBytes;
        }
        if (nesting > MAX_NESTING)
        {
          Refuse("its sequences are nested too deeply");
        }
        if (element.isUnknown && encoding_.isExplicit)
        {
          return Walker(window_, Encoding{false, false}).SkipItems(element.valueOffset, nesting);
        }
        return SkipItems(element.valueOffset, nesting);
      }

      std::uint32_t GetNumber(std::uint64_t offset, unsigned sizeBytes)
      {
        const unsigned char* const bytes = window_.Get(offset, sizeBytes);
        std::uint32_t number = 0;
        for (unsigned i = 0; i < sizeBytes; i++)
        {
          number = number << 8 | bytes[encoding_.isBigEndian ? i : sizeBytes - 1 - i];
        }
        return number;
      }

      std::string GetText(const Element& element)
      {
        const std::size_t size =
          static_cast<std::size_t>(std::min<std::uint64_t>(element.lengthBytes, MAX_TEXT_BYTES));
        std::string text(reinterpret_cast<const char*>(window_.Get(element.valueOffset, size)),
                         size);
        while (!text.empty() && (text.back() == ' ' || text.back() == '\0'))
        {
          text.pop_back();
        }
        return text;
      }

    private:
      std::uint32_t GetTag(std::uint64_t offset)
      {
        const std::uint32_t group = GetNumber(offset, 2);
        return group << 16 | GetNumber(offset + 2, 2);
      }

      // The items of a sequence, or fragments, of undefined length
      std::uint64_t SkipItems(std::uint64_t offset, unsigned nesting)
      {
        for (;;)
        {
          const Element item = ReadHeader(offset);
          if (item.tag == SEQUENCE_END)
          {
            return item.valueOffset;
          }
          if (item.tag != ITEM)
          {
            Refuse("a sequence is broken");
          }
          offset = item.lengthBytes == UNDEFINED_LENGTH ? SkipElements(item.valueOffset, nesting)
                                                        : Skip(item, nesting);
        }
      }

      // The elements of an item of undefined length
      std::uint64_t SkipElements(std::uint64_t offset, unsigned nesting)
      {
        for (;;)
        {
          const Element element = ReadHeader(offset);
          if (element.tag == ITEM_END)
          {
            return element.valueOffset;
          }
          offset = Skip(element, nesting + 1);
        }
      }

      Window& window_;
      const Encoding encoding_;
    };

    struct Meta
    {
      std::string transferSyntaxUid;
      std::uint64_t endOffset = 0;
    };

    // PS3.10 7.1: group 2, explicit VR little endian
    Meta ReadMeta(Window& window)
    {
      Meta meta;
      meta.endOffset = PREAMBLE_BYTES + 4;
      if (window.GetSizeBytes() < meta.endOffset ||
          std::memcmp(window.Get(PREAMBLE_BYTES, 4), "DICM", 4) != 0)
      {
        Refuse("it is in no DICOM file");
      }
      Walker walker(window, Encoding());
      while (meta.endOffset < window.GetSizeBytes() && walker.GetNumber(meta.endOffset, 2) == 2)
      {
        const Element element = walker.ReadHeader(meta.endOffset);
        meta.endOffset = walker.Skip(element, 0);
        if (element.tag == TRANSFER_SYNTAX)
        {
          meta.transferSyntaxUid = walker.GetText(element);
        }
      }
      if (meta.transferSyntaxUid.empty())
      {
        Refuse("the file does not say its transfer syntax");
      }
      return meta;
    }

    bool IsDeflated(const std::string& transferSyntaxUid)
    {
      return transferSyntaxUid == "1.2.840.10008.1.2.1.99" ||
             transferSyntaxUid == "1.2.840.10008.1.2.4.95";
    }

    Encoding GetEncoding(const std::string& transferSyntaxUid)
    {
      Encoding encoding;
      encoding.isExplicit = transferSyntaxUid != "1.2.840.10008.1.2";
      encoding.isBigEndian = transferSyntaxUid == "1.2.840.10008.1.2.2";
      return encoding;
    }

    // PS3.5 A.5: raw deflate
    class Inflater
    {
    public:
      Inflater()
      {
        if (inflateInit2(&stream_, -MAX_WBITS) != Z_OK)
        {
          throw Failure(FailureKind::Internal, "Cannot initialize the inflater");
        }
      }

      ~Inflater() { inflateEnd(&stream_); }

      Inflater(const Inflater&) = delete;
      Inflater& operator=(const Inflater&) = delete;

      // Whether the stream has ended
      bool Inflate(const void* data, std::size_t sizeBytes, std::vector<unsigned char>& target)
      {
        stream_.next_in = const_cast<Bytef*>(static_cast<const Bytef*>(data));
        stream_.avail_in = static_cast<uInt>(sizeBytes);
        do
        {
          stream_.next_out = buffer_.data();
          stream_.avail_out = static_cast<uInt>(buffer_.size());
          const int code = inflate(&stream_, Z_NO_FLUSH);
          target.insert(target.end(), buffer_.begin(),
                        buffer_.end() - static_cast<std::ptrdiff_t>(stream_.avail_out));
          if (target.size() > MAX_INFLATED_BYTES)
          {
            throw Failure(FailureKind::TooLarge, "A deflated DICOM file is too large in memory");
          }
          if (code == Z_STREAM_END)
          {
            return true;
          }
          if (code != Z_OK && code != Z_BUF_ERROR)
          {
            Refuse("its deflated data are broken");
          }
        } while (stream_.avail_in > 0 || stream_.avail_out == 0);
        return false;
      }

    private:
      z_stream stream_ = {};
      std::vector<unsigned char> buffer_ = std::vector<unsigned char>(256 * 1024);
    };

    std::unique_ptr<IInstanceData> InflateData(const IInstanceData& file, std::uint64_t offset)
    {
      constexpr std::uint64_t STEP_BYTES = 1 << 20;
      Inflater inflater;
      std::vector<unsigned char> inflated;
      std::vector<unsigned char> scratch;
      bool hasEnded = false;
      while (!hasEnded && offset < file.GetSizeBytes())
      {
        const std::size_t size =
          static_cast<std::size_t>(std::min(STEP_BYTES, file.GetSizeBytes() - offset));
        hasEnded = inflater.Inflate(file.Read(offset, size, scratch), size, inflated);
        offset += size;
      }
      if (!hasEnded)
      {
        Refuse("the file is cut");
      }
      return std::make_unique<MemoryData>(std::move(inflated));
    }

    std::string KeepAscii(const std::string& text)
    {
      std::string result;
      for (const char byte : text)
      {
        if (static_cast<unsigned char>(byte) < 0x80)
        {
          result.push_back(byte);
        }
        else
        {
          result.append(REPLACEMENT);
        }
      }
      return result;
    }

    std::string ToUtf8(const std::string& text, const std::string& characterSet)
    {
      DcmSpecificCharacterSet converter;
      OFString converted;
      const OFString source(text.data(), text.size());
      if (converter
            .selectCharacterSet(OFString(characterSet.data(), characterSet.size()), "ISO_IR 192")
            .bad() ||
          converter.convertString(source, converted).bad())
      {
        return KeepAscii(text);
      }
      return std::string(converted.c_str(), converted.size());
    }

    // What the data set says of its document
    struct Facts
    {
      EncapsulatedDocument document;
      std::string characterSet;
      std::optional<Element> value;
      std::optional<std::uint32_t> lengthBytes; // (0042,0015)
    };

    void Take(Walker& walker, const Element& element, Facts& facts)
    {
      switch (element.tag)
      {
      case CHARACTER_SET:
        facts.characterSet = walker.GetText(element);
        break;
      case SOP_CLASS_UID:
        facts.document.sopClassUid = walker.GetText(element);
        break;
      case SOP_INSTANCE_UID:
        facts.document.sopInstanceUid = walker.GetText(element);
        break;
      case DOCUMENT_TITLE:
        facts.document.title = walker.GetText(element);
        break;
      case MIME_TYPE:
        facts.document.mimeType = walker.GetText(element);
        facts.document.mimeType.erase(0, facts.document.mimeType.find_first_not_of(' '));
        break;
      case DOCUMENT:
        facts.value = element;
        break;
      case DOCUMENT_LENGTH:
        if (element.lengthBytes == 4)
        {
          facts.lengthBytes = walker.GetNumber(element.valueOffset, 4);
        }
        break;
      default:
        break;
      }
    }

    Facts ReadDataset(Window& window, const Encoding& encoding, std::uint64_t offset)
    {
      Walker walker(window, encoding);
      Facts facts;
      while (offset < window.GetSizeBytes())
      {
        const Element element = walker.ReadHeader(offset);
        if (element.tag > DOCUMENT_LENGTH)
        {
          break;
        }
        if (element.tag == DOCUMENT && element.lengthBytes == UNDEFINED_LENGTH)
        {
          Refuse("it is stored in fragments");
        }
        offset = walker.Skip(element, 0);
        if (element.lengthBytes != UNDEFINED_LENGTH)
        {
          Take(walker, element, facts);
        }
      }
      facts.document.title = ToUtf8(facts.document.title, facts.characterSet);
      return facts;
    }

    std::uint64_t GetDocumentBytes(Window& window, const Facts& facts)
    {
      const std::uint64_t value = facts.value->lengthBytes;
      if (facts.lengthBytes.has_value() &&
          (*facts.lengthBytes == value || std::uint64_t(*facts.lengthBytes) + 1 == value))
      {
        return *facts.lengthBytes;
      }
      const bool isPadded = value > 0 && *window.Get(facts.value->valueOffset + value - 1, 1) == 0;
      return isPadded ? value - 1 : value;
    }
  } // namespace

  std::optional<EncapsulatedDocument> OpenEncapsulatedDocument(std::unique_ptr<IInstanceData> file)
  {
    Window fileWindow(*file);
    const Meta meta = ReadMeta(fileWindow);
    std::uint64_t offset = meta.endOffset;
    if (IsDeflated(meta.transferSyntaxUid))
    {
      file = InflateData(*file, offset);
      offset = 0;
    }
    Window window(*file);
    Facts facts = ReadDataset(window, GetEncoding(meta.transferSyntaxUid), offset);
    if (!facts.value.has_value())
    {
      return std::nullopt;
    }
    const std::uint64_t sizeBytes = GetDocumentBytes(window, facts);
    facts.document.content =
      std::make_unique<PartialData>(std::move(file), facts.value->valueOffset, sizeBytes);
    return std::move(facts.document);
  }
} // namespace OrthancPlugins
