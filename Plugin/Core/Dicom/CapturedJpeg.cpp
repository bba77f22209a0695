// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "CapturedJpeg.h"

#include "../Failure.h"

#include <turbojpeg.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>
#include <utility>

namespace OrthancPlugins
{
  namespace
  {
    constexpr unsigned BASELINE = 0xC0; // SOF0 (ITU-T T.81 B.2.2)
    constexpr unsigned UPRIGHT = 1;     // Exif 2.3, 4.6.4 A, tag 112

    // What is not taken as it is needs memory for all its coefficients, twice as much
    constexpr std::uint64_t MAX_RECODED_BYTES = 256u << 20;

    // Also by the library: a limit of the scans of a progressive stream
    constexpr int DECODER_FLAGS = TJFLAG_LIMITSCANS | TJFLAG_ACCURATEDCT;

    [[noreturn]] void ThrowBadJpeg(const char* why = "This is no complete JPEG image")
    {
      throw Failure(FailureKind::BadFormat, why);
    }

    // What is in front of the first scan
    struct JpegHeader
    {
      unsigned process = 0; // second byte of the marker of the frame
      unsigned precision = 0;
      unsigned rows = 0;
      unsigned columns = 0;
      unsigned components = 0;
      bool isRgb = false;
      unsigned orientation = UPRIGHT;
      std::size_t scanOffset = 0;
    };

    unsigned ReadByte(std::string_view content, std::size_t offset)
    {
      return static_cast<unsigned char>(content[offset]);
    }

    unsigned ReadUint16(std::string_view content, std::size_t offset)
    {
      return ReadByte(content, offset) << 8 | ReadByte(content, offset + 1);
    }

    // Numbers in either order of bytes
    class ExifReader
    {
    public:
      explicit ExifReader(std::string_view tiff)
        : tiff_(tiff),
          isLittleEndian_(tiff.substr(0, 2) == "II")
      {
      }

      // Of the first directory (TIFF 6.0, section 2); upright if there is none
      unsigned FindOrientation() const
      {
        constexpr std::size_t ENTRY_BYTES = 12;
        const std::size_t directory = Get(4, 4);
        const std::size_t count = Get(directory, 2);
        for (std::size_t i = 0; i < count; i++)
        {
          const std::size_t entry = directory + 2 + i * ENTRY_BYTES;
          if (entry + ENTRY_BYTES > tiff_.size())
          {
            break;
          }
          if (Get(entry, 2) == 0x0112)
          {
            const unsigned value = Get(entry + 8, 2);
            return value >= 1 && value <= 8 ? value : UPRIGHT;
          }
        }
        return UPRIGHT;
      }

    private:
      // 0 behind the end
      unsigned Get(std::size_t offset, std::size_t sizeBytes) const
      {
        unsigned value = 0;
        if (offset > tiff_.size() || sizeBytes > tiff_.size() - offset)
        {
          return 0;
        }
        for (std::size_t i = 0; i < sizeBytes; i++)
        {
          value = value << 8 | ReadByte(tiff_, offset + (isLittleEndian_ ? sizeBytes - 1 - i : i));
        }
        return value;
      }

      std::string_view tiff_;
      bool isLittleEndian_;
    };

    bool IsFrame(unsigned marker)
    {
      return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
    }

    void ReadFrame(std::string_view segment, unsigned marker, JpegHeader& header)
    {
      if (segment.size() < 6 || header.process != 0)
      {
        ThrowBadJpeg();
      }
      header.process = marker;
      header.precision = ReadByte(segment, 0);
      header.rows = ReadUint16(segment, 1);
      header.columns = ReadUint16(segment, 3);
      header.components = ReadByte(segment, 5);
      const auto hasIdentifiers = [&](const char* names)
      {
        return header.components == 3 && segment.size() >= 15 && segment[6] == names[0] &&
               segment[9] == names[1] && segment[12] == names[2];
      };
      header.isRgb = header.isRgb || hasIdentifiers("RGB");
    }

    void ReadSegment(std::string_view segment, unsigned marker, JpegHeader& header)
    {
      static constexpr std::string_view EXIF("Exif\0\0", 6);
      if (IsFrame(marker))
      {
        ReadFrame(segment, marker, header);
      }
      else if (marker == 0xEE && segment.size() >= 12 && segment.substr(0, 5) == "Adobe")
      {
        header.isRgb = segment[11] == 0; // no transformation of colors
      }
      else if (marker == 0xE1 && segment.substr(0, EXIF.size()) == EXIF)
      {
        header.orientation = ExifReader(segment.substr(EXIF.size())).FindOrientation();
      }
    }

    JpegHeader ReadHeader(std::string_view content)
    {
      JpegHeader header;
      if (!LooksLikeJpeg(content))
      {
        ThrowBadJpeg();
      }
      for (std::size_t at = 2;;)
      {
        if (at + 4 > content.size() || content[at] != '\xFF')
        {
          ThrowBadJpeg();
        }
        const unsigned marker = ReadByte(content, at + 1);
        if (marker == 0xFF)
        {
          at++; // a fill byte
          continue;
        }
        const std::size_t length = ReadUint16(content, at + 2);
        if (length < 2 || at + 2 + length > content.size())
        {
          ThrowBadJpeg();
        }
        if (marker == 0xDA)
        {
          header.scanOffset = at;
          break;
        }
        ReadSegment(content.substr(at + 4, length - 2), marker, header);
        at += 2 + length;
      }
      if (header.rows == 0 || header.columns == 0)
      {
        ThrowBadJpeg();
      }
      if (header.components == 4)
      {
        ThrowBadJpeg("The JPEG image is CMYK, which DICOM has no colors for: convert it to RGB");
      }
      if (header.precision != 8 || (header.components != 1 && header.components != 3))
      {
        ThrowBadJpeg("The JPEG image is neither gray nor in three colors of 8 bits each");
      }
      return header;
    }

    CapturedImage MakeImage(const JpegHeader& header, std::string_view content)
    {
      CapturedImage image;
      image.rows = header.rows;
      image.columns = header.columns;
      image.samplesPerPixel = header.components;
      image.lossyBytes = content.size();
      image.photometricInterpretation = header.components == 1 ? "MONOCHROME2" : "RGB";
      MeasureImage(image);
      return image;
    }

    CapturedImage Wrap(const JpegHeader& header, std::string_view content)
    {
      const std::size_t end = content.rfind("\xFF\xD9");
      if (end == std::string_view::npos || end < header.scanOffset)
      {
        ThrowBadJpeg();
      }
      CapturedImage image = MakeImage(header, content);
      image.isJpeg = true;
      if (header.components == 3 && !header.isRgb)
      {
        image.photometricInterpretation = "YBR_FULL_422";
      }
      image.bytes = std::string(content.substr(0, end + 2));
      image.lossyBytes = image.bytes.size();
      return image;
    }

    void CheckRecodable(const CapturedImage& image)
    {
      if (image.uncompressedBytes > MAX_RECODED_BYTES)
      {
        throw Failure(
          FailureKind::TooLarge,
          "The JPEG image is too large to be decoded, which is necessary for those that "
          "are progressive or turned");
      }
    }

    struct CloseHandle
    {
      void operator()(void* handle) const { tjDestroy(handle); }
    };
    using Handle = std::unique_ptr<void, CloseHandle>;

    Handle CheckHandle(tjhandle handle)
    {
      if (handle == nullptr)
      {
        throw Failure(FailureKind::Internal, "Cannot initialize the decoder of JPEG");
      }
      return Handle(handle);
    }

    const unsigned char* GetData(std::string_view content)
    {
      return reinterpret_cast<const unsigned char*>(content.data());
    }

    // What brings an image upright
    int GetOperation(unsigned orientation)
    {
      static constexpr int OPERATIONS[] = {TJXOP_NONE,       TJXOP_HFLIP,     TJXOP_ROT180,
                                           TJXOP_VFLIP,      TJXOP_TRANSPOSE, TJXOP_ROT90,
                                           TJXOP_TRANSVERSE, TJXOP_ROT270};
      return OPERATIONS[orientation - 1];
    }

    // The same coefficients in the baseline process; absent if blocks at the edge are in the way
    std::optional<std::string> MakeBaseline(std::string_view content, unsigned orientation)
    {
      const Handle handle = CheckHandle(tjInitTransform());
      tjtransform transform;
      std::memset(&transform, 0, sizeof(transform));
      transform.op = GetOperation(orientation);
      // The Exif data say how it was turned: no longer true
      transform.options = TJXOPT_PERFECT | (orientation == UPRIGHT ? 0 : TJXOPT_COPYNONE);
      unsigned char* data = nullptr;
      unsigned long sizeBytes = 0;
      const int result =
        tjTransform(handle.get(), GetData(content), static_cast<unsigned long>(content.size()), 1,
                    &data, &sizeBytes, &transform, DECODER_FLAGS);
      const std::unique_ptr<unsigned char, void (*)(unsigned char*)> owner(data, &tjFree);
      if (result != 0 || data == nullptr)
      {
        return std::nullopt;
      }
      return std::string(reinterpret_cast<const char*>(data), sizeBytes);
    }

    void Decompress(std::string_view content, CapturedImage& image)
    {
      const Handle handle = CheckHandle(tjInitDecompress());
      image.bytes.resize(static_cast<std::size_t>(image.uncompressedBytes));
      const int format = image.samplesPerPixel == 1 ? TJPF_GRAY : TJPF_RGB;
      const int result = tjDecompress2(
        handle.get(), GetData(content), static_cast<unsigned long>(content.size()),
        reinterpret_cast<unsigned char*>(image.bytes.data()), static_cast<int>(image.columns), 0,
        static_cast<int>(image.rows), format, DECODER_FLAGS);
      if (result != 0)
      {
        ThrowBadJpeg("This is no complete JPEG image of a process that can be decoded");
      }
    }

    // Where a pixel of the upright image comes from
    std::pair<std::size_t, std::size_t> FindSource(const CapturedImage& lying,
                                                   unsigned orientation,
                                                   std::size_t row,
                                                   std::size_t column)
    {
      const std::size_t lastRow = lying.rows - 1;
      const std::size_t lastColumn = lying.columns - 1;
      switch (orientation)
      {
      case 2:
        return {row, lastColumn - column};
      case 3:
        return {lastRow - row, lastColumn - column};
      case 4:
        return {lastRow - row, column};
      case 5:
        return {column, row};
      case 6:
        return {lastRow - column, row};
      case 7:
        return {lastRow - column, lastColumn - row};
      case 8:
        return {column, lastColumn - row};
      default:
        return {row, column};
      }
    }

    void TurnUpright(CapturedImage& image, unsigned orientation)
    {
      if (orientation == UPRIGHT)
      {
        return;
      }
      CapturedImage lying = image;
      if (orientation >= 5)
      {
        std::swap(image.rows, image.columns);
      }
      const std::size_t pixelBytes = image.samplesPerPixel;
      char* target = image.bytes.data();
      for (std::size_t row = 0; row < image.rows; row++)
      {
        for (std::size_t column = 0; column < image.columns; column++)
        {
          const auto [fromRow, fromColumn] = FindSource(lying, orientation, row, column);
          const char* const source =
            lying.bytes.data() + (fromRow * lying.columns + fromColumn) * pixelBytes;
          target = std::copy_n(source, pixelBytes, target);
        }
      }
    }
  } // namespace

  bool LooksLikeJpeg(std::string_view content)
  {
    return content.substr(0, 3) == "\xFF\xD8\xFF";
  }

  CapturedImage CaptureJpeg(std::string_view content)
  {
    const JpegHeader header = ReadHeader(content);
    if (header.process == BASELINE && header.orientation == UPRIGHT)
    {
      return Wrap(header, content);
    }
    CheckRecodable(MakeImage(header, content));
    if (const std::optional<std::string> same = MakeBaseline(content, header.orientation))
    {
      const JpegHeader made = ReadHeader(*same);
      if (made.process == BASELINE)
      {
        return Wrap(made, *same);
      }
    }
    return DecodeJpeg(content);
  }

  CapturedImage DecodeJpeg(std::string_view content)
  {
    const JpegHeader header = ReadHeader(content);
    CapturedImage image = MakeImage(header, content);
    CheckRecodable(image);
    Decompress(content, image);
    TurnUpright(image, header.orientation);
    return image;
  }
} // namespace OrthancPlugins
