// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../../Plugin/Core/Failure.h"
#include "../../../Plugin/Core/Zip/Deflater.h"
#include "../../../Plugin/Core/Zip/ZipCipher.h"
#include "../../../Plugin/Core/Zip/ZipLength.h"
#include "../../../Plugin/Core/Zip/ZipWriter.h"
#include "../../Fakes/CountingSink.h"
#include "../../Fakes/MemorySink.h"
#include "../../Fakes/ZipDecryptor.h"
#include "../../Fakes/ZipReader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace OrthancPlugins
{
  namespace
  {
    // Sunday 2020-09-13 12:26:40 UTC
    constexpr std::time_t SOME_TIME = 1600000000;

    // A data entry that 7-Zip 26.02 has made with the password "secret"
    const std::string
      SEVEN_ZIP_DATA("\xA7\xAC\x1E\xD4\xE9\xB7\x92\x07\x04\x81\xAD\xD6\x70\x43\xAE\x92\x99\x73"
                     "\x07\x1A\x9C\xCB\x14\xC5\xEC\xB7\x59\xF0\x6E\xE1\x9C\x97\xC0\x5E\x8E\x51"
                     "\xD4\xBE\x08\xC4\xC1\xDB\x5D\xF6\xE7\x0B\xE5\x38",
                     48);

    // No run of it repeats within an AES block or a batch
    std::string MakeContent(std::size_t sizeBytes)
    {
      std::string content(sizeBytes, '\0');
      std::uint32_t state = 1;
      for (char& byte : content)
      {
        state = state * 1664525u + 1013904223u;
        byte = static_cast<char>(state >> 24);
      }
      return content;
    }

    // In pieces of "pieceBytes"
    std::string Encrypt(ZipCipher& cipher, std::string content, std::size_t pieceBytes)
    {
      unsigned char header[ZIP_CIPHER_HEADER_BYTES];
      unsigned char trailer[ZIP_CIPHER_TRAILER_BYTES];
      cipher.Begin(header);
      for (std::size_t i = 0; i < content.size(); i += pieceBytes)
      {
        const std::size_t size = std::min(pieceBytes, content.size() - i);
        cipher.Encrypt(content.data() + i, size, reinterpret_cast<unsigned char*>(&content[i]));
      }
      cipher.End(trailer);
      return std::string(reinterpret_cast<const char*>(header), sizeof(header)) + content +
             std::string(reinterpret_cast<const char*>(trailer), sizeof(trailer));
    }

    FailureKind GetKind(const std::function<void()>& function)
    {
      try
      {
        function();
      }
      catch (const Failure& failure)
      {
        EXPECT_EQ(std::string::npos, std::string(failure.what()).find("secret"));
        return failure.GetKind();
      }
      ADD_FAILURE() << "No failure";
      return FailureKind::Internal;
    }

    ZipSizes MakeStoredSizes(const std::string& content)
    {
      return ZipSizes{UpdateCrc32(0, content.data(), content.size()), content.size(),
                      content.size()};
    }

    void AddStored(ZipWriter& writer, const std::string& path, const std::string& content)
    {
      writer.BeginEntry(ZipEntry{path, ZipMethod::Stored, SOME_TIME}, MakeStoredSizes(content));
      writer.Write(content.data(), content.size());
      writer.EndEntry();
    }

    std::string Deflate(const std::string& content)
    {
      Deflater deflater(ArchiveDensity::Fast);
      std::string block(static_cast<std::size_t>(Deflater::GetBound(content.size())), '\0');
      block.resize(deflater.Deflate(content.data(), content.size(), DeflateEnd::Final,
                                    reinterpret_cast<unsigned char*>(&block[0])));
      return block;
    }

    void AddDeflated(ZipWriter& writer, const std::string& path, const std::string& content)
    {
      const std::string deflated = Deflate(content);
      ZipSizes sizes = MakeStoredSizes(content);
      sizes.compressedBytes = deflated.size();
      writer.BeginEntry(ZipEntry{path, ZipMethod::Deflated, std::nullopt}, sizes);
      writer.Write(deflated.data(), deflated.size());
      writer.EndEntry();
    }

    void AddStreamed(ZipWriter& writer,
                     const std::string& path,
                     const std::string& content,
                     std::uint64_t maxBytes)
    {
      const std::string deflated = Deflate(content);
      ZipSizes sizes = MakeStoredSizes(content);
      sizes.compressedBytes = deflated.size();
      writer.BeginStreamedEntry(ZipEntry{path, ZipMethod::Deflated, SOME_TIME}, maxBytes);
      writer.Write(deflated.data(), deflated.size());
      writer.EndStreamedEntry(sizes);
    }
  } // namespace

  // The test's own tool, with what another program made
  TEST(ZipCipher, DecryptorReadsAnotherProgram)
  {
    EXPECT_EQ("Hello, hidden world\n", DecryptZipData(SEVEN_ZIP_DATA, "secret"));
    EXPECT_THROW(DecryptZipData(SEVEN_ZIP_DATA, "Secret"), std::runtime_error);
    std::string changed = SEVEN_ZIP_DATA;
    changed[20] = static_cast<char>(changed[20] ^ 1);
    EXPECT_THROW(DecryptZipData(changed, "secret"), std::runtime_error);
  }

  TEST(ZipCipher, DecryptsToTheSame)
  {
    ZipCipher cipher("secret");
    for (const std::size_t size :
         {0u, 1u, 15u, 16u, 17u, 4095u, 8191u, 8192u, 8193u, 100000u, 300000u})
    {
      const std::string content = MakeContent(size);
      for (const std::size_t piece : {1000000u, 8192u, 1000u, 16u, 7u})
      {
        const std::string encrypted = Encrypt(cipher, content, piece);

        ASSERT_EQ(size + ZIP_CIPHER_EXTRA_BYTES, encrypted.size());
        EXPECT_EQ(content, DecryptZipData(encrypted, "secret")) << size << " " << piece;
      }
    }
  }

  TEST(ZipCipher, NoTwoEntriesHaveOneKeyStream)
  {
    ZipCipher cipher("secret");
    const std::string zeros(1000, '\0');
    std::set<std::string> salts;
    std::set<std::string> streams;
    for (unsigned i = 0; i < 20; i++)
    {
      const std::string encrypted = Encrypt(cipher, zeros, zeros.size());
      salts.insert(encrypted.substr(0, 16));
      streams.insert(encrypted.substr(18, 16));
    }

    EXPECT_EQ(20u, salts.size());
    EXPECT_EQ(20u, streams.size());
  }

  TEST(ZipCipher, BytesOfThePasswordAsTheyAre)
  {
    for (const std::string& password :
         {std::string("\xC3\xA9\xE2\x82\xAC"), std::string("a\0b", 3), std::string(5000, 'x')})
    {
      ZipCipher cipher(password);

      EXPECT_EQ("content", DecryptZipData(Encrypt(cipher, "content", 3), password));
    }
  }

  TEST(ZipCipher, RefusesWhatIsWrong)
  {
    unsigned char header[ZIP_CIPHER_HEADER_BYTES];
    unsigned char trailer[ZIP_CIPHER_TRAILER_BYTES];
    unsigned char byte = 0;
    EXPECT_EQ(FailureKind::BadRequest, GetKind([] { ZipCipher cipher(""); }));
    ZipCipher cipher("secret");
    EXPECT_EQ(FailureKind::Internal, GetKind([&] { cipher.Encrypt(&byte, 1, &byte); }));
    EXPECT_EQ(FailureKind::Internal, GetKind([&] { cipher.End(trailer); }));
    cipher.Begin(header);
    EXPECT_EQ(FailureKind::Internal, GetKind([&] { cipher.Begin(header); }));
    cipher.End(trailer);
    EXPECT_EQ(FailureKind::Internal, GetKind([&] { cipher.End(trailer); }));
  }

  TEST(ZipCipher, EveryFieldOfAnEncryptedEntry)
  {
    MemorySink sink;
    ZipCipher cipher("secret");
    ZipWriter writer(sink, &cipher);
    AddStored(writer, "a/b.dcm", "123456789");
    writer.Finish();

    const std::string& zip = sink.GetContent();
    const auto get = [&](std::size_t offset, unsigned size)
    { return ReadLittleEndian(zip, offset, size); };
    EXPECT_EQ(0x04034b50u, get(0, 4)); // 4.3.7
    EXPECT_EQ(51u, get(4, 2));         // 4.4.3 version needed: AES
    EXPECT_EQ(1u, get(6, 2));          // 4.4.4 bit 0: encrypted
    EXPECT_EQ(99u, get(8, 2));         // method: AES
    EXPECT_EQ(0u, get(14, 4));         // AE-2: no CRC
    EXPECT_EQ(9u + 28u, get(18, 4));   // with salt, verification and code
    EXPECT_EQ(9u, get(22, 4));
    EXPECT_EQ(7u, get(26, 2));
    EXPECT_EQ(11u + 9u, get(28, 2));
    EXPECT_EQ("a/b.dcm", zip.substr(30, 7));
    EXPECT_EQ(0x9901u, get(37, 2));
    EXPECT_EQ(7u, get(39, 2));
    EXPECT_EQ(2u, get(41, 2)); // AE-2
    EXPECT_EQ("AE", zip.substr(43, 2));
    EXPECT_EQ(3u, get(45, 1));      // 256 bits
    EXPECT_EQ(0u, get(46, 2));      // the method of the data: stored
    EXPECT_EQ(0x5455u, get(48, 2)); // 4.6.1
    EXPECT_EQ(1600000000u, get(53, 4));
    EXPECT_EQ("123456789", DecryptZipData(zip.substr(57, 37), "secret"));
    EXPECT_EQ(0x02014b50u, get(94, 4)); // 4.3.12
    EXPECT_EQ(51u, get(98, 2));         // 4.4.2 made by
    EXPECT_EQ(51u, get(100, 2));
    EXPECT_EQ(1u, get(102, 2));
    EXPECT_EQ(99u, get(104, 2));
    EXPECT_EQ(0u, get(110, 4));
    EXPECT_EQ(37u, get(114, 4));
    EXPECT_EQ(9u, get(118, 4));
    EXPECT_EQ(20u, get(124, 2));
    EXPECT_EQ(zip.substr(37, 20), zip.substr(94 + 46 + 7, 20)); // the same extra fields
    EXPECT_EQ(std::string::npos, zip.find("123456789"));
  }

  TEST(ZipCipher, EveryFormOfAnEntry)
  {
    MemorySink sink;
    ZipCipher cipher("secret");
    ZipWriter writer(sink, &cipher);
    const std::string content = std::string(100000, 'x') + MakeContent(600000);
    AddStored(writer, "stored", content);
    AddStored(writer, "empty", "");
    AddDeflated(writer,
                "d\xC3\xA9"
                "flated",
                content);
    AddStreamed(writer, "streamed", content, content.size() + 1000);
    AddStreamed(writer, "streamed64", content, ZIP64_LIMIT_BYTES);
    writer.Finish();

    const std::vector<ReadZipEntry> entries = ReadZip(sink.GetContent(), "secret");
    ASSERT_EQ(5u, entries.size());
    EXPECT_EQ(0u, entries[0].dataMethod);
    EXPECT_EQ(8u, entries[2].dataMethod);
    EXPECT_EQ(1u, entries[1].flags);
    EXPECT_EQ(1u | 1u << 11, entries[2].flags);
    EXPECT_EQ(1u | 1u << 3, entries[3].flags);
    for (const ReadZipEntry& entry : entries)
    {
      EXPECT_EQ(99u, entry.method);
      EXPECT_EQ(entry.path == "empty" ? "" : content, entry.content) << entry.path;
    }
    EXPECT_THROW(ReadZip(sink.GetContent(), "wrong"), std::runtime_error);
  }

  TEST(ZipCipher, NoCipherIsNoEncryption)
  {
    MemorySink plain;
    MemorySink sink;
    ZipWriter first(plain);
    ZipWriter second(sink, nullptr);
    AddStored(first, "a", "content");
    AddStored(second, "a", "content");
    first.Finish();
    second.Finish();

    EXPECT_EQ(plain.GetContent(), sink.GetContent());
  }

  // From 28 bytes below the limit on the encryption makes the difference
  TEST(ZipCipher, TheEncryptionCountsForZip64)
  {
    for (const std::uint64_t size : {0xFFFFFFFEull - 28, 0xFFFFFFFFull - 28})
    {
      MemorySink sink;
      MemorySink streamedSink;
      ZipCipher cipher("secret");
      ZipCipher streamedCipher("secret");
      ZipWriter writer(sink, &cipher);
      ZipWriter streamed(streamedSink, &streamedCipher);
      writer.BeginEntry(ZipEntry{"huge", ZipMethod::Stored, SOME_TIME}, ZipSizes{1, size, size});
      streamed.BeginStreamedEntry(ZipEntry{"huge", ZipMethod::Deflated, SOME_TIME}, size);

      const bool isZip64 = size + 28 >= 0xFFFFFFFF;
      const std::string& local = sink.GetContent();
      EXPECT_EQ(51u, ReadLittleEndian(local, 4, 2));
      EXPECT_EQ(isZip64 ? 0xFFFFFFFF : size + 28, ReadLittleEndian(local, 18, 4));
      EXPECT_EQ(isZip64 ? 0xFFFFFFFF : size, ReadLittleEndian(local, 22, 4));
      EXPECT_EQ(isZip64 ? 40u : 20u, ReadLittleEndian(local, 28, 2));
      EXPECT_EQ(isZip64 ? 40u : 20u, ReadLittleEndian(streamedSink.GetContent(), 28, 2));
      if (isZip64)
      {
        EXPECT_EQ(0x00100001u, ReadLittleEndian(local, 34, 4));
        EXPECT_EQ(size, ReadLittleEndian(local, 38, 8));
        EXPECT_EQ(size + 28, ReadLittleEndian(local, 46, 8));
        EXPECT_EQ(0x9901u, ReadLittleEndian(local, 54, 2));
      }
      else
      {
        EXPECT_EQ(0x9901u, ReadLittleEndian(local, 34, 2));
      }
    }
  }

  TEST(ZipCipher, LargeEntriesHaveTheForeseenLength)
  {
    const std::string block(1 << 20, 'x');
    const std::uint64_t size = 4097 * block.size();
    CountingSink sink(64 * 1024);
    ZipCipher cipher("secret");
    ZipWriter writer(sink, &cipher);
    ZipLength length;
    writer.BeginEntry(ZipEntry{"huge", ZipMethod::Stored, SOME_TIME}, ZipSizes{1, size, size});
    for (unsigned i = 0; i < 4097; i++)
    {
      writer.Write(block.data(), block.size());
    }
    writer.EndEntry();
    const std::uint64_t offset = writer.GetBytesWritten();
    AddStored(writer, "after", "content");
    const std::uint64_t directory = writer.GetBytesWritten();
    writer.Finish();
    length.AddEncryptedEntry("huge", size, SOME_TIME);
    EXPECT_EQ(offset, length.GetEnd().directoryOffset);
    length.AddEncryptedEntry("after", 7, SOME_TIME);

    EXPECT_EQ(sink.GetBytesWritten(), length.GetTotalBytes());
    // 4.5.3: in the second central header only the offset, before the field of the encryption
    const std::string central = sink.Read(directory + 46 + 4 + 40, 46 + 5 + 12 + 20);
    EXPECT_EQ(51u, ReadLittleEndian(central, 6, 2));
    EXPECT_EQ(35u, ReadLittleEndian(central, 20, 4));
    EXPECT_EQ(0xFFFFFFFFu, ReadLittleEndian(central, 42, 4));
    EXPECT_EQ(0x00080001u, ReadLittleEndian(central, 51, 4));
    EXPECT_EQ(offset, ReadLittleEndian(central, 55, 8));
    EXPECT_EQ(0x9901u, ReadLittleEndian(central, 63, 2));
  }

  TEST(ZipCipher, RefusesWrongSizes)
  {
    for (const std::size_t written : {0u, 1u, 3u})
    {
      MemorySink sink;
      ZipCipher cipher("secret");
      ZipWriter writer(sink, &cipher);
      writer.BeginEntry(ZipEntry{"x", ZipMethod::Stored, SOME_TIME}, ZipSizes{0, 2, 2});
      writer.Write("abc", written);
      EXPECT_EQ(FailureKind::Internal, GetKind([&] { writer.EndEntry(); }));
    }
    MemorySink sink;
    ZipCipher cipher("secret");
    ZipWriter writer(sink, &cipher);
    writer.BeginStreamedEntry(ZipEntry{"x", ZipMethod::Deflated, SOME_TIME}, 10);
    writer.Write("abc", 3);
    EXPECT_EQ(FailureKind::Internal, GetKind(
                                       [&] {
                                         writer.EndStreamedEntry(ZipSizes{0, 3, ZIP64_LIMIT_BYTES});
                                       }));
  }

  TEST(ZipCipher, FailedSinkLeavesNoDirectory)
  {
    ZipLength length;
    length.AddEncryptedEntry("a", 5, SOME_TIME);
    for (std::size_t accepted = 0; accepted < length.GetTotalBytes(); accepted++)
    {
      FailingSink sink(accepted, FailureKind::StorageFull);
      ZipCipher cipher("secret");
      ZipWriter writer(sink, &cipher);
      EXPECT_EQ(FailureKind::StorageFull, GetKind(
                                            [&]
                                            {
                                              AddStored(writer, "a", "12345");
                                              writer.Finish();
                                            }));

      EXPECT_THROW(writer.Finish(), Failure);
      EXPECT_EQ(accepted, sink.GetContent().size());
    }
  }

  TEST(ZipLength, ForeseesEncryptedArchives)
  {
    const std::pair<std::string, std::size_t> rows[] = {
      {"a", 0}, {"b/c", 5}, {"\xC3\xA9", 70000}, {"d", 300000}};
    MemorySink sink;
    ZipCipher cipher("secret");
    ZipWriter writer(sink, &cipher);
    ZipLength length;
    for (const auto& [path, size] : rows)
    {
      AddStored(writer, path, MakeContent(size));
      length.AddEncryptedEntry(path, size, SOME_TIME);
    }
    writer.Finish();

    EXPECT_EQ(sink.GetContent().size(), length.GetTotalBytes());
  }
} // namespace OrthancPlugins
