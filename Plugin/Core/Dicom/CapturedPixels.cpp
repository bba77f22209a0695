// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "CapturedPixels.h"

#include "../Failure.h"

#include <charconv>
#include <utility>

namespace OrthancPlugins
{
  namespace
  {
    constexpr std::string_view PAM_HEAD = "P7\n";

    [[noreturn]] void ThrowBadPam()
    {
      throw Failure(FailureKind::BadFormat,
                    "This is no complete PAM image, gray or RGB with a MAXVAL of 255 or 65535");
    }

    struct PamHeader
    {
      unsigned width = 0;
      unsigned height = 0;
      unsigned depth = 0;
      unsigned maximum = 0;
      std::size_t pixelsOffset = 0;
    };

    void ReadPamLine(std::string_view line, PamHeader& header)
    {
      const std::size_t space = line.find(' ');
      const std::string_view name = line.substr(0, space);
      unsigned* const field = name == "WIDTH"    ? &header.width
                              : name == "HEIGHT" ? &header.height
                              : name == "DEPTH"  ? &header.depth
                              : name == "MAXVAL" ? &header.maximum
                                                 : nullptr;
      if (field == nullptr)
      {
        return; // a comment, or the type of the tuples, which the depth tells
      }
      const std::string_view value =
        space == std::string_view::npos ? std::string_view() : line.substr(space + 1);
      const char* const end = value.data() + value.size();
      const std::from_chars_result result = std::from_chars(value.data(), end, *field);
      if (value.empty() || result.ec != std::errc() || result.ptr != end)
      {
        ThrowBadPam();
      }
    }

    PamHeader ReadPamHeader(std::string_view content)
    {
      constexpr std::size_t MAX_HEADER_BYTES = 64 * 1024;
      PamHeader header;
      if (content.substr(0, PAM_HEAD.size()) != PAM_HEAD)
      {
        ThrowBadPam();
      }
      for (std::size_t at = PAM_HEAD.size(); at < MAX_HEADER_BYTES;)
      {
        const std::size_t end = content.find('\n', at);
        if (end == std::string_view::npos)
        {
          break;
        }
        const std::string_view line = content.substr(at, end - at);
        at = end + 1;
        if (line == "ENDHDR")
        {
          header.pixelsOffset = at;
          return header;
        }
        ReadPamLine(line, header);
      }
      ThrowBadPam();
    }

    void SwapBytes(std::string& pixels)
    {
      for (std::size_t i = 0; i + 1 < pixels.size(); i += 2)
      {
        std::swap(pixels[i], pixels[i + 1]);
      }
    }

    void Require(unsigned value, const char* name)
    {
      if (value == 0)
      {
        throw Failure(FailureKind::BadFormat,
                      std::string("Raw pixel data needs ") + name + " in \"Tags\"");
      }
    }
  } // namespace

  CapturedImage DecodePam(std::string_view content)
  {
    const PamHeader header = ReadPamHeader(content);
    const bool isPossible = header.width > 0 && header.height > 0 && header.depth >= 1 &&
                            header.depth <= 4 && (header.maximum == 255 || header.maximum == 65535);
    if (!isPossible)
    {
      ThrowBadPam();
    }
    const bool hasAlpha = header.depth % 2 == 0;
    CapturedImage image;
    image.rows = header.height;
    image.columns = header.width;
    image.samplesPerPixel = header.depth - (hasAlpha ? 1 : 0);
    image.bitsAllocated = header.maximum == 255 ? 8 : 16;
    image.photometricInterpretation = image.samplesPerPixel == 3 ? "RGB" : "MONOCHROME2";
    MeasureImage(image);
    const std::uint64_t sizeBytes = image.uncompressedBytes / image.samplesPerPixel * header.depth;
    if (content.size() - header.pixelsOffset != sizeBytes)
    {
      ThrowBadPam();
    }
    image.bytes = std::string(content.substr(header.pixelsOffset));
    if (image.bitsAllocated == 16)
    {
      SwapBytes(image.bytes); // the file is big endian
    }
    if (hasAlpha)
    {
      RemoveAlpha(image.bytes, header.depth, image.bitsAllocated);
    }
    return image;
  }

  CapturedImage WrapPixels(std::string pixels, const PixelDescription& description)
  {
    Require(description.rows, "Rows");
    Require(description.columns, "Columns");
    Require(description.bitsAllocated, "BitsAllocated");
    CapturedImage image;
    image.isDescribed = true;
    image.rows = description.rows;
    image.columns = description.columns;
    image.samplesPerPixel = description.samplesPerPixel == 0 ? 1 : description.samplesPerPixel;
    image.bitsAllocated = description.bitsAllocated;
    image.photometricInterpretation = image.samplesPerPixel == 3 ? "RGB" : "MONOCHROME2";
    // None of the factors has more than 32 bits, and the first ones are small (PS3.3 C.7.6.3.1)
    const bool isPossible = image.rows <= MAX_IMAGE_SIDE && image.columns <= MAX_IMAGE_SIDE &&
                            image.samplesPerPixel <= 4 && image.bitsAllocated <= 64;
    const std::uint64_t frameBits = static_cast<std::uint64_t>(image.rows) * image.columns *
                                    image.samplesPerPixel * image.bitsAllocated;
    const std::uint64_t frames = description.frames == 0 ? 1 : description.frames;
    if (!isPossible || pixels.size() > MAX_IMAGE_BYTES * 4 || frames > MAX_IMAGE_BYTES ||
        frameBits > (MAX_IMAGE_BYTES * 64) / frames ||
        (frameBits * frames + 7) / 8 != pixels.size())
    {
      throw Failure(FailureKind::BadFormat,
                    "The length of the raw pixel data is not what Rows, Columns, SamplesPerPixel, "
                    "BitsAllocated and NumberOfFrames say");
    }
    image.uncompressedBytes = pixels.size();
    image.bytes = std::move(pixels);
    return image;
  }
} // namespace OrthancPlugins
