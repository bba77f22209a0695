// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "CapturedImage.h"

#include "../Failure.h"

#include <png.h>

#include <cstring>

namespace OrthancPlugins
{
  namespace
  {
    constexpr unsigned MAX_SIDE = 65535; // Rows and Columns are US
    constexpr std::uint64_t MAX_PIXEL_BYTES = 1ull << 30;

    [[noreturn]] void ThrowBadPng()
    {
      throw Failure(FailureKind::BadFormat, "This is no complete PNG image");
    }

    [[noreturn]] void ThrowBadJpeg()
    {
      throw Failure(FailureKind::BadFormat,
                    "This is no complete JPEG image of the baseline process, gray or in color: "
                    "progressive and other ones must be converted first");
    }

    // Memory that libpng keeps of an image
    class PngReader
    {
    public:
      explicit PngReader(std::string_view content)
      {
        std::memset(&image_, 0, sizeof(image_));
        image_.version = PNG_IMAGE_VERSION;
        if (png_image_begin_read_from_memory(&image_, content.data(), content.size()) == 0)
        {
          ThrowBadPng();
        }
      }
      ~PngReader() { png_image_free(&image_); }
      PngReader(const PngReader&) = delete;
      PngReader& operator=(const PngReader&) = delete;

      png_image& Get() { return image_; }

    private:
      png_image image_;
    };

    unsigned ReadUint16(std::string_view content, std::size_t offset)
    {
      return static_cast<unsigned>(static_cast<unsigned char>(content[offset])) << 8 |
             static_cast<unsigned char>(content[offset + 1]);
    }

    // SOF0 (ITU-T T.81 B.2.2): precision, lines, samples per line, components
    void ReadFrame(std::string_view content, std::size_t offset, CapturedImage& image)
    {
      image.rows = ReadUint16(content, offset + 1);
      image.columns = ReadUint16(content, offset + 3);
      image.samplesPerPixel = static_cast<unsigned char>(content[offset + 5]);
      const bool isPossible = content[offset] == 8 && image.rows > 0 && image.columns > 0 &&
                              (image.samplesPerPixel == 1 || image.samplesPerPixel == 3);
      if (!isPossible)
      {
        ThrowBadJpeg();
      }
    }
  } // namespace

  bool LooksLikePng(std::string_view content)
  {
    return content.substr(0, 8) == "\x89PNG\r\n\x1a\n";
  }

  bool LooksLikeJpeg(std::string_view content)
  {
    return content.substr(0, 3) == "\xFF\xD8\xFF";
  }

  CapturedImage DecodePng(std::string_view content)
  {
    PngReader reader(content);
    png_image& png = reader.Get();
    CapturedImage image;
    image.rows = png.height;
    image.columns = png.width;
    const bool isColor = (png.format & (PNG_FORMAT_FLAG_COLOR | PNG_FORMAT_FLAG_COLORMAP)) != 0;
    image.samplesPerPixel = isColor ? 3 : 1;
    image.photometricInterpretation = isColor ? "RGB" : "MONOCHROME2";
    png.format = isColor ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
    image.uncompressedBytes =
      static_cast<std::uint64_t>(image.rows) * image.columns * image.samplesPerPixel;
    if (image.rows > MAX_SIDE || image.columns > MAX_SIDE ||
        image.uncompressedBytes > MAX_PIXEL_BYTES)
    {
      throw Failure(FailureKind::TooLarge, "The image is too large for a Secondary Capture");
    }
    image.bytes.resize(static_cast<std::size_t>(image.uncompressedBytes));
    const png_color white = {255, 255, 255};
    if (png_image_finish_read(&png, &white, image.bytes.data(), 0, nullptr) == 0)
    {
      ThrowBadPng();
    }
    return image;
  }

  CapturedImage WrapJpeg(std::string_view content)
  {
    CapturedImage image;
    image.isJpeg = true;
    bool isRgb = false;
    std::size_t at = 2;
    if (!LooksLikeJpeg(content))
    {
      ThrowBadJpeg();
    }
    // Segments up to the first scan
    for (;;)
    {
      if (at + 4 > content.size() || content[at] != '\xFF')
      {
        ThrowBadJpeg();
      }
      const unsigned marker = static_cast<unsigned char>(content[at + 1]);
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
      if (marker == 0xC0 && length >= 8)
      {
        ReadFrame(content, at + 4, image);
      }
      else if (marker > 0xC0 && marker < 0xD0 && marker != 0xC4 && marker != 0xC8 && marker != 0xCC)
      {
        ThrowBadJpeg(); // another process
      }
      else if (marker == 0xEE && length >= 14 && content.substr(at + 4, 5) == "Adobe")
      {
        isRgb = content[at + 15] == 0; // no transformation of colors
      }
      else if (marker == 0xDA)
      {
        break;
      }
      at += 2 + length;
    }
    const std::size_t end = content.rfind("\xFF\xD9");
    if (image.rows == 0 || end == std::string_view::npos || end < at)
    {
      ThrowBadJpeg();
    }
    image.photometricInterpretation = image.samplesPerPixel == 1 ? "MONOCHROME2"
                                      : isRgb                    ? "RGB"
                                                                 : "YBR_FULL_422";
    image.bytes = std::string(content.substr(0, end + 2));
    image.uncompressedBytes =
      static_cast<std::uint64_t>(image.rows) * image.columns * image.samplesPerPixel;
    return image;
  }
} // namespace OrthancPlugins
