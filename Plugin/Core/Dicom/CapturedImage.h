// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace OrthancPlugins
{
  // An image as a Secondary Capture holds it (PS3.3 C.7.6.3, C.8.6.2)
  struct CapturedImage
  {
    unsigned rows = 0;
    unsigned columns = 0;
    unsigned samplesPerPixel = 1;
    unsigned bitsAllocated = 8;            // 1, 8 or 16
    std::string photometricInterpretation; // "MONOCHROME2", "RGB", "YBR_FULL_422"
    bool isJpeg = false;                   // the bytes are a JPEG stream of the baseline process
    bool isDescribed =
      false; // the client says what the pixels are: its attributes stay as they are
    std::uint64_t lossyBytes =
      0;               // of the lossy file that the pixels come from; 0: nothing was lost
    std::string bytes; // pixel data (16 bits: little endian), without padding
    std::uint64_t uncompressedBytes = 0;
  };

  // Limits of all images: Rows and Columns are US, and memory is not without end
  constexpr unsigned MAX_IMAGE_SIDE = 65535;
  constexpr std::uint64_t MAX_IMAGE_BYTES = 1ull << 30;

  // Sets "uncompressedBytes". Throws Failure(TooLarge) beyond these limits
  void MeasureImage(CapturedImage& image);

  // Removes the last channel of each pixel, by which it is put on white. "channels" with that one
  void RemoveAlpha(std::string& pixels, unsigned channels, unsigned bitsAllocated);

  // Whether the bytes begin as such a file
  bool LooksLikePng(std::string_view content);

  // Gray or RGB of 8 or 16 bits, each value as it is in the file: palettes and fewer bits become 8, and
  // what is transparent is put on white. Throws Failure(BadFormat) if it is no complete PNG,
  // Failure(TooLarge) as MeasureImage()
  CapturedImage DecodePng(std::string_view content);
} // namespace OrthancPlugins
