// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../../Plugin/Core/Dicom/CapturedImage.h"

#include "../../../Plugin/Core/Dicom/CapturedJpeg.h"
#include "../../../Plugin/Core/Dicom/CapturedPixels.h"
#include "../../../Plugin/Core/Failure.h"

#include <gtest/gtest.h>

#include <string>

namespace OrthancPlugins
{
  namespace
  {
    // 1 x 1 pixel, gray level 7, made by hand
    const std::string
      PNG("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\0\0\0\0\x3a\x7e\x9b\x55"
          "\0\0\0\nIDAT\x78\x9c\x63\x60\x07\0\0\x09\0\x08\xa0\xbb\x4d\x9d\0\0\0\0IEND"
          "\xae\x42\x60\x82",
          67);

    // Markers of a JPEG without its tables: 2 lines of 3 samples
    std::string MakeJpeg(char process, char components, const std::string& segments = "")
    {
      std::string jpeg("\xFF\xD8\xFF", 3);
      jpeg += process;
      jpeg += std::string("\0\x0B\x08\0\2\0\3", 7) + components + std::string("\1\x11\0", 3);
      return jpeg + segments + std::string("\xFF\xDA\0\2xxxx\xFF\xD9", 10);
    }

    template <typename Call>
    std::string CatchMessage(Call call)
    {
      try
      {
        call();
      }
      catch (const Failure& failure)
      {
        return failure.what();
      }
      return "";
    }
  } // namespace

  TEST(CapturedImage, JpegsStayAsTheyAre)
  {
    const std::string jpeg = MakeJpeg('\xC0', 1);
    const CapturedImage image = CaptureJpeg(jpeg + "behind the end");
    EXPECT_EQ(jpeg, image.bytes);
    EXPECT_EQ(2u, image.rows);
    EXPECT_EQ(3u, image.columns);
    EXPECT_EQ("MONOCHROME2", image.photometricInterpretation);
    EXPECT_EQ("YBR_FULL_422", CaptureJpeg(MakeJpeg('\xC0', 3)).photometricInterpretation);
    const std::string adobe("\xFF\xEE\0\x0E"
                            "Adobe\0\x64\0\0\0\0\0",
                            16);
    EXPECT_EQ("RGB", CaptureJpeg(MakeJpeg('\xC0', 3, adobe)).photometricInterpretation);
  }

  TEST(CapturedImage, OtherProcessesAndPartsAreRefused)
  {
    EXPECT_THROW(CaptureJpeg(MakeJpeg('\xC2', 1)), Failure);
    EXPECT_THROW(CaptureJpeg(MakeJpeg('\xC0', 4)), Failure);
    const std::string jpeg = MakeJpeg('\xC0', 1);
    for (std::size_t size = 0; size < jpeg.size(); size++)
    {
      EXPECT_THROW(CaptureJpeg(jpeg.substr(0, size)), Failure) << size;
    }
  }

  TEST(CapturedImage, WhatIsNotGrayOrRgbOfEightBitsIsNamed)
  {
    EXPECT_NE(std::string::npos,
              std::string(CatchMessage([] { CaptureJpeg(MakeJpeg('\xC0', 4)); })).find("CMYK"));
    std::string deep = MakeJpeg('\xC1', 1);
    deep[6] = 12;
    EXPECT_NE(std::string::npos, CatchMessage([&] { CaptureJpeg(deep); }).find("8 bits"));
  }

  TEST(CapturedImage, HostileExifDataAreIgnored)
  {
    const std::string exif("Exif\0\0", 6);
    const auto make = [&](const std::string& tiff)
    {
      const std::string segment = exif + tiff;
      std::string jpeg("\xFF\xD8\xFF\xE1\0", 5);
      jpeg += static_cast<char>(segment.size() + 2);
      return jpeg + segment + MakeJpeg('\xC0', 1).substr(2);
    };
    for (const std::string& tiff :
         {std::string("II"), std::string("MM\0*\xFF\xFF\xFF\xFF", 8),
          std::string("II*\0\x08\0\0\0\xFF\xFF", 10),
          std::string("II*\0\x08\0\0\0\1\0\x12\1\3\0\1\0\0\0\x09\0\0\0", 22)})
    {
      EXPECT_EQ(2u, CaptureJpeg(make(tiff)).rows);
    }
    // On its side: these are no coefficients that could be turned
    EXPECT_THROW(
      CaptureJpeg(make(std::string("MM\0*\0\0\0\x08\0\1\1\x12\0\3\0\0\0\1\0\6\0\0", 22))), Failure);
  }

  TEST(CapturedImage, WhatIsTransparentIsPutOnWhite)
  {
    std::string bytes("\x00\x00\x80\xFF\x10\x80", 6);
    RemoveAlpha(bytes, 2, 8);
    EXPECT_EQ(std::string("\xFF\x80\x87", 3), bytes);
    std::string words("\x34\x12\xFF\xFF\x34\x12\x00\x00", 8);
    RemoveAlpha(words, 2, 16);
    EXPECT_EQ(std::string("\x34\x12\xFF\xFF", 4), words);
  }

  TEST(CapturedImage, PortableMaps)
  {
    const CapturedImage gray = DecodePam("P7\n# comment\nWIDTH 2\nHEIGHT 1\nDEPTH 1\nMAXVAL "
                                         "65535\nTUPLTYPE GRAYSCALE\nENDHDR\n\1\2\3\4");
    EXPECT_EQ(std::string("\2\1\4\3"), gray.bytes);
    EXPECT_EQ(16u, gray.bitsAllocated);
    EXPECT_EQ("MONOCHROME2", gray.photometricInterpretation);
    const CapturedImage color =
      DecodePam("P7\nWIDTH 1\nHEIGHT 1\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\nabc\xFF");
    EXPECT_EQ("abc", color.bytes);
    EXPECT_EQ("RGB", color.photometricInterpretation);
    const std::string head = "P7\nWIDTH 1\nHEIGHT 1\nDEPTH 1\nMAXVAL 255\nENDHDR\n";
    for (const std::string& bad :
         {std::string(), std::string("P7\n"), head, head + "ab", std::string("P6\n") + head,
          std::string("P7\nWIDTH 99999\nHEIGHT 99999\nDEPTH 1\nMAXVAL 255\nENDHDR\nx"),
          std::string("P7\nWIDTH -1\nHEIGHT 1\nDEPTH 1\nMAXVAL 255\nENDHDR\nx"),
          std::string("P7\nWIDTH\nHEIGHT 1\nDEPTH 1\nMAXVAL 255\nENDHDR\nx"),
          std::string("P7\nWIDTH 1\nHEIGHT 1\nDEPTH 5\nMAXVAL 255\nENDHDR\nxxxxx"),
          std::string("P7\nWIDTH 1\nHEIGHT 1\nDEPTH 1\nMAXVAL 1\nENDHDR\nx")})
    {
      EXPECT_THROW(DecodePam(bad), Failure);
    }
  }

  TEST(CapturedImage, RawPixelsHaveTheLengthThatIsSaid)
  {
    PixelDescription description{2, 3, 1, 16, 0};
    EXPECT_EQ(std::string(12, 'x'), WrapPixels(std::string(12, 'x'), description).bytes);
    description.frames = 2;
    EXPECT_EQ(24u, WrapPixels(std::string(24, 'x'), description).uncompressedBytes);
    EXPECT_THROW(WrapPixels(std::string(12, 'x'), description), Failure);
    EXPECT_EQ(1u, WrapPixels("x", {2, 3, 1, 1, 0}).bitsAllocated);
    for (const PixelDescription& bad :
         {PixelDescription{0, 3, 1, 8, 0}, PixelDescription{2, 0, 1, 8, 0},
          PixelDescription{2, 3, 1, 0, 0}, PixelDescription{2, 3, 2, 8, 0},
          PixelDescription{65535, 65535, 4, 64, 4294967295u},
          PixelDescription{4294967295u, 4294967295u, 4294967295u, 4294967295u, 4294967295u}})
    {
      EXPECT_THROW(WrapPixels("123456", bad), Failure);
    }
  }

  TEST(CapturedImage, BrokenPngsAreRefused)
  {
    EXPECT_TRUE(LooksLikePng(PNG));
    EXPECT_FALSE(LooksLikePng("PNG"));
    for (std::size_t size = 0; size < 40; size++)
    {
      EXPECT_THROW(DecodePng(PNG.substr(0, size)), Failure) << size;
    }
  }
} // namespace OrthancPlugins
