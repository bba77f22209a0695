// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

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
    unsigned bitsAllocated = 8;
    std::string photometricInterpretation; // "MONOCHROME2", "RGB", "YBR_FULL_422"
    bool isJpeg = false;                   // the bytes are a JPEG stream of the baseline process
    std::string bytes;                     // pixel data, without padding
    std::uint64_t uncompressedBytes = 0;
  };

  // Whether the bytes begin as such a file
  bool LooksLikePng(std::string_view content);
  bool LooksLikeJpeg(std::string_view content);

  // 8 bits, gray or RGB; what is transparent is put on white. Throws Failure(BadFormat) if it is no complete PNG, Failure(TooLarge) beyond 65,535 rows or
  // columns, or 1 GiB of pixels
  CapturedImage DecodePng(std::string_view content);

  // The stream as it is: nothing is compressed twice. Throws Failure(BadFormat) if it is no complete JPEG
  // of the baseline process with one or three components (PS3.5 8.2.1)
  CapturedImage WrapJpeg(std::string_view content);
} // namespace OrthancPlugins
