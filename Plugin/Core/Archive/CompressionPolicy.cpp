// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "CompressionPolicy.h"

#include <algorithm>
#include <iterator>
#include <string_view>

namespace OrthancPlugins
{
  namespace
  {
    // PS3.6 table A-1, in lexical order. The references to pixel data elsewhere (JPIP, .4.94 and
    // .4.204) hold no pixels; their deflated forms (.4.95 and .4.205) are deflated as a whole
    constexpr std::string_view COMPRESSED[] = {
      "1.2.840.10008.1.2.1.99",    // Deflated Explicit VR Little Endian
      "1.2.840.10008.1.2.4.100",   // MPEG2 Main Profile / Main Level
      "1.2.840.10008.1.2.4.100.1", // Fragmentable MPEG2 Main Profile / Main Level
      "1.2.840.10008.1.2.4.101",   // MPEG2 Main Profile / High Level
      "1.2.840.10008.1.2.4.101.1", // Fragmentable MPEG2 Main Profile / High Level
      "1.2.840.10008.1.2.4.102",   // MPEG-4 AVC/H.264 High Profile / Level 4.1
      "1.2.840.10008.1.2.4.102.1", // Fragmentable MPEG-4 AVC/H.264 High Profile / Level 4.1
      "1.2.840.10008.1.2.4.103",   // MPEG-4 AVC/H.264 BD-compatible High Profile / Level 4.1
      "1.2.840.10008.1.2.4.103.1", // Fragmentable MPEG-4 AVC/H.264 BD-compatible High Profile
      "1.2.840.10008.1.2.4.104",   // MPEG-4 AVC/H.264 High Profile / Level 4.2 for 2D video
      "1.2.840.10008.1.2.4.104.1", // Fragmentable MPEG-4 AVC/H.264 Level 4.2 for 2D video
      "1.2.840.10008.1.2.4.105",   // MPEG-4 AVC/H.264 High Profile / Level 4.2 for 3D video
      "1.2.840.10008.1.2.4.105.1", // Fragmentable MPEG-4 AVC/H.264 Level 4.2 for 3D video
      "1.2.840.10008.1.2.4.106",   // MPEG-4 AVC/H.264 Stereo High Profile / Level 4.2
      "1.2.840.10008.1.2.4.106.1", // Fragmentable MPEG-4 AVC/H.264 Stereo High Profile
      "1.2.840.10008.1.2.4.107",   // HEVC/H.265 Main Profile / Level 5.1
      "1.2.840.10008.1.2.4.108",   // HEVC/H.265 Main 10 Profile / Level 5.1
      "1.2.840.10008.1.2.4.110",   // JPEG XL Lossless
      "1.2.840.10008.1.2.4.111",   // JPEG XL JPEG Recompression
      "1.2.840.10008.1.2.4.112",   // JPEG XL
      "1.2.840.10008.1.2.4.201",   // High-Throughput JPEG 2000 (lossless only)
      "1.2.840.10008.1.2.4.202",   // High-Throughput JPEG 2000 with RPCL options (lossless only)
      "1.2.840.10008.1.2.4.203",   // High-Throughput JPEG 2000
      "1.2.840.10008.1.2.4.205",   // JPIP HTJ2K Referenced Deflate
      "1.2.840.10008.1.2.4.50",    // JPEG Baseline (Process 1)
      "1.2.840.10008.1.2.4.51",    // JPEG Extended (Process 2 & 4)
      "1.2.840.10008.1.2.4.52",    // JPEG Extended (Process 3 & 5), retired as those up to .66
      "1.2.840.10008.1.2.4.53",    //
      "1.2.840.10008.1.2.4.54",    //
      "1.2.840.10008.1.2.4.55",    //
      "1.2.840.10008.1.2.4.56",    //
      "1.2.840.10008.1.2.4.57",    // JPEG Lossless, Non-Hierarchical (Process 14); not retired
      "1.2.840.10008.1.2.4.58",    //
      "1.2.840.10008.1.2.4.59",    //
      "1.2.840.10008.1.2.4.60",    //
      "1.2.840.10008.1.2.4.61",    //
      "1.2.840.10008.1.2.4.62",    //
      "1.2.840.10008.1.2.4.63",    //
      "1.2.840.10008.1.2.4.64",    //
      "1.2.840.10008.1.2.4.65",    //
      "1.2.840.10008.1.2.4.66",    //
      "1.2.840.10008.1.2.4.70",    // JPEG Lossless, First-Order Prediction
      "1.2.840.10008.1.2.4.80",    // JPEG-LS Lossless
      "1.2.840.10008.1.2.4.81",    // JPEG-LS Lossy (Near-Lossless)
      "1.2.840.10008.1.2.4.90",    // JPEG 2000 (lossless only)
      "1.2.840.10008.1.2.4.91",    // JPEG 2000
      "1.2.840.10008.1.2.4.92",    // JPEG 2000 Part 2 Multi-component (lossless only)
      "1.2.840.10008.1.2.4.93",    // JPEG 2000 Part 2 Multi-component
      "1.2.840.10008.1.2.4.95",    // JPIP Referenced Deflate
      "1.2.840.10008.1.2.5",       // RLE Lossless
      "1.2.840.10008.1.2.8.1",     // Deflated Image Frame Compression
    };
  } // namespace

  bool IsCompressedTransferSyntax(const std::string& uid)
  {
    return std::binary_search(std::begin(COMPRESSED), std::end(COMPRESSED), std::string_view(uid));
  }
} // namespace OrthancPlugins
