// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "CapturedImage.h"

#include <string>
#include <string_view>

namespace OrthancPlugins
{
  // A portable arbitrary map ("P7" of Netpbm), gray or RGB with 8 or 16 bits; what is transparent is put on
  // white. Throws Failure(BadFormat) if it is none, or not all of it, Failure(TooLarge)
  CapturedImage DecodePam(std::string_view content);

  // What attributes of PS3.3 C.7.6.3 say of pixel data; 0: not given
  struct PixelDescription
  {
    unsigned rows = 0;
    unsigned columns = 0;
    unsigned samplesPerPixel = 0;
    unsigned bitsAllocated = 0;
    unsigned frames = 0;
  };

  // Pixel data as it is, in little endian. Throws Failure(BadFormat) that names the attribute that is
  // missing, or if the length is not what they say
  CapturedImage WrapPixels(std::string pixels, const PixelDescription& description);
} // namespace OrthancPlugins
