// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "../IDicomStore.h"

#include <cstddef>
#include <optional>
#include <vector>

namespace OrthancPlugins
{
  /**
   * Transcodes a DICOM file with the codecs that are registered in DCMTK, for hosts whose SDK cannot
   * set the quality of JPEG. The host has registered them, we share its DCMTK; this function neither
   * registers nor unregisters codecs.
   *
   * Same rules as the host's DcmtkTranscoder: baseline JPEG needs 8 bits stored, extended JPEG at most
   * 12; compressing with loss gives the instance a new SOP Instance UID, in the meta header as well; a
   * file that is in the target syntax comes back as it is. The quality counts for JPEG baseline and
   * extended only, is limited to 1...100, and is 90 if absent.
   *
   * Absent if DCMTK cannot: no DICOM file, unknown transfer syntax, no codec, more than 4 GiB. The data
   * is read during the call only. Thread-safe.
   **/
  std::optional<std::vector<unsigned char>>
  TranscodeDicomFile(const void* data, std::size_t size, const TranscodeTarget& target);
} // namespace OrthancPlugins
