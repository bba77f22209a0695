// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "Gzip.h"

#include "../Failure.h"

#include <zlib.h>

#include <limits>

namespace OrthancPlugins
{
  namespace
  {
    constexpr int WINDOW_BITS = 15;
    constexpr int WITH_GZIP_HEADER = 16;
    constexpr int MEMORY_LEVEL = 8;

    // Frees the state of zlib, however it ends
    struct DeflateState
    {
      ~DeflateState() { deflateEnd(&stream); }

      z_stream stream = {};
    };
  } // namespace

  std::string CompressGzip(std::string_view text)
  {
    DeflateState state;
    const int code = deflateInit2(&state.stream, Z_BEST_SPEED, Z_DEFLATED,
                                  WINDOW_BITS + WITH_GZIP_HEADER, MEMORY_LEVEL, Z_DEFAULT_STRATEGY);
    if (code != Z_OK || text.size() > std::numeric_limits<uInt>::max() / 2)
    {
      throw Failure(FailureKind::Internal, "The answer cannot be compressed");
    }
    std::string compressed(deflateBound(&state.stream, static_cast<uLong>(text.size())), '\0');
    // zlib does not write to its input
    state.stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    state.stream.avail_in = static_cast<uInt>(text.size());
    state.stream.next_out = reinterpret_cast<Bytef*>(compressed.data());
    state.stream.avail_out = static_cast<uInt>(compressed.size());
    if (deflate(&state.stream, Z_FINISH) != Z_STREAM_END)
    {
      throw Failure(FailureKind::Internal, "The answer cannot be compressed");
    }
    compressed.resize(state.stream.total_out);
    return compressed;
  }
} // namespace OrthancPlugins
