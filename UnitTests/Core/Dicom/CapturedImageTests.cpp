// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../../Plugin/Core/Dicom/CapturedImage.h"

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
  } // namespace

  TEST(CapturedImage, JpegsStayAsTheyAre)
  {
    const std::string jpeg = MakeJpeg('\xC0', 1);
    const CapturedImage image = WrapJpeg(jpeg + "behind the end");
    EXPECT_EQ(jpeg, image.bytes);
    EXPECT_EQ(2u, image.rows);
    EXPECT_EQ(3u, image.columns);
    EXPECT_EQ("MONOCHROME2", image.photometricInterpretation);
    EXPECT_EQ("YBR_FULL_422", WrapJpeg(MakeJpeg('\xC0', 3)).photometricInterpretation);
    const std::string adobe("\xFF\xEE\0\x0E"
                            "Adobe\0\x64\0\0\0\0\0",
                            16);
    EXPECT_EQ("RGB", WrapJpeg(MakeJpeg('\xC0', 3, adobe)).photometricInterpretation);
  }

  TEST(CapturedImage, OtherProcessesAndPartsAreRefused)
  {
    EXPECT_THROW(WrapJpeg(MakeJpeg('\xC2', 1)), Failure);
    EXPECT_THROW(WrapJpeg(MakeJpeg('\xC0', 4)), Failure);
    const std::string jpeg = MakeJpeg('\xC0', 1);
    for (std::size_t size = 0; size < jpeg.size(); size++)
    {
      EXPECT_THROW(WrapJpeg(jpeg.substr(0, size)), Failure) << size;
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
