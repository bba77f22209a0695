// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "DicomFiles.h"

#include "../../Plugin/Core/Dicom/KeyElements.h"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcfilefo.h>
#include <dcmtk/dcmdata/dcostrmb.h>
#include <dcmtk/dcmdata/dcxfer.h>

#include <stdexcept>

namespace OrthancPlugins
{
  std::string WriteDicomFile(DcmFileFormat& file, const std::string& transferSyntaxUid)
  {
    const E_TransferSyntax syntax = DcmXfer(transferSyntaxUid.c_str()).getXfer();
    std::string buffer(4 << 20, '\0');
    DcmOutputBufferStream stream(&buffer[0], static_cast<offile_off_t>(buffer.size()));
    file.transferInit();
    if (file.write(stream, syntax, EET_ExplicitLength, nullptr).bad())
    {
      throw std::runtime_error("DCMTK cannot write the sample");
    }
    file.transferEnd();
    stream.flush();
    void* written = nullptr;
    offile_off_t length = 0;
    stream.flushBuffer(written, length);
    buffer.resize(static_cast<std::size_t>(length));
    return buffer;
  }

  std::string MakeRawDicomFile(const std::string& transferSyntaxUid, const std::string& dataset)
  {
    std::string meta;
    AppendElement(meta, 0x00020001, "OB", std::string("\0\1", 2));
    AppendElement(meta, 0x00020010, "UI", transferSyntaxUid);
    std::string length;
    AppendUint32(length, static_cast<std::uint32_t>(meta.size()));
    std::string file(128, '\0');
    file += "DICM";
    AppendElement(file, 0x00020000, "UL", length);
    return file + meta + dataset;
  }
} // namespace OrthancPlugins
