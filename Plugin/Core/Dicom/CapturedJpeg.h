// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "CapturedImage.h"

#include <string_view>

namespace OrthancPlugins
{
  // Whether the bytes begin as such a file
  bool LooksLikeJpeg(std::string_view content);

  /**
   * A JPEG as a Secondary Capture holds it, without losing anything more: the stream as it is if it is of
   * the baseline process; else (progressive, or lying on its side by its Exif orientation) the same
   * coefficients as a baseline stream that stands upright; and where that cannot be, the decoded pixels.
   *
   * Throws Failure(BadFormat) if it is no complete JPEG of 8 bits, gray or in three colors,
   * Failure(TooLarge) beyond what is reasonable to decode.
   **/
  CapturedImage CaptureJpeg(std::string_view content);

  // The pixels, upright. Throws the same
  CapturedImage DecodeJpeg(std::string_view content);
} // namespace OrthancPlugins
