// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "LossyTranscoder.h"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcdeftag.h>
#include <dcmtk/dcmdata/dcfilefo.h>
#include <dcmtk/dcmdata/dcistrmb.h>
#include <dcmtk/dcmdata/dcmetinf.h>
#include <dcmtk/dcmdata/dcostrmb.h>
#include <dcmtk/dcmdata/dcuid.h>
#include <dcmtk/dcmdata/dcxfer.h>
#include <dcmtk/dcmjpeg/djrploss.h>
#include <dcmtk/dcmjpls/djrparam.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>

namespace OrthancPlugins
{
  namespace
  {
    constexpr unsigned DEFAULT_QUALITY = 90;
    constexpr unsigned MAX_QUALITY = 100;
    constexpr Uint16 JPEG_LS_DEVIATION = 2; // as the host

    // What a stream may need beyond the length of its elements: preamble, meta header, and deflated
    // data that grows
    constexpr std::size_t WRITE_MARGIN_BYTES = 64 * 1024;

    bool Parse(DcmFileFormat& file, const void* data, std::size_t size)
    {
      if (size == 0 || size > std::numeric_limits<Uint32>::max() - 1)
      {
        return false;
      }
      DcmInputBufferStream stream;
      stream.setBuffer(data, static_cast<offile_off_t>(size));
      stream.setEos();

      // The length limits what a broken file can make DCMTK allocate
      file.transferInit();
      const bool isGood =
        file.read(stream, EXS_Unknown, EGL_noChange, static_cast<Uint32>(size)).good();
      file.transferEnd();
      return isGood && file.loadAllDataIntoMemory().good();
    }

    E_TransferSyntax GetTransferSyntax(DcmDataset& dataset)
    {
      if (dataset.getCurrentXfer() == EXS_Unknown)
      {
        dataset.updateOriginalXfer();
        return dataset.getOriginalXfer();
      }
      return dataset.getCurrentXfer();
    }

    bool IsAllowedDepth(DcmDataset& dataset, E_TransferSyntax target)
    {
      Uint16 bitsStored = 0;
      if (dataset.findAndGetUint16(DCM_BitsStored, bitsStored).bad())
      {
        return true;
      }
      switch (target)
      {
      case EXS_JPEGProcess1:
        return bitsStored == 8;
      case EXS_JPEGProcess2_4:
        return bitsStored <= 12;
      default:
        return true;
      }
    }

    bool IsLossy(E_TransferSyntax syntax)
    {
      return syntax == EXS_JPEGProcess1 || syntax == EXS_JPEGProcess2_4 ||
             syntax == EXS_JPEGLSLossy;
    }

    bool ChooseRepresentation(DcmFileFormat& file,
                              E_TransferSyntax syntax,
                              const TranscodeTarget& target)
    {
      const unsigned quality =
        std::clamp(target.lossyQuality.value_or(DEFAULT_QUALITY), 1u, MAX_QUALITY);
      const DJ_RPLossy lossyJpeg(static_cast<int>(quality));
      const DJLSRepresentationParameter lossyJpegLs(JPEG_LS_DEVIATION, OFFalse);

      const DcmRepresentationParameter* parameter = nullptr;
      if (syntax == EXS_JPEGProcess1 || syntax == EXS_JPEGProcess2_4)
      {
        parameter = &lossyJpeg;
      }
      else if (syntax == EXS_JPEGLSLossy)
      {
        // Without a parameter DCMTK compresses without loss
        parameter = &lossyJpegLs;
      }
      return file.chooseRepresentation(syntax, parameter).good() && file.canWriteXfer(syntax);
    }

    std::string GetSopInstanceUid(DcmDataset& dataset)
    {
      OFString uid;
      return dataset.findAndGetOFString(DCM_SOPInstanceUID, uid).good()
               ? std::string(uid.c_str(), uid.size())
               : std::string();
    }

    // The encoders of DCMTK do this unless the host has told them not to
    bool EnsureNewSopInstanceUid(DcmDataset& dataset, const std::string& previous)
    {
      if (GetSopInstanceUid(dataset) != previous)
      {
        return true;
      }
      char uid[128];
      dcmGenerateUniqueIdentifier(uid, SITE_INSTANCE_UID_ROOT);
      return dataset.putAndInsertString(DCM_SOPInstanceUID, uid).good();
    }

    std::optional<std::vector<unsigned char>> Write(DcmFileFormat& file, E_TransferSyntax syntax)
    {
      const std::uint64_t length = file.calcElementLength(syntax, EET_ExplicitLength);
      if (length >= DCM_UndefinedLength)
      {
        return std::nullopt;
      }
      std::vector<unsigned char> buffer(static_cast<std::size_t>(length) +
                                        static_cast<std::size_t>(length / 1000) +
                                        WRITE_MARGIN_BYTES);
      DcmOutputBufferStream stream(buffer.data(), static_cast<offile_off_t>(buffer.size()));
      file.transferInit();
      const bool isGood =
        file.write(stream, syntax, EET_ExplicitLength, nullptr, EGL_recalcGL, EPD_withoutPadding)
          .good();
      file.transferEnd();
      if (!isGood)
      {
        return std::nullopt;
      }
      stream.flush();
      void* written = nullptr;
      offile_off_t writtenBytes = 0;
      stream.flushBuffer(written, writtenBytes);
      buffer.resize(static_cast<std::size_t>(writtenBytes));
      return buffer;
    }

    std::optional<std::vector<unsigned char>>
    Transcode(DcmFileFormat& file, E_TransferSyntax syntax, const TranscodeTarget& target)
    {
      DcmDataset& dataset = *file.getDataset();
      const bool isImage = dataset.tagExists(DCM_PixelData);
      const std::string previousUid = GetSopInstanceUid(dataset);
      if (!IsAllowedDepth(dataset, syntax) || !ChooseRepresentation(file, syntax, target))
      {
        return std::nullopt;
      }
      if (isImage && IsLossy(syntax) && !EnsureNewSopInstanceUid(dataset, previousUid))
      {
        return std::nullopt;
      }
      if (file.validateMetaInfo(syntax, EWM_updateMeta).bad())
      {
        return std::nullopt;
      }
      file.removeInvalidGroups();
      return Write(file, syntax);
    }
  } // namespace

  std::optional<std::vector<unsigned char>>
  TranscodeDicomFile(const void* data, std::size_t size, const TranscodeTarget& target)
  {
    const E_TransferSyntax syntax = DcmXfer(target.transferSyntaxUid.c_str()).getXfer();
    DcmFileFormat file;
    if (target.transferSyntaxUid.empty() || syntax == EXS_Unknown || !Parse(file, data, size) ||
        file.getDataset() == nullptr)
    {
      return std::nullopt;
    }
    const E_TransferSyntax source = GetTransferSyntax(*file.getDataset());
    if (source == EXS_Unknown)
    {
      return std::nullopt;
    }
    if (source == syntax)
    {
      const unsigned char* const bytes = static_cast<const unsigned char*>(data);
      return std::vector<unsigned char>(bytes, bytes + size);
    }
    return Transcode(file, syntax, target);
  }
} // namespace OrthancPlugins
