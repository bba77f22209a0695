// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "FuzzTarget.h"

#include "../../Plugin/Core/Dicom/CapturedJpeg.h"
#include "../../Plugin/Core/Dicom/CapturedPixels.h"

namespace OrthancPlugins
{
  namespace
  {
    constexpr unsigned MAX_SIDE = 65'535;

    void CheckSize(const CapturedImage& image)
    {
      Require(image.rows > 0 && image.rows <= MAX_SIDE, "rows fit");
      Require(image.columns > 0 && image.columns <= MAX_SIDE, "columns fit");
      Require(image.samplesPerPixel == 1 || image.samplesPerPixel == 3, "gray or color");
      Require((image.samplesPerPixel == 1) == (image.photometricInterpretation == "MONOCHROME2"),
              "samples fit their interpretation");
      Require(image.uncompressedBytes == std::uint64_t(image.rows) * image.columns *
                                           image.samplesPerPixel * (image.bitsAllocated / 8),
              "the length is that of the pixels");
    }
  } // namespace

  void FuzzCapturedImage(std::string_view bytes)
  {
    Succeeds(
      [&]
      {
        const CapturedImage image = DecodePng(bytes);
        CheckSize(image);
        Require(!image.isJpeg && image.bytes.size() == image.uncompressedBytes,
                "all pixels are there");
        Require(LooksLikePng(bytes), "a PNG looks like one");
      });
    Succeeds(
      [&]
      {
        const CapturedImage image = CaptureJpeg(bytes);
        CheckSize(image);
        Require(!image.bytes.empty() && image.lossyBytes > 0 && LooksLikeJpeg(bytes),
                "a JPEG looks like one");
        Require(image.isJpeg || image.bytes.size() == image.uncompressedBytes,
                "all pixels are there");
      });
    Succeeds(
      [&]
      {
        const CapturedImage image = DecodePam(bytes);
        CheckSize(image);
        Require(image.bytes.size() == image.uncompressedBytes, "all pixels are there");
      });
  }
} // namespace OrthancPlugins
