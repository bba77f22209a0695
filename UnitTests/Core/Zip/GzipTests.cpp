// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../../Plugin/Core/Zip/Gzip.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <string>

namespace OrthancPlugins
{
  namespace
  {
    std::string Decompress(const std::string& compressed, std::size_t sizeBytes)
    {
      std::string text(sizeBytes + 1, '\0');
      z_stream stream = {};
      EXPECT_EQ(Z_OK, inflateInit2(&stream, 15 + 16)); // gzip only
      std::string input = compressed;
      stream.next_in = reinterpret_cast<Bytef*>(input.data());
      stream.avail_in = static_cast<uInt>(input.size());
      stream.next_out = reinterpret_cast<Bytef*>(text.data());
      stream.avail_out = static_cast<uInt>(text.size());
      EXPECT_EQ(Z_STREAM_END, inflate(&stream, Z_FINISH));
      EXPECT_EQ(0u, stream.avail_in);
      text.resize(stream.total_out);
      inflateEnd(&stream);
      return text;
    }
  } // namespace

  TEST(Gzip, ReadsBack)
  {
    std::string text;
    for (int i = 0; i < 20000; i++)
    {
      text += "metric_" + std::to_string(i) + " 1\n";
    }

    const std::string compressed = CompressGzip(text);

    EXPECT_LT(compressed.size(), text.size() / 3);
    EXPECT_EQ(text, Decompress(compressed, text.size()));
    EXPECT_EQ(compressed, CompressGzip(text));
    EXPECT_EQ("", Decompress(CompressGzip(""), 0));
  }
} // namespace OrthancPlugins
