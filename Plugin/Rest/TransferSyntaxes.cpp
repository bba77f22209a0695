// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "TransferSyntaxes.h"

#include <algorithm>
#include <iterator>

namespace OrthancPlugins
{
  namespace
  {
    // PS3.6 table A-1, without what the host has never heard of
    constexpr std::string_view KNOWN[] = {
      "1.2.840.10008.1.2",       // Implicit VR Little Endian
      "1.2.840.10008.1.2.1",     // Explicit VR Little Endian
      "1.2.840.10008.1.2.1.99",  // Deflated Explicit VR Little Endian
      "1.2.840.10008.1.2.2",     // Explicit VR Big Endian
      "1.2.840.10008.1.2.4.50",  // JPEG Baseline
      "1.2.840.10008.1.2.4.51",  // JPEG Extended
      "1.2.840.10008.1.2.4.52",  // from here to .56: retired JPEG processes
      "1.2.840.10008.1.2.4.53",  //
      "1.2.840.10008.1.2.4.54",  //
      "1.2.840.10008.1.2.4.55",  //
      "1.2.840.10008.1.2.4.56",  //
      "1.2.840.10008.1.2.4.57",  // JPEG Lossless
      "1.2.840.10008.1.2.4.58",  // from here to .66: retired JPEG processes
      "1.2.840.10008.1.2.4.59",  //
      "1.2.840.10008.1.2.4.60",  //
      "1.2.840.10008.1.2.4.61",  //
      "1.2.840.10008.1.2.4.62",  //
      "1.2.840.10008.1.2.4.63",  //
      "1.2.840.10008.1.2.4.64",  //
      "1.2.840.10008.1.2.4.65",  //
      "1.2.840.10008.1.2.4.66",  //
      "1.2.840.10008.1.2.4.70",  // JPEG Lossless, first-order prediction
      "1.2.840.10008.1.2.4.80",  // JPEG-LS Lossless
      "1.2.840.10008.1.2.4.81",  // JPEG-LS Near-Lossless
      "1.2.840.10008.1.2.4.90",  // JPEG 2000, lossless only
      "1.2.840.10008.1.2.4.91",  // JPEG 2000
      "1.2.840.10008.1.2.4.92",  // JPEG 2000 Part 2, lossless only
      "1.2.840.10008.1.2.4.93",  // JPEG 2000 Part 2
      "1.2.840.10008.1.2.4.94",  // JPIP Referenced
      "1.2.840.10008.1.2.4.95",  // JPIP Referenced Deflate
      "1.2.840.10008.1.2.4.100", // MPEG2 Main Profile / Main Level
      "1.2.840.10008.1.2.4.101", // MPEG2 Main Profile / High Level
      "1.2.840.10008.1.2.4.102", // MPEG-4 AVC/H.264 High Profile / Level 4.1
      "1.2.840.10008.1.2.4.103", // MPEG-4 AVC/H.264 BD-compatible
      "1.2.840.10008.1.2.4.104", // MPEG-4 AVC/H.264 Level 4.2 for 2D video
      "1.2.840.10008.1.2.4.105", // MPEG-4 AVC/H.264 Level 4.2 for 3D video
      "1.2.840.10008.1.2.4.106", // MPEG-4 AVC/H.264 Stereo High Profile
      "1.2.840.10008.1.2.4.107", // HEVC/H.265 Main Profile / Level 5.1
      "1.2.840.10008.1.2.4.108", // HEVC/H.265 Main 10 Profile / Level 5.1
      "1.2.840.10008.1.2.5",     // RLE Lossless
      "1.2.840.10008.1.2.6.1",   // RFC 2557 MIME encapsulation
      "1.2.840.10008.1.2.6.2"    // XML Encoding
    };

    // Known to the host since 1.12.11
    constexpr std::string_view KNOWN_LATER[] = {
      "1.2.840.10008.1.2.4.110", // JPEG XL Lossless
      "1.2.840.10008.1.2.4.111", // JPEG XL JPEG Recompression
      "1.2.840.10008.1.2.4.112", // JPEG XL
      "1.2.840.10008.1.2.4.201", // High-Throughput JPEG 2000, lossless only
      "1.2.840.10008.1.2.4.202", // High-Throughput JPEG 2000 with RPCL options, lossless only
      "1.2.840.10008.1.2.4.203"  // High-Throughput JPEG 2000
    };
  } // namespace

  bool IsKnownTransferSyntax(std::string_view uid, const HostVersion& version)
  {
    if (std::find(std::begin(KNOWN), std::end(KNOWN), uid) != std::end(KNOWN))
    {
      return true;
    }
    return version.IsAtLeast(1, 12, 11) &&
           std::find(std::begin(KNOWN_LATER), std::end(KNOWN_LATER), uid) != std::end(KNOWN_LATER);
  }
} // namespace OrthancPlugins
