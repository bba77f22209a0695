// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../../Plugin/Core/Failure.h"
#include "../../../Plugin/Core/Zip/Deflater.h"
#include "../../../Plugin/Core/Zip/ZipLength.h"
#include "../../../Plugin/Core/Zip/ZipWriter.h"
#include "../../Fakes/CountingSink.h"
#include "../../Fakes/MemorySink.h"
#include "../../Fakes/ZipReader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace OrthancPlugins
{
  namespace
  {
    // Sunday 2020-09-13 12:26:40 UTC
    constexpr std::time_t SOME_TIME = 1600000000;

    ZipSizes MakeStoredSizes(const std::string& content)
    {
      return ZipSizes{UpdateCrc32(0, content.data(), content.size()), content.size(),
                      content.size()};
    }

    void AddStored(ZipWriter& writer,
                   const std::string& path,
                   const std::string& content,
                   std::optional<std::time_t> modifiedUtc)
    {
      writer.BeginEntry(ZipEntry{path, ZipMethod::Stored, modifiedUtc}, MakeStoredSizes(content));
      writer.Write(content.data(), content.size());
      writer.EndEntry();
    }

    void AddStreamed(ZipWriter& writer,
                     const std::string& path,
                     const std::string& content,
                     std::uint64_t maxBytes)
    {
      Deflater deflater(ArchiveDensity::Fast);
      std::vector<unsigned char> block(
        static_cast<std::size_t>(Deflater::GetBound(content.size())));
      ZipSizes sizes = MakeStoredSizes(content);
      sizes.compressedBytes =
        deflater.Deflate(content.data(), content.size(), DeflateEnd::Final, block.data());
      writer.BeginStreamedEntry(ZipEntry{path, ZipMethod::Deflated, SOME_TIME}, maxBytes);
      writer.Write(block.data(), static_cast<std::size_t>(sizes.compressedBytes));
      writer.EndStreamedEntry(sizes);
    }

    // Repeats one block; returns the sizes
    ZipSizes WriteHuge(ZipWriter& writer, std::uint64_t sizeBytes)
    {
      const std::string block(1 << 20, 'x');
      for (std::uint64_t left = sizeBytes; left > 0;)
      {
        const std::size_t size =
          static_cast<std::size_t>(std::min<std::uint64_t>(left, block.size()));
        writer.Write(block.data(), size);
        left -= size;
      }
      return ZipSizes{0x12345678, sizeBytes, sizeBytes};
    }

    FailureKind GetKind(const std::function<void()>& function)
    {
      try
      {
        function();
      }
      catch (const Failure& failure)
      {
        return failure.GetKind();
      }
      ADD_FAILURE() << "No failure";
      return FailureKind::Internal;
    }

    // Reads field by field
    class Cursor
    {
    public:
      explicit Cursor(const std::string& bytes)
        : bytes_(bytes)
      {
      }

      std::uint64_t Get(unsigned sizeBytes)
      {
        position_ += sizeBytes;
        return ReadLittleEndian(bytes_, position_ - sizeBytes, sizeBytes);
      }

      std::string GetText(std::size_t sizeBytes)
      {
        position_ += sizeBytes;
        return bytes_.substr(position_ - sizeBytes, sizeBytes);
      }

      std::size_t GetPosition() const { return position_; }

    private:
      const std::string& bytes_;
      std::size_t position_ = 0;
    };
  } // namespace

  TEST(ZipWriter, EveryFieldOfAStoredEntry)
  {
    MemorySink sink;
    ZipWriter writer(sink);
    AddStored(writer, "a/b.dcm", "123456789", SOME_TIME);
    writer.Finish();

    Cursor cursor(sink.GetContent());
    EXPECT_EQ(0x04034b50u, cursor.Get(4));                    // 4.3.7 local file header signature
    EXPECT_EQ(20u, cursor.Get(2));                            // 4.4.3 version needed to extract
    EXPECT_EQ(0u, cursor.Get(2));                             // 4.4.4 general purpose bit flag
    EXPECT_EQ(0u, cursor.Get(2));                             // 4.4.5 compression method: stored
    EXPECT_EQ((12u << 11) | (26u << 5) | 20u, cursor.Get(2)); // 4.4.6 time
    EXPECT_EQ(((2020u - 1980u) << 9) | (9u << 5) | 13u, cursor.Get(2)); // 4.4.6 date
    EXPECT_EQ(0xCBF43926u, cursor.Get(4));                              // 4.4.7 CRC-32
    EXPECT_EQ(9u, cursor.Get(4));                                       // 4.4.8 compressed size
    EXPECT_EQ(9u, cursor.Get(4));                                       // 4.4.9 uncompressed size
    EXPECT_EQ(7u, cursor.Get(2));                                       // 4.4.10 file name length
    EXPECT_EQ(9u, cursor.Get(2));                                       // 4.4.11 extra field length
    EXPECT_EQ("a/b.dcm", cursor.GetText(7));
    EXPECT_EQ(0x5455u, cursor.Get(2)); // 4.6.1 extended timestamp
    EXPECT_EQ(5u, cursor.Get(2));
    EXPECT_EQ(1u, cursor.Get(1)); // modification time only
    EXPECT_EQ(1600000000u, cursor.Get(4));
    EXPECT_EQ("123456789", cursor.GetText(9));

    const std::size_t directory = cursor.GetPosition();
    EXPECT_EQ(0x02014b50u, cursor.Get(4)); // 4.3.12 central file header signature
    EXPECT_EQ(20u, cursor.Get(2));         // 4.4.2 version made by: 2.0, MS-DOS
    EXPECT_EQ(20u, cursor.Get(2));
    EXPECT_EQ(0u, cursor.Get(2));
    EXPECT_EQ(0u, cursor.Get(2));
    EXPECT_EQ((12u << 11) | (26u << 5) | 20u, cursor.Get(2));
    EXPECT_EQ(((2020u - 1980u) << 9) | (9u << 5) | 13u, cursor.Get(2));
    EXPECT_EQ(0xCBF43926u, cursor.Get(4));
    EXPECT_EQ(9u, cursor.Get(4));
    EXPECT_EQ(9u, cursor.Get(4));
    EXPECT_EQ(7u, cursor.Get(2));
    EXPECT_EQ(9u, cursor.Get(2));
    EXPECT_EQ(0u, cursor.Get(2)); // 4.4.12 file comment length
    EXPECT_EQ(0u, cursor.Get(2)); // 4.4.13 disk number start
    EXPECT_EQ(0u, cursor.Get(2)); // 4.4.14 internal file attributes
    EXPECT_EQ(0u, cursor.Get(4)); // 4.4.15 external file attributes
    EXPECT_EQ(0u, cursor.Get(4)); // 4.4.16 relative offset of local header
    EXPECT_EQ("a/b.dcm", cursor.GetText(7));
    EXPECT_EQ(0x5455u, cursor.Get(2));
    EXPECT_EQ(5u, cursor.Get(2));
    EXPECT_EQ(1u, cursor.Get(1));
    EXPECT_EQ(1600000000u, cursor.Get(4));

    const std::size_t end = cursor.GetPosition();
    EXPECT_EQ(0x06054b50u, cursor.Get(4));     // 4.3.16 end of central directory
    EXPECT_EQ(0u, cursor.Get(2));              // 4.4.19 number of this disk
    EXPECT_EQ(0u, cursor.Get(2));              // 4.4.20
    EXPECT_EQ(1u, cursor.Get(2));              // 4.4.21 entries on this disk
    EXPECT_EQ(1u, cursor.Get(2));              // 4.4.22 entries
    EXPECT_EQ(end - directory, cursor.Get(4)); // 4.4.23 size of the central directory
    EXPECT_EQ(directory, cursor.Get(4));       // 4.4.24 its offset
    EXPECT_EQ(18u, cursor.Get(2));             // 4.4.25 length of the comment
    EXPECT_EQ("Created by Orthanc", cursor.GetText(18));
    EXPECT_EQ(sink.GetContent().size(), cursor.GetPosition());
    EXPECT_EQ(writer.GetBytesWritten(), cursor.GetPosition());
  }

  TEST(ZipWriter, EveryFieldOfADataDescriptor)
  {
    MemorySink sink;
    ZipWriter writer(sink);
    writer.BeginStreamedEntry(ZipEntry{"x", ZipMethod::Deflated, std::nullopt}, 100);
    writer.Write("\x03\x00", 2);
    writer.EndStreamedEntry(ZipSizes{7, 2, 5});

    Cursor cursor(sink.GetContent());
    cursor.GetText(6);
    EXPECT_EQ(8u, cursor.Get(2));             // 4.4.4 bit 3
    EXPECT_EQ(8u, cursor.Get(2));             // deflated
    EXPECT_EQ(0u, cursor.Get(2));             // midnight
    EXPECT_EQ((1u << 5) | 1u, cursor.Get(2)); // 1980-01-01: unknown
    EXPECT_EQ(0u, cursor.Get(4));             // 4.4.4: CRC and sizes are zero
    EXPECT_EQ(0u, cursor.Get(4));
    EXPECT_EQ(0u, cursor.Get(4));
    EXPECT_EQ(1u, cursor.Get(2));
    EXPECT_EQ(0u, cursor.Get(2)); // no time stamp
    cursor.GetText(1 + 2);
    EXPECT_EQ(0x08074b50u, cursor.Get(4)); // 4.3.9.3
    EXPECT_EQ(7u, cursor.Get(4));
    EXPECT_EQ(2u, cursor.Get(4));
    EXPECT_EQ(5u, cursor.Get(4));
    EXPECT_EQ(sink.GetContent().size(), cursor.GetPosition());
  }

  TEST(ZipWriter, DescriptorWith64Bits)
  {
    MemorySink sink;
    ZipWriter writer(sink);
    AddStreamed(writer, "x", "some content", 0xFFFFFFFF);
    AddStreamed(writer, "y", "some content", 0xFFFFFFFE);
    writer.Finish();

    const std::vector<ReadZipEntry> entries = ReadZip(sink.GetContent());
    ASSERT_EQ(2u, entries.size());
    EXPECT_EQ("some content", entries[0].content);
    EXPECT_EQ(45u, entries[0].versionNeeded);
    EXPECT_EQ("some content", entries[1].content);
    EXPECT_EQ(20u, entries[1].versionNeeded);
  }

  TEST(ZipWriter, EmptyArchive)
  {
    MemorySink sink;
    ZipWriter writer(sink);
    writer.Finish();

    EXPECT_EQ(40u, sink.GetContent().size());
    EXPECT_TRUE(ReadZip(sink.GetContent()).empty());
    EXPECT_EQ(40u, ZipLength().GetTotalBytes());
  }

  TEST(ZipWriter, Utf8FlagOnlyWhereNeeded)
  {
    MemorySink sink;
    ZipWriter writer(sink);
    AddStored(writer, "ascii", "1", SOME_TIME);
    AddStored(writer, "\xC3\xA9t\xC3\xA9", "2", SOME_TIME);
    writer.Finish();

    const std::vector<ReadZipEntry> entries = ReadZip(sink.GetContent());
    EXPECT_EQ(0u, entries[0].flags);
    EXPECT_EQ(1u << 11, entries[1].flags);
    EXPECT_EQ("\xC3\xA9t\xC3\xA9", entries[1].path);
  }

  TEST(ZipWriter, Times)
  {
    struct Row
    {
      std::int64_t time;
      unsigned year, month, day, hour, minute, second;
      bool hasTimestamp;
    };
    const Row rows[] = {
      {0, 1980, 1, 1, 0, 0, 0, true},
      {-1, 1980, 1, 1, 0, 0, 0, true},
      {315532799, 1980, 1, 1, 0, 0, 0, true},
      {315532802, 1980, 1, 1, 0, 0, 2, true},
      {951782400, 2000, 2, 29, 0, 0, 0, true},
      {951868799, 2000, 2, 29, 23, 59, 58, true},
      {951868800, 2000, 3, 1, 0, 0, 0, true},
      {1735689599, 2024, 12, 31, 23, 59, 58, true},
      {2147483647, 2038, 1, 19, 3, 14, 6, true},
      {2147483648, 2038, 1, 19, 3, 14, 8, false},
      {4107542400, 2100, 3, 1, 0, 0, 0, false},
      {4354819198, 2107, 12, 31, 23, 59, 58, false},
      {4354819200, 2107, 12, 31, 23, 59, 58, false},
      {999999999999, 2107, 12, 31, 23, 59, 58, false},
    };
    for (const Row& row : rows)
    {
      std::string header;
      ZipRecord record;
      record.path = "x";
      record.modifiedUtc = static_cast<std::time_t>(row.time);
      AppendLocalHeader(header, record);

      EXPECT_EQ((row.hour << 11) | (row.minute << 5) | (row.second / 2),
                ReadLittleEndian(header, 10, 2))
        << row.time;
      EXPECT_EQ(((row.year - 1980) << 9) | (row.month << 5) | row.day,
                ReadLittleEndian(header, 12, 2))
        << row.time;
      EXPECT_EQ(row.hasTimestamp ? 9u : 0u, ReadLittleEndian(header, 28, 2)) << row.time;
    }
  }

  TEST(ZipWriter, RefusesUnsafePaths)
  {
    for (const std::string& path : {std::string(),
                                    std::string("/a"),
                                    std::string("/"),
                                    std::string("a/"),
                                    std::string("a//b"),
                                    std::string("."),
                                    std::string(".."),
                                    std::string("../a"),
                                    std::string("a/../b"),
                                    std::string("a/.."),
                                    std::string("a/./b"),
                                    std::string("a\\b"),
                                    std::string("\\\\host\\a"),
                                    std::string("C:"),
                                    std::string("c:/a"),
                                    std::string("a\nb"),
                                    std::string("a\0b", 3),
                                    std::string("a\x1F"),
                                    std::string("a\x7F"),
                                    std::string("\xC2\x85"),
                                    std::string("\xFF"),
                                    std::string("\xC3"),
                                    std::string("\xC0\xAF"),
                                    std::string("\xE0\x80\xAF"),
                                    std::string("\xED\xA0\x80"),
                                    std::string("\xF4\x90\x80\x80"),
                                    std::string("\xF5\x80\x80\x80"),
                                    std::string("\x80"),
                                    std::string("\xE2\x82/"),
                                    std::string(65536, 'a')})
    {
      MemorySink sink;
      ZipWriter writer(sink);
      EXPECT_EQ(FailureKind::BadRequest, GetKind([&] { AddStored(writer, path, "", SOME_TIME); }));
      EXPECT_TRUE(sink.GetContent().empty());
    }
  }

  TEST(ZipWriter, AcceptsOtherPaths)
  {
    for (const std::string& path :
         {std::string("a"), std::string("a/b"), std::string("...") + "/" + "..a", std::string(".a"),
          std::string("a b/c.dcm"), std::string("\xC3\xA9"), std::string("\xE2\x82\xAC"),
          std::string("\xF0\x9F\x98\x80/x"), std::string("\xED\x9F\xBF"), std::string(65535, 'a')})
    {
      MemorySink sink;
      ZipWriter writer(sink);
      AddStored(writer, path, "content", SOME_TIME);
      writer.Finish();

      const std::vector<ReadZipEntry> entries = ReadZip(sink.GetContent());
      ASSERT_EQ(1u, entries.size());
      EXPECT_EQ(path, entries[0].path);
    }
  }

  TEST(ZipWriter, RefusesDuplicatePaths)
  {
    MemorySink sink;
    ZipWriter writer(sink);
    for (unsigned i = 0; i < 1000; i++)
    {
      AddStored(writer, "file" + std::to_string(i), "", SOME_TIME);
    }

    EXPECT_EQ(FailureKind::BadRequest,
              GetKind([&] { AddStored(writer, "file517", "", SOME_TIME); }));
    EXPECT_THROW(writer.Finish(), Failure);
    EXPECT_EQ(std::string::npos, sink.GetContent().find("PK\x01\x02"));
  }

  // The second writer has only the records of the first one, not its bytes
  TEST(ZipWriter, ContinuesBehindAdoptedEntries)
  {
    MemorySink whole;
    ZipWriter first(whole);
    std::vector<ZipRecord> records;
    std::vector<std::string> paths = {"a", "b/c", "\xC3\xA9"};
    AddStored(first, paths[0], "123456789", SOME_TIME);
    records.push_back(first.GetLastEntry());
    AddStreamed(first, paths[1], std::string(1000, 'x'), 1000);
    records.push_back(first.GetLastEntry());
    AddStreamed(first, paths[2], std::string(1000, 'y'), ZIP64_LIMIT_BYTES);
    records.push_back(first.GetLastEntry());
    for (std::size_t i = 0; i < records.size(); i++)
    {
      records[i].path = paths[i];
    }
    const std::size_t adopted = whole.GetContent().size();
    MemorySink rest;
    ZipWriter second(rest);

    for (const ZipRecord& record : records)
    {
      second.AdoptEntry(record);
    }

    EXPECT_EQ(adopted, second.GetBytesWritten());
    EXPECT_EQ(3u, second.GetEntriesCount());
    AddStored(first, "d", "some", std::nullopt);
    AddStored(second, "d", "some", std::nullopt);
    first.Finish();
    second.Finish();
    EXPECT_EQ(whole.GetContent().substr(adopted), rest.GetContent());
    EXPECT_EQ(4u, ReadZip(whole.GetContent()).size());
  }

  TEST(ZipWriter, RefusesToAdoptWhatDoesNotFit)
  {
    ZipRecord record = MakeStoredRecord("a", 5, SOME_TIME, 0);
    const auto adopt = [](const std::vector<ZipRecord>& records)
    {
      MemorySink sink;
      ZipWriter writer(sink);
      for (const ZipRecord& adopted : records)
      {
        writer.AdoptEntry(adopted);
      }
      writer.AdoptEntry(MakeStoredRecord("z", 5, SOME_TIME, writer.GetBytesWritten()));
    };
    const auto change = [&](const std::string_view path, std::uint64_t offset)
    { return MakeStoredRecord(path, 5, SOME_TIME, offset); };
    const std::uint64_t second = GetEntryBytes(record);

    EXPECT_NO_THROW(adopt({record, change("b", second)}));
    EXPECT_EQ(FailureKind::Internal, GetKind([&] { adopt({change("a", 1)}); }));
    EXPECT_EQ(FailureKind::Internal, GetKind([&] { adopt({record, change("b", second - 1)}); }));
    EXPECT_EQ(FailureKind::Internal, GetKind([&] { adopt({record, change("b", second + 1)}); }));
    EXPECT_EQ(FailureKind::BadRequest, GetKind([&] { adopt({record, change("a", second)}); }));
    EXPECT_EQ(FailureKind::BadRequest, GetKind([&] { adopt({change("../a", 0)}); }));
  }

  TEST(ZipWriter, RefusesCallsOutOfOrder)
  {
    MemorySink sink;
    {
      ZipWriter writer(sink);
      EXPECT_THROW(writer.Write("x", 1), Failure);
      EXPECT_THROW(writer.Finish(), Failure); // it has failed
    }
    {
      ZipWriter writer(sink);
      EXPECT_THROW(writer.EndEntry(), Failure);
    }
    {
      ZipWriter writer(sink);
      writer.BeginEntry(ZipEntry{"x", ZipMethod::Stored, SOME_TIME}, ZipSizes());
      EXPECT_THROW(writer.Finish(), Failure);
    }
    {
      ZipWriter writer(sink);
      writer.BeginStreamedEntry(ZipEntry{"x", ZipMethod::Deflated, SOME_TIME}, 1);
      EXPECT_THROW(writer.EndEntry(), Failure);
    }
    {
      ZipWriter writer(sink);
      writer.Finish();
      EXPECT_THROW(writer.Finish(), Failure);
    }
    {
      ZipWriter writer(sink);
      EXPECT_THROW(writer.BeginStreamedEntry(ZipEntry{"x", ZipMethod::Stored, SOME_TIME}, 1),
                   Failure);
    }
  }

  TEST(ZipWriter, RefusesWrongSizes)
  {
    for (const std::size_t written : {0u, 1u, 3u})
    {
      MemorySink sink;
      ZipWriter writer(sink);
      writer.BeginEntry(ZipEntry{"x", ZipMethod::Stored, SOME_TIME}, ZipSizes{0, 2, 2});
      writer.Write("abc", written);
      EXPECT_THROW(writer.EndEntry(), Failure);
    }
    MemorySink sink;
    ZipWriter writer(sink);
    writer.BeginStreamedEntry(ZipEntry{"x", ZipMethod::Deflated, SOME_TIME}, 10);
    writer.Write("abc", 3);
    EXPECT_THROW(writer.EndStreamedEntry(ZipSizes{0, 3, ZIP64_LIMIT_BYTES}), Failure);
  }

  TEST(ZipWriter, FailedSinkLeavesNoDirectory)
  {
    MemorySink whole;
    {
      ZipWriter writer(whole);
      AddStored(writer, "a", "12345", SOME_TIME);
      AddStreamed(writer, "b", "67890", 100);
      writer.Finish();
    }
    const std::size_t directory = whole.GetContent().find("PK\x01\x02");
    for (std::size_t accepted = 0; accepted < whole.GetContent().size(); accepted++)
    {
      FailingSink sink(accepted, FailureKind::StorageFull);
      ZipWriter writer(sink);
      EXPECT_EQ(FailureKind::StorageFull, GetKind(
                                            [&]
                                            {
                                              AddStored(writer, "a", "12345", SOME_TIME);
                                              AddStreamed(writer, "b", "67890", 100);
                                              writer.Finish();
                                            }));

      EXPECT_THROW(writer.Finish(), Failure);
      EXPECT_EQ(whole.GetContent().substr(0, accepted), sink.GetContent());
      EXPECT_EQ(accepted < directory + 4,
                sink.GetContent().find("PK\x01\x02") == std::string::npos);
      EXPECT_THROW(ReadZip(sink.GetContent()), std::runtime_error);
    }
  }

  TEST(ZipWriter, ManyEntriesUseZip64)
  {
    for (const unsigned count : {65534u, 65535u, 65536u, 70000u})
    {
      MemorySink sink;
      ZipWriter writer(sink);
      ZipLength length;
      for (unsigned i = 0; i < count; i++)
      {
        AddStored(writer, std::to_string(i), "c", SOME_TIME);
        length.AddStoredEntry(std::to_string(i), 1, SOME_TIME);
      }
      writer.Finish();

      EXPECT_EQ(count, ReadZip(sink.GetContent()).size());
      EXPECT_EQ(count >= 65535, sink.GetContent().find("PK\x06\x06") != std::string::npos) << count;
      EXPECT_EQ(sink.GetContent().size(), length.GetTotalBytes());
    }
  }

  TEST(ZipWriter, LargeEntriesAndOffsetsUseZip64)
  {
    for (const std::uint64_t size : {0xFFFFFFFEull, 0xFFFFFFFFull, 5ull << 30})
    {
      CountingSink sink(64 * 1024);
      ZipWriter writer(sink);
      ZipLength length;
      writer.BeginEntry(ZipEntry{"huge", ZipMethod::Stored, SOME_TIME}, ZipSizes{1, size, size});
      WriteHuge(writer, size);
      writer.EndEntry();
      const std::uint64_t offset = writer.GetBytesWritten();
      AddStored(writer, "after", "content", SOME_TIME);
      const std::uint64_t directory = writer.GetBytesWritten();
      writer.Finish();
      length.AddStoredEntry("huge", size, SOME_TIME);
      length.AddStoredEntry("after", 7, SOME_TIME);

      const bool isZip64 = size >= 0xFFFFFFFF;
      EXPECT_EQ(sink.GetBytesWritten(), length.GetTotalBytes());
      const std::string local = sink.Read(0, 30 + 4 + (isZip64 ? 29 : 9));
      EXPECT_EQ(isZip64 ? 45u : 20u, ReadLittleEndian(local, 4, 2));
      EXPECT_EQ(isZip64 ? 0xFFFFFFFF : size, ReadLittleEndian(local, 18, 4));
      EXPECT_EQ(isZip64 ? 0xFFFFFFFF : size, ReadLittleEndian(local, 22, 4));
      if (isZip64)
      {
        EXPECT_EQ(0x00100001u, ReadLittleEndian(local, 34, 4)); // 4.5.3: ZIP64, 16 bytes
        EXPECT_EQ(size, ReadLittleEndian(local, 38, 8));
        EXPECT_EQ(size, ReadLittleEndian(local, 46, 8));
      }
      // The offset of the second entry is beyond 4 GiB in any case
      const std::uint64_t second = directory + 46 + 4 + (isZip64 ? 29 : 9);
      const std::string central = sink.Read(second, 46 + 5 + 21);
      EXPECT_EQ(45u, ReadLittleEndian(central, 6, 2));
      EXPECT_EQ(7u, ReadLittleEndian(central, 20, 4));
      EXPECT_EQ(7u, ReadLittleEndian(central, 24, 4));
      EXPECT_EQ(0xFFFFFFFFu, ReadLittleEndian(central, 42, 4));
      EXPECT_EQ(0x00080001u, ReadLittleEndian(central, 51, 4)); // only the offset
      EXPECT_EQ(offset, ReadLittleEndian(central, 55, 8));
      EXPECT_EQ(0x06064b50u, ReadLittleEndian(sink.Read(second + 72, 4), 0, 4));
      EXPECT_EQ(directory, ReadLittleEndian(sink.Read(second + 72 + 48, 8), 0, 8));
    }
  }

  TEST(ZipWriter, LargeStreamedEntryUsesZip64Descriptor)
  {
    CountingSink sink(64 * 1024);
    ZipWriter writer(sink);
    writer.BeginStreamedEntry(ZipEntry{"huge", ZipMethod::Deflated, std::nullopt}, 6ull << 30);
    const ZipSizes sizes = WriteHuge(writer, 5ull << 30);
    const std::uint64_t descriptor = writer.GetBytesWritten();
    writer.EndStreamedEntry(sizes);
    writer.Finish();

    const std::string local = sink.Read(0, 34 + 20);
    EXPECT_EQ(0xFFFFFFFFu, ReadLittleEndian(local, 18, 4));
    EXPECT_EQ(0xFFFFFFFFu, ReadLittleEndian(local, 22, 4));
    EXPECT_EQ(0u, ReadLittleEndian(local, 38, 8));
    EXPECT_EQ(0u, ReadLittleEndian(local, 46, 8));
    const std::string bytes = sink.Read(descriptor, 24);
    EXPECT_EQ(0x08074b50u, ReadLittleEndian(bytes, 0, 4));
    EXPECT_EQ(0x12345678u, ReadLittleEndian(bytes, 4, 4));
    EXPECT_EQ(5ull << 30, ReadLittleEndian(bytes, 8, 8));
    EXPECT_EQ(5ull << 30, ReadLittleEndian(bytes, 16, 8));
    const std::string central = sink.Read(descriptor + 24, 46 + 4 + 20);
    EXPECT_EQ(0xFFFFFFFFu, ReadLittleEndian(central, 20, 4));
    EXPECT_EQ(5ull << 30, ReadLittleEndian(central, 54, 8));
    EXPECT_EQ(5ull << 30, ReadLittleEndian(central, 62, 8));
  }

  TEST(ZipLength, ForeseesStoredArchives)
  {
    const std::pair<std::string, std::optional<std::time_t>> rows[] = {
      {"a", SOME_TIME}, {"b/c", std::nullopt}, {"\xC3\xA9", 0}, {"d", 4000000000}};
    MemorySink sink;
    ZipWriter writer(sink);
    ZipLength length;
    for (const auto& [path, time] : rows)
    {
      AddStored(writer, path, path + path, time);
      length.AddStoredEntry(path, 2 * path.size(), time);
    }
    writer.Finish();

    EXPECT_EQ(sink.GetContent().size(), length.GetTotalBytes());
  }
} // namespace OrthancPlugins
