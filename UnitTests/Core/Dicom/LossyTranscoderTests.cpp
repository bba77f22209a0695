// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../../Plugin/Core/Dicom/LossyTranscoder.h"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcdeftag.h>
#include <dcmtk/dcmdata/dcfilefo.h>
#include <dcmtk/dcmdata/dcistrmb.h>
#include <dcmtk/dcmdata/dcmetinf.h>
#include <dcmtk/dcmdata/dcostrmb.h>
#include <dcmtk/dcmdata/dcuid.h>
#include <dcmtk/dcmjpeg/djdecode.h>
#include <dcmtk/dcmjpeg/djencode.h>
#include <dcmtk/dcmjpls/djdecode.h>
#include <dcmtk/dcmjpls/djencode.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>

namespace OrthancPlugins
{
  namespace
  {
    constexpr Uint16 SIDE = 64;
    constexpr const char* UID = "1.2.826.0.1.3680043.10.99.1";
    constexpr const char* IMPLICIT = "1.2.840.10008.1.2";
    constexpr const char* EXPLICIT = "1.2.840.10008.1.2.1";
    constexpr const char* DEFLATED = "1.2.840.10008.1.2.1.99";
    constexpr const char* EXPLICIT_BIG = "1.2.840.10008.1.2.2";
    constexpr const char* JPEG_BASELINE = "1.2.840.10008.1.2.4.50";
    constexpr const char* JPEG_EXTENDED = "1.2.840.10008.1.2.4.51";
    constexpr const char* JPEG_LOSSLESS = "1.2.840.10008.1.2.4.70";
    constexpr const char* JPEG_LS_LOSSLESS = "1.2.840.10008.1.2.4.80";
    constexpr const char* JPEG_LS_LOSSY = "1.2.840.10008.1.2.4.81";
    constexpr const char* JPEG_2000 = "1.2.840.10008.1.2.4.90";

    using Bytes = std::vector<unsigned char>;

    Bytes WriteFile(DcmFileFormat& file, E_TransferSyntax syntax)
    {
      Bytes buffer(1 << 20);
      DcmOutputBufferStream stream(buffer.data(), static_cast<offile_off_t>(buffer.size()));
      file.transferInit();
      EXPECT_TRUE(file.write(stream, syntax, EET_ExplicitLength, nullptr).good());
      file.transferEnd();
      stream.flush();
      void* written = nullptr;
      offile_off_t length = 0;
      stream.flushBuffer(written, length);
      buffer.resize(static_cast<std::size_t>(length));
      return buffer;
    }

    void PutImage(DcmDataset& dataset, Uint16 bitsStored)
    {
      const Uint16 bitsAllocated = bitsStored > 8 ? 16 : 8;
      std::vector<Uint16> words(SIDE * SIDE);
      std::vector<Uint8> bytes(SIDE * SIDE);
      for (std::size_t i = 0; i < words.size(); i++)
      {
        const unsigned value =
          static_cast<unsigned>((i * 7919 + i / SIDE * 31) % (1u << bitsStored));
        words[i] = static_cast<Uint16>(value);
        bytes[i] = static_cast<Uint8>(value);
      }
      dataset.putAndInsertUint16(DCM_SamplesPerPixel, 1);
      dataset.putAndInsertString(DCM_PhotometricInterpretation, "MONOCHROME2");
      dataset.putAndInsertUint16(DCM_Rows, SIDE);
      dataset.putAndInsertUint16(DCM_Columns, SIDE);
      dataset.putAndInsertUint16(DCM_BitsAllocated, bitsAllocated);
      dataset.putAndInsertUint16(DCM_BitsStored, bitsStored);
      dataset.putAndInsertUint16(DCM_HighBit, static_cast<Uint16>(bitsStored - 1));
      dataset.putAndInsertUint16(DCM_PixelRepresentation, 0);
      if (bitsAllocated == 8)
      {
        dataset.putAndInsertUint8Array(DCM_PixelData, bytes.data(), bytes.size());
      }
      else
      {
        dataset.putAndInsertUint16Array(DCM_PixelData, words.data(), words.size());
      }
    }

    // No image if bitsStored is 0
    Bytes MakeFile(Uint16 bitsStored)
    {
      DcmFileFormat file;
      DcmDataset& dataset = *file.getDataset();
      dataset.putAndInsertString(DCM_SOPClassUID, UID_SecondaryCaptureImageStorage);
      dataset.putAndInsertString(DCM_SOPInstanceUID, UID);
      dataset.putAndInsertString(DCM_PatientID, "P1");
      if (bitsStored != 0)
      {
        PutImage(dataset, bitsStored);
      }
      return WriteFile(file, EXS_LittleEndianExplicit);
    }

    std::unique_ptr<DcmFileFormat> Parse(const Bytes& bytes)
    {
      DcmInputBufferStream stream;
      stream.setBuffer(bytes.data(), static_cast<offile_off_t>(bytes.size()));
      stream.setEos();
      std::unique_ptr<DcmFileFormat> file = std::make_unique<DcmFileFormat>();
      file->transferInit();
      EXPECT_TRUE(file->read(stream).good());
      file->transferEnd();
      EXPECT_TRUE(file->loadAllDataIntoMemory().good());
      return file;
    }

    std::string GetText(DcmItem& item, const DcmTagKey& key)
    {
      OFString text;
      item.findAndGetOFString(key, text);
      return std::string(text.c_str());
    }

    std::optional<Bytes>
    Transcode(const Bytes& bytes, const char* syntax, std::optional<unsigned> quality)
    {
      return TranscodeDicomFile(bytes.data(), bytes.size(), TranscodeTarget{syntax, quality});
    }

    void ExpectSyntaxAndUid(const Bytes& bytes, const std::string& syntax, bool hasNewUid)
    {
      const std::unique_ptr<DcmFileFormat> file = Parse(bytes);
      const std::string uid = GetText(*file->getDataset(), DCM_SOPInstanceUID);
      EXPECT_EQ(syntax, GetText(*file->getMetaInfo(), DCM_TransferSyntaxUID));
      EXPECT_EQ(uid, GetText(*file->getMetaInfo(), DCM_MediaStorageSOPInstanceUID));
      EXPECT_EQ(hasNewUid, uid != UID) << uid;
      EXPECT_EQ("P1", GetText(*file->getDataset(), DCM_PatientID));
    }

    // In production the host has registered the codecs
    class LossyTranscoderTest : public testing::Test
    {
    protected:
      static void SetUpTestSuite()
      {
        DJEncoderRegistration::registerCodecs();
        DJDecoderRegistration::registerCodecs();
        DJLSEncoderRegistration::registerCodecs();
        DJLSDecoderRegistration::registerCodecs();
      }

      static void TearDownTestSuite()
      {
        DJLSDecoderRegistration::cleanup();
        DJLSEncoderRegistration::cleanup();
        DJDecoderRegistration::cleanup();
        DJEncoderRegistration::cleanup();
      }
    };
  } // namespace

  TEST_F(LossyTranscoderTest, CompressingWithLossMakesANewInstance)
  {
    const Bytes source = MakeFile(8);
    for (const char* const syntax : {JPEG_BASELINE, JPEG_EXTENDED, JPEG_LS_LOSSY})
    {
      const std::optional<Bytes> result = Transcode(source, syntax, 90);

      ASSERT_TRUE(result.has_value()) << syntax;
      ExpectSyntaxAndUid(*result, syntax, true);
      EXPECT_EQ("01", GetText(*Parse(*result)->getDataset(), DCM_LossyImageCompression)) << syntax;
    }
  }

  TEST_F(LossyTranscoderTest, LosslessSyntaxesKeepTheInstance)
  {
    const Bytes source = MakeFile(12);
    for (const char* const syntax :
         {IMPLICIT, DEFLATED, EXPLICIT_BIG, JPEG_LOSSLESS, JPEG_LS_LOSSLESS})
    {
      const std::optional<Bytes> result = Transcode(source, syntax, 90);

      ASSERT_TRUE(result.has_value()) << syntax;
      ExpectSyntaxAndUid(*result, syntax, false);
    }
  }

  TEST_F(LossyTranscoderTest, LosslessThereAndBackIsTheSameImage)
  {
    const Bytes source = MakeFile(12);

    const std::optional<Bytes> compressed = Transcode(source, JPEG_LOSSLESS, std::nullopt);
    ASSERT_TRUE(compressed.has_value());
    const std::optional<Bytes> back = Transcode(*compressed, EXPLICIT, std::nullopt);
    ASSERT_TRUE(back.has_value());

    const Uint16* expected = nullptr;
    const Uint16* actual = nullptr;
    unsigned long count = 0;
    const std::unique_ptr<DcmFileFormat> first = Parse(source);
    const std::unique_ptr<DcmFileFormat> last = Parse(*back);
    ASSERT_TRUE(first->getDataset()->findAndGetUint16Array(DCM_PixelData, expected, &count).good());
    ASSERT_TRUE(last->getDataset()->findAndGetUint16Array(DCM_PixelData, actual, &count).good());
    ASSERT_EQ(static_cast<unsigned long>(SIDE) * SIDE, count);
    EXPECT_TRUE(std::equal(expected, expected + count, actual));
    ExpectSyntaxAndUid(*back, EXPLICIT, false);
  }

  TEST_F(LossyTranscoderTest, TheQualityDecidesAboutTheSize)
  {
    const Bytes source = MakeFile(8);
    const std::size_t worst = Transcode(source, JPEG_BASELINE, 1)->size();
    const std::size_t low = Transcode(source, JPEG_BASELINE, 20)->size();
    const std::size_t usual = Transcode(source, JPEG_BASELINE, 90)->size();
    const std::size_t best = Transcode(source, JPEG_BASELINE, 100)->size();

    EXPECT_LT(worst, low);
    EXPECT_LT(low, usual);
    EXPECT_LT(usual, best);
    EXPECT_EQ(usual, Transcode(source, JPEG_BASELINE, std::nullopt)->size());
    EXPECT_EQ(worst, Transcode(source, JPEG_BASELINE, 0)->size());
    EXPECT_EQ(best, Transcode(source, JPEG_BASELINE, 500)->size());
  }

  TEST_F(LossyTranscoderTest, DepthDecidesAboutLossyJpeg)
  {
    EXPECT_FALSE(Transcode(MakeFile(12), JPEG_BASELINE, 90).has_value());
    EXPECT_FALSE(Transcode(MakeFile(7), JPEG_BASELINE, 90).has_value());
    EXPECT_TRUE(Transcode(MakeFile(12), JPEG_EXTENDED, 90).has_value());
    EXPECT_FALSE(Transcode(MakeFile(16), JPEG_EXTENDED, 90).has_value());
  }

  TEST_F(LossyTranscoderTest, AFileInTheTargetSyntaxStaysAsItIs)
  {
    const Bytes source = MakeFile(8);
    const Bytes lossy = Transcode(source, JPEG_BASELINE, 50).value();

    EXPECT_EQ(source, Transcode(source, EXPLICIT, 90).value());
    EXPECT_EQ(lossy, Transcode(lossy, JPEG_BASELINE, 1).value());
  }

  TEST_F(LossyTranscoderTest, LossyFilesCanBeCompressedAgain)
  {
    const Bytes lossy = Transcode(MakeFile(8), JPEG_BASELINE, 90).value();
    const std::string uid = GetText(*Parse(lossy)->getDataset(), DCM_SOPInstanceUID);

    const std::optional<Bytes> again = Transcode(lossy, JPEG_EXTENDED, 10);

    ASSERT_TRUE(again.has_value());
    ExpectSyntaxAndUid(*again, JPEG_EXTENDED, true);
    EXPECT_NE(uid, GetText(*Parse(*again)->getDataset(), DCM_SOPInstanceUID));
  }

  TEST_F(LossyTranscoderTest, FilesWithoutImageKeepTheirInstance)
  {
    const std::optional<Bytes> result = Transcode(MakeFile(0), JPEG_BASELINE, 90);

    ASSERT_TRUE(result.has_value());
    ExpectSyntaxAndUid(*result, JPEG_BASELINE, false);
  }

  TEST_F(LossyTranscoderTest, WhatDcmtkCannotIsAbsent)
  {
    const Bytes source = MakeFile(8);
    for (const char* const syntax :
         {JPEG_2000, "", "1.2.3", "jpeg", "1.2.840.10008.1.2.4.102", "1.2.840.10008.5.1.4.1.1.7"})
    {
      EXPECT_FALSE(Transcode(source, syntax, 90).has_value()) << syntax;
    }
  }

  TEST_F(LossyTranscoderTest, BrokenFilesAreAbsent)
  {
    const Bytes source = MakeFile(8);
    const Bytes text(200, 'x');

    EXPECT_FALSE(TranscodeDicomFile(nullptr, 0, TranscodeTarget{JPEG_BASELINE, 90}).has_value());
    EXPECT_FALSE(Transcode(text, JPEG_BASELINE, 90).has_value());
    for (const std::size_t size : {1u, 100u, 132u, 140u, 400u, 1000u})
    {
      const Bytes cut(source.begin(), source.begin() + static_cast<std::ptrdiff_t>(size));
      EXPECT_FALSE(Transcode(cut, JPEG_BASELINE, 90).has_value()) << size;
    }
  }

  TEST_F(LossyTranscoderTest, DoesNotChangeTheSource)
  {
    const Bytes source = MakeFile(8);
    const Bytes copy = source;

    Transcode(source, JPEG_BASELINE, 90);

    EXPECT_EQ(copy, source);
  }

  // The only test here without codecs: nobody registers them behind the host's back
  TEST(LossyTranscoder, RegistersNoCodecs)
  {
    EXPECT_FALSE(Transcode(MakeFile(8), JPEG_BASELINE, 90).has_value());
    EXPECT_TRUE(Transcode(MakeFile(8), IMPLICIT, 90).has_value());
  }
} // namespace OrthancPlugins
