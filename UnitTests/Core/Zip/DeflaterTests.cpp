// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../../Plugin/Core/Failure.h"
#include "../../../Plugin/Core/Zip/Deflater.h"
#include "../../Fakes/ZipReader.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include <zlib.h>

namespace OrthancPlugins
{
  namespace
  {
    enum class Content
    {
      Zeros,
      Slopes, // compressible, like an image with noise
      Noise   // incompressible
    };

    std::string MakeContent(Content content, std::size_t sizeBytes, unsigned seed)
    {
      std::mt19937 generator(seed);
      std::string result(sizeBytes, '\0');
      for (std::size_t i = 0; content != Content::Zeros && i < sizeBytes; i++)
      {
        const unsigned random = static_cast<unsigned>(generator());
        const std::size_t value = content == Content::Noise ? random : i / 4096 + random % 8;
        result[i] = static_cast<char>(value & 0xFF);
      }
      return result;
    }

    std::string Deflate(Deflater& deflater, const std::string& input, DeflateEnd end)
    {
      const std::size_t bound = static_cast<std::size_t>(Deflater::GetBound(input.size()));
      std::vector<unsigned char> target(bound); // of the exact size: a sanitizer sees any excess
      const std::size_t size = deflater.Deflate(input.data(), input.size(), end, target.data());
      EXPECT_LE(size, bound);
      return std::string(target.begin(), target.begin() + static_cast<std::ptrdiff_t>(size));
    }

    std::uint32_t GetZlibCrc(const std::string& input)
    {
      return static_cast<std::uint32_t>(
        crc32_z(0, reinterpret_cast<const Bytef*>(input.data()), input.size()));
    }

    const std::size_t SIZES[] = {0,     1,     2,     3,      100,     4095,    65534,
                                 65535, 65536, 65537, 131070, 1 << 19, 1 << 20, (1 << 20) + 1};
    const Content CONTENTS[] = {Content::Zeros, Content::Slopes, Content::Noise};
  } // namespace

  class DeflaterOfDensity : public testing::TestWithParam<ArchiveDensity>
  {
  };

  TEST_P(DeflaterOfDensity, FinalBlockInflates)
  {
    Deflater deflater(GetParam());
    for (const Content content : CONTENTS)
    {
      for (const std::size_t size : SIZES)
      {
        const std::string input = MakeContent(content, size, 1);

        EXPECT_TRUE(InflateRaw(Deflate(deflater, input, DeflateEnd::Final)) == input) << size;
      }
    }
  }

  TEST_P(DeflaterOfDensity, ContinuedBlocksJoin)
  {
    Deflater deflater(GetParam());
    for (const Content content : CONTENTS)
    {
      std::string input;
      std::string stream;
      for (const std::size_t size : SIZES)
      {
        const std::string part = MakeContent(content, size, 2);
        const std::string block = Deflate(deflater, part, DeflateEnd::Continued);
        ASSERT_GE(block.size(), 4u);
        EXPECT_EQ(std::string("\x00\x00\xFF\xFF", 4), block.substr(block.size() - 4)) << size;
        input += part;
        stream += block;
      }
      stream += Deflate(deflater, "end", DeflateEnd::Final);

      EXPECT_TRUE(InflateRaw(stream) == input + "end");
    }
  }

  // The last deflate block ends at any of the eight bits
  TEST_P(DeflaterOfDensity, RandomBlocksJoinInAnyOrder)
  {
    std::mt19937 random(3);
    Deflater deflater(GetParam());
    for (unsigned round = 0; round < 60; round++)
    {
      std::string input;
      std::string stream;
      const unsigned parts = 1 + static_cast<unsigned>(random() % 5);
      for (unsigned i = 0; i < parts; i++)
      {
        const std::string part =
          MakeContent(CONTENTS[random() % 3], random() % 30000, static_cast<unsigned>(random()));
        stream +=
          Deflate(deflater, part, i + 1 == parts ? DeflateEnd::Final : DeflateEnd::Continued);
        input += part;
      }

      EXPECT_TRUE(InflateRaw(stream) == input) << round;
    }
  }

  TEST_P(DeflaterOfDensity, ContinuedBlockIsNoWholeStream)
  {
    Deflater deflater(GetParam());
    for (const std::size_t size : SIZES)
    {
      const std::string block =
        Deflate(deflater, MakeContent(Content::Slopes, size, 4), DeflateEnd::Continued);

      EXPECT_THROW(InflateRaw(block), std::runtime_error) << size;
    }
  }

  TEST_P(DeflaterOfDensity, ReuseChangesNothing)
  {
    Deflater used(GetParam());
    for (const Content content : CONTENTS)
    {
      for (const std::size_t size : SIZES)
      {
        const std::string input = MakeContent(content, size, 5);
        Deflater fresh(GetParam());

        EXPECT_TRUE(Deflate(used, input, DeflateEnd::Continued) ==
                    Deflate(fresh, input, DeflateEnd::Continued))
          << size;
        EXPECT_TRUE(Deflate(used, input, DeflateEnd::Final) ==
                    Deflate(fresh, input, DeflateEnd::Final))
          << size;
      }
    }
  }

  TEST_P(DeflaterOfDensity, CompressesWhatCanBeCompressed)
  {
    Deflater deflater(GetParam());

    EXPECT_LT(Deflate(deflater, MakeContent(Content::Zeros, 1 << 20, 6), DeflateEnd::Final).size(),
              20000u);
    EXPECT_LT(Deflate(deflater, MakeContent(Content::Slopes, 1 << 20, 6), DeflateEnd::Final).size(),
              700000u);
  }

  TEST_P(DeflaterOfDensity, RefusesHugeBlocks)
  {
    Deflater deflater(GetParam());
    unsigned char byte = 0;

    EXPECT_THROW(deflater.Deflate(&byte, Deflater::MAX_BLOCK_BYTES + 1, DeflateEnd::Final, &byte),
                 Failure);
  }

  INSTANTIATE_TEST_SUITE_P(Densities,
                           DeflaterOfDensity,
                           testing::Values(ArchiveDensity::Fast, ArchiveDensity::Dense));

  TEST(Deflater, CrcIsThatOfZlib)
  {
    EXPECT_EQ(0u, UpdateCrc32(0, nullptr, 0));
    EXPECT_EQ(0xCBF43926u, UpdateCrc32(0, "123456789", 9)); // the check value of CRC-32
    for (const std::size_t size : SIZES)
    {
      const std::string input = MakeContent(Content::Noise, size, 7);
      EXPECT_EQ(GetZlibCrc(input), UpdateCrc32(0, input.data(), input.size())) << size;
    }
  }

  TEST(Deflater, CrcsCombine)
  {
    const std::string input = MakeContent(Content::Noise, 100000, 8);
    for (const std::size_t cut : {0u, 1u, 50000u, 99999u, 100000u})
    {
      const std::uint32_t first = UpdateCrc32(0, input.data(), cut);
      const std::uint32_t second = UpdateCrc32(0, input.data() + cut, input.size() - cut);

      EXPECT_EQ(GetZlibCrc(input), CombineCrc32(first, second, input.size() - cut));
      EXPECT_EQ(GetZlibCrc(input), UpdateCrc32(first, input.data() + cut, input.size() - cut));
    }
  }
} // namespace OrthancPlugins
